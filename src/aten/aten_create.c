/* SPDX-License-Identifier: MIT
 * Tensors of one number, and of steps. */
#include "aten/lower.h"

#include <math.h>
#include <string.h>

static int filled(lwi_aten *a, const lwi_aten_value *size, lw_dtype dtype, double value) {
    return NODE(a, "Expand", lwi_aten_fill(a, dtype, value), lwi_aten_ints(a, size));
}

/* "zeros", "ones", "empty": size, dtype */
void lwi_aten_filled(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[1], LW_FLOAT32);
    lwi_aten_return(a, out, filled(a, &in[0], dtype, a->row->name[0] == 'o'));
}

/* "empty_strided", "empty_permuted": size, strides, dtype */
void lwi_aten_empty_strided(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, filled(a, &in[0], lwi_aten_get_dtype(a, &in[2], LW_FLOAT32), 0));
}

/* "zeros_like", "ones_like", "empty_like": self, dtype */
void lwi_aten_filled_like(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[1], lwi_aten_dtype(a, x));
    const int value = lwi_aten_fill(a, dtype, a->row->name[0] == 'o');
    lwi_aten_return(a, out, NODE(a, "Expand", value, lwi_aten_shape(a, x)));
}

/* "new_zeros", "new_ones", "new_empty": self, size, dtype */
void lwi_aten_filled_new(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype own = lwi_aten_dtype(a, lwi_aten_id(a, &in[0]));
    lwi_aten_return(a, out,
                    filled(a, &in[1], lwi_aten_get_dtype(a, &in[2], own), a->row->name[4] == 'o'));
}

/* self, size, stride, dtype */
void lwi_aten_new_empty_strided(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype own = lwi_aten_dtype(a, lwi_aten_id(a, &in[0]));
    lwi_aten_return(a, out, filled(a, &in[1], lwi_aten_get_dtype(a, &in[3], own), 0));
}

static lw_dtype type_of(const lwi_aten_value *v) {
    if (v->kind == LWI_ATEN_BOOL) return LW_BOOL;
    return v->kind == LWI_ATEN_INT ? LW_INT64 : LW_FLOAT32;
}

/* size, fill_value, dtype */
void lwi_aten_full(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int value = lwi_aten_scalar(a, &in[1], lwi_aten_get_dtype(a, &in[2], type_of(&in[1])));
    lwi_aten_return(a, out, NODE(a, "Expand", value, lwi_aten_ints(a, &in[0])));
}

/* self, fill_value, dtype */
void lwi_aten_full_like(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[2], lwi_aten_dtype(a, x));
    const int value = lwi_aten_scalar(a, &in[1], dtype);
    lwi_aten_return(a, out, NODE(a, "Expand", value, lwi_aten_shape(a, x)));
}

/* self, size, fill_value, dtype */
void lwi_aten_new_full(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const lw_dtype own = lwi_aten_dtype(a, lwi_aten_id(a, &in[0]));
    const int value = lwi_aten_scalar(a, &in[2], lwi_aten_get_dtype(a, &in[3], own));
    lwi_aten_return(a, out, NODE(a, "Expand", value, lwi_aten_ints(a, &in[1])));
}

/* s, dtype */
void lwi_aten_scalar_tensor(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    lwi_aten_return(a, out, lwi_aten_scalar(a, &in[0], lwi_aten_get_dtype(a, &in[1], LW_FLOAT32)));
}

/* n[, m], dtype */
void lwi_aten_eye(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool two = *a->row->overload != '\0';
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[two ? 2 : 1], LW_FLOAT32);
    const lwi_aten_value size = lwi_aten_list(a, 2, (lwi_aten_value[]){in[0], in[two]});
    const int y = NODE(a, "EyeLike", filled(a, &size, LW_FLOAT32, 0));
    lwi_aten_return(a, out, lwi_aten_cast(a, y, dtype));
}

/* ----------------------------------------------------------------------- steps */

typedef struct steps {
    const lwi_aten_value *start, *end, *step; /* NULL: 0, and 1 */
    const lwi_aten_value *dtype;
    bool inclusive;
} steps;

static bool is_float(const lwi_aten_value *v) { return v && v->kind == LWI_ATEN_FLOAT; }

