/* SPDX-License-Identifier: MIT */
#include "opt/move_rules.h"

#include "ops/registry.h"

#include <string.h>

/* ------------------------------------------------------------------ inputs */

bool lwi_move_source(const lwi_move *m, size_t i, int *source) {
    lwi_perm perm;
    const lwi_node *maker = lwi_producer(m->r, lwi_input(m->r, lwi_move_node(m), i));
    if (!lwi_perm_of(m->r, maker, &perm) || !lwi_perm_equal(&perm, &m->perm)) return false;
    *source = lwi_input(m->r, maker, 0);
    return true;
}

lw_status lwi_move_first(const lwi_move *m) {
    int source = -1;
    if (!lwi_move_source(m, 0, &source)) return LW_OK;
    return lwi_rewrite_set_input(m->r, lwi_move_node(m), 0, source);
}

static lw_status move_outputs(const lwi_move *m) {
    const size_t n = lwi_move_node(m)->n_outputs;
    for (size_t k = 0; k < n; k++)
        if (lwi_move_node(m)->outputs[k] >= 0)
            LW_TRY(lwi_permute_output(m->r, m->index, k, &m->perm));
    return LW_OK;
}

/* About how many elements; dimensions that are not fixed count as 64. */
static double weight(const lwi_rewrite *r, int value) {
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    double n = 1;
    for (int d = 0; d < s->rank; d++)
        n *= s->dims[d] < 0 ? 64 : (double)s->dims[d];
    return n;
}

/* Whether input i can be had in the other order; what that costs and gains is added up. */
static bool can_turn_input(const lwi_move *m, size_t i, double *cost, double *gain) {
    const int value = lwi_input(m->r, lwi_move_node(m), i);
    const lw_value *constant = lwi_constant(m->r, value);
    int source;
    if (value < 0 || (constant && constant->count == 1)) return true;
    if (constant)
        return constant->rank <= m->perm.rank && constant->bytes <= LWI_PERMUTE_MOST &&
               constant->dtype != LW_STRING && !lwi_dtype_is_packed(constant->dtype);
    if (lwi_move_source(m, i, &source)) {
        *gain += weight(m->r, value);
        return true;
    }
    *cost += weight(m->r, value);
    return lwi_shape_of(m->r->shapes, value)->rank == m->perm.rank;
}

static lw_status turn_input(const lwi_move *m, size_t i) {
    const lwi_perm back = lwi_perm_inverse(&m->perm);
    int value = lwi_input(m->r, lwi_move_node(m), i);
    const lw_value *constant = lwi_constant(m->r, value);
    if (value < 0 || (constant && constant->count == 1)) return LW_OK;
    if (constant) LW_TRY(lwi_permute_constant(m->r, value, &back, &value));
    else if (!lwi_move_source(m, i, &value))
        LW_TRY(lwi_permute(m->r, m->index, value, &back, &value));
    return lwi_rewrite_set_input(m->r, lwi_move_node(m), i, value);
}

static bool can_turn_inputs(const lwi_move *m) {
    double cost = 0, gain = 0;
    const lwi_node *node = lwi_move_node(m);
    for (size_t i = 0; i < node->n_inputs; i++)
        if (!can_turn_input(m, i, &cost, &gain)) return false;
    return gain >= cost && lwi_shape_of(m->r->shapes, node->outputs[0])->rank == m->perm.rank;
}

static lw_status turn_inputs(const lwi_move *m) {
    const size_t n = lwi_move_node(m)->n_inputs;
    for (size_t i = 0; i < n; i++)
        LW_TRY(turn_input(m, i));
    return move_outputs(m);
}

/* ------------------------------------------------------------ integer lists */

/* The integers of constant input i, at most LW_MAX_RANK * 2 of them. */
static bool read_ints(const lwi_move *m, size_t i, int64_t *ints, size_t *n) {
    const lw_value *v = lwi_constant(m->r, lwi_input(m->r, lwi_move_node(m), i));
    if (!v || (v->dtype != LW_INT64 && v->dtype != LW_INT32)) return false;
    if (v->count > 2 * LW_MAX_RANK || (v->count && !v->data)) return false;
    for (size_t k = 0; k < v->count; k++)
        ints[k] = lwi_get_int(v, k);
    *n = v->count;
    return true;
}

