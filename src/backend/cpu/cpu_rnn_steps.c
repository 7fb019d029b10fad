/* SPDX-License-Identifier: MIT
 * The step of each cell for some rows of a batch: products with R, then the gates row by row. The
 * letters are those of the equations in ONNX's specification. */
#include "backend/cpu/cpu_rnn.h"

#include <math.h>

/* y[column...] (+)= x R + bias; of R, the packed columns from `at` on. */
typedef struct product {
    const float *x, *bias;
    const void *r;
    size_t at, columns;
    float *y;
    size_t y_row;
    bool add;
    float clip;
} product;

enum { STRIP = 1 << 16 }; /* numbers of R that are read in one direction whatever the step's */

/* Columns [first, first + columns) of a product. */
static void multiply_strip(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const product *m,
                           size_t first, size_t columns) {
    const size_t n = p->s.hidden;
    p->gemm(&(lwi_gemm_f32_job){.a = m->x,
                                .a_row = n,
                                .segments = 1,
                                .length = n,
                                .b = lwi_cpu_rnn_packed(p, m->r, (m->at + first) * n),
                                .b_panel = n * p->panel,
                                .y = m->y + first,
                                .y_row = m->y_row,
                                .rows = a->rows,
                                .columns = columns,
                                .bias = m->bias ? m->bias + first : NULL,
                                .add = m->add,
                                .low = -m->clip,
                                .high = m->clip,
                                .scale = a->scale});
}

static void multiply(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const product *m) {
    const size_t strip = (STRIP / p->s.hidden / (4 * p->panel) + 1) * 4 * p->panel;
    if (!a->back || m->columns <= strip) {
        multiply_strip(p, a, m, 0, m->columns);
        return;
    }
    for (size_t end = m->columns, first; end > 0; end = first) {
        first = (end - 1) / strip * strip;
        multiply_strip(p, a, m, first, end - first);
    }
}

/* The same for h in codes, and columns that begin with `column`. */
static void multiply_codes(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, size_t column,
                           size_t columns) {
    lwi_rnn_multiply(&(lwi_rnn_product){.x = a->split,
                                        .k = p->s.hidden,
                                        .rows = a->rows,
                                        .b = a->r,
                                        .all = p->gates,
                                        .first = column,
                                        .columns = columns,
                                        .factor = a->scale,
                                        .add = true,
                                        .y = a->gates + column,
                                        .y_row = a->gates_row,
                                        .sums = a->sums + column * a->rows * LWI_SPLIT_PLANES});
}

/* The sums of gates [gate, gate + gates) += x R; r is packed from that gate on. */
static void recur(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const float *x, const void *r,
                  size_t gate, size_t gates, float clip) {
    const size_t n = p->s.hidden;
    const bool all = a->units == n;
    const size_t parts = all ? 1 : gates;
    for (size_t i = 0; i < parts; i++) {
        const size_t g = a->back ? parts - 1 - i : i;
        if (p->dots) {
            multiply_codes(p, a, g * n + a->unit, all ? gates * n : a->units);
            continue;
        }
        multiply(p, a,
                 &(product){.x = x,
                            .r = r,
                            .at = g * n + a->unit,
                            .columns = all ? gates * n : a->units,
                            .y = a->gates + (gate + g) * n + a->unit,
                            .y_row = a->gates_row,
                            .add = true,
                            .clip = clip});
    }
}

void lwi_cpu_rnn_step(const lwi_cpu_rnn *p, const lwi_cpu_rows *a) {
    const size_t n = p->s.hidden;
    recur(p, a, a->h, a->r, 0, 1, p->clip);
    for (size_t i = 0; i < a->rows; i++)
        lwi_cpu_kernels()->map_f32_tanh(a->gates + i * a->gates_row + a->unit,
                                        a->next + i * n + a->unit, a->units, 0);
}

void lwi_cpu_lstm_step(const lwi_cpu_rnn *p, const lwi_cpu_rows *a) {
    const size_t n = p->s.hidden;
    recur(p, a, a->h, a->r, 0, 4, INFINITY);
    for (size_t i = 0; i < a->rows; i++)
        lwi_cpu_kernels()->lstm_gates_f32(
            &(lwi_lstm_gates_f32_job){.gates = a->gates + i * a->gates_row + a->unit,
                                      .peephole = a->peephole ? a->peephole + a->unit : NULL,
                                      .gate = n,
                                      .c = a->c + i * n + a->unit,
                                      .h = a->next + i * n + a->unit,
                                      .n = a->units,
                                      .clip = p->clip,
                                      .input_forget = p->input_forget});
}

/* The hidden gate's product where h is reset before it, and where it is reset after it. */
static void multiply_reset(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const void *r) {
    const size_t n = p->s.hidden;
    for (size_t i = 0; i < a->rows; i++)
        lwi_cpu_kernels()->gru_reset_f32(a->gates + i * a->gates_row + n, a->h + i * n, n, p->clip,
                                         a->spare + i * n);
    recur(p, a, a->spare, r, 2, 1, INFINITY);
}

static void multiply_hidden(const lwi_cpu_rnn *p, const lwi_cpu_rows *a, const void *r) {
    const size_t n = p->s.hidden;
    multiply(p, a,
             &(product){.x = a->h,
                        .r = r,
                        .bias = a->rb ? a->rb + 2 * n + a->unit : NULL,
                        .at = a->unit,
                        .columns = a->units,
                        .y = a->spare + a->unit,
                        .y_row = n,
                        .clip = INFINITY});
}

void lwi_cpu_gru_step(const lwi_cpu_rnn *p, const lwi_cpu_rows *a) {
    const size_t n = p->s.hidden;
    const void *r_hidden =
        lwi_cpu_rnn_packed(p, a->r, (p->first + p->panel - 1) / p->panel * p->panel * n);
    recur(p, a, a->h, a->r, 0, 2, INFINITY);
    if (p->linear_before_reset) multiply_hidden(p, a, r_hidden);
    else multiply_reset(p, a, r_hidden);
    for (size_t i = 0; i < a->rows; i++)
        lwi_cpu_kernels()->gru_gates_f32(&(lwi_gru_gates_f32_job){
            .gates = a->gates + i * a->gates_row + a->unit,
            .gate = n,
            .reset = p->linear_before_reset ? a->spare + i * n + a->unit : NULL,
            .h = a->h + i * n + a->unit,
            .next = a->next + i * n + a->unit,
            .n = a->units,
            .clip = p->clip});
}
