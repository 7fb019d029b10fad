/* SPDX-License-Identifier: MIT
 * Rounds rows to 8 bits (block_dot.h). */
#include <arm_neon.h>

#include "kern/block_dot.h"
#include "kern/level.h"

enum { VECTORS = LWI_BLOCK_PART / 4 };

lwi_block_round_fn LWI_AT(block_round);
void LWI_AT(block_round)(const float *x, size_t parts, size_t step, int8_t *a,
                         lwi_block_sums *sums) {
    for (size_t b = 0; b < parts; b++, x += LWI_BLOCK_PART, a += LWI_BLOCK_PART * step) {
        float32x4_t v[VECTORS], most = vdupq_n_f32(0);
        int16x8_t n[VECTORS / 2];
        LWI_UNROLL for (int i = 0; i < VECTORS; i++) {
            v[i] = vld1q_f32(x + 4 * i);
            most = vmaxnmq_f32(most, vabsq_f32(v[i]));
        }
        const float top = vmaxnmvq_f32(most), inverse = top > 0 ? 127 / top : 0;
        LWI_UNROLL for (int i = 0; i < VECTORS; i += 2) n[i / 2] =
            vcombine_s16(vmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(v[i], inverse))),
                         vmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(v[i + 1], inverse))));
        LWI_UNROLL for (int i = 0; i < VECTORS / 2; i += 2)
            vst1q_s8(a + 8 * i, vcombine_s8(vmovn_s16(n[i]), vmovn_s16(n[i + 1])));
        sums[b * step] = lwi_block_sums_of(top / 127, vaddlvq_s16(vaddq_s16(n[0], n[1])),
                                           vaddlvq_s16(vaddq_s16(n[2], n[3])));
    }
}
