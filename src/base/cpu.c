/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const NAMES[] = {"base", "avx2", "avx512"};

#if defined(__x86_64__)
/* The register states that the operating system saves: XGETBV with index 0 (Intel SDM vol. 1,
 * 13.3). The compiler's own cpu_supports would bring a global constructor along. */
static uint32_t saved_states(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static lwi_isa detect(void) {
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, AVX2 = 1 << 5, AVX_STATE = 6, AVX512_STATE = 0xe6 };
    const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE) || !(c & FMA)) return LWI_ISA_BASE;
    const uint32_t states = saved_states();
    if ((states & AVX_STATE) != AVX_STATE || !__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
        !(b & AVX2))
        return LWI_ISA_BASE;
    if ((states & AVX512_STATE) != AVX512_STATE || (b & avx512) != avx512) return LWI_ISA_AVX2;
    return LWI_ISA_AVX512;
}
#else
static lwi_isa detect(void) { return LWI_ISA_BASE; }
#endif

lwi_isa lwi_cpu_isa(void) {
    const lwi_isa best = detect();
    const char *wanted = getenv("LAMPWICK_ISA");
    for (int i = 0; wanted && i <= (int)best; i++)
        if (!strcmp(wanted, NAMES[i])) return (lwi_isa)i;
    return best;
}

const char *lwi_isa_name(lwi_isa isa) { return NAMES[isa]; }

/* CPUs that the cgroup's quota allows, 0 if it sets none. Version 2 has one file with "max" or
 * "quota period", version 1 two files. */
static int cgroup_quota(void) {
    long long quota = -1, period = 0;
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (f) {
        if (fscanf(f, "%lld %lld", &quota, &period) != 2) quota = -1;
        fclose(f);
    } else {
        f = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "re");
        if (f) {
            if (fscanf(f, "%lld", &quota) != 1) quota = -1;
            fclose(f);
        }
        f = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "re");
        if (f) {
            if (fscanf(f, "%lld", &period) != 1) period = 0;
            fclose(f);
        }
    }
    if (quota <= 0 || period <= 0) return 0;
    return (int)((quota + period - 1) / period);
}

int lwi_cpu_threads(void) {
    int n = 1;
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) n = CPU_COUNT(&set);
    else n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    const int quota = cgroup_quota();
    if (quota > 0 && quota < n) n = quota;
#else
    n = (int)sysconf(_SC_NPROCESSORS_ONLN);
#endif
    return n < 1 ? 1 : n;
}

uint64_t lwi_cpu_memory(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

uint64_t lwi_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

lw_status lw_cpu(lw_cpu_info *info) {
    if (!info || info->size < sizeof *info)
        return lwi_fail(LW_INVALID, "lw_cpu: info is NULL or its size is not set");
    info->isa = NAMES[lwi_cpu_isa()];
    info->threads = lwi_cpu_threads();
    info->memory = lwi_cpu_memory();
    return LW_OK;
}