/* How many steps: all numbers are known. */
static double count_of(lwi_aten *a, const steps *s) {
    const double start = s->start ? lwi_aten_get_float(a, s->start) : 0;
    const double step = s->step ? lwi_aten_get_float(a, s->step) : 1;
    const double span = (lwi_aten_get_float(a, s->end) - start) / step;
    const double n = s->inclusive ? floor(span) + 1 : ceil(span);
    if (step == 0 || !(n < 1e15)) lwi_aten_fail(a, LW_RANGE, "the range has no end");
    return n > 0 ? n : 0;
}

/* start + i step, through float64 */
static int float_steps(lwi_aten *a, const steps *s, lw_dtype dtype) {
    const lwi_aten_value n = lwi_aten_int((int64_t)count_of(a, s));
    int y = lwi_aten_cast(a, lwi_aten_steps(a, &n, 1), LW_FLOAT64);
    if (s->step) y = NODE(a, "Mul", y, lwi_aten_scalar(a, s->step, LW_FLOAT64));
    if (s->start) y = NODE(a, "Add", y, lwi_aten_scalar(a, s->start, LW_FLOAT64));
    return lwi_aten_cast(a, y, dtype);
}

static void range_of(lwi_aten *a, const steps *s, lwi_aten_value *out) {
    const lwi_aten_value zero = lwi_aten_int(0), one = lwi_aten_int(1);
    const bool floats = is_float(s->start) || is_float(s->end) || is_float(s->step) || s->inclusive;
    const bool known = (!s->start || lwi_aten_all_known(s->start)) && lwi_aten_all_known(s->end) &&
                       (!s->step || lwi_aten_all_known(s->step));
    const lw_dtype own = floats ? LW_FLOAT32 : LW_INT64;
    const lw_dtype dtype = lwi_aten_get_dtype(a, s->dtype, own);
    if (floats && known) {
        lwi_aten_return(a, out, float_steps(a, s, dtype));
        return;
    }
    const lw_dtype wide = floats ? LW_FLOAT64 : LW_INT64;
    const int y =
        NODE(a, "Range", lwi_aten_scalar(a, s->start ? s->start : &zero, wide),
             lwi_aten_scalar(a, s->end, wide), lwi_aten_scalar(a, s->step ? s->step : &one, wide));
    lwi_aten_return(a, out, lwi_aten_cast(a, y, dtype));
}

/* end, dtype */
void lwi_aten_arange(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    range_of(a, &(steps){.end = &in[0], .dtype = &in[1]}, out);
}

/* start, end, dtype */
void lwi_aten_arange_start(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    range_of(a, &(steps){.start = &in[0], .end = &in[1], .dtype = &in[2]}, out);
}

/* start, end, step, dtype */
void lwi_aten_arange_step(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    range_of(a, &(steps){.start = &in[0], .end = &in[1], .step = &in[2], .dtype = &in[3]}, out);
}

/* The same with its end. */
void lwi_aten_range(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    range_of(
        a,
        &(steps){
            .start = &in[0], .end = &in[1], .step = &in[2], .dtype = &in[3], .inclusive = true},
        out);
}

/* A constant of numbers that fn makes, converted. */
int lwi_aten_table(lwi_aten *a, int64_t n, double (*fn)(void *arg, int64_t i), void *arg,
                   lw_dtype dtype) {
    double *numbers = NULL;
    if (n < 0 || n > (int64_t)1 << 24) lwi_aten_fail(a, LW_RANGE, "%lld elements", (long long)n);
    if (a->b.status == LW_OK)
        a->b.status =
            lwi_arena_alloc(&a->b.network->arena, (size_t)n + 1, sizeof *numbers, &numbers);
    if (a->b.status != LW_OK) return -1;
    for (int64_t i = 0; i < n; i++)
        numbers[i] = fn(arg, i);
    const lwi_aten_value table = lwi_aten_constant(a, LW_FLOAT64, 1, &n, numbers);
    return lwi_aten_cast(a, lwi_aten_id(a, &table), dtype);
}

typedef struct line {
    double start, end, base; /* base 0: no power is taken */
    int64_t n;
} line;

/* From both ends, so that both are exact. */
static double on_line(void *arg, int64_t i) {
    const line *l = arg;
    const double step = l->n > 1 ? (l->end - l->start) / (double)(l->n - 1) : 0;
    const double x = i < l->n / 2 || l->n == 1 ? l->start + step * (double)i
                                               : l->end - step * (double)(l->n - i - 1);
    return l->base > 0 ? pow(l->base, x) : x;
}

