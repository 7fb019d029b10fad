/* SPDX-License-Identifier: MIT
 * Gemm (ONNX 13): Y = alpha A' B' + beta C, and com.microsoft's FusedGemm, which applies an
 * activation to that. */
#include "ops/gemm.h"

#include "ops/fused_activation.h"
#include "ops/matmul.h"

static lw_status infer(lwi_call *c) {
    lwi_matmul x;
    LW_TRY(lwi_need_rank(c, 0, 2, 2));
    LW_TRY(lwi_need_rank(c, 1, 2, 2));
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    if (lwi_has(c, 2)) {
        const lw_value *bias = c->in[2];
        LW_TRY(lwi_need_rank(c, 2, 0, 2));
        for (int d = 0; d < bias->rank; d++) {
            const int64_t want = x.dims[2 - bias->rank + d];
            if (bias->dims[d] != 1 && bias->dims[d] != want)
                return lwi_call_fail(c, LW_SHAPE, "dimension %d of C is %lld, expected 1 or %lld",
                                     d, (long long)bias->dims[d], (long long)want);
        }
    }
    return lwi_out(c, 0, c->in[0]->dtype, 2, x.dims);
}

typedef struct gemm {
    float alpha, beta;
    const void *bias; /* NULL: none */
    size_t bias_row, bias_column;
    lwi_activation activation;
} gemm;

#define FINISH_FLOAT(NAME, T, ACTIVATE)                                                            \
    static void NAME(const void *arg, const lwi_block *block) {                                    \
        const gemm *g = arg;                                                                       \
        const T alpha = g->alpha, beta = g->beta;                                                  \
        for (size_t r = 0; r < block->rows; r++) {                                                 \
            T *y = (T *)block->y + r * block->y_row;                                               \
            if (alpha != 1)                                                                        \
                for (size_t i = 0; i < block->columns; i++)                                        \
                    y[i] *= alpha;                                                                 \
            if (g->bias) {                                                                         \
                const T *bias = (const T *)g->bias + (block->row + r) * g->bias_row +              \
                                block->column * g->bias_column;                                    \
                for (size_t i = 0; i < block->columns; i++)                                        \
                    y[i] += beta * bias[i * g->bias_column];                                       \
            }                                                                                      \
            ACTIVATE(&g->activation, y, block->columns);                                           \
        }                                                                                          \
    }
FINISH_FLOAT(finish_f32, float, lwi_activate_f32)
FINISH_FLOAT(finish_f64, double, lwi_activate_f64)

/* Integers wrap around like the product itself; factors that are not 0 or 1 are cut to integers
 * after the multiplication, in double precision. */
#define FINISH_INTEGER(NAME, T, U)                                                                 \
    static U NAME##_scale(T x, double factor) {                                                    \
        if (factor == 1) return (U)x;                                                              \
        const double scaled = (double)x * factor;                                                  \
        return scaled >= -9e18 && scaled <= 9e18 ? (U)(int64_t)scaled : 0;                         \
    }                                                                                              \
    static void NAME(const void *arg, const lwi_block *block) {                                    \
        const gemm *g = arg;                                                                       \
        for (size_t r = 0; r < block->rows; r++) {                                                 \
            T *y = (T *)block->y + r * block->y_row;                                               \
            const T *bias = (const T *)g->bias;                                                    \
            const size_t at = (block->row + r) * g->bias_row + block->column * g->bias_column;     \
            for (size_t i = 0; i < block->columns; i++) {                                          \
                U sum = NAME##_scale(y[i], g->alpha);                                              \
                if (bias) sum += NAME##_scale(bias[at + i * g->bias_column], g->beta);             \
                y[i] = (T)sum;                                                                     \
            }                                                                                      \
        }                                                                                          \
    }
FINISH_INTEGER(finish_i32, int32_t, uint32_t)
FINISH_INTEGER(finish_u32, uint32_t, uint32_t)
FINISH_INTEGER(finish_i64, int64_t, uint64_t)
FINISH_INTEGER(finish_u64, uint64_t, uint64_t)

static void (*finish_of(lw_dtype dtype))(const void *, const lwi_block *) {
    switch (dtype) {
    case LW_FLOAT32:
        return finish_f32;
    case LW_FLOAT64:
        return finish_f64;
    case LW_INT32:
        return finish_i32;
    case LW_UINT32:
        return finish_u32;
    case LW_INT64:
        return finish_i64;
    default:
        return finish_u64;
    }
}

lw_status lwi_gemm_run(lwi_call *c, const lwi_tile *tile) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    const lw_value *y = c->out[0];
    if (y->count == 0) return LW_OK;
    gemm g = {.alpha = lwi_attr_float(c->node, "alpha", 1),
              .beta = lwi_attr_float(c->node, "beta", 1)};
    LW_TRY(lwi_activation_read(c, &g.activation));
    if (g.activation.kind != LWI_ACT_NONE && !lwi_dtype_is_float(y->dtype))
        return lwi_call_fail(c, LW_UNSUPPORTED, "an activation of %s", lw_dtype_name(y->dtype));
    if (lwi_has(c, 2) && g.beta != 0) {
        size_t strides[LW_MAX_RANK];
        lwi_broadcast_strides(c->in[2], 2, strides);
        g.bias = c->in[2]->data;
        g.bias_row = strides[0];
        g.bias_column = strides[1];
    }
    return lwi_matmul_multiply(c, &x, y->dtype, c->in[0]->data, c->in[1]->data, y->data,
                               finish_of(y->dtype), &g, tile);
}

static lw_status run(lwi_call *c) { return lwi_gemm_run(c, NULL); }

const lwi_op lwi_op_gemm = {.infer = infer, .run = run, .flags = LWI_WIDEN};
const lwi_op lwi_op_fused_gemm = {.infer = infer, .run = run, .flags = LWI_WIDEN};
