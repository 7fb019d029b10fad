/* SPDX-License-Identifier: MIT */
#include "opt/match_part.h"

#include "base/checked.h"
#include "opt/match.h"
#include "ops/op.h"

int64_t lwi_row_size(const lwi_rewrite *r, int value) {
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    return s->rank > 0 ? s->dims[s->rank - 1] : -1;
}

bool lwi_is_last_axis(const lwi_rewrite *r, const lwi_node *node, int value) {
    const int64_t axis = lwi_attr_int(node, "axis", 0);
    const int rank = lwi_shape_of(r->shapes, value)->rank;
    return rank > 0 && (axis == -1 || axis == rank - 1);
}

static bool whole_number(const lwi_rewrite *r, int value, int depth, int64_t *number);

/* One of the fixed sizes of a tensor. */
static bool size_number(const lwi_rewrite *r, const lwi_node *gather, int64_t *number) {
    const lwi_node *node = lwi_producer(r, lwi_input(r, gather, 0));
    int64_t d = 0;
    if (!lwi_node_is(node, "", "Shape") || lwi_attr_int(node, "start", 0) != 0 ||
        !whole_number(r, lwi_input(r, gather, 1), 0, &d))
        return false;
    const lwi_shape *s = lwi_shape_of(r->shapes, lwi_input(r, node, 0));
    if (d < 0) d += s->rank;
    if (d < 0 || d >= s->rank || s->dims[d] < 0) return false;
    *number = s->dims[d];
    return true;
}

/* '+', '*' or '/'; 0: something else. */
static char arithmetic_of(const lwi_node *node) {
    if (lwi_node_is(node, "", "Add")) return '+';
    if (lwi_node_is(node, "", "Mul")) return '*';
    return lwi_node_is(node, "", "Div") ? '/' : 0;
}

static bool compute(char op, int64_t by, int64_t *number) {
    if (op == '+') return lwi_add_i64(*number, by, number);
    if (op == '*') return lwi_mul_i64(*number, by, number);
    if (by <= 0 || *number < 0) return false;
    *number /= by;
    return true;
}

/* An integer of one element that is constant, or follows from sizes as exporters compute it. */
static bool whole_number(const lwi_rewrite *r, int value, int depth, int64_t *number) {
    const lw_value *v = lwi_constant(r, value);
    const lwi_node *node = lwi_producer(r, value);
    int64_t by = 0;
    if (v) {
        if (v->kind != LW_KIND_TENSOR || v->count != 1 || !v->data) return false;
        if (v->dtype != LW_INT64 && v->dtype != LW_INT32) return false;
        *number = lwi_get_int(v, 0);
        return true;
    }
    if (!node || depth > 8) return false;
    if (lwi_node_is(node, "", "Gather")) return size_number(r, node, number);
    if (arithmetic_of(node))
        return whole_number(r, lwi_input(r, node, 0), depth + 1, number) &&
               whole_number(r, lwi_input(r, node, 1), depth + 1, &by) &&
               compute(arithmetic_of(node), by, number);
    if (!lwi_node_is(node, "", "Cast") && !lwi_node_is(node, "", "Unsqueeze") &&
        !lwi_node_is(node, "", "Squeeze"))
        return false;
    const lw_dtype dtype = lwi_shape_of(r->shapes, value)->dtype;
    return (dtype == LW_INT64 || dtype == LW_INT32) &&
           whole_number(r, lwi_input(r, node, 0), depth + 1, number);
}

