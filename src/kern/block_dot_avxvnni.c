/* SPDX-License-Identifier: MIT
 * The kernel of block_dot.h with vpdpbusd of 256 bits. */
#include "kern/block_dot_256.h"

enum { NEAR = 4, JOIN = 1, AHEAD = 1024 };

LWI_INLINE ints splat32(int32_t x) { return _mm256_set1_epi32(x); }
LWI_INLINE ints add_ints(ints x, ints y) { return _mm256_add_epi32(x, y); }
LWI_INLINE ints dot(ints sum, ints x, ints y) { return _mm256_dpbusd_avx_epi32(sum, x, y); }
LWI_INLINE reals as_reals(ints x) { return _mm256_castsi256_ps(x); }
LWI_INLINE reals sub(reals x, reals y) { return _mm256_sub_ps(x, y); }

#include "kern/block_dot_dpbusd.inc"
