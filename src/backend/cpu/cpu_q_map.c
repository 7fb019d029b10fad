/* SPDX-License-Identifier: MIT
 * Operators on 8-bit tensors that work element by element: quantising and back, sums, products,
 * functions by table, concatenation. */
#include "backend/cpu/cpu_q_matmul.h"
#include "ops/broadcast.h"
#include "ops/quantize_core.h"

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

/* Sums of 32 bits, whose zero is 0. */
typedef struct sums {
    const int32_t *x;
    float *y, scale;
} sums;

static void dequantize_sums_part(void *arg, size_t begin, size_t end) {
    enum { STRIP = 2048 };
    const sums *s = arg;
    for (size_t i = begin, n; i < end; i += n) {
        n = end - i < STRIP ? end - i : STRIP;
        (void)lwi_cpu_kernels()->cast_i32_f32(s->x + i, s->y + i, n); /* all of them */
        lwi_cpu_kernels()->affine_f32(s->y + i, n, 0, s->scale, 0, s->y + i);
    }
}

static lw_status dequantize_sums(lwi_call *c) {
    sums s = {c->in[0]->data, c->out[0]->data, *(const float *)c->in[1]->data};
    lwi_parallel(c, c->in[0]->count, 1 << 15, dequantize_sums_part, &s);
    return LW_OK;
}

static bool dequantizes_sums(const lwi_call *c) {
    return has_one_scale(c) && c->in[0]->dtype == LW_INT32 && !lwi_has(c, 2) && c->out[0] &&
           c->out[0]->dtype == LW_FLOAT32;
}

/* Or one for each index of an axis inside of which enough elements lie. */
typedef struct axis_scaling {
    const void *x;
    void *y;
    lwi_scales scales;
    float low, high; /* of the codes */
    bool back;       /* to numbers */
} axis_scaling;

static void scale_runs(void *arg, size_t begin, size_t end) {
    const axis_scaling *s = arg;
    for (size_t i = begin; i < end;) {
        const lwi_scale_run r = lwi_scale_run_at(&s->scales, i, end);
        const lwi_q8 q = {.scale = s->scales.scale[r.first],
                          .zero = s->scales.zero ? s->scales.zero[r.first] : 0,
                          .low = s->low,
                          .high = s->high};
        const lwi_coding to = coding_of(q);
        const lwi_codes from = codes_of(q);
        if (s->back)
            lwi_cpu_kernels()->dequantize_i8((const uint8_t *)s->x + i, r.n, &from,
                                             (float *)s->y + i);
        else
            lwi_cpu_kernels()->quantize_f32((const float *)s->x + i, r.n, q.scale, &to,
                                            (uint8_t *)s->y + i);
        i += r.n;
    }
}

static lw_status scale_axis(lwi_call *c, bool back) {
    axis_scaling s = {.x = c->in[0]->data, .y = c->out[0]->data, .back = back};
    lwi_code_range(back ? c->in[0]->dtype : c->out[0]->dtype, &s.low, &s.high);
    LW_TRY(lwi_scales_read(c, &s.scales));
    lwi_parallel(c, c->in[0]->count, 1 << 15, scale_runs, &s);
    return LW_OK;
}

static lw_status quantize_axis(lwi_call *c) { return scale_axis(c, false); }
static lw_status dequantize_axis(lwi_call *c) { return scale_axis(c, true); }

static bool has_axis_scales(const lwi_call *c) {
    enum { ENOUGH = 32 };
    const lw_value *x = c->in[0], *scale = c->in[1];
    int axis = 0;
    size_t outer, dim, inner;
    if (scale->dtype != LW_FLOAT32 || scale->rank != 1 || scale->count < 2 || !c->out[0] ||
        lwi_axis(c, lwi_attr_int(c->node, "axis", 1), x->rank, &axis) != LW_OK)
        return false;
    lwi_split_axis(x, axis, &outer, &dim, &inner);
    return inner >= ENOUGH;
}

static const lwi_kernel *choose_quantize(const lwi_call *c) {
    static const lwi_kernel one = {NULL, quantize}, axis = {NULL, quantize_axis};
    const int64_t precision = lwi_attr_int(c->node, "precision", 0);
    if (quantizes(c)) return &one;
    return has_axis_scales(c) && c->in[0]->dtype == LW_FLOAT32 && lwi_is_8_bits(c->out[0]->dtype) &&
                   (precision == 0 || precision == LW_FLOAT32)
               ? &axis
               : NULL;
}

static const lwi_kernel *choose_dequantize(const lwi_call *c) {
    static const lwi_kernel one = {NULL, dequantize}, axis = {NULL, dequantize_axis},
                            of_sums = {NULL, dequantize_sums};
    if (dequantizes(c)) return &one;
    if (dequantizes_sums(c)) return &of_sums;
    return has_axis_scales(c) && lwi_is_8_bits(c->in[0]->dtype) && c->out[0]->dtype == LW_FLOAT32
               ? &axis
               : NULL;
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
KERNEL(dynamic_quantize_linear, quantize_dynamic, c->in[0]->dtype == LW_FLOAT32)
KERNEL(microsoft_quantize_linear, quantize, quantizes(c))
KERNEL(qlinear_add, add, c->out[0] != NULL)
KERNEL(qlinear_concat, concat, c->out[0] != NULL)
KERNEL(qlinear_leaky_relu, leaky_relu, c->out[0] != NULL)
KERNEL(qlinear_mul, multiply, c->out[0] != NULL)
KERNEL(qlinear_sigmoid, sigmoid, c->out[0] != NULL)

const lwi_kernel *lwi_cpu_dequantize_linear_claim(const lwi_call *c),
    *lwi_cpu_quantize_linear_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_dequantize_linear_claim(const lwi_call *c) {
    return choose_dequantize(c);
}
const lwi_kernel *lwi_cpu_quantize_linear_claim(const lwi_call *c) { return choose_quantize(c); }
