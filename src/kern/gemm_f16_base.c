/* SPDX-License-Identifier: MIT
 * gemm_f16.h in plain C, number by number, with the roundings of processors: what their results are
 * compared with. */
#include <math.h>
#include <string.h>

#include "base/half.h"
#include "kern/gemm_f16.h"
#include "kern/level.h"
#include "kern/loose_float.h"

enum { WIDTH = LWI_F16_COLUMNS, CHUNK = LWI_F16_CHUNK };

/* To the nearest float16, ties to even. */
static double round_half(double x) {
    int exponent = 0;
    if (x == 0 || !isfinite(x)) return x;
    frexp(x, &exponent);
    const double unit = ldexp(1, (exponent < -13 ? -13 : exponent) - 11);
    const double y = nearbyint(x / unit) * unit;
    return fabs(y) < 65520 ? y : copysign(INFINITY, y);
}

static uint16_t narrow(float x, float exponent) {
    const double y = round_half(ldexp(x, -(int)exponent));
    return y == 0 && x != 0 ? (uint16_t)(signbit(x) ? 0x8001 : 1) : lwi_f32_to_f16((float)y);
}

lwi_exponent_f16_fn LWI_AT(exponent_f16);
float LWI_AT(exponent_f16)(const float *a, size_t n) {
    float most = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i]) && fabsf(a[i]) > most) most = fabsf(a[i]);
    frexpf(most, &exponent);
    return most > 0 ? (float)(exponent - 5) : 0;
}

lwi_double_f16_fn LWI_AT(double_f16);
void LWI_AT(double_f16)(const float *a, size_t n, float exponent, float *y) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t half = narrow(a[i], exponent);
        y[i] = lwi_bits_float(half << 16 | half);
    }
}

static float column_exponent(const lwi_loose *b, size_t row, size_t k, float factor) {
    float most = 0;
    for (size_t i = 0; i < k; i++) {
        const float x = fabsf(b[i * row] * factor);
        if (isfinite(x) && x > most) most = x;
    }
    return LWI_AT(exponent_f16)(&most, 1);
}

lwi_pack_f16_fn LWI_AT(pack_f16);
void LWI_AT(pack_f16)(const float *b, size_t row, size_t column, size_t k, size_t n,
                      const float *factors, float *panels, size_t panel) {
    for (size_t j = 0; j < (n + WIDTH - 1) / WIDTH * WIDTH; j++) {
        float *const to = panels + j / WIDTH * panel;
        const lwi_loose *const from = (const lwi_loose *)b + j * column;
        const float factor = factors && j < n ? factors[j] : 1;
        const float exponent = j < n ? column_exponent(from, row, k, factor) : 0;
        for (size_t i = 0; i < k; i++) {
            const uint16_t half = j < n ? narrow(from[i * row] * factor, exponent) : 0;
            memcpy((uint16_t *)to + i * WIDTH + j % WIDTH, &half, sizeof half);
        }
        to[lwi_f16_rows(k) + j % WIDTH] = exponent;
    }
}

static double half_at(const float *p, size_t i) {
    uint16_t half;
    memcpy(&half, (const uint16_t *)p + i, sizeof half);
    return (double)lwi_f16_to_f32(half);
}

/* b: the column in its panel. */
static double sum_chunk(const float *a, const float *b, size_t column, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = round_half(half_at(a, 2 * i) * half_at(b, i * WIDTH + column) + sum);
    return sum;
}

static float sum_segments(const lwi_gemm_f32_job *j, const float *a, const float *b,
                          size_t column) {
    float whole = 0;
    for (size_t s = 0; s < j->segments; s++) {
        const float *const from = a + (j->offsets ? j->offsets[s] : 0);
        for (size_t k = 0; k < j->length; k += 2 * CHUNK) {
            const size_t left = j->length - k, first = left < CHUNK ? left : CHUNK;
            const size_t second = left - first < CHUNK ? left - first : CHUNK;
            double sum = sum_chunk(from + k, b + lwi_f16_rows(k), column, first);
            if (second)
                sum = round_half(
                    sum + sum_chunk(from + k + CHUNK, b + lwi_f16_rows(k + CHUNK), column, second));
            whole += (float)sum;
        }
        b += lwi_f16_rows(j->length);
    }
    return whole;
}

lwi_gemm_f16_fn LWI_AT(gemm_f16);
void LWI_AT(gemm_f16)(const lwi_gemm_f32_job *j) {
    for (size_t r = 0; r < j->rows; r++)
        for (size_t c = 0; c < j->columns; c++) {
            const size_t panel = c / WIDTH * j->b_panel;
            const float exponent =
                j->a_exponents[r * j->a_exponent] + j->b_exponents[panel + c % WIDTH];
            float *const y = j->y + r * j->y_row + c;
            float sum = sum_segments(j, j->a + r * j->a_row, j->b + panel, c % WIDTH);
            sum = ldexpf(sum, (int)exponent);
            if (j->scale != 0) sum *= j->scale;
            if (j->add) sum += *y;
            if (j->bias) sum += j->bias[c];
            if (j->plus) sum += j->plus[r * j->plus_row + c];
            if (sum < j->low) sum = j->low;
            if (sum > j->high) sum = j->high;
            *y = sum;
        }
}
