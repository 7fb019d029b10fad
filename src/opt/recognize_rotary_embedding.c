/* SPDX-License-Identifier: MIT
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864) becomes lampwick.RotaryEmbedding.
 * It is written in two ways, each for pairs that lie half a row apart or side by side:
 *
 *     x cosines + turned(x) sines,   turned(x) = [-second(x), first(x)]
 *     [first(x) cosines - second(x) sines, second(x) cosines + first(x) sines]
 *
 * where [a, b] is a Concat, of halves or of neighbours. Where only the first elements of a row are
 * turned and a Concat adds the others, that goes too, and a Transpose before it comes after it, for
 * recognize_attention to find. */
#include "opt/match.h"
#include "opt/match_part.h"
#include "opt/passes.h"

#include "ops/op.h"

typedef struct rotation {
    int x, cosines, sines;
    int64_t dim, width; /* turned elements of a row, angles */
    bool interleaved;
    bool pairs; /* x is [..., dim / 2, 2] */
} rotation;

/* ------------------------------------------------------------------- pairs */

static bool is_half(const rotation *t, const lwi_part *p, bool second) {
    const int64_t start = !second ? 0 : t->interleaved ? 1 : t->dim / 2;
    return p->x == t->x && p->pairs == t->pairs && p->start == start &&
           p->step == (t->interleaved ? 2 : 1) && p->count == t->dim / 2;
}

static void set_source(const lwi_rewrite *r, const lwi_part *p, rotation *t) {
    t->x = p->x;
    t->pairs = p->pairs;
    t->dim = p->pairs ? 2 * p->count : lwi_row_size(r, p->x);
}

/* y is x, with pairs in one row. */
static bool has_shape_of_x(const lwi_rewrite *r, int y, const rotation *t) {
    const lwi_shape *x = lwi_shape_of(r->shapes, t->x), *s = lwi_shape_of(r->shapes, y);
    if (!t->pairs) return lwi_shapes_equal(x, s);
    if (s->rank < 1 || x->rank != s->rank + 1 || s->dims[s->rank - 1] != t->dim) return false;
    for (int d = 0; d < s->rank - 1; d++)
        if (s->dims[d] != x->dims[d]) return false;
    return true;
}

/* The value is [a, b]; where pairs are neighbours, a and b have an axis more than x. */
static bool match_join(const lwi_rewrite *r, int value, int *a, int *b, bool *interleaved) {
    const int pairs = lwi_match_unary(r, value, "Reshape");
    const lwi_node *node = lwi_producer(r, pairs >= 0 ? pairs : value);
    if (!lwi_node_is(node, "", "Concat") || node->n_inputs != 2 ||
        !lwi_is_last_axis(r, node, node->outputs[0]))
        return false;
    *a = lwi_input(r, node, 0);
    *b = lwi_input(r, node, 1);
    *interleaved = pairs >= 0;
    return pairs < 0 || lwi_row_size(r, pairs) == 2;
}

static int match_negative(const lwi_rewrite *r, int value) {
    const int x = lwi_match_unary(r, value, "Neg");
    return x >= 0 ? x : lwi_match_with_number(r, value, "Mul", -1);
}

/* What Unsqueeze gave an axis of size 1 at its end, or -1. */
static int without_last_axis(const lwi_rewrite *r, int value) {
    const int x = lwi_match_unary(r, value, "Unsqueeze");
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    const int rank = lwi_shape_of(r->shapes, x)->rank;
    return rank > 0 && s->rank == rank + 1 && lwi_row_size(r, value) == 1 &&
                   lwi_row_size(r, x) == s->dims[rank - 1]
               ? x
               : -1;
}

static bool match_second(const lwi_rewrite *r, int value, bool interleaved, lwi_part *p) {
    const int inner = interleaved ? without_last_axis(r, value) : -1;
    if (inner >= 0) return lwi_match_part(r, match_negative(r, inner), p);
    value = match_negative(r, value);
    return interleaved ? lwi_match_pair_part(r, value, p) : lwi_match_part(r, value, p);
}

/* turned(x) */
static bool match_turned(const lwi_rewrite *r, int value, rotation *t) {
    int a = -1, b = -1;
    lwi_part first, second;
    if (!match_join(r, value, &a, &b, &t->interleaved)) return false;
    if (!match_second(r, a, t->interleaved, &second)) return false;
    if (t->interleaved ? !lwi_match_pair_part(r, b, &first) : !lwi_match_part(r, b, &first))
        return false;
    set_source(r, &first, t);
    if (!is_half(t, &first, false) || !is_half(t, &second, true) || !has_shape_of_x(r, value, t))
        return false;
    if (!t->pairs) return true;
    t->x = lwi_match_unary(r, t->x, "Reshape");
    t->pairs = false;
    return has_shape_of_x(r, value, t);
}

