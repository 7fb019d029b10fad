/* SPDX-License-Identifier: MIT
 * QLinearConv where every channel has a filter of its own. */
#include "backend/cpu/cpu_q_conv.h"

#include <string.h>

/* Longer periods than this many times the channels are not worth it. */
enum { MOST_REPEATS = 4, MOST_TAPS = 1024 };

bool lwi_q_depthwise_fits(const lwi_call *c, const lwi_conv *v) {
    return v->groups > 1 && v->channels == 1 && v->filters == 1 &&
           v->kernel_size <= MOST_TAPS / 2 - 4 && lwi_is_8_bits(c->out[0]->dtype);
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

/* The position in the kernel of a tap; -1: its weight is zero. */
static int position_of(const lwi_q_conv *q, size_t tap) {
    const size_t k = q->v.kernel_size;
    if (q->by_column) return tap % 4 < 3 ? (int)(tap % 4 * 3 + tap / 4) : -1;
    return tap < k * (q->halves ? 2 : 1) ? (int)(tap % k) : -1;
}

/* The weight less its zero point, which may be too much for an int8: then every tap is there twice,
 * and each one has half of it. */
static int weight(const lwi_q_conv *q, const lw_value *w, size_t channel, size_t tap) {
    const int position = position_of(q, tap);
    if (position < 0) return 0;
    const uint8_t code = ((const uint8_t *)w->data)[channel * q->v.kernel_size + (size_t)position];
    const int as_signed = w->dtype == LW_UINT8 ? code - 128 : (int8_t)code;
    const int number = as_signed - q->columns.zero_b[channel];
    if (!q->halves) return number;
    return tap < q->v.kernel_size ? number / 2 : number - number / 2;
}

static bool needs_halves(const lwi_q_conv *q, const lw_value *w) {
    for (size_t channel = 0; channel < q->filters; channel++)
        for (size_t t = 0; t < q->v.kernel_size; t++) {
            const int x = weight(q, w, channel, t);
            if (x < -128 || x > 127) return true;
        }
    return false;
}

/* The channel at place p of the period, which may run over all channels several times. */
static size_t channel_at(const lwi_q_conv *q, size_t block, size_t p) {
    const size_t place = p / block * block + lwi_depthwise_i8_channel(block, p % block);
    return q->flat ? place % q->filters : place;
}

static int8_t *weights_of(const lwi_q_conv *q, size_t block, size_t p) {
    return (int8_t *)q->weights + p / block * block * q->taps + p % block * 4;
}

/* Weights, start values and scales in the order of the kernel. */
static void fill(const lwi_call *c, const lwi_q_conv *q, size_t block) {
    const int role = q->roles.bias;
    const lw_value *bias = role >= 0 && lwi_has(c, (size_t)role) ? c->in[role] : NULL;
    const uint32_t zero = q->fill ^ (c->in[q->roles.a]->dtype == LW_INT8 ? 0x80u : 0);
    for (size_t p = 0; p < q->period; p++) {
        const size_t channel = channel_at(q, block, p);
        int8_t *to = weights_of(q, block, p);
        uint32_t sum = 0;
        if (channel >= q->filters) continue; /* zeros */
        for (size_t t = 0; t < q->taps; t++) {
            const int x = weight(q, c->in[q->roles.b], channel, t);
            to[t / 4 * block * 4 + t % 4] = (int8_t)x;
            sum += (uint32_t)x;
        }
        const int64_t first = bias ? lwi_get_int(bias, bias->count == 1 ? 0 : channel) : 0;
        q->start[p] = (int32_t)((uint32_t)first - zero * sum);
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

/* 3 x 3 with some waste at the last block of channels. */
static bool is_by_column(const lwi_q_conv *q, size_t block) {
    const lwi_window *w = &q->v.window;
    for (int d = 0; d < 2 && w->rank == 2; d++)
        if (w->kernel[d] != 3 || w->dilation[d] != 1) return false;
    return w->rank == 2 && w->stride[1] <= 2 && !q->halves &&
           round_up(q->filters, block) <= q->filters * 2;
}

lw_status lwi_q_depthwise_prepare(lwi_call *c, lwi_q_conv *q) {
    const size_t block = lwi_cpu_kernels()->depthwise_i8_block;
    const size_t line = q->filters * (size_t)q->v.window.in[q->v.window.rank - 1];
    q->halves = needs_halves(q, c->in[q->roles.b]);
    q->by_column = is_by_column(q, block);
    q->taps = q->by_column ? 12 : round_up(q->v.kernel_size * (q->halves ? 2 : 1), 4);
    q->period = round_up(q->filters, block);
    const size_t whole = least_common_multiple(q->filters, block);
    if (!q->by_column && q->row == q->filters && whole <= MOST_REPEATS * q->period) {
        q->flat = true;
        q->period = whole;
    }
    char *memory = NULL;
    LW_TRY(keep(c, q->period * (q->taps + 8) + line, &memory));
    q->start = (int32_t *)memory;
    q->scale = (float *)(q->start + q->period);
    q->weights = (int8_t *)(q->scale + q->period);
    q->zeros = (uint8_t *)q->weights + q->period * q->taps;
    memset((uint8_t *)q->zeros, q->fill, line);
    fill(c, q, block);
    return LW_OK;
}

/* --------------------------------------------------------------------- run */

typedef struct lines {
    const lwi_call *c;
    const lwi_q_conv *q;
    const uint8_t *x;
    uint8_t *y;
} lines;

/* Rows of input that the kernel's positions meet from one line of outputs, by position along all
 * axes but the last; NULL: in the padding. */
static void find_rows(const lwi_q_conv *q, const uint8_t *image, size_t line,
                      const uint8_t *rows[MOST_TAPS]) {
    const lwi_window *w = &q->v.window;
    const int inner = w->rank - 1;
    const size_t n = q->v.kernel_size / (size_t)w->kernel[inner];
    int64_t at[LW_MAX_RANK] = {0}, k[LW_MAX_RANK], start[LW_MAX_RANK];
    lwi_window_index(inner, w->out, line, at);
    lwi_window_start(w, at, start);
    for (size_t i = 0; i < n; i++) {
        lwi_window_index(inner, w->kernel, i, k);
        const int64_t row = lwi_window_row(w, start, k);
        rows[i] = row < 0 ? NULL : image + (size_t)row * q->filters;
    }
}

/* Outputs [first, first + count) of a line; all their windows lie inside along the last axis, or
 * there is only one. */
static void run_part(const lines *l, const uint8_t *const *rows, int64_t first, int64_t count,
                     uint8_t *y) {
    const lwi_q_conv *q = l->q;
    const lwi_window *w = &q->v.window;
    const int inner = w->rank - 1;
    const uint8_t *taps[MOST_TAPS];
    lwi_i8_output output = q->columns.output;
    output.scale = q->scale;
    for (size_t t = 0; t < q->taps; t++) {
        const int found = position_of(q, t), position = found < 0 ? 0 : found;
        const uint8_t *row = rows[position / w->kernel[inner]];
        const int64_t at = first * w->stride[inner] - w->begin[inner] +
                           position % w->kernel[inner] * w->dilation[inner];
        taps[t] = row && at >= 0 && at < w->in[inner] ? row + (size_t)at * q->filters : q->zeros;
    }
    const lwi_depthwise_i8_job j = {.taps = taps,
                                    .n_taps = q->taps,
                                    .x_run = q->row,
                                    .runs = q->flat ? 1 : (size_t)count,
                                    .n = q->filters * (q->flat ? (size_t)count : 1),
                                    .flip = lwi_q_flip(l->c->in[0]->dtype),
                                    .w = q->weights,
                                    .period = q->period,
                                    .start = q->start,
                                    .y = y + (size_t)first * q->filters,
                                    .y_run = q->filters,
                                    .output = &output};
    if (q->by_column && count > 1)
        lwi_cpu_kernels()->depthwise_3x3_i8(&j, (size_t)w->stride[inner]);
    else lwi_cpu_kernels()->depthwise_i8(&j);
}

static void run_line(const lines *l, size_t i) {
    const lwi_q_conv *q = l->q;
    const lwi_window *w = &q->v.window;
    const int inner = w->rank - 1;
    const uint8_t *rows[MOST_TAPS], *image = l->x + i / q->lines * q->v.in_size * q->filters;
    uint8_t *y = l->y + i * q->rows * q->filters;
    find_rows(q, image, i % q->lines, rows);
    /* Outputs whose windows lie inside along the last axis. */
    const int64_t out = w->out[inner], stride = w->stride[inner];
    const int64_t room = w->in[inner] - w->extent[inner] + w->begin[inner];
    int64_t low = (w->begin[inner] + stride - 1) / stride;
    int64_t high = room < 0 ? 0 : room / stride + 1;
    if (high > out) high = out;
    if (low > high) low = high;
    for (int64_t o = 0; o < low; o++)
        run_part(l, rows, o, 1, y);
    if (low < high) run_part(l, rows, low, high - low, y);
    for (int64_t o = high; o < out; o++)
        run_part(l, rows, o, 1, y);
}

static void run_lines(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        run_line(arg, i);
}

void lwi_q_depthwise_run(const lwi_call *c, const lwi_q_conv *q, const uint8_t *x, uint8_t *y) {
    lines l = {c, q, x, y};
    const size_t each = q->rows * q->filters * q->taps;
    lwi_parallel(c, q->v.batch * q->lines, 1 + (1 << 19) / (each + 1), run_lines, &l);
}
