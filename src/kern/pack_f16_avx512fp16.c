/* SPDX-License-Identifier: MIT
 * Makes what gemm_f16.h multiplies. */
#include "kern/gemm_f16.h"
#include "kern/pack_f32.h"
#include "kern/vector_f32.h"

enum { LANES = LWI_LANES, WIDTH = LWI_F16_COLUMNS, STEPS = 16 /* of K, packed at once */ };

lwi_pack_f32_fn lwi_pack_f32__avx512;

/* The magnitude of finite numbers, as bits; 0 for others. */
LWI_INLINE __m512i magnitudes(lwi_vec x) {
    const __m512i bits = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
    const __m512i infinity = _mm512_set1_epi32(0x7f800000);
    return _mm512_maskz_mov_epi32(_mm512_cmplt_epi32_mask(bits, infinity), bits);
}

LWI_INLINE lwi_vec exponent_of(__m512i most) {
    return _mm512_maskz_sub_ps(_mm512_test_epi32_mask(most, most),
                               _mm512_getexp_ps(_mm512_castsi512_ps(most)), lwi_splat(4));
}

/* x / 2^exponent in float16; what is not 0 stays so. */
LWI_INLINE __m256i narrow(lwi_vec x, lwi_vec exponent) {
    const __m256i y = _mm512_cvtps_ph(_mm512_scalef_ps(x, -exponent),
                                      _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __mmask16 lost = _mm256_testn_epi16_mask(y, _mm256_set1_epi16(0x7fff)) &
                           _mm512_cmp_ps_mask(x, lwi_splat(0), _CMP_NEQ_UQ);
    return _mm256_mask_add_epi16(y, lost, y, _mm256_set1_epi16(1));
}

lwi_exponent_f16_fn LWI_AT(exponent_f16);
float LWI_AT(exponent_f16)(const float *a, size_t n) {
    __m512i most = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += LANES)
        most = _mm512_max_epi32(most, magnitudes(lwi_load_part(a + i, lwi_part_of(n - i))));
    return _mm512_cvtss_f32(exponent_of(_mm512_set1_epi32(_mm512_reduce_max_epi32(most))));
}

lwi_double_f16_fn LWI_AT(double_f16);
void LWI_AT(double_f16)(const float *a, size_t n, float exponent, float *y) {
    for (size_t i = 0; i < n; i += LANES) {
        const lwi_part part = lwi_part_of(n - i);
        const __m512i x =
            _mm512_cvtepu16_epi32(narrow(lwi_load_part(a + i, part), lwi_splat(exponent)));
        lwi_store_part(y + i, part,
                       _mm512_castsi512_ps(_mm512_or_si512(x, _mm512_slli_epi32(x, 16))));
    }
}

/* Columns of a panel, and what they are multiplied by. */
typedef struct source {
    const float *b;
    size_t row, column, k, n;
    lwi_vec factors[2];
} source;

/* Rows [i, i + STEPS) as floats; returns how many there are. */
static size_t widen_rows(const source *b, size_t i, float rows[STEPS][WIDTH]) {
    const size_t have = b->k - i < STEPS ? b->k - i : STEPS;
    lwi_pack_f32__avx512(b->b + i * b->row, b->row, b->column, have, b->n, rows[0], STEPS * WIDTH);
    for (size_t s = 0; s < have; s++)
        for (int v = 0; v < 2; v++)
            lwi_store(rows[s] + v * LANES, lwi_load(rows[s] + v * LANES) * b->factors[v]);
    return have;
}

static void pack_panel(const source *b, float *to) {
    float rows[STEPS][WIDTH];
    __m512i most[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (size_t i = 0; i < b->k; i += STEPS) {
        const size_t have = widen_rows(b, i, rows);
        for (size_t s = 0; s < have; s++)
            for (int v = 0; v < 2; v++)
                most[v] = _mm512_max_epi32(most[v], magnitudes(lwi_load(rows[s] + v * LANES)));
    }
    const lwi_vec exponent[2] = {exponent_of(most[0]), exponent_of(most[1])};
    for (size_t i = 0; i < b->k; i += STEPS) {
        const size_t have = widen_rows(b, i, rows);
        for (size_t s = 0; s < have; s++, to += lwi_f16_rows(1))
            for (int v = 0; v < 2; v++)
                _mm256_storeu_ps(
                    to + v * LANES / 2,
                    _mm256_castsi256_ps(narrow(lwi_load(rows[s] + v * LANES), exponent[v])));
    }
    lwi_store(to, exponent[0]);
    lwi_store(to + LANES, exponent[1]);
}

LWI_INLINE lwi_vec factors_at(const float *factors, size_t from, size_t n) {
    return factors && from < n ? lwi_load_part(factors + from, lwi_part_of(n - from))
                               : lwi_splat(1);
}

lwi_pack_f16_fn LWI_AT(pack_f16);
void LWI_AT(pack_f16)(const float *b, size_t row, size_t column, size_t k, size_t n,
                      const float *factors, float *panels, size_t panel) {
    for (size_t j = 0; j < n; j += WIDTH, panels += panel) {
        const source columns = {b + j * column,
                                row,
                                column,
                                k,
                                n - j < WIDTH ? n - j : WIDTH,
                                {factors_at(factors, j, n), factors_at(factors, j + LANES, n)}};
        pack_panel(&columns, panels);
    }
}
