/* SPDX-License-Identifier: MIT */
#include "ops/matmul_fused.h"

#include "ops/epilogue.h"
#include "ops/matmul.h"

#include <math.h>

static lw_status check(const lwi_node *node) {
    return lwi_epilogue_check(node, LWI_MATMUL_FUSED_INPUTS);
}

static lw_status infer(lwi_call *c) {
    lwi_matmul x;
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    LW_TRY(lwi_need_rank(c, 1, 2, LW_MAX_RANK));
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    LW_TRY(lwi_need_shape(c, 2, 1, (const int64_t[]){x.b.columns}));
    LW_TRY(lwi_out(c, 0, LW_FLOAT32, x.rank, x.dims));
    return lwi_epilogue_infer(c, LWI_MATMUL_FUSED_INPUTS);
}

typedef struct finisher {
    float alpha, low, high;
    const float *bias; /* NULL: none */
    void (*then)(const void *arg, const lwi_block *block);
    const void *arg;
} finisher;

static void finish_block(const void *arg, const lwi_block *block) {
    const finisher *f = arg;
    for (size_t r = 0; r < block->rows; r++) {
        float *y = (float *)block->y + r * block->y_row;
        for (size_t i = 0; i < block->columns; i++) {
            const float v = f->alpha * y[i] + (f->bias ? f->bias[block->column + i] : 0);
            y[i] = v < f->low ? f->low : v > f->high ? f->high : v;
        }
    }
    if (f->then) f->then(f->arg, block);
}

lw_status lwi_matmul_fused_run(lwi_call *c, const lwi_tile *tile,
                               void (*finish)(const void *arg, const lwi_block *block),
                               const void *arg) {
    lwi_matmul x;
    LW_TRY(lwi_matmul_shape(c, 0, 1, &x));
    if (c->out[0]->count == 0) return LW_OK;
    const finisher f = {.alpha = lwi_attr_float(c->node, "alpha", 1),
                        .low = lwi_attr_float(c->node, "low", -INFINITY),
                        .high = lwi_attr_float(c->node, "high", INFINITY),
                        .bias = lwi_has(c, 2) ? c->in[2]->data : NULL,
                        .then = finish,
                        .arg = arg};
    LW_TRY(lwi_matmul_multiply(c, &x, LW_FLOAT32, c->in[0]->data, c->in[1]->data, c->out[0]->data,
                               finish_block, &f, tile));
    return finish ? LW_OK : lwi_epilogue_run(c, LWI_MATMUL_FUSED_INPUTS);
}

static lw_status run(lwi_call *c) { return lwi_matmul_fused_run(c, NULL, NULL, NULL); }

const lwi_op lwi_op_matmul_fused = {.check = check, .infer = infer, .run = run, .flags = LWI_WIDEN};
