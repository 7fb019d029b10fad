/* SPDX-License-Identifier: MIT
 * QLinearAveragePool with channels last and QLinearGlobalAveragePool: codes are summed as integers,
 * many channels at a time. */
#include "backend/cpu/cpu_quant.h"
#include "ops/window.h"

#include <string.h>

enum { X, X_SCALE, X_ZERO, Y_SCALE, Y_ZERO, CHUNK = 512 };

typedef struct pool {
    lwi_window window; /* rank 0: all of the image */
    const uint8_t *x;
    uint8_t *y;
    size_t channels, in_size, out_size, kernel_size;
    bool count_pads;
    uint8_t flip;
    double zero;
    lwi_mean mean;
} pool;

static bool channels_last(const lwi_call *c) {
    return lwi_attr_int(c->node, "channels_last", 0) != 0;
}

static lw_status read_pool(const lwi_call *c, pool *p) {
    const lw_value *x = c->in[X];
    lwi_q8 from, to;
    *p = (pool){.x = x->data, .y = c->out[0]->data, .flip = x->dtype == LW_INT8 ? 0x80 : 0};
    LW_TRY(lwi_q8_read(c, X_SCALE, X_ZERO, x->dtype, &from));
    LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, x->dtype, &to));
    p->zero = (double)from.zero + p->flip;
    p->mean = (lwi_mean){.factor = from.scale, .scale = to.scale};
    p->mean.to = (lwi_coding){to.low - to.zero, to.high - to.zero, (int32_t)to.zero};
    return LW_OK;
}

static void finish(const pool *p, const int32_t *sums, size_t n, size_t count, size_t divisor,
                   uint8_t *y) {
    lwi_mean mean = p->mean;
    mean.away = (double)count * p->zero;
    mean.divisor = (double)divisor;
    if (divisor == 0) { /* the window lies in the padding: its mean is 0 */
        mean.away = 0;
        mean.divisor = 1;
    }
    lwi_cpu_kernels()->mean_i8(sums, n, &mean, y);
}

/* ------------------------------------------------------------------- windows */

static void pool_place(const pool *p, size_t i) {
    const lwi_window *w = &p->window;
    const size_t image = i / p->out_size;
    int64_t at[LW_MAX_RANK], first[LW_MAX_RANK], size[LW_MAX_RANK], k[LW_MAX_RANK];
    lwi_window_index(w->rank, w->out, i % p->out_size, at);
    const size_t count = lwi_window_meet(w, at, first, size);
    for (size_t c = 0; c < p->channels; c += CHUNK) {
        const size_t n = p->channels - c < CHUNK ? p->channels - c : CHUNK;
        int32_t sums[CHUNK] = {0};
        memset(k, 0, sizeof k);
        for (size_t s = 0; s < count; s++, lwi_window_next(w->rank, size, k)) {
            size_t from = image;
            for (int d = 0; d < w->rank; d++)
                from = from * (size_t)w->in[d] + (size_t)(first[d] + k[d]);
            lwi_cpu_kernels()->sum_i8(p->x + from * p->channels + c, n, p->flip, sums);
        }
        finish(p, sums, n, count, p->count_pads ? p->kernel_size : count,
               p->y + i * p->channels + c);
    }
}

static void pool_places(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        pool_place(arg, i);
}

static lw_status run_windows(lwi_call *c) {
    const lw_value *x = c->in[X];
    pool p;
    if (c->out[0]->count == 0) return LW_OK;
    LW_TRY(read_pool(c, &p));
    LW_TRY(lwi_window_read(c, x->rank - 2, x->dims + 1, NULL, &p.window));
    LW_TRY(lwi_window_slide(c, lwi_attr_int(c->node, "ceil_mode", 0) != 0, &p.window));
    p.channels = (size_t)x->dims[x->rank - 1];
    p.out_size = lwi_window_count(p.window.rank, p.window.out);
    p.kernel_size = lwi_window_count(p.window.rank, p.window.kernel);
    p.count_pads = lwi_attr_int(c->node, "count_include_pad", 0) != 0;
    lwi_parallel(c, (size_t)x->dims[0] * p.out_size,
                 1 + (1 << 18) / (p.kernel_size * p.channels + 1), pool_places, &p);
    return LW_OK;
}

/* -------------------------------------------------------------------- images */

static void pool_images(void *arg, size_t begin, size_t end) {
    const pool *p = arg;
    const size_t chunks = (p->channels + CHUNK - 1) / CHUNK;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / chunks, c = i % chunks * CHUNK;
        const size_t n = p->channels - c < CHUNK ? p->channels - c : CHUNK;
        const uint8_t *x = p->x + image * p->in_size * p->channels + c;
        int32_t sums[CHUNK] = {0};
        for (size_t s = 0; s < p->in_size; s++)
            lwi_cpu_kernels()->sum_i8(x + s * p->channels, n, p->flip, sums);
        finish(p, sums, n, p->in_size, p->in_size, p->y + image * p->channels + c);
    }
}

/* Planes one after another. */
static void pool_planes(void *arg, size_t begin, size_t end) {
    const pool *p = arg;
    for (size_t i = begin; i < end; i++) {
        const uint8_t *x = p->x + i * p->in_size, flip = p->flip;
        int32_t sum = 0;
        for (size_t s = 0; s < p->in_size; s++)
            sum += x[s] ^ flip;
        finish(p, &sum, 1, p->in_size, p->in_size, p->y + i);
    }
}

static lw_status run_global(lwi_call *c) {
    const lw_value *x = c->in[X], *y = c->out[0];
    pool p;
    if (y->count == 0) return LW_OK;
    LW_TRY(read_pool(c, &p));
    p.in_size = x->count / y->count;
    if (p.in_size == 0) return lwi_call_fail(c, LW_SHAPE, "there is nothing to take the mean of");
    if (!channels_last(c)) {
        lwi_parallel(c, y->count, 1 + (1 << 17) / p.in_size, pool_planes, &p);
        return LW_OK;
    }
    p.channels = (size_t)x->dims[x->rank - 1];
    const size_t images = y->count / p.channels, chunks = (p.channels + CHUNK - 1) / CHUNK;
    lwi_parallel(c, images * chunks, 1 + (1 << 18) / (p.in_size * CHUNK + 1), pool_images, &p);
    return LW_OK;
}

/* Sums of uint8 codes stay below 2^31. */
enum { MOST_CODES = 1 << 22 };

const lwi_kernel *lwi_cpu_qlinear_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_qlinear_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_windows};
    size_t n = 0;
    const int64_t *sizes = lwi_attr_ints(c->node, "kernel_shape", &n);
    int64_t count = 1;
    for (size_t i = 0; i < n && count <= MOST_CODES; i++)
        count = sizes[i] > 0 && sizes[i] <= MOST_CODES ? count * sizes[i] : MOST_CODES + 1;
    return channels_last(c) && c->out[0] && count <= MOST_CODES ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_qlinear_global_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_qlinear_global_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run_global};
    const lw_value *x = c->in[X], *y = c->out[0];
    return y && y->count && x->count / y->count <= MOST_CODES ? &kernel : NULL;
}
