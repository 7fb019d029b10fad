/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with vpmaddubsw, whose sums of two products have 16 bits. Instructions
 * are what limits it, so that rows are spread in memory: their numbers are operands then. */
enum { JOIN = 1, AHEAD = 1024 };
#include "kern/block_dot_256.h"
#include "kern/block_dot_values.inc"

/* ----------------------------------------------------------------- products */

typedef struct part {
    ints v[8], size[8]; /* values; without signs, if they are signed */
    ints factor[2];     /* scales of halves, where they are integers; 16 bits, each twice */
    reals s[2], m[2];
} part;

/* Whether halves have scales that are no integers times one of the head. */
LWI_INLINE bool has_halves(const lwi_block_layout l) { return l.scaling == LWI_SCALING_HALVES; }

/* Whether sums of 8 or 16 products, two for each row, may have more than 16 bits wherever values
 * are centred: their signs move to the numbers then. */
LWI_INLINE bool is_signed(const lwi_block_layout l) {
    return is_wide(l) || (l.table && l.zero * 127 * (is_apart(l) ? 8 : 16) > 32767);
}

/* What is taken from values for the sums to have 16 bits; what is more than that on the way there
 * is lost and comes back. */
LWI_INLINE int centre_of(const lwi_block_layout l) {
    return is_signed(l) ? 0 : most_of(l) == 31 ? 16 : l.zero;
}

/* 32 bits become 16, twice. */
LWI_INLINE ints twice(ints x) { return _mm256_blend_epi16(x, _mm256_slli_epi32(x, 16), 0xaa); }

LWI_INLINE void read_halves(const lwi_block_layout l, reals dmin, const uint8_t *p, size_t row,
                            part *x) {
    LWI_UNROLL for (int h = 0; h < 2; h++) {
        const uint8_t *from = p + 16 * h + row;
        if (has_min(l.scaling)) {
            x->factor[h] = twice(_mm256_and_si256(eight(from), _mm256_set1_epi32(15)));
            x->m[h] = mul(dmin, from_unsigned(from, 4, 4));
        } else x->factor[h] = twice(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)from)));
    }
}

LWI_INLINE part read_part(const lwi_block_layout l, size_t before, reals d, reals dmin,
                          const uint8_t *p, size_t row) {
    part x;
    x.s[0] = d;
    read_values(l, p + before + 4 * row, x.v);
    LWI_UNROLL for (int i = 0; i < 8; i++) {
        if (is_signed(l)) x.v[i] = _mm256_sub_epi8(x.v[i], splat8(l.zero));
        x.size[i] = is_signed(l) ? _mm256_abs_epi8(x.v[i]) : x.v[i];
    }
    if (is_apart(l) && !has_halves(l)) {
        read_halves(l, dmin, p, row, &x);
        return x;
    }
    const scales all = read_scales(l.scaling, d, dmin, p, row);
    x.s[0] = all.s[0];
    x.s[1] = all.s[1];
    x.m[0] = all.m[0];
    if (has_min(l.scaling) && centre_of(l))
        x.m[0] = take_product(x.s[0], splat((float)centre_of(l)), x.m[0]);
    x.factor[0] = x.factor[1] = _mm256_set1_epi16(1);
    return x;
}

typedef struct numbers {
    ints a[8];     /* four for all rows of a panel */
    ints start[2]; /* of sums, by half */
    reals scale, sum[2];
} numbers;

/* Four of a half's numbers at a time make two sums. */
LWI_INLINE void read_starts(const lwi_block_layout l, const int8_t *a, ints start[2]) {
    const ints x = _mm256_maddubs_epi16(splat8(1), load((const uint8_t *)a));
    const ints two = _mm256_add_epi16(x, _mm256_shuffle_epi32(x, 0x4e));
    const ints four = _mm256_add_epi16(two, _mm256_shuffle_epi32(two, 0xb1));
    const ints all = _mm256_mullo_epi16(four, _mm256_set1_epi16((short)-centre_of(l)));
    start[0] = _mm256_permute2x128_si256(all, all, 0x00);
    start[1] = _mm256_permute2x128_si256(all, all, 0x11);
    if (!is_apart(l)) start[0] = _mm256_add_epi16(start[0], start[1]);
}

