/* SPDX-License-Identifier: MIT
 * Winograd's algorithm for 3x3 kernels (kern/winograd_f32.h). A block of tiles is transformed, each
 * point is a matrix product [tiles, channels] x [channels, filters] that adds up the channels, and
 * the products are transformed back. Blocks are small enough for the second-level cache and large
 * enough that the weights, which are 16/9 or 36/9 as many as before, are not read too often. */
#include "backend/cpu/conv_plan.h"
#include "base/checked.h"
#include "ops/work_slots.h"

enum {
    /* Floats of transformed input and of products in a block of tiles. */
    BLOCK_IN = 160 << 10,
    BLOCK_OUT = 128 << 10,
    /* Floats between points, so that they do not all compete for the same places in the cache. */
    APART = 16,
    BLOCK_WEIGHTS = 128 << 10, /* and of weights, before and after they are transformed in a run */
    NEAR = 128 << 10, /* floats of transformed weights that stay in a cache from run to run */
    LEAST_TILES = 56, /* rows of the matrix products: four of the kernel's tiles */
    MOST_TILES = 112,
    FEW_TILES = 14, /* a tile of the kernel; of a thread, where too few filters are to share */
    FEW_WEIGHTS = 24 << 10, /* transformed ones, in floats */
    FEW_BLOCKS = 16,        /* of a thread: so few are made a multiple of the threads */
    SMALL = 1 << 21, /* products whose filters threads do not share: they would take as long to get
                        one another's lines of the output */
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }
static size_t round_up(size_t a, size_t b) { return divide_up(a, b) * b; }

typedef struct winograd {
    const lwi_conv_args *args;
    const lwi_conv_plan *plan;
    const lwi_kernels *kernels;
    lwi_work_slots slots;
    size_t size, points;            /* outputs of a tile along an axis */
    size_t tile_rows, tile_columns; /* of an image */
    size_t tiles, block, blocks;    /* of all images; in the largest block; blocks */
    size_t filter_block, filter_blocks, shares;
    size_t width, panel; /* of packed weights: filters, floats */
} winograd;

/* Floats from one point to the next, for n tiles. */
static size_t v_point(const winograd *w, size_t n) { return n * w->plan->channels + APART; }
static size_t m_point(size_t n, size_t filters) { return n * filters + APART; }

/* The place of a tile: image, first output row and column. */
typedef struct place {
    size_t image, row, column;
} place;

static place place_of(const winograd *w, size_t tile) {
    const size_t in_image = tile % (w->tile_rows * w->tile_columns);
    return (place){tile / (w->tile_rows * w->tile_columns), in_image / w->tile_columns * w->size,
                   in_image % w->tile_columns * w->size};
}

static int clip(int64_t v, size_t most) {
    return v < 0 ? 0 : v > (int64_t)most ? (int)most : (int)v;
}

static void transform_in(const winograd *w, size_t first, size_t n, float *v) {
    const lwi_conv_plan *p = w->plan;
    const lwi_conv_part *part = &p->parts[0];
    const int64_t pixel = (int64_t)p->channels;
    lwi_winograd_f32_in job = {.x_row = (size_t)(p->in[2] * pixel),
                               .x_pixel = (size_t)pixel,
                               .channels = p->channels,
                               .v_point = v_point(w, n)};
    lwi_winograd_f32_in_fn *fn =
        w->size == 2 ? w->kernels->winograd_f32_in_2 : w->kernels->winograd_f32_in_4;
    for (size_t t = 0; t < n; t++, v += p->channels) {
        const place at = place_of(w, first + t);
        const int64_t y = (int64_t)at.row - part->begin[1], x = (int64_t)at.column - part->begin[2];
        job.x = w->args->x + (((int64_t)at.image * p->in[1] + y) * p->in[2] + x) * pixel;
        job.top = clip(-y, w->size + 2);
        job.bottom = clip(p->in[1] - y, w->size + 2);
        job.left = clip(-x, w->size + 2);
        job.right = clip(p->in[2] - x, w->size + 2);
        job.v = v;
        fn(&job);
    }
}

/* Points [first, end): point i has its weights at u + i * u_point. A last panel of half a vector
 * has a kernel of its own. */
