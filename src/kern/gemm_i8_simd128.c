/* SPDX-License-Identifier: MIT
 * Eight sums, numbers of B for four k and those of a row of A fit the 15 registers that engines on
 * x86 have left. */
#include "kern/level.h"

#include "kern/products_simd128.h"

enum { LANES = 4, VECTORS = 2, ROWS = 4 };
#define HEIGHTS(X) X(1) X(2) X(3) X(4)

#include "kern/gemm_i8_store_simd128.h"

typedef lwi_wide lhs, rhs;

LWI_INLINE lhs load_lhs(uint32_t four, uint32_t flip) {
    return lwi_wide_unsigned(wasm_i32x4_splat((int32_t)(four ^ flip)));
}
LWI_INLINE rhs load_rhs(const int8_t *b) { return lwi_wide_signed(wasm_v128_load(b)); }
LWI_INLINE sums dot(sums s, lhs a, rhs b) { return wasm_i32x4_add(s, lwi_dot4(a, b)); }

#include "kern/gemm_i8_fours.inc"
