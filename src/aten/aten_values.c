/* SPDX-License-Identifier: MIT
 * Arguments as lowering functions want them. */
#include "aten/rows.h"

#include <string.h>

lwi_aten_value lwi_aten_list(lwi_aten *a, size_t n, const lwi_aten_value *items) {
    lwi_aten_value v = {.kind = LWI_ATEN_LIST, .id = -1};
    void *copy = NULL;
    const lw_status status =
        n ? lwi_arena_copy(&a->b.network->arena, items, n * sizeof *items, &copy) : LW_OK;
    if (a->b.status == LW_OK) a->b.status = status;
    v.list.items = copy;
    v.list.n = status == LW_OK ? n : 0;
    return v;
}

lwi_aten_value lwi_aten_int_list(lwi_aten *a, size_t n, const int64_t *items) {
    lwi_aten_value values[LW_MAX_RANK * 2];
    if (n > LW_MAX_RANK * 2) lwi_aten_fail(a, LW_LIMIT, "a list of %zu numbers", n);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++)
        values[i] = lwi_aten_int(items[i]);
    return lwi_aten_list(a, a->b.status == LW_OK ? n : 0, values);
}

/* ------------------------------------------------------------- known numbers */

static bool unknown(lwi_aten *a, const lwi_aten_value *v) {
    if (v->id >= 0 || v->kind == LWI_ATEN_TENSOR)
        lwi_aten_fail(a, LW_UNSUPPORTED, "a number depends on data or on a size that is not fixed");
    return a->b.status != LW_OK;
}

int64_t lwi_aten_get_int(lwi_aten *a, const lwi_aten_value *v) {
    if (unknown(a, v)) return 0;
    if (v->kind == LWI_ATEN_INT) return v->i;
    if (v->kind == LWI_ATEN_BOOL) return v->b;
    if (v->kind == LWI_ATEN_FLOAT && v->f > -9e18 && v->f < 9e18) return (int64_t)v->f;
    lwi_aten_fail(a, LW_INVALID, "a number is expected");
    return 0;
}

double lwi_aten_get_float(lwi_aten *a, const lwi_aten_value *v) {
    if (unknown(a, v)) return 0;
    return v->kind == LWI_ATEN_FLOAT ? v->f : (double)lwi_aten_get_int(a, v);
}

bool lwi_aten_get_bool(lwi_aten *a, const lwi_aten_value *v) {
    if (unknown(a, v)) return false;
    return v->kind == LWI_ATEN_FLOAT ? v->f != 0 : lwi_aten_get_int(a, v) != 0;
}

bool lwi_aten_is(const lwi_aten_value *v, const char *text) {
    return v->kind == LWI_ATEN_STRING && v->s.size == strlen(text) &&
           !memcmp(v->s.data, text, v->s.size);
}

bool lwi_aten_all_known(const lwi_aten_value *v) {
    for (size_t i = 0; v->kind == LWI_ATEN_LIST && i < v->list.n; i++)
        if (v->list.items[i].id >= 0 || v->list.items[i].kind == LWI_ATEN_TENSOR) return false;
    return v->kind != LWI_ATEN_TENSOR && v->id < 0;
}

size_t lwi_aten_get_ints(lwi_aten *a, const lwi_aten_value *v, size_t max, int64_t *values) {
    const bool list = v->kind == LWI_ATEN_LIST;
    const size_t n = list ? v->list.n : lwi_aten_given(v);
    if (n > max) lwi_aten_fail(a, LW_LIMIT, "a list has %zu numbers, at most %zu fit", n, max);
    for (size_t i = 0; i < n && i < max; i++)
        values[i] = lwi_aten_get_int(a, list ? &v->list.items[i] : v);
    return n < max ? n : max;
}

/* ------------------------------------------------------------- numbers as nodes */

int lwi_aten_fill(lwi_aten *a, lw_dtype dtype, double value) {
    const int id = lwi_build_scalar(&a->b, value);
    if (dtype == LW_FLOAT32 || a->b.status != LW_OK) return id;
    if (dtype == LW_INT64 && value > -9e18 && value < 9e18)
        return lwi_aten_int_scalar(a, (int64_t)value);
    if (dtype != LW_FLOAT64) return lwi_aten_cast(a, id, dtype);
    double *copy = NULL;
    a->b.status = lwi_arena_copy(&a->b.network->arena, &value, sizeof value, &copy);
    const lwi_aten_value v = lwi_aten_constant(a, LW_FLOAT64, 0, NULL, copy);
    return lwi_aten_id(a, &v);
}

int lwi_aten_int_scalar(lwi_aten *a, int64_t value) {
    int64_t *copy = NULL;
    const lw_status status = lwi_arena_copy(&a->b.network->arena, &value, sizeof value, &copy);
    if (a->b.status == LW_OK) a->b.status = status;
    const lwi_aten_value v = lwi_aten_constant(a, LW_INT64, 0, NULL, copy);
    return lwi_aten_id(a, &v);
}

