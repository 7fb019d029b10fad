/* SPDX-License-Identifier: MIT
 * Biases of scores by how far apart two tokens are: in buckets that are learned (T5, MPNet), or in
 * proportion to the distance, by a slope of each head (ALiBi, Press et al. 2021, arXiv 2108.12409).
 * Tables are [heads, 2 * most + 1], from those far behind to those far ahead, of encoders, and
 * [heads, most + 1], by how far back, of decoders. */
#include "arch/decoder.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_DISTANCE = 1 << 16 };

/* ------------------------------------------------------------------ buckets */

/* The logarithm is in single precision, as in the model this was trained with: it decides between
 * buckets. */
static int64_t bucket_of(int64_t far, int64_t buckets, int64_t most) {
    const int64_t exact = buckets / 2;
    if (far < exact) return far;
    const float octaves = logf((float)far / (float)exact) / logf((float)most / (float)exact);
    const int64_t grown = exact + (int64_t)(octaves * (float)(buckets - exact));
    return grown < buckets ? grown : buckets - 1;
}

/* Of an encoder half of the buckets are for tokens ahead; a decoder has only those behind. */
static int64_t bucket_at(const lwi_decoder *d, int64_t ahead, int64_t buckets, int64_t most) {
    if (!d->encoder) return bucket_of(-ahead, buckets, most);
    const int64_t half = buckets / 2;
    return ahead > 0 ? half + bucket_of(ahead, half, most) : bucket_of(-ahead, half, most);
}

/* From the file's [buckets, heads]. */
static int spread(lwi_decoder *d, const lw_value *table, int64_t buckets, int64_t most) {
    lwi_graph_builder *b = &d->b;
    const int64_t heads = table->dims[1], n = (d->encoder ? 2 * most : most) + 1;
    float *bias = NULL;
    b->status = lwi_arena_alloc(b->graph->arena, (size_t)(heads * n), sizeof *bias, &bias);
    if (b->status != LW_OK) return 0;
    for (int64_t h = 0; h < heads; h++)
        for (int64_t i = 0; i < n; i++) {
            const int64_t ahead = d->encoder ? i - most : -i;
            const int64_t bucket = bucket_at(d, ahead, buckets, most);
            bias[h * n + i] = ((const float *)table->data)[bucket * heads + h];
        }
    return lwi_build_floats(b, 2, (int64_t[]){heads, n}, bias);
}

void lwi_decoder_bucket_bias(lwi_decoder *d, const char *name, bool needed) {
    lwi_graph_builder *b = &d->b;
    const int64_t most =
        lwi_build_size(b, "attention.relative_max_distance", 128, 1, MOST_DISTANCE);
    const int64_t buckets = lwi_build_size(b, "attention.relative_buckets_count", 32, 4, most);
    const int id = lwi_build_weight(b, name, needed);
    if (b->status != LW_OK || id < 0) return;
    const lw_value *table = b->graph->slots[id].constant;
    if (table->rank != 2 || table->dims[0] != buckets || table->dims[1] > LWI_MOST_HEADS)
        lwi_build_fail(b, LW_CORRUPT, "%s is not for %lld buckets", name, (long long)buckets);
    else d->relative_bias = spread(d, table, buckets, most);
}

/* -------------------------------------------------------------------- slopes */

/* Powers of two heads have slopes in a geometric row; the others are taken from between them. */
static double slope_of(int64_t head, int64_t heads, double steepest) {
    int64_t whole = 1;
    while (2 * whole <= heads)
        whole *= 2;
    const double base = -steepest / (double)whole;
    return head < whole ? exp2(base * (double)(head + 1))
                        : exp2(base / 2 * (double)(2 * (head - whole) + 1));
}

void lwi_decoder_slope_bias(lwi_decoder *d, double absent) {
    lwi_graph_builder *b = &d->b;
    const int64_t heads = lwi_build_size(b, "attention.head_count", 0, 1, LWI_MOST_HEADS);
    const double steepest = lwi_build_number(b, "attention.max_alibi_bias", absent);
    const int64_t most = d->context - 1, n = (d->encoder ? 2 * most : most) + 1;
    float *bias = NULL;
    if (most > MOST_DISTANCE)
        lwi_build_fail(b, LW_UNSUPPORTED, "slopes over %lld positions", (long long)most);
    if (b->status == LW_OK)
        b->status = lwi_arena_alloc(b->graph->arena, (size_t)(heads * n), sizeof *bias, &bias);
    for (int64_t h = 0; h < heads && b->status == LW_OK; h++)
        for (int64_t i = 0; i < n; i++)
            bias[h * n + i] =
                (float)(-slope_of(h, heads, steepest) * (double)(d->encoder ? llabs(i - most) : i));
    d->relative_bias = lwi_build_floats(b, 2, (int64_t[]){heads, n}, bias);
}
