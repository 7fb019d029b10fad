/* SPDX-License-Identifier: MIT
 * What operators use to read attributes, small inputs and shapes (declared in op.h). */
#include "base/checked.h"
#include "ops/registry.h"

#include <string.h>

/* -------------------------------------------------------------- attributes */

static const lwi_attr *attr_of(const lwi_node *node, const char *name, lwi_attr_kind kind) {
    const lwi_attr *a = lwi_node_attr(node, name);
    return a && a->kind == kind ? a : NULL;
}

int64_t lwi_attr_int(const lwi_node *node, const char *name, int64_t absent) {
    const lwi_attr *a = attr_of(node, name, LWI_ATTR_INT);
    return a ? a->i : absent;
}

float lwi_attr_float(const lwi_node *node, const char *name, float absent) {
    const lwi_attr *a = attr_of(node, name, LWI_ATTR_FLOAT);
    return a ? a->f : absent;
}

const char *lwi_attr_string(const lwi_node *node, const char *name, const char *absent) {
    const lwi_attr *a = attr_of(node, name, LWI_ATTR_STRING);
    return a ? a->s.data : absent;
}

bool lwi_attr_is(const lwi_node *node, const char *name, const char *text) {
    const char *s = lwi_attr_string(node, name, NULL);
    return s && !strcmp(s, text);
}

#define LIST_GETTER(function, T, KIND, member)                                                     \
    const T *function(const lwi_node *node, const char *name, size_t *n) {                         \
        const lwi_attr *a = attr_of(node, name, KIND);                                             \
        *n = a ? a->n : 0;                                                                         \
        return a ? a->member : NULL;                                                               \
    }
LIST_GETTER(lwi_attr_ints, int64_t, LWI_ATTR_INTS, ints)
LIST_GETTER(lwi_attr_floats, float, LWI_ATTR_FLOATS, floats)
LIST_GETTER(lwi_attr_strings, lw_string, LWI_ATTR_STRINGS, strings)

const lw_value *lwi_attr_tensor(const lwi_node *node, const char *name) {
    const lwi_attr *a = attr_of(node, name, LWI_ATTR_TENSOR);
    return a ? a->tensor : NULL;
}

const lwi_graph *lwi_attr_graph(const lwi_node *node, const char *name) {
    const lwi_attr *a = attr_of(node, name, LWI_ATTR_GRAPH);
    return a ? a->graph : NULL;
}

lw_status lwi_attr_dtype(const lwi_call *c, const char *name, lw_dtype absent, lw_dtype *dtype) {
    const int64_t number = lwi_attr_int(c->node, name, absent);
    const lwi_schema *s = lwi_schema_find(c->node->op->domain, c->node->op->name);
    const uint64_t allowed = s && s->n_out ? s->out[0].types : UINT64_MAX;
    if (number <= 0 || number >= LW_DTYPE_COUNT || !(allowed >> number & 1))
        return lwi_call_fail(
            c, LW_UNSUPPORTED,
            "attribute '%s' is %lld (%s), which is no type of "
            "the output",
            name, (long long)number,
            lw_dtype_name((lw_dtype)(number > 0 && number < LW_DTYPE_COUNT ? number : 0)));
    *dtype = (lw_dtype)number;
    return LW_OK;
}

/* ------------------------------------------------------------------ inputs */

lw_status lwi_in_ints(const lwi_call *c, size_t input, int64_t *values, size_t max, size_t *n) {
    if (!lwi_known(c, input)) return lwi_later(c, input);
    const lw_value *v = c->in[input];
    if (v->count > max)
        return lwi_call_fail(c, LW_LIMIT, "input %zu has %zu elements, expected at most %zu", input,
                             v->count, max);
    for (size_t i = 0; i < v->count; i++)
        values[i] = lwi_get_int(v, i);
    *n = v->count;
    return LW_OK;
}

static lw_status need_one(const lwi_call *c, size_t input) {
    if (!lwi_known(c, input)) return lwi_later(c, input);
    if (c->in[input]->count == 1) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "input %zu has %zu elements, expected 1", input,
                         c->in[input]->count);
}

lw_status lwi_in_int(const lwi_call *c, size_t input, int64_t *value) {
    LW_TRY(need_one(c, input));
    *value = lwi_get_int(c->in[input], 0);
    return LW_OK;
}

lw_status lwi_in_number(const lwi_call *c, size_t input, double *value) {
    LW_TRY(need_one(c, input));
    *value = lwi_get_double(c->in[input], 0);
    return LW_OK;
}