/* ---------------------------------------------------------------- formulas */

/* a = x cosines, b = turned(x) sines */
static bool match_products(const lwi_rewrite *r, int a, int b, rotation *t) {
    int of_a[2], of_b[2];
    if (!lwi_match_binary(r, a, "Mul", &of_a[0], &of_a[1]) ||
        !lwi_match_binary(r, b, "Mul", &of_b[0], &of_b[1]))
        return false;
    for (int i = 0; i < 2; i++) {
        if (!match_turned(r, of_b[i], t)) continue;
        t->sines = of_b[1 - i];
        t->cosines = of_a[0] == t->x ? of_a[1] : of_a[0];
        return of_a[0] == t->x || of_a[1] == t->x;
    }
    return false;
}

static bool match_whole(const lwi_rewrite *r, int y, rotation *t) {
    int a = -1, b = -1;
    if (!lwi_match_binary(r, y, "Add", &a, &b)) return false;
    return match_products(r, a, b, t) || match_products(r, b, a, t);
}

/* A product of a half of x, which is known by now, and angles. */
static bool match_term(const lwi_rewrite *r, int value, const rotation *t, bool second,
                       int *angles) {
    int factors[2];
    lwi_part p;
    if (!lwi_match_binary(r, value, "Mul", &factors[0], &factors[1])) return false;
    for (int i = 0; i < 2; i++) {
        if (!lwi_match_part(r, factors[i], &p) || !is_half(t, &p, second)) continue;
        *angles = factors[1 - i];
        return true;
    }
    return false;
}

static bool match_source(const lwi_rewrite *r, int value, rotation *t, int which) {
    int factors[2];
    lwi_part p;
    if (!lwi_match_binary(r, value, "Mul", &factors[0], &factors[1]) ||
        !lwi_match_part(r, factors[which], &p))
        return false;
    set_source(r, &p, t);
    return true;
}

/* a = first cosines - second sines, b = second cosines + first sines */
static bool match_terms(const lwi_rewrite *r, int a, int b, rotation *t) {
    int m[2], n[2], cosines = -1, sines = -1;
    if (!lwi_match_binary(r, a, "Sub", &m[0], &m[1]) ||
        !lwi_match_binary(r, b, "Add", &n[0], &n[1]))
        return false;
    for (int which = 0; which < 2; which++) {
        if (!match_source(r, m[0], t, which) || !match_term(r, m[0], t, false, &t->cosines) ||
            !match_term(r, m[1], t, true, &t->sines))
            continue;
        for (int i = 0; i < 2; i++)
            if (match_term(r, n[i], t, true, &cosines) &&
                match_term(r, n[1 - i], t, false, &sines) && cosines == t->cosines &&
                sines == t->sines)
                return true;
    }
    return false;
}

static bool match_halves(const lwi_rewrite *r, int y, rotation *t) {
    int a = -1, b = -1;
    if (!match_join(r, y, &a, &b, &t->interleaved)) return false;
    if (t->interleaved) {
        a = without_last_axis(r, a);
        b = without_last_axis(r, b);
    }
    return match_terms(r, a, b, t) && has_shape_of_x(r, y, t);
}

/* Angles are broadcast to rows of x. */
static bool are_angles(const lwi_rewrite *r, int value, const rotation *t, int y) {
    const lwi_shape *a = lwi_shape_of(r->shapes, value), *x = lwi_shape_of(r->shapes, y);
    if (a->dtype != LW_FLOAT32 || a->rank < 1 || a->rank > x->rank) return false;
    for (int d = 2; d <= a->rank; d++)
        if (a->dims[a->rank - d] != 1 && a->dims[a->rank - d] != x->dims[x->rank - d]) return false;
    return a->dims[a->rank - 1] == t->width;
}

static bool find(const lwi_rewrite *r, const lwi_node *node, rotation *t) {
    const int y = node->outputs[0];
    if (lwi_node_is(node, "", "Add")) {
        if (!match_whole(r, y, t)) return false;
        t->width = t->dim;
    } else {
        if (!lwi_node_is(node, "", "Concat") && !lwi_node_is(node, "", "Reshape")) return false;
        if (!match_halves(r, y, t)) return false;
        t->width = t->dim / 2;
    }
    return t->dim >= 2 && t->dim % 2 == 0 && lwi_shape_of(r->shapes, t->x)->dtype == LW_FLOAT32 &&
           are_angles(r, t->cosines, t, y) && are_angles(r, t->sines, t, y);
}

