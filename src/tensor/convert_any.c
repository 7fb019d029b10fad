/* SPDX-License-Identifier: MIT
 * Any numeric type to any other. Each element takes two steps: to the widest type of its class
 * (float, double, int64, uint64), which holds it exactly, and from there to the target, rounded
 * once. A block of elements at a time makes both steps, so that it stays in the cache. */
#include "tensor/convert.h"

#include <math.h>

const lwi_conversion lwi_convert_nearest = {
    .nearest_integer = true, .saturate = true, .e8m0 = LWI_E8M0_NEAREST};

enum { BLOCK = 256 }; /* a multiple of the elements in a byte */

typedef enum class { FLOAT, DOUBLE, SIGNED, UNSIGNED } class;

typedef struct block {
    class class;
    size_t n;
    union {
        float f[BLOCK];
        double d[BLOCK];
        int64_t i[BLOCK];
        uint64_t u[BLOCK];
    };
} block;

static size_t bytes_of(lw_dtype dtype, size_t n) {
    return (n * (size_t)lw_dtype_bits(dtype) + 7) / 8;
}

/* -------------------------------------------------------------------- load */

static void load_packed(lw_dtype dtype, const void *in, block *b) {
    uint8_t bytes[BLOCK];
    lwi_unpack(dtype, in, b->n, bytes);
    const bool is_signed = lwi_dtype_is_signed(dtype);
    for (size_t i = 0; i < b->n; i++)
        b->i[i] = is_signed ? (int8_t)bytes[i] : bytes[i];
}

/* (type, C type, class, member, value) */
#define DIRECT_TYPES(X)                                                                            \
    X(LW_FLOAT32, float, FLOAT, f, p[i])                                                           \
    X(LW_FLOAT64, double, DOUBLE, d, p[i])                                                         \
    X(LW_BOOL, uint8_t, SIGNED, i, p[i] != 0)                                                      \
    X(LW_INT8, int8_t, SIGNED, i, p[i])                                                            \
    X(LW_INT16, int16_t, SIGNED, i, p[i])                                                          \
    X(LW_INT32, int32_t, SIGNED, i, p[i])                                                          \
    X(LW_INT64, int64_t, SIGNED, i, p[i])                                                          \
    X(LW_UINT8, uint8_t, SIGNED, i, p[i])                                                          \
    X(LW_UINT16, uint16_t, SIGNED, i, p[i])                                                        \
    X(LW_UINT32, uint32_t, SIGNED, i, p[i])                                                        \
    X(LW_UINT64, uint64_t, UNSIGNED, u, p[i])                                                      \
    X(LW_COMPLEX64, float, FLOAT, f, p[2 * i])                                                     \
    X(LW_COMPLEX128, double, DOUBLE, d, p[2 * i])

static void load(lw_dtype dtype, const void *in, block *b) {
    switch (dtype) {
#define LOAD(id, T, kind, member, value)                                                           \
    case id: {                                                                                     \
        const T *p = in;                                                                           \
        b->class = kind;                                                                           \
        for (size_t i = 0; i < b->n; i++)                                                          \
            b->member[i] = value;                                                                  \
        break;                                                                                     \
    }
        DIRECT_TYPES(LOAD)
#undef LOAD
    case LW_INT4:
    case LW_UINT4:
    case LW_INT2:
    case LW_UINT2:
        b->class = SIGNED;
        load_packed(dtype, in, b);
        break;
    default:
        b->class = FLOAT;
        lwi_widen(dtype, in, 0, b->n, b->f);
        break;
    }
}

/* ------------------------------------------------------- to floating point */

/* Keeps the top 53 bits of a number and says in the lowest of them whether others were lost, so
 * that it becomes a double exactly and rounds later as if all bits were there. */
static uint64_t sticky(uint64_t u) {
    if (u < (uint64_t)1 << 53) return u;
    return (u & ~(uint64_t)2047) | (uint64_t)((u & 2047) != 0) << 11;
}

static double sticky_double(int64_t i) {
    return i < 0 ? -(double)sticky(0 - (uint64_t)i) : (double)sticky((uint64_t)i);
}

/* Rounds to odd: a float that is not exact has its last bit set, so that rounding it again, to
 * fewer bits, gives what rounding the double at once would (Boldo and Melquiond 2008). */
static float odd_float(double d) {
    const float f = (float)d;
    if ((double)f == d || isnan(d) || isinf(d)) return f;
    uint32_t u = lwi_float_bits(f);
    if (isinf(f) || fabs((double)f) > fabs(d)) u--; /* towards zero */
    return lwi_bits_float(u | 1);
}

static void to_odd_floats(block *b) {
    float f[BLOCK];
    for (size_t i = 0; i < b->n; i++) {
        if (b->class == DOUBLE) f[i] = odd_float(b->d[i]);
        else if (b->class == SIGNED) f[i] = odd_float(sticky_double(b->i[i]));
        else f[i] = odd_float((double)sticky(b->u[i]));
    }
    memcpy(b->f, f, b->n * sizeof *f);
    b->class = FLOAT;
}

/* ------------------------------------------------------------- to integers */

typedef struct range {
    int64_t low;
    uint64_t high;
} range;

static range range_of(lw_dtype dtype) {
    const int bits = lw_dtype_bits(dtype);
    const uint64_t all = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    if (!lwi_dtype_is_signed(dtype)) return (range){0, all};
    return (range){-(int64_t)(all >> 1) - 1, all >> 1};
}

