/* SPDX-License-Identifier: MIT
 * Operators on 8-bit tensors that work element by element: quantising and back, sums, products,
 * functions by table, concatenation. */
#include "backend/cpu/cpu_q_matmul.h"
#include "ops/broadcast.h"

static lwi_coding coding_of(lwi_q8 q) {
    return (lwi_coding){q.low - q.zero, q.high - q.zero, (int32_t)q.zero};
}

static lwi_codes codes_of(lwi_q8 q) {
    const bool is_signed = q.low < 0;
    return (lwi_codes){q.scale, q.zero + (is_signed ? 128 : 0), is_signed ? 0x80 : 0};
}

/* -------------------------------------------------------- quantise and back */

typedef struct scaling {
    const void *x;
    void *y;
    float scale;
    lwi_coding to;
    lwi_codes from;
} scaling;

static void quantize_part(void *arg, size_t begin, size_t end) {
    const scaling *s = arg;
    lwi_cpu_kernels()->quantize_f32((const float *)s->x + begin, end - begin, s->scale, &s->to,
                                    (uint8_t *)s->y + begin);
}

static lw_status quantize(lwi_call *c) {
    lwi_q8 q;
    LW_TRY(lwi_q8_read(c, 1, 2, c->out[0]->dtype, &q));
    scaling s = {.x = c->in[0]->data, .y = c->out[0]->data, .scale = q.scale, .to = coding_of(q)};
    lwi_parallel(c, c->in[0]->count, 1 << 15, quantize_part, &s);
    return LW_OK;
}

static void dequantize_part(void *arg, size_t begin, size_t end) {
    const scaling *s = arg;
    lwi_cpu_kernels()->dequantize_i8((const uint8_t *)s->x + begin, end - begin, &s->from,
                                     (float *)s->y + begin);
}

static lw_status dequantize(lwi_call *c) {
    lwi_q8 q;
    LW_TRY(lwi_q8_read(c, 1, 2, c->in[0]->dtype, &q));
    scaling s = {.x = c->in[0]->data, .y = c->out[0]->data, .from = codes_of(q)};
    lwi_parallel(c, c->in[0]->count, 1 << 15, dequantize_part, &s);
    return LW_OK;
}

/* One float32 scale for the whole tensor. */
static bool has_one_scale(const lwi_call *c) {
    return c->in[1]->dtype == LW_FLOAT32 && c->in[1]->count == 1 &&
           (!lwi_has(c, 2) || c->in[2]->count == 1);
}

static bool quantizes(const lwi_call *c) {
    const int64_t precision = lwi_attr_int(c->node, "precision", 0);
    return has_one_scale(c) && c->in[0]->dtype == LW_FLOAT32 && c->out[0] &&
           lwi_is_8_bits(c->out[0]->dtype) && (precision == 0 || precision == LW_FLOAT32);
}

static bool dequantizes(const lwi_call *c) {
    return has_one_scale(c) && lwi_is_8_bits(c->in[0]->dtype) && c->out[0] &&
           c->out[0]->dtype == LW_FLOAT32;
}

static lw_status quantize_dynamic(lwi_call *c) {
    const lw_value *x = c->in[0];
    lwi_q_given given;
    LW_TRY(lwi_q_dynamic(c, x->data, x->count, c->out[0] ? c->out[0]->data : NULL, &given));
    if (c->out[1]) *(float *)c->out[1]->data = given.scale;
    if (c->out[2]) *(uint8_t *)c->out[2]->data = (uint8_t)given.zero;
    return LW_OK;
}

/* --------------------------------------------------------- sums and products */

typedef struct binary {
    lwi_broadcast_plan plan;
    const uint8_t *a, *b;
    uint8_t *y;
    lwi_codes from_a, from_b;
    lwi_coding to;
    lwi_binary_i8_fn *fn;
} binary;

static void run_binary(void *arg, size_t begin, size_t end) {
    const binary *x = arg;
    for (lwi_rows r = lwi_rows_at(&x->plan, begin, end); r.n; lwi_rows_next(&r))
        x->fn(x->a + r.at[0], r.step[0], &x->from_a, x->b + r.at[1], r.step[1], &x->from_b, r.n,
              &x->to, x->y + r.out);
}

static lw_status combine(lwi_call *c, bool product) {
    const lw_value *in[2] = {c->in[0], c->in[3]}, *y = c->out[0];
    lwi_qlinear_binary q;
    LW_TRY(lwi_qlinear_binary_read(c, product, &q));
    if (product) q.a.scale = q.factor;
    binary x = {.a = in[0]->data,
                .b = in[1]->data,
                .y = y->data,
                .from_a = codes_of(q.a),
                .from_b = codes_of(q.b),
                .to = coding_of(q.to),
                .fn = product ? lwi_cpu_kernels()->mul_i8 : lwi_cpu_kernels()->add_i8};
    lwi_plan_broadcast(&x.plan, y->rank, y->dims, in, 2);
    lwi_parallel(c, y->count, 1 << 15, run_binary, &x);
    return LW_OK;
}

static lw_status add(lwi_call *c) { return combine(c, false); }
static lw_status multiply(lwi_call *c) { return combine(c, true); }

/* ----------------------------------------------------------------- by table */

static lw_status sigmoid(lwi_call *c) {
    return lwi_qlinear_sigmoid_run(c, lwi_cpu_kernels()->map_i8);
}
static lw_status leaky_relu(lwi_call *c) {
    return lwi_qlinear_leaky_relu_run(c, lwi_cpu_kernels()->map_i8);
}
static lw_status concat(lwi_call *c) {
    return lwi_qlinear_concat_run(c, lwi_cpu_kernels()->map_i8);
}

#define KERNEL(ident, RUN, FITS)                                                                   \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c);                                  \
    const lwi_kernel *lwi_cpu_##ident##_claim(const lwi_call *c) {                                 \
        static const lwi_kernel kernel = {NULL, RUN};                                              \
        return FITS ? &kernel : NULL;                                                              \
    }
KERNEL(dequantize_linear, dequantize, dequantizes(c))
KERNEL(dynamic_quantize_linear, quantize_dynamic, c->in[0]->dtype == LW_FLOAT32)
KERNEL(microsoft_quantize_linear, quantize, quantizes(c))
KERNEL(qlinear_add, add, c->out[0] != NULL)
KERNEL(qlinear_concat, concat, c->out[0] != NULL)
KERNEL(qlinear_leaky_relu, leaky_relu, c->out[0] != NULL)
KERNEL(qlinear_mul, multiply, c->out[0] != NULL)
KERNEL(qlinear_sigmoid, sigmoid, c->out[0] != NULL)
KERNEL(quantize_linear, quantize, quantizes(c))
