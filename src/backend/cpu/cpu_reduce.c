/* SPDX-License-Identifier: MIT
 * Sums, means, norms and extremes of float32 over any axes: rows where the innermost dimension is
 * reduced, blocks of columns where it is kept. */
#include "backend/cpu/cpu_backend.h"
#include "ops/reduce.h"

#include <math.h>

enum {
    COLUMNS = 256,  /* that are reduced at once */
    TOGETHER = 64,  /* rows, likewise */
    GRAIN = 1 << 13 /* elements that a thread is worth waking for */
};

typedef enum ending { KEEP, MEAN, ROOT } ending;

typedef struct job {
    lwi_reduction plan;
    lwi_fold fold;
    ending ending;
    const float *x;
    float *y;
    size_t inner;   /* neighbouring groups whose elements are neighbours */
    double inverse; /* of a group's size */
} job;

static inline double start_of(lwi_fold fold) {
    return fold == LWI_FOLD_MAX ? -INFINITY : fold == LWI_FOLD_MIN ? INFINITY : 0;
}

static inline double join(lwi_fold fold, double a, double x) {
    if (fold == LWI_FOLD_MAX) return isnan(a) || a >= x ? a : x;
    if (fold == LWI_FOLD_MIN) return isnan(a) || a <= x ? a : x;
    return a + x;
}

static float finished(const job *j, double a) {
    if (j->ending == MEAN) return (float)(a * j->inverse);
    return (float)(j->ending == ROOT ? sqrt(a) : a);
}

/* A call of a kernel would take longer. */
enum { TINY = 16 };
static inline __attribute__((always_inline)) double take(lwi_fold fold, double a, float x) {
    const double v = (double)x;
    return join(fold, a,
                fold == LWI_FOLD_SUM_ABS       ? fabs(v)
                : fold == LWI_FOLD_SUM_SQUARES ? v * v
                                               : v);
}

/* Four elements are common, and a loop would take longer than they do. */
static inline __attribute__((always_inline)) double reduce_four(lwi_fold fold, const float *x) {
    return take(fold, take(fold, take(fold, take(fold, start_of(fold), x[0]), x[1]), x[2]), x[3]);
}

static inline __attribute__((always_inline)) void tiny_rows_of(const job *j, lwi_fold fold,
                                                               size_t begin, size_t end) {
    const lwi_reduction *p = &j->plan;
    const size_t step = p->n_kept ? p->kept_stride[0] : 0, n = p->size;
    for (size_t g = begin; n == 4 && g < end; g++)
        j->y[g] = finished(j, reduce_four(fold, j->x + g * step));
    for (size_t g = begin; n != 4 && g < end; g++) {
        double a = start_of(fold);
        for (size_t i = 0; i < n; i++)
            a = take(fold, a, j->x[g * step + i]);
        j->y[g] = finished(j, a);
    }
}

/* Of n > 0 floats; NaN if there is one: none is larger or smaller than that. */
static inline __attribute__((always_inline)) float extreme(bool largest, const float *x, size_t n) {
    float a = x[0];
    for (size_t i = 1; i < n; i++)
        a = (largest ? x[i] > a : x[i] < a) || x[i] != x[i] ? x[i] : a;
    return a;
}

static inline __attribute__((always_inline)) void tiny_extremes(const job *j, bool largest,
                                                                size_t begin, size_t end) {
    const size_t n = j->plan.size, step = j->plan.n_kept ? j->plan.kept_stride[0] : 0;
    if (n == 0) {
        for (size_t g = begin; g < end; g++)
            j->y[g] = largest ? -INFINITY : INFINITY;
    } else if (n == 3) {
        for (size_t g = begin; g < end; g++)
            j->y[g] = extreme(largest, j->x + g * step, 3);
    } else {
        for (size_t g = begin; g < end; g++)
            j->y[g] = extreme(largest, j->x + g * step, n);
    }
}

/* Each kind has a loop of its own. */
static void reduce_tiny_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    switch (j->fold) {
    case LWI_FOLD_SUM:
        tiny_rows_of(j, LWI_FOLD_SUM, begin, end);
        break;
    case LWI_FOLD_MAX:
        tiny_extremes(j, true, begin, end);
        break;
    case LWI_FOLD_MIN:
        tiny_extremes(j, false, begin, end);
        break;
    default:
        tiny_rows_of(j, j->fold, begin, end);
    }
}