/* Two's complement, to be cut to the width of the target. */
static uint64_t integer_of_double(double d, range r, bool nearest) {
    if (isnan(d)) return 0;
    if (nearest) {
        d = nearbyint(d);
        if (d <= (double)r.low) return (uint64_t)r.low;
        if (d >= (double)r.high) return r.high;
    }
    if (d < -0x1p63) return (uint64_t)r.low;
    if (d < 0x1p63) return (uint64_t)(int64_t)d;
    return d < 0x1p64 && r.high == UINT64_MAX ? (uint64_t)d : r.high;
}

static uint64_t clamp_signed(int64_t i, range r) {
    if (i < r.low) return (uint64_t)r.low;
    return i > 0 && (uint64_t)i > r.high ? r.high : (uint64_t)i;
}

static void to_integers(block *b, range r, bool nearest) {
    switch (b->class) {
    case FLOAT:
        /* backwards: the doubles' places are further on than the floats' */
        for (size_t i = b->n; i-- > 0;)
            b->u[i] = integer_of_double(b->f[i], r, nearest);
        break;
    case DOUBLE:
        for (size_t i = 0; i < b->n; i++)
            b->u[i] = integer_of_double(b->d[i], r, nearest);
        break;
    case SIGNED:
        if (nearest)
            for (size_t i = 0; i < b->n; i++)
                b->u[i] = clamp_signed(b->i[i], r);
        break;
    case UNSIGNED:
        if (nearest)
            for (size_t i = 0; i < b->n; i++)
                b->u[i] = b->u[i] > r.high ? r.high : b->u[i];
        break;
    }
    b->class = UNSIGNED;
}

/* ------------------------------------------------------------------- store */

static void store_packed(lw_dtype dtype, const block *b, void *out) {
    uint8_t bytes[BLOCK];
    for (size_t i = 0; i < b->n; i++)
        bytes[i] = (uint8_t)b->u[i];
    lwi_pack(dtype, bytes, b->n, out);
}

static void store_integers(lw_dtype dtype, const block *b, void *out) {
    switch (dtype) {
#define STORE(id, T)                                                                               \
    case id:                                                                                       \
        for (size_t i = 0; i < b->n; i++)                                                          \
            ((T *)out)[i] = (T)b->u[i];                                                            \
        break;
        STORE(LW_INT8, uint8_t)
        STORE(LW_UINT8, uint8_t)
        STORE(LW_INT16, uint16_t)
        STORE(LW_UINT16, uint16_t)
        STORE(LW_INT32, uint32_t)
        STORE(LW_UINT32, uint32_t)
        STORE(LW_INT64, uint64_t)
        STORE(LW_UINT64, uint64_t)
#undef STORE
    default:
        store_packed(dtype, b, out);
        break;
    }
}

/* out[i * STEP] = what b[i] gives in EXPR, whatever its class */
#define STORE_FROM(T, STEP, EXPR)                                                                  \
    switch (b->class) {                                                                            \
        STORE_CLASS(T, STEP, FLOAT, f, EXPR)                                                       \
        STORE_CLASS(T, STEP, DOUBLE, d, EXPR)                                                      \
        STORE_CLASS(T, STEP, SIGNED, i, EXPR)                                                      \
        STORE_CLASS(T, STEP, UNSIGNED, u, EXPR)                                                    \
    }
#define STORE_CLASS(T, STEP, CLASS, member, EXPR)                                                  \
    case CLASS:                                                                                    \
        for (size_t k = 0; k < b->n; k++)                                                          \
            ((T *)out)[k * (STEP)] = (T)(b->member[k] EXPR);                                       \
        break;

static void store_bools(const block *b, void *out) { STORE_FROM(uint8_t, 1, != 0) }
static void store_floats(const block *b, void *out, size_t step) { STORE_FROM(float, step, ) }
static void store_doubles(const block *b, void *out, size_t step) { STORE_FROM(double, step, ) }

static void store(const lwi_conversion *how, lw_dtype dtype, block *b, void *out) {
    switch (dtype) {
    case LW_BOOL:
        store_bools(b, out);
        return;
    case LW_FLOAT32:
        store_floats(b, out, 1);
        return;
    case LW_FLOAT64:
        store_doubles(b, out, 1);
        return;
    case LW_COMPLEX64:
    case LW_COMPLEX128:
        memset(out, 0, bytes_of(dtype, b->n));
        if (dtype == LW_COMPLEX64) store_floats(b, out, 2);
        else store_doubles(b, out, 2);
        return;
    default:
        break;
    }
    if (lwi_dtype_is_integer(dtype)) {
        to_integers(b, range_of(dtype), how->nearest_integer);
        store_integers(dtype, b, out);
        return;
    }
    if (b->class != FLOAT) to_odd_floats(b);
    lwi_narrow_as(how, dtype, b->f, b->n, 0, out);
}

static bool is_complex(lw_dtype dtype) { return dtype == LW_COMPLEX64 || dtype == LW_COMPLEX128; }

void lwi_convert(const lwi_conversion *how, lw_dtype from, const void *in, lw_dtype to, void *out,
                 size_t n) {
    if (from == to && to != LW_FLOAT8E5M2) { /* whose infinities may saturate */
        if (n) memcpy(out, in, bytes_of(to, n));
        return;
    }
    if (is_complex(from) && is_complex(to)) { /* pairs of real numbers */
        from = from == LW_COMPLEX64 ? LW_FLOAT32 : LW_FLOAT64;
        to = to == LW_COMPLEX64 ? LW_FLOAT32 : LW_FLOAT64;
        n *= 2;
    }
    block b;
    for (size_t i = 0; i < n; i += BLOCK) {
        b.n = n - i < BLOCK ? n - i : BLOCK;
        load(from, (const char *)in + bytes_of(from, i), &b);
        store(how, to, &b, (char *)out + bytes_of(to, i));
    }
}
