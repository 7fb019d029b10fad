/* SPDX-License-Identifier: MIT
 * RWKV-4 (Peng et al. 2023, arXiv 2305.13048), RWKV-6 (Peng et al. 2024, arXiv 2404.05892) and
 * RWKV-7 (Peng et al. 2025, arXiv 2503.14456). All mix each token with the one before it, by
 * weights for each use; the names of tensors and values are those of the papers. */
#include "arch/decoder.h"

#include <math.h>
#include <stdio.h>

/* A vector of `count` elements from element `at` on of a tensor; -1 after a failure. */
static int vector(lwi_decoder *d, const char *name, int64_t at, int64_t count) {
    lwi_graph_builder *b = &d->b;
    const int all = lwi_build_weight(b, name, true);
    if (b->status != LW_OK) return -1;
    const lw_value *value = b->graph->slots[all].constant;
    if ((int64_t)value->count < at + count) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' has %zu elements, needed: %lld", name,
                       value->count, (long long)(at + count));
        return -1;
    }
    return lwi_build_floats(b, 1, &count, (const float *)value->data + at);
}

static int add_vector(lwi_decoder *d, int x, const char *name) {
    return lwi_build_add(&d->b, x, vector(d, name, 0, d->width));
}

static int mul_vector(lwi_decoder *d, int x, const char *name) {
    return lwi_build_mul(&d->b, x, vector(d, name, 0, d->width));
}

static int apply(lwi_decoder *d, const char *op_type, int x) {
    return lwi_build(&d->b, op_type, 1, &x);
}

static int sub(lwi_decoder *d, int x, int y) { return lwi_build(&d->b, "Sub", 2, (int[]){x, y}); }

/* The token before: a convolution that sees only that one. */
static int before(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const int64_t dims[2] = {2, d->width};
    float *kernel = NULL;
    if (b->status == LW_OK)
        b->status = lwi_arena_alloc(b->graph->arena, 2 * (size_t)d->width, sizeof *kernel, &kernel);
    if (b->status != LW_OK) return -1;
    for (int64_t i = 0; i < d->width; i++)
        kernel[i] = 1;
    return lwi_decoder_stateful(d, "CausalConv", 3,
                                (int[]){x, lwi_build_floats(b, 2, dims, kernel), -1}, d->width);
}

/* What the token before has more. */
static int shift(lwi_decoder *d, int x) { return sub(d, before(d, x), x); }

static int lerp(lwi_decoder *d, int x, int more, int weight) {
    return lwi_build_add(&d->b, x, lwi_build_mul(&d->b, more, weight));
}

static int64_t read_heads(lwi_decoder *d) {
    const int64_t size = lwi_build_size(&d->b, "wkv.head_size", 0, 1, d->width);
    if (d->width % size)
        lwi_build_fail(&d->b, LW_CORRUPT, "heads of %lld in %lld elements", (long long)size,
                       (long long)d->width);
    return d->width / size;
}

static int apart(lwi_decoder *d, int x, int64_t heads) {
    return lwi_build_reshape(&d->b, x, 3, (int64_t[]){-1, heads, d->width / heads});
}

static int together(lwi_decoder *d, int x) {
    return lwi_build_reshape(&d->b, x, 2, (int64_t[]){-1, d->width});
}

/* Each head is normalised by itself; scale and bias are of all. */
static int norm_heads(lwi_decoder *d, int x, int64_t heads) {
    lwi_graph_builder *b = &d->b;
    const int64_t size = d->width / heads;
    const int one =
        lwi_build(b, "Expand", 2, (int[]){lwi_build_scalar(b, 1), lwi_build_ints(b, 1, &size)});
    const int y = lwi_build(b, "LayerNormalization", 2, (int[]){apart(d, x, heads), one});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", 64e-5);
    return add_vector(d, mul_vector(d, together(d, y), "time_mix_ln.weight"), "time_mix_ln.bias");
}

static int relu_squared(lwi_decoder *d, int x) {
    const int y = apply(d, "Relu", x);
    return lwi_build_mul(&d->b, y, y);
}

/* RWKV-4 and 6: x goes towards the other token. */
static int mix_channels(lwi_decoder *d, int x, int more) {
    lwi_graph_builder *b = &d->b;
    const int k = lerp(d, x, more, vector(d, "channel_mix_lerp_k.weight", 0, d->width));
    const int r = lerp(d, x, more, vector(d, "channel_mix_lerp_r.weight", 0, d->width));
    const int h = relu_squared(d, lwi_build_linear(b, k, "channel_mix_key"));
    const int gate = apply(d, "Sigmoid", lwi_build_linear(b, r, "channel_mix_receptance"));
    return lwi_build_mul(b, gate, lwi_build_linear(b, h, "channel_mix_value"));
}

/* ------------------------------------------------------------------- RWKV-4 */

/* x is halved every few layers, and what they add with it: files have the weights as trained. */
static int rescale(lwi_decoder *d, int y, int64_t layer) {
    return lwi_build_scale(&d->b, y, d->halve_every ? ldexp(1, (int)-(layer / d->halve_every)) : 1);
}

