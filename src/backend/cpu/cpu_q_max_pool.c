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
} running;

static bool read(const lwi_call *c, pool *p) {
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

/* The taps that meet the input; a window that meets none gives the least code. */
static void pool_place(const running *r, size_t i) {
    const lwi_window *w = &r->p->window;
    const uint8_t *taps[MOST_TAPS];
    const size_t channels = r->p->channels;
    int64_t at[LW_MAX_RANK], begin[LW_MAX_RANK], size[LW_MAX_RANK], k[LW_MAX_RANK] = {0};
    size_t count = 1, n = 0;
    lwi_window_index(w->rank, w->out, i % r->p->out_size, at);
    for (int d = 0; d < w->rank; d++) {
        int64_t end;
        const int64_t start = at[d] * w->stride[d] - w->begin[d];
        lwi_window_clip(w, d, start, &begin[d], &end);
        size[d] = end - begin[d];
        begin[d] = start + begin[d] * w->dilation[d];
        count *= (size_t)size[d];
    }
    for (; n < count; n++, lwi_window_next(w->rank, size, k)) {
        size_t from = i / r->p->out_size;
        for (int d = 0; d < w->rank; d++)
            from = from * (size_t)w->in[d] + (size_t)(begin[d] + k[d] * w->dilation[d]);
        taps[n] = r->x + from * channels;
    }
    uint8_t *y = r->y + i * channels;
    if (n) lwi_cpu_kernels()->max_i8(taps, n, channels, r->flip, y);
    else memset(y, r->flip, channels);
}

static void pool_places(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        pool_place(arg, i);
}

static lw_status prepare(lwi_call *c) {
    pool *p = NULL;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    return read(c, p) ? LW_OK : lwi_call_fail(c, LW_INTERNAL, "the window has changed");
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const pool *p = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    running r = {p, x->data, c->out[0]->data, x->dtype == LW_INT8 ? 0x80 : 0};
    const size_t taps = lwi_window_count(p->window.rank, p->window.kernel);
    lwi_parallel(c, (size_t)x->dims[0] * p->out_size, 1 + (1 << 19) / (taps * p->channels),
                 pool_places, &r);
    return LW_OK;
}

const lwi_kernel *lwi_cpu_qlinear_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_qlinear_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare, run};
    pool p;
    return c->out[0] && read(c, &p) ? &kernel : NULL;
}
