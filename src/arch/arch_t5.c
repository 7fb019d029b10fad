/* SPDX-License-Identifier: MIT
 * The encoder of T5 (Raffel et al. 2019, arXiv 1910.10683): scores are not scaled, and have a bias
 * that depends on how far apart two tokens are. Distances fall into buckets that grow with them. */
#include "arch/decoder.h"

#include <math.h>

enum { MOST_DISTANCE = 1 << 16 };

/* Half of the buckets are for tokens behind. The logarithm is in single precision, as in the model
 * this was trained with: it decides between buckets. */
static int64_t bucket_of(int64_t distance, int64_t buckets, int64_t most) {
    const int64_t half = buckets / 2, exact = half / 2, side = distance > 0 ? half : 0;
    const int64_t far = distance < 0 ? -distance : distance;
    if (far < exact) return side + far;
    const float octaves = logf((float)far / (float)exact) / logf((float)most / (float)exact);
    const int64_t grown = exact + (int64_t)(octaves * (float)(half - exact));
    return side + (grown < half ? grown : half - 1);
}

/* [heads, 2 * most + 1] by distance, from the file's [buckets, heads]. */
static int spread(lwi_decoder *d, const lw_value *table, int64_t buckets, int64_t most) {
    lwi_graph_builder *b = &d->b;
    const int64_t heads = table->dims[1], n = 2 * most + 1;
    float *bias = NULL;
    b->status = lwi_arena_alloc(b->graph->arena, (size_t)(heads * n), sizeof *bias, &bias);
    if (b->status != LW_OK) return 0;
    for (int64_t h = 0; h < heads; h++)
        for (int64_t i = 0; i < n; i++)
            bias[h * n + i] =
                ((const float *)table->data)[bucket_of(i - most, buckets, most) * heads + h];
    return lwi_build_floats(b, 2, (int64_t[]){heads, n}, bias);
}

/* The first layer's is for all that have none of their own. */
static void begin_layer(lwi_decoder *d, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t most =
        lwi_build_size(b, "attention.relative_max_distance", 128, 1, MOST_DISTANCE);
    const int64_t buckets = lwi_build_size(b, "attention.relative_buckets_count", 32, 4, most);
    const int id = lwi_build_weight(b, "attn_rel_b.weight", layer == 0);
    if (b->status != LW_OK || id < 0) return;
    const lw_value *table = b->graph->slots[id].constant;
    if (table->rank != 2 || table->dims[0] != buckets || table->dims[1] > LWI_MOST_HEADS)
        lwi_build_fail(b, LW_CORRUPT, "attn_rel_b.weight is not for %lld buckets",
                       (long long)buckets);
    else d->relative_bias = spread(d, table, buckets, most);
}

static void adjust(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const double epsilon = lwi_build_number(b, "attention.layer_norm_epsilon", 1e-6);
    b->stack = "enc.";
    b->layer = 0;
    d->activation = lwi_build_has(b, "ffn_gate.weight") ? LWI_GELU : LWI_RELU;
    b->layer = -1;
    d->epsilon = lwi_build_number(b, "attention.layer_norm_rms_epsilon", epsilon);
    d->attention_scale = 1;
    d->begin_layer = begin_layer;
}

const lwi_decoder_style lwi_style_t5 = {.norm = LWI_NORM_RMS,
                                        .activation = LWI_RELU,
                                        .rope = LWI_ROPE_NONE,
                                        .encoder = true,
                                        .adjust = adjust};
