/* SPDX-License-Identifier: MIT
 * Mamba (Gu and Dao 2023, arXiv 2312.00752) and Mamba-2 (Dao and Gu 2024, arXiv 2405.21060): no
 * attention and no feed-forward network, but a selective scan behind a short convolution. Falcon
 * Mamba (Zuo et al. 2024, arXiv 2410.05355) normalises what the scan is told. */
#include "arch/decoder.h"

/* Dimension `axis` of a tensor, the last one if there are not so many. */
static int64_t dimension(lwi_decoder *d, const char *name, int axis) {
    lwi_checkpoint_tensor t = {.rank = 1, .dims = {1}};
    if (!lwi_build_tensor(&d->b, name, true, &t)) return 1;
    const int64_t n = t.dims[axis < t.rank ? axis : t.rank - 1];
    if (n > LWI_MOST_WIDTH) lwi_build_fail(&d->b, LW_CORRUPT, "the tensor '%s' is too large", name);
    return n <= LWI_MOST_WIDTH ? n : 1;
}

static int convolve(lwi_decoder *d, int x) {
    const int y = lwi_decoder_convolve(d, x, "ssm_conv1d");
    return lwi_decoder_activate(d, y);
}

static int gate(lwi_decoder *d, int y, int z) {
    return lwi_build_mul(&d->b, y, lwi_build(&d->b, "Swish", 1, &z));
}

static int rms(lwi_decoder *d, int x, double epsilon) {
    lwi_graph_builder *b = &d->b;
    const int y = lwi_build(b, "RMSNormalization", 2, (int[]){x, lwi_build_scalar(b, 1)});
    lwi_build_int(b, "axis", -1);
    lwi_build_float(b, "epsilon", epsilon);
    return y;
}

/* Steps, B and C of Falcon Mamba have a root mean square of 1, those of Jamba norms with weights.
 */
static void norm_parts(lwi_decoder *d, int *step, int *in, int *out) {
    static const char *const names[3] = {"ssm_dt_norm", "ssm_b_norm", "ssm_c_norm"};
    int *const parts[3] = {step, in, out};
    const double own = lwi_build_number(&d->b, "mixer_rms_eps", 0);
    for (size_t i = 0; i < 3 && lwi_build_has(&d->b, "ssm_dt_norm.weight"); i++)
        *parts[i] = lwi_decoder_norm(d, *parts[i], names[i]);
    if (!(own > 0) && lwi_build_number(&d->b, "ssm.dt_b_c_rms", 0) == 0) return;
    for (size_t i = 0; i < 3; i++)
        *parts[i] = rms(d, *parts[i], own > 0 ? own : d->epsilon);
}

int lwi_decoder_mamba(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t inner = dimension(d, "ssm_conv1d.weight", 0);
    const int64_t states = dimension(d, "ssm_a", 1), rank = dimension(d, "ssm_dt.weight", 1);
    (void)layer;
    const int mixed = convolve(d, lwi_build_linear_part(b, x, "ssm_in", 0, inner));
    const int z = lwi_build_linear_part(b, x, "ssm_in", inner, inner);
    int step = lwi_build_linear_part(b, mixed, "ssm_x", 0, rank);
    int in = lwi_build_linear_part(b, mixed, "ssm_x", rank, states);
    int out = lwi_build_linear_part(b, mixed, "ssm_x", rank + states, states);
    norm_parts(d, &step, &in, &out);
    step = lwi_build_linear(b, step, "ssm_dt");
    step = lwi_build(b, "Softplus", 1, &step);
    const int a = lwi_build(b, "Transpose", 1, &(int){lwi_decoder_state_matrix(d)});
    int y = lwi_decoder_stateful(d, "SelectiveScan", 5, (int[]){mixed, step, a, in, out},
                                 states * inner);
    lwi_build_int(b, "num_heads", inner);
    y = lwi_build_add(b, y, lwi_build_mul(b, mixed, lwi_build_weight(b, "ssm_d", true)));
    return lwi_build_linear(b, gate(d, y, z), "ssm_out");
}

/* Root mean square norms of groups of elements. */
static int norm_groups(lwi_decoder *d, int x, int64_t groups, int64_t size) {
    lwi_graph_builder *b = &d->b;
    const int64_t all[1] = {groups * size};
    const int scale = lwi_build_reshape(b, lwi_build_weight(b, "ssm_norm.weight", true), 1, all);
    const int apart = lwi_build_reshape(b, x, 3, (int64_t[]){-1, groups, size});
    const int y = rms(d, apart, d->epsilon);
    return lwi_build_mul(b, lwi_build_reshape(b, y, 2, (int64_t[]){-1, groups * size}), scale);
}

