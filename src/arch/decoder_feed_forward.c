/* SPDX-License-Identifier: MIT
 * Feed-forward networks of a decoder's layer: one, or a mixture of experts of which the router
 * picks a few for each token (Shazeer et al. 2017, arXiv 1701.06538). */
#include "arch/decoder.h"

#include <math.h>
#include <stdio.h>

int lwi_decoder_activate(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    int y = -1;
    switch (d->activation) {
    case LWI_SILU:
        return lwi_build(b, "Swish", 1, &x);
    case LWI_GELU_EXACT:
        return lwi_build(b, "Gelu", 1, &x);
    case LWI_RELU_SQUARED:
        y = lwi_build(b, "Relu", 1, &x);
        return lwi_build_mul(b, y, y);
    case LWI_GELU:
        break;
    }
    y = lwi_build(b, "Gelu", 1, &x);
    lwi_build_text(b, "approximate", "tanh");
    return y;
}

/* Tensors NAME_gate SUFFIX and so on; SUFFIX is "" or "_shexp". */
static int gated(lwi_decoder *d, int x, const char *suffix) {
    lwi_graph_builder *b = &d->b;
    char gate[32], up[32], down[32], weight[48];
    snprintf(gate, sizeof gate, "ffn_gate%s", suffix);
    snprintf(up, sizeof up, "ffn_up%s", suffix);
    snprintf(down, sizeof down, "ffn_down%s", suffix);
    snprintf(weight, sizeof weight, "%s.weight", gate);
    int h;
    if (lwi_build_has(b, weight))
        h = lwi_build_mul(b, lwi_decoder_activate(d, lwi_build_linear(b, x, gate)),
                          lwi_build_linear(b, x, up));
    else h = lwi_decoder_activate(d, lwi_build_linear(b, x, up));
    return lwi_build_linear(b, h, down);
}

/* Gate and up in one weight, the gate first (Phi-3). */
static bool is_packed(lwi_decoder *d, int64_t *inner) {
    lwi_checkpoint_tensor up, down;
    if (lwi_build_has(&d->b, "ffn_gate.weight") ||
        !lwi_build_tensor(&d->b, "ffn_up.weight", false, &up) ||
        !lwi_build_tensor(&d->b, "ffn_down.weight", false, &down) || up.rank != 2 || down.rank != 2)
        return false;
    *inner = down.dims[1];
    return up.dims[0] == 2 * down.dims[1];
}

int lwi_decoder_feed_forward(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    int64_t inner = 0;
    (void)layer;
    if (!is_packed(d, &inner)) return gated(d, x, "");
    const int gate = lwi_build_linear_part(b, x, "ffn_up", 0, inner);
    const int up = lwi_build_linear_part(b, x, "ffn_up", inner, inner);
    return lwi_build_linear(b, lwi_build_mul(b, lwi_decoder_activate(d, gate), up), "ffn_down");
}

/* -------------------------------------------------------------------- experts */

/* The product of x [tokens, in] or [tokens, chosen, in] with the chosen experts' weights. */
static int multiply(lwi_decoder *d, int x, const char *name, int chosen) {
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
    const int y =
        lwi_build_fused(b, "BlockMatMulExperts", 3, (int[]){x, lwi_build_blocks(b, &t), chosen});
    lwi_build_int(b, "format", (int64_t)t.type->id);
    lwi_build_int(b, "K", t.dims[2]);
    snprintf(text, sizeof text, "%s.bias", name);
    if (!lwi_build_has(b, text)) return y;
    const int rows = lwi_build(b, "Gather", 2, (int[]){lwi_build_weight(b, text, true), chosen});
    return lwi_build_add(b, y, rows);
}

/* Numbers [tokens, experts] from which the choice is made, and weights that go with it. */
static void route(lwi_decoder *d, int x, int64_t used, int *chosen, int *weights) {
    lwi_graph_builder *b = &d->b;
    const int logits = lwi_build_linear(b, x, "ffn_gate_inp");
    int scores = logits;
    if (!d->softmax_of_chosen) scores = lwi_build(b, "Softmax", 1, &logits);
    int by = scores;
    if (lwi_build_has(b, "exp_probs_b.bias"))
        by = lwi_build_add(b, scores, lwi_build_weight(b, "exp_probs_b.bias", true));
    *chosen = lwi_build_top(b, by, used);
    int w = lwi_build(b, "GatherElements", 2, (int[]){scores, *chosen});
    lwi_build_int(b, "axis", -1);
    if (d->softmax_of_chosen) w = lwi_build(b, "Softmax", 1, &w);
    if (d->normalize_experts) {
        const int sum =
            lwi_build(b, "ReduceSum", 2, (int[]){w, lwi_build_ints(b, 1, &(int64_t){-1})});
        w = lwi_build(b, "Div", 2, (int[]){w, sum});
    }
    *weights = lwi_build_scale(b, w, lwi_build_number(b, "expert_weights_scale", 1));
}

static int shared(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    const int y = gated(d, x, "_shexp");
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
    const int g = clamp(b, gate, -INFINITY, 7), u = clamp(b, up, -7, 7);
    const int slope = lwi_build(b, "Sigmoid", 1, &(int){lwi_build_scale(b, g, 1.702)});
    return lwi_build_mul(b, lwi_build_mul(b, g, slope),
                         lwi_build_add(b, u, lwi_build_scalar(b, 1)));
}

int lwi_decoder_experts(lwi_decoder *d, int x, int64_t layer) {
    lwi_graph_builder *b = &d->b;
    const int64_t experts = lwi_build_size(b, "expert_count", 0, 1, 1 << 16);
    const int64_t used = lwi_build_size(b, "expert_used_count", 0, 1, experts);
    int chosen = -1, weights = -1;
    (void)layer;
    if (b->status != LW_OK) return -1;
    route(d, x, used, &chosen, &weights);
    const int gate = multiply(d, x, "ffn_gate_exps", chosen);
    const int up = multiply(d, x, "ffn_up_exps", chosen);
    int y = multiply(d, gate_experts(d, gate, up), "ffn_down_exps", chosen);
    const int apart = lwi_build_reshape(b, weights, 3, (int64_t[]){-1, used, 1});
    y = lwi_build(b, "ReduceSum", 2,
                  (int[]){lwi_build_mul(b, y, apart), lwi_build_ints(b, 1, &(int64_t){1})});
    lwi_build_int(b, "keepdims", 0);
    return lwi_build_has(b, "ffn_up_shexp.weight") ? lwi_build_add(b, y, shared(d, x)) : y;
}
