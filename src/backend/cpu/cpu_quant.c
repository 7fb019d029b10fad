/* SPDX-License-Identifier: MIT */
#include "backend/cpu/cpu_quant.h"

#include <string.h>

static const lw_value *input(const lwi_call *c, int role) {
    return role != LWI_NO_INPUT && lwi_has(c, (size_t)role) ? c->in[role] : NULL;
}

/* One element, or one for each column: along the only dimension that is not 1. */
static bool spreads(const lw_value *v, size_t columns) {
    if (!v || v->count == 1) return true;
    return v->count == columns && v->rank >= 1 && (size_t)v->dims[v->rank - 1] == columns;
}

static bool is_single(const lw_value *v) { return !v || v->count == 1; }

bool lwi_q_fits(const lwi_call *c, const lwi_q_roles *r, size_t columns) {
    const lw_value *a = input(c, r->a), *b = input(c, r->b), *y = c->out[0];
    if (!b || !lwi_is_8_bits(b->dtype) || !y) return false;
    if (a->dtype != LW_FLOAT32 && !lwi_is_8_bits(a->dtype)) return false;
    if (y->dtype != LW_FLOAT32 && y->dtype != LW_INT32 && !lwi_is_8_bits(y->dtype)) return false;
    const lw_value *bias = input(c, r->bias), *addend = input(c, r->addend);
    if (bias && bias->dtype != LW_INT32) return false;
    if (addend && (addend->dtype != LW_FLOAT32 || addend->count != columns)) return false;
    return is_single(input(c, r->a_scale)) && is_single(input(c, r->a_zero)) &&
           is_single(input(c, r->y_scale)) && is_single(input(c, r->y_zero)) &&
           spreads(input(c, r->b_scale), columns) && spreads(input(c, r->b_zero), columns) &&
           spreads(bias, columns);
}

bool lwi_q_is_fixed(const lwi_call *c, const lwi_q_roles *r, bool zero_too) {
    const int roles[] = {r->b,       r->a_scale, zero_too ? r->a_zero : LWI_NO_INPUT,
                         r->b_scale, r->b_zero,  r->y_scale,
                         r->y_zero,  r->bias,    r->addend};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (input(c, roles[i]) && !lwi_is_constant(c, (size_t)roles[i])) return false;
    return true;
}

size_t lwi_q_columns_bytes(size_t padded) { return padded * 16; }

static float number(const lwi_call *c, int role, size_t i, float absent) {
    const lw_value *v = input(c, role);
    return v ? (float)lwi_get_double(v, v->count == 1 ? 0 : i) : absent;
}

static int32_t whole(const lwi_call *c, int role, size_t i) {
    const lw_value *v = input(c, role);
    return v ? (int32_t)lwi_get_int(v, v->count == 1 ? 0 : i) : 0;
}

static void set_output(const lwi_call *c, const lwi_q_roles *r, lwi_q_columns *m) {
    const lw_dtype dtype = c->out[0]->dtype;
    m->output = (lwi_i8_output){.scale = m->scale, .addend = m->addend};
    m->output.store = dtype == LW_INT32     ? LWI_I8_INT32
                      : dtype == LW_FLOAT32 ? LWI_I8_FLOAT
                                            : LWI_I8_BYTES;
    if (m->output.store != LWI_I8_BYTES) return;
    float low, high;
    lwi_code_range(dtype, &low, &high);
    const int32_t zero = whole(c, r->y_zero, 0);
    m->output.zero = zero;
    m->output.is_signed = dtype == LW_INT8;
    m->output.low = (float)(lwi_attr_int(c->node, "low", (int64_t)low) - zero);
    m->output.high = (float)(lwi_attr_int(c->node, "high", (int64_t)high) - zero);
}

lw_status lwi_q_columns_make(const lwi_call *c, const lwi_q_roles *r, const lwi_q_given *given,
                             size_t columns, size_t padded, void *memory, lwi_q_columns *m) {
    *m = (lwi_q_columns){.start = memory};
    m->zero_b = m->start + padded;
    m->scale = (float *)(m->zero_b + padded);
    if (input(c, r->addend)) {
        m->addend = m->scale + padded;
        memcpy(m->addend, input(c, r->addend)->data, columns * sizeof *m->addend);
    }
    const int32_t away = input(c, r->b)->dtype == LW_UINT8 ? 128 : 0;
    const float alpha = lwi_attr_float(c->node, "alpha", 1);
    const float a = alpha * (given ? given->scale : number(c, r->a_scale, 0, 1));
    const float y = c->out[0]->dtype == LW_FLOAT32 ? 1 : number(c, r->y_scale, 0, 1);
    for (size_t i = 0; i < columns; i++) {
        m->scale[i] = a * number(c, r->b_scale, i, 1) / y;
        m->zero_b[i] = whole(c, r->b_zero, i) - away;
        m->zeros = m->zeros || m->zero_b[i];
    }
    set_output(c, r, m);
    return LW_OK;
}

lw_status lwi_q_start(const lwi_call *c, const lwi_q_roles *r, const lwi_q_given *given,
                      const lwi_q_columns *columns, size_t k, const int32_t *sums, size_t first,
                      size_t n, int32_t *start) {
    const bool flipped = !given && input(c, r->a)->dtype == LW_INT8;
    const int32_t code = given ? given->zero : whole(c, r->a_zero, 0) + (flipped ? 128 : 0);
    const uint32_t zero = (uint32_t)(code - (lwi_cpu_kernels()->gemm_i8_signed ? 128 : 0));
    for (size_t i = 0; i < n; i++) {
        const uint32_t bias = (uint32_t)whole(c, r->bias, first + i);
        const uint32_t zeros = (uint32_t)k * zero * (uint32_t)columns->zero_b[first + i];
        start[i] = (int32_t)(bias - zero * (uint32_t)sums[i] + zeros);
    }
    return LW_OK;
}
