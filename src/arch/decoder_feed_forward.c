/* SPDX-License-Identifier: MIT
 * The feed-forward network of a decoder's layer. */
#include "arch/decoder.h"

#include <stdio.h>

typedef struct names {
    char gate[32], up[32], down[32];
} names;

static bool find(lwi_decoder *d, const char *name, lwi_checkpoint_tensor *t) {
    char text[48];
    snprintf(text, sizeof text, "%s.weight", name);
    return lwi_build_has(&d->b, text) && lwi_build_tensor(&d->b, text, false, t);
}

/* Gate and up in one weight, the gate first (Phi-3, Granite). */
static bool is_packed(lwi_decoder *d, const names *n, int64_t *inner) {
    lwi_checkpoint_tensor gate, up, down;
    if (find(d, n->gate, &gate) || !find(d, n->up, &up) || !find(d, n->down, &down) ||
        up.rank != 2 || down.rank != 2)
        return false;
    *inner = down.dims[1];
    return up.dims[0] == 2 * down.dims[1];
}

int lwi_decoder_gated(lwi_decoder *d, int x, const char *suffix) {
    lwi_graph_builder *b = &d->b;
    lwi_checkpoint_tensor t;
    names n;
    int64_t inner = 0;
    snprintf(n.gate, sizeof n.gate, "ffn_gate%s", suffix);
    snprintf(n.up, sizeof n.up, "ffn_up%s", suffix);
    snprintf(n.down, sizeof n.down, "ffn_down%s", suffix);
    int h;
    if (is_packed(d, &n, &inner))
        h = lwi_build_mul(b, lwi_decoder_activate(d, lwi_build_linear_part(b, x, n.up, 0, inner)),
                          lwi_build_linear_part(b, x, n.up, inner, inner));
    else if (find(d, n.gate, &t))
        h = lwi_build_mul(b, lwi_decoder_activate(d, lwi_build_linear(b, x, n.gate)),
                          lwi_build_linear(b, x, n.up));
    else h = lwi_decoder_activate(d, lwi_build_linear(b, x, n.up));
    return lwi_build_linear(b, h, n.down);
}

/* Where there is only what all tokens share, that is it. */
int lwi_decoder_feed_forward(lwi_decoder *d, int x, int64_t layer) {
    const bool plain =
        lwi_build_has(&d->b, "ffn_up.weight") || !lwi_build_has(&d->b, "ffn_up_shexp.weight");
    (void)layer;
    return lwi_decoder_gated(d, x, plain ? "" : "_shexp");
}
