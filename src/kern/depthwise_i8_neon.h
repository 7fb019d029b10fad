/* SPDX-License-Identifier: MIT
 * What the forms of depthwise_i8_blocks.inc for NEON share: codes are made int8, which adds 128
 * times the sum of its weights to where a sum starts; four vectors of sums, in the order of the
 * channels. */
#include "kern/depthwise_i8.h"
#include "kern/round_neon.h"

#include <string.h>

enum { BLOCK = 16, SUMS = 4, WOVEN = 4 };
typedef int8x16_t codes, woven;
typedef int32x4_t ints;

LWI_INLINE codes splat_flip(uint32_t flip) {
    return vreinterpretq_s8_u32(vdupq_n_u32(flip ^ 0x80808080u));
}
LWI_INLINE codes zero_codes(void) { return vdupq_n_s8(0); }

/* The last block may have fewer than 16 channels. */
static inline codes load(const uint8_t *p, size_t n, codes flip) {
    uint8_t part[BLOCK] = {0};
    if (n == BLOCK) return veorq_s8(vreinterpretq_s8_u8(vld1q_u8(p)), flip);
    memcpy(part, p, n);
    return veorq_s8(vreinterpretq_s8_u8(vld1q_u8(part)), flip);
}

LWI_INLINE void load_start(const int32_t *start, ints s[SUMS]) {
    LWI_UNROLL for (size_t v = 0; v < SUMS; v++) s[v] = vld1q_s32(start + v * 4);
}

static inline const int32_t *find_start(const lwi_depthwise_i8_job *j, size_t p, int32_t *room) {
    const int8_t *w = j->w + p * j->n_taps;
    ints s[SUMS];
    load_start(j->start + p, s);
    for (size_t t = 0; t < j->n_taps; t += 4, w += (size_t)BLOCK * 4) {
        const int8x16x4_t x = vld4q_s8(w);
        const int16x8_t low = vaddq_s16(vaddl_s8(vget_low_s8(x.val[0]), vget_low_s8(x.val[1])),
                                        vaddl_s8(vget_low_s8(x.val[2]), vget_low_s8(x.val[3])));
        const int16x8_t high =
            vaddq_s16(vaddl_high_s8(x.val[0], x.val[1]), vaddl_high_s8(x.val[2], x.val[3]));
        s[0] = vmlal_n_s16(s[0], vget_low_s16(low), 128);
        s[1] = vmlal_high_n_s16(s[1], low, 128);
        s[2] = vmlal_n_s16(s[2], vget_low_s16(high), 128);
        s[3] = vmlal_high_n_s16(s[3], high, 128);
    }
    LWI_UNROLL for (size_t v = 0; v < SUMS; v++) vst1q_s32(room + v * 4, s[v]);
    return room;
}

typedef lwi_coder coder;

LWI_INLINE coder coder_of(const lwi_i8_output *o) { return lwi_coder_of(o->low, o->high, o->zero); }

LWI_INLINE void store(const coder *k, const ints s[SUMS], const float *scale, size_t n,
                      uint8_t *y) {
    const uint8x16_t all =
        vcombine_u8(lwi_codes8(lwi_round4(k, s[0], scale), lwi_round4(k, s[1], scale + 4)),
                    lwi_codes8(lwi_round4(k, s[2], scale + 8), lwi_round4(k, s[3], scale + 12)));
    if (n == BLOCK) vst1q_u8(y, all);
    else memcpy(y, &all, n);
}
