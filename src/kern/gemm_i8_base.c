/* SPDX-License-Identifier: MIT
 * With the compiler's vectors of 128 bits, which every processor of ours has: a product of a uint8
 * and an int8 fits 16 bits. */
#include "kern/level.h"

#include "kern/gemm_i8.h"

#include <string.h>

enum { LANES = 4, VECTORS = 2, ROWS = 4 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4)

typedef int32_t sums __attribute__((vector_size(16)));
typedef int16_t shorts __attribute__((vector_size(16)));
typedef struct pair {
    shorts even, odd; /* bytes 0 and 2, 1 and 3 of each four */
} pair;
typedef pair lhs, rhs;

static inline pair load_lhs(uint32_t four, uint32_t flip) {
    const uint32_t x = four ^ flip;
    const sums even = {0}, odd = {0};
    return (pair){(shorts)(even + (int32_t)(x & 0x00ff00ff)),
                  (shorts)(odd + (int32_t)(x >> 8 & 0x00ff00ff))};
}

static inline pair load_rhs(const int8_t *b) {
    shorts x;
    memcpy(&x, b, sizeof x);
    return (pair){x << 8 >> 8, x >> 8};
}

static inline sums add_halves(sums s, shorts products) {
    const sums x = (sums)products;
    return s + (x << 16 >> 16) + (x >> 16);
}

static inline sums dot(sums s, lhs a, rhs b) {
    return add_halves(add_halves(s, a.even * b.even), a.odd * b.odd);
}

static inline sums load_sums(const int32_t *start) {
    sums s;
    memcpy(&s, start, sizeof s);
    return s;
}

static inline void subtract(sums *s, int32_t row_sum, const int32_t *zero_b) {
    *s -= row_sum * load_sums(zero_b);
}

#include "kern/gemm_i8_store.h"

#include "kern/gemm_i8_fours.inc"
