/* SPDX-License-Identifier: MIT
 * Four vectors of sums, in the order of the channels. Taps are woven so that a lane has two of a
 * channel, in 16 bits. */
#include "kern/depthwise_i8.h"
#include "kern/products_simd128.h"
#include "kern/round_simd128.h"

enum { BLOCK = 16, SUMS = 4, WOVEN = 4 };
typedef v128_t codes, ints;
typedef lwi_wide woven;

LWI_INLINE codes splat_flip(uint32_t flip) { return wasm_i32x4_splat((int32_t)flip); }
LWI_INLINE codes zero_codes(void) { return wasm_i32x4_const_splat(0); }

/* The last block may have fewer than 16 channels. */
static inline codes load(const uint8_t *p, size_t n, codes flip) {
    uint8_t part[BLOCK] = {0};
    if (n == BLOCK) return wasm_v128_xor(wasm_v128_load(p), flip);
    memcpy(part, p, n);
    return wasm_v128_xor(wasm_v128_load(part), flip);
}

#define LOW(x, y) wasm_i8x16_shuffle(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(x, y)                                                                                 \
    wasm_i8x16_shuffle(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

LWI_INLINE void weave(codes a, codes b, codes c, codes d, woven x[WOVEN]) {
    const v128_t even[2] = {LOW(a, c), HIGH(a, c)}, odd[2] = {LOW(b, d), HIGH(b, d)};
    LWI_UNROLL for (int i = 0; i < 2; i++) {
        x[2 * i] =
            (woven){wasm_u16x8_extend_low_u8x16(even[i]), wasm_u16x8_extend_low_u8x16(odd[i])};
        x[2 * i + 1] =
            (woven){wasm_u16x8_extend_high_u8x16(even[i]), wasm_u16x8_extend_high_u8x16(odd[i])};
    }
}

LWI_INLINE void load_weights(const int8_t *from, woven w[WOVEN]) {
    LWI_UNROLL for (int i = 0; i < WOVEN; i++) w[i] =
        lwi_wide_signed(wasm_v128_load(from + 16 * i));
}

LWI_INLINE void load_start(const int32_t *start, ints s[SUMS]) {
    LWI_UNROLL for (int v = 0; v < SUMS; v++) s[v] = wasm_v128_load(start + v * 4);
}

LWI_INLINE const int32_t *find_start(const lwi_depthwise_i8_job *j, size_t p, int32_t *room) {
    (void)room;
    return j->start + p;
}

LWI_INLINE void add(ints s[SUMS], const woven x[WOVEN], const woven w[WOVEN]) {
    LWI_UNROLL for (int i = 0; i < SUMS; i++) s[i] = wasm_i32x4_add(s[i], lwi_dot4(x[i], w[i]));
}

typedef lwi_coder coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) { return lwi_coder_of(o->low, o->high, o->zero); }

LWI_INLINE void store(const coder *k, const ints s[SUMS], const float *scale, size_t n,
                      uint8_t *y) {
    const v128_t all = lwi_codes16(lwi_round4(k, s[0], scale), lwi_round4(k, s[1], scale + 4),
                                   lwi_round4(k, s[2], scale + 8), lwi_round4(k, s[3], scale + 12));
    if (n == BLOCK) wasm_v128_store(y, all);
    else memcpy(y, &all, n);
}

#include "kern/depthwise_i8_blocks.inc"