int lwi_aten_id(lwi_aten *a, const lwi_aten_value *v) {
    if (a->b.status != LW_OK) return -1;
    if (v->kind == LWI_ATEN_TENSOR) return lwi_aten_read(a, v->tensor);
    if (v->kind == LWI_ATEN_NONE) return -1;
    if (v->id >= 0) return lwi_aten_import(a, v->graph, v->id);
    if (v->kind == LWI_ATEN_INT) return lwi_aten_int_scalar(a, v->i);
    if (v->kind == LWI_ATEN_FLOAT) return lwi_aten_fill(a, LW_FLOAT64, v->f);
    if (v->kind == LWI_ATEN_BOOL) return lwi_aten_fill(a, LW_BOOL, v->b);
    lwi_aten_fail(a, LW_INVALID, "a tensor or a number is expected");
    return -1;
}

int lwi_aten_scalar(lwi_aten *a, const lwi_aten_value *v, lw_dtype dtype) {
    const bool known = v->kind != LWI_ATEN_TENSOR && v->id < 0;
    if (known && v->kind == LWI_ATEN_INT && dtype == LW_INT64) return lwi_aten_int_scalar(a, v->i);
    if (known) return lwi_aten_fill(a, dtype, lwi_aten_get_float(a, v));
    const int id = lwi_aten_cast(a, lwi_aten_id(a, v), dtype);
    return lwi_aten_rank(a, id) == 0 ? id : NODE(a, "Reshape", id, lwi_build_ints(&a->b, 0, NULL));
}

int lwi_aten_ints(lwi_aten *a, const lwi_aten_value *v) {
    int64_t known[LW_MAX_RANK * 2];
    int parts[LW_MAX_RANK * 2];
    const bool list = v->kind == LWI_ATEN_LIST;
    const size_t n = list ? v->list.n : 1;
    if (lwi_aten_all_known(v)) {
        const size_t count = lwi_aten_get_ints(a, v, LW_MAX_RANK * 2, known);
        return lwi_build_ints(&a->b, count, known);
    }
    if (n > LW_MAX_RANK * 2) lwi_aten_fail(a, LW_LIMIT, "a list has %zu numbers", n);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        const int id = lwi_aten_cast(a, lwi_aten_id(a, list ? &v->list.items[i] : v), LW_INT64);
        parts[i] = lwi_aten_reshape(a, id, 1, (int64_t[]){1});
    }
    if (n == 1 || a->b.status != LW_OK) return n == 1 ? parts[0] : -1;
    const int all = lwi_build(&a->b, "Concat", n, parts);
    lwi_build_int(&a->b, "axis", 0);
    return all;
}

lwi_aten_value lwi_aten_number_of(lwi_aten *a, int id) {
    const lw_dtype dtype = lwi_aten_dtype(a, id);
    lwi_aten_value v = {.id = id, .graph = a->b.graph};
    int64_t known = 0;
    size_t n = 0;
    v.kind = dtype == LW_BOOL            ? LWI_ATEN_BOOL
             : lwi_dtype_is_float(dtype) ? LWI_ATEN_FLOAT
                                         : LWI_ATEN_INT;
    if (v.kind != LWI_ATEN_FLOAT && lwi_aten_known(a, id, 1, &known, &n) && n == 1)
        return dtype == LW_BOOL ? lwi_aten_bool(known) : lwi_aten_int(known);
    const lw_dtype wide = v.kind == LWI_ATEN_FLOAT ? LW_FLOAT64
                          : v.kind == LWI_ATEN_INT ? LW_INT64
                                                   : LW_BOOL;
    const int wider = lwi_aten_cast(a, id, wide);
    v.id = lwi_aten_rank(a, id) == 0 ? wider
                                     : NODE(a, "Reshape", wider, lwi_build_ints(&a->b, 0, NULL));
    return v;
}

/* --------------------------------------------------------------------- axes */

int lwi_aten_axis(lwi_aten *a, const lwi_aten_value *v, int rank) {
    const int64_t axis = lwi_aten_get_int(a, v), n = rank > 0 ? rank : 1;
    if (a->b.status == LW_OK && (axis < -n || axis >= n))
        lwi_aten_fail(a, LW_RANGE,
                      "Dimension out of range (expected to be in range of [%d, %d], but got %lld)",
                      (int)-n, (int)n - 1, (long long)axis);
    if (a->b.status != LW_OK) return 0;
    return (int)(axis < 0 ? axis + n : axis);
}

size_t lwi_aten_axes(lwi_aten *a, const lwi_aten_value *v, int rank, int64_t *axes) {
    const bool list = v->kind == LWI_ATEN_LIST;
    const size_t n = list ? v->list.n : lwi_aten_given(v);
    if (n == 0) {
        for (int d = 0; d < rank; d++)
            axes[d] = d;
        return (size_t)rank;
    }
    if (n > LW_MAX_RANK) lwi_aten_fail(a, LW_LIMIT, "%zu dimensions are named", n);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++)
        axes[i] = lwi_aten_axis(a, list ? &v->list.items[i] : v, rank);
    return a->b.status == LW_OK ? n : 0;
}

lw_dtype lwi_aten_get_dtype(lwi_aten *a, const lwi_aten_value *v, lw_dtype absent) {
    if (!lwi_aten_given(v)) return absent;
    const int64_t number = lwi_aten_get_int(a, v);
    const lw_dtype dtype = lwi_aten_dtype_from_c10(number);
    if (dtype == LW_DTYPE_NONE)
        lwi_aten_fail(a, LW_UNSUPPORTED, "element type %lld is not supported", (long long)number);
    return dtype ? dtype : LW_FLOAT32;
}
