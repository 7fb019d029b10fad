/* SPDX-License-Identifier: MIT
 * Rows that know nothing of complex numbers, applied to complex tensors: what moves elements or is
 * linear is done to the real and to the imaginary parts; a product is that of sums of parts. */
#include "aten/rows.h"

#include <string.h>

/* v, or something in the list that it is. */
static bool holds_complex(const lwi_aten_value *v) {
    for (size_t i = 0; v->kind == LWI_ATEN_LIST && i < v->list.n; i++)
        if (holds_complex(&v->list.items[i])) return true;
    return lwi_aten_is_complex(v);
}

/* ---------------------------------------------------------- parts of arguments */

static lwi_aten_value no_numbers(lwi_aten *a, const lwi_aten_value *v) {
    if (v->kind != LWI_ATEN_TENSOR) return v->kind == LWI_ATEN_NONE ? *v : lwi_aten_int(0);
    const int x = lwi_aten_id(a, v);
    lwi_aten_value zeros =
        lwi_aten_tensor_of(a, NODE(a, "Expand", lwi_aten_like(a, x, 0), lwi_aten_shape(a, x)));
    zeros.as_number = v->as_number;
    return zeros;
}

/* Of something whose imaginary part is 0 if it is real. */
static lwi_aten_value part_of(lwi_aten *a, const lwi_aten_value *v, int part) {
    if (!lwi_aten_is_complex(v)) return part == 0 ? *v : no_numbers(a, v);
    lwi_aten_value y = lwi_aten_tensor_of(a, lwi_aten_part(a, lwi_aten_id(a, v), part));
    y.as_number = v->as_number;
    return y;
}

static lwi_aten_value parts_of_list(lwi_aten *a, const lwi_aten_value *v, int part) {
    lwi_aten_value *items = NULL;
    const lw_status status =
        lwi_arena_alloc(&a->b.network->arena, v->list.n, sizeof *items, &items);
    if (a->b.status == LW_OK) a->b.status = status;
    for (size_t i = 0; a->b.status == LW_OK && i < v->list.n; i++)
        items[i] = part_of(a, &v->list.items[i], part);
    return a->b.status == LW_OK ? lwi_aten_list(a, v->list.n, items) : lwi_aten_none();
}

/* What becomes elements of the result has such a name; other arguments are indices, conditions and
 * numbers that count for both parts. */
static bool is_data(const lwi_aten_parameter *p) {
    static const char *const names[] = {"self", "other",  "value",     "values",
                                        "src",  "source", "fill_value"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == p->n_name && !memcmp(names[i], p->name, p->n_name)) return true;
    return false;
}

static bool is_dtype(const lwi_aten_parameter *p) {
    return p->n_name == 5 && !memcmp(p->name, "dtype", 5);
}

static lw_dtype real_of(lw_dtype dtype) {
    if (dtype == LW_COMPLEX64) return LW_FLOAT32;
    return dtype == LW_COMPLEX128 ? LW_FLOAT64 : dtype;
}

static void take_parts(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args, int part,
                       lwi_aten_value *taken) {
    lwi_aten_parameter p;
    const char *schema = row->schema;
    bool keyword_only = false;
    for (size_t i = 0; i < LWI_ATEN_ARGS && lwi_aten_next_parameter(&schema, &keyword_only, &p);
         i++) {
        taken[i] = args[i];
        if (args[i].kind == LWI_ATEN_LIST && holds_complex(&args[i]))
            taken[i] = parts_of_list(a, &args[i], part);
        else if (lwi_aten_is_complex(&args[i]) || is_data(&p))
            taken[i] = part_of(a, &args[i], part);
        else if (is_dtype(&p) && lwi_aten_given(&args[i]))
            taken[i] = lwi_aten_int(
                lwi_aten_dtype_to_c10(real_of(lwi_aten_get_dtype(a, &args[i], LW_FLOAT32))));
    }
}

/* ------------------------------------------------------------------- results */

static lwi_aten_value joined(lwi_aten *a, const lwi_aten_value *real,
                             const lwi_aten_value *imaginary) {
    lwi_aten_value y = lwi_aten_none(), *items = NULL;
    if (a->b.status != LW_OK || real->kind != imaginary->kind) return *real;
    if (real->kind == LWI_ATEN_TENSOR) {
        const int x = lwi_aten_id(a, real);
        lwi_aten_return_complex(a, &y, lwi_aten_join(a, x, lwi_aten_id(a, imaginary)));
        return y;
    }
    if (real->kind != LWI_ATEN_LIST || real->list.n != imaginary->list.n) return *real;
    a->b.status = lwi_arena_alloc(&a->b.network->arena, real->list.n, sizeof *items, &items);
    for (size_t i = 0; a->b.status == LW_OK && i < real->list.n; i++)
        items[i] = joined(a, &real->list.items[i], &imaginary->list.items[i]);
    return a->b.status == LW_OK ? lwi_aten_list(a, real->list.n, items) : y;
}

static void start(lwi_aten_value *results) {
    for (size_t i = 0; i < LWI_ATEN_RESULTS; i++)
        results[i] = lwi_aten_none();
}

/* ------------------------------------------------------------------ two kinds */

