/* SPDX-License-Identifier: MIT
 * Convolutions and poolings that follow one another, computed in bands: the last one is asked for
 * some rows, and the others make the rows that are needed for those and were not made yet. What
 * lies between two of them is a ring of a few rows that stays in the second-level cache, and needs
 * no memory of its own. The first one may be any convolution with few weights; the others are
 * those of single pixels, depthwise ones, and MaxPool and AveragePool. Each element is computed as
 * it would be without; threads that share the rows of an image make those at the seams twice. */
#include "backend/cpu/conv_plan.h"
#include "base/checked.h"
#include "backend/cpu/cpu_pool.h"
#include "ops/work_slots.h"

enum {
    MOST_STAGES = 20,
    PIXELS = 112,            /* that are made together, at least: rows of matrix products */
    FIRST_ROWS = 4,          /* of a first convolution, so that few of those it copies come twice */
    LEAST_BYTES = 192 << 10, /* between two steps, for which bands pay */
    MOST_BYTES = 512 << 10,  /* of all rings and weights */
    LEAST_ROWS = 8,          /* of the last output for each thread, so that seams are few */
    DEEPEST = 768,           /* sums of single pixels that are made at once (conv_direct.c) */
    MOST_AGAIN = 8,          /* one part in so many of the work may be done twice at seams */
};

typedef enum kind { OTHER, DIRECT, POINT, DEPTHWISE, POOL } kind;

typedef struct stage {
    kind kind;
    lwi_call call;
    const lwi_conv_plan *plan;               /* of a convolution */
    const void *pool;                        /* otherwise */
    size_t rows, columns, channels;          /* of an image of the output */
    size_t in_rows, in_row;                  /* rows of the input, floats of one */
    int64_t kernel, stride, dilation, begin; /* of rows */
    size_t work;                             /* multiplications for a row */
    size_t most;                             /* rows that can be made together */
    size_t step;                             /* rows that are made together */
    size_t ring;                             /* rows that are kept; of the last stage: none */
} stage;

typedef struct chain {
    size_t n;
    stage stages[MOST_STAGES];
    size_t images, parts; /* tasks of an image */
    size_t rings, copy;   /* floats of all rings, and for the first convolution */
} chain;

/* What a task has of a stage. */
typedef struct progress {
    size_t first, made, stop; /* rows: the first one, those before which are made, the end */
    float *ring;
} progress;

typedef struct band {
    const chain *chain;
    const lwi_call *call; /* of the last stage */
    size_t image;
    float *copy;
    progress stages[MOST_STAGES];
} band;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }
static size_t round_up(size_t a, size_t b) { return divide_up(a, b) * b; }

/* -------------------------------------------------------------------- rows */

/* Rows of the input that an output row sees: from *first to before *end. */
static void seen(const stage *s, size_t row, size_t *first, size_t *end) {
    const int64_t top = (int64_t)row * s->stride - s->begin;
    const int64_t bottom = top + (s->kernel - 1) * s->dilation + 1;
    const int64_t rows = (int64_t)s->in_rows;
    *first = (size_t)(top < 0 ? 0 : top > rows ? rows : top);
    *end = (size_t)(bottom < 0 ? 0 : bottom > rows ? rows : bottom);
}

static const float *input_row(const band *b, size_t i, size_t row) {
    const stage *s = &b->chain->stages[i];
    if (i == 0)
        return (const float *)s->call.in[0]->data + (b->image * s->in_rows + row) * s->in_row;
    const progress *p = &b->stages[i - 1];
    return p->ring + (row - p->first) % s[-1].ring * s->in_row;
}

static float *output_row(const band *b, size_t i, size_t row) {
    const stage *s = &b->chain->stages[i];
    const progress *p = &b->stages[i];
    const size_t floats = s->columns * s->channels;
    if (i + 1 == b->chain->n)
        return (float *)b->call->out[0]->data + (b->image * s->rows + row) * floats;
    return p->ring + (row - p->first) % s->ring * floats;
}

/* Row h of those that an output row sees, NULL if it is not there. */
static const float *seen_row(const band *b, size_t i, size_t row, int64_t h) {
    const stage *s = &b->chain->stages[i];
    const int64_t y = (int64_t)row * s->stride - s->begin + h * s->dilation;
    return y >= 0 && y < (int64_t)s->in_rows ? input_row(b, i, (size_t)y) : NULL;
}

static const float *bias_of(const lwi_call *c) { return lwi_has(c, 2) ? c->in[2]->data : NULL; }

