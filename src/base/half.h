/* SPDX-License-Identifier: MIT
 * Small floating-point types to and from float. Rounding is to nearest even. */
#ifndef LWI_HALF_H
#define LWI_HALF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t lwi_float_bits(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float lwi_bits_float(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* IEEE 754 binary16. Without branches, so that loops become vector code. */
static inline float lwi_f16_to_f32(uint16_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, a = h & 0x7fff, shifted = a << 13;
    /* the exponents' biases differ by 112; subnormals become normal by the product */
    const uint32_t finite = lwi_float_bits(lwi_bits_float(shifted) * 0x1p112f);
    return lwi_bits_float(sign | (a < 0x7c00 ? finite : shifted | 0x7f800000));
}

static inline uint16_t lwi_f32_to_f16(float x) {
    const uint32_t u = lwi_float_bits(x), sign = u >> 16 & 0x8000;
    const int32_t a = (int32_t)(u & 0x7fffffff);
    const int32_t normal = (a + 0xfff + (a >> 13 & 1) - 0x38000000) >> 13;
    /* subnormals are rounded by adding */
    const int32_t small = (int32_t)lwi_float_bits(lwi_bits_float((uint32_t)a) + 0.5f) - 0x3f000000;
    int32_t h = a < 0x38800000 ? small : normal;
    h = a >= 0x477ff000 ? 0x7c00 : h; /* rounds to infinity */
    h = a > 0x7f800000 ? 0x7e00 | (a >> 13 & 0x1ff) : h;
    return (uint16_t)(sign | (uint32_t)h);
}

/* The upper half of a binary32 */
static inline float lwi_bf16_to_f32(uint16_t b) { return lwi_bits_float((uint32_t)b << 16); }

static inline uint16_t lwi_f32_to_bf16(float x) {
    const uint32_t u = lwi_float_bits(x);
    if ((u & 0x7fffffff) > 0x7f800000) return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* The float8 kinds (ONNX "Float stored in 8 bits"; Micikevicius et al. 2022, arXiv 2209.05433;
 * FNUZ: Noune et al. 2022, arXiv 2206.02915) and E8M0 (OCP Microscaling Formats v1.0). */
float lwi_f8e4m3fn_to_f32(uint8_t x);
float lwi_f8e4m3fnuz_to_f32(uint8_t x);
float lwi_f8e5m2_to_f32(uint8_t x);
float lwi_f8e5m2fnuz_to_f32(uint8_t x);
float lwi_f8e8m0_to_f32(uint8_t x);
/* saturate: out of range and infinities become the largest finite number, else NaN or infinity
 * as ONNX's Cast tables say. */
uint8_t lwi_f32_to_f8e4m3fn(float x, bool saturate);
uint8_t lwi_f32_to_f8e4m3fnuz(float x, bool saturate);
uint8_t lwi_f32_to_f8e5m2(float x, bool saturate);
uint8_t lwi_f32_to_f8e5m2fnuz(float x, bool saturate);
typedef enum lwi_e8m0_round { LWI_E8M0_UP, LWI_E8M0_DOWN, LWI_E8M0_NEAREST } lwi_e8m0_round;
uint8_t lwi_f32_to_f8e8m0(float x, bool saturate, lwi_e8m0_round round);

/* FLOAT4E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 with a sign; no infinity, no NaN. */
float lwi_f4e2m1_to_f32(uint8_t x);
uint8_t lwi_f32_to_f4e2m1(float x);

#endif