/* start, end, steps, dtype; "logspace" has a base before dtype */
void lwi_aten_linspace(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool logs = a->row->name[1] == 'o';
    line l = {lwi_aten_get_float(a, &in[0]), lwi_aten_get_float(a, &in[1]),
              logs ? lwi_aten_get_float(a, &in[3]) : 0, lwi_aten_get_int(a, &in[2])};
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[logs ? 4 : 3], LW_FLOAT32);
    lwi_aten_return(a, out, lwi_aten_table(a, l.n, on_line, &l, dtype));
}

/* x, N, increasing: powers of x, the highest first */
void lwi_aten_vander(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    const lwi_aten_value n = lwi_aten_given(&in[1]) ? in[1] : lwi_aten_size(a, x, 0);
    int powers = lwi_aten_steps(a, &n, 1);
    const int64_t axis = 0;
    if (!lwi_aten_get_bool(a, &in[2])) powers = lwi_aten_flipped(a, powers, 1, &axis);
    powers = lwi_aten_cast(a, powers, lwi_aten_dtype(a, x));
    lwi_aten_return(a, out, NODE(a, "Pow", lwi_aten_unsqueeze(a, x, 1), powers));
}

/* "tril_indices", "triu_indices": row, col, offset, dtype: rows and columns, in order */
void lwi_aten_triangle(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int64_t rows = lwi_aten_get_int(a, &in[0]), columns = lwi_aten_get_int(a, &in[1]);
    const int64_t offset = lwi_aten_get_int(a, &in[2]);
    const bool upper = a->row->name[3] == 'u';
    int64_t *places = NULL, n = 0;
    if (rows < 0 || columns < 0 || rows > 1 << 12 || columns > 1 << 12)
        lwi_aten_fail(a, LW_RANGE, "%lld by %lld", (long long)rows, (long long)columns);
    if (a->b.status == LW_OK)
        a->b.status = lwi_arena_alloc(&a->b.network->arena, (size_t)(2 * rows * columns) + 1,
                                      sizeof *places, &places);
    if (a->b.status != LW_OK) return;
    for (int pass = 0; pass < 2; pass++) {
        int64_t k = 0;
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
                if (upper ? j - i >= offset : j - i <= offset)
                    places[pass * n + k++] = pass ? j : i;
        n = k;
    }
    const lwi_aten_value all = lwi_aten_constant(a, LW_INT64, 2, (int64_t[]){2, n}, places);
    lwi_aten_return(
        a, out, lwi_aten_cast(a, lwi_aten_id(a, &all), lwi_aten_get_dtype(a, &in[3], LW_INT64)));
}

/* ---------------------------------------------------------------------- windows */

/* a0 - a1 cos(t) + a2 cos(2 t), t from 0 to 2 pi; a triangle where all are 0 */
typedef struct window {
    double a0, a1, a2;
    int64_t n;
} window;

static double in_window(void *arg, int64_t i) {
    const window *w = arg;
    const double part = w->n > 1 ? (double)i / (double)(w->n - 1) : 0.5, t = 2 * acos(-1.0) * part;
    if (w->a0 == 0) return 1 - fabs(2 * part - 1);
    return w->a0 - w->a1 * cos(t) + w->a2 * cos(2 * t);
}

/* window_length[, periodic], dtype */
void lwi_aten_window(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const bool given = *a->row->overload != '\0';
    const bool periodic = !given || lwi_aten_get_bool(a, &in[1]);
    const lw_dtype dtype = lwi_aten_get_dtype(a, &in[given ? 2 : 1], LW_FLOAT32);
    const int64_t n = lwi_aten_get_int(a, &in[0]);
    window w = {0, 0, 0, n + periodic};
    if (!strncmp(a->row->name, "hann", 4)) w.a0 = w.a1 = 0.5;
    else if (!strncmp(a->row->name, "hamming", 7)) w = (window){0.54, 0.46, 0, w.n};
    else if (!strncmp(a->row->name, "blackman", 8)) w = (window){0.42, 0.5, 0.08, w.n};
    if (n == 1) w.n = 2; /* one element: the middle */
    lwi_aten_return(a, out,
                    n == 1 ? NODE(a, "Expand", lwi_aten_fill(a, dtype, 1), INTS(a, 1))
                           : lwi_aten_table(a, n, in_window, &w, dtype));
}
