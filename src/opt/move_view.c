/* SPDX-License-Identifier: MIT
 * A Transpose moves through Reshape and its like. Dimensions that are merged or split go together
 * as a group: "N C H W" to "N (C/g g) (H W)" has the groups N, C, H W. If the dimensions of each
 * group stand in the same order in the source, the source itself can be reshaped, and the groups
 * are put in order afterwards. */
#include "ops/registry.h"
#include "opt/move_rules.h"

#include <string.h>

enum { UNKNOWN = 1000003 }; /* stands for the one size that is not fixed */

/* Dimensions [in, in + n_in) of what is reshaped become [out, out + n_out). */
typedef struct group {
    int in, n_in, out, n_out;
    int64_t place; /* in the source */
} group;

typedef struct view {
    int64_t in[LW_MAX_RANK], out[LW_MAX_RANK];
    int n_in, n_out;
    group groups[2 * LW_MAX_RANK];
    int n_groups;
} view;

/* Sizes above 0; one at most may be unknown. */
static bool read_dims(const lwi_shape *s, int64_t *dims, int *n) {
    int unknown = 0;
    if (s->rank < 0) return false;
    for (int d = 0; d < s->rank; d++) {
        if (s->dims[d] == 0) return false;
        unknown += s->dims[d] < 0;
        dims[d] = s->dims[d] < 0 ? UNKNOWN : s->dims[d];
    }
    *n = s->rank;
    return unknown <= 1;
}

/* Extends a group until it has as many elements before as after. */
static bool find_group(const view *v, group *g) {
    int64_t before = v->in[g->in], after = v->out[g->out];
    g->n_in = g->n_out = 1;
    while (before != after) {
        const bool more_in = before < after;
        const int next = more_in ? g->in + g->n_in++ : g->out + g->n_out++;
        if (next >= (more_in ? v->n_in : v->n_out)) return false;
        int64_t *size = more_in ? &before : &after;
        if (__builtin_mul_overflow(*size, more_in ? v->in[next] : v->out[next], size)) return false;
    }
    return true;
}

static bool find_groups(view *v) {
    int i = 0, j = 0;
    while (i < v->n_in || j < v->n_out) {
        group g = {.in = i, .out = j};
        const bool in = i < v->n_in, out = j < v->n_out;
        if (in && v->in[i] == 1 && !(out && v->out[j] == 1)) g.n_in = 1;
        else if (out && v->out[j] == 1 && !(in && v->in[i] == 1)) g.n_out = 1;
        else if (!in || !out || !find_group(v, &g)) return false;
        i += g.n_in;
        j += g.n_out;
        v->groups[v->n_groups++] = g;
    }
    return true;
}

/* The place of a group that has dimensions before: that of the first of them. */
static int64_t place_of(const group *g, const lwi_perm *perm) {
    int64_t place = LW_MAX_RANK;
    for (int d = g->in; d < g->in + g->n_in; d++)
        if (perm->at[d] < place) place = perm->at[d];
    return place;
}

/* Dimensions of 1 that appear stay behind what they follow; but not behind the channels of a source
 * that has them last: there they stand behind the batch, as they do before convolutions. */
static void place_groups(view *v, const lwi_perm *perm) {
    int64_t last = -1, batch = -1;
    int in_place = 0; /* dimensions of the source that come first in the output too */
    for (int k = 0; k < v->n_groups; k++) {
        group *g = &v->groups[k];
        if (g->n_in) {
            last = g->place = place_of(g, perm);
            if (last == in_place) {
                batch = last;
                in_place += g->n_in;
            }
        } else {
            g->place = last == perm->rank - 1 ? batch : last;
        }
    }
}

/* Groups in the order of the source. */
static void sort_groups(view *v, const lwi_perm *perm) {
    place_groups(v, perm);
    for (int k = 1; k < v->n_groups; k++) {
        const group g = v->groups[k];
        int at = k;
        for (; at > 0 && v->groups[at - 1].place > g.place; at--)
            v->groups[at] = v->groups[at - 1];
        v->groups[at] = g;
    }
}

/* The order in which the source must be for the groups to lie one after the other. */
static lwi_perm order_before(const view *v, const lwi_perm *perm) {
    lwi_perm p = {.rank = 0};
    for (int k = 0; k < v->n_groups; k++)
        for (int d = v->groups[k].in; d < v->groups[k].in + v->groups[k].n_in; d++)
            p.at[p.rank++] = perm->at[d];
    return p;
}

/* The order that leads from the reshaped source to the old output; dims: of the former. */
static lwi_perm order_after(const view *v, int64_t *dims) {
    lwi_perm p = {.rank = v->n_out};
    int at = 0;
    for (int k = 0; k < v->n_groups; k++)
        for (int d = v->groups[k].out; d < v->groups[k].out + v->groups[k].n_out; d++) {
            dims[at] = v->out[d] == UNKNOWN ? -1 : v->out[d];
            p.at[d] = at++;
        }
    return p;
}

/* Dimensions of 1 may stand anywhere. */
static bool keeps_elements(const lwi_perm *order, const view *v, const lwi_perm *perm) {
    int64_t last = -1;
    const lwi_perm back = lwi_perm_inverse(perm);
    for (int d = 0; d < order->rank; d++) {
        if (v->in[back.at[order->at[d]]] == 1) continue;
        if (order->at[d] < last) return false;
        last = order->at[d];
    }
    return true;
}

static lw_status reshape(const lwi_move *m, int source, const int64_t *dims, int rank) {
    const int64_t n = rank;
    int shape = -1;
    LW_TRY(lwi_rewrite_constant(m->r, "shape", LW_INT64, 1, &n, dims, &shape));
    lwi_rewrite_become(m->r, lwi_move_node(m), "", "Reshape");
    lwi_move_node(m)->n_attrs = 0;
    LW_TRY(lwi_rewrite_set_input(m->r, lwi_move_node(m), 0, source));
    return lwi_rewrite_set_input(m->r, lwi_move_node(m), 1, shape);
}

lw_status lwi_move_view(const lwi_move *m, bool *moved) {
    view v = {.n_groups = 0};
    int source = -1;
    int64_t dims[LW_MAX_RANK];
    const lwi_node *node = lwi_move_node(m);
    if (!read_dims(lwi_shape_of(m->r->shapes, lwi_input(m->r, node, 0)), v.in, &v.n_in) ||
        !read_dims(lwi_shape_of(m->r->shapes, node->outputs[0]), v.out, &v.n_out) ||
        v.n_in != m->perm.rank || !find_groups(&v) || !lwi_move_source(m, 0, &source))
        return LW_OK;
    sort_groups(&v, &m->perm);
    const lwi_perm before = order_before(&v, &m->perm), after = order_after(&v, dims);
    const bool keeps = keeps_elements(&before, &v, &m->perm);
    if (!keeps && lwi_perm_is_identity(&after)) return LW_OK; /* nothing would be gained */
    *moved = true;
    if (!keeps) LW_TRY(lwi_permute(m->r, m->index, source, &before, &source));
    LW_TRY(reshape(m, source, dims, v.n_out));
    return lwi_perm_is_identity(&after) ? LW_OK : lwi_permute_output(m->r, m->index, 0, &after);
}
