/* SPDX-License-Identifier: MIT
 * QLinearConv where every channel has a filter of its own. */
#include "backend/cpu/cpu_q_conv.h"

#include <string.h>

/* Longer periods than this many times the channels are not worth it. */
enum { MOST_REPEATS = 4 };

bool lwi_q_depthwise_fits(const lwi_call *c, const lwi_conv *v) {
    return v->groups > 1 && v->channels == 1 && v->filters == 1 && lwi_is_8_bits(c->out[0]->dtype);
}

static size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

static size_t least_common_multiple(size_t a, size_t b) {
    size_t x = a, y = b;
    while (y) {
        const size_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/* ----------------------------------------------------------------- weights */

/* How weights less their zero point become int8 numbers: if some do not fit, every tap is there
 * twice, and each one has half of the number. */
typedef struct filters {
    const lwi_q_conv *q;
    size_t block;
    bool halves;
} filters;

static int weight(const filters *f, const uint8_t *w, lw_dtype dtype, size_t channel, size_t tap) {
    const size_t k = f->q->v.kernel_size, real = f->halves ? tap % k : tap;
    if (tap >= k * (f->halves ? 2 : 1)) return 0;
    const uint8_t code = w[channel * k + real];
    const int as_signed = dtype == LW_UINT8 ? code - 128 : (int8_t)code;
    const int number = as_signed - f->q->columns.zero_b[channel];
    if (!f->halves) return number;
    return tap < k ? number / 2 : number - number / 2;
}

static bool needs_halves(const lwi_call *c, const lwi_q_conv *q) {
    const lw_value *w = c->in[q->roles.b];
    const filters f = {.q = q};
    for (size_t i = 0; i < w->count; i++) {
        const int x = weight(&f, w->data, w->dtype, i / q->v.kernel_size, i % q->v.kernel_size);
        if (x < -128 || x > 127) return true;
    }
    return false;
}

/* The channel at place p of the period, which may run over all channels several times. */
static size_t channel_at(const lwi_q_conv *q, size_t block, size_t p) {
    const size_t place = p / block * block + lwi_depthwise_i8_channel(block, p % block);
    return q->flat ? place % q->filters : place;
}

static void pack(const filters *f, const uint8_t *w, lw_dtype dtype, int8_t *to) {
    const lwi_q_conv *q = f->q;
    const size_t block = f->block;
    for (size_t p = 0; p < q->period; p++) {
        const size_t channel = channel_at(q, block, p);
        int8_t *at = to + p / block * block * q->taps + p % block * 4;
        for (size_t t = 0; t < q->taps; t++) {
            const bool there = channel < q->filters;
            at[t / 4 * block * 4 + t % 4] = there ? (int8_t)weight(f, w, dtype, channel, t) : 0;
        }
    }
}

/* Start values and scales in the order of the kernel. */
static void spread(const lwi_call *c, const lwi_q_conv *q, size_t block) {
    const lw_value *bias =
        q->roles.bias >= 0 && lwi_has(c, (size_t)q->roles.bias) ? c->in[q->roles.bias] : NULL;
    const uint32_t zero = q->fill ^ (c->in[q->roles.a]->dtype == LW_INT8 ? 0x80u : 0);
    for (size_t p = 0; p < q->period; p++) {
        const size_t channel = channel_at(q, block, p);
        if (channel >= q->filters) continue;
        uint32_t sum = 0;
        const int8_t *at = q->weights + p / block * block * q->taps + p % block * 4;
        for (size_t t = 0; t < q->taps; t++)
            sum += (uint32_t)at[t / 4 * block * 4 + t % 4];
        const uint32_t first =
            bias ? (uint32_t)lwi_get_int(bias, bias->count == 1 ? 0 : channel) : 0;
        q->start[p] = (int32_t)(first - zero * sum);
        q->scale[p] = q->columns.scale[channel];
    }
}

/* ----------------------------------------------------------------- prepare */

/* A second block beside the one that run gets to see. */
static lw_status keep(lwi_call *c, size_t bytes, void *block) {
    void *first = c->prepared;
    const lw_status status = lwi_prepare(c, bytes, block);
    c->prepared = first;
    return status;
}

lw_status lwi_q_depthwise_prepare(lwi_call *c, lwi_q_conv *q) {
    const size_t block = lwi_cpu_kernels()->depthwise_i8_block;
    const lw_value *w = c->in[q->roles.b];
    const filters f = {.q = q, .block = block, .halves = needs_halves(c, q)};
    const size_t taps = q->v.kernel_size * (f.halves ? 2 : 1);
    const size_t whole = least_common_multiple(q->filters, block);
    q->flat = q->row == q->channels && whole <= MOST_REPEATS * round_up(q->filters, block);
    q->period = q->flat ? whole : round_up(q->filters, block);
    q->taps = round_up(taps, 4);
    int8_t *memory = NULL;
    LW_TRY(keep(c, q->period * (q->taps + 8), &memory));
    q->start = (int32_t *)memory;
    q->scale = (float *)(q->start + q->period);
    q->weights = (int8_t *)(q->scale + q->period);
    pack(&f, w->data, w->dtype, (int8_t *)q->weights);
    spread(c, q, block);
    lwi_q_conv_positions(q, q->offsets);
    for (size_t t = q->v.kernel_size; t < q->taps; t++)
        q->offsets[t] = q->offsets[t % q->v.kernel_size];
    return LW_OK;
}

/* --------------------------------------------------------------------- run */

typedef struct lines {
    const lwi_call *c;
    const lwi_q_conv *q;
    const uint8_t *x;
    uint8_t *y;
} lines;

static void run_lines(void *arg, size_t begin, size_t end) {
    const lines *l = arg;
    const lwi_q_conv *q = l->q;
    lwi_i8_output output = q->columns.output;
    output.scale = q->scale;
    lwi_depthwise_i8_job j = {.x_run = q->row,
                              .runs = q->flat ? 1 : q->rows,
                              .n = q->flat ? q->rows * q->filters : q->filters,
                              .offsets = q->offsets,
                              .taps = q->taps,
                              .flip = lwi_q_flip(l->c->in[0]->dtype),
                              .w = q->weights,
                              .period = q->period,
                              .start = q->start,
                              .y_run = q->filters,
                              .output = &output,
                              .is_signed = l->c->out[0]->dtype == LW_INT8};
    for (size_t i = begin; i < end; i++) {
        j.x = l->x + i / q->lines * q->padded_bytes + lwi_q_conv_line(q, i % q->lines);
        j.y = l->y + i * q->rows * q->filters;
        lwi_cpu_kernels()->depthwise_i8(&j);
    }
}

void lwi_q_depthwise_run(const lwi_call *c, const lwi_q_conv *q, const uint8_t *x, uint8_t *y) {
    lines l = {c, q, x, y};
    const size_t each = q->rows * q->filters * q->taps;
    lwi_parallel(c, q->v.batch * q->lines, 1 + (1 << 19) / (each + 1), run_lines, &l);
}
