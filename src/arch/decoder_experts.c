/* SPDX-License-Identifier: MIT
 * A mixture of experts of which the router picks a few for each token (Shazeer et al. 2017, arXiv
 * 1701.06538). */
#include "arch/decoder.h"

#include <math.h>
#include <stdio.h>

int lwi_decoder_multiply(lwi_decoder *d, int x, const char *name, int chosen) {
    lwi_graph_builder *b = &d->b;
    char text[48];
    lwi_checkpoint_tensor t;
    snprintf(text, sizeof text, "%s.weight", name);
    if (b->status != LW_OK || !lwi_build_tensor(b, text, true, &t)) return -1;
    if (t.rank != 3) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' has %d dimensions, expected 3", t.name,
                       t.rank);
        return -1;
    }
    lwi_build_observe_experts(b, x, text, &t, chosen);
    const int y =
        lwi_build_fused(b, "BlockMatMulExperts", 3, (int[]){x, lwi_build_blocks(b, &t), chosen});
    lwi_build_int(b, "format", (int64_t)t.type->id);
    lwi_build_int(b, "K", t.dims[2]);
    const int adapted = lwi_build_adapted_experts(b, x, y, text, &t, chosen);
    snprintf(text, sizeof text, "%s.bias", name);
    if (!lwi_build_has(b, text)) return adapted;
    const int rows = lwi_build(b, "Gather", 2, (int[]){lwi_build_weight(b, text, true), chosen});
    return lwi_build_add(b, adapted, rows);
}

/* -------------------------------------------------------------------- routing */

static int sum_last(lwi_graph_builder *b, int x) {
    return lwi_build(b, "ReduceSum", 2, (int[]){x, lwi_build_ints(b, 1, &(int64_t){-1})});
}

static int gather_last(lwi_graph_builder *b, int x, int index) {
    const int y = lwi_build(b, "GatherElements", 2, (int[]){x, index});
    lwi_build_int(b, "axis", -1);
    return y;
}

/* Only the experts of the best groups can be chosen (DeepSeek-V2 and V3, arXiv 2405.04434 and
 * 2412.19437). A group is as good as its best expert, or as its best two where experts have a bias
 * for the choice. */
static int best_groups(lwi_decoder *d, int scores, int64_t experts, bool biased) {
    lwi_graph_builder *b = &d->b;
    const int64_t groups = lwi_build_size(b, "expert_group_count", 1, 0, experts);
    const int64_t used = lwi_build_size(b, "expert_group_used_count", groups, 0, groups);
    if (groups < 2 || used < 1 || used == groups) return scores;
    if (experts % groups || experts / groups < 2) {
        lwi_build_fail(b, LW_CORRUPT, "%lld experts in %lld groups", (long long)experts,
                       (long long)groups);
        return scores;
    }
    const int apart = lwi_build_reshape(b, scores, 3, (int64_t[]){-1, groups, experts / groups});
    const int best = gather_last(b, apart, lwi_build_top(b, apart, biased ? 2 : 1));
    const int each = lwi_build_reshape(b, sum_last(b, best), 2, (int64_t[]){-1, groups});
    const int chosen = gather_last(b, each, lwi_build_top(b, each, used));
    const int least =
        lwi_build(b, "ReduceMin", 2, (int[]){chosen, lwi_build_ints(b, 1, &(int64_t){-1})});
    const int good = lwi_build(b, "GreaterOrEqual", 2, (int[]){each, least});
    const int mask = lwi_build_reshape(b, good, 3, (int64_t[]){-1, groups, 1});
    const int left = lwi_build(b, "Where", 3, (int[]){mask, apart, lwi_build_scalar(b, -INFINITY)});
    return lwi_build_reshape(b, left, 2, (int64_t[]){-1, experts});
}

/* What the router's logits are made to; by GGUF's expert_gating_func, or as the family has it. */
static int score(lwi_decoder *d, int logits) {
    enum { SIGMOID = 2 };
    lwi_graph_builder *b = &d->b;
    const double kind = lwi_build_number(b, "expert_gating_func", 0);
    if (kind == SIGMOID || d->sigmoid_experts) return lwi_build(b, "Sigmoid", 1, &logits);
    return d->softmax_of_chosen ? logits : lwi_build(b, "Softmax", 1, &logits);
}

