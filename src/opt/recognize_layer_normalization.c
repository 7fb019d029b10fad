/* SPDX-License-Identifier: MIT
 * LayerNormalization: d / sqrt(mean(d^2) + epsilon) with d = x - mean(x), times a scale, plus a
 * bias. */
#include "opt/match.h"
#include "opt/passes.h"

/* d = x - mean(x) over the same dimensions: gives x. */
static int match_centred(const lwi_rewrite *r, int value, int axis) {
    int x = -1, mean = -1, own = 0;
    if (!lwi_match_binary(r, value, "Sub", &x, &mean)) return -1;
    return lwi_match_mean(r, mean, &own) == x && own == axis ? x : -1;
}

/* The difference may have been computed twice. */
static int match_input(const lwi_rewrite *r, const lwi_rms_match *m) {
    const int x = match_centred(r, m->x, m->axis);
    if (m->x == m->squared) return x;
    return x >= 0 && match_centred(r, m->squared, m->axis) == x ? x : -1;
}

static lw_status replace(lwi_rewrite *r, const lwi_rms_match *m, int x,
                         const lwi_affine_match *affine) {
    lwi_node *node = NULL;
    const int inputs[] = {x, affine->scale, affine->bias};
    LW_TRY(lwi_match_replace(r, affine->output, "LayerNormalization", inputs,
                             affine->bias < 0 ? 2 : 3, &node));
    const lwi_attr epsilon = {.name = "epsilon", .kind = LWI_ATTR_FLOAT, .f = (float)m->epsilon};
    LW_TRY(lwi_node_set_attr(r->graph->arena, node, &epsilon));
    return lwi_node_set_int(r->graph->arena, node, "axis", m->axis);
}

/* Without a scale of its own it is multiplied by ones. */
static lw_status make_ones(lwi_rewrite *r, int x, int axis, int *scale) {
    const lwi_shape *s = lwi_shape_of(r->shapes, x);
    enum { MOST = 1 << 14 };
    float *ones = NULL;
    if (axis != -1 || s->dims[s->rank - 1] < 1 || s->dims[s->rank - 1] > MOST) return LW_OK;
    const int64_t n = s->dims[s->rank - 1];
    LW_TRY(lwi_arena_alloc(&r->scratch, (size_t)n, sizeof *ones, &ones));
    for (int64_t i = 0; i < n; i++)
        ones[i] = 1;
    return lwi_rewrite_constant(r, "ones", LW_FLOAT32, 1, &n, ones, scale);
}

lw_status lwi_pass_recognize_layer_normalization(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        lwi_rms_match m;
        lwi_affine_match affine;
        if (!node || (!lwi_node_is(node, "", "Mul") && !lwi_node_is(node, "", "Div"))) continue;
        if (!lwi_match_rms(r, node->outputs[0], &m)) continue;
        const int x = match_input(r, &m);
        if (x < 0 || lwi_shape_of(r->shapes, x)->dtype != LW_FLOAT32 ||
            !lwi_match_keeps_rank(r, x, node->outputs[0]))
            continue;
        lwi_match_affine(r, node->outputs[0], m.axis, true, &affine);
        if (affine.scale < 0) LW_TRY(make_ones(r, x, m.axis, &affine.scale));
        if (affine.scale >= 0) LW_TRY(replace(r, &m, x, &affine));
    }
    return LW_OK;
}
