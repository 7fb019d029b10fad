/* SPDX-License-Identifier: MIT
 * RNN, GRU and LSTM, of floats of any width. Inputs that are float32 are multiplied with W at all
 * times at once, before the recurrence. */
#include "backend/gpu/gpu_parts.h"
#include "ops/rnn_core.h"

#include <string.h>

enum { X, W, R, B, LENGTHS, FIRST_H, FIRST_C, PEEPHOLE };
enum { CLIP = 12, FUNCTIONS = 13, PLAN = FUNCTIONS + 18, VECTORS = 7 };
enum { LINEAR = 8, COUPLED = 64, PROJECTED = 128 }; /* of the options of kernels/recurrent.k */

typedef enum kind { RNN, GRU, LSTM } kind;

typedef struct planning {
    const lwi_call *c;
    const lwi_rnn_cell *cell;
    kind which;
    lwi_rnn_shape s;
    int32_t plan[PLAN];
} planning;

static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    for (size_t i = 0; i < c->n_in; i++)
        if (lwi_has(c, i) && i != LENGTHS && !lwi_gpu_is_real(step, c->in[i]->dtype)) return false;
    for (size_t k = 0; k < c->n_out; k++)
        if (c->out[k] && !lwi_gpu_is_real(step, c->out[k]->dtype)) return false;
    return lwi_gpu_moves(c);
}

static int32_t bits(float f) {
    int32_t i;
    memcpy(&i, &f, sizeof i);
    return i;
}

static int32_t read_options(const lwi_call *c, kind which) {
    static const size_t inputs[] = {B, FIRST_H, FIRST_C};
    int32_t options = 0;
    for (int i = 0; i < 3; i++)
        options |= lwi_has(c, inputs[i]) << i;
    options |= lwi_has(c, LENGTHS) << 4 | lwi_has(c, PEEPHOLE) << 5;
    if (lwi_attr_int(c->node, "linear_before_reset", 0)) options |= which == GRU ? LINEAR : 0;
    return options | (lwi_attr_int(c->node, "input_forget", 0) ? COUPLED : 0);
}

static lw_status write_functions(planning *p) {
    lwi_rnn_function functions[LWI_RNN_MAX_FUNCTIONS];
    const size_t n = p->cell->n_functions, sides = p->s.directions;
    LW_TRY(lwi_rnn_functions(p->c->node, p->cell->functions, n, n * sides, functions));
    for (size_t i = 0; i < n * sides; i++) {
        int32_t *f = p->plan + FUNCTIONS + 9 * (i / n) + 3 * (i % n);
        f[0] = functions[i].code;
        f[1] = bits(functions[i].alpha);
        f[2] = bits(functions[i].beta);
    }
    return LW_OK;
}

static lw_status write_plan(planning *p) {
    static const size_t typed[] = {X, W, R, B, FIRST_H, FIRST_C, PEEPHOLE};
    const lwi_rnn_shape *s = &p->s;
    const size_t sizes[] = {s->steps, s->batch, s->input, s->hidden, s->directions};
    for (int i = 0; i < 5; i++)
        p->plan[i] = (int32_t)sizes[i];
    p->plan[5] = s->batch_first;
    p->plan[6] = s->reverse;
    p->plan[7] = (int32_t)p->which;
    p->plan[8] = read_options(p->c, p->which);
    for (size_t k = 0; k < 3 && k < p->c->n_out; k++)
        if (p->c->out[k]) {
            p->plan[9] |= 1 << k;
            p->plan[11] |= (int32_t)lwi_gpu_type_of(p->c->out[k]->dtype) << (4 * k);
        }
    for (int i = 0; i < 7; i++)
        if (lwi_has(p->c, typed[i]))
            p->plan[10] |= (int32_t)lwi_gpu_type_of(p->c->in[typed[i]]->dtype) << (4 * i);
    p->plan[CLIP] = bits(lwi_attr_float(p->c->node, "clip", 0));
    return write_functions(p);
}

/* x W: [directions, rows of x, gates] */
static lw_status project(const planning *p, lwi_gpu_parts *parts, lwi_gpu_value *projected) {
    const int64_t rows = (int64_t)(p->s.steps * p->s.batch), dims[3] = {1, rows, p->plan[2]};
    lwi_gpu_part product = {.domain = "com.microsoft",
                            .op_type = "FusedMatMul",
                            .attrs = {lwi_gpu_attr_int("transB", 1)},
                            .n_in = 2,
                            .out = {projected},
                            .n_out = 1};
    LW_TRY(lwi_gpu_part_of(parts, lwi_gpu_input(parts, X), 0, 3, dims, &product.in[0]));
    product.in[1] = lwi_gpu_input(parts, W);
    return lwi_gpu_add(parts, &product);
}

/* An output that is not wanted is not looked at, but has an argument: another one. */
static void add_output(const lwi_call *c, size_t k, lwi_gpu_launch *launch) {
    size_t there = 0;
    while (!c->out[there])
        there++;
    lwi_gpu_out(launch, k < c->n_out && c->out[k] ? k : there);
}

static lw_status launch_cell(const planning *p, const lwi_gpu_value *projected, size_t scratch,
                             lwi_gpu_step *step) {
    static const size_t inputs[] = {W, R, B, LENGTHS, FIRST_H, FIRST_C, PEEPHOLE};
    const size_t groups = p->s.batch * p->s.directions;
    const bool wide = lwi_gpu_has_doubles(p->c);
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, LWI_GPU_KERNEL(wide, "recurrent"), p->s.batch, p->s.directions, 1,
                          &launch));
    LW_TRY(lwi_gpu_data(step, launch, p->plan, sizeof p->plan));
    if (projected->value) lwi_gpu_scratch(step, launch, projected->value->bytes);
    else lwi_gpu_in(launch, p->c, X);
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, p->c, inputs[i]);
    for (size_t k = 0; k < 3; k++)
        add_output(p->c, k, launch);
    lwi_gpu_scratch_at(step, launch, scratch,
                       groups * (VECTORS * p->s.hidden + p->s.input) *
                           (wide ? sizeof(double) : sizeof(float)));
    lwi_gpu_mistake(step, launch);
    return LW_OK;
}

static lw_status plan_cell(const lwi_call *c, kind which, const lwi_rnn_cell *cell,
                           lwi_gpu_step *step, bool *taken) {
    planning p = {.c = c, .cell = cell, .which = which};
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    lwi_gpu_value projected = {0};
    if (!takes(c, step)) return lwi_gpu_refuse(step, "its types");
    LW_TRY(lwi_rnn_shape_of(c, cell, false, &p.s));
    LW_TRY(write_plan(&p));
    if (c->in[X]->dtype == LW_FLOAT32 && c->in[W]->dtype == LW_FLOAT32 && p.s.input > 0 &&
        p.s.steps > 0) {
        LW_TRY(project(&p, &parts, &projected));
        p.plan[8] |= PROJECTED;
    }
    if (parts.refused) return LW_OK;
    *taken = step->mixes = true;
    return launch_cell(&p, &projected, parts.scratch, step);
}

lw_status lwi_gpu_rnn(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_cell(c, RNN, &lwi_rnn_cell_plain, step, taken);
}

lw_status lwi_gpu_gru(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_cell(c, GRU, &lwi_gru_cell, step, taken);
}

lw_status lwi_gpu_lstm(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_cell(c, LSTM, &lwi_lstm_cell, step, taken);
}
