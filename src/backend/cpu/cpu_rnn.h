/* SPDX-License-Identifier: MIT
 * RNN, GRU and LSTM of float32 with the usual activations: what cpu_rnn.c prepares and
 * cpu_rnn_steps.c runs. */
#ifndef LWI_CPU_RNN_H
#define LWI_CPU_RNN_H

#include "backend/cpu/cpu_backend.h"
#include "ops/rnn_core.h"

/* One of the cells: from the projected inputs of one time and the state to the next state. */
typedef struct lwi_cpu_rnn lwi_cpu_rnn;
typedef struct lwi_cpu_rows {
    const float *r;  /* packed */
    const float *rb; /* recurrence bias [gates * hidden] */
    const float *peephole;
    float *gates; /* the projected input of the first row, to be overwritten */
    size_t gates_row;
    float *h, *c, *spare; /* [rows, hidden] */
    size_t rows;
} lwi_cpu_rows;

struct lwi_cpu_rnn {
    lwi_rnn_shape s;
    const lwi_rnn_cell *cell;
    void (*step)(const lwi_cpu_rnn *, const lwi_cpu_rows *);
    size_t gates; /* gates * hidden */
    /* R is packed in two parts, the first of this many columns: GRU's hidden gate waits for the
     * others. */
    size_t first;
    size_t panel;          /* columns of a panel */
    size_t w_size, r_size; /* floats of one direction, packed */
    const float *w, *r;    /* packed; NULL: in each run */
    float clip;            /* INFINITY: none */
    bool linear_before_reset, input_forget;
};

void lwi_cpu_rnn_step(const lwi_cpu_rnn *, const lwi_cpu_rows *);
void lwi_cpu_gru_step(const lwi_cpu_rnn *, const lwi_cpu_rows *);
void lwi_cpu_lstm_step(const lwi_cpu_rnn *, const lwi_cpu_rows *);

#endif
