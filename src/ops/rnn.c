/* SPDX-License-Identifier: MIT
 * RNN, GRU and LSTM (ONNX 22): one layer, in one or both directions. */
#include "ops/rnn_core.h"

#include <string.h>

#define T float
#define NAME(x) x##_f32
#define APPLY f32
#include "ops/rnn_steps.inc"

#define T double
#define NAME(x) x##_f64
#define APPLY f64
#include "ops/rnn_steps.inc"

const lwi_rnn_cell lwi_rnn_cell_plain = {
    .gates = 1, .n_functions = 1, .functions = {"Tanh"}, rnn_step_f32, rnn_step_f64, false};
const lwi_rnn_cell lwi_gru_cell = {.gates = 3,
                                   .n_functions = 2,
                                   .functions = {"Sigmoid", "Tanh"},
                                   gru_step_f32,
                                   gru_step_f64,
                                   false};
const lwi_rnn_cell lwi_lstm_cell = {.gates = 4,
                                    .n_functions = 3,
                                    .functions = {"Sigmoid", "Tanh", "Tanh"},
                                    lstm_step_f32,
                                    lstm_step_f64,
                                    true};

static lw_status run(lwi_call *c, const lwi_rnn_cell *cell) {
    lwi_rnn_shape shape;
    LW_TRY(lwi_rnn_shape_of(c, cell, false, &shape));
    return lwi_rnn_run(c, cell, &shape, &(lwi_rnn_weights){c->in[1]->data, c->in[2]->data});
}

static lw_status infer_rnn(lwi_call *c) { return lwi_rnn_infer(c, &lwi_rnn_cell_plain, false); }
static lw_status infer_gru(lwi_call *c) { return lwi_rnn_infer(c, &lwi_gru_cell, false); }
static lw_status infer_lstm(lwi_call *c) { return lwi_rnn_infer(c, &lwi_lstm_cell, false); }
static lw_status run_rnn(lwi_call *c) { return run(c, &lwi_rnn_cell_plain); }
static lw_status run_gru(lwi_call *c) { return run(c, &lwi_gru_cell); }
static lw_status run_lstm(lwi_call *c) { return run(c, &lwi_lstm_cell); }

const lwi_op lwi_op_rnn = {.infer = infer_rnn, .run = run_rnn, .flags = LWI_WIDEN};
const lwi_op lwi_op_gru = {.infer = infer_gru, .run = run_gru, .flags = LWI_WIDEN};
const lwi_op lwi_op_lstm = {.infer = infer_lstm, .run = run_lstm, .flags = LWI_WIDEN};
