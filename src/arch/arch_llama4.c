/* SPDX-License-Identifier: MIT
 * Llama 4 (Meta 2025): windows that begin at multiples of their size; every fourth layer sees all
 * and knows nothing of positions, but its queries grow with them; experts whose inputs are
 * weighted. */
#include "arch/decoder.h"

static bool windowed(const lwi_decoder *d, int64_t layer) {
    (void)d;
    return layer % 4 != 3;
}

/* Each head is scaled to a mean square of 1. */
static int norm_heads(lwi_decoder *d, int x, int64_t heads, int64_t size) {
    lwi_graph_builder *b = &d->b;
    const int apart = lwi_build_reshape(b, x, 3, (int64_t[]){-1, heads, size});
    const int ones = lwi_build_floats(b, 1, &(int64_t){1}, &(float){1});
    const int scale = lwi_build(b, "Expand", 2, (int[]){ones, lwi_build_ints(b, 1, &size)});
    const int y = lwi_build(b, "RMSNormalization", 2, (int[]){apart, scale});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", d->epsilon);
    return lwi_build_reshape(b, y, 2, (int64_t[]){-1, heads * size});
}

int lwi_decoder_temperature(lwi_decoder *d, double length, double scale, double first) {
    lwi_graph_builder *b = &d->b;
    const int one = lwi_build_scalar(b, 1);
    int x = lwi_build(b, "Cast", 1, &d->positions);
    lwi_build_int(b, "to", LW_FLOAT32);
    x = lwi_build_add(b, x, lwi_build_scalar(b, first));
    x = lwi_build(b, "Div", 2, (int[]){x, lwi_build_scalar(b, length)});
    x = lwi_build_add(b, lwi_build(b, "Floor", 1, &x), one);
    x = lwi_build_scale(b, lwi_build(b, "Log", 1, &x), scale);
    return lwi_build_reshape(b, lwi_build_add(b, x, one), 2, (int64_t[]){-1, 1});
}

static void adjust_queries(lwi_decoder *d, int qkv[3], const lwi_head_sizes *s, int64_t layer,
                           bool turned) {
    lwi_graph_builder *b = &d->b;
    /* The model with 128 experts has no norms. */
    const double norms = lwi_build_number(b, "expert_count", 0) != 128;
    (void)layer;
    if (turned && lwi_build_number(b, "attention.use_qk_norm", norms) != 0) {
        qkv[0] = norm_heads(d, qkv[0], s->heads, s->key);
        qkv[1] = norm_heads(d, qkv[1], s->kv_heads, s->key);
    }
    if (!turned && lwi_build_number(b, "attention.temperature_tuning", 1) != 0)
        qkv[0] = lwi_build_mul(
            b, qkv[0],
            lwi_decoder_temperature(d, lwi_build_number(b, "attention.temperature_length", 8192),
                                    lwi_build_number(b, "attention.temperature_scale", 0.1), 1));
}

static void adjust(lwi_decoder *d) {
    d->windowed = windowed;
    d->chunked = true;
    lwi_decoder_read_window(d, 8192);
    d->rope_in_windows = d->window > 0;
    d->adjust_queries = adjust_queries;
    d->sigmoid_experts = true;
    d->weighted_inputs = true;
}

const lwi_decoder_style lwi_style_llama4 = {
    .norm = LWI_NORM_RMS, .activation = LWI_SILU, .rope = LWI_ROPE_PAIRS, .adjust = adjust};