/* What the argument "dtype" says of the result: 1 it is complex, 0 it is real, -1 nothing. */
static int wants_complex(const lwi_aten_row *row, const lwi_aten_value *args) {
    lwi_aten_parameter p;
    const char *schema = row->schema;
    bool keyword_only = false;
    for (size_t i = 0; i < LWI_ATEN_ARGS && lwi_aten_next_parameter(&schema, &keyword_only, &p);
         i++) {
        if (!is_dtype(&p) || args[i].kind != LWI_ATEN_INT || args[i].id >= 0) continue;
        const lw_dtype dtype = lwi_aten_dtype_from_c10(args[i].i);
        return dtype == LW_COMPLEX64 || dtype == LW_COMPLEX128;
    }
    return -1;
}

/* real: the imaginary part is left out. */
static void by_parts(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args, bool real,
                     lwi_aten_value *results) {
    lwi_aten_value taken[LWI_ATEN_ARGS], imaginary[LWI_ATEN_RESULTS];
    take_parts(a, row, args, 0, taken);
    if (a->b.status == LW_OK) row->lower(a, taken, results);
    if (real || a->b.status != LW_OK) return;
    start(imaginary);
    take_parts(a, row, args, 1, taken);
    if (a->b.status == LW_OK) row->lower(a, taken, imaginary);
    for (size_t i = 0; i < LWI_ATEN_RESULTS && lwi_aten_given(&results[i]); i++)
        results[i] = joined(a, &results[i], &imaginary[i]);
}

/* A product of other factors than arguments 0 and 1, or what argument 1 lists. */
static int product(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args,
                   const lwi_aten_value *x, const lwi_aten_value *y) {
    lwi_aten_value taken[LWI_ATEN_ARGS], results[LWI_ATEN_RESULTS];
    const lwi_aten_value factors[2] = {*x, *y};
    start(results);
    memcpy(taken, args, sizeof taken);
    if (args[1].kind == LWI_ATEN_LIST) taken[1] = lwi_aten_list(a, 2, factors);
    else memcpy(taken, factors, sizeof factors);
    if (a->b.status == LW_OK) row->lower(a, taken, results);
    return a->b.status == LW_OK ? lwi_aten_id(a, &results[0]) : -1;
}

static void by_products(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args,
                        lwi_aten_value *results) {
    const bool listed = args[1].kind == LWI_ATEN_LIST;
    const lwi_aten_value *factors = listed ? args[1].list.items : args;
    lwi_aten_value x[2], y[2];
    if (listed && args[1].list.n != 2)
        lwi_aten_fail(a, LW_UNSUPPORTED, "a product of %zu complex tensors", args[1].list.n);
    if (a->b.status != LW_OK) return;
    const bool left = lwi_aten_is_complex(&factors[0]), right = lwi_aten_is_complex(&factors[1]);
    for (int i = 0; i < 2; i++) {
        if (i == 0 || left) x[i] = part_of(a, &factors[0], i);
        if (i == 0 || right) y[i] = part_of(a, &factors[1], i);
    }
    int real = product(a, row, args, &x[0], &y[0]), imaginary = -1;
    if (left && right) real = NODE(a, "Sub", real, product(a, row, args, &x[1], &y[1]));
    if (left) imaginary = product(a, row, args, &x[1], &y[0]);
    if (right && left) imaginary = NODE(a, "Add", product(a, row, args, &x[0], &y[1]), imaginary);
    else if (right) imaginary = product(a, row, args, &x[0], &y[1]);
    lwi_aten_return_complex(a, &results[0], lwi_aten_join(a, real, imaginary));
}

/* A real result in a complex type. */
static void widen(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args,
                  lwi_aten_value *results) {
    lwi_aten_value taken[LWI_ATEN_ARGS];
    take_parts(a, row, args, 0, taken);
    if (a->b.status == LW_OK) row->lower(a, taken, results);
    if (a->b.status != LW_OK || results[0].kind != LWI_ATEN_TENSOR) return;
    const lwi_aten_value zeros = no_numbers(a, &results[0]);
    results[0] = joined(a, &results[0], &zeros);
}

void lwi_aten_lower_row(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args, size_t n,
                        lwi_aten_value *results) {
    bool complex = false;
    for (size_t i = 0; i < n; i++)
        complex |= holds_complex(&args[i]);
    const int wants = row->flags & LWI_ATEN_COMPLEX ? -1 : wants_complex(row, args);
    if (row->flags & LWI_ATEN_COMPLEX || (!complex && wants != 1)) row->lower(a, args, results);
    else if (!complex) widen(a, row, args, results);
    else if (row->flags & LWI_ATEN_PARTS) by_parts(a, row, args, wants == 0, results);
    else if (row->flags & LWI_ATEN_PRODUCT) by_products(a, row, args, results);
    else lwi_aten_fail(a, LW_UNSUPPORTED, "complex tensors are not supported here");
}

/* ---------------------------------------------------------------- conversions */

lwi_aten_value lwi_aten_as_complex(lwi_aten *a, const lwi_aten_value *v) {
    if (lwi_aten_is_complex(v)) return *v;
    const lwi_aten_value zeros = no_numbers(a, v);
    return joined(a, v, &zeros);
}
