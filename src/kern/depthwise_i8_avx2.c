/* SPDX-License-Identifier: MIT
 * 16 channels at a time. Bytes of taps 0 and 2, and 1 and 3, are woven to pairs of 16 bits, which
 * vpmaddwd multiplies and adds (vpmaddubsw would saturate). */
#include "kern/depthwise_i8.h"
#include "kern/level.h"

#include <string.h>

#include <immintrin.h>

/* Halves of 8 channels, each with its even and its odd taps. */
enum { BLOCK = 16, SUMS = 2, WOVEN = 2 * SUMS };
typedef __m128i codes;
typedef __m256i ints, woven;

LWI_INLINE codes splat_flip(uint32_t flip) { return _mm_set1_epi32((int)flip); }
LWI_INLINE codes zero_codes(void) { return _mm_setzero_si128(); }

/* Channels of a block; the last one may have fewer than 16, and bytes behind are not read. */
static inline codes load(const uint8_t *p, size_t n, codes flip) {
    if (n == BLOCK) return _mm_xor_si128(_mm_loadu_si128((const __m128i *)p), flip);
    uint8_t part[BLOCK] = {0};
    for (size_t i = 0; i < n; i++)
        part[i] = p[i];
    return _mm_xor_si128(_mm_loadu_si128((const __m128i *)part), flip);
}

LWI_INLINE void weave(codes a, codes b, codes c, codes d, woven x[WOVEN]) {
    x[0] = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, c));
    x[1] = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(b, d));
    x[2] = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, c));
    x[3] = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(b, d));
}

LWI_INLINE void load_weights(const int8_t *from, woven w[WOVEN]) {
    LWI_UNROLL for (size_t h = 0; h < SUMS; h++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(from + h * 32));
        w[2 * h] = _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
        w[2 * h + 1] = _mm256_srai_epi16(x, 8);
    }
}

LWI_INLINE const int32_t *find_start(const lwi_depthwise_i8_job *j, size_t p, int32_t *room) {
    (void)room;
    return j->start + p;
}

LWI_INLINE void load_start(const int32_t *start, ints s[SUMS]) {
    LWI_UNROLL for (size_t h = 0; h < SUMS; h++) s[h] =
        _mm256_loadu_si256((const __m256i *)(start + h * 8));
}

LWI_INLINE void add(ints s[SUMS], const woven x[WOVEN], const woven w[WOVEN]) {
    LWI_UNROLL for (size_t i = 0; i < WOVEN; i++) s[i / 2] =
        _mm256_add_epi32(s[i / 2], _mm256_madd_epi16(x[i], w[i]));
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

LWI_INLINE void store(const coder *k, const ints s[SUMS], const float *scale, size_t n,
                      uint8_t *y) {
    const __m256i shorts = _mm256_and_si256(
        _mm256_packs_epi32(round_codes(k, s[0], scale), round_codes(k, s[1], scale + 8)),
        _mm256_set1_epi16(0xff));
    const __m256i ordered = _mm256_permute4x64_epi64(shorts, 0xd8);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
    if (n == BLOCK) _mm_storeu_si128((__m128i *)y, bytes);
    else memcpy(y, &bytes, n);
}

#include "kern/depthwise_i8_blocks.inc"
