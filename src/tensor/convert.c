/* SPDX-License-Identifier: MIT */
#include "tensor/convert.h"

/* (type, element's C type, decode, encode) */
#define SMALL_FLOATS(X)                                                                            \
    X(LW_FLOAT16, uint16_t, lwi_f16_to_f32(v), lwi_f32_to_f16(x))                                  \
    X(LW_BFLOAT16, uint16_t, lwi_bf16_to_f32(v), lwi_f32_to_bf16(x))                               \
    X(LW_FLOAT8E4M3FN, uint8_t, lwi_f8e4m3fn_to_f32(v), lwi_f32_to_f8e4m3fn(x, how->saturate))     \
    X(LW_FLOAT8E4M3FNUZ, uint8_t, lwi_f8e4m3fnuz_to_f32(v),                                        \
      lwi_f32_to_f8e4m3fnuz(x, how->saturate))                                                     \
    X(LW_FLOAT8E5M2, uint8_t, lwi_f8e5m2_to_f32(v), lwi_f32_to_f8e5m2(x, how->saturate))           \
    X(LW_FLOAT8E5M2FNUZ, uint8_t, lwi_f8e5m2fnuz_to_f32(v),                                        \
      lwi_f32_to_f8e5m2fnuz(x, how->saturate))                                                     \
    X(LW_FLOAT8E8M0, uint8_t, lwi_f8e8m0_to_f32(v), lwi_f32_to_f8e8m0(x, how->saturate, how->e8m0))

static void f4_widen(const uint8_t *data, size_t offset, size_t n, float *out) {
    for (size_t i = 0; i < n; i++) {
        const size_t k = offset + i;
        out[i] = lwi_f4e2m1_to_f32((uint8_t)(data[k / 2] >> (k & 1) * 4 & 15));
    }
}

static void f4_narrow(const float *in, size_t n, size_t offset, uint8_t *data) {
    for (size_t i = 0; i < n; i++) {
        const size_t k = offset + i;
        const int shift = (int)(k & 1) * 4;
        data[k / 2] = (uint8_t)((data[k / 2] & ~(15 << shift)) | lwi_f32_to_f4e2m1(in[i]) << shift);
    }
}

void lwi_widen(lw_dtype dtype, const void *data, size_t offset, size_t n, float *out) {
    switch (dtype) {
#define WIDEN(id, T, decode, encode)                                                               \
    case id: {                                                                                     \
        const T *p = (const T *)data + offset;                                                     \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T v = p[i];                                                                      \
            out[i] = decode;                                                                       \
        }                                                                                          \
        break;                                                                                     \
    }
        SMALL_FLOATS(WIDEN)
#undef WIDEN
    case LW_FLOAT4E2M1:
        f4_widen(data, offset, n, out);
        break;
    default:
        break;
    }
}

void lwi_narrow(lw_dtype dtype, const float *in, size_t n, size_t offset, void *data) {
    lwi_narrow_as(&lwi_convert_nearest, dtype, in, n, offset, data);
}

void lwi_narrow_as(const lwi_conversion *how, lw_dtype dtype, const float *in, size_t n,
                   size_t offset, void *data) {
    switch (dtype) {
#define NARROW(id, T, decode, encode)                                                              \
    case id: {                                                                                     \
        T *p = (T *)data + offset;                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            const float x = in[i];                                                                 \
            p[i] = encode;                                                                         \
        }                                                                                          \
        break;                                                                                     \
    }
        SMALL_FLOATS(NARROW)
#undef NARROW
    case LW_FLOAT4E2M1:
        f4_narrow(in, n, offset, data);
        break;
    default:
        break;
    }
}

void lwi_unpack(lw_dtype dtype, const void *data, size_t n, uint8_t *out) {
    const uint8_t *p = data;
    const int bits = lw_dtype_bits(dtype), per = 8 / bits, mask = (1 << bits) - 1;
    const int sign = lwi_dtype_is_signed(dtype) ? 1 << (bits - 1) : 0;
    for (size_t i = 0; i < n; i++) {
        const int code = p[i / (size_t)per] >> (int)(i % (size_t)per) * bits & mask;
        out[i] = (uint8_t)((code ^ sign) - sign);
    }
}

void lwi_pack(lw_dtype dtype, const uint8_t *in, size_t n, void *data) {
    uint8_t *p = data;
    const int bits = lw_dtype_bits(dtype), per = 8 / bits, mask = (1 << bits) - 1;
    for (size_t i = 0; i < n; i += (size_t)per) {
        int byte = 0;
        for (int k = 0; k < per && i + (size_t)k < n; k++)
            byte |= (in[i + (size_t)k] & mask) << k * bits;
        p[i / (size_t)per] = (uint8_t)byte;
    }
}
