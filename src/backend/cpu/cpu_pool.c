/* SPDX-License-Identifier: MIT
 * Pooling: rows of outputs from the input rows that their windows meet. With the channels first,
 * each channel is an image of its own, with one channel; small ones are turned, several at a time,
 * so that they become the channels of one image. */
#include "backend/cpu/cpu_pool.h"
#include "ops/work_slots.h"
#include "ops/pool.h"

enum {
    MOST_ROWS = 256, /* of a window, in all slices */
    LINES = 32,      /* of outputs that are done at once */
    POINTERS = 2 * MOST_ROWS,
    TURNED = 16, /* images that are turned together */
    /* What is small: outputs of a row, elements of an image and of a window. */
    SMALL_ROW = 28,
    SMALL_IMAGE = 2048,
    SMALL_WINDOW = 64,
    MANY = 16 /* elements of a window, for two steps to be fewer */
};

typedef struct pool {
    lwi_pool_f32_fn *fn; /* channels last */
    lwi_pool_rows what;  /* otherwise */
    bool turned;         /* channels first, for the kernel of channels last */
    bool in_two_steps;   /* turned: rows are joined before columns */
    int64_t in[3], out[3], kernel[3], stride[3], dilation[3], begin[3];
    size_t batch, channels;
    int64_t lines[3], image; /* of outputs: batch, slices, rows; floats of an image of the input */
    /* What sums are divided by: the product of one of each. */
    const float *counts[3]; /* [out[a]]; NULL: nothing is divided */
} pool;

typedef struct running {
    const pool *p;
    const float *x;
    float *y;
    lwi_work_slots slots; /* turned: for input, output and a row */
} running;

/* The axes of a window become the inner ones of three. */
static void spread(int rank, const int64_t *from, int64_t absent, int64_t to[3]) {
    for (int a = 0; a < 3; a++)
        to[a] = a < 3 - rank ? absent : from[a - (3 - rank)];
}

