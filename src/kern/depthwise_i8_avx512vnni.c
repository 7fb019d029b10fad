/* SPDX-License-Identifier: MIT
 * 64 channels at a time: bytes of four taps are woven so that vpdpbusd adds their products. */
#include "kern/depthwise_i8.h"

#include "kern/codes512.h"

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

/* Packing undoes the weaving. */
LWI_INLINE void store(const lwi_coder *k, const __m512i s[VECTORS], const float *scale,
                      __mmask64 mask, uint8_t *y) {
    const __m512i low =
        lwi_shorts512(k, lwi_round512(k, s[0], scale), lwi_round512(k, s[1], scale + 16));
    const __m512i high =
        lwi_shorts512(k, lwi_round512(k, s[2], scale + 32), lwi_round512(k, s[3], scale + 48));
    _mm512_mask_storeu_epi8(y, mask, lwi_bytes512(k, low, high));
}

static inline __mmask64 mask_of(size_t left) {
    return left < BLOCK ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
}

/* ------------------------------------------------------------------- general */

/* `at`: where the block lies in each tap's input; p: in the period. */
LWI_INLINE void block(const lwi_depthwise_i8_job *j, const lwi_coder *k, size_t at, size_t p,
                      __mmask64 mask, uint8_t *y) {
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
    store(k, s, j->output->scale + p, mask, y);
}

lwi_depthwise_i8_fn LWI_AT(depthwise_i8);
void LWI_AT(depthwise_i8)(const lwi_depthwise_i8_job *job) {
    const lwi_depthwise_i8_job j = *job; /* a copy, which y cannot overlap */
    const lwi_coder k = lwi_coder_of(j.output);
    for (size_t r = 0; r < j.runs; r++)
        for (size_t i = 0, p = 0; i < j.n; i += BLOCK) {
            block(&j, &k, r * j.x_run + i, p, mask_of(j.n - i), j.y + r * j.y_run + i);
            p = p + BLOCK == j.period ? 0 : p + BLOCK;
        }
}

/* --------------------------------------------------------------------- 3 x 3 */

typedef struct rows {
    const uint8_t *x[3];
    __m512i flip;
    __mmask64 mask;
} rows;

/* The three inputs of a column of the window, and a zero. */
LWI_INLINE void weave_column(const rows *r, size_t at, __m512i woven[VECTORS]) {
    weave(load(r->x[0] + at, r->mask, r->flip), load(r->x[1] + at, r->mask, r->flip),
          load(r->x[2] + at, r->mask, r->flip), _mm512_setzero_si512(), woven);
}

/* Each column of the input is woven once, for the windows of all outputs that meet it. */
LWI_INLINE void row_of_blocks(const lwi_depthwise_i8_job *j, size_t i, const size_t stride) {
    const rows r = {{j->taps[0] + i, j->taps[1] + i, j->taps[2] + i},
                    _mm512_set1_epi32((int)j->flip),
                    mask_of(j->n - i)};
    const lwi_coder k = lwi_coder_of(j->output);
    const size_t step = j->x_run / stride, runs = j->runs, x_run = j->x_run, y_run = j->y_run;
    const float *scale = j->output->scale + i;
    const int32_t *start = j->start + i;
    uint8_t *y = j->y + i;
    __m512i w[3][VECTORS], now[VECTORS], next[VECTORS], woven[VECTORS];
    LWI_UNROLL for (size_t c = 0; c < 3; c++)
        load_start((const int32_t *)(j->w + i * j->n_taps + c * BLOCK * 4), w[c]);
    load_start(start, now);
    weave_column(&r, 0, woven);
    add(now, woven, w[0]);
    if (stride == 1) {
        load_start(start, next);
        weave_column(&r, step, woven);
        add(now, woven, w[1]);
        add(next, woven, w[0]);
    }
    for (size_t n = 0, at = 2 * step; n < runs; n++, at += x_run, y += y_run) {
        if (stride == 2) {
            weave_column(&r, at - step, woven);
            add(now, woven, w[1]);
        }
        weave_column(&r, at, woven);
        add(now, woven, w[2]);
        store(&k, now, scale, r.mask, y);
        if (stride == 1) {
            add(next, woven, w[1]);
            LWI_UNROLL for (size_t v = 0; v < VECTORS; v++) now[v] = next[v];
            load_start(start, next);
            add(next, woven, w[0]);
        } else {
            load_start(start, now);
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
