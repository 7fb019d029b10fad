/* SPDX-License-Identifier: MIT
 * 16 channels at a time. Bytes of taps 0 and 2, and 1 and 3, are woven to pairs of 16 bits, which
 * vpmaddwd multiplies and adds (vpmaddubsw would saturate). */
#include "kern/depthwise_i8.h"
#include "kern/level.h"

#include <string.h>

#include <immintrin.h>

/* HALVES of 8 channels, each with its even and its odd taps. */
enum { BLOCK = 16, HALVES = 2, PAIRS = 2 * HALVES };

/* Channels of a block; the last one may have fewer than 16, and bytes behind are not read. */
static inline __m128i load(const uint8_t *p, size_t n, __m128i flip) {
    if (n == BLOCK) return _mm_xor_si128(_mm_loadu_si128((const __m128i *)p), flip);
    uint8_t part[BLOCK] = {0};
    for (size_t i = 0; i < n; i++)
        part[i] = p[i];
    return _mm_xor_si128(_mm_loadu_si128((const __m128i *)part), flip);
}

LWI_INLINE void weave(__m128i a, __m128i b, __m128i c, __m128i d, __m256i woven[PAIRS]) {
    woven[0] = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, c));
    woven[1] = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(b, d));
    woven[2] = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, c));
    woven[3] = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(b, d));
}

LWI_INLINE void load_weights(const int8_t *from, __m256i w[PAIRS]) {
    LWI_UNROLL for (size_t h = 0; h < HALVES; h++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(from + h * 32));
        w[2 * h] = _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
        w[2 * h + 1] = _mm256_srai_epi16(x, 8);
    }
}

LWI_INLINE void load_start(const int32_t *start, __m256i s[HALVES]) {
    LWI_UNROLL for (size_t h = 0; h < HALVES; h++) s[h] =
        _mm256_loadu_si256((const __m256i *)(start + h * 8));
}

LWI_INLINE void add(__m256i s[HALVES], const __m256i woven[PAIRS], const __m256i w[PAIRS]) {
    LWI_UNROLL for (size_t i = 0; i < PAIRS; i++) s[i / 2] =
        _mm256_add_epi32(s[i / 2], _mm256_madd_epi16(woven[i], w[i]));
}

typedef struct coder {
    __m256 low, high;
    __m256i zero;
} coder;

static inline coder coder_of(const lwi_i8_output *o) {
    return (coder){_mm256_set1_ps(o->low), _mm256_set1_ps(o->high), _mm256_set1_epi32(o->zero)};
}

/* What lwi_round_code does; the maximum of NaN and low is low. */
static inline __m256i round_codes(const coder *k, __m256i s, const float *scale) {
    const __m256 x = _mm256_mul_ps(_mm256_cvtepi32_ps(s), _mm256_loadu_ps(scale));
    const __m256 inside = _mm256_min_ps(_mm256_max_ps(x, k->low), k->high);
    return _mm256_add_epi32(_mm256_cvtps_epi32(inside), k->zero);
}

LWI_INLINE void store(const coder *k, const __m256i s[HALVES], const float *scale, size_t n,
                      uint8_t *y) {
    const __m256i shorts = _mm256_and_si256(
        _mm256_packs_epi32(round_codes(k, s[0], scale), round_codes(k, s[1], scale + 8)),
        _mm256_set1_epi16(0xff));
    const __m256i ordered = _mm256_permute4x64_epi64(shorts, 0xd8);
    const __m128i codes =
        _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
    if (n == BLOCK) _mm_storeu_si128((__m128i *)y, codes);
    else memcpy(y, &codes, n);
}

/* ------------------------------------------------------------------- general */

/* `at`: where the block lies in each tap's input; p: in the period. */
LWI_INLINE void block(const lwi_depthwise_i8_job *j, const coder *k, size_t at, size_t p, size_t n,
                      uint8_t *y) {
    const __m128i flip = _mm_set1_epi32((int)j->flip);
    const int8_t *weights = j->w + p * j->n_taps;
    __m256i s[HALVES], woven[PAIRS], w[PAIRS];
    load_start(j->start + p, s);
    for (size_t t = 0; t < j->n_taps; t += 4, weights += BLOCK * 4) {
        const uint8_t *const *taps = j->taps + t;
        weave(load(taps[0] + at, n, flip), load(taps[1] + at, n, flip), load(taps[2] + at, n, flip),
              load(taps[3] + at, n, flip), woven);
        load_weights(weights, w);
        add(s, woven, w);
    }
    store(k, s, j->output->scale + p, n, y);
}