/* ------------------------------------------------------------- around them */

static lw_status set_int(lwi_rewrite *r, lwi_node *node, const char *name, int64_t i) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_INT, .i = i};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

/* Only the first part of a row was turned, and the others are put behind it: all in one. */
static lw_status take_rest(lwi_rewrite *r, lwi_node *node, const rotation *t) {
    lwi_part first, rest;
    lwi_node *join = lwi_only_reader(r, node->outputs[0]);
    if (!lwi_match_part(r, t->x, &first) || first.start != 0 || first.step != 1) return LW_OK;
    if (!lwi_node_is(join, "", "Concat") || join->n_inputs != 2 ||
        lwi_input(r, join, 0) != node->outputs[0] || !lwi_is_last_axis(r, join, join->outputs[0]) ||
        !lwi_match_part(r, lwi_input(r, join, 1), &rest))
        return LW_OK;
    if (rest.x != first.x || rest.start != t->dim || rest.step != 1 ||
        rest.start + rest.count != lwi_row_size(r, first.x))
        return LW_OK;
    const int y = join->outputs[0];
    lwi_rewrite_remove(r, join);
    lwi_rewrite_set_output(r, node, 0, y);
    return lwi_rewrite_set_input(r, node, 0, first.x);
}

/* A Transpose that keeps the last axis comes after the turning. */
static lw_status swap_transpose(lwi_rewrite *r, size_t before, lwi_node *node) {
    size_t n = 0;
    const int x = lwi_input(r, node, 0), y = node->outputs[0];
    const lwi_node *transpose = lwi_producer(r, x);
    const int64_t *perm =
        lwi_node_is(transpose, "", "Transpose") ? lwi_attr_ints(transpose, "perm", &n) : NULL;
    if (!perm || perm[n - 1] != (int64_t)n - 1 || lwi_only_reader(r, x) != node) return LW_OK;
    const int source = lwi_input(r, transpose, 0);
    const lwi_shape *s = lwi_shape_of(r->shapes, source);
    int turned = -1;
    if (s->rank != (int)n) return LW_OK;
    LW_TRY(lwi_rewrite_value(r, "turned", s->dtype, s->rank, s->dims, &turned));
    LW_TRY(lwi_rewrite_set_input(r, node, 0, source));
    LW_TRY(lwi_rewrite_set_ints(r, node, "perm", perm, n));
    lwi_rewrite_set_output(r, node, 0, turned);
    LW_TRY(lwi_rewrite_insert(r, before, "", "Transpose", &turned, 1, &y, 1, &node));
    return lwi_rewrite_set_ints(r, node, "perm", perm, n);
}

/* Pairs get the shape of the result, whose Reshape has it. */
static lw_status join_pairs(lwi_rewrite *r, size_t at, rotation *t) {
    const lwi_node *reshape = &r->graph->nodes[at];
    const lwi_shape *s = lwi_shape_of(r->shapes, reshape->outputs[0]);
    const int inputs[2] = {t->x, lwi_input(r, reshape, 1)};
    lwi_node *node = NULL;
    const lwi_attr allow = {
        .name = "allowzero", .kind = LWI_ATTR_INT, .i = lwi_attr_int(reshape, "allowzero", 0)};
    LW_TRY(lwi_rewrite_value(r, "pairs", s->dtype, s->rank, s->dims, &t->x));
    LW_TRY(lwi_rewrite_insert(r, at, "", "Reshape", inputs, 2, &t->x, 1, &node));
    return lwi_node_set_attr(r->graph->arena, node, &allow);
}

static lw_status replace(lwi_rewrite *r, size_t at, rotation *t) {
    lwi_node *node = NULL;
    if (t->pairs) LW_TRY(join_pairs(r, at, t));
    const int inputs[3] = {t->x, t->cosines, t->sines};
    LW_TRY(
        lwi_match_replace(r, r->graph->nodes[at].outputs[0], "RotaryEmbedding", inputs, 3, &node));
    lwi_rewrite_become(r, node, "lampwick", "RotaryEmbedding");
    LW_TRY(set_int(r, node, "dim", t->dim));
    if (t->interleaved) LW_TRY(set_int(r, node, "interleaved", 1));
    LW_TRY(take_rest(r, node, t));
    lwi_rewrite_sweep(r); /* so that x has no reader but the new node */
    return swap_transpose(r, at, node);
}

lw_status lwi_pass_recognize_rotary_embedding(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = lwi_rewrite_node(r, i);
        rotation t = {.x = -1};
        if (node && find(r, node, &t)) LW_TRY(replace(r, i, &t));
    }
    return LW_OK;
}