static int mix4(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int last = before(d, x), more = sub(d, x, last);
    const int r = lerp(d, last, more, vector(d, "time_mix_lerp_r.weight", 0, d->width));
    const int k = lerp(d, last, more, vector(d, "time_mix_lerp_k.weight", 0, d->width));
    const int v = lerp(d, last, more, vector(d, "time_mix_lerp_v.weight", 0, d->width));
    const int decay = apply(d, "Exp", vector(d, "time_mix_decay.weight", 0, d->width));
    const int inputs[4] = {lwi_build_linear(b, k, "time_mix_key"),
                           lwi_build_linear(b, v, "time_mix_value"), apply(d, "Neg", decay),
                           vector(d, "time_mix_first.weight", 0, d->width)};
    const int y = lwi_decoder_stateful(d, "Wkv4", 4, inputs, 3 * d->width);
    const int gate = apply(d, "Sigmoid", lwi_build_linear(b, r, "time_mix_receptance"));
    return rescale(d, lwi_build_linear(b, lwi_build_mul(b, gate, y), "time_mix_output"), layer);
}

static int feed4(lwi_decoder *d, int x, int64_t layer) {
    const int last = before(d, x);
    return rescale(d, mix_channels(d, last, sub(d, x, last)), layer);
}

/* ------------------------------------------------------------------- RWKV-6 */

/* What i of w, k, v, r, g gets of the token before, besides what depends on the token. */
static int plain_weight(lwi_decoder *d, int i) {
    static const char *const names[5] = {"time_mix_lerp_w.weight", "time_mix_lerp_k.weight",
                                         "time_mix_lerp_v.weight", "time_mix_lerp_r.weight",
                                         "time_mix_lerp_g.weight"};
    const bool fused = lwi_build_has(&d->b, "time_mix_lerp_fused.weight");
    return fused ? vector(d, "time_mix_lerp_fused.weight", i * d->width, d->width)
                 : vector(d, names[i], 0, d->width);
}

/* x times matrix i of the five in time_mix_w2 [5, width, rank]. */
static int fifth(lwi_decoder *d, int x, int i) {
    lwi_graph_builder *b = &d->b;
    lwi_checkpoint_tensor t;
    if (b->status != LW_OK || !lwi_build_tensor(b, "time_mix_w2.weight", true, &t)) return -1;
    if (t.rank != 3 || t.dims[0] != 5 || t.dims[1] != d->width) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' is no stack of five matrices", t.name);
        return -1;
    }
    t.rank = 2;
    t.dims[0] = t.dims[1];
    t.dims[1] = t.dims[2];
    t.bytes /= 5;
    t.data = (const char *)t.data + (size_t)i * t.bytes;
    const int part = lwi_build_part(b, x, i * t.dims[1], t.dims[1]);
    const int y = lwi_build_fused(b, "BlockMatMul", 2, (int[]){part, lwi_build_blocks(b, &t)});
    lwi_build_int(b, "format", (int64_t)t.type->id);
    lwi_build_int(b, "K", t.dims[1]);
    return y;
}

static int mix6(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    enum { DECAY, KEY, VALUE, RECEPTANCE, GATE };
    const int64_t heads = read_heads(d), size = d->width / heads;
    const int more = shift(d, x);
    int in[5];
    (void)layer;
    const int all = lerp(d, x, more, vector(d, "time_mix_lerp_x.weight", 0, d->width));
    const int five = apply(d, "Tanh", lwi_build_linear(b, all, "time_mix_w1"));
    for (int i = 0; i < 5; i++)
        in[i] = lerp(d, x, more, lwi_build_add(b, fifth(d, five, i), plain_weight(d, i)));
    const int r = lwi_build_linear(b, in[RECEPTANCE], "time_mix_receptance");
    const int k = lwi_build_linear(b, in[KEY], "time_mix_key");
    const int v = lwi_build_linear(b, in[VALUE], "time_mix_value");
    const int g = apply(d, "Swish", lwi_build_linear(b, in[GATE], "time_mix_gate"));
    int w = apply(d, "Tanh", lwi_build_linear(b, in[DECAY], "time_mix_decay_w1"));
    w = add_vector(d, lwi_build_linear(b, w, "time_mix_decay_w2"), "time_mix_decay.weight");
    w = apply(d, "Exp", apply(d, "Neg", apply(d, "Exp", w)));
    const int u = lwi_build_reshape(b, vector(d, "time_mix_first.weight", 0, d->width), 2,
                                    (int64_t[]){heads, size});
    const int y = lwi_decoder_stateful(d, "Wkv6", 5, (int[]){r, w, k, v, u}, d->width * size);
    lwi_build_int(b, "num_heads", heads);
    return lwi_build_linear(b, lwi_build_mul(b, norm_heads(d, y, heads), g), "time_mix_output");
}

static int feed6(lwi_decoder *d, int x, int64_t layer) {
    (void)layer;
    return mix_channels(d, x, shift(d, x));
}

