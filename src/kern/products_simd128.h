/* SPDX-License-Identifier: MIT
 * Products of bytes for WebAssembly: of four bytes in a lane of 32 bits, those of even and of odd
 * places are widened to 16 bits, which i32x4.dot_i16x8 (x86: pmaddwd) multiplies and adds. */
#ifndef LWI_KERN_PRODUCTS_SIMD128_H
#define LWI_KERN_PRODUCTS_SIMD128_H

#include "kern/level.h"

#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

typedef struct lwi_wide {
    v128_t even, odd; /* bytes 0 and 2, 1 and 3 of each lane */
} lwi_wide;

LWI_INLINE lwi_wide lwi_wide_unsigned(v128_t bytes) {
    return (lwi_wide){wasm_v128_and(bytes, wasm_i16x8_const_splat(0xff)), wasm_u16x8_shr(bytes, 8)};
}
LWI_INLINE lwi_wide lwi_wide_signed(v128_t bytes) {
    return (lwi_wide){wasm_i16x8_shr(wasm_i16x8_shl(bytes, 8), 8), wasm_i16x8_shr(bytes, 8)};
}
/* The same four bytes in each lane. */
LWI_INLINE v128_t lwi_four_bytes(const void *p) { return wasm_v128_load32_splat(p); }

LWI_INLINE v128_t lwi_dot4(lwi_wide a, lwi_wide b) {
    return wasm_i32x4_add(wasm_i32x4_dot_i16x8(a.even, b.even), wasm_i32x4_dot_i16x8(a.odd, b.odd));
}

#endif