static void multiply(const winograd *w, size_t n, size_t filters, size_t first, size_t end,
                     const float *u, size_t u_point, const float *v, float *m) {
    const lwi_conv_plan *p = w->plan;
    const size_t rest = filters % w->width;
    const size_t few = rest <= w->kernels->few_columns_f32_half ? rest : 0;
    lwi_gemm_f32_job job = {.a_row = p->channels,
                            .segments = 1,
                            .length = p->channels,
                            .b_panel = w->panel,
                            .y_row = filters,
                            .rows = n,
                            .columns = filters - few,
                            .low = -INFINITY,
                            .high = INFINITY};
    for (size_t i = first; i < end; i++) {
        job.a = v + i * v_point(w, n);
        job.b = u + (i - first) * u_point;
        job.then = i + 1 < end ? job.b + u_point : NULL;
        job.y = m + i * m_point(n, filters);
        if (job.columns) w->kernels->gemm_f32(&job);
        if (few == 0) continue;
        lwi_gemm_f32_job last = job;
        last.columns = few;
        last.b += job.columns / w->width * w->panel;
        last.y += job.columns;
        w->kernels->few_columns_f32(&last);
    }
}

/* Weights are transformed into u, a row of points at a time: they are used while they are in the
 * second-level cache. */
static void multiply_in_run(const winograd *w, size_t n, size_t filter, size_t filters,
                            const float *v, float *m, float *u) {
    const size_t panels = divide_up(filters, w->width), each = w->size + 2;
    lwi_winograd_f32_weights job = {
        .channels = w->plan->channels, .width = w->width, .u_point = panels * w->panel};
    for (size_t row = 0; row < each; row++) {
        job.row = (int)row;
        for (size_t i = 0; i < panels; i++) {
            job.w = w->args->weights + (filter / w->width + i) * 9 * w->panel;
            job.u = u + i * w->panel;
            lwi_conv_winograd_weights(w->plan, &job);
        }
        multiply(w, n, filters, row * each, (row + 1) * each, u, job.u_point, v, m);
    }
}

static void multiply_all(const winograd *w, size_t n, size_t filter, size_t filters, const float *v,
                         float *m) {
    const size_t panels = divide_up(w->plan->filters, w->width);
    if (w->plan->in_run) {
        float *u = m + w->points * m_point(w->block, w->filter_block);
        multiply_in_run(w, n, filter, filters, v, m, u);
        return;
    }
    multiply(w, n, filters, 0, w->points, w->args->weights + filter / w->width * w->panel,
             panels * w->panel, v, m);
}

void lwi_conv_winograd_weights(const lwi_conv_plan *p, const lwi_winograd_f32_weights *job) {
    const lwi_kernels *k = lwi_cpu_kernels();
    (p->tile == 2 ? k->winograd_f32_weights_2 : k->winograd_f32_weights_4)(job);
}

static float clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

/* One output as a direct sum, in the order of ONNX's weights. */
static float direct_sum(const winograd *w, size_t image, int64_t row, int64_t column,
                        size_t filter) {
    const lwi_conv_plan *p = w->plan;
    const lwi_conv_part *part = &p->parts[0];
    const float *weights = (const float *)w->args->call->in[1]->data + filter * p->channels * 9;
    float sum = 0;
    for (int64_t k = 0; k < 9; k++) {
        const int64_t y = row - part->begin[1] + k / 3, x = column - part->begin[2] + k % 3;
        if (y < 0 || y >= p->in[1] || x < 0 || x >= p->in[2]) continue;
        const float *pixel =
            w->args->x + (((int64_t)image * p->in[1] + y) * p->in[2] + x) * (int64_t)p->channels;
        for (size_t c = 0; c < p->channels; c++)
            sum += pixel[c] * weights[c * 9 + (size_t)k];
    }
    return sum;
}

/* Infinities and NaN spread over a tile where a direct sum has finite results. */
static void redo_tile(const winograd *w, const place *at, size_t filter,
                      const lwi_winograd_f32_out *job) {
    for (int i = 0; i < job->rows; i++)
        for (int k = 0; k < job->columns; k++) {
            float *y = job->y + (size_t)i * job->y_row + (size_t)k * job->y_pixel;
            for (size_t f = 0; f < job->channels; f++) {
                const float sum = direct_sum(w, at->image, (int64_t)at->row + i,
                                             (int64_t)at->column + k, filter + f);
                y[f] = clamp(job->bias ? sum + job->bias[f] : sum, job->low, job->high);
            }
        }
}

