/* SPDX-License-Identifier: MIT */
#include "ops/call_convert.h"

static bool shown_differently(lw_dtype dtype, unsigned flags) {
    if (flags & LWI_WIDEN && lwi_dtype_is_small_float(dtype)) return true;
    return flags & LWI_UNPACK && lwi_dtype_is_packed(dtype);
}

static lw_dtype shown_dtype(lw_dtype dtype, unsigned flags) {
    if (flags & LWI_WIDEN && lwi_dtype_is_small_float(dtype)) return LW_FLOAT32;
    return lwi_dtype_is_signed(dtype) ? LW_INT8 : LW_UINT8;
}

/* The arrays of the call that the kernel sees. */
typedef struct views {
    lw_value *shown; /* [n_in + n_out] */
    const lw_value **in;
    lw_value **out;
} views;

/* Makes in place of value a tensor of the type that the kernel sees, without data. */
static lw_status show(const lw_value *value, unsigned flags, lw_value *shown) {
    LW_TRY(
        lwi_tensor_init(shown, shown_dtype(value->dtype, flags), value->rank, value->dims, NULL));
    shown->fixed = value->fixed;
    return LW_OK;
}

static lw_status give_memory(lwi_call *c, lw_value *shown) {
    return lwi_scratch(c, shown->bytes, 1, &shown->data);
}

static lw_status open_views(lwi_call *c, views *v) {
    const unsigned flags = c->node->op->op->flags;
    LW_TRY(lwi_scratch(c, c->n_in + c->n_out, sizeof *v->shown, &v->shown));
    LW_TRY(lwi_scratch(c, c->n_in + 1, sizeof *v->in, &v->in));
    LW_TRY(lwi_scratch(c, c->n_out + 1, sizeof *v->out, &v->out));
    for (size_t i = 0; i < c->n_in; i++) {
        const lw_value *in = v->in[i] = c->in[i];
        if (!in || in->kind != LW_KIND_TENSOR || !shown_differently(in->dtype, flags)) continue;
        LW_TRY(show(in, flags, &v->shown[i]));
        v->in[i] = &v->shown[i];
    }
    for (size_t i = 0; i < c->n_out; i++) {
        lw_value *out = v->out[i] = c->out[i];
        if (!out || !c->declared[i] || !shown_differently(out->dtype, flags)) continue;
        LW_TRY(show(out, flags, &v->shown[c->n_in + i]));
        v->out[i] = &v->shown[c->n_in + i];
    }
    return LW_OK;
}

static lwi_call seen_through(const lwi_call *c, const views *v) {
    lwi_call inner = *c;
    inner.in = v->in;
    inner.out = v->out;
    inner.original = c;
    return inner;
}

typedef struct conversion {
    lw_value *tensor;
    const lw_value *from;
    lw_value *to;
} conversion;

static void convert_rows(void *arg, size_t begin, size_t end) {
    const conversion *x = arg;
    if (x->from->dtype == LW_FLOAT32)
        lwi_narrow(x->to->dtype, (const float *)x->from->data + begin, end - begin, begin,
                   x->to->data);
    else lwi_widen(x->from->dtype, x->from->data, begin, end - begin, (float *)x->to->data + begin);
}

static void convert_in(const lwi_call *c, const lw_value *from, lw_value *to) {
    if (to->dtype == LW_FLOAT32) {
        conversion x = {.from = from, .to = to};
        lwi_parallel(c, from->count, 1 << 15, convert_rows, &x);
    } else {
        lwi_unpack(from->dtype, from->data, from->count, to->data);
    }
}

static void convert_out(const lwi_call *c, const lw_value *from, lw_value *to) {
    if (from->dtype == LW_FLOAT32 && !lwi_dtype_is_packed(to->dtype)) {
        conversion x = {.from = from, .to = to};
        lwi_parallel(c, from->count, 1 << 15, convert_rows, &x);
    } else if (from->dtype == LW_FLOAT32) {
        lwi_narrow(to->dtype, from->data, from->count, 0, to->data);
    } else {
        lwi_pack(to->dtype, from->data, from->count, to->data);
    }
}

bool lwi_is_converted(const lwi_call *c) {
    const unsigned flags = c->node->op->op->flags;
    if (!(flags & (LWI_WIDEN | LWI_UNPACK))) return false;
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->kind == LW_KIND_TENSOR &&
            shown_differently(c->in[i]->dtype, flags))
            return true;
    for (size_t i = 0; i < c->n_out; i++)
        if (c->out[i] && c->declared[i] && shown_differently(c->out[i]->dtype, flags)) return true;
    return false;
}

lw_status lwi_run_converted(lwi_call *c, lw_status (*kernel)(lwi_call *)) {
    views v;
    LW_TRY(open_views(c, &v));
    for (size_t i = 0; i < c->n_in; i++) {
        if (v.in[i] == c->in[i] || (i < 64 && c->packed >> i & 1)) continue;
        LW_TRY(give_memory(c, &v.shown[i]));
        convert_in(c, c->in[i], &v.shown[i]);
    }
    for (size_t i = 0; i < c->n_out; i++)
        if (v.out[i] != c->out[i]) LW_TRY(give_memory(c, v.out[i]));
    lwi_call inner = seen_through(c, &v);
    LW_TRY(kernel(&inner));
    for (size_t i = 0; i < c->n_out; i++)
        if (v.out[i] != c->out[i]) convert_out(c, v.out[i], c->out[i]);
    return LW_OK;
}

lw_status lwi_prepare_converted(lwi_call *c, lw_status (*prepare)(lwi_call *)) {
    views v;
    LW_TRY(open_views(c, &v));
    lwi_call inner = seen_through(c, &v);
    LW_TRY(prepare(&inner));
    c->prepared = inner.prepared;
    c->packed = inner.packed;
    return LW_OK;
}