static void fill_shape(const lw_value *x, const lwi_window *w, bool last, pool *p) {
    p->batch = (size_t)x->dims[0] * (last ? 1 : (size_t)x->dims[1]);
    p->channels = last ? (size_t)x->dims[x->rank - 1] : 1;
    spread(w->rank, w->in, 1, p->in);
    spread(w->rank, w->out, 1, p->out);
    spread(w->rank, w->kernel, 1, p->kernel);
    spread(w->rank, w->stride, 1, p->stride);
    spread(w->rank, w->dilation, 1, p->dilation);
    spread(w->rank, w->begin, 0, p->begin);
    p->image = p->in[0] * p->in[1] * p->in[2] * (int64_t)p->channels;
    p->lines[0] = (int64_t)p->batch;
    p->lines[1] = p->out[0];
    p->lines[2] = p->out[1];
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

static bool is_small(const pool *p) {
    return p->what <= LWI_POOL_ROWS_MEAN && p->out[2] <= SMALL_ROW && p->image <= SMALL_IMAGE &&
           p->out[0] * p->out[1] * p->out[2] <= SMALL_IMAGE && p->batch >= TURNED / 2 &&
           p->kernel[0] * p->kernel[1] * p->kernel[2] <= SMALL_WINDOW;
}

static lw_status prepare(lwi_call *c, lwi_pool_rows what, bool last) {
    const bool mean = what == LWI_POOL_ROWS_MEAN;
    lwi_window w;
    pool shape = {.what = what}, *p = NULL;
    LW_TRY(lwi_pool_window(c, last, &w));
    fill_shape(c->in[0], &w, last, &shape);
    shape.turned = !last && is_small(&shape);
    shape.in_two_steps = !mean && shape.stride[2] == 1 &&
                         shape.kernel[0] * shape.kernel[1] * shape.kernel[2] >= MANY;
    if (last || shape.turned)
        shape.fn = mean ? lwi_cpu_kernels()->pool_f32_mean : lwi_cpu_kernels()->pool_f32_max;
    const size_t n = mean ? (size_t)(shape.out[0] + shape.out[1] + shape.out[2]) : 0;
    LW_TRY(lwi_prepare(c, sizeof *p + n * sizeof(float), &p));
    *p = shape;
    if (mean)
        fill_counts(&w, lwi_attr_int(c->node, "count_include_pad", 0) != 0, p, (float *)(p + 1));
    return LW_OK;
}

/* The rows of image x that the windows of the outputs [slice, row] meet. */
static size_t find_rows(const pool *p, size_t channels, const float *x, int64_t slice, int64_t row,
                        const float **rows) {
    const int64_t size = p->in[2] * (int64_t)channels;
    size_t n = 0;
    for (int64_t d = 0; d < p->kernel[0]; d++)
        for (int64_t h = 0; h < p->kernel[1]; h++) {
            const int64_t z = slice * p->stride[0] - p->begin[0] + d * p->dilation[0];
            const int64_t y = row * p->stride[1] - p->begin[1] + h * p->dilation[1];
            if (z >= 0 && z < p->in[0] && y >= 0 && y < p->in[1])
                rows[n++] = x + (z * p->in[1] + y) * size;
        }
    return n;
}

static lwi_pool_f32_job job_of(const pool *p, size_t channels, const float *const *rows) {
    return (lwi_pool_f32_job){.x = rows,
                              .in = p->in[2],
                              .out = p->out[2],
                              .kernel = p->kernel[2],
                              .stride = p->stride[2],
                              .dilation = p->dilation[2],
                              .begin = p->begin[2],
                              .channels = channels,
                              .divisors = p->counts[2],
                              .divisor = 1};
}

/* Rows [begin, end) of outputs, with the channels last. */
static void pool_lines(const pool *p, size_t channels, const float *x, float *y, size_t begin,
                       size_t end) {
    const float *rows[MOST_ROWS];
    lwi_pool_f32_job job = job_of(p, channels, rows);
    int64_t at[3];
    lwi_window_index(3, p->lines, begin, at);
    for (size_t i = begin; i < end; i++) {
        job.rows = find_rows(p, channels, x + at[0] * p->image, at[1], at[2], rows);
        if (p->counts[0]) job.divisor = p->counts[0][at[1]] * p->counts[1][at[2]];
        job.y = y + i * (size_t)p->out[2] * channels;
        p->fn(&job);
        lwi_window_next(3, p->lines, at);
    }
}

void lwi_pool_row(const void *prepared, const float *const *x, size_t n, size_t row, float *y) {
    const pool *p = prepared;
    lwi_pool_f32_job job = job_of(p, p->channels, x);
    job.rows = n;
    job.y = y;
    if (p->counts[0]) job.divisor = p->counts[0][0] * p->counts[1][row];
    p->fn(&job);
}

static void run_last(void *arg, size_t begin, size_t end) {
    const running *r = arg;
    pool_lines(r->p, r->p->channels, r->x, r->y, begin, end);
}

/* The same for maxima of one image: of the rows first, to `line`, and of that. */
static void max_lines(const pool *p, size_t channels, const float *x, float *line, float *y) {
    const float *rows[MOST_ROWS];
    lwi_pool_f32_job down = {.x = rows,
                             .in = 1,
                             .out = 1,
                             .kernel = 1,
                             .stride = 1,
                             .dilation = 1,
                             .channels = channels * (size_t)p->in[2],
                             .y = line};
    const float *const joined[1] = {line};
    lwi_pool_f32_job along = job_of(p, channels, joined);
    along.rows = 1;
    along.y = y;
    for (int64_t slice = 0; slice < p->out[0]; slice++)
        for (int64_t row = 0; row < p->out[1]; row++, along.y += channels * (size_t)p->out[2]) {
            down.rows = find_rows(p, channels, x, slice, row, rows);
            p->fn(&down);
            p->fn(&along);
        }
}

/* Groups of TURNED images. */
static void run_turned(void *arg, size_t begin, size_t end) {
    running *r = arg;
    const pool *p = r->p;
    const size_t in = (size_t)p->image, lines = (size_t)(p->out[0] * p->out[1]);
    const size_t out = lines * (size_t)p->out[2];
    lwi_transpose_f32_fn *turn = lwi_cpu_kernels()->transpose_f32;
    unsigned slot = 0;
    float *x = lwi_work_slots_take(&r->slots, &slot), *y = x + TURNED * in;
    for (size_t i = begin; i < end; i++) {
        const size_t first = i * TURNED, left = p->batch - first, n = left < TURNED ? left : TURNED;
        turn(r->x + first * in, in, x, n, n, in);
        if (p->in_two_steps) max_lines(p, n, x, y + TURNED * out, y);
        else pool_lines(p, n, x, y, 0, lines);
        turn(y, n, r->y + first * out, out, out, n);
    }
    lwi_work_slots_give(&r->slots, slot);
}

static void run_first(void *arg, size_t begin, size_t end) {
    const running *r = arg;
    const pool *p = r->p;
    const float *rows[POINTERS];
    size_t ends[LINES];
    float divisors[LINES];
    lwi_pool_rows_f32_job job = {.x = rows,
                                 .ends = ends,
                                 .in = p->in[2],
                                 .out = p->out[2],
                                 .kernel = p->kernel[2],
                                 .stride = p->stride[2],
                                 .dilation = p->dilation[2],
                                 .begin = p->begin[2],
                                 .divisors = p->counts[2],
                                 .row_divisors = divisors};
    int64_t at[3];
    lwi_window_index(3, p->lines, begin, at);
    for (size_t i = begin; i < end; i += job.n) {
        size_t used = 0;
        for (job.n = 0; job.n < LINES && i + job.n < end && used + MOST_ROWS <= POINTERS; job.n++) {
            used += find_rows(p, 1, r->x + at[0] * p->image, at[1], at[2], rows + used);
            ends[job.n] = used;
            divisors[job.n] = p->counts[0] ? p->counts[0][at[1]] * p->counts[1][at[2]] : 1;
            lwi_window_next(3, p->lines, at);
        }
        job.y = r->y + i * (size_t)p->out[2];
        lwi_cpu_kernels()->pool_rows_f32(&job, p->what);
    }
}

static lw_status run_values(lwi_call *c, const pool *p) {
    running r = {.p = p, .x = c->in[0]->data, .y = c->out[0]->data};
    const size_t taps = (size_t)(p->kernel[0] * p->kernel[1] * p->kernel[2]);
    const size_t lines = (size_t)(p->out[0] * p->out[1]);
    const size_t work = (size_t)p->out[2] * p->channels * taps;
    if (!p->turned) {
        lwi_parallel(c, p->batch * lines, 1 + (1 << 15) / work, p->fn ? run_last : run_first, &r);
        return LW_OK;
    }
    const size_t size = (size_t)(p->image + p->in[2]) + lines * (size_t)p->out[2];
    LW_TRY(lwi_work_slots_make(c, TURNED * size * sizeof(float), &r.slots));
    lwi_parallel(c, (p->batch + TURNED - 1) / TURNED, 1 + (1 << 17) / (work * lines * TURNED),
                 run_turned, &r);
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const pool *p = c->prepared;
    const lw_value *x = c->in[0];
    if (c->out[0] && c->out[0]->count > 0) LW_TRY(run_values(c, p));
    if (c->n_out > 1 && c->out[1] && c->out[1]->count > 0) {
        lwi_window w;
        LW_TRY(lwi_pool_window(c, false, &w));
        return lwi_pool_indices(c, x, &w, lwi_attr_int(c->node, "storage_order", 0) != 0,
                                c->out[1]->data);
    }
    return LW_OK;
}

const void *lwi_pool_of(const lwi_cpu_step *step, int64_t *kernel, int64_t *stride,
                        int64_t *dilation, int64_t *begin) {
    const pool *p = step->run == run ? step->call.prepared : NULL;
    if (!p || !p->fn || p->turned || p->in[0] != 1 || p->kernel[0] != 1 || p->out[0] != 1 ||
        p->kernel[1] > LWI_POOL_ROWS_SEEN)
        return NULL;
    *kernel = p->kernel[1];
    *stride = p->stride[1];
    *dilation = p->dilation[1];
    *begin = p->begin[1];
    return p;
}

static bool fits(const lwi_call *c, bool last) {
    lwi_window w;
    const int rank = c->in[0]->rank - 2;
    if (rank < 1 || rank > 3 || lwi_pool_window(c, last, &w) != LW_OK) return false;
    int64_t rows = 1, reach = 0;
    for (int d = 0; d < rank - 1; d++)
        if (__builtin_mul_overflow(rows, w.kernel[d], &rows) || rows > MOST_ROWS) return false;
    if (last) return w.kernel[rank - 1] <= INT32_MAX;
    return w.stride[rank - 1] <= LWI_POOL_ROWS_STRIDE &&
           !__builtin_mul_overflow(w.kernel[rank - 1] - 1, w.dilation[rank - 1], &reach) &&
           reach < LWI_POOL_ROWS_REACH;
}

/* Small floats arrive as float32. */
static bool fits_first(const lwi_call *c) {
    const lw_dtype dtype = c->in[0]->dtype;
    return (dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype)) && fits(c, false);
}

