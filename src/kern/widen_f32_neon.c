/* SPDX-License-Identifier: MIT */
#include <arm_neon.h>
#include <string.h>

#include "base/half.h"
#include "kern/level.h"
#include "kern/widen_f32.h"

lwi_widen_f32_fn LWI_AT(widen_f16);

void LWI_AT(widen_f16)(const void *from, size_t n, float *to) {
    const uint8_t *x = from;
    size_t i = 0;
    for (; i + 8 <= n; i += 8, x += 16) {
        const float16x8_t halves = vreinterpretq_f16_u8(vld1q_u8(x));
        vst1q_f32(to + i, vcvt_f32_f16(vget_low_f16(halves)));
        vst1q_f32(to + i + 4, vcvt_high_f32_f16(halves));
    }
    for (; i < n; i++, x += 2) {
        uint16_t half;
        memcpy(&half, x, sizeof half);
        to[i] = lwi_f16_to_f32(half);
    }
}

lwi_narrow_f32_fn LWI_AT(narrow_f16);
void LWI_AT(narrow_f16)(const float *from, size_t n, uint16_t *to) {
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        vst1_u16(to + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(from + i))));
    for (; i < n; i++)
        to[i] = lwi_f32_to_f16(from[i]);
}
