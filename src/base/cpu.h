/* SPDX-License-Identifier: MIT
 * What the processor can do and how much of it this process may use. */
#ifndef LWI_CPU_H
#define LWI_CPU_H

#include "base/status.h"

/* Levels of kernels; each includes those before it. */
typedef enum lwi_isa { LWI_ISA_BASE, LWI_ISA_AVX2, LWI_ISA_AVX512 } lwi_isa;

/* The highest level of this processor, lowered by the environment variable LAMPWICK_ISA (base,
 * avx2, avx512). */
lwi_isa lwi_cpu_isa(void);
const char *lwi_isa_name(lwi_isa isa);
/* Processors in the affinity mask, at most the cgroup's quota (rounded up); at least 1. */
int lwi_cpu_threads(void);
uint64_t lwi_cpu_memory(void);
/* Nanoseconds of a monotonic clock. */
uint64_t lwi_clock(void);

#endif
