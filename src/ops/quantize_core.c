/* SPDX-License-Identifier: MIT */
#include "ops/quantize_core.h"

#include <math.h>

typedef struct layout {
    bool blocked;
    size_t count, dim, inner, blocks, block;
} layout;

static lw_status find_block(const lwi_call *c, int axis, layout *l) {
    const lw_value *x = c->in[0], *scale = c->in[1];
    const int64_t block = lwi_attr_int(c->node, "block_size", 0);
    if (block < 0)
        return lwi_call_fail(c, LW_INVALID, "block_size %lld is negative", (long long)block);
    for (int d = 0; d < x->rank; d++)
        if (scale->rank != x->rank || (d != axis && scale->dims[d] != x->dims[d]))
            return lwi_call_fail(c, LW_SHAPE, "the scale's shape does not fit blocks of the input");
    l->blocked = true;
    l->blocks = (size_t)scale->dims[axis];
    if (block) l->block = (size_t)block;
    else l->block = l->blocks ? (l->dim + l->blocks - 1) / l->blocks : 0;
    if (l->dim && (!l->block || l->blocks != (l->dim - 1) / l->block + 1))
        return lwi_call_fail(c, LW_SHAPE, "%zu scales for %zu elements in blocks of %zu", l->blocks,
                             l->dim, l->block);
    return LW_OK;
}

static lw_status find_layout(const lwi_call *c, layout *l) {
    const lw_value *x = c->in[0], *scale = c->in[1];
    *l = (layout){.count = scale->count, .dim = 1, .inner = 1};
    if (lwi_has(c, 2) && !lwi_same_shape(scale, c->in[2]) && c->in[2]->count != scale->count)
        return lwi_call_fail(c, LW_SHAPE, "scale and zero point have %zu and %zu elements",
                             scale->count, c->in[2]->count);
    const bool blocked = lwi_attr_int(c->node, "block_size", 0) != 0 || scale->rank > 1;
    if (scale->count == 1 && !(blocked && x->rank > 0 && scale->rank == x->rank)) return LW_OK;
    int axis = 0;
    /* The axis has no meaning for rank 1, and its default, 1, is out of range there. */
    if (x->rank != 1) LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 1), x->rank, &axis));
    size_t outer;
    lwi_split_axis(x, axis, &outer, &l->dim, &l->inner);
    if (blocked) return find_block(c, axis, l);
    if (scale->rank != 1 || scale->count != l->dim)
        return lwi_call_fail(c, LW_SHAPE, "%zu scales for axis %d of %zu elements", scale->count,
                             axis, l->dim);
    return LW_OK;
}

lw_status lwi_scales_check(const lwi_call *c) {
    layout l;
    return find_layout(c, &l);
}

static lw_status read_floats(lwi_call *c, const lw_value *v, const float **out) {
    float *f = NULL;
    LW_TRY(lwi_scratch(c, v->count, sizeof *f, &f));
    for (size_t i = 0; i < v->count; i++)
        f[i] = (float)lwi_get_double(v, i);
    *out = f;
    return LW_OK;
}

lw_status lwi_scales_read(lwi_call *c, lwi_scales *s) {
    layout l;
    LW_TRY(find_layout(c, &l));
    *s = (lwi_scales){.count = l.count,
                      .dim = l.dim,
                      .inner = l.inner,
                      .blocks = l.blocks,
                      .block = l.block,
                      .blocked = l.blocked};
    LW_TRY(read_floats(c, c->in[1], &s->scale));
    return lwi_has(c, 2) ? read_floats(c, c->in[2], &s->zero) : LW_OK;
}

lwi_scale_run lwi_scale_run_at(const lwi_scales *s, size_t at, size_t end) {
    lwi_scale_run r = {.n = end - at};
    if (s->count == 1) return r;
    const size_t in = at % s->inner, row = at / s->inner;
    const size_t i = row % s->dim, outer = row / s->dim;
    size_t left = s->inner - in;
    if (s->blocked) {
        r.first = (outer * s->blocks + i / s->block) * s->inner + in;
        r.step = s->inner > 1;
        if (s->inner == 1) {
            left = s->block - i % s->block;
            if (left > s->dim - i) left = s->dim - i;
        }
    } else {
        r.first = i;
        r.step = s->inner == 1;
        if (s->inner == 1) left = s->dim - i;
    }
    if (left < r.n) r.n = left;
    return r;
}

void lwi_code_range(lw_dtype dtype, float *low, float *high) {
    const int bits = lw_dtype_bits(dtype);
    const float span = (float)(1 << bits);
    *low = lwi_dtype_is_signed(dtype) ? -span / 2 : 0;
    *high = *low + span - 1;
}

float lwi_quantize(float quotient, float zero, float low, float high) {
    const float q = rintf(quotient) + zero;
    return q > low ? q < high ? q : high : low;
}

lwi_u8_scale lwi_dynamic_scale(const float *x, size_t n) {
    float min = 0, max = 0;
    for (size_t i = 0; i < n; i++) {
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    lwi_u8_scale s = {.scale = max > min ? (max - min) / 255 : 1};
    s.zero = lwi_quantize(-min / s.scale, 0, 0, 255);
    return s;
}
