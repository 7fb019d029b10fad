/* SPDX-License-Identifier: MIT
 * What the processor can do and how much of it this process may use. */
#ifndef LWI_CPU_H
#define LWI_CPU_H

#include "base/status.h"

/* Levels of kernels, by rank. Each includes those of its architecture before it, but for AVXVNNI,
 * which those after it need not have. */
typedef enum lwi_isa {
    LWI_ISA_BASE,
    LWI_ISA_AVX2,       /* with FMA, F16C, BMI2 */
    LWI_ISA_AVXVNNI,    /* AVX-VNNI: vpdpbusd of 256 bits, without AVX-512 */
    LWI_ISA_AVX512,     /* F, VL, BW, DQ */
    LWI_ISA_AVX512VNNI, /* VNNI */
    LWI_ISA_AVX512BF16, /* BF16, where that is faster than float32 */
    LWI_ISA_AVX512FP16, /* FP16 */
    LWI_ISA_NEON,
    LWI_ISA_NEON_DOT,  /* dotprod */
    LWI_ISA_NEON_I8MM, /* i8mm */
    LWI_ISA_SIMD128,   /* vectors of WebAssembly, which its modules have or have not as a whole */
    LWI_ISAS
} lwi_isa;

/* The highest level that gains on this processor, or the one that the environment variable
 * LAMPWICK_ISA names if it can run. */
lwi_isa lwi_cpu_isa(void);
/* The level with a name (lwi_isa_name), which `who` asked for: LW_INVALID if there is none,
 * LW_UNSUPPORTED if this processor cannot run it. */
lw_status lwi_cpu_find(const char *who, const char *name, lwi_isa *isa);
/* The same for what LAMPWICK_ISA names; *isa is lwi_cpu_isa() if it names nothing. */
lw_status lwi_cpu_wanted(lwi_isa *isa);
/* Whether this processor can run the kernels of a level. */
bool lwi_cpu_has(lwi_isa isa);
/* base, avx2, avxvnni, avx512, avx512vnni, avx512bf16, avx512fp16, neon, neon_dot, neon_i8mm,
 * simd128 */
const char *lwi_isa_name(lwi_isa isa);
/* Processors in the affinity mask, at most the cgroup's quota (rounded up); at least 1. */
int lwi_cpu_threads(void);
uint64_t lwi_cpu_memory(void);
/* Nanoseconds of a monotonic clock. */
uint64_t lwi_clock(void);

#endif
