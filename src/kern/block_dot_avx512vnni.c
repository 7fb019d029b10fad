/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with vpdpbusd. */
#include <immintrin.h>
#include <string.h>

#include "kern/block_layout.h"
#include "kern/level.h"

enum { LANES = 16, NEAR = 4, JOIN = 2, AHEAD = 4096 };
typedef __m512i ints;
typedef __m512 reals;

LWI_INLINE ints load(const uint8_t *p) { return _mm512_loadu_si512(p); }
LWI_INLINE ints splat8(int x) { return _mm512_set1_epi8((char)x); }
LWI_INLINE ints both(ints x, ints y) { return _mm512_and_si512(x, y); }
LWI_INLINE ints shift_right(ints x, int n) { return _mm512_srli_epi16(x, (unsigned)n); }
LWI_INLINE ints shift_left(ints x, int n) { return _mm512_slli_epi16(x, (unsigned)n); }
LWI_INLINE ints pick(ints x, ints y, ints mask) {
    return _mm512_or_si512(x, _mm512_and_si512(y, mask));
}
LWI_INLINE ints look_up(const uint8_t *table, ints codes) {
    const __m128i sixteen = _mm_loadu_si128((const __m128i *)table);
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(sixteen), codes);
}
LWI_INLINE reals zero_reals(void) { return _mm512_setzero_ps(); }
LWI_INLINE reals splat(float x) { return _mm512_set1_ps(x); }
LWI_INLINE reals mul(reals x, reals y) { return _mm512_mul_ps(x, y); }
LWI_INLINE reals load_reals(const float *p) { return _mm512_loadu_ps(p); }
LWI_INLINE void store_reals(float *p, reals x) { _mm512_storeu_ps(p, x); }
LWI_INLINE reals add_product(reals x, reals y, reals z) { return _mm512_fmadd_ps(x, y, z); }
LWI_INLINE reals take_product(reals x, reals y, reals z) { return _mm512_fnmadd_ps(x, y, z); }
LWI_INLINE reals to_reals(ints x) { return _mm512_cvtepi32_ps(x); }

