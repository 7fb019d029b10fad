/* SPDX-License-Identifier: MIT
 * Sizes: units of the hidden state. */
#include "kcheck.h"

#include <math.h>

enum { N = 256 };

static float *times_10(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] *= 10;
    return x;
}

static void same(const kc_case *c, const char *what, const float *got, const float *want) {
    kc_near_floats(c, what, got, want, c->size[0], 2e-6f, 1e-6f);
}

static void check_lstm(kc_case *c) {
    const size_t n = c->size[0], bytes = n * sizeof(float);
    float *cell = kc_floats(c, n), *h = kc_floats(c, n);
    lwi_lstm_gates_f32_job j = {.gates = times_10(kc_floats(c, 4 * n), 4 * n),
                                .peephole = kc_below(c, 2) ? kc_floats(c, 3 * n) : NULL,
                                .gate = n,
                                .c = kc_copy(c, cell, bytes),
                                .h = kc_copy(c, h, bytes),
                                .n = n,
                                .clip = kc_below(c, 2) ? 1.5f : INFINITY,
                                .input_forget = kc_below(c, 2)};
    c->kernels->lstm_gates_f32(&j);
    const float *got_c = j.c, *got_h = j.h;
    j.c = cell, j.h = h;
    c->base->lstm_gates_f32(&j);
    same(c, "LSTM's c", got_c, cell);
    same(c, "LSTM's h", got_h, h);
}

static void check_gru(kc_case *c) {
    const size_t n = c->size[0], bytes = n * sizeof(float);
    const float clip = kc_below(c, 2) ? 1.5f : INFINITY;
    float *h = kc_floats(c, n);
    lwi_gru_gates_f32_job j = {.gates = times_10(kc_floats(c, 3 * n), 3 * n),
                               .gate = n,
                               .reset = kc_below(c, 2) ? kc_floats(c, n) : NULL,
                               .h = h,
                               .next = kc_copy(c, h, bytes),
                               .n = n,
                               .clip = clip};
    float *reset = kc_floats(c, n), *want = kc_copy(c, reset, bytes);
    c->kernels->gru_reset_f32(j.gates, h, n, clip, reset);
    c->base->gru_reset_f32(j.gates, h, n, clip, want);
    same(c, "GRU's reset", reset, want);
    c->kernels->gru_gates_f32(&j);
    const float *got = j.next;
    if (kc_below(c, 2)) j.h = kc_copy(c, h, bytes);
    j.next = h;
    c->base->gru_gates_f32(&j);
    same(c, "GRU's h", got, h);
}

static void check(kc_case *c) {
    check_lstm(c);
    c->buffers = 0;
    check_gru(c);
}

static float *numbers;

static void run_lstm(void *arg) {
    const lwi_kernels *k = arg;
    k->lstm_gates_f32(&(lwi_lstm_gates_f32_job){
        .gates = numbers, .c = numbers + 4 * N, .h = numbers + 5 * N, .n = N, .clip = INFINITY});
}

static void run_gru(void *arg) {
    const lwi_kernels *k = arg;
    k->gru_gates_f32(&(lwi_gru_gates_f32_job){.gates = numbers,
                                              .gate = N,
                                              .reset = numbers + 4 * N,
                                              .h = numbers + 5 * N,
                                              .next = numbers + 5 * N,
                                              .n = N,
                                              .clip = INFINITY});
}

static void bench(const kc_timing *t) {
    if (!numbers) numbers = kc_bench_floats(6 * N);
    void *kernels = (void *)t->kernels;
    kc_measure(t, "LSTM, 256 units", KC_BYTES, 7.0 * N * sizeof(float), run_lstm, kernels);
    kc_measure(t, "GRU, 256 units", KC_BYTES, 6.0 * N * sizeof(float), run_gru, kernels);
}

const kc_check kc_rnn_gates_f32 = {"rnn_gates_f32", {70}, {600}, check, bench};