static void transform_out(const winograd *w, size_t first, size_t n, size_t filter, size_t filters,
                          const float *m) {
    const lwi_conv_plan *p = w->plan;
    const size_t pixel = p->filters, row = (size_t)p->out[2] * pixel;
    lwi_winograd_f32_out job = {.m_point = m_point(n, filters),
                                .channels = filters,
                                .bias = w->args->bias ? w->args->bias + filter : NULL,
                                .y_row = row,
                                .y_pixel = pixel,
                                .low = p->low,
                                .high = p->high};
    lwi_winograd_f32_out_fn *fn =
        w->size == 2 ? w->kernels->winograd_f32_out_2 : w->kernels->winograd_f32_out_4;
    for (size_t t = 0; t < n; t++, m += filters) {
        const place at = place_of(w, first + t);
        const size_t y = (at.image * (size_t)p->out[1] + at.row) * (size_t)p->out[2] + at.column;
        job.m = m;
        job.y = w->args->y + y * pixel + filter;
        job.rows = (int)smaller(w->size, (size_t)p->out[1] - at.row);
        job.columns = (int)smaller(w->size, (size_t)p->out[2] - at.column);
        if (fn(&job)) redo_tile(w, &at, filter, &job);
    }
}

/* The epilogue, on the rows of outputs that the tiles of a block have in common. */
static void finish(const winograd *w, size_t first, size_t n, size_t filter, size_t filters) {
    const lwi_conv_plan *p = w->plan;
    if (!p->epilogue.active) return;
    for (size_t t = 0; t < n;) {
        const place at = place_of(w, first + t);
        const size_t tiles = smaller(n - t, w->tile_columns - at.column / w->size);
        const size_t columns = smaller(tiles * w->size, (size_t)p->out[2] - at.column);
        const size_t rows = smaller(w->size, (size_t)p->out[1] - at.row);
        for (size_t r = 0; r < rows; r++) {
            const size_t y =
                (at.image * (size_t)p->out[1] + at.row + r) * (size_t)p->out[2] + at.column;
            lwi_epilogue_apply(&p->epilogue, w->args->call, w->args->y + y * p->filters + filter,
                               p->filters, y, filter, columns, filters);
        }
        t += tiles;
    }
}

static void run_items(void *arg, size_t begin, size_t end) {
    winograd *w = arg;
    const lwi_conv_plan *p = w->plan;
    unsigned slot = 0;
    float *v = lwi_work_slots_take(&w->slots, &slot);
    float *m = v + w->points * v_point(w, w->block);
    size_t transformed = SIZE_MAX;
    for (size_t i = begin; i < end; i++) {
        const size_t share = i % w->shares, k = i / w->shares, blocks = w->filter_blocks;
        const size_t first = lwi_part_begin(w->tiles, k, w->blocks);
        const size_t n = lwi_part_begin(w->tiles, k + 1, w->blocks) - first;
        if (first != transformed) transform_in(w, first, n, v);
        transformed = first;
        for (size_t b = blocks * share / w->shares; b < blocks * (share + 1) / w->shares; b++) {
            const size_t filter = b * w->filter_block;
            const size_t filters = smaller(w->filter_block, p->filters - filter);
            multiply_all(w, n, filter, filters, v, m);
            transform_out(w, first, n, filter, filters, m);
            finish(w, first, n, filter, filters);
        }
    }
    lwi_work_slots_give(&w->slots, slot);
}

static size_t tiles_of(const lwi_conv_plan *p) {
    return p->batch * divide_up((size_t)p->out[1], p->tile) * divide_up((size_t)p->out[2], p->tile);
}

static size_t most_tiles(const lwi_conv_plan *p) {
    const size_t points = (p->tile + 2) * (p->tile + 2);
    const size_t block = BLOCK_IN / (points * p->channels) / 14 * 14;
    return block < LEAST_TILES ? LEAST_TILES : smaller(block, MOST_TILES);
}

