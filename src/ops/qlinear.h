/* SPDX-License-Identifier: MIT
 * What operators on 8-bit quantised tensors (QLinear...) share. A number is
 * (code - zero) * scale; a code is a uint8 or an int8. Where an operator depends on one code only,
 * it is worked out for all 256 of them once. */
#ifndef LWI_QLINEAR_H
#define LWI_QLINEAR_H

#include "ops/quantize_core.h"

typedef struct lwi_q8 {
    float scale, zero;
    float low, high; /* the least and the greatest code */
} lwi_q8;

/* Reads a scale and a zero point (0 if that input is omitted), which hold for a whole tensor of
 * the element type. */
lw_status lwi_q8_read(const lwi_call *call, size_t scale, size_t zero, lw_dtype dtype, lwi_q8 *q);

/* table[byte] = (code - zero) * factor, for each byte that a code can be. */
void lwi_q8_table(lwi_q8 q, float factor, float table[256]);
/* The byte of the code nearest to x / scale + zero, ties to even; out of range: the last code. */
static inline uint8_t lwi_q8_code(lwi_q8 q, float x) {
    return (uint8_t)(int)lwi_quantize(x / q.scale, q.zero, q.low, q.high);
}
/* The code that a byte is. */
static inline int lwi_q8_number(lwi_q8 q, uint8_t byte) { return q.low < 0 ? (int8_t)byte : byte; }
/* map[byte] = the code in `to` of the number that byte stands for in `from`. */
void lwi_q8_map(lwi_q8 from, lwi_q8 to, uint8_t map[256]);

/* QLinearAdd and QLinearMul count in units of the result's scale, as ONNX Runtime does: a sum is
 * (a - zero) * scale + (b - zero) * scale, with scales that are divided by the result's already; a
 * product is (a - zero) * (b - zero) * factor. The scale of `to` is 1. */
typedef struct lwi_qlinear_binary {
    lwi_q8 a, b, to;
    float factor;
    bool product;
} lwi_qlinear_binary;
lw_status lwi_qlinear_binary_read(const lwi_call *call, bool product, lwi_qlinear_binary *binary);

/* y[i] = map[x[i]] */
typedef void lwi_q8_map_fn(const uint8_t *x, size_t n, const uint8_t map[256], uint8_t *y);
/* The operators that are such maps, with a loop of the caller's. */
lw_status lwi_qlinear_sigmoid_run(lwi_call *call, lwi_q8_map_fn *map);
lw_status lwi_qlinear_leaky_relu_run(lwi_call *call, lwi_q8_map_fn *map);
lw_status lwi_qlinear_concat_run(lwi_call *call, lwi_q8_map_fn *map);
/* The maps of the first two. */
lw_status lwi_qlinear_sigmoid_map(const lwi_call *call, uint8_t map[256]);
lw_status lwi_qlinear_leaky_relu_map(const lwi_call *call, uint8_t map[256]);

#endif
