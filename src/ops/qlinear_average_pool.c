/* SPDX-License-Identifier: MIT
 * QLinearAveragePool of com.microsoft: means of windows of an 8-bit quantised tensor, with channels
 * second or last. Codes are summed as integers. */
#include "ops/qlinear.h"
#include "ops/window.h"

enum { X, X_SCALE, X_ZERO, Y_SCALE, Y_ZERO };

typedef struct pool {
    lwi_window window;
    const uint8_t *x;
    uint8_t *y;
    size_t channels, in_size, out_size, kernel_size;
    bool last, count_pads;
    lwi_q8 from, to;
} pool;

/* Sums the codes of a window, a line along the last axis at a time. */
static int64_t sum_codes(const pool *p, const uint8_t *x, const int64_t *first, const int64_t *size,
                         size_t count) {
    const lwi_window *w = &p->window;
    const int inner = w->rank - 1;
    const size_t step = p->last ? p->channels : 1;
    int64_t sum = 0, at[LW_MAX_RANK] = {0};
    for (size_t n = 0; n < count; n += (size_t)size[inner]) {
        size_t from = 0;
        for (int d = 0; d < w->rank; d++)
            from = from * (size_t)w->in[d] + (size_t)(first[d] + at[d]);
        for (int64_t k = 0; k < size[inner]; k++) {
            sum += lwi_q8_number(p->from, x[(from + (size_t)k) * step]);
        }
        lwi_window_next(inner, size, at);
    }
    return sum;
}

static void run_outputs(void *arg, size_t begin, size_t end) {
    const pool *p = arg;
    int64_t at[LW_MAX_RANK], first[LW_MAX_RANK], size[LW_MAX_RANK];
    for (size_t i = begin; i < end; i++) {
        const size_t plane = i / p->out_size, place = i % p->out_size; /* channels second */
        const size_t image = i / p->out_size / p->channels,
                     inside = i % (p->out_size * p->channels);
        lwi_window_index(p->window.rank, p->window.out, p->last ? inside / p->channels : place, at);
        const uint8_t *x = p->last ? p->x + image * p->in_size * p->channels + inside % p->channels
                                   : p->x + plane * p->in_size;
        const size_t count = lwi_window_meet(&p->window, at, first, size);
        const size_t divisor = p->count_pads ? p->kernel_size : count;
        const int64_t sum =
            sum_codes(p, x, first, size, count) - (int64_t)count * (int)p->from.zero;
        const float mean = divisor ? (float)((double)sum / (double)divisor) : 0;
        p->y[i] = lwi_q8_code(p->to, mean * p->from.scale);
    }
}

static bool channels_last(const lwi_call *c) {
    return lwi_attr_int(c->node, "channels_last", 0) != 0;
}

static lw_status read_window(const lwi_call *c, lwi_window *w) {
    LW_TRY(lwi_need_rank(c, X, 3, LW_MAX_RANK));
    const int64_t *dims = c->in[X]->dims + (channels_last(c) ? 1 : 2);
    LW_TRY(lwi_window_read(c, c->in[X]->rank - 2, dims, NULL, w));
    return lwi_window_slide(c, lwi_attr_int(c->node, "ceil_mode", 0) != 0, w);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[X], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    pool p = {.x = x->data, .y = y->data, .last = channels_last(c)};
    LW_TRY(read_window(c, &p.window));
    LW_TRY(lwi_q8_read(c, X_SCALE, X_ZERO, x->dtype, &p.from));
    LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, x->dtype, &p.to));
    p.channels = (size_t)x->dims[p.last ? x->rank - 1 : 1];
    p.in_size = lwi_window_count(p.window.rank, p.window.in);
    p.out_size = lwi_window_count(p.window.rank, p.window.out);
    p.kernel_size = lwi_window_count(p.window.rank, p.window.kernel);
    p.count_pads = lwi_attr_int(c->node, "count_include_pad", 0) != 0;
    lwi_parallel(c, y->count, 1 + 16384 / (p.kernel_size + 1), run_outputs, &p);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    lwi_window w;
    LW_TRY(read_window(c, &w));
    const lw_value *x = c->in[X];
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d];
    for (int d = 0; d < w.rank; d++)
        dims[d + (channels_last(c) ? 1 : 2)] = w.out[d];
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

const lwi_op lwi_op_qlinear_average_pool = {.infer = infer, .run = run};
