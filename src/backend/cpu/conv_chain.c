/* SPDX-License-Identifier: MIT
 * Convolutions that follow one another, those of single pixels and depthwise ones, computed in
 * bands: the last one is asked for some rows, and the others make the rows that are needed for
 * those and were not made yet. What lies between two of them is a ring of a few rows that stays in
 * the second-level cache, and needs no memory of its own. Each element is computed as it would be
 * without; threads that share the rows of an image make those at the seams twice. */
#include "backend/cpu/conv_plan.h"
#include "backend/cpu/work_slots.h"

enum {
    MOST_STAGES = 4,
    PIXELS = 112,            /* that are made together, at least: rows of matrix products */
    LEAST_BYTES = 192 << 10, /* between two convolutions, for which bands pay */
    MOST_BYTES = 1 << 20,    /* of all rings */
    LEAST_ROWS = 8,          /* of the last output for each thread, so that seams are few */
    DEEPEST = 768,           /* sums of single pixels that are made at once (conv_direct.c) */
};

typedef struct stage {
    lwi_call call;
    const lwi_conv_plan *plan;
    size_t rows, columns, channels; /* of an image of the output */
    size_t in_rows;                 /* of the input */
    size_t step;                    /* rows that are made together */
    size_t ring;                    /* rows that are kept; of the last stage: none */
} stage;

typedef struct chain {
    size_t n;
    stage stages[MOST_STAGES];
    size_t images, parts; /* tasks of an image */
    size_t floats;        /* of all rings */
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
    progress stages[MOST_STAGES];
} band;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }
static size_t round_up(size_t a, size_t b) { return divide_up(a, b) * b; }

static bool is_depthwise(const lwi_conv_plan *p) { return p->kind == LWI_CONV_DEPTHWISE; }

/* -------------------------------------------------------------------- rows */

/* Rows of the input that an output row sees: from *first to before *end. */
static void seen(const stage *s, size_t row, size_t *first, size_t *end) {
    *first = row;
    *end = row + 1;
    if (!is_depthwise(s->plan)) return;
    const lwi_conv_part *p = &s->plan->parts[0];
    const int64_t top = (int64_t)row * p->stride[1] - p->begin[1];
    const int64_t bottom = top + (p->kernel[1] - 1) * p->dilation[1] + 1;
    const int64_t rows = (int64_t)s->in_rows;
    *first = (size_t)(top < 0 ? 0 : top > rows ? rows : top);
    *end = (size_t)(bottom < 0 ? 0 : bottom > rows ? rows : bottom);
}

static const float *input_row(const band *b, size_t i, size_t row) {
    const stage *s = &b->chain->stages[i];
    const size_t columns = (size_t)s->call.in[0]->dims[2],
                 channels = (size_t)s->call.in[0]->dims[3];
    if (i == 0)
        return (const float *)s->call.in[0]->data +
               (b->image * s->in_rows + row) * columns * channels;
    const progress *p = &b->stages[i - 1];
    return p->ring + (row - p->first) % s[-1].ring * columns * channels;
}

static float *output_row(const band *b, size_t i, size_t row) {
    const stage *s = &b->chain->stages[i];
    const progress *p = &b->stages[i];
    const size_t floats = s->columns * s->channels;
    if (i + 1 == b->chain->n)
        return (float *)b->call->out[0]->data + (b->image * s->rows + row) * floats;
    return p->ring + (row - p->first) % s->ring * floats;
}

static const float *bias_of(const lwi_call *c) { return lwi_has(c, 2) ? c->in[2]->data : NULL; }

/* Rows of a convolution of single pixels, which lie side by side. */
static void multiply(const band *b, size_t i, size_t row, size_t n) {
    const stage *s = &b->chain->stages[i];
    const lwi_conv_plan *v = s->plan;
    const lwi_kernels *k = lwi_cpu_kernels();
    const float *bias = bias_of(&s->call);
    lwi_gemm_f32_job job = {.a = input_row(b, i, row),
                            .a_row = v->channels,
                            .segments = 1,
                            .length = v->channels,
                            .b_panel = v->channels * k->gemm_f32_columns,
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
        const bool joined = lwi_epilogue_join(&v->epilogue, &s->call, place, f, &job);
        k->gemm_f32(&job);
        if (!joined)
            lwi_epilogue_apply(&v->epilogue, &s->call, job.y, v->filters, place, f, job.rows,
                               job.columns);
    }
}

/* One row; two if there may be so many and both lie within the image. The number of them. */
static size_t convolve(const band *b, size_t i, size_t row, size_t most) {
    const stage *s = &b->chain->stages[i];
    const float *x[LWI_DEPTHWISE_ROWS + 1];
    const lwi_conv_part *p = &s->plan->parts[0];
    const bool two = most > 1 && lwi_conv_depthwise_in_pairs(s->plan);
    bool all = two;
    for (int64_t h = 0; h < p->kernel[1] + two; h++) {
        const int64_t y = (int64_t)row * p->stride[1] - p->begin[1] + h * p->dilation[1];
        const bool there = y >= 0 && y < (int64_t)s->in_rows;
        x[h] = there ? input_row(b, i, (size_t)y) : NULL;
        all = all && there;
    }
    const lwi_conv_args args = {.plan = s->plan,
                                .call = (lwi_call *)&s->call,
                                .weights = s->plan->packed,
                                .bias = bias_of(&s->call)};
    const size_t place = b->image * s->rows + row;
    float *y = output_row(b, i, row);
    if (all) lwi_conv_depthwise_pair(&args, x, place, y, output_row(b, i, row + 1));
    else lwi_conv_depthwise_row(&args, x, place, y);
    return all ? 2 : 1;
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
        if (is_depthwise(s->plan))
            for (size_t r = 0; r < n;)
                r += convolve(b, i, p->made + r, n - r);
        else multiply(b, i, p->made, n);
        p->made += n;
    }
}

