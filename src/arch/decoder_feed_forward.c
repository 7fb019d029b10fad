/* SPDX-License-Identifier: MIT
 * The feed-forward network of a decoder's layer. */
#include "arch/decoder.h"

#include <stdio.h>

int lwi_decoder_activate(lwi_decoder *d, int x) {
    lwi_graph_builder *b = &d->b;
    int y = -1;
    switch (d->activation) {
    case LWI_SILU:
        return lwi_build(b, "Swish", 1, &x);
    case LWI_GELU_EXACT:
        return lwi_build(b, "Gelu", 1, &x);
    case LWI_RELU:
        return lwi_build(b, "Relu", 1, &x);
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

int lwi_decoder_gated(lwi_decoder *d, int x, const char *suffix) {
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
    if (!is_packed(d, &inner)) return lwi_decoder_gated(d, x, "");
    const int gate = lwi_build_linear_part(b, x, "ffn_up", 0, inner);
    const int up = lwi_build_linear_part(b, x, "ffn_up", inner, inner);
    return lwi_build_linear(b, lwi_build_mul(b, lwi_decoder_activate(d, gate), up), "ffn_down");
}
