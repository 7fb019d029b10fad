/* SPDX-License-Identifier: MIT
 * Three ways without vpdpbusd, chosen for each panel (gemm_i8_rests.h): vpmaddubsw, whose sums of
 * 16 bits take four products or two, and vpmaddwd of bytes 0 and 2, and 1 and 3, as pairs of 16
 * bits. Rows of A are read in place, or copied into a buffer first, a block of k at a time, if runs
 * do not have whole steps or A is of the other type. */
#include "kern/level.h"

#include "kern/gemm_i8_rests.h"
#include "kern/gemm_i8_store256.h"

#include <stdbool.h>
#include <string.h>

enum { LANES = 8, VECTORS = 2, ROWS = 4, BLOCK = 4096, FOUR = LANES * VECTORS * 4 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4)

typedef __m256i sums;

/* -------------------------------------------------------------------- rows of A */

static inline void copy_16(const uint8_t *a, __m128i flip, uint8_t *to) {
    const __m128i x = _mm_loadu_si128((const __m128i *)a);
    _mm_storeu_si128((__m128i *)to, _mm_xor_si128(x, flip));
}

/* n bytes, and zeros up to a multiple of eight, for which there is room behind them.
 * The last vector overlaps the one before. */
static inline void copy_row(const uint8_t *a, size_t n, __m128i flip, uint8_t *to) {
    const uint8_t each = (uint8_t)_mm_cvtsi128_si32(flip);
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16)
            copy_16(a + i, flip, to + i);
        copy_16(a + n - 16, flip, to + n - 16);
    } else {
        for (size_t i = 0; i < n; i++)
            to[i] = a[i] ^ each;
    }
    memset(to + n, 0, 8);
}

/* Where in A a block begins. */
typedef struct place {
    size_t segment, at;
} place;

/* A block of rows; `k` of them are all that the rows have, or it is 0. */
typedef struct shared {
    uint8_t a[ROWS][BLOCK + 8];
    size_t k;
    bool in_place;
} shared;

/* Returns how many k the block has: a multiple of four, as each run is in B. */
static inline size_t copy_rows(const lwi_gemm_i8_job *j, const int rows, size_t row, place *p,
                               shared *to) {
    const __m128i flip = _mm_set1_epi32((int)j->flip);
    size_t k = 0;
    while (p->segment < j->segments && k < BLOCK) {
        const size_t left = j->length - p->at, n = left < BLOCK - k ? left : BLOCK - k;
        const uint8_t *a = j->a + j->offsets[p->segment] + row * j->a_row + p->at;
        for (int r = 0; r < rows; r++)
            copy_row(a + (size_t)r * j->a_row, n, flip, to->a[r] + k);
        k += (n + 3) / 4 * 4;
        p->at += n;
        if (p->at == j->length) *p = (place){p->segment + 1, 0};
    }
    return k;
}

/* What fits a block is copied once for all panels. */
static inline void share(const lwi_gemm_i8_job *j, int rows, size_t row, shared *to) {
    place p = {0, 0};
    to->in_place = !j->flip && j->length % 8 == 0;
    const bool fits = (j->length + 3) / 4 * 4 * j->segments <= BLOCK;
    to->k = fits && !to->in_place ? copy_rows(j, rows, row, &p, to) : 0;
}

/* The next block of rows, from `p` on, which moves; returns how many k it has. */
LWI_INLINE size_t next_block(const lwi_gemm_i8_job *j, shared *x, const int rows, size_t row,
                             place *p, const uint8_t *a[ROWS]) {
    if (x->in_place) {
        LWI_UNROLL for (int r = 0; r < rows; r++) a[r] =
            j->a + j->offsets[p->segment] + (row + (size_t)r) * j->a_row;
        p->segment++;
        return j->length;
    }
    LWI_UNROLL for (int r = 0; r < rows; r++) a[r] = x->a[r];
    return x->k ? x->k : copy_rows(j, rows, row, p, x);
}

/* ------------------------------------------------------------------------- sums */

