/* SPDX-License-Identifier: MIT
 * Pooling with the channels last: rows of outputs from the input rows that their windows meet. */
#include "backend/cpu/cpu_backend.h"
#include "ops/pool.h"

enum { MOST_ROWS = 64 }; /* of a window, in all slices */

typedef struct pool {
    lwi_pool_f32_fn *fn;
    int64_t in[3], out[3], kernel[3], stride[3], dilation[3], begin[3];
    size_t batch, channels;
    /* What sums are divided by: the product of one of each. */
    const float *counts[3]; /* [out[a]]; NULL: nothing is divided */
} pool;

typedef struct running {
    const pool *p;
    const float *x;
    float *y;
} running;

/* The axes of a window become the inner ones of three. */
static void spread(int rank, const int64_t *from, int64_t absent, int64_t to[3]) {
    for (int a = 0; a < 3; a++)
        to[a] = a < 3 - rank ? absent : from[a - (3 - rank)];
}

static void fill_shape(const lw_value *x, const lwi_window *w, pool *p) {
    p->batch = (size_t)x->dims[0];
    p->channels = (size_t)x->dims[x->rank - 1];
    spread(w->rank, w->in, 1, p->in);
    spread(w->rank, w->out, 1, p->out);
    spread(w->rank, w->kernel, 1, p->kernel);
    spread(w->rank, w->stride, 1, p->stride);
    spread(w->rank, w->dilation, 1, p->dilation);
    spread(w->rank, w->begin, 0, p->begin);
}

static void fill_counts(const lwi_window *w, bool pads, pool *p, float *counts) {
    for (int a = 0; a < 3; a++) {
        const int axis = a - (3 - w->rank);
        p->counts[a] = counts;
        for (int64_t o = 0; o < p->out[a]; o++) {
            const int64_t n =
                axis < 0 ? 1 : lwi_pool_count(w, pads, axis, o * p->stride[a] - p->begin[a]);
            *counts++ = n > 0 ? (float)n : 1; /* of nothing the sum is 0 */
        }
    }
}

static lw_status prepare(lwi_call *c, bool mean) {
    lwi_window w;
    pool shape = {0}, *p = NULL;
    LW_TRY(lwi_pool_window(c, true, &w));
    fill_shape(c->in[0], &w, &shape);
    const size_t n = mean ? (size_t)(shape.out[0] + shape.out[1] + shape.out[2]) : 0;
    LW_TRY(lwi_prepare(c, sizeof *p + n * sizeof(float), &p));
    *p = shape;
    p->fn = mean ? lwi_cpu_kernels()->pool_f32_mean : lwi_cpu_kernels()->pool_f32_max;
    if (mean)
        fill_counts(&w, lwi_attr_int(c->node, "count_include_pad", 0) != 0, p, (float *)(p + 1));
    return LW_OK;
}

static void run_rows(void *arg, size_t begin, size_t end) {
    const running *r = arg;
    const pool *p = r->p;
    const float *rows[MOST_ROWS];
    lwi_pool_f32_job job = {.x = rows,
                            .in = p->in[2],
                            .out = p->out[2],
                            .kernel = p->kernel[2],
                            .stride = p->stride[2],
                            .dilation = p->dilation[2],
                            .begin = p->begin[2],
                            .channels = p->channels,
                            .divisors = p->counts[2],
                            .divisor = 1};
    const int64_t dims[3] = {(int64_t)p->batch, p->out[0], p->out[1]};
    const int64_t size = p->in[2] * (int64_t)p->channels;
    for (size_t i = begin; i < end; i++) {
        int64_t at[3];
        lwi_window_index(3, dims, i, at);
        job.rows = 0;
        for (int64_t d = 0; d < p->kernel[0]; d++)
            for (int64_t h = 0; h < p->kernel[1]; h++) {
                const int64_t z = at[1] * p->stride[0] - p->begin[0] + d * p->dilation[0];
                const int64_t y = at[2] * p->stride[1] - p->begin[1] + h * p->dilation[1];
                if (z >= 0 && z < p->in[0] && y >= 0 && y < p->in[1])
                    rows[job.rows++] = r->x + ((at[0] * p->in[0] + z) * p->in[1] + y) * size;
            }
        if (p->counts[0]) job.divisor = p->counts[0][at[1]] * p->counts[1][at[2]];
        job.y = r->y + i * (size_t)p->out[2] * p->channels;
        p->fn(&job);
    }
}

static lw_status run(lwi_call *c) {
    const pool *p = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    running r = {p, c->in[0]->data, c->out[0]->data};
    const size_t taps = (size_t)(p->kernel[0] * p->kernel[1] * p->kernel[2]);
    const size_t work = (size_t)p->out[2] * p->channels * taps;
    lwi_parallel(c, p->batch * (size_t)(p->out[0] * p->out[1]), 1 + (1 << 17) / work, run_rows, &r);
    return LW_OK;
}

static bool fits(const lwi_call *c) {
    lwi_window w;
    const int rank = c->in[0]->rank - 2;
    if (rank < 1 || rank > 3 || lwi_pool_window(c, true, &w) != LW_OK) return false;
    int64_t rows = 1;
    for (int d = 0; d < rank - 1; d++)
        if (__builtin_mul_overflow(rows, w.kernel[d], &rows) || rows > MOST_ROWS) return false;
    return w.kernel[rank - 1] <= INT32_MAX;
}

/* One window that is the image: then there is a kernel for images (cpu_global_pool.c). */
static bool is_image(const lwi_call *c) {
    lwi_window w;
    if (c->in[0]->rank < 3 || lwi_pool_window(c, true, &w) != LW_OK) return false;
    for (int d = 0; d < w.rank; d++)
        if (w.kernel[d] != w.in[d] || w.dilation[d] != 1 || w.begin[d] || w.end[d]) return false;
    return true;
}

static lw_status prepare_max(lwi_call *c) { return prepare(c, false); }
static lw_status prepare_average(lwi_call *c) { return prepare(c, true); }

const lwi_kernel *lwi_cpu_last_global_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_global_max_pool_claim(const lwi_call *c);

const lwi_kernel *lwi_cpu_last_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_max, run};
    if (is_image(c)) return lwi_cpu_last_global_max_pool_claim(c);
    return fits(c) ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_last_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_average, run};
    if (is_image(c)) return lwi_cpu_last_global_average_pool_claim(c);
    return fits(c) ? &kernel : NULL;
}
