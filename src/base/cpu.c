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
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static const char *const NAMES[] = {"base",       "avx2",       "avxvnni",    "avx512",
                                    "avx512vnni", "avx512bf16", "avx512fp16", "neon",
                                    "neon_dot",   "neon_i8mm",  "simd128"};

/* Whether the compiler knew the instructions (src/kern/CMakeLists.txt). */
#if defined(LWI_HAVE_FP16_KERNELS)
#define HAS_FP16 1
#else
#define HAS_FP16 0
#endif

/* A set of levels has a bit for each. */
#define LEVEL(name) (1u << LWI_ISA_##name)

#if defined(__x86_64__)
/* The register states that the operating system saves: XGETBV with index 0 (Intel SDM vol. 1,
 * 13.3). The compiler's own cpu_supports would bring a global constructor along. */
static uint32_t saved_states(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

/* Feature bits: Intel SDM vol. 2, CPUID. */
static uint32_t detect(void) {
    const uint32_t leaf1_c = 1u << 12 | 1u << 27 | 1u << 29;           /* FMA, OSXSAVE, F16C */
    const uint32_t avx2 = 1u << 5 | 1u << 8;                           /* AVX2, BMI2 */
    const uint32_t avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    const uint32_t avx512_vnni = 1u << 11;                             /* leaf 7: ECX */
    const uint32_t avx512_fp16 = 1u << 23;                             /* leaf 7: EDX */
    const uint32_t avx_vnni = 1u << 4, bf16 = 1u << 5;                 /* leaf 7, 1: EAX */
    const uint32_t avx_state = 6, avx512_state = 0xe6;
    uint32_t a, b, c, d, more = 0, levels = LEVEL(BASE);
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, leaf1_c)) return levels;
    const uint32_t states = saved_states();
    if (!has(states, avx_state) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has(b, avx2))
        return levels;
    if (a >= 1) {
        uint32_t others[3];
        __get_cpuid_count(7, 1, &more, &others[0], &others[1], &others[2]);
    }
    levels |= LEVEL(AVX2);
    if (has(more, avx_vnni)) levels |= LEVEL(AVXVNNI);
    if (!has(states, avx512_state) || !has(b, avx512)) return levels;
    levels |= LEVEL(AVX512);
    if (!has(c, avx512_vnni)) return levels;
    levels |= LEVEL(AVX512VNNI);
    if (!has(more, bf16)) return levels;
    levels |= LEVEL(AVX512BF16);
    return HAS_FP16 && has(d, avx512_fp16) ? levels | LEVEL(AVX512FP16) : levels;
}

/* Intel's vdpbf16ps takes four times as long as its vfmadd and does twice as much (Emerald Rapids:
 * 90 GFLOP/s beside 180), so that float32 is faster there; AMD's takes as long as vfmadd, and sums
 * in float32, which float16 has to do besides. */
static uint32_t slow_levels(void) {
    uint32_t a, b, c, d;
    const bool intel = __get_cpuid(0, &a, &b, &c, &d) && c == signature_INTEL_ecx;
    return intel ? LEVEL(AVX512BF16) : LEVEL(AVX512FP16);
}
#elif defined(__aarch64__) && defined(__linux__)
static uint32_t detect(void) {
    const unsigned long asimd_dp = 1ul << 20, i8mm = 1ul << 13; /* HWCAP_ASIMDDP, HWCAP2_I8MM */
    uint32_t levels = LEVEL(BASE) | LEVEL(NEON);
    if (!(getauxval(AT_HWCAP) & asimd_dp)) return levels;
    levels |= LEVEL(NEON_DOT);
    return getauxval(AT_HWCAP2) & i8mm ? levels | LEVEL(NEON_I8MM) : levels;
}
#elif defined(__aarch64__)
static uint32_t detect(void) { return LEVEL(BASE) | LEVEL(NEON); }
#elif defined(__wasm_simd128__)
static uint32_t detect(void) { return LEVEL(BASE) | LEVEL(SIMD128); }
#else
static uint32_t detect(void) { return LEVEL(BASE); }
#endif

#if !defined(__x86_64__)
static uint32_t slow_levels(void) { return 0; }
#endif

bool lwi_cpu_has(lwi_isa isa) { return detect() >> isa & 1; }

lw_status lwi_cpu_find(const char *who, const char *name, lwi_isa *isa) {
    int i = 0;
    while (i < LWI_ISAS && strcmp(name, NAMES[i]) != 0)
        i++;
    if (i == LWI_ISAS) return lwi_fail(LW_INVALID, "%s: isa '%.40s' is not known", who, name);
    if (!lwi_cpu_has((lwi_isa)i))
        return lwi_fail(LW_UNSUPPORTED, "%s: this processor does not have %s", who, NAMES[i]);
    *isa = (lwi_isa)i;
    return LW_OK;
}

static lwi_isa best_level(void) {
    const uint32_t levels = detect() & ~slow_levels();
    int best = LWI_ISAS - 1;
    while (!(levels >> best & 1))
        best--;
    return (lwi_isa)best;
}

lw_status lwi_cpu_wanted(lwi_isa *isa) {
    const char *name = getenv("LAMPWICK_ISA");
    *isa = best_level();
    return name && *name ? lwi_cpu_find("LAMPWICK_ISA", name, isa) : LW_OK;
}

lwi_isa lwi_cpu_isa(void) {
    lwi_isa isa;
    return lwi_cpu_wanted(&isa) == LW_OK ? isa : best_level();
}

const char *lwi_isa_name(lwi_isa isa) { return NAMES[isa]; }

#if defined(__linux__)
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
    cpu_set_t set;
    const int quota = cgroup_quota();
    int n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (sched_getaffinity(0, sizeof set, &set) == 0) n = CPU_COUNT(&set);
    if (quota > 0 && quota < n) n = quota;
    return n < 1 ? 1 : n;
}
#else
int lwi_cpu_threads(void) {
    const int n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n;
}
#endif

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
    lwi_isa isa;
    LW_TRY(lwi_cpu_wanted(&isa));
    info->isa = NAMES[isa];
    info->threads = lwi_cpu_threads();
    info->memory = lwi_cpu_memory();
    return LW_OK;
}