/* Which experts each token gets, and with what weights: both [tokens, used]. */
static void route(lwi_decoder *d, int x, int64_t experts, int64_t used, int *chosen, int *weights) {
    lwi_graph_builder *b = &d->b;
    const int scores = score(d, lwi_build_linear(b, x, "ffn_gate_inp"));
    const bool biased = lwi_build_has(b, "exp_probs_b.bias");
    int by = scores;
    if (biased) by = lwi_build_add(b, scores, lwi_build_weight(b, "exp_probs_b.bias", true));
    *chosen = lwi_build_top(b, best_groups(d, by, experts, biased), used);
    int w = gather_last(b, scores, *chosen);
    if (d->softmax_of_chosen) w = lwi_build(b, "Softmax", 1, &w);
    if (d->normalize_experts || lwi_build_number(b, "expert_weights_norm", 0) != 0)
        w = lwi_build(b, "Div", 2, (int[]){w, sum_last(b, w)});
    if (lwi_build_has(b, "ffn_down_exps.scale")) {
        const int scale = lwi_build_weight(b, "ffn_down_exps.scale", true);
        w = lwi_build_mul(b, w, lwi_build(b, "Gather", 2, (int[]){scale, *chosen}));
    }
    *weights = lwi_build_scale(b, w, lwi_decoder_factor(d, "expert_weights_scale", 1));
}

/* -------------------------------------------------------------------- experts */

static int shared(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const int y = lwi_decoder_gated(d, x, "_shexp");
    if (!lwi_build_has(b, "ffn_gate_inp_shexp.weight")) return y;
    const int gate = lwi_build_linear(b, x, "ffn_gate_inp_shexp");
    return lwi_build_mul(b, y, lwi_build(b, "Sigmoid", 1, &gate));
}

static int clamp(lwi_graph_builder *b, int x, double low, double high) {
    const int least = isfinite(low) ? lwi_build_scalar(b, low) : -1;
    return lwi_build(b, "Clip", 3, (int[]){x, least, lwi_build_scalar(b, high)});
}

static int gate_experts(lwi_decoder *d, int gate, int up) {
    lwi_graph_builder *b = &d->b;
    if (!d->clamped_gate) return lwi_build_mul(b, lwi_decoder_activate(d, gate), up);
    const double most = lwi_build_number(b, "swiglu_limit", 7);
    const double steep = lwi_build_number(b, "swiglu_alpha", 1.702);
    const int g = clamp(b, gate, -INFINITY, most), u = clamp(b, up, -most, most);
    const int slope = lwi_build(b, "Sigmoid", 1, &(int){lwi_build_scale(b, g, steep)});
    return lwi_build_mul(b, lwi_build_mul(b, g, slope),
                         lwi_build_add(b, u, lwi_build_scalar(b, 1)));
}

/* Gates and ups, which may be in one tensor, the gates first; there may be no gates. */
static int open_experts(lwi_decoder *d, int x, int chosen) {
    lwi_graph_builder *b = &d->b;
    lwi_checkpoint_tensor t;
    if (!lwi_build_has(b, "ffn_gate_up_exps.weight") && !lwi_build_has(b, "ffn_gate_exps.weight"))
        return lwi_decoder_activate(d, lwi_decoder_multiply(d, x, "ffn_up_exps", chosen));
    if (!lwi_build_tensor(b, "ffn_gate_up_exps.weight", false, &t) || t.rank != 3)
        return gate_experts(d, lwi_decoder_multiply(d, x, "ffn_gate_exps", chosen),
                            lwi_decoder_multiply(d, x, "ffn_up_exps", chosen));
    const int both = lwi_decoder_multiply(d, x, "ffn_gate_up_exps", chosen);
    const int64_t inner = t.dims[1] / 2;
    return gate_experts(d, lwi_build_part(b, both, 0, inner),
                        lwi_build_part(b, both, inner, inner));
}

int lwi_decoder_experts(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t experts = lwi_build_size(b, "expert_count", 0, 1, 1 << 16);
    const int64_t used = lwi_build_size(b, "expert_used_count", 0, 1, experts);
    int chosen = -1, weights = -1, in = x;
    (void)layer;
    if (b->status != LW_OK) return -1;
    route(d, d->routed_by < 0 ? x : d->routed_by, experts, used, &chosen, &weights);
    const bool narrow = lwi_build_has(b, "ffn_latent_down.weight"); /* experts get a small vector */
    if (narrow) in = lwi_build_linear(b, x, "ffn_latent_down");
    const int apart = lwi_build_reshape(b, weights, 3, (int64_t[]){-1, used, 1});
    if (d->weighted_inputs)
        in = lwi_build_mul(b, lwi_build_reshape(b, x, 3, (int64_t[]){-1, 1, d->width}), apart);
    int y = lwi_decoder_multiply(d, open_experts(d, in, chosen), "ffn_down_exps", chosen);
    if (!d->weighted_inputs) y = lwi_build_mul(b, y, apart);
    y = lwi_build(b, "ReduceSum", 2, (int[]){y, lwi_build_ints(b, 1, &(int64_t){1})});
    lwi_build_int(b, "keepdims", 0);
    if (narrow) y = lwi_build_linear(b, y, "ffn_latent_up");
    return lwi_build_has(b, "ffn_up_shexp.weight") ? lwi_build_add(b, y, shared(d, x)) : y;
}