static lw_status write_ints(const lwi_move *m, size_t i, lw_dtype dtype, const int64_t *ints,
                            size_t n) {
    int32_t narrow[2 * LW_MAX_RANK];
    const int64_t dim = (int64_t)n;
    int value = -1;
    for (size_t k = 0; k < n; k++)
        narrow[k] = (int32_t)ints[k];
    const void *data = dtype == LW_INT32 ? (const void *)narrow : ints;
    LW_TRY(lwi_rewrite_constant(m->r, "moved", dtype, 1, &dim, data, &value));
    return lwi_rewrite_set_input(m->r, lwi_move_node(m), i, value);
}

/* Dimensions of the transposed tensor become those of the source. */
static bool map_axes(const lwi_move *m, int64_t *axes, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const int64_t axis = axes[k] < 0 ? axes[k] + m->perm.rank : axes[k];
        if (axis < 0 || axis >= m->perm.rank) return false;
        axes[k] = m->perm.at[axis];
    }
    return true;
}

/* ------------------------------------------------------------------- rules */

static lw_status move_pointwise(const lwi_move *m, bool *moved) {
    if (!can_turn_inputs(m)) return LW_OK;
    *moved = true;
    return turn_inputs(m);
}

static lw_status move_axis(const lwi_move *m, bool *moved) {
    const lwi_node *node = lwi_move_node(m);
    const bool all = strstr(node->op->name, "Concat") != NULL;
    const bool soft = strstr(node->op->name, "Softmax") != NULL;
    const bool linear = strstr(node->op->name, "uantizeLinear") != NULL;
    if (lwi_attr_int(node, "opset", 13) < 13) return LW_OK; /* QLinearSoftmax over several axes */
    int64_t axis = lwi_attr_int(node, "axis", soft ? -1 : linear ? 1 : 0);
    if (!map_axes(m, &axis, 1) || lwi_attr_int(node, "block_size", 0) != 0) return LW_OK;
    if (all && !can_turn_inputs(m)) return LW_OK;
    *moved = true;
    LW_TRY(lwi_node_set_int(m->r->graph->arena, lwi_move_node(m), "axis", axis));
    if (all) return turn_inputs(m);
    LW_TRY(lwi_move_first(m));
    return move_outputs(m);
}

/* The order that leads from what is kept of the source to what is kept of the transposed tensor. */
static lwi_perm order_of_kept(const lwi_move *m, const int64_t *axes, size_t n) {
    lwi_perm p = {.rank = 0};
    bool gone[LW_MAX_RANK] = {false};
    for (size_t k = 0; k < n; k++)
        gone[axes[k]] = true;
    for (int d = 0; d < m->perm.rank; d++) {
        if (gone[m->perm.at[d]]) continue;
        int64_t before = 0;
        for (int s = 0; s < m->perm.at[d]; s++)
            before += !gone[s];
        p.at[p.rank++] = before;
    }
    return p;
}

static lw_status move_reduce(const lwi_move *m, bool *moved) {
    int64_t axes[2 * LW_MAX_RANK];
    size_t n = 0;
    if (!read_ints(m, 1, axes, &n) || n == 0 || !map_axes(m, axes, n)) return LW_OK;
    const bool keep = lwi_attr_int(lwi_move_node(m), "keepdims", 1) != 0;
    const lwi_perm perm = keep ? m->perm : order_of_kept(m, axes, n);
    *moved = true;
    LW_TRY(lwi_move_first(m));
    LW_TRY(write_ints(m, 1, LW_INT64, axes, n));
    return lwi_perm_is_identity(&perm) ? LW_OK : lwi_permute_output(m->r, m->index, 0, &perm);
}

