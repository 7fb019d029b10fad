/* SPDX-License-Identifier: MIT
 * RNN, GRU and LSTM with their usual activations. */
#include "backend/gpu/gpu_backend.h"
#include "ops/rnn_core.h"

enum { X, W, R, B, LENGTHS, FIRST_H, FIRST_C, PEEPHOLE };
enum { PLAN = 10, MOST_HIDDEN = 512 /* of kernels/recurrent.k */ };

typedef enum kind { RNN, GRU, LSTM } kind;

static bool is_usual(const lwi_call *c, const lwi_rnn_cell *cell, const lwi_rnn_shape *s) {
    return lwi_rnn_usual_functions(c->node, cell->functions, cell->n_functions,
                                   cell->n_functions * s->directions) &&
           lwi_attr_float(c->node, "clip", 0) == 0 &&
           lwi_attr_int(c->node, "input_forget", 0) == 0 && !lwi_has(c, LENGTHS) &&
           !lwi_has(c, PEEPHOLE);
}

/* An output that is not wanted is not looked at, but has an argument: another one. */
static void add_output(const lwi_call *c, size_t k, lwi_gpu_launch *launch) {
    size_t there = 0;
    while (!c->out[there])
        there++;
    lwi_gpu_out(launch, k < c->n_out && c->out[k] ? k : there);
}

static lw_status launch_cell(const lwi_call *c, kind which, const lwi_rnn_shape *s,
                             lwi_gpu_step *step) {
    static const size_t inputs[] = {X, W, R, B, FIRST_H, FIRST_C};
    const bool linear = which == GRU && lwi_attr_int(c->node, "linear_before_reset", 0) != 0;
    int32_t plan[PLAN] = {(int32_t)s->steps,
                          (int32_t)s->batch,
                          (int32_t)s->input,
                          (int32_t)s->hidden,
                          (int32_t)s->directions,
                          s->batch_first,
                          s->reverse,
                          which,
                          lwi_has(c, B) | lwi_has(c, FIRST_H) << 1 |
                              (which == LSTM && lwi_has(c, FIRST_C)) << 2 | linear << 3};
    lwi_gpu_launch *launch = NULL;
    for (size_t k = 0; k < 3 && k < c->n_out; k++)
        if (c->out[k]) plan[9] |= 1 << k;
    LW_TRY(lwi_gpu_groups(step, "recurrent_f32", s->batch, s->directions, 1, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    for (size_t k = 0; k < 3; k++)
        add_output(c, k, launch);
    return LW_OK;
}

static lw_status plan_cell(const lwi_call *c, kind which, const lwi_rnn_cell *cell,
                           lwi_gpu_step *step, bool *taken) {
    lwi_rnn_shape s;
    LW_TRY(lwi_rnn_shape_of(c, cell, false, &s));
    if (!lwi_gpu_all_float(c) || s.hidden > MOST_HIDDEN)
        return lwi_gpu_refuse(step, "its types, lengths of sequences, or more than 512 units");
    if (!is_usual(c, cell, &s)) return lwi_gpu_refuse(step, "its activations or options");
    *taken = true;
    return launch_cell(c, which, &s, step);
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