typedef struct sizes {
    int64_t channels, inner, heads, groups, states; /* channels: of the convolution */
} sizes;

static sizes read_sizes(lwi_decoder *d) {
    lwi_graph_builder *b = &d->b;
    sizes s;
    s.channels = dimension(d, "ssm_conv1d.weight", 0);
    s.heads = dimension(d, "ssm_a", 0);
    s.groups = lwi_build_size(b, "ssm.group_count", 1, 1, LWI_MOST_HEADS);
    s.states = lwi_build_size(b, "ssm.state_size", 0, 1, LWI_MOST_WIDTH);
    s.inner = s.channels - 2 * s.groups * s.states;
    if (s.inner < 1 || s.heads < 1 || s.inner % s.heads || s.inner % s.groups)
        lwi_build_fail(b, LW_CORRUPT, "%lld channels for %lld heads in %lld groups",
                       (long long)s.channels, (long long)s.heads, (long long)s.groups);
    return s;
}

/* y + x D, where each head has one D. */
static int add_skip(lwi_decoder *d, const sizes *s, int y, int x) {
    lwi_graph_builder *b = &d->b;
    const int64_t heads[3] = {-1, s->heads, s->inner / s->heads}, column[2] = {s->heads, 1};
    const int by = lwi_build_reshape(b, lwi_build_weight(b, "ssm_d", true), 2, column);
    const int skip = lwi_build_mul(b, lwi_build_reshape(b, x, 3, heads), by);
    return lwi_build_add(b, y, lwi_build_reshape(b, skip, 2, (int64_t[]){-1, s->inner}));
}

int lwi_decoder_mamba2(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const sizes s = read_sizes(d);
    const int64_t all = s.groups * s.states;
    (void)layer;
    if (b->status != LW_OK) return -1;
    const int z = lwi_build_linear_part(b, x, "ssm_in", 0, s.inner);
    const int mixed = convolve(d, lwi_build_linear_part(b, x, "ssm_in", s.inner, s.channels));
    int step = lwi_build_linear_part(b, x, "ssm_in", s.inner + s.channels, s.heads);
    step = lwi_build_add(b, step, lwi_build_weight(b, "ssm_dt.bias", true));
    step = lwi_build(b, "Softplus", 1, &step);
    const int64_t flat[1] = {s.heads};
    const int a = lwi_build_reshape(b, lwi_decoder_state_matrix(d), 1, flat);
    const int from = lwi_build_part(b, mixed, 0, s.inner);
    const int in = lwi_build_part(b, mixed, s.inner, all);
    const int out = lwi_build_part(b, mixed, s.inner + all, all);
    int y = lwi_decoder_stateful(d, "SelectiveScan", 5, (int[]){from, step, a, in, out},
                                 s.states * s.inner);
    lwi_build_int(b, "num_heads", s.heads);
    lwi_build_int(b, "groups", s.groups);
    y = gate(d, add_skip(d, &s, y, from), z);
    if (lwi_build_has(b, "ssm_norm.weight")) y = norm_groups(d, y, s.groups, s.inner / s.groups);
    return lwi_build_linear(b, y, "ssm_out");
}

static void adjust(lwi_decoder *d) {
    d->no_feed_forward = true;
    d->context = lwi_build_size(&d->b, "context_length", 1 << 20, 1, INT32_MAX);
}

static void adjust_mamba(lwi_decoder *d) {
    adjust(d);
    d->mix = lwi_decoder_mamba;
}

static void adjust_mamba2(lwi_decoder *d) {
    adjust(d);
    d->mix = lwi_decoder_mamba2;
}

/* Granite 4: Mamba-2 in most layers, attention in the others. */
static int mix_granite(lwi_decoder *d, int x, int64_t layer) {
    return lwi_build_has(&d->b, "ssm_in.weight") ? lwi_decoder_mamba2(d, x, layer)
                                                 : lwi_decoder_attention(d, x, layer);
}

static void adjust_granite(lwi_decoder *d) {
    lwi_decoder_read_granite(d);
    d->mix = mix_granite;
    if (lwi_build_number(&d->b, "rope.scaling.finetuned", 0) == 0) d->rope_kind = LWI_ROPE_NONE;
}

const lwi_decoder_style lwi_style_granite_hybrid = {.norm = LWI_NORM_RMS,
                                                    .activation = LWI_SILU,
                                                    .rope = LWI_ROPE_PAIRS,
                                                    .permuted = true,
                                                    .adjust = adjust_granite};
const lwi_decoder_style lwi_style_mamba = {.norm = LWI_NORM_RMS, .adjust = adjust_mamba};
const lwi_decoder_style lwi_style_mamba2 = {.norm = LWI_NORM_RMS, .adjust = adjust_mamba2};
