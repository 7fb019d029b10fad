/* SPDX-License-Identifier: MIT
 * Two products without vpdpbusd: pairs of 16 bits, which vpmaddwd multiplies and adds. (vpmaddubsw
 * would saturate.) B is widened as it is loaded; the rows of A that a tile meets are widened into a
 * buffer first, a block of k at a time, so that the loop over k has nothing to do for them. */
#include "kern/level.h"

#include "kern/gemm_i8_store256.h"

#include <string.h>

enum { LANES = 8, VECTORS = 2, ROWS = 6, BLOCK = 1024 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)

typedef __m256i sums;

/* -------------------------------------------------------------------- rows of A */

static inline void widen_16(const uint8_t *a, __m128i flip, int16_t *to) {
    const __m128i x = _mm_xor_si128(_mm_loadu_si128((const __m128i *)a), flip);
    _mm256_storeu_si256((__m256i *)to, _mm256_cvtepu8_epi16(x));
}

static inline void widen_4(const uint8_t *a, __m128i flip, int16_t *to) {
    int four;
    memcpy(&four, a, sizeof four);
    const __m128i x = _mm_xor_si128(_mm_cvtsi32_si128(four), flip);
    _mm_storel_epi64((__m128i *)to, _mm_cvtepu8_epi16(x));
}

/* n bytes, and a zero where n is odd. The last vector overlaps the one before. */
static inline void widen_row(const uint8_t *a, size_t n, __m128i flip, int16_t *to) {
    to[n] = 0;
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16)
            widen_16(a + i, flip, to + i);
        widen_16(a + n - 16, flip, to + n - 16);
    } else if (n >= 4) {
        for (size_t i = 0; i + 4 < n; i += 4)
            widen_4(a + i, flip, to + i);
        widen_4(a + n - 4, flip, to + n - 4);
    } else {
        const uint8_t each = (uint8_t)_mm_cvtsi128_si32(flip);
        for (size_t i = 0; i < n; i++)
            to[i] = a[i] ^ each;
    }
}

/* Where in A a block begins. */
typedef struct place {
    size_t segment, at;
} place;

/* A block of rows; `k` of them are all that the rows have, or it is 0. */
typedef struct shared {
    int16_t a[ROWS][BLOCK + 2];
    size_t k;
} shared;

/* Returns how many k the block has: even, as each run is in B. */
static inline size_t widen_rows(const lwi_gemm_i8_job *j, const int rows, size_t row, place *p,
                                shared *to) {
    const __m128i flip = _mm_set1_epi32((int)j->flip);
    size_t k = 0;
    while (p->segment < j->segments && k < BLOCK) {
        const size_t left = j->length - p->at, n = left < BLOCK - k ? left : BLOCK - k;
        const uint8_t *a = j->a + j->offsets[p->segment] + row * j->a_row + p->at;
        for (int r = 0; r < rows; r++)
            widen_row(a + (size_t)r * j->a_row, n, flip, to->a[r] + k);
        k += (n + 1) / 2 * 2;
        p->at += n;
        if (p->at == j->length) *p = (place){p->segment + 1, 0};
    }
    return k;
}

/* ------------------------------------------------------------------------- sums */

static inline __m256i load_pairs(const int8_t *b) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)b));
}

static inline __m256i repeat_pair(const int16_t *a) {
    int pair;
    memcpy(&pair, a, sizeof pair);
    return _mm256_set1_epi32(pair);
}

/* What fits a block is widened once for all panels. */
static inline void share(const lwi_gemm_i8_job *j, int rows, size_t row, shared *to) {
    place p = {0, 0};
    const bool fits = (j->length + 1) / 2 * 2 * j->segments <= BLOCK;
    to->k = fits ? widen_rows(j, rows, row, &p, to) : 0;
}

LWI_INLINE const int8_t *add_block(const shared *x, const int rows, const int vectors, size_t n,
                                   const int8_t *b, sums s[][VECTORS]) {
    for (size_t k = 0; k < n; k += 2, b += VECTORS * LANES * 2) {
        __m256i w[VECTORS];
        LWI_UNROLL for (int v = 0; v < vectors; v++) w[v] = load_pairs(b + v * LANES * 2);
        LWI_UNROLL for (int r = 0; r < rows; r++) {
            const __m256i a = repeat_pair(x->a[r] + k);
            LWI_UNROLL for (int v = 0; v < vectors; v++) s[r][v] =
                _mm256_add_epi32(s[r][v], _mm256_madd_epi16(a, w[v]));
        }
    }
    return b;
}

LWI_INLINE void multiply(const lwi_gemm_i8_job *j, shared *x, const int rows, const int vectors,
                         size_t row, const int8_t *b, const int32_t *start, sums s[][VECTORS]) {
    place p = {x->k ? j->segments : 0, 0};
    LWI_UNROLL for (int r = 0; r < rows; r++) LWI_UNROLL for (int v = 0; v < vectors; v++) s[r][v] =
        load_sums(start + v * LANES);
    if (x->k) add_block(x, rows, vectors, x->k, b, s);
    while (p.segment < j->segments) {
        const size_t n = widen_rows(j, rows, row, &p, x);
        b = add_block(x, rows, vectors, n, b, s);
    }
}

#include "kern/gemm_i8.inc"