/* Rows of a convolution of single pixels, which lie side by side. */
static void multiply(const band *b, size_t i, size_t row, size_t n) {
    const stage *s = &b->chain->stages[i];
    const lwi_conv_plan *v = s->plan;
    lwi_gemm_f32_fn *const kernel = lwi_conv_direct_kernel(v, &v->parts[0]);
    const float *bias = bias_of(&s->call);
    lwi_gemm_f32_job job = {.a = input_row(b, i, row),
                            .a_row = v->channels,
                            .segments = 1,
                            .length = v->channels,
                            .b_panel = v->channels * lwi_cpu_kernels()->gemm_f32_columns,
                            .y_row = v->filters,
                            .rows = n * s->columns,
                            .low = v->low,
                            .high = v->high};
    float *y = output_row(b, i, row);
    const size_t place = (b->image * s->rows + row) * s->columns;
    const size_t block = v->parts[0].filter_block;
    for (size_t f = 0; f < v->filters; f += block) {
        job.b = v->packed + f * v->channels;
        job.columns = smaller(block, v->filters - f);
        job.bias = bias ? bias + f : NULL;
        job.y = y + f;
        const bool joined = kernel == lwi_cpu_kernels()->gemm_f32 &&
                            lwi_epilogue_join(&v->epilogue, &s->call, place, f, &job);
        kernel(&job);
        if (!joined)
            lwi_epilogue_apply(&v->epilogue, &s->call, job.y, v->filters, place, f, job.rows,
                               job.columns);
    }
}

static lwi_conv_args args_of(const stage *s) {
    return (lwi_conv_args){.plan = s->plan,
                           .call = (lwi_call *)&s->call,
                           .x = s->call.in[0]->data,
                           .weights = s->plan->packed,
                           .bias = bias_of(&s->call)};
}

/* One row; two if there may be so many and both lie within the image. The number of them. */
static size_t convolve(const band *b, size_t i, size_t row, size_t most) {
    const stage *s = &b->chain->stages[i];
    const float *x[LWI_DEPTHWISE_ROWS + 1];
    const lwi_conv_args args = args_of(s);
    const bool two = most > 1 && lwi_conv_depthwise_in_pairs(s->plan);
    bool all = two;
    for (int64_t h = 0; h < s->kernel + two; h++) {
        x[h] = seen_row(b, i, row, h);
        all = all && x[h];
    }
    const size_t place = b->image * s->rows + row;
    float *y = output_row(b, i, row);
    if (all) lwi_conv_depthwise_pair(&args, x, place, y, output_row(b, i, row + 1));
    else lwi_conv_depthwise_row(&args, x, place, y);
    return all ? 2 : 1;
}

static size_t pool(const band *b, size_t i, size_t row) {
    const stage *s = &b->chain->stages[i];
    const float *x[LWI_POOL_ROWS_SEEN];
    size_t n = 0;
    for (int64_t h = 0; h < s->kernel; h++)
        if ((x[n] = seen_row(b, i, row, h)) != NULL) n++;
    lwi_pool_row(s->pool, x, n, row, output_row(b, i, row));
    return 1;
}

/* Any convolution: rows that lie side by side. */
static void convolve_first(const band *b, size_t row, size_t n) {
    lwi_conv_args args = args_of(&b->chain->stages[0]);
    args.y = output_row(b, 0, row);
    lwi_conv_direct_rows(&args, b->image, row, n, b->copy);
}

/* Rows [row, row + n) of stage i, whose inputs are there. */
static void make_rows(const band *b, size_t i, size_t row, size_t n) {
    const kind k = b->chain->stages[i].kind;
    if (k == DIRECT) convolve_first(b, row, n);
    else if (k == POINT) multiply(b, i, row, n);
    else
        for (size_t r = 0; r < n;)
            r += k == POOL ? pool(b, i, row + r) : convolve(b, i, row + r, n - r);
}

/* Makes rows of stage i until `end`; what goes before it as far as they need it. */
static void make(band *b, size_t i, size_t end) {
    const stage *s = &b->chain->stages[i];
    progress *p = &b->stages[i];
    while (p->made < end) {
        const size_t n = smaller(s->step, p->stop - p->made);
        size_t first, last;
        seen(s, p->made + n - 1, &first, &last);
        if (i) make(b, i - 1, last);
        make_rows(b, i, p->made, n);
        p->made += n;
    }
}

typedef struct run {
    const chain *chain;
    const lwi_call *call;
    lwi_work_slots slots;
} run;

