/* SPDX-License-Identifier: MIT
 * The last part of a step of LSTM and GRU (ONNX 22, the activations that are the default): from the
 * sums of the gates to the new state, for one row of the batch. The letters are those of the
 * specification's equations. */
#ifndef LWI_KERN_RNN_GATES_F32_H
#define LWI_KERN_RNN_GATES_F32_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lwi_lstm_gates_f32_job {
    const float *gates;    /* i, o, f, c of n units each, `gate` elements apart */
    const float *peephole; /* of i, o, f, likewise; or NULL */
    size_t gate;
    float *c, *h; /* [n]: updated; written */
    size_t n;
    float clip;        /* of what the activations get; INFINITY: none */
    bool input_forget; /* f = 1 - i */
} lwi_lstm_gates_f32_job;
typedef void lwi_lstm_gates_f32_fn(const lwi_lstm_gates_f32_job *job);

/* What the hidden gate of GRU gets from the state when it is reset before the product with R:
 * y = r h. */
typedef void lwi_gru_reset_f32_fn(const float *r, const float *h, size_t n, float clip, float *y);

typedef struct lwi_gru_gates_f32_job {
    const float *gates; /* z, r, h of n units each, `gate` elements apart */
    size_t gate;
    const float *reset; /* [n]: product of R and the state, to be multiplied by r and added to the
                           hidden gate; NULL: that is there already */
    const float *h;     /* [n] */
    float *next;        /* [n]; may be h */
    size_t n;
    float clip;
} lwi_gru_gates_f32_job;
typedef void lwi_gru_gates_f32_fn(const lwi_gru_gates_f32_job *job);

#endif
