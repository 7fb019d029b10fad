/* SPDX-License-Identifier: MIT
 * lampwick.Pointwise: a program of instructions that work element by element
 * (pointwise_program.h), over float32 or bool inputs (false 0, true 1) that are broadcast to a
 * common shape. Output: float32. The pass fuse_pointwise makes it from chains of operators. */
#include "ops/broadcast.h"
#include "ops/pointwise_program.h"

static lw_status check(const lwi_node *node) {
    lwi_program p;
    LW_TRY(lwi_program_read(node, node->n_inputs, &p));
    return p.n_steps ? LW_OK : lwi_node_fail(node, LW_INVALID, "its program is empty");
}

static lw_status infer(lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_broadcast(c, 0, c->n_in, &rank, dims));
    return lwi_out(c, 0, LW_FLOAT32, rank, dims);
}

typedef struct evaluation {
    lwi_program program;
    lwi_broadcast_plan plan;
    const lw_value *const *in;
    float *y;
} evaluation;

static float element(const lw_value *v, size_t i) {
    return v->dtype == LW_BOOL ? ((const uint8_t *)v->data)[i] != 0 : ((const float *)v->data)[i];
}

static void evaluate(void *arg, size_t begin, size_t end) {
    const evaluation *e = arg;
    for (lwi_rows r = lwi_rows_at(&e->plan, begin, end); r.n; lwi_rows_next(&r))
        for (size_t i = 0; i < r.n; i++) {
            float inputs[LWI_PROGRAM_INPUTS];
            for (size_t k = 0; k < e->plan.n; k++)
                inputs[k] = element(e->in[k], r.at[k] + i * r.step[k]);
            e->y[r.out + i] = lwi_program_value(&e->program, inputs);
        }
}

static lw_status run(lwi_call *c) {
    evaluation e = {.in = c->in, .y = c->out[0]->data};
    LW_TRY(lwi_program_read(c->node, c->n_in, &e.program));
    lwi_plan_broadcast(&e.plan, c->out[0]->rank, c->out[0]->dims, c->in, c->n_in);
    lwi_parallel(c, e.plan.count, 1 << 12, evaluate, &e);
    return LW_OK;
}

const lwi_op lwi_op_pointwise = {.check = check, .infer = infer, .run = run, .flags = LWI_INPLACE};