LWI_INLINE numbers spread(const lwi_block_layout l, const int8_t *a, const lwi_block_sums *sums) {
    numbers n;
    LWI_UNROLL for (int i = 0; i < 8; i++) {
        int32_t four;
        memcpy(&four, a + 4 * i, sizeof four);
        n.a[i] = _mm256_set1_epi32(four);
    }
    if (centre_of(l)) read_starts(l, a, n.start);
    n.scale = splat(sums->scale);
    if (has_min(l.scaling)) {
        n.sum[0] = splat(is_apart(l) ? sums->half[0] : sums->all);
        if (is_apart(l)) n.sum[1] = splat(sums->half[1]);
    }
    return n;
}

/* Keeps the compiler from summing many pairs as a tree, for which there are too few registers. */
#define KEEP(v) __asm__("" : "+x"(v))

/* Sums of some groups, two of 16 bits for each row, times factors. */
LWI_INLINE ints dots(const lwi_block_layout l, const part *x, const numbers *n, int h) {
    const int first = 4 * h, groups = is_apart(l) ? 4 : 8;
    ints sum = _mm256_maddubs_epi16(x->v[first], n->a[first]);
    if (centre_of(l)) sum = _mm256_add_epi16(sum, n->start[h]);
    LWI_UNROLL for (int i = first + 1; i < first + groups; i++) {
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(x->v[i], n->a[i]));
        KEEP(sum);
    }
    return _mm256_madd_epi16(sum, x->factor[h]);
}

LWI_INLINE ints signed_product(const part *x, const numbers *n, int i) {
    return _mm256_maddubs_epi16(x->size[i], _mm256_sign_epi8(n->a[i], x->v[i]));
}

/* The same for signed values: two products have 16 bits, or four if values are not wide. */
LWI_INLINE ints signed_dots(const lwi_block_layout l, const part *x, const numbers *n, int h,
                            ints sum) {
    const int first = 4 * h, each = is_wide(l) ? 1 : 2;
    LWI_UNROLL for (int i = first; i < first + 4; i += each) {
        ints few = signed_product(x, n, i);
        if (each == 2) few = _mm256_add_epi16(few, signed_product(x, n, i + 1));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(few, x->factor[h]));
    }
    return sum;
}

LWI_INLINE reals add_dots(const lwi_block_layout l, const part *x, const numbers *n, ints dot,
                          reals y) {
    if (has_min(l.scaling)) y = take_product(x->m[0], n->sum[0], y);
    if (has_min(l.scaling) && is_apart(l)) y = take_product(x->m[1], n->sum[1], y);
    return add_product(to_reals(dot), mul(x->s[0], n->scale), y);
}

LWI_INLINE reals add_part(const lwi_block_layout l, const part *x, const numbers *n, reals y) {
    if (is_signed(l)) {
        const ints half = signed_dots(l, x, n, 0, _mm256_setzero_si256());
        return add_dots(l, x, n, signed_dots(l, x, n, 1, half), y);
    }
    ints dot = dots(l, x, n, 0);
    if (has_halves(l)) {
        y = add_product(to_reals(dot), mul(x->s[0], n->scale), y);
        return add_product(to_reals(dots(l, x, n, 1)), mul(x->s[1], n->scale), y);
    }
    if (is_apart(l)) dot = _mm256_add_epi32(dot, dots(l, x, n, 1));
    return add_dots(l, x, n, dot, y);
}

typedef struct near {
    numbers of[LWI_BLOCK_GROUP];
} near;

LWI_INLINE void spread_rows(const lwi_block_layout l, const int8_t *a, const lwi_block_sums *sums,
                            size_t n, near *rows) {
    for (size_t r = 0; r < n; r++)
        rows->of[r] = spread(l, a + r * PART, sums + r);
}

/* Signed values and their sizes do not all have room in the registers: all rows meet one half of
 * them, then the other. */
LWI_INLINE void add_rows(const lwi_block_layout l, const part *x, int m, const near *rows, size_t n,
                         float (*sums)[LWI_BLOCK_GROUP][ROWS], size_t c) {
    (void)m;
    ints half[LWI_BLOCK_GROUP];
    for (size_t r = 0; r < n && is_signed(l); r++)
        half[r] = signed_dots(l, x, rows->of + r, 0, _mm256_setzero_si256());
    for (size_t r = 0; r < n; r++) {
        float *y = sums[0][r] + c;
        if (is_signed(l)) {
            const ints dot = signed_dots(l, x, rows->of + r, 1, half[r]);
            store_reals(y, add_dots(l, x, rows->of + r, dot, load_reals(y)));
        } else store_reals(y, add_part(l, x, rows->of + r, load_reals(y)));
    }
}

#include "kern/block_dot_wide.inc"
