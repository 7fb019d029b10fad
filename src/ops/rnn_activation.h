/* SPDX-License-Identifier: MIT
 * The activation functions of RNN, GRU and LSTM (ONNX 22), applied to rows of float or double. */
#ifndef LWI_RNN_ACTIVATION_H
#define LWI_RNN_ACTIVATION_H

#include "ops/op.h"

typedef struct lwi_rnn_function {
    void (*f32)(float *x, size_t n, float alpha, float beta);
    void (*f64)(double *x, size_t n, double alpha, double beta);
    float alpha, beta;
    int code; /* its place in the list of rnn_activation.c, by which devices know it */
} lwi_rnn_function;

/* Reads the attributes activations, activation_alpha and activation_beta: n functions, those of
 * `absent` repeated (a cycle of n_absent names) where the attribute is omitted. */
lw_status lwi_rnn_functions(const lwi_node *node, const char *const *absent, size_t n_absent,
                            size_t n, lwi_rnn_function *functions);
/* Whether those of `absent` are meant, said or not. */
bool lwi_rnn_usual_functions(const lwi_node *node, const char *const *absent, size_t n_absent,
                             size_t n);

#endif
