/* SPDX-License-Identifier: MIT
 * lampwick.QLinearMaxPool: at each place of the output, the greatest codes of all channels. */
#include "backend/cpu/cpu_backend.h"
#include "ops/window.h"

#include <string.h>

enum { MOST_TAPS = 512 };

typedef struct pool {
    lwi_window window;
    size_t out_size, in_size, channels;
} pool;

typedef struct running {
    const pool *p;
    const uint8_t *x;
    uint8_t *y;
    uint8_t flip;
    lwi_max_i8_fn *max;
} running;

static bool read_pool(const lwi_call *c, pool *p) {
    const lw_value *x = c->in[0];
    if (x->rank < 3 || lwi_window_read(c, x->rank - 2, x->dims + 1, NULL, &p->window) != LW_OK ||
        lwi_window_slide(c, lwi_attr_int(c->node, "ceil_mode", 0) != 0, &p->window) != LW_OK)
        return false;
    p->in_size = lwi_window_count(p->window.rank, p->window.in);
    p->out_size = lwi_window_count(p->window.rank, p->window.out);
    p->channels = (size_t)x->dims[x->rank - 1];
    double taps = 1;
    for (int d = 0; d < p->window.rank; d++)
        taps *= (double)p->window.kernel[d];
    return taps <= MOST_TAPS;
}

/* Rows of the input, along its last axis, that the windows of a line of outputs meet. */
static size_t find_rows(const running *r, size_t line, const uint8_t *rows[MOST_TAPS]) {
    const lwi_window *w = &r->p->window;
    const int inner = w->rank - 1;
    const size_t lines = r->p->out_size / (size_t)w->out[inner];
    const uint8_t *image = r->x + line / lines * r->p->in_size * r->p->channels;
    int64_t at[LW_MAX_RANK] = {0}, start[LW_MAX_RANK];
    size_t n = 0;
    lwi_window_index(inner, w->out, line % lines, at);
    lwi_window_start(w, at, start);
    for (lwi_taps t = lwi_taps_begin(w, start); t.more; lwi_taps_next(w, &t)) {
        const int64_t row = lwi_window_row(w, start, t.at);
        if (row >= 0) rows[n++] = image + (size_t)row * r->p->channels;
    }
    return n;
}

/* A window that meets nothing gives the least code. */
static void pool_line(const running *r, size_t line) {
    const lwi_window *w = &r->p->window;
    const int inner = w->rank - 1;
    const size_t channels = r->p->channels;
    const uint8_t *rows[MOST_TAPS], *taps[MOST_TAPS];
    const size_t n = find_rows(r, line, rows);
    uint8_t *y = r->y + line * (size_t)w->out[inner] * channels;
    for (int64_t o = 0; o < w->out[inner]; o++, y += channels) {
        const int64_t start = o * w->stride[inner] - w->begin[inner];
        int64_t begin, end;
        size_t count = 0;
        lwi_window_clip(w, inner, start, &begin, &end);
        for (int64_t k = begin; k < end; k++)
            for (size_t i = 0; i < n; i++)
                taps[count++] = rows[i] + (size_t)(start + k * w->dilation[inner]) * channels;
        if (count) r->max(taps, count, channels, r->flip, y);
        else memset(y, r->flip, channels);
    }
}

static void pool_lines(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        pool_line(arg, i);
}

static lw_status prepare(lwi_call *c) {
    pool *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    return read_pool(c, p) ? LW_OK : lwi_call_fail(c, LW_INTERNAL, "the window has changed");
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const pool *p = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    running r = {p, x->data, c->out[0]->data, x->dtype == LW_INT8 ? 0x80 : 0,
                 lwi_cpu_kernels()->max_i8};
    const size_t taps = lwi_window_count(p->window.rank, p->window.kernel);
    const size_t out = (size_t)p->window.out[p->window.rank - 1];
    lwi_parallel(c, (size_t)x->dims[0] * (p->out_size / out),
                 1 + (1 << 19) / (out * taps * p->channels), pool_lines, &r);
    return LW_OK;
}

const lwi_kernel *lwi_cpu_qlinear_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_qlinear_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    pool p;
    return c->out[0] && read_pool(c, &p) ? &kernel : NULL;
}