lwi_depthwise_i8_fn LWI_AT(depthwise_i8);
void LWI_AT(depthwise_i8)(const lwi_depthwise_i8_job *job) {
    const lwi_depthwise_i8_job j = *job; /* a copy, which y cannot overlap */
    const coder k = coder_of(j.output);
    for (size_t r = 0; r < j.runs; r++)
        for (size_t i = 0, p = 0; i < j.n; i += BLOCK) {
            const size_t at = r * j.x_run + i, n = j.n - i;
            uint8_t *y = j.y + r * j.y_run + i;
            if (n >= BLOCK) block(&j, &k, at, p, BLOCK, y);
            else block(&j, &k, at, p, n, y);
            p = p + BLOCK == j.period ? 0 : p + BLOCK;
        }
}

/* --------------------------------------------------------------------- 3 x 3 */

typedef struct rows {
    const uint8_t *x[3];
    __m128i flip;
    size_t n;
} rows;

/* The three inputs of a column of the window, and a zero. */
LWI_INLINE void weave_column(const rows *r, size_t at, __m256i woven[PAIRS]) {
    weave(load(r->x[0] + at, r->n, r->flip), load(r->x[1] + at, r->n, r->flip),
          load(r->x[2] + at, r->n, r->flip), _mm_setzero_si128(), woven);
}

/* Each column of the input is woven once, for the windows of all outputs that meet it. */
LWI_INLINE void row_of_blocks(const lwi_depthwise_i8_job *j, size_t i, size_t n,
                              const size_t stride) {
    const rows r = {
        {j->taps[0] + i, j->taps[1] + i, j->taps[2] + i}, _mm_set1_epi32((int)j->flip), n};
    const coder k = coder_of(j->output);
    const size_t step = j->x_run / stride, runs = j->runs, x_run = j->x_run, y_run = j->y_run;
    const float *scale = j->output->scale + i;
    const int32_t *start = j->start + i;
    uint8_t *y = j->y + i;
    __m256i w[3][PAIRS], now[HALVES], next[HALVES], woven[PAIRS];
    LWI_UNROLL for (size_t c = 0; c < 3; c++)
        load_weights(j->w + i * j->n_taps + c * BLOCK * 4, w[c]);
    load_start(start, now);
    load_start(start, next);
    weave_column(&r, 0, woven);
    add(now, woven, w[0]);
    if (stride == 1) {
        weave_column(&r, step, woven);
        add(now, woven, w[1]);
        add(next, woven, w[0]);
    }
    for (size_t o = 0, at = 2 * step; o < runs; o++, at += x_run, y += y_run) {
        if (stride == 2) {
            weave_column(&r, at - step, woven);
            add(now, woven, w[1]);
        }
        weave_column(&r, at, woven);
        add(now, woven, w[2]);
        store(&k, now, scale, n, y);
        if (stride == 1) {
            add(next, woven, w[1]);
            LWI_UNROLL for (size_t h = 0; h < HALVES; h++) now[h] = next[h];
            load_start(start, next);
            add(next, woven, w[0]);
        } else {
            load_start(start, now);
            add(now, woven, w[0]);
        }
    }
}

lwi_depthwise_3x3_i8_fn LWI_AT(depthwise_3x3_i8);
void LWI_AT(depthwise_3x3_i8)(const lwi_depthwise_i8_job *job, size_t stride) {
    const lwi_depthwise_i8_job j = *job;
    for (size_t i = 0; i < j.n; i += BLOCK) {
        if (j.n - i < BLOCK) row_of_blocks(&j, i, j.n - i, stride);
        else if (stride == 1) row_of_blocks(&j, i, BLOCK, 1);
        else row_of_blocks(&j, i, BLOCK, 2);
    }
}
