/* SPDX-License-Identifier: MIT
 * Conv and ConvTranspose as ONNX has them, with the channels first: computed with the channels
 * last, between two transpositions. A pass turns most convolutions for good; those that are left
 * stand where the rank of the input was not known at load. */
#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/turn_f32.h"

enum { X, W, B, INPUTS };

typedef const lwi_kernel *claim_fn(const lwi_call *c);
claim_fn lwi_cpu_last_conv_claim, lwi_cpu_last_conv_transpose_claim; /* cpu_conv.c */
claim_fn lwi_cpu_product_conv_claim, lwi_cpu_product_conv_transpose_claim;
claim_fn lwi_cpu_conv_claim, lwi_cpu_conv_transpose_claim;

/* The call with the channels last. */
typedef struct turned {
    const lwi_kernel *kernel;
    lwi_call call;
    const lw_value *in[INPUTS];
    lw_value *out[1];
    lw_value x, y;
} turned;

/* ------------------------------------------------------------------ the call */

static lw_status turn_shape(const lw_value *first, lw_value *last) {
    int64_t dims[LW_MAX_RANK];
    dims[0] = first->dims[0];
    for (int d = 2; d < first->rank; d++)
        dims[d - 1] = first->dims[d];
    dims[first->rank - 1] = first->dims[1];
    return lwi_tensor_init(last, first->dtype, first->rank, dims, NULL);
}

static lw_status turn(const lwi_call *c, turned *t) {
    LW_TRY(turn_shape(c->in[X], &t->x));
    LW_TRY(turn_shape(c->out[0], &t->y));
    t->call = *c;
    t->call.in = t->in;
    t->call.out = t->out;
    for (size_t i = 0; i < c->n_in; i++)
        t->in[i] = c->in[i];
    t->in[X] = &t->x;
    t->out[0] = &t->y;
    return LW_OK;
}

static const lwi_kernel *claim(const lwi_call *c, claim_fn *last, const lwi_kernel *kernel,
                               claim_fn *product) {
    const lw_dtype dtype = c->in[X]->dtype;
    const bool f32 = dtype == LW_FLOAT32 || lwi_dtype_is_small_float(dtype);
    turned t;
    if (!f32 || c->in[X]->rank < 3 || c->n_in > INPUTS || !c->out[0] || !c->declared[0])
        return product(c);
    return turn(c, &t) == LW_OK && last(&t.call) ? kernel : product(c);
}

static lw_status prepare(lwi_call *c, claim_fn *last) {
    turned *t = NULL;
    LW_TRY(lwi_prepare(c, sizeof *t, &t));
    LW_TRY(turn(c, t));
    t->kernel = last(&t->call);
    if (!t->kernel) return lwi_call_fail(c, LW_INTERNAL, "the kernel does not fit any more");
    if (t->kernel->prepare) LW_TRY(t->kernel->prepare(&t->call));
    c->packed |= t->call.packed;
    return LW_OK;
}

/* ------------------------------------------------------------------- run */

static size_t pixels(const lw_value *first) {
    return first->count / (size_t)(first->dims[0] * first->dims[1]);
}

/* One channel or one pixel looks the same both ways. */
static bool is_same(const lw_value *first) { return first->dims[1] == 1 || pixels(first) == 1; }

static lw_status run(lwi_call *c) {
    const turned *t = c->prepared;
    const lw_value *first_x = c->in[X];
    lw_value *first_y = c->out[0], x = t->x, y = t->y;
    if (first_y->count == 0) return LW_OK;
    const lw_value *in[INPUTS] = {&x, c->in[W], c->n_in > B ? c->in[B] : NULL};
    lw_value *out[] = {&y};
    x.data = first_x->data;
    y.data = first_y->data;
    if (first_x->count && !is_same(first_x)) {
        LW_TRY(lwi_scratch(c, x.bytes, 1, &x.data));
        lwi_turn_f32(c, first_x->data, x.data, (size_t)first_x->dims[0], (size_t)first_x->dims[1],
                     pixels(first_x));
    }
    if (!is_same(first_y)) LW_TRY(lwi_scratch(c, y.bytes, 1, &y.data));
    lwi_call call = *c;
    call.in = in;
    call.out = out;
    call.prepared = t->call.prepared;
    LW_TRY(t->kernel->run(&call));
    if (!is_same(first_y))
        lwi_turn_f32(c, y.data, first_y->data, (size_t)first_y->dims[0], pixels(first_y),
                     (size_t)first_y->dims[1]);
    return LW_OK;
}

#define CONVOLUTION(ident)                                                                         \
    static lw_status prepare_##ident(lwi_call *c) {                                                \
        return prepare(c, lwi_cpu_last_##ident##_claim);                                           \
    }                                                                                              \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {prepare_##ident, run};                                   \
        return claim(c, lwi_cpu_last_##ident##_claim, &kernel, lwi_cpu_product_##ident##_claim);   \
    }

CONVOLUTION(conv)
CONVOLUTION(conv_transpose)