static inline __m256i repeat_four(const uint8_t *a) {
    int four;
    memcpy(&four, a, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline __m256i load_bytes(const int8_t *b) { return _mm256_loadu_si256((const __m256i *)b); }

/* A panel that is whole. */
LWI_INLINE void add_whole(const uint8_t *const a[ROWS], const int rows, const int vectors, size_t n,
                          const int8_t *b, sums s[][VECTORS]) {
    const __m256i low = _mm256_set1_epi32(0x00ff00ff);
    for (size_t k = 0; k < n; k += 4, b += FOUR) {
        __m256i even[VECTORS], odd[VECTORS];
        LWI_UNROLL for (int v = 0; v < vectors; v++) {
            const __m256i w = load_bytes(b + v * LANES * 4);
            even[v] = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8);
            odd[v] = _mm256_srai_epi16(w, 8);
        }
        LWI_UNROLL for (int r = 0; r < rows; r++) {
            const __m256i x = repeat_four(a[r] + k);
            const __m256i x_even = _mm256_and_si256(x, low), x_odd = _mm256_srli_epi16(x, 8);
            LWI_UNROLL for (int v = 0; v < vectors; v++) {
                s[r][v] = _mm256_add_epi32(s[r][v], _mm256_madd_epi16(x_even, even[v]));
                s[r][v] = _mm256_add_epi32(s[r][v], _mm256_madd_epi16(x_odd, odd[v]));
            }
        }
    }
}

/* Sums of 16 bits are widened and added. */
LWI_INLINE __m256i add_lanes(__m256i s, __m256i lanes) {
    return _mm256_add_epi32(s, _mm256_madd_epi16(lanes, _mm256_set1_epi16(1)));
}

/* Four products in a lane. */
LWI_INLINE void add_fours(const uint8_t *const a[ROWS], const int rows, const int vectors, size_t n,
                          const int8_t *b, sums s[][VECTORS]) {
    for (size_t k = 0; k < n; k += 8, b += 2 * FOUR)
        LWI_UNROLL for (int r = 0; r < rows; r++) {
            const __m256i x0 = repeat_four(a[r] + k), x1 = repeat_four(a[r] + k + 4);
            LWI_UNROLL for (int v = 0; v < vectors; v++) {
                const int8_t *w = b + v * LANES * 4;
                const __m256i lanes = _mm256_maddubs_epi16(x0, load_bytes(w));
                const __m256i more = _mm256_maddubs_epi16(x1, load_bytes(w + FOUR));
                s[r][v] = add_lanes(s[r][v], _mm256_add_epi16(lanes, more));
            }
        }
}

/* Two products in a lane. */
LWI_INLINE void add_twos(const uint8_t *const a[ROWS], const int rows, const int vectors, size_t n,
                         const int8_t *b, sums s[][VECTORS]) {
    for (size_t k = 0; k < n; k += 4, b += FOUR) {
        __m256i w[VECTORS];
        LWI_UNROLL for (int v = 0; v < vectors; v++) w[v] = load_bytes(b + v * LANES * 4);
        LWI_UNROLL for (int r = 0; r < rows; r++) {
            const __m256i x = repeat_four(a[r] + k);
            LWI_UNROLL for (int v = 0; v < vectors; v++) s[r][v] =
                add_lanes(s[r][v], _mm256_maddubs_epi16(x, w[v]));
        }
    }
}

/* The rests of eight columns that have not been added yet. */
typedef struct rest_list {
    const int32_t *at, *end;
    const int8_t *b;
} rest_list;

static inline void list_rests(const lwi_i8_head *head, size_t depth, rest_list lists[2]) {
    const int8_t *b = (const int8_t *)head + lwi_i8_head_bytes(depth);
    const int32_t *middle = head->at + head->left;
    lists[0] = (rest_list){head->at, middle, b};
    lists[1] = (rest_list){middle, middle + head->right, b + (size_t)head->left * LANES * 4};
}

/* Those of the k in [begin, begin + n), which are in a. */
LWI_INLINE void add_rests(const uint8_t *const a[ROWS], const int rows, const int v, size_t begin,
                          size_t n, rest_list *l, sums s[][VECTORS]) {
    for (; l->at < l->end && (size_t)*l->at < begin + n; l->at++, l->b += LANES * 4) {
        const __m256i w = load_bytes(l->b);
        LWI_UNROLL for (int r = 0; r < rows; r++) {
            const __m256i x = repeat_four(a[r] + ((size_t)*l->at - begin));
            s[r][v] = add_lanes(s[r][v], _mm256_maddubs_epi16(x, w));
        }
    }
}

LWI_INLINE void multiply(const lwi_gemm_i8_job *j, shared *x, const int rows, const int vectors,
                         size_t row, const int8_t *b, const int32_t *start, sums s[][VECTORS]) {
    const size_t depth = (j->length + 3) / 4 * 4 * j->segments;
    const lwi_i8_head *head = (const lwi_i8_head *)(b + lwi_i8_steps(depth) * 2 * FOUR);
    rest_list rests[VECTORS];
    list_rests(head, depth, rests);
    LWI_UNROLL for (int r = 0; r < rows; r++) LWI_UNROLL for (int v = 0; v < vectors; v++) s[r][v] =
        load_sums(start + v * LANES);
    place p = {0, 0};
    for (size_t k = 0; k < depth;) {
        const uint8_t *a[ROWS];
        const size_t n = next_block(j, x, rows, row, &p, a);
        const int8_t *w = b + k * LANES * VECTORS;
        if (head->form == LWI_I8_FOURS) add_fours(a, rows, vectors, n, w, s);
        else if (head->form == LWI_I8_TWOS) add_twos(a, rows, vectors, n, w, s);
        else add_whole(a, rows, vectors, n, w, s);
        LWI_UNROLL for (int v = 0; v < vectors; v++) add_rests(a, rows, v, k, n, &rests[v], s);
        k += n;
    }
}

#include "kern/gemm_i8.inc"