/* The rows of each stage that one of `parts` tasks makes. */
static void find_rows(const chain *c, size_t part, size_t parts, progress *stages) {
    const size_t rows = c->stages[c->n - 1].rows;
    size_t first = lwi_part_begin(rows, part, parts), stop = lwi_part_begin(rows, part + 1, parts),
           none;
    for (size_t i = c->n; i-- > 0;) {
        const stage *s = &c->stages[i];
        stages[i] = (progress){first, first, stop, NULL};
        if (stop > first) seen(s, stop - 1, &none, &stop);
        seen(s, first, &first, &none);
    }
}

static void run_part(const run *r, size_t part, float *memory) {
    const chain *c = r->chain;
    band b = {.chain = c, .call = r->call, .image = part / c->parts, .copy = memory};
    find_rows(c, part % c->parts, c->parts, b.stages);
    memory += c->copy;
    for (size_t i = 0; i < c->n; i++) {
        b.stages[i].ring = memory;
        memory += c->stages[i].ring * c->stages[i].columns * c->stages[i].channels;
    }
    make(&b, c->n - 1, b.stages[c->n - 1].stop);
}

static void run_parts(void *arg, size_t begin, size_t end) {
    run *r = arg;
    unsigned slot = 0;
    float *memory = lwi_work_slots_take(&r->slots, &slot);
    for (size_t i = begin; i < end; i++)
        run_part(r, i, memory);
    lwi_work_slots_give(&r->slots, slot);
}

static lw_status run_chain(lwi_call *c) {
    run r = {.chain = c->prepared, .call = c};
    LW_TRY(lwi_work_slots_make(c, (r.chain->rings + r.chain->copy) * sizeof(float), &r.slots));
    lwi_parallel(c, r.chain->images * r.chain->parts, 1, run_parts, &r);
    return LW_OK;
}

/* -------------------------------------------------------------------- plan */

static kind kind_of(const lwi_conv_plan *p) {
    const lwi_conv_part *part = &p->parts[0];
    if (!p->packed) return OTHER;
    if (p->kind == LWI_CONV_DEPTHWISE) return p->kernel[0] == 1 ? DEPTHWISE : OTHER;
    if (p->halves) return OTHER;
    if (p->kind == LWI_CONV_DIRECT && !p->transposed && p->groups == 1 && part->in_place &&
        lwi_conv_taps(part->kernel) == 1 && part->stride[1] == 1 && part->stride[2] == 1 &&
        p->channels <= DEEPEST)
        return POINT;
    return lwi_conv_direct_most_rows(p) ? DIRECT : OTHER;
}

static void set_convolution(stage *s) {
    const lwi_conv_plan *p = s->plan;
    const lwi_conv_part *part = &p->parts[0];
    const size_t filters = p->kind == LWI_CONV_DEPTHWISE ? 1 : p->groups * p->filters;
    s->kind = kind_of(p);
    s->work = s->columns * lwi_conv_taps(p->kernel) * lwi_conv_x_pixel(p) * filters;
    s->most = s->rows;
    if (s->kind == DIRECT) s->most = lwi_conv_direct_most_rows(p);
    if (s->kind == POINT || s->kind == OTHER) return; /* sums of joined pixels have no rows */
    s->kernel = part->kernel[1];
    s->stride = part->stride[1];
    s->dilation = part->dilation[1];
    s->begin = part->begin[1];
}

/* Whether a step can be one of a chain. */
static bool set_stage(const lwi_cpu_step *step, stage *s) {
    const lw_value *x = step->call.in[0], *y = step->call.out[0];
    if (x->rank != 4 || y->rank != 4 || y->count == 0 || x->dtype != LW_FLOAT32 ||
        lwi_attr_int(step->call.node, "bands", 0) == 0)
        return false;
    *s = (stage){.call = step->call,
                 .rows = (size_t)y->dims[1],
                 .columns = (size_t)y->dims[2],
                 .channels = (size_t)y->dims[3],
                 .in_rows = (size_t)x->dims[1],
                 .in_row = (size_t)(x->dims[2] * x->dims[3]),
                 .kernel = 1,
                 .stride = 1,
                 .dilation = 1};
    s->plan = lwi_conv_plan_of(step);
    if (s->plan) {
        /* Planes that are turned while they are copied: only the plan knows the rows. */
        if (s->plan->planes) s->in_rows = (size_t)s->plan->in[1];
        set_convolution(s);
    } else if ((s->pool = lwi_pool_of(step, &s->kernel, &s->stride, &s->dilation, &s->begin))) {
        s->kind = POOL;
        s->most = s->rows;
        s->work = s->columns * s->channels * (size_t)s->kernel;
    }
    return s->kind != OTHER;
}

