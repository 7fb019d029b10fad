/* SPDX-License-Identifier: MIT */
#include "ops/quantized_product.h"

#include <math.h>
#include <string.h>

/* ----------------------------------------------------------------- spreads */

lw_status lwi_spread_read(const lwi_call *c, size_t index, int rank, const int64_t *dims, int axis,
                          lwi_spread *s) {
    *s = (lwi_spread){0};
    if (!lwi_has(c, index)) return LW_OK;
    const lw_value *v = s->value = c->in[index];
    if (v->count == 1) return LW_OK;
    if (v->rank == 1 && axis >= 0 && axis < rank && v->dims[0] == dims[axis]) {
        s->strides[axis] = 1;
        return LW_OK;
    }
    bool fits = v->rank > 1 && v->rank <= rank;
    for (int d = 0; fits && d < v->rank; d++)
        fits = v->dims[d] == 1 || v->dims[d] == dims[rank - v->rank + d];
    if (fits) {
        lwi_broadcast_strides(v, rank, s->strides);
        return LW_OK;
    }
    char text[LWI_SHAPE_TEXT], over[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "input %zu of shape %s does not fit a tensor of shape %s",
                         index, lwi_shape_text(v->rank, v->dims, text),
                         lwi_shape_text(rank, dims, over));
}

/* One row (along the last axis) of a spread: element i is value[offset + i * step]. */
typedef struct row {
    const lw_value *value;
    size_t offset, step;
} row;

static row row_of(const lwi_spread *s, const lw_value *over, size_t number) {
    row r = {s->value, 0, over->rank ? s->strides[over->rank - 1] : 0};
    for (int d = over->rank - 2; d >= 0; d--) {
        r.offset += number % (size_t)over->dims[d] * s->strides[d];
        number /= (size_t)over->dims[d];
    }
    return r;
}

static double number_at(const row *r, size_t i, double absent) {
    return r->value ? lwi_get_double(r->value, r->offset + i * r->step) : absent;
}

static size_t row_length(const lw_value *x) { return x->rank ? (size_t)x->dims[x->rank - 1] : 1; }

/* ------------------------------------------------------------------ center */

typedef struct centering {
    const lw_value *x;
    const lwi_spread *zero;
    void *out;
} centering;

#define CENTER(NAME, T, OUT)                                                                       \
    static void NAME(const T *x, const row *zero, size_t n, OUT *out) {                            \
        OUT z = (OUT)number_at(zero, 0, 0);                                                        \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (zero->step) z = (OUT)number_at(zero, i, 0);                                        \
            out[i] = (OUT)x[i] - z;                                                                \
        }                                                                                          \
    }
CENTER(center_u8, uint8_t, int32_t)
CENTER(center_i8, int8_t, int32_t)
CENTER(center_f32, float, float)

static void center_rows(void *arg, size_t begin, size_t end) {
    const centering *t = arg;
    const size_t n = row_length(t->x);
    for (size_t i = begin; i < end; i++) {
        const row zero = row_of(t->zero, t->x, i);
        if (t->x->dtype == LW_UINT8)
            center_u8((const uint8_t *)t->x->data + i * n, &zero, n, (int32_t *)t->out + i * n);
        else if (t->x->dtype == LW_INT8)
            center_i8((const int8_t *)t->x->data + i * n, &zero, n, (int32_t *)t->out + i * n);
        else center_f32((const float *)t->x->data + i * n, &zero, n, (float *)t->out + i * n);
    }
}

lw_status lwi_center(lwi_call *c, const lw_value *x, const lwi_spread *zero, void *centered) {
    centering t = {x, zero, NULL};
    LW_TRY(lwi_scratch(c, x->count, 4, &t.out));
    if (x->count > 0) {
        const size_t n = row_length(x);
        lwi_parallel(c, x->count / n, 1 + (1 << 15) / n, center_rows, &t);
    }
    memcpy(centered, &t.out, sizeof t.out);
    return LW_OK;
}

/* -------------------------------------------------------------- requantize */

static double saturate(double x, double low, double high) {
    if (!(x > low)) return low; /* NaN too */
    return x < high ? x : high;
}

/* What holds for one row; only where a step is not 0 it changes along the row. */
typedef struct rows {
    row bias, scale_a, scale_b, scale_y, zero_y;
} rows;

static double factor_at(const rows *r, size_t i) {
    const float a = (float)number_at(&r->scale_a, i, 1), b = (float)number_at(&r->scale_b, i, 1);
    return a * b / (float)number_at(&r->scale_y, i, 1);
}

static void requantize_row(const lwi_requantize *q, size_t number) {
    const lw_value *y = q->y;
    const size_t n = row_length(y), first = number * n;
    const rows r = {row_of(&q->bias, y, number), row_of(&q->scale_a, y, number),
                    row_of(&q->scale_b, y, number), row_of(&q->scale_y, y, number),
                    row_of(&q->zero_y, y, number)};
    const bool steady =
        !(r.bias.step || r.scale_a.step || r.scale_b.step || r.scale_y.step || r.zero_y.step);
    double factor = factor_at(&r, 0), zero = number_at(&r.zero_y, 0, 0);
    double bias = number_at(&r.bias, 0, 0);
    for (size_t i = 0; i < n; i++) {
        if (!steady) {
            factor = factor_at(&r, i);
            zero = number_at(&r.zero_y, i, 0);
            bias = number_at(&r.bias, i, 0);
        }
        if (y->dtype == LW_FLOAT32) {
            const double sum = ((const float *)q->sums)[first + i];
            ((float *)y->data)[first + i] = (float)(sum * factor + zero);
            continue;
        }
        /* The product is rounded to float32 first, as ONNX Runtime does: ties are common. */
        const uint32_t whole =
            ((const uint32_t *)q->sums)[first + i] + (uint32_t)(int64_t)bias; /* wraps */
        const float sum = (float)(int32_t)whole;
        const double code = nearbyint((double)(sum * (float)factor)) + zero;
        if (y->dtype == LW_INT8) ((int8_t *)y->data)[first + i] = (int8_t)saturate(code, -128, 127);
        else ((uint8_t *)y->data)[first + i] = (uint8_t)saturate(code, 0, 255);
    }
}

static void requantize_rows(void *arg, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        requantize_row(arg, i);
}

void lwi_requantize_run(const lwi_call *c, const lwi_requantize *requantize) {
    lwi_requantize q = *requantize;
    if (q.y->count == 0) return;
    const size_t n = row_length(q.y);
    lwi_parallel(c, q.y->count / n, 1 + (1 << 13) / n, requantize_rows, &q);
}