/* Many weights that are used for one block of tiles are transformed as often as they would be read
 * from memory. */
bool lwi_conv_winograd_in_run(const lwi_conv_plan *p) {
    const size_t points = (p->tile + 2) * (p->tile + 2);
    return points * p->channels * p->filters > NEAR && tiles_of(p) <= most_tiles(p);
}

static size_t weights_floats(const winograd *w) {
    return w->plan->in_run ? (w->size + 2) * w->plan->channels * w->filter_block : 0;
}

/* Whether weights are more than what they are multiplied with: threads that share filters read them
 * once, threads that share tiles transform those once. */
static bool is_heavy(const winograd *w) {
    const size_t channels = w->plan->channels, filters = w->plan->filters;
    return channels * filters > w->tiles * (channels + filters);
}

static bool is_small(const winograd *w) {
    return w->points * w->tiles * w->plan->channels * w->plan->filters < SMALL;
}

static void share_filters(winograd *w, size_t threads) {
    const size_t most = divide_up(divide_up(w->plan->filters, 2 * threads), w->width) * w->width;
    w->filter_block = smaller(w->filter_block, most);
    w->filter_blocks = divide_up(w->plan->filters, w->filter_block);
    w->shares = smaller(w->filter_blocks, 2 * threads);
}

/* Blocks of tiles, two a thread if they are large enough. */
static size_t share_tiles(const winograd *w, size_t threads) {
    const size_t wanted = w->tiles < 2 * threads * 2 * FEW_TILES ? threads : 2 * threads;
    return smaller(wanted, divide_up(w->tiles, FEW_TILES));
}

/* Few tiles with few weights have the smallest blocks, so that they use little of the cache in
 * which the weights of other layers lie. */
static bool is_few(const winograd *w) {
    const lwi_conv_plan *p = w->plan;
    return w->tiles <= LEAST_TILES && w->points * p->channels * p->filters <= FEW_WEIGHTS;
}

static void cut(winograd *w, size_t threads) {
    const lwi_conv_plan *p = w->plan;
    size_t block = is_few(w) ? FEW_TILES : most_tiles(p);
    size_t blocks = divide_up(w->tiles, block);
    w->filter_block = BLOCK_OUT / (w->points * block) / w->width * w->width;
    if (w->filter_block < 2 * w->width) w->filter_block = 2 * w->width;
    if (p->in_run) {
        const size_t most = BLOCK_WEIGHTS / ((w->size + 11) * p->channels) / w->width * w->width;
        w->filter_block = most < w->width ? w->width : smaller(w->filter_block, most);
    }
    w->filter_blocks = divide_up(p->filters, w->filter_block);
    w->shares = 1;
    if (is_heavy(w) && is_small(w)) threads = 1;
    if (threads > 1 && blocks < 2 * threads) {
        if (is_heavy(w)) share_filters(w, threads);
        if (blocks * w->shares < threads || !is_heavy(w)) blocks = share_tiles(w, threads);
    }
    if (w->shares == 1 && blocks < FEW_BLOCKS * threads) blocks = round_up(blocks, threads);
    w->blocks = smaller(blocks, w->tiles);
    w->block = divide_up(w->tiles, w->blocks);
}

lw_status lwi_conv_winograd_run(const lwi_conv_args *a) {
    const lwi_conv_plan *p = a->plan;
    winograd w = {.args = a, .plan = p, .kernels = lwi_cpu_kernels(), .size = p->tile};
    w.points = (p->tile + 2) * (p->tile + 2);
    w.tile_rows = divide_up((size_t)p->out[1], p->tile);
    w.tile_columns = divide_up((size_t)p->out[2], p->tile);
    w.tiles = tiles_of(p);
    w.width = w.kernels->gemm_f32_columns;
    w.panel = p->channels * w.width;
    cut(&w, (size_t)a->call->host->threads(a->call->state));
    const size_t floats =
        w.points * (v_point(&w, w.block) + m_point(w.block, w.filter_block)) + weights_floats(&w);
    LW_TRY(lwi_work_slots_make(a->call, floats * sizeof(float), &w.slots));
    lwi_parallel(a->call, w.blocks * w.shares, 1, run_items, &w);
    return LW_OK;
}