/* Rows that follow one another. */
static void reduce_near_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const size_t size = j->plan.size;
    double sums[TOGETHER];
    for (size_t g = begin, n; g < end; g += n) {
        n = end - g < TOGETHER ? end - g : TOGETHER;
        lwi_cpu_kernels()->reduce_rows_f32(j->fold, j->x + g * size, n, size, sums);
        for (size_t i = 0; i < n; i++)
            j->y[g + i] = finished(j, sums[i]);
    }
}

static void reduce_rows(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_reduction *p = &j->plan;
    const int outer = p->n_reduced - 1; /* the innermost reduced dimension is the row */
    const size_t n = outer < 0 ? p->size : p->reduced[outer], rows = n ? p->size / n : 0;
    for (size_t g = begin; g < end; g++) {
        const float *x = j->x + lwi_offset(g, p->n_kept, p->kept, p->kept_stride);
        double a = start_of(j->fold);
        for (size_t r = 0; r < rows; r++)
            a = join(j->fold, a,
                     lwi_cpu_kernels()->reduce_f32(
                         j->fold, x + lwi_offset(r, outer, p->reduced, p->reduced_stride), n, 0));
        j->y[g] = finished(j, a);
    }
}

static void reduce_columns(void *arg, size_t begin, size_t end) {
    const job *j = arg;
    const lwi_reduction *p = &j->plan;
    const int outer = p->n_reduced - 1;
    const size_t n = outer < 0 ? p->size : p->reduced[outer], parts = n ? p->size / n : 0;
    const size_t stride = outer < 0 ? 0 : p->reduced_stride[outer];
    double acc[COLUMNS];
    for (size_t g = begin, columns; g < end; g += columns) {
        columns = j->inner - g % j->inner;
        if (columns > end - g) columns = end - g;
        if (columns > COLUMNS) columns = COLUMNS;
        const float *x = j->x + lwi_offset(g, p->n_kept, p->kept, p->kept_stride);
        for (size_t i = 0; i < columns; i++)
            acc[i] = start_of(j->fold);
        for (size_t r = 0; r < parts; r++)
            lwi_cpu_kernels()->reduce_columns_f32(
                j->fold, x + lwi_offset(r, outer, p->reduced, p->reduced_stride), n, stride,
                columns, NULL, acc);
        for (size_t i = 0; i < columns; i++)
            j->y[g + i] = finished(j, acc[i]);
    }
}

static lw_status run(lwi_call *c, lwi_fold fold, ending how) {
    uint32_t axes = 0;
    job j = {.fold = fold, .ending = how, .x = c->in[0]->data, .y = c->out[0]->data};
    LW_TRY(lwi_reduced_axes(c, &axes));
    lwi_plan_reduction(&j.plan, c->in[0], axes);
    if (j.plan.groups == 0) return LW_OK;
    j.inverse = 1 / (double)j.plan.size;
    const bool columns = j.plan.n_kept && j.plan.kept_stride[j.plan.n_kept - 1] == 1;
    j.inner = columns ? j.plan.kept[j.plan.n_kept - 1] : 1;
    const bool plain = j.plan.n_kept <= 1 && j.plan.n_reduced == 1;
    const bool near = plain && j.plan.n_kept == 1 && j.plan.kept_stride[0] == j.plan.size;
    const bool tiny = plain && j.plan.size <= TINY;
    lwi_parallel(c, j.plan.groups, 1 + GRAIN / (j.plan.size + 1),
                 columns ? reduce_columns
                 : tiny  ? reduce_tiny_rows
                 : near  ? reduce_near_rows
                         : reduce_rows,
                 &j);
    return LW_OK;
}

/* Small floats arrive as float32. */
static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

#define CLAIM(ident, FOLD, FINISH)                                                                 \
    static lw_status run_##ident(lwi_call *c) { return run(c, LWI_FOLD_##FOLD, FINISH); }          \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {NULL, run_##ident};                                      \
        return claim(c, &kernel);                                                                  \
    }
CLAIM(reduce_l1, SUM_ABS, KEEP)
CLAIM(reduce_l2, SUM_SQUARES, ROOT)
CLAIM(reduce_max, MAX, KEEP)
CLAIM(reduce_mean, SUM, MEAN)
CLAIM(reduce_min, MIN, KEEP)
CLAIM(reduce_sum, SUM, KEEP)
CLAIM(reduce_sum_square, SUM_SQUARES, KEEP)
