/* SPDX-License-Identifier: MIT
 * 32 channels at a time: bytes of four taps are woven so that vpdpbusd adds their products. */
#include "kern/depthwise_i8.h"
#include "kern/level.h"

#include "kern/gemm_i8_store256.h"

enum { BLOCK = 32, SUMS = 4, WOVEN = SUMS };
typedef __m256i codes, ints, woven;

LWI_INLINE codes splat_flip(uint32_t flip) { return _mm256_set1_epi32((int)flip); }
LWI_INLINE codes zero_codes(void) { return _mm256_setzero_si256(); }

/* Channels of a block; the last one may have fewer than 32, and bytes behind are not read. */
LWI_INLINE codes load(const uint8_t *p, size_t n, codes flip) {
    uint8_t part[BLOCK] = {0};
    if (n == BLOCK) return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)p), flip);
    if (n == BLOCK / 2) {
        const __m128i half = _mm_loadu_si128((const __m128i *)p);
        return _mm256_xor_si256(_mm256_zextsi128_si256(half), flip);
    }
    memcpy(part, p, n);
    return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)part), flip);
}

LWI_INLINE void weave(codes a, codes b, codes c, codes d, woven x[WOVEN]) {
    const __m256i ab0 = _mm256_unpacklo_epi8(a, b), ab1 = _mm256_unpackhi_epi8(a, b);
    const __m256i cd0 = _mm256_unpacklo_epi8(c, d), cd1 = _mm256_unpackhi_epi8(c, d);
    x[0] = _mm256_unpacklo_epi16(ab0, cd0);
    x[1] = _mm256_unpackhi_epi16(ab0, cd0);
    x[2] = _mm256_unpacklo_epi16(ab1, cd1);
    x[3] = _mm256_unpackhi_epi16(ab1, cd1);
}

LWI_INLINE void load_weights(const int8_t *from, woven w[WOVEN]) {
    LWI_UNROLL for (size_t i = 0; i < WOVEN; i++) w[i] =
        _mm256_loadu_si256((const __m256i *)(from + i * BLOCK));
}

LWI_INLINE const int32_t *find_start(const lwi_depthwise_i8_job *j, size_t p, int32_t *room) {
    (void)room;
    return j->start + p;
}

LWI_INLINE void load_start(const int32_t *start, ints s[SUMS]) {
    LWI_UNROLL for (size_t i = 0; i < SUMS; i++) s[i] = load_sums(start + i * 8);
}

LWI_INLINE void add(ints s[SUMS], const woven x[WOVEN], const woven w[WOVEN]) {
    LWI_UNROLL for (size_t i = 0; i < SUMS; i++) s[i] = _mm256_dpbusd_avx_epi32(s[i], x[i], w[i]);
}

/* Packing undoes the weaving. */
LWI_INLINE void store(const coder *k, const ints s[SUMS], const float *scale, size_t n,
                      uint8_t *y) {
    const __m256i low = _mm256_packus_epi32(codes_of(k, s[0], scale), codes_of(k, s[1], scale + 8));
    const __m256i high =
        _mm256_packus_epi32(codes_of(k, s[2], scale + 16), codes_of(k, s[3], scale + 24));
    const __m256i bytes = _mm256_packus_epi16(low, high);
    if (n == BLOCK) _mm256_storeu_si256((__m256i *)y, bytes);
    else memcpy(y, &bytes, n);
}

#include "kern/depthwise_i8_blocks.inc"
