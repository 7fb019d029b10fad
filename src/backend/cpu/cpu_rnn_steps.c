/* SPDX-License-Identifier: MIT
 * The step of each cell for some rows of a batch: products with R, then the gates row by row. The
 * letters are those of the equations in ONNX's specification. */
#include "backend/cpu/cpu_rnn.h"

#include <math.h>

/* [rows, columns] of gates, from `column` on, += x R */
static void recur(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const float *x, const float *r,
                  size_t column, size_t columns, float clip) {
    const size_t n = p->s.hidden;
    lwi_cpu_kernels()->gemm_f32(&(lwi_gemm_f32_job){.a = x,
                                                    .a_row = n,
                                                    .segments = 1,
                                                    .length = n,
                                                    .b = r,
                                                    .b_panel = n * p->panel,
                                                    .y = a->gates + column,
                                                    .y_row = a->gates_row,
                                                    .rows = a->rows,
                                                    .columns = columns,
                                                    .add = true,
                                                    .low = -clip,
                                                    .high = clip});
}

void lwi_cpu_rnn_step(const lwi_cpu_rnn *p, const lwi_cpu_rows *a) {
    const size_t n = p->s.hidden;
    recur(p, a, a->h, a->r, 0, n, p->clip);
    for (size_t i = 0; i < a->rows; i++)
        lwi_cpu_kernels()->map_f32_tanh(a->gates + i * a->gates_row, a->h + i * n, n, 0);
}

void lwi_cpu_lstm_step(const lwi_cpu_rnn *p, const lwi_cpu_rows *a) {
    const size_t n = p->s.hidden;
    recur(p, a, a->h, a->r, 0, p->gates, INFINITY);
    for (size_t i = 0; i < a->rows; i++)
        lwi_cpu_kernels()->lstm_gates_f32(
            &(lwi_lstm_gates_f32_job){.gates = a->gates + i * a->gates_row,
                                      .peephole = a->peephole,
                                      .c = a->c + i * n,
                                      .h = a->h + i * n,
                                      .n = n,
                                      .clip = p->clip,
                                      .input_forget = p->input_forget});
}

/* Where h is reset after its product with R: spare = h R + Rb of the hidden gate. */
static void multiply_hidden(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const float *r) {
    const size_t n = p->s.hidden;
    lwi_cpu_kernels()->gemm_f32(&(lwi_gemm_f32_job){.a = a->h,
                                                    .a_row = n,
                                                    .segments = 1,
                                                    .length = n,
                                                    .b = r,
                                                    .b_panel = n * p->panel,
                                                    .y = a->spare,
                                                    .y_row = n,
                                                    .rows = a->rows,
                                                    .columns = n,
                                                    .bias = a->rb ? a->rb + 2 * n : NULL,
                                                    .low = -INFINITY,
                                                    .high = INFINITY});
}

void lwi_cpu_gru_step(const lwi_cpu_rnn *p, const lwi_cpu_rows *a) {
    const size_t n = p->s.hidden;
    const lwi_kernels *k = lwi_cpu_kernels();
    const float *r_hidden = a->r + (p->first + p->panel - 1) / p->panel * p->panel * n;
    recur(p, a, a->h, a->r, 0, 2 * n, INFINITY);
    if (p->linear_before_reset) {
        multiply_hidden(p, a, r_hidden);
    } else {
        for (size_t i = 0; i < a->rows; i++)
            k->gru_reset_f32(a->gates + i * a->gates_row + n, a->h + i * n, n, p->clip,
                             a->spare + i * n);
        recur(p, a, a->spare, r_hidden, 2 * n, n, INFINITY);
    }
    for (size_t i = 0; i < a->rows; i++)
        k->gru_gates_f32(
            &(lwi_gru_gates_f32_job){.gates = a->gates + i * a->gates_row,
                                     .reset = p->linear_before_reset ? a->spare + i * n : NULL,
                                     .h = a->h + i * n,
                                     .n = n,
                                     .clip = p->clip});
}