/* One window that is the image: then there is a kernel for images (cpu_global_pool.c). */
static bool is_image(const lwi_call *c) {
    lwi_window w;
    if (c->in[0]->rank < 3 || lwi_pool_window(c, true, &w) != LW_OK) return false;
    for (int d = 0; d < w.rank; d++)
        if (w.kernel[d] != w.in[d] || w.dilation[d] != 1 || w.begin[d] || w.end[d]) return false;
    return true;
}

const lwi_kernel *lwi_cpu_last_global_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_global_max_pool_claim(const lwi_call *c);

#define PREPARE(NAME, WHAT, LAST)                                                                  \
    static lw_status NAME(lwi_call *c) { return prepare(c, LWI_POOL_ROWS_##WHAT, LAST); }
PREPARE(prepare_max, MAX, false)
PREPARE(prepare_average, MEAN, false)
PREPARE(prepare_l1, L1, false)
PREPARE(prepare_l2, L2, false)
PREPARE(prepare_last_max, MAX, true)
PREPARE(prepare_last_average, MEAN, true)

const lwi_kernel *lwi_cpu_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_max, run};
    return fits_first(c) ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_average, run};
    return fits_first(c) ? &kernel : NULL;
}

/* Other norms take powers. */
const lwi_kernel *lwi_cpu_lp_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_lp_pool_claim(const lwi_call *c) {
    static const lwi_kernel l1 = {prepare_l1, run}, l2 = {prepare_l2, run};
    const int64_t p = lwi_attr_int(c->node, "p", 2);
    if (!fits_first(c)) return NULL;
    return p == 1 ? &l1 : p == 2 ? &l2 : NULL;
}

const lwi_kernel *lwi_cpu_last_max_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_max_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_last_max, run};
    if (is_image(c)) return lwi_cpu_last_global_max_pool_claim(c);
    return fits(c, true) ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_last_average_pool_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_average_pool_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_last_average, run};
    if (is_image(c)) return lwi_cpu_last_global_average_pool_claim(c);
    return fits(c, true) ? &kernel : NULL;
}
