/* SPDX-License-Identifier: MIT
 * Products of float32 matrices, planned once and run many times: which form of B the kernel reads
 * (kern/gemm_f32.h), how the result is cut into tasks for threads and blocks for the caches.
 *
 *     prepare:  set what stands under "the caller's" in a plan that lives in call->prepared, then
 *               lwi_gemm_plan_make(call, a, b, plan)
 *     run:      lwi_gemm_plan_run(plan, call, bias)
 *
 * The sum over K is cut at places that depend on K alone. */
#ifndef LWI_GEMM_PLAN_H
#define LWI_GEMM_PLAN_H

#include "backend/cpu/cpu_backend.h"
#include "ops/matmul.h"

typedef enum lwi_gemm_form {
    LWI_GEMM_PANELS, /* B is constant and was packed once for the model */
    LWI_GEMM_PLACE,  /* B is row-major and read where it lies */
    LWI_GEMM_PACK,   /* B is packed block by block in each run, wherever its elements lie */
    LWI_GEMM_DOT     /* columns of B lie along K and are read in place: dot products */
} lwi_gemm_form;

typedef struct lwi_gemm_plan lwi_gemm_plan;
struct lwi_gemm_plan {
    /* The caller's. */
    float scale;     /* Y = clamp(scale A B + bias) */
    float low, high; /* -INFINITY, INFINITY: none */
    /* What else happens to a finished block of the output, seen as a matrix: rows x columns
     * elements at y, from (row, column) on; NULL: nothing. Called by several threads. */
    void (*finish)(const void *arg, const lwi_call *call, float *y, size_t y_row, size_t row,
                   size_t column, size_t rows, size_t columns);
    /* Lets the kernel do that for a job, whose Y begins at (row, column); false, or NULL: finish is
     * called. */
    bool (*join)(const void *arg, const lwi_call *call, size_t row, size_t column,
                 lwi_gemm_f32_job *job);
    /* Makes panels of rows [k, k + depth) of some columns of B, when that is not a tensor; k and
     * depth are multiples of 16, and panels hold that many rows. */
    void (*fill)(const void *arg, size_t k, size_t depth, size_t column, size_t columns,
                 float *panels, size_t panel);
    const void *arg;

    /* The plan's. */
    size_t input_a, input_b;
    lwi_matmul x;
    lwi_gemm_form form;
    bool copied;     /* blocks of A are, where they cannot be read in place or should not */
    size_t copy_row; /* floats of their rows */
    bool pairs;      /* A and B are rounded to bfloat16, and stand in pairs (kern/gemm_bf16.h) */
    bool halves;     /* they are rounded to float16 (kern/gemm_f16.h) */
    size_t depth, depths;         /* of the blocks that K is cut into; their number */
    const float *panels;          /* of a constant B */
    size_t matrix, padded;        /* floats of a matrix in panels; columns, with what fills them */
    size_t row_step, column_step; /* of a task ... */
    size_t row_tasks, column_tasks; /* ... and how many of them a product has */
    size_t block;                   /* rows of A for which B is read once */
    size_t width;                   /* columns of a panel, 1 if there are none */
    size_t columns;                 /* that are done for all rows before the next ones */
    bool single;                    /* one call of the kernel does it */
    bool deep;                      /* gemm_deep.c does */
    bool *turn;                     /* of its runs: every second one goes the other way */
    size_t work;                    /* bytes of memory for a task */
};

/* Steps of the kernel along K. */
static inline size_t lwi_gemm_steps(const lwi_gemm_plan *p, size_t depth) {
    return p->pairs ? (depth + 1) / 2 : depth;
}
/* Floats of a column in a panel that is `depth` long, */
static inline size_t lwi_gemm_column(const lwi_gemm_plan *p, size_t depth) {
    return p->halves ? (depth + 1) / 2 + 1 : lwi_gemm_steps(p, depth);
}
/* and in the panels of the blocks before k, which begins one. */
static inline size_t lwi_gemm_before(const lwi_gemm_plan *p, size_t k) {
    return k == 0 ? 0 : k / p->depth * lwi_gemm_column(p, p->depth);
}
/* Output 0 has its shape. */
lw_status lwi_gemm_plan_make(lwi_call *call, size_t a, size_t b, lwi_gemm_plan *plan);
/* The same when the caller has set x, which lwi_gemm_plan_make takes from the inputs. */
lw_status lwi_gemm_plan_cut(lwi_call *call, size_t a, size_t b, lwi_gemm_plan *plan);
/* Whether lwi_gemm_deep_run does it: a row times few columns (gemm_deep.c). */
bool lwi_gemm_is_deep(const lwi_gemm_plan *plan);
lw_status lwi_gemm_deep_run(const lwi_gemm_plan *plan, lwi_call *call, const float *bias);
/* bias: one number for each column, or NULL. */
lw_status lwi_gemm_plan_run(const lwi_gemm_plan *plan, lwi_call *call, const float *bias);

/* Of a block of A that stays in the second-level cache, and of B's where it is packed in each run.
 */
enum { LWI_GEMM_ROWS = 266, LWI_GEMM_DEPTH = 512, LWI_GEMM_COLUMNS = 256 };

#endif
