/* SPDX-License-Identifier: MIT
 * What RNN, GRU and LSTM (ONNX 22) share: shapes, directions, sequence lengths, the projection of
 * the inputs. A cell adds its step: from the projected input of one time and the state of one row
 * of the batch to the next state. Rows and directions are independent of each other. */
#ifndef LWI_RNN_CORE_H
#define LWI_RNN_CORE_H

#include "ops/rnn_activation.h"

enum { LWI_RNN_MAX_FUNCTIONS = 6 };

/* What the step of a cell works with: one direction. Pointers are to float or double. */
typedef struct lwi_rnn_side {
    lw_dtype dtype;
    size_t hidden;
    const void *r;        /* [gates * hidden, hidden] */
    const void *rb;       /* recurrence bias [gates * hidden], or NULL */
    const void *peephole; /* [3 * hidden], or NULL */
    const lwi_rnn_function *functions;
    double clip; /* 0: none */
    bool linear_before_reset, input_forget;
} lwi_rnn_side;

/* gates: the projected input, with biases except those that keeps_rb withholds, [gates * hidden],
 * to be overwritten. h and c: the state, updated in place (c: LSTM only). spare: [hidden]. */
typedef void lwi_rnn_step(const lwi_rnn_side *side, void *gates, void *h, void *c, void *spare);

typedef struct lwi_rnn_cell {
    size_t gates, n_functions;
    const char *functions[3]; /* by default */
    lwi_rnn_step *step_f32, *step_f64;
    bool has_cell; /* a second state, inputs 6 and 7, output 2 */
} lwi_rnn_cell;

/* Where W and R come from if not from inputs 1 and 2 as they stand: [directions, gates * hidden,
 * input or hidden]. */
typedef struct lwi_rnn_weights {
    const void *w, *r;
} lwi_rnn_weights;

typedef struct lwi_rnn_shape {
    size_t steps, batch, input, hidden, directions;
    bool batch_first, reverse; /* reverse: of the first direction */
} lwi_rnn_shape;

/* Where the vectors of one row of the batch lie, counted in vectors: in X, in Y, and in the inputs
 * and outputs that hold states. */
static inline size_t lwi_rnn_x_at(const lwi_rnn_shape *s, size_t row, size_t t) {
    return s->batch_first ? row * s->steps + t : t * s->batch + row;
}
static inline size_t lwi_rnn_y_at(const lwi_rnn_shape *s, size_t direction, size_t row, size_t t) {
    return s->batch_first ? (row * s->steps + t) * s->directions + direction
                          : (t * s->directions + direction) * s->batch + row;
}
static inline size_t lwi_rnn_state_at(const lwi_rnn_shape *s, size_t direction, size_t row) {
    return s->batch_first ? row * s->directions + direction : direction * s->batch + row;
}

/* DynamicQuantizeLSTM's input 1 or 2 as the numbers that its codes stand for, as other cells have
 * them: [directions, gates * hidden, input or hidden], in scratch memory. */
lw_status lwi_decode_lstm_codes(lwi_call *call, size_t input, const void **decoded);

/* transposed: W and R have their last two dimensions exchanged (DynamicQuantizeLSTM). */
lw_status lwi_rnn_infer(lwi_call *call, const lwi_rnn_cell *cell, bool transposed);
lw_status lwi_rnn_shape_of(const lwi_call *call, const lwi_rnn_cell *cell, bool transposed,
                           lwi_rnn_shape *shape);
/* Input 4, checked; NULL if it is omitted. */
lw_status lwi_rnn_lengths(const lwi_call *call, const lwi_rnn_shape *shape,
                          const int32_t **lengths);
lw_status lwi_rnn_run(lwi_call *call, const lwi_rnn_cell *cell, const lwi_rnn_shape *shape,
                      const lwi_rnn_weights *weights);

extern const lwi_rnn_cell lwi_rnn_cell_plain, lwi_gru_cell, lwi_lstm_cell;

#endif
