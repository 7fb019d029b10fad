/* SPDX-License-Identifier: MIT
 * 64 channels at a time: bytes of four taps are woven so that vpdpbusd adds their products. */
#include "kern/depthwise_i8.h"
#include "kern/level.h"

#include <immintrin.h>

enum { BLOCK = 64, VECTORS = 4 };

static inline __m512i load(const uint8_t *p, __mmask64 mask, __m512i flip) {
    return _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, p), flip);
}

/* Four taps of 64 channels, a channel in 32 bits. */
LWI_INLINE void weave(__m512i a, __m512i b, __m512i c, __m512i d, __m512i woven[VECTORS]) {
    const __m512i ab0 = _mm512_unpacklo_epi8(a, b), ab1 = _mm512_unpackhi_epi8(a, b);
    const __m512i cd0 = _mm512_unpacklo_epi8(c, d), cd1 = _mm512_unpackhi_epi8(c, d);
    woven[0] = _mm512_unpacklo_epi16(ab0, cd0);
    woven[1] = _mm512_unpackhi_epi16(ab0, cd0);
    woven[2] = _mm512_unpacklo_epi16(ab1, cd1);
    woven[3] = _mm512_unpackhi_epi16(ab1, cd1);
}

LWI_INLINE void load_start(const int32_t *start, __m512i s[VECTORS]) {
    LWI_UNROLL for (size_t v = 0; v < VECTORS; v++) s[v] = _mm512_loadu_si512(start + v * 16);
}

LWI_INLINE void add(__m512i s[VECTORS], const __m512i woven[VECTORS], const __m512i w[VECTORS]) {
    LWI_UNROLL for (size_t v = 0; v < VECTORS; v++) s[v] =
        _mm512_dpbusd_epi32(s[v], woven[v], w[v]);
}

/* NaN and numbers below all int32 become the least int32. */
LWI_INLINE __m512i round_codes(const lwi_i8_output *o, __m512i s, const float *scale) {
    const __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(s), _mm512_loadu_ps(scale));
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(o->high), x));
}

LWI_INLINE __m512i to_shorts(const lwi_i8_output *o, __m512i a, __m512i b) {
    const __m512i x =
        _mm512_adds_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16((short)o->zero));
    return _mm512_max_epi16(x, _mm512_set1_epi16((short)((int)o->low + o->zero)));
}

/* Packing undoes the weaving. */
LWI_INLINE void store(const lwi_depthwise_i8_job *j, const __m512i s[VECTORS], size_t p,
                      __mmask64 mask, uint8_t *y) {
    const lwi_i8_output *o = j->output;
    const float *scale = o->scale + p;
    const __m512i low = to_shorts(o, round_codes(o, s[0], scale), round_codes(o, s[1], scale + 16));
    const __m512i high =
        to_shorts(o, round_codes(o, s[2], scale + 32), round_codes(o, s[3], scale + 48));
    _mm512_mask_storeu_epi8(
        y, mask, j->is_signed ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high));
}

static inline __mmask64 mask_of(size_t left) {
    return left < BLOCK ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
}

/* ------------------------------------------------------------------- general */

LWI_INLINE void block(const lwi_depthwise_i8_job *j, size_t at, size_t p, __mmask64 mask,
                      uint8_t *y) {
    const __m512i flip = _mm512_set1_epi32((int)j->flip);
    const int8_t *weights = j->w + p * j->n_taps;
    __m512i s[VECTORS], woven[VECTORS], w[VECTORS];
    load_start(j->start + p, s);
    for (size_t t = 0; t < j->n_taps; t += 4, weights += BLOCK * 4) {
        const uint8_t *const *taps = j->taps + t;
        weave(load(taps[0] + at, mask, flip), load(taps[1] + at, mask, flip),
              load(taps[2] + at, mask, flip), load(taps[3] + at, mask, flip), woven);
        load_start((const int32_t *)weights, w);
        add(s, woven, w);
    }
    store(j, s, p, mask, y);
}

lwi_depthwise_i8_fn LWI_AT(depthwise_i8);
void LWI_AT(depthwise_i8)(const lwi_depthwise_i8_job *j) {
    for (size_t r = 0; r < j->runs; r++)
        for (size_t i = 0, p = 0; i < j->n; i += BLOCK) {
            block(j, r * j->x_run + i, p, mask_of(j->n - i), j->y + r * j->y_run + i);
            p = p + BLOCK == j->period ? 0 : p + BLOCK;
        }
}

/* --------------------------------------------------------------------- 3 x 3 */

/* The three inputs of a column of the window, and a zero. */
LWI_INLINE void weave_column(const lwi_depthwise_i8_job *j, size_t at, __mmask64 mask,
                             __m512i woven[VECTORS]) {
    const __m512i flip = _mm512_set1_epi32((int)j->flip);
    weave(load(j->taps[0] + at, mask, flip), load(j->taps[1] + at, mask, flip),
          load(j->taps[2] + at, mask, flip), _mm512_setzero_si512(), woven);
}

/* Each column of the input is woven once, for the windows of all outputs that meet it. */
LWI_INLINE void row_of_blocks(const lwi_depthwise_i8_job *j, size_t i, const size_t stride) {
    const __mmask64 mask = mask_of(j->n - i);
    const size_t step = j->x_run / stride;
    __m512i w[3][VECTORS], now[VECTORS], next[VECTORS], woven[VECTORS];
    LWI_UNROLL for (size_t c = 0; c < 3; c++)
        load_start((const int32_t *)(j->w + i * j->n_taps + c * BLOCK * 4), w[c]);
    load_start(j->start + i, now);
    weave_column(j, i, mask, woven);
    add(now, woven, w[0]);
    if (stride == 1) {
        load_start(j->start + i, next);
        weave_column(j, i + step, mask, woven);
        add(now, woven, w[1]);
        add(next, woven, w[0]);
    }
    for (size_t r = 0; r < j->runs; r++) {
        size_t at = i + r * j->x_run + 2 * step;
        if (stride == 2) {
            weave_column(j, at - step, mask, woven);
            add(now, woven, w[1]);
        }
        weave_column(j, at, mask, woven);
        add(now, woven, w[2]);
        store(j, now, i, mask, j->y + r * j->y_run + i);
        if (stride == 1) {
            add(next, woven, w[1]);
            LWI_UNROLL for (size_t v = 0; v < VECTORS; v++) now[v] = next[v];
            load_start(j->start + i, next);
            add(next, woven, w[0]);
        } else {
            load_start(j->start + i, now);
            add(now, woven, w[0]);
        }
    }
}

lwi_depthwise_3x3_i8_fn LWI_AT(depthwise_3x3_i8);
void LWI_AT(depthwise_3x3_i8)(const lwi_depthwise_i8_job *j, size_t stride) {
    for (size_t i = 0; i < j->n; i += BLOCK)
        if (stride == 1) row_of_blocks(j, i, 1);
        else row_of_blocks(j, i, 2);
}
