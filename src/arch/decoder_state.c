/* SPDX-License-Identifier: MIT
 * The cache of attention and the state of recurrent layers, as inputs of the graph. */
#include "arch/decoder.h"

#include "base/checked.h"

#include <math.h>
#include <stdio.h>

void lwi_decoder_need_cache(lwi_decoder *d) {
    const int64_t free_dims[2] = {-1, -1};
    if (d->cache >= 0) return;
    d->blocks = lwi_build_input(&d->b, "blocks", LW_INT32, 2, free_dims,
                                (const char *const[]){"sequences", "blocks"});
    d->cache = lwi_build_input(&d->b, "cache", LW_DTYPE_NONE, 2, free_dims,
                               (const char *const[]){"cache_blocks", "elements"});
}

int lwi_decoder_need_stretched(lwi_decoder *d) {
    const int64_t free_dims[1] = {-1};
    if (d->stretched < 0)
        d->stretched = lwi_build_input(&d->b, "stretched", LW_INT32, 1, free_dims,
                                       (const char *const[]){"sequences"});
    return d->stretched;
}

static void need_state(lwi_decoder *d) {
    const int64_t free_dims[2] = {-1, -1};
    if (d->state >= 0) return;
    d->slots =
        lwi_build_input(&d->b, "slots", LW_INT32, 1, free_dims, (const char *const[]){"sequences"});
    d->state = lwi_build_input(&d->b, "state", LW_FLOAT32, 2, free_dims,
                               (const char *const[]){"state_slots", "elements"});
}

int lwi_decoder_stateful(lwi_decoder *d, const char *op_type, size_t n, const int *inputs,
                         int64_t elements) {
    enum { MOST = 16 };
    lwi_graph_builder *b = &d->b;
    int all[MOST];
    size_t m = 0;
    need_state(d);
    while (m < n && m < MOST - 4) {
        all[m] = inputs[m];
        m++;
    }
    const int last[4] = {d->positions, d->sequences, d->slots, d->state};
    for (size_t i = 0; i < 4; i++)
        all[m++] = last[i];
    const int y = lwi_build_fused(b, op_type, m, all);
    lwi_build_int(b, "offset", (int64_t)d->state_elements);
    if (!lwi_add_size(d->state_elements, (uint64_t)elements, &d->state_elements) ||
        (uint64_t)d->state_elements > INT64_MAX / sizeof(float))
        lwi_build_fail(b, LW_CORRUPT, "the state is too large");
    return y;
}

int lwi_decoder_unit_heads(lwi_decoder *d, int x, int64_t heads, int64_t size, double epsilon) {
    lwi_graph_builder *b = &d->b;
    const int apart = lwi_build_reshape(b, x, 3, (int64_t[]){-1, heads, size});
    const int scale = lwi_build_scalar(b, 1 / sqrt((double)size));
    const int y = lwi_build(b, "RMSNormalization", 2, (int[]){apart, scale});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", epsilon / (double)size);
    return lwi_build_reshape(b, y, 2, (int64_t[]){-1, heads * size});
}

int lwi_decoder_state_matrix(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    const int a = lwi_build_weight(b, "ssm_a", true);
    if (!b->from->unpermuted) return a;
    return lwi_build(b, "Neg", 1, &(int){lwi_build(b, "Exp", 1, &a)});
}

/* The transpose of [channels, kernel] or [channels, 1, kernel]; -1 after a failure. */
static int turned_kernel(lwi_decoder *d, const char *name, int64_t *channels, int64_t *kernel) {
    lwi_graph_builder *b = &d->b;
    const int w = lwi_build_weight(b, name, true);
    float *turned = NULL;
    if (b->status != LW_OK) return -1;
    const lw_value *value = b->graph->slots[w].constant;
    *channels = value->dims[0];
    *kernel = value->rank > 1 ? value->dims[value->rank - 1] : 1;
    if (value->count != (size_t)*channels * (size_t)*kernel || value->count == 0) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' is no kernel of channels", name);
        return -1;
    }
    b->status = lwi_arena_alloc(b->graph->arena, value->count, sizeof *turned, &turned);
    if (b->status != LW_OK) return -1;
    const float *from = value->data;
    for (int64_t i = 0; i < *channels; i++)
        for (int64_t k = 0; k < *kernel; k++)
            turned[k * *channels + i] = *from++;
    return lwi_build_floats(b, 2, (int64_t[]){*kernel, *channels}, turned);
}

int lwi_decoder_convolve(lwi_decoder *d, int x, const char *name) {
    char text[64];
    int64_t channels = 0, kernel = 0;
    snprintf(text, sizeof text, "%s.weight", name);
    const int w = turned_kernel(d, text, &channels, &kernel);
    snprintf(text, sizeof text, "%s.bias", name);
    const int bias = lwi_build_weight(&d->b, text, false);
    return lwi_decoder_stateful(d, "CausalConv", 3, (int[]){x, w, bias}, (kernel - 1) * channels);
}
