/* SPDX-License-Identifier: MIT
 * lampwick.Conv and lampwick.ConvTranspose: which algorithm, and its preparation. */
#include "backend/cpu/conv_geometry.h"

#include "base/half.h"

#include <string.h>

/* X, W and B. */
enum { OWN_INPUTS = 3 };

/* Beyond these the reference is good enough: parts of a transposed convolution; floats in the copy
 * of the input that one block of outputs needs. */
static const size_t MOST_PARTS = 64, MOST_TAPS = 1 << 16;
static const int64_t MOST_COPY = INT64_C(1) << 26;

/* -------------------------------------------------------------------- plan */

/* Steps of a vector that make one output of each filter: products side by side, or dot products,
 * where part of a vector is loaded twice as slowly. */
static bool is_dot(const lwi_conv_plan *p, bool dilated, size_t lanes) {
    const size_t run = p->channels * (dilated ? 1 : (size_t)p->kernel[2]);
    const size_t side = p->channels * lwi_conv_taps(p->kernel), rows = side / run;
    const size_t steps = run / lanes + (run % lanes ? 2 : 0);
    return p->filters <= lanes && p->filters * (rows * steps + 8) < side;
}

static void choose(lwi_conv_plan *p, const lwi_window *w) {
    const size_t lanes = lwi_cpu_kernels()->gemm_f32_columns / 2;
    p->kind = LWI_CONV_DIRECT;
    if (!p->transposed && p->groups > 1 && p->channels == 1 && p->filters == 1 &&
        p->kernel[0] * p->kernel[1] <= LWI_DEPTHWISE_ROWS) {
        p->kind = LWI_CONV_DEPTHWISE;
        return;
    }
    /* Joined groups fill the lanes of a vector that one group would leave empty. */
    while (p->groups > 1 && p->filters * 2 <= lanes && p->groups % 2 == 0) {
        p->groups /= 2;
        p->channels *= 2;
        p->filters *= 2;
        p->joined *= 2;
    }
    if (p->groups == 1 && !p->transposed && is_dot(p, w->dilation[w->rank - 1] != 1, lanes))
        p->kind = LWI_CONV_DOT;
}

static void choose_winograd(const lwi_call *c, lwi_conv_plan *p) {
    const lwi_conv_part *part = &p->parts[0];
    if (p->kind != LWI_CONV_DIRECT || p->transposed || p->groups > 1 || p->joined > 1) return;
    for (int a = 0; a < 3; a++)
        if (part->kernel[a] != (a ? 3 : 1) || part->stride[a] != 1 || part->dilation[a] != 1)
            return;
    if (p->in[0] != p->out[0] || part->begin[0]) return;
    if (lwi_attr_int(c->node, "winograd", 0) == 0) return;
    p->tile = lwi_conv_choose_tile(p);
    if (p->tile <= 1) return;
    p->kind = LWI_CONV_WINOGRAD;
    p->batch *= (size_t)p->in[0]; /* slices of depth 1 are images */
    p->in[0] = p->out[0] = 1;
    p->in_run = (c->host->less_memory || c->host->waits) && lwi_conv_winograd_in_run(p);
}

static size_t plan_bytes(const lwi_conv_plan *p) {
    return sizeof *p + p->n_parts * sizeof *p->parts + lwi_conv_taps(p->kernel) * sizeof(int64_t);
}

typedef struct packing {
    const lwi_conv_plan *plan;
    const lwi_call *call;
} packing;

static const float *scale_of(const lwi_call *c, size_t *n) {
    return lwi_attr_floats(c->node, "scale", n);
}

static lw_status pack(void *arg, const lw_value *w, void *to) {
    const packing *p = arg;
    size_t n = 0;
    const float *scale = scale_of(p->call, &n);
    lwi_conv_pack(p->plan, p->call, w->data, n ? scale : NULL, to);
    return LW_OK;
}

/* Whether only some of the kernel is packed. */
static bool is_cropped(const lwi_conv_plan *p) {
    return p->transposed || memcmp(p->parts[0].kernel, p->kernel, sizeof p->kernel) != 0;
}

