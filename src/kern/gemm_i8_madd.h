/* SPDX-License-Identifier: MIT
 * Four products without vpdpbusd: bytes 0 and 2, and 1 and 3, as pairs of 16 bits, which vpmaddwd
 * multiplies and adds. (vpmaddubsw would saturate.) VECTOR(name) and LANES choose the width. */
typedef struct pair {
    integers even, odd;
} pair;
typedef pair lhs, rhs;
typedef integers sums;

static inline pair load_lhs(uint32_t four, uint32_t flip) {
    const integers x = VECTOR(set1_epi32)((int)(four ^ flip));
    return (pair){VECTOR(AND)(x, VECTOR(set1_epi32)(0x00ff00ff)), VECTOR(srli_epi16)(x, 8)};
}

static inline pair load_rhs(const int8_t *b) {
    integers x;
    memcpy(&x, b, sizeof x);
    return (pair){VECTOR(srai_epi16)(VECTOR(slli_epi16)(x, 8), 8), VECTOR(srai_epi16)(x, 8)};
}

static inline sums dot(sums s, lhs a, rhs b) {
    s = VECTOR(add_epi32)(s, VECTOR(madd_epi16)(a.even, b.even));
    return VECTOR(add_epi32)(s, VECTOR(madd_epi16)(a.odd, b.odd));
}
