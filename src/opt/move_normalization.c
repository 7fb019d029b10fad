/* SPDX-License-Identifier: MIT
 * InstanceNormalization and GroupNormalization of a tensor with the channels last: the factor and
 * the term of each channel are found (lampwick.ChannelFactors), then two pointwise nodes apply
 * them, which can join what follows. */
#include "ops/op.h"
#include "opt/move_rules.h"

typedef struct parts {
    int x, factor, term, scaled;
} parts;

static lw_status insert_factors(const lwi_move *m, parts *p) {
    lwi_rewrite *r = m->r;
    const lwi_node *node = lwi_move_node(m);
    const int inputs[] = {p->x, lwi_input(r, node, 1), lwi_input(r, node, 2)};
    const bool groups = lwi_node_is(node, "", "GroupNormalization");
    const int64_t n = groups ? lwi_attr_int(node, "num_groups", 1) : 0;
    const lwi_attr epsilon = {
        .name = "epsilon", .kind = LWI_ATTR_FLOAT, .f = lwi_attr_float(node, "epsilon", 1e-5f)};
    const lwi_shape s = *lwi_shape_of(r->shapes, p->x);
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < s.rank; d++)
        dims[d] = d == 0 || d == s.rank - 1 ? s.dims[d] : 1;
    LW_TRY(lwi_rewrite_value(r, "factor", LW_FLOAT32, s.rank, dims, &p->factor));
    LW_TRY(lwi_rewrite_value(r, "term", LW_FLOAT32, s.rank, dims, &p->term));
    LW_TRY(lwi_rewrite_value(r, "scaled", LW_FLOAT32, s.rank, s.dims, &p->scaled));
    const int outputs[] = {p->factor, p->term};
    lwi_node *made = NULL;
    LW_TRY(lwi_rewrite_insert(r, m->index, "lampwick", "ChannelFactors", inputs, 3, outputs, 2,
                              &made));
    LW_TRY(lwi_node_set_int(r->graph->arena, made, "num_groups", n));
    return lwi_node_set_attr(r->graph->arena, made, &epsilon);
}

/* The node itself becomes the addition. */
static lw_status apply_factors(const lwi_move *m, const parts *p) {
    lwi_rewrite *r = m->r;
    const int pair[] = {p->x, p->factor};
    lwi_node *made = NULL;
    LW_TRY(lwi_rewrite_insert(r, m->index, "", "Mul", pair, 2, &p->scaled, 1, &made));
    lwi_node *node = lwi_move_node(m);
    LW_TRY(lwi_rewrite_set_input(r, node, 0, p->scaled));
    LW_TRY(lwi_rewrite_set_input(r, node, 1, p->term));
    LW_TRY(lwi_rewrite_set_input(r, node, 2, -1));
    node->n_inputs = 2;
    node->n_attrs = 0;
    lwi_rewrite_become(r, node, "", "Add");
    return lwi_permute_output(r, m->index, 0, &m->perm);
}

lw_status lwi_move_normalization(const lwi_move *m, bool *moved) {
    parts p = {-1, -1, -1, -1};
    const lwi_node *node = lwi_move_node(m);
    const lwi_perm first = lwi_perm_channels_first(m->perm.rank);
    if (!lwi_perm_equal(&m->perm, &first) || !lwi_move_source(m, 0, &p.x)) return LW_OK;
    const lwi_shape *s = lwi_shape_of(m->r->shapes, p.x);
    if (s->dtype != LW_FLOAT32 || s->rank != m->perm.rank || node->n_inputs < 3 ||
        node->n_outputs != 1)
        return LW_OK;
    *moved = true;
    LW_TRY(insert_factors(m, &p));
    return apply_factors(m, &p);
}