/* One index takes its dimension away, a list leaves the rank as it is. */
static lw_status move_gather(const lwi_move *m, bool *moved) {
    const lwi_node *node = lwi_move_node(m);
    const int indices = lwi_shape_of(m->r->shapes, lwi_input(m->r, node, 1))->rank;
    int64_t axis = lwi_attr_int(node, "axis", 0);
    int source = -1;
    if ((indices != 0 && indices != 1) || !map_axes(m, &axis, 1)) return LW_OK;
    if (!lwi_move_source(m, 0, &source)) return LW_OK; /* the indices are transposed */
    const lwi_perm perm = indices == 1 ? m->perm : order_of_kept(m, &axis, 1);
    *moved = true;
    LW_TRY(lwi_rewrite_set_input(m->r, lwi_move_node(m), 0, source));
    LW_TRY(lwi_node_set_int(m->r->graph->arena, lwi_move_node(m), "axis", axis));
    return lwi_perm_is_identity(&perm) ? LW_OK : lwi_permute_output(m->r, m->index, 0, &perm);
}

static lw_status move_pad(const lwi_move *m, bool *moved) {
    int64_t pads[2 * LW_MAX_RANK], to[2 * LW_MAX_RANK];
    size_t n = 0;
    const int rank = m->perm.rank;
    if (lwi_input(m->r, lwi_move_node(m), 3) >= 0) return LW_OK;
    if (!read_ints(m, 1, pads, &n) || n != 2 * (size_t)rank) return LW_OK;
    for (int d = 0; d < rank; d++) {
        to[m->perm.at[d]] = pads[d];
        to[m->perm.at[d] + rank] = pads[d + rank];
    }
    *moved = true;
    LW_TRY(lwi_move_first(m));
    LW_TRY(write_ints(m, 1, LW_INT64, to, n));
    return move_outputs(m);
}

static lw_status move_slice(const lwi_move *m, bool *moved) {
    int64_t axes[2 * LW_MAX_RANK];
    size_t n = 0;
    const lwi_shape *starts = lwi_shape_of(m->r->shapes, lwi_input(m->r, lwi_move_node(m), 1));
    if (starts->dtype != LW_INT64 && starts->dtype != LW_INT32) return LW_OK;
    if (lwi_input(m->r, lwi_move_node(m), 3) < 0) {
        if (starts->rank != 1 || starts->dims[0] < 1 || starts->dims[0] > m->perm.rank)
            return LW_OK;
        for (n = 0; n < (size_t)starts->dims[0]; n++)
            axes[n] = (int64_t)n;
    } else if (!read_ints(m, 3, axes, &n)) {
        return LW_OK;
    }
    if (!map_axes(m, axes, n)) return LW_OK;
    *moved = true;
    LW_TRY(lwi_move_first(m));
    LW_TRY(write_ints(m, 3, starts->dtype, axes, n));
    return move_outputs(m);
}

static lw_status move_first(const lwi_move *m, bool *moved) {
    *moved = true;
    LW_TRY(lwi_move_first(m));
    return lwi_permute_output(m->r, m->index, 0, &m->perm);
}

/* The sizes of the source, put in order. */
static lw_status move_shape(const lwi_move *m, bool *moved) {
    const lwi_node *node = lwi_move_node(m);
    if (lwi_node_attr(node, "start") || lwi_node_attr(node, "end")) return LW_OK;
    const int64_t n = m->perm.rank;
    const int old = node->outputs[0];
    int inner = -1, order = -1;
    lwi_node *gather = NULL;
    *moved = true;
    LW_TRY(lwi_move_first(m));
    LW_TRY(lwi_rewrite_value(m->r, "shape", LW_INT64, 1, &n, &inner));
    LW_TRY(lwi_rewrite_constant(m->r, "order", LW_INT64, 1, &n, m->perm.at, &order));
    lwi_rewrite_set_output(m->r, lwi_move_node(m), 0, inner);
    const int inputs[] = {inner, order};
    return lwi_rewrite_insert(m->r, m->index, "", "Gather", inputs, 2, &old, 1, &gather);
}

#define move_view lwi_move_view
#define move_normalization lwi_move_normalization

lwi_move_rule *lwi_move_rule_of(const lwi_node *node) {
    static const struct {
        const char *op;
        lwi_move_rule *rule;
    } rules[] = {
#define LWI_MOVE(op, rule) {#op, move_##rule},
#include "opt/moves.def"
#undef LWI_MOVE
    };
    if (*node->op->domain && strncmp(node->op->name, "QLinear", 7) != 0) return NULL;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!strcmp(node->op->name, rules[i].op)) return rules[i].rule;
    return NULL;
}
