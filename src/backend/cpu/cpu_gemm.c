/* SPDX-License-Identifier: MIT
 * MatMul, Gemm and their fused forms for float32 (and small floats, which arrive as float32); plain
 * ones for doubles and integers of 32 and 64 bits. */
#include <math.h>

#include "backend/cpu/cpu_epilogue.h"
#include "backend/cpu/gemm_plan.h"
#include "ops/fused_activation.h"
#include "ops/gemm.h"
#include "ops/matmul_fused.h"

static const lwi_kernel *claim(const lwi_call *c, const lwi_kernel *kernel) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype) ? kernel : NULL;
}

#define CLAIM(ident, PREPARE, RUN)                                                                 \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {PREPARE, RUN};                                           \
        return claim(c, &kernel);                                                                  \
    }

static lw_status run_wide(lwi_call *c, lw_status (*run)(lwi_call *c, const lwi_tile *tile)) {
    const lwi_tile tile = lwi_cpu_tile(lwi_product_dtype(c->in[0]->dtype));
    return run(c, &tile);
}

static lw_status run_wide_matmul(lwi_call *c) { return run_wide(c, lwi_matmul_run); }
static lw_status run_wide_gemm(lwi_call *c) { return run_wide(c, lwi_gemm_run); }

/* ------------------------------------------------------------------ MatMul */

static lw_status prepare_matmul(lwi_call *c) {
    lwi_gemm_plan *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    p->scale = lwi_attr_float(c->node, "alpha", 1);
    p->low = -INFINITY;
    p->high = INFINITY;
    return lwi_gemm_plan_make(c, 0, 1, p);
}

static lw_status run_matmul(lwi_call *c) { return lwi_gemm_plan_run(c->prepared, c, NULL); }

CLAIM(fused_matmul, prepare_matmul, run_matmul)
CLAIM(transpose_matmul, prepare_matmul, run_matmul)

/* -------------------------------------------------------------------- Gemm */

typedef struct gemm {
    lwi_gemm_plan plan;
    float beta;
    bool by_column;               /* C is a plain bias of the columns */
    size_t bias_row, bias_column; /* strides of any other C */
    lwi_activation activation;
} gemm;

static void finish_gemm(const void *arg, const lwi_call *c, float *y, size_t y_row, size_t row,
                        size_t column, size_t rows, size_t columns) {
    const gemm *g = arg;
    const bool has_bias = lwi_has(c, 2) && g->beta != 0 && !g->by_column;
    for (size_t r = 0; r < rows; r++, y += y_row) {
        if (has_bias) {
            const float *bias = (const float *)c->in[2]->data + (row + r) * g->bias_row;
            bias += column * g->bias_column;
            for (size_t i = 0; i < columns; i++)
                y[i] += g->beta * bias[i * g->bias_column];
        }
        lwi_activate_f32(&g->activation, y, columns);
    }
}

/* The kernel clamps by itself. */
static void set_activation(gemm *g) {
    lwi_gemm_plan *p = &g->plan;
    p->low = g->activation.kind == LWI_ACT_RELU   ? 0
             : g->activation.kind == LWI_ACT_CLIP ? g->activation.a
                                                  : -INFINITY;
    p->high = g->activation.kind == LWI_ACT_CLIP ? g->activation.b : INFINITY;
}

static lw_status prepare_gemm(lwi_call *c) {
    gemm *g = NULL;
    LW_TRY(lwi_prepare(c, sizeof *g, &g));
    g->beta = lwi_attr_float(c->node, "beta", 1);
    g->plan.scale = lwi_attr_float(c->node, "alpha", 1);
    LW_TRY(lwi_activation_read(c, &g->activation));
    g->by_column = true;
    if (lwi_has(c, 2) && g->beta != 0) {
        size_t strides[LW_MAX_RANK];
        lwi_broadcast_strides(c->in[2], 2, strides);
        g->bias_row = strides[0];
        g->bias_column = strides[1];
        g->by_column = g->beta == 1 && g->bias_row == 0 && g->bias_column == 1;
    }
    const bool clamps = g->activation.kind == LWI_ACT_NONE || g->activation.kind == LWI_ACT_RELU ||
                        g->activation.kind == LWI_ACT_CLIP;
    g->plan.low = -INFINITY;
    g->plan.high = INFINITY;
    if (clamps && g->by_column) set_activation(g);
    else g->plan.finish = finish_gemm;
    g->plan.arg = g;
    return lwi_gemm_plan_make(c, 0, 1, &g->plan);
}

static lw_status run_gemm(lwi_call *c) {
    const gemm *g = c->prepared;
    const bool bias = lwi_has(c, 2) && g->beta != 0 && g->by_column;
    return lwi_gemm_plan_run(&g->plan, c, bias ? c->in[2]->data : NULL);
}

CLAIM(fused_gemm, prepare_gemm, run_gemm)

/* ---------------------------------------------------------- lampwick.MatMul */

typedef struct fused {
    lwi_gemm_plan plan;
    lwi_epilogue epilogue;
} fused;

static void finish_fused(const void *arg, const lwi_call *c, float *y, size_t y_row, size_t row,
                         size_t column, size_t rows, size_t columns) {
    lwi_epilogue_apply(&((const fused *)arg)->epilogue, c, y, y_row, row, column, rows, columns);
}

static bool join_fused(const void *arg, const lwi_call *c, size_t row, size_t column,
                       lwi_gemm_f32_job *j) {
    return lwi_epilogue_join(&((const fused *)arg)->epilogue, c, row, column, j);
}

static lw_status prepare_fused(lwi_call *c) {
    fused *f = NULL;
    LW_TRY(lwi_prepare(c, sizeof *f, &f));
    LW_TRY(lwi_epilogue_prepare(c, LWI_MATMUL_FUSED_INPUTS, &f->epilogue));
    f->plan.scale = lwi_attr_float(c->node, "alpha", 1);
    f->plan.low = lwi_attr_float(c->node, "low", -INFINITY);
    f->plan.high = lwi_attr_float(c->node, "high", INFINITY);
    if (f->epilogue.active) f->plan.finish = finish_fused;
    f->plan.join = join_fused;
    f->plan.arg = f;
    return lwi_gemm_plan_make(c, 0, 1, &f->plan);
}

static lw_status run_fused(lwi_call *c) {
    const fused *f = c->prepared;
    return lwi_gemm_plan_run(&f->plan, c, lwi_has(c, 2) ? c->in[2]->data : NULL);
}

CLAIM(matmul_fused, prepare_fused, run_fused)

/* -------------------------------------------------------------- other types */

static bool is_wide(const lwi_call *c) {
    const lw_dtype dtype = c->in[0]->dtype;
    return dtype == LW_FLOAT64 || dtype == LW_INT32 || dtype == LW_UINT32 || dtype == LW_INT64 ||
           dtype == LW_UINT64;
}

#define CLAIM_WIDE(ident, PREPARE, RUN, RUN_WIDE)                                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {PREPARE, RUN}, wide = {NULL, RUN_WIDE};                  \
        return is_wide(c) ? &wide : claim(c, &kernel);                                             \
    }
CLAIM_WIDE(matmul, prepare_matmul, run_matmul, run_wide_matmul)
CLAIM_WIDE(gemm, prepare_gemm, run_gemm, run_wide_gemm)