static bool match_slice(const lwi_rewrite *r, const lwi_node *node, lwi_part *p) {
    int64_t axis = 0, end = 0;
    *p = (lwi_part){.x = lwi_input(r, node, 0), .step = 1};
    const int rank = lwi_shape_of(r->shapes, p->x)->rank;
    const int64_t n = lwi_row_size(r, p->x);
    if (n < 0 || !whole_number(r, lwi_input(r, node, 1), 0, &p->start) ||
        !whole_number(r, lwi_input(r, node, 2), 0, &end))
        return false;
    if (lwi_input(r, node, 3) >= 0 && !whole_number(r, lwi_input(r, node, 3), 0, &axis))
        return false;
    if (lwi_input(r, node, 4) >= 0 && !whole_number(r, lwi_input(r, node, 4), 0, &p->step))
        return false;
    if ((axis != -1 && axis != rank - 1) || p->step <= 0 || p->step > n) return false;
    if (p->start < 0) p->start += n;
    if (end < 0) end += n;
    if (end > n) end = n;
    if (p->start < 0 || p->start >= end) return false;
    p->count = (end - p->start - 1) / p->step + 1;
    return true;
}

static bool match_split(const lwi_rewrite *r, const lwi_node *node, int value, lwi_part *p) {
    *p = (lwi_part){.x = lwi_input(r, node, 0), .step = 1};
    if (!lwi_is_last_axis(r, node, p->x)) return false;
    for (size_t k = 0; k < node->n_outputs; k++) {
        p->count = lwi_row_size(r, node->outputs[k]);
        if (p->count <= 0) return false;
        if (node->outputs[k] == value) return true;
        p->start += p->count;
    }
    return false;
}

static int64_t count_of_pairs(const lwi_rewrite *r, int pairs) {
    const lwi_shape *s = lwi_shape_of(r->shapes, pairs);
    return s->rank >= 2 && s->dims[s->rank - 1] == 2 ? s->dims[s->rank - 2] : -1;
}

/* One element of each pair; the axis of pairs goes. */
static bool match_gather(const lwi_rewrite *r, const lwi_node *node, lwi_part *p) {
    const int pairs = lwi_input(r, node, 0), index = lwi_input(r, node, 1);
    const int64_t n = count_of_pairs(r, pairs);
    int64_t at = 0;
    if (n <= 0 || !lwi_is_last_axis(r, node, pairs) || !whole_number(r, index, 0, &at))
        return false;
    if (lwi_shape_of(r->shapes, index)->rank != 0 || at < -2 || at > 1) return false;
    *p = (lwi_part){pairs, at < 0 ? at + 2 : at, 2, n, true};
    return true;
}

/* [..., n, 1] made of pairs. */
static bool match_half_pair(const lwi_rewrite *r, int value, lwi_part *p) {
    lwi_part half;
    const lwi_node *node = lwi_producer(r, value);
    const bool found = lwi_node_is(node, "", "Slice")   ? match_slice(r, node, &half)
                       : lwi_node_is(node, "", "Split") ? match_split(r, node, value, &half)
                                                        : false;
    if (!found || half.count != 1) return false;
    *p = (lwi_part){half.x, half.start, 2, count_of_pairs(r, half.x), true};
    return p->count > 0;
}

/* The node takes away (or adds) the axis behind all others of `longer`. */
static bool is_behind(const lwi_rewrite *r, const lwi_node *node, int longer) {
    int64_t axis = 0;
    const int rank = lwi_shape_of(r->shapes, longer)->rank;
    return rank > 0 && whole_number(r, lwi_input(r, node, 1), 0, &axis) &&
           (axis == -1 || axis == rank - 1);
}

bool lwi_match_part(const lwi_rewrite *r, int value, lwi_part *part) {
    const lwi_node *node = lwi_producer(r, value);
    if (lwi_node_is(node, "", "Slice")) return match_slice(r, node, part);
    if (lwi_node_is(node, "", "Split")) return match_split(r, node, value, part);
    if (lwi_node_is(node, "", "Gather")) return match_gather(r, node, part);
    return lwi_node_is(node, "", "Squeeze") && is_behind(r, node, lwi_input(r, node, 0)) &&
           match_half_pair(r, lwi_input(r, node, 0), part);
}

bool lwi_match_pair_part(const lwi_rewrite *r, int value, lwi_part *part) {
    const lwi_node *node = lwi_producer(r, value);
    if (lwi_node_is(node, "", "Unsqueeze") && is_behind(r, node, value))
        return lwi_match_part(r, lwi_input(r, node, 0), part);
    return match_half_pair(r, value, part);
}