typedef struct run {
    const chain *chain;
    const lwi_call *call;
    lwi_work_slots slots;
} run;

static void run_part(const run *r, size_t part, float *rings) {
    const chain *c = r->chain;
    const size_t rows = c->stages[c->n - 1].rows, k = part % c->parts;
    band b = {.chain = c, .call = r->call, .image = part / c->parts};
    size_t first = rows * k / c->parts, stop = rows * (k + 1) / c->parts, none;
    for (size_t i = c->n; i-- > 0;) {
        const stage *s = &c->stages[i];
        b.stages[i] = (progress){first, first, stop, rings};
        rings += s->ring * s->columns * s->channels;
        if (stop > first) seen(s, stop - 1, &none, &stop);
        seen(s, first, &first, &none);
    }
    make(&b, c->n - 1, b.stages[c->n - 1].stop);
}

static void run_parts(void *arg, size_t begin, size_t end) {
    run *r = arg;
    unsigned slot = 0;
    float *rings = lwi_work_slots_take(&r->slots, &slot);
    for (size_t i = begin; i < end; i++)
        run_part(r, i, rings);
    lwi_work_slots_give(&r->slots, slot);
}

static lw_status run_chain(lwi_call *c) {
    run r = {.chain = c->prepared, .call = c};
    LW_TRY(lwi_work_slots_make(c, r.chain->floats * sizeof(float), &r.slots));
    lwi_parallel(c, r.chain->images * r.chain->parts, 1, run_parts, &r);
    return LW_OK;
}

/* -------------------------------------------------------------------- plan */

static bool is_stage(const lwi_conv_plan *p, const lwi_call *c) {
    if (!p || !p->packed || c->in[0]->rank != 4 || c->out[0]->count == 0) return false;
    if (is_depthwise(p)) return p->kernel[0] == 1;
    const lwi_conv_part *part = &p->parts[0];
    return p->kind == LWI_CONV_DIRECT && !p->transposed && p->groups == 1 && part->in_place &&
           lwi_conv_taps(part->kernel) == 1 && part->stride[1] == 1 && part->stride[2] == 1 &&
           p->channels <= DEEPEST;
}

static void add(chain *c, const lwi_call *call, const lwi_conv_plan *p) {
    const int64_t *dims = call->out[0]->dims;
    c->stages[c->n++] = (stage){.call = *call,
                                .plan = p,
                                .rows = (size_t)dims[1],
                                .columns = (size_t)dims[2],
                                .channels = (size_t)dims[3],
                                .in_rows = (size_t)call->in[0]->dims[1]};
}

/* Rows that are made together, and how many are kept: those that the next stage sees at once, and
 * what was made beyond. */
static void plan_rings(chain *c) {
    c->floats = 0;
    for (size_t i = c->n; i-- > 0;) {
        stage *s = &c->stages[i];
        const stage *next = i + 1 < c->n ? s + 1 : NULL;
        s->step = smaller(s->rows, divide_up(PIXELS, s->columns));
        s->ring = 0;
        if (!next) continue;
        if (!is_depthwise(next->plan)) {
            s->ring = s->step = next->step;
        } else {
            const lwi_conv_part *p = &next->plan->parts[0];
            const size_t span = (next->step - 1) * (size_t)p->stride[1] +
                                (size_t)((p->kernel[1] - 1) * p->dilation[1]) + 1;
            s->ring = round_up(span + s->step - 1, s->step);
        }
        c->floats += s->ring * s->columns * s->channels;
    }
}

static bool share(chain *c, const lwi_call *call) {
    const size_t threads = (size_t)call->host->threads(call->state);
    const size_t rows = c->stages[c->n - 1].rows;
    c->images = (size_t)call->out[0]->dims[0];
    c->parts = 1;
    if (threads > 1 && c->images < 2 * threads) c->parts = divide_up(2 * threads, c->images);
    while (c->parts > 1 && rows / c->parts < LEAST_ROWS)
        c->parts--;
    return c->images * c->parts >= threads;
}

static lw_status add_to_chain(const lwi_cpu_step *first, const lwi_cpu_step *second,
                              lwi_cpu_step *both) {
    const chain *before = first->run == run_chain ? first->call.prepared : NULL;
    const lwi_conv_plan *p = before ? before->stages[before->n - 1].plan : lwi_conv_plan_of(first);
    const lwi_conv_plan *q = lwi_conv_plan_of(second);
    chain c = {0}, *kept = NULL;
    if (!is_stage(p, &first->call) || !is_stage(q, &second->call)) return LW_OK;
    if (is_depthwise(p) == is_depthwise(q) || first->call.out[0]->bytes < LEAST_BYTES) return LW_OK;
    if (before) c = *before;
    else add(&c, &first->call, p);
    if (c.n == MOST_STAGES) return LW_OK;
    add(&c, &second->call, q);
    plan_rings(&c);
    if (c.floats * sizeof(float) > MOST_BYTES || !share(&c, &second->call)) return LW_OK;
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
