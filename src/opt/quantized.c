/* SPDX-License-Identifier: MIT */
#include "opt/quantized.h"

#include "ops/op.h"

#include <math.h>
#include <string.h>

static bool is_8_bits(lw_dtype dtype) { return dtype == LW_INT8 || dtype == LW_UINT8; }

float lwi_constant_f32(const lw_value *v, size_t i) {
    float x;
    memcpy(&x, (const char *)v->data + i * sizeof x, sizeof x);
    return x;
}

int32_t lwi_constant_i32(const lw_value *v, size_t i) {
    int32_t x;
    memcpy(&x, (const char *)v->data + i * sizeof x, sizeof x);
    return x;
}

static bool is_node(const lwi_node *node, const char *op_type) {
    return lwi_node_is(node, "", op_type) || lwi_node_is(node, "com.microsoft", op_type);
}

bool lwi_is_dequantize(const lwi_node *node) { return is_node(node, "DequantizeLinear"); }

/* Scale and zero point of a QuantizeLinear or DequantizeLinear. */
static bool read_scale(const lwi_rewrite *r, const lwi_node *node, lwi_quantized *q) {
    q->scale = lwi_input(r, node, 1);
    q->zero = lwi_input(r, node, 2);
    q->axis = lwi_attr_int(node, "axis", 1);
    const lw_value *scale = lwi_constant(r, q->scale);
    const lw_value *zero = q->zero < 0 ? NULL : lwi_constant(r, q->zero);
    if (!scale || !scale->data || scale->dtype != LW_FLOAT32 || (q->zero >= 0 && !zero))
        return false;
    if (zero && (!zero->data || zero->count != scale->count)) return false;
    if (lwi_attr_int(node, "block_size", 0) || scale->rank > 1) return false;
    q->single = scale->count == 1;
    if (!q->single) return true;
    q->scale_number = lwi_constant_f32(scale, 0);
    q->zero_number = zero ? lwi_get_int(zero, 0) : 0;
    return isfinite(q->scale_number) && q->scale_number > 0;
}

bool lwi_dequantized(const lwi_rewrite *r, int value, lwi_quantized *q) {
    const lwi_node *node = lwi_producer(r, value);
    *q = (lwi_quantized){0};
    if (!lwi_is_dequantize(node) || !read_scale(r, node, q)) return false;
    q->codes = lwi_input(r, node, 0);
    q->dtype = lwi_shape_of(r->shapes, q->codes)->dtype;
    if (q->dtype == LW_DTYPE_NONE && lwi_constant(r, q->codes))
        q->dtype = lwi_constant(r, q->codes)->dtype;
    return (is_8_bits(q->dtype) || q->dtype == LW_INT32) &&
           lwi_attr_int(node, "output_dtype", LW_FLOAT32) % LW_FLOAT32 == 0;
}

bool lwi_quantizes(const lwi_rewrite *r, const lwi_node *node, lwi_quantized *q) {
    *q = (lwi_quantized){0};
    if (!is_node(node, "QuantizeLinear") || !read_scale(r, node, q) || !q->single) return false;
    const int64_t precision = lwi_attr_int(node, "precision", 0);
    if (precision && precision != LW_FLOAT32) return false;
    q->codes = node->outputs[0];
    q->dtype = q->zero >= 0 ? lwi_constant(r, q->zero)->dtype
                            : (lw_dtype)lwi_attr_int(node, "output_dtype", LW_UINT8);
    if (q->dtype == LW_DTYPE_NONE) q->dtype = LW_UINT8;
    return is_8_bits(q->dtype);
}

bool lwi_same_codes(const lwi_quantized *a, const lwi_quantized *b) {
    return a->dtype == b->dtype && a->single && b->single && a->scale_number == b->scale_number &&
           a->zero_number == b->zero_number;
}

lw_status lwi_zero_value(lwi_rewrite *r, const lwi_quantized *q, int *zero) {
    static const int64_t zeros = 0;
    *zero = q->zero;
    if (q->zero >= 0) return LW_OK;
    const lw_value *scale = lwi_constant(r, q->scale);
    if (scale->count == 1) return lwi_rewrite_constant(r, "zero", q->dtype, 0, NULL, &zeros, zero);
    void *many = NULL;
    LW_TRY(lwi_arena_alloc(&r->scratch, scale->count, 1, &many));
    return lwi_rewrite_constant(r, "zeros", q->dtype, 1, scale->dims, many, zero);
}

/* -------------------------------------------------------------------- bias */

lw_status lwi_integer_bias(lwi_rewrite *r, int value, const lwi_quantized *x,
                           const lwi_quantized *w, size_t n, int *bias) {
    lwi_quantized b = {.codes = -1};
    const lw_value *numbers = lwi_constant(r, value), *ws = lwi_constant(r, w->scale);
    const lw_value *codes = NULL, *scales = NULL;
    *bias = -1;
    if (!numbers && lwi_dequantized(r, value, &b)) {
        codes = lwi_constant(r, b.codes);
        scales = lwi_constant(r, b.scale);
        const lw_value *zero = b.zero < 0 ? NULL : lwi_constant(r, b.zero);
        for (size_t i = 0; zero && i < zero->count; i++)
            if (lwi_get_int(zero, i) != 0) return LW_OK;
    }
    const lw_value *from = numbers ? numbers : codes;
    if (!from || from->count != n || !from->data || (!numbers && codes->dtype != LW_INT32) ||
        (numbers && numbers->dtype != LW_FLOAT32))
        return LW_OK;
    int32_t *ints = NULL;
    LW_TRY(lwi_arena_alloc(&r->scratch, n, sizeof *ints, &ints));
    bool same = codes != NULL;
    for (size_t i = 0; i < n; i++) {
        const double unit =
            (double)x->scale_number * (double)lwi_constant_f32(ws, ws->count == 1 ? 0 : i);
        const double have = scales ? lwi_constant_f32(scales, scales->count == 1 ? 0 : i) : 1;
        const double sum =
            (codes ? lwi_constant_i32(codes, i) : lwi_constant_f32(numbers, i)) * (have / unit);
        if (!(fabs(sum) < 1 << 30)) return LW_OK;
        ints[i] = (int32_t)rint(sum);
        if (codes && ints[i] != lwi_constant_i32(codes, i)) same = false;
    }
    const int64_t dims = (int64_t)n;
    if (same && codes->rank == 1) *bias = b.codes;
    else LW_TRY(lwi_rewrite_constant(r, "bias", LW_INT32, 1, &dims, ints, bias));
    return LW_OK;
}