lw_status lwi_need_rank(const lwi_call *c, size_t input, int low, int high) {
    const int rank = c->in[input]->rank;
    if (rank >= low && rank <= high) return LW_OK;
    if (low == high)
        return lwi_call_fail(c, LW_SHAPE, "input %zu has rank %d, expected %d", input, rank, low);
    return lwi_call_fail(c, LW_SHAPE, "input %zu has rank %d, expected %d to %d", input, rank, low,
                         high);
}

lw_status lwi_need_shape(const lwi_call *c, size_t input, int rank, const int64_t *dims) {
    if (!lwi_has(c, input)) return LW_OK;
    const lw_value *v = c->in[input];
    if (v->rank == rank && !memcmp(v->dims, dims, (size_t)rank * sizeof *dims)) return LW_OK;
    char found[LWI_SHAPE_TEXT], expected[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "input %zu has shape %s, expected %s", input,
                         lwi_shape_text(v->rank, v->dims, found),
                         lwi_shape_text(rank, dims, expected));
}

/* ------------------------------------------------------------------ shapes */

lw_status lwi_axis(const lwi_call *c, int64_t axis, int rank, int *normal) {
    if (axis < -(int64_t)rank || axis >= rank)
        return lwi_call_fail(c, LW_RANGE, "axis %lld is out of range for rank %d", (long long)axis,
                             rank);
    *normal = (int)(axis < 0 ? axis + rank : axis);
    return LW_OK;
}

lw_status lwi_axes(const lwi_call *c, const int64_t *axes, size_t n, int rank, uint32_t *set) {
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        int axis = 0;
        LW_TRY(lwi_axis(c, axes[i], rank, &axis));
        if (bits >> axis & 1) return lwi_call_fail(c, LW_INVALID, "axis %d is given twice", axis);
        bits |= 1u << axis;
    }
    *set = bits;
    return LW_OK;
}

lw_status lwi_broadcast(const lwi_call *c, size_t first, size_t n, int *rank, int64_t *dims) {
    int highest = 0;
    for (size_t i = first; i < first + n; i++)
        if (lwi_has(c, i) && c->in[i]->rank > highest) highest = c->in[i]->rank;
    for (int d = 0; d < highest; d++)
        dims[d] = 1;
    for (size_t i = first; i < first + n; i++) {
        if (!lwi_has(c, i)) continue;
        const lw_value *v = c->in[i];
        for (int d = 0; d < v->rank; d++) {
            int64_t *to = &dims[highest - v->rank + d];
            if (v->dims[d] == *to || v->dims[d] == 1) continue;
            if (*to != 1) {
                char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
                return lwi_call_fail(c, LW_SHAPE, "the shapes %s and %s cannot be broadcast",
                                     lwi_shape_text(c->in[first]->rank, c->in[first]->dims, a),
                                     lwi_shape_text(v->rank, v->dims, b));
            }
            *to = v->dims[d];
        }
    }
    *rank = highest;
    return LW_OK;
}

void lwi_split_axis(const lw_value *v, int axis, size_t *outer, size_t *dim, size_t *inner) {
    *outer = *inner = 1;
    for (int d = 0; d < axis; d++)
        *outer *= (size_t)v->dims[d];
    *dim = axis < v->rank ? (size_t)v->dims[axis] : 1;
    for (int d = axis + 1; d < v->rank; d++)
        *inner *= (size_t)v->dims[d];
}

void lwi_strides(int rank, const int64_t *dims, size_t strides[LW_MAX_RANK]) {
    size_t s = 1;
    for (int d = rank - 1; d >= 0; d--) {
        strides[d] = s;
        s *= (size_t)dims[d];
    }
}

void lwi_broadcast_strides(const lw_value *v, int rank, size_t strides[LW_MAX_RANK]) {
    size_t s = 1;
    for (int d = 0; d < rank; d++)
        strides[d] = 0;
    for (int d = v->rank - 1; d >= 0; d--) {
        if (v->dims[d] != 1) strides[rank - v->rank + d] = s;
        s *= (size_t)v->dims[d];
    }
}

/* ------------------------------------------------------------------- infer */

lw_status lwi_infer_same(lwi_call *c) { return lwi_out_like(c, 0, c->in[0]); }

lw_status lwi_infer_broadcast(lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_broadcast(c, 0, c->n_in, &rank, dims));
    return lwi_out(c, 0, c->in[0]->dtype, rank, dims);
}

lw_status lwi_infer_broadcast_bool(lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_broadcast(c, 0, c->n_in, &rank, dims));
    return lwi_out(c, 0, LW_BOOL, rank, dims);
}