/* Two convolutions whose packed weights differ have different numbers. */
static uint64_t variant(const lwi_call *c, const lwi_conv_plan *p) {
    uint64_t h = ((uint64_t)p->kind * 2 + p->transposed) * 2 + p->halves;
    size_t n = 0;
    const float *scale = scale_of(c, &n);
    for (size_t i = 0; i < n; i++)
        h = h * 1000003 + lwi_float_bits(scale[i]);
    h = h * 1000003 + p->groups;
    h = h * 1000003 + p->tile * 2 + p->in_run;
    h = h * 1000003 + p->n_parts;
    for (size_t i = 0; is_cropped(p) && i < p->n_parts; i++)
        for (int a = 0; a < 3; a++) {
            h = h * 1000003 + (uint64_t)p->parts[i].tap_first[a];
            h = h * 1000003 + (uint64_t)p->parts[i].tap_step[a];
            h = h * 1000003 + (uint64_t)p->parts[i].kernel[a];
        }
    return h;
}

static lw_status prepare(lwi_call *c, bool transposed) {
    lwi_conv_plan plan, *p = NULL;
    lwi_window window;
    LW_TRY(lwi_conv_geometry(c, transposed, &plan, &window));
    choose(&plan, &window);
    LW_TRY(lwi_prepare(c, plan_bytes(&plan), &p));
    *p = plan;
    p->parts = (lwi_conv_part *)(p + 1);
    lwi_conv_split(&window, p);
    choose_winograd(c, p);
    LW_TRY(lwi_epilogue_prepare(c, OWN_INPUTS, &p->epilogue));
    if (p->kind == LWI_CONV_DIRECT || p->kind == LWI_CONV_DOT)
        lwi_conv_direct_plan(p, (int64_t *)(p->parts + p->n_parts));
    p->halves = c->host->fast && lwi_cpu_kernels()->has_f16 && c->in[1]->fixed == LWI_FIXED_MODEL &&
                lwi_conv_direct_fits_halves(p);
    p->packed_bytes = lwi_conv_packed_floats(p) * sizeof(float);
    const void *packed = NULL;
    LW_TRY(lwi_packed_later(c, 1, "conv", variant(c, p), p->packed_bytes, pack, &(packing){p, c},
                            &packed));
    p->packed = packed;
    return LW_OK;
}

static lw_status prepare_conv(lwi_call *c) { return prepare(c, false); }
static lw_status prepare_transpose(lwi_call *c) { return prepare(c, true); }

/* --------------------------------------------------------------------- run */

static lw_status compute(const lwi_conv_args *a) {
    switch (a->plan->kind) {
    case LWI_CONV_DEPTHWISE:
        return lwi_conv_depthwise_run(a);
    case LWI_CONV_WINOGRAD:
        return lwi_conv_winograd_run(a);
    default:
        return lwi_conv_direct_run(a);
    }
}

typedef struct finish {
    const lwi_conv_args *args;
    size_t filters;
} finish;

static void finish_rows(void *arg, size_t begin, size_t end) {
    const finish *f = arg;
    lwi_epilogue_apply(&f->args->plan->epilogue, f->args->call, f->args->y + begin * f->filters,
                       f->filters, begin, 0, end - begin, f->filters);
}

static lw_status run(lwi_call *c) {
    const lwi_conv_plan *p = c->prepared;
    if (c->out[0]->count == 0) return LW_OK;
    lwi_conv_args args = {.plan = p,
                          .call = c,
                          .x = c->in[0]->data,
                          .weights = p->packed,
                          .bias = lwi_has(c, 2) ? c->in[2]->data : NULL,
                          .y = c->out[0]->data};
    if (!args.weights) {
        float *packed = NULL;
        LW_TRY(lwi_scratch(c, p->packed_bytes, 1, &packed));
        LW_TRY(pack(&(packing){p, c}, c->in[1], packed));
        if (c->in[1]->fixed == LWI_FIXED_MODEL) lwi_forget(c, c->in[1]->data, c->in[1]->bytes);
        args.weights = packed;
    }
    LW_TRY(compute(&args));
    if (p->n_parts > 1 && p->epilogue.active) {
        /* Rows of different parts alternate, so that the epilogue waits for all. */
        finish f = {&args, lwi_conv_y_pixel(p)};
        lwi_parallel(c, c->out[0]->count / f.filters, 1 + (1 << 14) / f.filters, finish_rows, &f);
    }
    return LW_OK;
}

