/* SPDX-License-Identifier: MIT
 * Convolution as matrix products that read the input where it is: with the channels last, a row of
 * the kernel sees one run of the input (one for each element if it is dilated or there are groups),
 * so a row of the output is the product of a matrix made of such runs with the packed weights.
 *
 * Where the kernel reaches over the border, the rows of the input that a block of output rows needs
 * are copied with the padding around them; that costs one pass over them, which every filter uses.
 * Weights are read block by block, so that a block stays in the second-level cache while all rows
 * see it. The sum over the kernel is cut at places that depend on its shape only. */
#include "backend/cpu/conv_plan.h"
#include "base/checked.h"
#include "ops/work_slots.h"

#include <string.h>

enum {
    /* Floats of the second-level cache (1 MiB) for the copy, and for a block of weights. */
    COPY = 96 << 10,
    WEIGHTS = 96 << 10,
    /* Of the first-level cache, for rows of the input where few weights stay there too. */
    NEAR = 8 << 10,
    /* The sum over the kernel is cut so that the rows of a tile stay in the first-level cache. */
    LONGEST = 768,
    LEAST_ROWS = 28, /* of the matrix, for which weights are read once */
    /* Rows of outputs shorter than this, with so many filters, are put together: what each output
     * sees is gathered in a row of its own, in at most so many floats for a block. */
    SHORT_ROW = 12,
    SOME_FILTERS = 64,
    PATCHES = 256 << 10,
    LARGEST_PATCH = 24 << 10, /* where a copy would be larger still */
    FULL = 16,                /* floats of a vector */
    /* Channels and filters for which float16 pays, floats between its rows. */
    HALF_CHANNELS = 64,
    HALF_FILTERS = 64,
    HALF_PADDING = 16,
    /* Multiplications of a task: with fewer, what two threads read of each other's costs more. */
    TASK = 1 << 18,
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static int64_t smaller_int(int64_t a, int64_t b) { return a < b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }

/* -------------------------------------------------------------------- plan */

/* Input pixels along axis a from the first to the last that n outputs see. */
static int64_t reach(const lwi_conv_part *p, int a, int64_t n) {
    return (n - 1) * p->stride[a] + (p->kernel[a] - 1) * p->dilation[a] + 1;
}

static bool inside(const lwi_conv_plan *v, const lwi_conv_part *p) {
    for (int a = 0; a < 3; a++)
        if (p->begin[a] > 0 || reach(p, a, p->out[a]) - p->begin[a] > v->in[a]) return false;
    return true;
}

static bool is_one(const int64_t v[3]) { return v[0] == 1 && v[1] == 1 && v[2] == 1; }

/* Whether an output sees the input through element k of the kernel, and not only padding. */
static bool sees(const lwi_conv_plan *v, const lwi_conv_part *p, int a, int64_t k) {
    const int64_t from = k * p->dilation[a] - p->begin[a], stride = p->stride[a];
    const int64_t first = from < 0 ? (stride - 1 - from) / stride : 0;
    return first < p->out[a] && from + first * stride < v->in[a];
}

/* Elements at the ends of the kernel that see nothing but padding are left out: a kernel whose
 * dilation is larger than the picture is its middle. */
static void crop_kernel(const lwi_conv_plan *v, lwi_conv_part *p) {
    for (int a = 0; a < 3; a++) {
        while (p->kernel[a] > 1 && !sees(v, p, a, p->kernel[a] - 1))
            p->kernel[a]--;
        while (p->kernel[a] > 1 && !sees(v, p, a, 0)) {
            p->kernel[a]--;
            p->tap_first[a] += p->tap_step[a];
            p->begin[a] -= p->dilation[a];
        }
    }
}

/* Every output sees the pixel at its own place: all pixels of all images are one long row. */
static void join_pixels(lwi_conv_plan *v) {
    lwi_conv_part *p = &v->parts[0];
    if (v->n_parts > 1 || !is_one(p->kernel) || !is_one(p->stride) || !inside(v, p) ||
        memcmp(p->out, v->in, sizeof p->out) != 0)
        return;
    const int64_t row[3] = {1, 1, (int64_t)(v->batch * lwi_conv_taps(v->in))};
    v->batch = 1;
    memcpy(v->in, row, sizeof row);
    memcpy(v->out, row, sizeof row);
    memcpy(p->out, row, sizeof row);
}

/* Floats of the input that one output sees, in all groups. */
static int64_t patch(const lwi_conv_plan *v, const lwi_conv_part *p) {
    return (int64_t)(lwi_conv_taps(p->kernel) * lwi_conv_x_pixel(v));
}

/* Rows of the output that a copy of what they see and all that lies between has room for. */
static int64_t rows_of_copy(const lwi_conv_plan *v, const lwi_conv_part *p) {
    const int64_t row = reach(p, 2, p->out[2]) * p->kernel[0] * (int64_t)lwi_conv_x_pixel(v);
    const int64_t rows = (COPY / row - reach(p, 1, 1)) / p->stride[1] + 1;
    return rows < 1 ? 1 : smaller_int(rows, p->out[1]);
}

/* The rows that a dilated kernel sees lie so far apart that such a copy would be more than what the
 * outputs see. */
static bool is_scattered(const lwi_conv_plan *v, const lwi_conv_part *p) {
    const int64_t rows = rows_of_copy(v, p);
    return reach(p, 1, rows) * reach(p, 2, p->out[2]) >
           rows * p->out[2] * p->kernel[1] * p->kernel[2];
}

/* The same for whole rows. */
static bool has_rows_apart(const lwi_conv_plan *v, const lwi_conv_part *p) {
    const int64_t rows = rows_of_copy(v, p);
    return reach(p, 1, rows) > rows * p->kernel[1];
}

/* How much of the output is made from one copy (or from one part of the input). */
static void plan_blocks(const lwi_conv_plan *v, lwi_conv_part *p) {
    const size_t depth = smaller(v->channels * (size_t)p->kernel[2], LONGEST);
    const int64_t pixel =
        (int64_t)(p->in_place ? smaller(lwi_conv_x_pixel(v), depth) : lwi_conv_x_pixel(v));
    const int64_t column = p->gather ? patch(v, p)
                                     : p->stride[2] * p->kernel[0] *
                                           (p->apart ? p->kernel[1] : reach(p, 1, 1)) * pixel;
    const bool few = v->channels * v->filters <= NEAR && is_one(p->kernel) && p->in_place;
    const int64_t most = p->gather && !is_one(p->kernel) ? PATCHES : few ? NEAR : COPY;
    p->block_rows = 1;
    p->block_columns = most / column / LEAST_ROWS * LEAST_ROWS;
    if (p->block_columns < LEAST_ROWS) p->block_columns = LEAST_ROWS;
    if (p->block_columns < p->out[2]) return;
    p->block_columns = p->out[2];
    if (p->gather) p->block_rows = most / (column * p->out[2]);
    else if (!p->apart)
        p->block_rows = (most / (reach(p, 2, p->out[2]) * p->kernel[0] * pixel) - reach(p, 1, 1)) /
                            p->stride[1] +
                        1;
    if (p->block_rows < 1) p->block_rows = 1;
    p->block_rows = smaller_int(p->out[1], p->block_rows);
}

static bool wants_patches(const lwi_conv_plan *v, const lwi_conv_part *p) {
    if (v->groups != 1 || v->kind != LWI_CONV_DIRECT || v->filters < SOME_FILTERS || v->planes)
        return false;
    return (p->out[2] < SHORT_ROW && patch(v, p) <= PATCHES / LEAST_ROWS) ||
           (is_scattered(v, p) && patch(v, p) <= LARGEST_PATCH);
}

static void plan_copy(const lwi_conv_plan *v, lwi_conv_part *p) {
    const bool inner = inside(v, p), single = is_one(p->kernel) && inner;
    const bool plain = is_one(p->y_step);
    p->gather = plain && (single ? !is_one(p->stride) : wants_patches(v, p));
    p->in_place = inner && !p->gather;
    p->apart = !p->in_place && !p->gather && has_rows_apart(v, p);
    plan_blocks(v, p);
    if (p->in_place) {
        memcpy(p->copy, v->in, sizeof p->copy);
        return;
    }
    p->copy[0] = p->gather ? (int64_t)lwi_conv_taps(p->kernel) : p->kernel[0];
    p->copy[1] = p->gather ? p->block_rows : p->apart ? p->kernel[1] : reach(p, 1, p->block_rows);
    p->copy[2] = p->gather ? p->block_columns : reach(p, 2, p->block_columns);
}

/* Taps of a row of the kernel are one run if nothing lies between them. */
static void plan_runs(const lwi_conv_plan *v, lwi_conv_part *p, int64_t *offsets) {
    const bool whole = v->groups == 1 && p->dilation[2] == 1;
    const int64_t pixel = (int64_t)lwi_conv_x_pixel(v), steps = whole ? 1 : p->kernel[2];
    const int64_t slice = p->in_place ? p->dilation[0] : 1, row = p->apart ? 1 : p->dilation[1];
    p->run = v->channels * (size_t)(whole ? p->kernel[2] : 1);
    p->runs = 0;
    p->offsets = offsets;
    if (p->gather) {
        p->run = v->channels * lwi_conv_taps(p->kernel);
        offsets[p->runs++] = 0;
        return;
    }
    for (int64_t d = 0; d < p->kernel[0]; d++)
        for (int64_t h = 0; h < p->kernel[1]; h++)
            for (int64_t w = 0; w < steps; w++)
                offsets[p->runs++] =
                    ((d * slice * p->copy[1] + h * row) * p->copy[2] + w * p->dilation[2]) * pixel;
}

static void plan_filters(const lwi_conv_plan *v, lwi_conv_part *p) {
    const size_t width = lwi_cpu_kernels()->gemm_f32_columns;
    const size_t depth = p->runs * p->run, block = depth < LONGEST ? depth : LONGEST;
    const size_t most = WEIGHTS / (block ? block : 1) / width * width;
    const size_t blocks = divide_up(v->filters, most < 2 * width ? 2 * width : most);
    p->filter_block = divide_up(divide_up(v->filters, blocks), width) * width;
}

void lwi_conv_direct_plan(lwi_conv_plan *v, int64_t *offsets) {
    if (!v->transposed && lwi_conv_taps(v->out)) crop_kernel(v, &v->parts[0]);
    join_pixels(v);
    for (size_t i = 0; i < v->n_parts; i++) {
        lwi_conv_part *p = &v->parts[i];
        if (lwi_conv_taps(p->kernel) == 0 || lwi_conv_taps(p->out) == 0) continue;
        plan_copy(v, p);
        plan_runs(v, p, offsets);
        plan_filters(v, p);
        offsets += p->runs;
    }
}

/* Rows of the product are pixels then, and each is rounded once. */
bool lwi_conv_direct_fits_halves(const lwi_conv_plan *v) {
    const lwi_conv_part *p = &v->parts[0];
    return v->kind == LWI_CONV_DIRECT && !v->transposed && v->n_parts == 1 && v->groups == 1 &&
           v->joined == 1 && is_one(p->kernel) && (p->gather || p->in_place) &&
           v->channels >= HALF_CHANNELS && v->filters >= HALF_FILTERS;
}

/* --------------------------------------------------------------------- run */

typedef struct direct {
    const lwi_conv_args *args;
    const lwi_conv_part *part;
    lwi_gemm_f32_fn *multiply;
    lwi_work_slots slots;
    size_t filter_block;
    size_t row_blocks, column_blocks; /* of a slice */
    size_t filter_blocks, shares;     /* blocks of all groups; shares that threads take of them */
    size_t panel;                     /* floats from one panel of weights to the next */
    size_t width;                     /* of a panel */
    size_t first;                     /* the pixel of the output that args->y begins with */
} direct;

/* Whole sums of few filters have tiles of more rows. */
lwi_gemm_f32_fn *lwi_conv_direct_kernel(const lwi_conv_plan *v, const lwi_conv_part *p) {
    const lwi_kernels *k = lwi_cpu_kernels();
    if (v->kind == LWI_CONV_DOT) return k->dot_f32;
    if (v->halves) return k->gemm_f16;
    return v->filters <= k->few_columns_f32_most && p->runs * p->run <= LONGEST ? k->few_columns_f32
                                                                                : k->gemm_f32;
}

/* Rows of the output, or some columns of a row, that are made together. */
typedef struct block {
    int64_t image, slice, row, rows, column, columns;
    const float *x; /* what the first output's kernel sees first */
    size_t x_row;   /* from one row of outputs to the next */
    size_t pixel;   /* from one output to the next */
} block;

/* Where a row of the input begins, or that of its first channel. */
static const float *input_row(const direct *d, int64_t image, int64_t z, int64_t y) {
    const lwi_conv_plan *v = d->args->plan;
    const int64_t row = (z * v->in[1] + y) * v->in[2], pixel = (int64_t)lwi_conv_x_pixel(v);
    const int64_t size = (int64_t)lwi_conv_taps(v->in) * pixel;
    return d->args->x + image * size + (v->planes ? row : row * pixel);
}

/* Pixels [first, first + n) of a row. */
static void copy_pixels(const lwi_conv_plan *v, const float *x, int64_t first, int64_t n,
                        float *to) {
    const size_t pixel = lwi_conv_x_pixel(v);
    if (v->planes)
        lwi_cpu_kernels()->transpose_f32(x + first, lwi_conv_taps(v->in), to, pixel, pixel,
                                         (size_t)n);
    else memcpy(to, x + first * (int64_t)pixel, (size_t)n * pixel * sizeof *to);
}

static void copy_row(const lwi_conv_plan *v, const lwi_conv_part *p, const block *b, const float *x,
                     float *to) {
    const int64_t pixel = (int64_t)lwi_conv_x_pixel(v), width = reach(p, 2, b->columns);
    const int64_t pad = p->begin[2] - b->column * p->stride[2];
    const int64_t low = smaller_int(pad > 0 ? pad : 0, width);
    int64_t high = smaller_int(v->in[2] + pad, width);
    if (high < low) high = low;
    memset(to, 0, (size_t)(low * pixel) * sizeof *to);
    if (low < high) copy_pixels(v, x, low - pad, high - low, to + low * pixel);
    memset(to + high * pixel, 0, (size_t)((width - high) * pixel) * sizeof *to);
}

/* What a row of the kernel sees: pixels x, x + dilation ... of a row of the input, or of the
 * padding if there is no such row. */
static void gather_row(const lwi_conv_plan *v, const lwi_conv_part *p, const float *row, int64_t x,
                       float *to) {
    const int64_t pixel = (int64_t)lwi_conv_x_pixel(v);
    const size_t bytes = (size_t)pixel * sizeof *to;
    const int64_t last = x + (p->kernel[2] - 1) * p->dilation[2];
    if (row && p->dilation[2] == 1 && x >= 0 && last < v->in[2]) {
        memcpy(to, row + x * pixel, bytes * (size_t)p->kernel[2]);
        return;
    }
    for (int64_t k = 0; k < p->kernel[2]; k++, x += p->dilation[2], to += pixel)
        if (row && x >= 0 && x < v->in[2]) memcpy(to, row + x * pixel, bytes);
        else memset(to, 0, bytes);
}

/* Gathers what each output of a block sees. */
static void gather_patches(const direct *d, const block *b, float *to) {
    const lwi_conv_plan *v = d->args->plan;
    const lwi_conv_part *p = d->part;
    const int64_t pixel = (int64_t)lwi_conv_x_pixel(v), size = p->kernel[2] * pixel;
    for (int64_t i = 0; i < b->rows * b->columns; i++) {
        const int64_t top = (b->row + i / b->columns) * p->stride[1] - p->begin[1];
        const int64_t left = (b->column + i % b->columns) * p->stride[2] - p->begin[2];
        for (int64_t k = 0; k < p->kernel[0] * p->kernel[1]; k++, to += size) {
            const int64_t slice = k / p->kernel[1], y = top + k % p->kernel[1] * p->dilation[1];
            const int64_t z = b->slice * p->stride[0] - p->begin[0] + slice * p->dilation[0];
            const bool there = z >= 0 && z < v->in[0] && y >= 0 && y < v->in[1];
            const int64_t row = ((b->image * v->in[0] + z) * v->in[1] + y) * v->in[2];
            gather_row(v, p, there ? d->args->x + row * pixel : NULL, left, to);
        }
    }
}

/* Copies the rows of the input that a block sees. */
static void copy_rows(const direct *d, const block *b, float *to) {
    const lwi_conv_plan *v = d->args->plan;
    const lwi_conv_part *p = d->part;
    const int64_t pixel = (int64_t)lwi_conv_x_pixel(v), size = p->copy[2] * pixel;
    for (int64_t s = 0; s < p->copy[0]; s++) {
        const int64_t z = b->slice * p->stride[0] - p->begin[0] + s * p->dilation[0];
        const int64_t rows = p->apart ? p->kernel[1] : reach(p, 1, b->rows);
        for (int64_t r = 0; r < rows; r++) {
            const int64_t step = p->apart ? p->dilation[1] : 1;
            const int64_t y = b->row * p->stride[1] - p->begin[1] + r * step;
            float *row = to + (s * p->copy[1] + r) * size;
            if (z < 0 || z >= v->in[0] || y < 0 || y >= v->in[1])
                memset(row, 0, (size_t)size * sizeof *row);
            else copy_row(v, p, b, input_row(d, b->image, z, y), row);
        }
    }
}

static size_t half_row(const lwi_conv_plan *v) { return v->channels + HALF_PADDING; }

/* Pixels of the block in float16, each with its exponent behind it. */
static void round_pixels(const direct *d, block *b, float *to) {
    const lwi_kernels *k = lwi_cpu_kernels();
    const size_t n = d->args->plan->channels, row = half_row(d->args->plan);
    float *const start = to;
    for (int64_t r = 0; r < b->rows; r++)
        for (int64_t c = 0; c < b->columns; c++, to += row) {
            const float *x = b->x + (size_t)r * b->x_row + (size_t)c * b->pixel;
            to[n] = k->exponent_f16(x, n);
            k->double_f16(x, n, to[n], to);
        }
    b->x = start;
    b->pixel = row;
    b->x_row = (size_t)b->columns * row;
}

static void find_rows(const direct *d, block *b, float *copy) {
    const lwi_conv_plan *v = d->args->plan;
    const lwi_conv_part *p = d->part;
    const int64_t pixel = (int64_t)lwi_conv_x_pixel(v);
    b->x_row = (size_t)(p->stride[1] * p->copy[2] * pixel);
    b->x = copy;
    if (p->gather) gather_patches(d, b, copy);
    else if (!p->in_place) copy_rows(d, b, copy);
    if (!p->in_place) return;
    const int64_t z = b->slice * p->stride[0] - p->begin[0];
    const int64_t y = b->row * p->stride[1] - p->begin[1];
    b->x = d->args->x + (((b->image * v->in[0] + z) * v->in[1] + y) * v->in[2] +
                         b->column * p->stride[2] - p->begin[2]) *
                            pixel;
}

static size_t copy_floats(const lwi_conv_plan *v, const lwi_conv_part *p) {
    return p->in_place ? 0 : lwi_conv_taps(p->copy) * lwi_conv_x_pixel(v);
}

static void find_input(const direct *d, block *b, float *copy) {
    const lwi_conv_plan *v = d->args->plan;
    const lwi_conv_part *p = d->part;
    find_rows(d, b, copy);
    b->pixel = p->gather ? (size_t)patch(v, p) : (size_t)p->stride[2] * lwi_conv_x_pixel(v);
    if (p->gather) b->x_row = (size_t)b->columns * b->pixel;
    if (v->halves) round_pixels(d, b, copy + copy_floats(v, p));
}

/* Part of the sum over the kernel: some runs, or a piece of one. */
typedef struct piece {
    size_t run, runs, first, length;
    bool begins, ends; /* the sum */
} piece;

static bool next_piece(const lwi_conv_plan *v, const lwi_conv_part *p, piece *k) {
    /* Dot products keep nothing of the weights near, and it costs to end one. */
    const size_t longest = v->kind == LWI_CONV_DOT || v->halves ? SIZE_MAX : LONGEST;
    k->begins = k->runs == 0;
    if (k->ends) return false;
    if (p->run > longest) {
        const size_t length = divide_up(p->run, divide_up(p->run, longest));
        k->first += k->length;
        if (k->runs && k->first == p->run) {
            k->first = 0;
            k->run++;
        }
        k->runs = 1;
        k->length = smaller(length, p->run - k->first);
        k->ends = k->run + 1 == p->runs && k->first + k->length == p->run;
        return true;
    }
    const size_t runs = divide_up(p->runs, divide_up(p->runs * p->run, longest));
    k->run += k->runs;
    k->runs = smaller(runs, p->runs - k->run);
    k->length = p->run;
    k->ends = k->run + k->runs == p->runs;
    return true;
}

/* The outputs of a block for one block of filters. */
static void multiply_block(const direct *d, const block *b, size_t unit) {
    const lwi_conv_args *args = d->args;
    const lwi_conv_plan *v = args->plan;
    const lwi_conv_part *p = d->part;
    const size_t blocks = d->filter_blocks / v->groups, group = unit / blocks;
    const size_t first = unit % blocks * d->filter_block, filter = group * v->filters + first;
    const size_t y_pixel = lwi_conv_y_pixel(v);
    const int64_t z = p->y_first[0] + b->slice * p->y_step[0];
    lwi_gemm_f32_job job = {
        .a_row = b->pixel,
        .b_panel = d->panel,
        .y_row = (size_t)p->y_step[2] * y_pixel,
        .rows = (size_t)(p->gather ? b->rows * b->columns : b->columns),
        .columns = smaller(d->filter_block, v->filters - first),
    };
    const float *weights = args->weights + p->weights +
                           group * d->panel * divide_up(v->filters, d->width) +
                           first / d->width * d->panel;
    for (piece k = {0}; next_piece(v, p, &k);) {
        job.segments = k.runs;
        job.length = k.length;
        job.offsets = p->offsets + k.run;
        job.b = weights + (k.run * p->run + k.first) * d->width;
        if (v->halves) job.b_exponents = weights + lwi_f16_rows(k.length);
        job.then = k.ends ? NULL : job.b + k.runs * k.length * d->width;
        job.bias = k.begins && args->bias ? args->bias + filter : NULL;
        job.add = !k.begins;
        job.low = k.ends ? v->low : -INFINITY;
        job.high = k.ends ? v->high : INFINITY;
        for (int64_t r = 0; r < (p->gather ? 1 : b->rows); r++) {
            const int64_t y = p->y_first[1] + (b->row + r) * p->y_step[1];
            const int64_t x = p->y_first[2] + b->column * p->y_step[2];
            const int64_t place = ((b->image * v->out[0] + z) * v->out[1] + y) * v->out[2] + x;
            job.a = b->x + (size_t)r * b->x_row + group * v->channels + k.first;
            if (v->halves) {
                job.a_exponents = job.a + v->channels;
                job.a_exponent = job.a_row;
            }
            job.y = args->y + ((size_t)place - d->first) * y_pixel + filter;
            const bool ends = k.ends && is_one(p->y_step);
            const bool joined =
                ends && (v->halves || d->multiply == lwi_cpu_kernels()->gemm_f32) &&
                lwi_epilogue_join(&v->epilogue, args->call, (size_t)place, filter, &job);
            d->multiply(&job);
            if (ends && !joined)
                lwi_epilogue_apply(&v->epilogue, args->call, job.y, job.y_row, (size_t)place,
                                   filter, job.rows, job.columns);
        }
    }
}

/* Part i of an axis in parts whose sizes differ by at most one. */
static void cut_axis(int64_t size, size_t parts, size_t i, int64_t *first, int64_t *n) {
    *first = (int64_t)lwi_part_begin((size_t)size, i, parts);
    *n = (int64_t)lwi_part_begin((size_t)size, i + 1, parts) - *first;
}

static void find_block(const direct *d, size_t place, block *b) {
    const lwi_conv_part *p = d->part;
    cut_axis(p->out[2], d->column_blocks, place % d->column_blocks, &b->column, &b->columns);
    place /= d->column_blocks;
    cut_axis(p->out[1], d->row_blocks, place % d->row_blocks, &b->row, &b->rows);
    place /= d->row_blocks;
    b->slice = (int64_t)place % p->out[0];
    b->image = (int64_t)place / p->out[0];
}

static void run_items(void *arg, size_t begin, size_t end) {
    direct *d = arg;
    unsigned slot = 0;
    float *copy = lwi_work_slots_take(&d->slots, &slot);
    size_t copied = SIZE_MAX;
    block b = {0};
    for (size_t i = begin; i < end; i++) {
        const size_t share = i % d->shares, place = i / d->shares, n = d->filter_blocks;
        if (place != copied) {
            find_block(d, place, &b);
            find_input(d, &b, copy);
            copied = place;
        }
        for (size_t u = n * share / d->shares; u < n * (share + 1) / d->shares; u++)
            multiply_block(d, &b, u);
    }
    lwi_work_slots_give(&d->slots, slot);
}

/* No element of the kernel meets these outputs. */
static void fill_part(const lwi_conv_args *a, const lwi_conv_part *p) {
    const lwi_conv_plan *v = a->plan;
    const size_t filters = lwi_conv_y_pixel(v), n = v->batch * lwi_conv_taps(p->out);
    for (size_t i = 0; i < n; i++) {
        int64_t at[3];
        lwi_window_index(3, p->out, i % lwi_conv_taps(p->out), at);
        int64_t place = (int64_t)(i / lwi_conv_taps(p->out));
        for (int d = 0; d < 3; d++)
            place = place * v->out[d] + p->y_first[d] + at[d] * p->y_step[d];
        float *y = a->y + (size_t)place * filters;
        for (size_t f = 0; f < filters; f++) {
            const float bias = a->bias ? a->bias[f] : 0;
            y[f] = bias < v->low ? v->low : bias > v->high ? v->high : bias;
        }
    }
}

static void cut_filters(direct *d, size_t wanted) {
    const lwi_conv_plan *v = d->args->plan;
    const size_t cut = divide_up(divide_up(v->filters, wanted), d->width) * d->width;
    if (cut < d->filter_block) d->filter_block = cut;
    d->filter_blocks = v->groups * divide_up(v->filters, d->filter_block);
    d->shares = smaller(wanted, d->filter_blocks);
}

static size_t padded_filters(const direct *d, size_t width) {
    const lwi_conv_plan *v = d->args->plan;
    return v->groups * divide_up(v->filters, width) * width;
}

/* Multiplications, with those that fill vectors. */
static size_t work_of(const direct *d) {
    const lwi_conv_part *p = d->part;
    const size_t filters = padded_filters(d, d->width > 1 ? d->width : FULL);
    return d->args->plan->batch * lwi_conv_taps(p->out) * filters * p->runs * p->run;
}

/* Whether weights are more than what is read and written: threads that share filters read them
 * once, threads that share rows leave what they wrote where they read it next. */
static bool is_heavy(const direct *d) {
    const lwi_conv_plan *v = d->args->plan;
    const size_t filters = padded_filters(d, d->width);
    const size_t pixels = v->batch * lwi_conv_taps(d->part->out);
    return filters * d->part->runs * d->part->run >
           pixels * (lwi_conv_x_pixel(v) + lwi_conv_y_pixel(v));
}

/* Of so few blocks, each thread gets as many as the others. */
static void deal_evenly(direct *d, size_t others, size_t threads) {
    enum { FEW_BLOCKS = 16 };
    const size_t places = others * d->row_blocks * d->column_blocks;
    size_t *const blocks = d->row_blocks > 1 ? &d->row_blocks : &d->column_blocks;
    const size_t even = divide_up(*blocks, threads) * threads;
    const size_t most = (size_t)d->part->out[d->row_blocks > 1 ? 1 : 2];
    if (places % threads && places < FEW_BLOCKS * threads && even <= most) *blocks = even;
}

/* Several threads share filters if those are heavy, or rows, as long as each block has enough of
 * them, or else columns (all pixels are one row if the kernel is 1 x 1), or filters. */
static void share_out(direct *d, size_t threads) {
    const lwi_conv_part *p = d->part;
    const size_t rows = (size_t)p->out[1], columns = (size_t)p->out[2];
    const size_t others = d->args->plan->batch * (size_t)p->out[0];
    d->column_blocks = divide_up(columns, (size_t)p->block_columns);
    d->row_blocks = divide_up(rows, (size_t)p->block_rows);
    const size_t places = others * d->row_blocks * d->column_blocks, wanted = 2 * threads;
    d->shares = 1;
    if (threads > 1 && places < wanted) {
        const size_t least = divide_up(LEAST_ROWS, columns), most = rows / least;
        const size_t blocks = divide_up(wanted, others * d->column_blocks);
        const size_t cuts = divide_up(wanted, others * d->row_blocks);
        if (d->filter_blocks >= wanted && is_heavy(d)) d->shares = wanted;
        else if (most >= blocks) d->row_blocks = blocks;
        else if (columns / LEAST_ROWS >= cuts) d->column_blocks = cuts;
        else cut_filters(d, wanted);
    }
    if (d->shares == 1) deal_evenly(d, others, threads);
}

/* Of the memory for a block. */
static size_t block_floats(const lwi_conv_plan *v, const lwi_conv_part *p) {
    const size_t pixels = (size_t)(p->block_rows * p->block_columns);
    return copy_floats(v, p) + (v->halves ? pixels * half_row(v) : 0);
}

static void begin(const lwi_conv_args *args, const lwi_conv_part *p, direct *d) {
    const lwi_conv_plan *v = args->plan;
    const bool dot = v->kind == LWI_CONV_DOT;
    *d = (direct){.args = args,
                  .part = p,
                  .multiply = lwi_conv_direct_kernel(v, p),
                  .filter_block = p->filter_block,
                  .width = dot ? 1 : lwi_cpu_kernels()->gemm_f32_columns};
    d->panel = v->halves ? lwi_f16_panel(p->run) : p->runs * p->run * d->width;
    d->filter_blocks = v->groups * divide_up(v->filters, p->filter_block);
}

static lw_status run_part(const lwi_conv_args *args, const lwi_conv_part *p) {
    const lwi_conv_plan *v = args->plan;
    direct d;
    begin(args, p, &d);
    const size_t products = work_of(&d);
    const size_t threads = (size_t)args->call->host->threads(args->call->state);
    share_out(&d, products < 2 * TASK ? 1 : threads);
    const size_t copy = block_floats(v, p);
    const size_t places = v->batch * (size_t)p->out[0] * d.row_blocks * d.column_blocks;
    LW_TRY(lwi_work_slots_make(args->call, copy * sizeof(float), &d.slots));
    const size_t items = places * d.shares;
    lwi_parallel(args->call, items, 1 + items * TASK / (products + 1), run_items, &d);
    return LW_OK;
}

lw_status lwi_conv_direct_run(const lwi_conv_args *args) {
    const lwi_conv_plan *v = args->plan;
    for (size_t i = 0; i < v->n_parts; i++) {
        const lwi_conv_part *p = &v->parts[i];
        if (lwi_conv_taps(p->out) == 0) continue;
        if (lwi_conv_taps(p->kernel) == 0) fill_part(args, p);
        else LW_TRY(run_part(args, p));
    }
    return LW_OK;
}

/* -------------------------------------------------------------------- rows */

size_t lwi_conv_direct_most_rows(const lwi_conv_plan *v) {
    const lwi_conv_part *p = &v->parts[0];
    if ((v->kind != LWI_CONV_DIRECT && v->kind != LWI_CONV_DOT) || v->transposed || v->halves ||
        v->n_parts != 1 || v->in[0] != 1 || v->out[0] != 1 || lwi_conv_taps(p->kernel) == 0 ||
        p->kernel[0] != 1 || p->block_columns != p->out[2])
        return 0;
    return (size_t)p->block_rows;
}

size_t lwi_conv_direct_copy(const lwi_conv_plan *v) { return copy_floats(v, &v->parts[0]); }

void lwi_conv_direct_rows(const lwi_conv_args *args, size_t image, size_t row, size_t n,
                          float *copy) {
    const lwi_conv_plan *v = args->plan;
    const lwi_conv_part *p = &v->parts[0];
    direct d;
    begin(args, p, &d);
    d.first = (image * (size_t)v->out[1] + row) * (size_t)v->out[2];
    block b = {
        .image = (int64_t)image, .row = (int64_t)row, .rows = (int64_t)n, .columns = p->out[2]};
    find_input(&d, &b, copy);
    for (size_t u = 0; u < d.filter_blocks; u++)
        multiply_block(&d, &b, u);
}