LWI_INLINE reals from_halves(const uint8_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
LWI_INLINE ints sixteen(const uint8_t *p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
}
LWI_INLINE reals from_unsigned(const uint8_t *p, int shift, int bits) {
    const ints mask = _mm512_set1_epi32((1 << bits) - 1);
    return to_reals(_mm512_and_si512(_mm512_srli_epi32(sixteen(p), (unsigned)shift), mask));
}
LWI_INLINE reals from_signed(const uint8_t *p) {
    return to_reals(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
/* 2^(e - 128) */
LWI_INLINE reals from_powers(const uint8_t *p) {
    const ints e = _mm512_subs_epu16(sixteen(p), _mm512_set1_epi32(1));
    return _mm512_castsi512_ps(_mm512_slli_epi32(e, 23));
}

LWI_INLINE void store(float *y, reals x, const float *bias, size_t n) {
    const __mmask16 mask = (__mmask16)(0xffffu >> (LANES - n));
    if (bias) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(mask, bias));
    _mm512_mask_storeu_ps(y, mask, x);
}

#include "kern/block_dot_values.inc"

/* Values stay unsigned: what their zero takes away is where sums of products start. */
typedef struct part {
    ints v[8];
    scales s;
    reals away; /* what MAGIC adds, times the first scale, is taken away by it */
} part;

/* Where sums for several rows start from its bits, an integer is a float without being converted:
 * 1.5 * 2^23 and the sum, which is below 2^22. Scales have at most 20 bits, so that their products
 * with MAGIC are exact, and a product less that is rounded once, as that of the sum itself. Powers
 * of 2 might be too large for it. */
static const float MAGIC = 0x1.8p23f;
enum { MAGIC_BITS = 0x4b400000 };
LWI_INLINE bool has_magic(const lwi_block_layout l) { return l.scaling != LWI_SCALING_POWER; }

LWI_INLINE part read_part(const lwi_block_layout l, size_t before, reals d, reals dmin,
                          const uint8_t *p, size_t row) {
    part x;
    read_values(l, p + before + 4 * row, x.v);
    x.s = read_scales(l.scaling, d, dmin, p, row);
    x.away = mul(x.s.s[0], splat(-MAGIC));
    return x;
}

/* Numbers lie in memory, from where four of them are operands for a whole panel. */
typedef struct numbers {
    const int8_t *a;
    const lwi_block_sums *sums;
} numbers;

LWI_INLINE numbers spread(const lwi_block_layout l, const int8_t *a, const lwi_block_sums *sums) {
    (void)l;
    return (numbers){a, sums};
}

/* The sum where a half's products start. */
LWI_INLINE int32_t start_of(const lwi_block_layout l, const lwi_block_sums *sums, int h) {
    return -l.zero * (is_apart(l) ? sums->count[h] : sums->count[0] + sums->count[1]);
}

LWI_INLINE ints four(const int8_t *a, int i) {
    int32_t x;
    memcpy(&x, a + 4 * i, sizeof x);
    return _mm512_set1_epi32(x);
}

/* y and a part's sums of products times its scales. */
LWI_INLINE reals add_all(const lwi_block_layout l, const part *x, const lwi_block_sums *sums,
                         reals all, reals y) {
    if (has_min(l.scaling))
        y = take_product(x->s.m[0], splat(is_apart(l) ? sums->half[0] : sums->all), y);
    if (has_min(l.scaling) && is_apart(l)) y = take_product(x->s.m[1], splat(sums->half[1]), y);
    return add_product(all, splat(sums->scale), y);
}

LWI_INLINE reals add_half(const part *x, int h, ints sum, reals all) {
    return h ? add_product(to_reals(sum), x->s.s[1], all) : mul(to_reals(sum), x->s.s[0]);
}

/* A single row has two sums, so that one need not wait for the other. */
LWI_INLINE reals add_part(const lwi_block_layout l, const part *x, const numbers *n, reals y) {
    const int halves = 1 + is_apart(l), groups = 8 / halves;
    reals all = zero_reals();
    LWI_UNROLL for (int h = 0; h < halves; h++) {
        ints sum = l.zero ? _mm512_set1_epi32(start_of(l, n->sums, h)) : _mm512_setzero_si512();
        ints other = _mm512_setzero_si512();
        LWI_UNROLL for (int i = groups * h; i < groups * (h + 1); i += 2) {
            sum = _mm512_dpbusd_epi32(sum, x->v[i], four(n->a, i));
            other = _mm512_dpbusd_epi32(other, x->v[i + 1], four(n->a, i + 1));
        }
        all = add_half(x, h, _mm512_add_epi32(sum, other), all);
    }
    return add_all(l, x, n->sums, all, y);
}

/* Those of some rows, one behind the other, and where the sums of their halves start. */
typedef struct near {
    const int8_t *a;
    const lwi_block_sums *sums;
    int32_t start[2][LWI_BLOCK_GROUP];
} near;

LWI_INLINE void spread_rows(const lwi_block_layout l, const int8_t *a, const lwi_block_sums *sums,
                            size_t n, near *rows) {
    rows->a = a;
    rows->sums = sums;
    for (int h = 0; h < 1 + is_apart(l) && l.zero; h++)
        for (size_t r = 0; r < n; r++)
            rows->start[h][r] = start_of(l, sums + r, h) + (has_magic(l) ? MAGIC_BITS : 0);
}

LWI_INLINE ints start_at(const lwi_block_layout l, const near *rows, size_t r, int h) {
    if (l.zero) return _mm512_set1_epi32(rows->start[h][r]);
    return _mm512_set1_epi32(has_magic(l) ? MAGIC_BITS : 0);
}

/* Sums with MAGIC times the scales of the halves. */
LWI_INLINE reals first_half(const part *x, ints sum) {
    return add_product(_mm512_castsi512_ps(sum), x->s.s[0], x->away);
}
LWI_INLINE reals second_half(const part *x, ints sum, reals all) {
    return add_product(_mm512_sub_ps(_mm512_castsi512_ps(sum), splat(MAGIC)), x->s.s[1], all);
}

/* n rows and m <= JOIN panels at once: NEAR * JOIN sums do not wait for one another, and what is
 * read of a row meets all panels. */
LWI_INLINE void add_some(const lwi_block_layout l, const part *x, int m, const near *rows, int n,
                         float (*sums)[LWI_BLOCK_GROUP][ROWS], size_t first) {
    const int halves = 1 + is_apart(l), groups = 8 / halves;
    const int8_t *a = rows->a + PART * first;
    ints sum[2][NEAR][JOIN];
#define EACH LWI_UNROLL for (int r = 0; r < n; r++) LWI_UNROLL for (int q = 0; q < m; q++)
    LWI_UNROLL for (int h = 0; h < halves; h++) EACH sum[h][r][q] =
        start_at(l, rows, first + (size_t)r, h);
    LWI_UNROLL for (int i = 0; i < groups; i++) LWI_UNROLL for (int h = 0; h < halves; h++)
        LWI_UNROLL for (int r = 0; r < n; r++) {
        const int at = groups * h + i;
        const ints some = four(a + PART * r, at);
        LWI_UNROLL for (int q = 0; q < m; q++) sum[h][r][q] =
            _mm512_dpbusd_epi32(sum[h][r][q], x[q].v[at], some);
    }
    EACH {
        float *y = sums[q][first + (size_t)r];
        reals all = has_magic(l) ? first_half(x + q, sum[0][r][q])
                                 : mul(to_reals(sum[0][r][q]), x[q].s.s[0]);
        if (is_apart(l)) all = second_half(x + q, sum[1][r][q], all);
        store_reals(y, add_all(l, x + q, rows->sums + first + r, all, load_reals(y)));
    }
#undef EACH
}

LWI_INLINE void add_rows(const lwi_block_layout l, const part *x, int m, const near *rows, size_t n,
                         float (*sums)[LWI_BLOCK_GROUP][ROWS], size_t c) {
    const int many = is_apart(l) ? NEAR / 2 : NEAR; /* halves have sums of their own */
    size_t r = 0;
    (void)c;
    for (; r + (size_t)many <= n; r += (size_t)many)
        add_some(l, x, m, rows, many, sums, r);
    for (; r < n; r++)
        add_some(l, x, m, rows, 1, sums, r);
}

#include "kern/block_dot_wide.inc"