const lwi_conv_plan *lwi_conv_plan_of(const lwi_cpu_step *step) {
    return step->run == run ? step->call.prepared : NULL;
}

/* ------------------------------------------------------------------ planes */

/* A picture: few channels, which become the last dimension. */
static bool is_turned_picture(const lwi_call *c) {
    enum { MOST_CHANNELS = 4 };
    size_t n = 0;
    const int64_t *perm = lwi_attr_ints(c->node, "perm", &n);
    const int rank = c->in[0]->rank;
    if (strcmp(c->node->op_type, "Transpose") != 0 || c->node->domain[0] || (size_t)rank != n)
        return false;
    for (int d = 0; d < rank; d++)
        if (perm[d] != (d == 0 ? 0 : d == rank - 1 ? 1 : d + 1)) return false;
    return rank > 2 && c->in[0]->dims[1] <= MOST_CHANNELS;
}

lw_status lwi_conv_read_planes(const lwi_cpu_step *first, const lwi_cpu_step *second,
                               lwi_cpu_step *both) {
    const lwi_conv_plan *p = lwi_conv_plan_of(second);
    const lw_value **in = NULL;
    lwi_conv_plan *planes = NULL;
    both->run = NULL;
    if (!p || !is_turned_picture(&first->call) || p->kind == LWI_CONV_WINOGRAD ||
        p->kind == LWI_CONV_DEPTHWISE || p->n_parts > 1 || p->parts[0].in_place ||
        p->parts[0].gather)
        return LW_OK;
    lwi_call *call = &both->call;
    *call = second->call;
    LW_TRY(lwi_prepare(call, sizeof *planes, &planes));
    LW_TRY(lwi_kept(call, call->n_in, sizeof *in, &in));
    *planes = *p;
    planes->planes = true;
    memcpy(in, call->in, call->n_in * sizeof *in);
    in[0] = first->call.in[0];
    call->in = in;
    both->run = run;
    return LW_OK;
}

/* ------------------------------------------------------------------- claim */

static bool product_below(const int64_t *factors, int n, int64_t most) {
    int64_t product = 1;
    for (int i = 0; i < n; i++)
        if (__builtin_mul_overflow(product, factors[i], &product) || product > most) return false;
    return true;
}

static bool fits(const lwi_call *c, bool transposed) {
    lwi_conv_plan p;
    lwi_window w;
    if (c->in[0]->rank < 3 || c->in[0]->rank > 5) return false;
    if (lwi_conv_geometry(c, transposed, &p, &w) != LW_OK) return false;
    if (p.channels == 0 || p.n_parts > MOST_PARTS) return false;
    if (!product_below(p.kernel, 3, MOST_TAPS)) return false;
    /* The rows and slices that one row of outputs needs. */
    const int64_t last = w.rank - 1, outer = w.rank > 1 ? w.extent[w.rank - 2] : 1;
    const int64_t copy[] = {p.kernel[0], outer,
                            w.extent[last] + w.in[last] + w.begin[last] + w.end[last],
                            (int64_t)(p.channels * p.groups)};
    return product_below(copy, 4, MOST_COPY);
}

const lwi_kernel *lwi_cpu_last_conv_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_conv_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_conv, run};
    return fits(c, false) ? &kernel : NULL;
}

const lwi_kernel *lwi_cpu_last_conv_transpose_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_last_conv_transpose_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {prepare_transpose, run};
    return fits(c, true) ? &kernel : NULL;
}
