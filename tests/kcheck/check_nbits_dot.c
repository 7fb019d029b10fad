/* SPDX-License-Identifier: MIT
 * Sizes: blocks, block / 16. */
#include <math.h>

#include "kcheck.h"

static void check(kc_case *c) {
    static const unsigned BITS[] = {2, 4, 8};
    const size_t blocks = c->size[0], block = 16 * c->size[1];
    const unsigned bits = BITS[kc_below(c, 3)];
    const float *a = kc_floats(c, blocks * block);
    c->special = false; /* an infinite scale of partial sums that are 0 is a matter of order */
    const float *scales = kc_floats(c, blocks);
    const uint8_t *codes = kc_bytes(c, blocks * block * bits / 8);
    float *zeros = kc_floats(c, blocks);
    for (size_t i = 0; i < blocks; i++)
        zeros[i] *= (float)(1u << bits);
    const float got = c->kernels->nbits_dot(a, codes, bits, scales, zeros, blocks, block);
    const float want = c->base->nbits_dot(a, codes, bits, scales, zeros, blocks, block);
    kc_same_floats(c, "sum", &got, &want, 1, (float)(blocks * block) * 1e-6f * (float)(1u << bits));
}

const kc_check kc_nbits_dot = {"nbits_dot", {8, 8}, {100, 16}, check, NULL};