/* ------------------------------------------------------------------- RWKV-7 */

/* W2 f(W1 x) for the pair of thin matrices time_mix_X1 and time_mix_X2, f may be NULL. */
static int thin(lwi_decoder *d, int x, char which, const char *f) {
    char first[16], second[16];
    snprintf(first, sizeof first, "time_mix_%c1", which);
    snprintf(second, sizeof second, "time_mix_%c2", which);
    const int h = lwi_build_linear(&d->b, x, first);
    return lwi_build_linear(&d->b, f ? apply(d, f, h) : h, second);
}

/* The values of the first layer are mixed into those of the others. */
static int mix_values(lwi_decoder *d, int v, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    if (layer == 0) return d->first_value = v;
    const int share =
        apply(d, "Sigmoid", add_vector(d, thin(d, x, 'v', NULL), "time_mix_v0.weight"));
    return lwi_build_add(b, v, lwi_build_mul(b, sub(d, d->first_value, v), share));
}

/* What the token itself gives: (r . k r_k) v of each head. */
static int bonus(lwi_decoder *d, int r, int k, int v, int64_t heads) {
    lwi_graph_builder *b = &d->b;
    const int rk = mul_vector(d, lwi_build_mul(b, r, k), "time_mix_r_k.weight");
    const int sum = lwi_build(b, "ReduceSum", 2,
                              (int[]){apart(d, rk, heads), lwi_build_ints(b, 1, &(int64_t){-1})});
    return together(d, lwi_build_mul(b, apart(d, v, heads), sum));
}

static int mix7(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    enum { RECEPTANCE, DECAY, KEY, VALUE, RATE, GATE, ALL };
    const int64_t heads = read_heads(d), size = d->width / heads;
    const bool gated = lwi_build_has(b, "time_mix_g1.weight");
    const int more = shift(d, x);
    int in[ALL];
    for (int i = 0; i < (gated ? ALL : GATE); i++)
        in[i] = lerp(d, x, more, vector(d, "time_mix_lerp_fused.weight", i * d->width, d->width));
    const int r = lwi_build_linear(b, in[RECEPTANCE], "time_mix_receptance");
    int w = add_vector(d, thin(d, in[DECAY], 'w', "Tanh"), "time_mix_w0.weight");
    /* exp(-exp(-1/2) sigmoid(w)), with the constant as the models were trained */
    w = apply(d, "Exp", lwi_build_scale(b, apply(d, "Sigmoid", w), -0.606531));
    int k = lwi_build_linear(b, in[KEY], "time_mix_key");
    const int v = mix_values(d, lwi_build_linear(b, in[VALUE], "time_mix_value"), in[VALUE], layer);
    const int a =
        apply(d, "Sigmoid", add_vector(d, thin(d, in[RATE], 'a', NULL), "time_mix_a0.weight"));
    const int kk =
        lwi_decoder_unit_heads(d, mul_vector(d, k, "time_mix_k_k.weight"), heads, size, 1e-24);
    const int ka = mul_vector(d, k, "time_mix_k_a.weight");
    k = lwi_build_add(b, k, sub(d, lwi_build_mul(b, a, ka), ka));
    const int inputs[6] = {r, w, k, v, apply(d, "Neg", kk), lwi_build_mul(b, kk, a)};
    int y = lwi_decoder_stateful(d, "Wkv7", 6, inputs, d->width * size);
    lwi_build_int(b, "num_heads", heads);
    y = lwi_build_add(b, norm_heads(d, y, heads), bonus(d, r, k, v, heads));
    if (gated) y = lwi_build_mul(b, y, thin(d, in[GATE], 'g', "Sigmoid"));
    return lwi_build_linear(b, y, "time_mix_output");
}

static int feed7(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    (void)layer;
    const int k = lerp(d, x, shift(d, x), vector(d, "channel_mix_lerp_k.weight", 0, d->width));
    const int h = relu_squared(d, lwi_build_linear(b, k, "channel_mix_key"));
    return lwi_build_linear(b, h, "channel_mix_value");
}

/* ------------------------------------------------------------------- styles */

static void adjust6(lwi_decoder *d) {
    d->mix = mix6;
    d->feed = feed6;
    d->ffn_norm = "attn_norm_2";
    d->halve_every = lwi_build_size(&d->b, "rescale_every_n_layers", 0, 0, LWI_MOST_LAYERS);
}

static void adjust4(lwi_decoder *d) {
    adjust6(d);
    d->mix = mix4;
    d->feed = feed4;
}

static void adjust7(lwi_decoder *d) {
    d->mix = mix7;
    d->feed = feed7;
    d->ffn_norm = "attn_norm_2";
}

const lwi_decoder_style lwi_style_rwkv4 = {.norm = LWI_NORM_LAYER, .adjust = adjust4};
const lwi_decoder_style lwi_style_rwkv6 = {.norm = LWI_NORM_LAYER, .adjust = adjust6};
const lwi_decoder_style lwi_style_rwkv7 = {.norm = LWI_NORM_LAYER, .adjust = adjust7};