/* Rows that are made together. Those before single pixels lie side by side, so that both are made
 * in the same steps. */
static void plan_steps(chain *c) {
    for (size_t i = 0; i < c->n; i++) {
        stage *s = &c->stages[i];
        size_t step = divide_up(PIXELS, s->columns);
        if (s->kind == DIRECT) step = larger(step, FIRST_ROWS);
        if (s->kind == DEPTHWISE) step = round_up(step, 2);
        if (s->kind == POOL) step = 1;
        s->step = smaller(smaller(s->rows, s->most), step);
    }
    for (size_t i = 0, end; i < c->n; i = end) {
        size_t step = c->stages[i].step;
        for (end = i + 1; end < c->n && c->stages[end].kind == POINT; end++)
            step = larger(step, c->stages[end].step);
        for (size_t k = i; k < end; k++)
            c->stages[k].step = smaller(step, c->stages[i].most);
    }
}

/* Rows that are kept: those that the next stage sees at once, and what was made beyond. */
static void plan_rings(chain *c) {
    c->rings = 0;
    c->copy = c->stages[0].kind == DIRECT ? lwi_conv_direct_copy(c->stages[0].plan) : 0;
    for (size_t i = 0; i < c->n; i++) {
        stage *s = &c->stages[i];
        const stage *next = i + 1 < c->n ? s + 1 : NULL;
        s->ring = 0;
        if (!next) continue;
        const size_t span = (next->step - 1) * (size_t)next->stride +
                            (size_t)((next->kernel - 1) * next->dilation) + 1;
        s->ring = next->kind == POINT ? s->step : round_up(span + s->step - 1, s->step);
        c->rings += s->ring * s->columns * s->channels;
    }
}

static size_t work_of(const chain *c, size_t parts) {
    progress stages[MOST_STAGES];
    size_t work = 0;
    for (size_t part = 0; part < parts; part++) {
        find_rows(c, part, parts, stages);
        for (size_t i = 0; i < c->n; i++)
            work += (stages[i].stop - stages[i].first) * c->stages[i].work;
    }
    return work;
}

static bool is_cut_well(const chain *c, size_t parts) {
    const size_t once = work_of(c, 1);
    return work_of(c, parts) - once <= once / MOST_AGAIN;
}

static bool share(chain *c, const lwi_call *call) {
    const size_t threads = (size_t)call->host->threads(call->state);
    const size_t rows = c->stages[c->n - 1].rows;
    c->images = (size_t)call->out[0]->dims[0];
    c->parts = 1;
    if (threads > 1 && c->images < 2 * threads) c->parts = divide_up(2 * threads, c->images);
    while (c->parts > 1 && (rows / c->parts < LEAST_ROWS || !is_cut_well(c, c->parts)))
        c->parts--;
    return c->images * c->parts >= threads;
}

static bool fits_cache(const chain *c) {
    size_t bytes = (c->rings + c->copy) * sizeof(float);
    for (size_t i = 0; i < c->n; i++)
        if (c->stages[i].plan) bytes += c->stages[i].plan->packed_bytes;
    return bytes <= MOST_BYTES;
}

static lw_status add_to_chain(const lwi_cpu_step *first, const lwi_cpu_step *second,
                              lwi_cpu_step *both) {
    const chain *before = first->run == run_chain ? first->call.prepared : NULL;
    chain c = {0}, *kept = NULL;
    if (first->call.out[0]->bytes < LEAST_BYTES) return LW_OK;
    if (before) c = *before;
    else if (!set_stage(first, &c.stages[c.n++])) return LW_OK;
    if (c.n == MOST_STAGES || !set_stage(second, &c.stages[c.n])) return LW_OK;
    if (c.stages[c.n++].kind == DIRECT) return LW_OK;
    plan_steps(&c);
    plan_rings(&c);
    if (!fits_cache(&c) || !share(&c, &second->call)) return LW_OK;
    both->call = second->call;
    LW_TRY(lwi_prepare(&both->call, sizeof *kept, &kept));
    *kept = c;
    both->run = run_chain;
    return LW_OK;
}

lw_status lwi_cpu_chain(const lwi_cpu_step *first, const lwi_cpu_step *second, lwi_cpu_step *both) {
    LW_TRY(lwi_conv_read_planes(first, second, both));
    return both->run ? LW_OK : add_to_chain(first, second, both);
}
