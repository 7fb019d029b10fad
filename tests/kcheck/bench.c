/* SPDX-License-Identifier: MIT
 * Measuring for kcheck: best times, and the peak of one core to set them against. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "cases.h"

static double seconds(void) { return (double)lwi_clock() * 1e-9; }

/* The shortest of many runs: what others on the machine take away is not counted. */
static double best_time(double least, void (*run)(void *arg), void *arg) {
    double best = 1e9;
    size_t times = 1;
    for (const double end = seconds() + least; seconds() < end;) {
        const double start = seconds();
        for (size_t i = 0; i < times; i++)
            run(arg);
        const double each = (seconds() - start) / (double)times;
        if (each < best) best = each;
        if (each * (double)times < 20e-6) times *= 2;
    }
    return best;
}

float *kc_bench_floats(size_t n) {
    float *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);
    if (!p) kc_stop("no memory");
    for (size_t i = 0; i < n; i++)
        p[i] = (float)(int32_t)((uint32_t)i * 2654435761u) * 0x1p-31f;
    return p;
}

/* -------------------------------------------------------------------- peaks */

enum { LOOPS = 2000, SUMS = 12 };

/* SUMS independent sums of STEP, LOOPS times. */
#define LOOP(NAME, TARGET, TYPE, ZERO, STEP)                                                       \
    __attribute__((target(TARGET))) static void NAME(void *arg) {                                  \
        TYPE s[SUMS], x = ZERO, y = ZERO;                                                          \
        for (int i = 0; i < SUMS; i++)                                                             \
            s[i] = ZERO;                                                                           \
        __asm__ volatile("" : "+x"(x), "+x"(y));                                                   \
        for (int n = 0; n < LOOPS; n++) {                                                          \
            s[0] = STEP(s[0]), s[1] = STEP(s[1]), s[2] = STEP(s[2]), s[3] = STEP(s[3]);            \
            s[4] = STEP(s[4]), s[5] = STEP(s[5]), s[6] = STEP(s[6]), s[7] = STEP(s[7]);            \
            s[8] = STEP(s[8]), s[9] = STEP(s[9]), s[10] = STEP(s[10]), s[11] = STEP(s[11]);        \
            __asm__ volatile("" : "+x"(x), "+x"(y));                                               \
        }                                                                                          \
        for (int i = 0; i < SUMS; i++)                                                             \
            memcpy((char *)arg + (size_t)i * sizeof *s, &s[i], sizeof *s);                         \
    }

#if defined(__x86_64__)
#define MULTIPLY_ADD(s) _mm_add_ps(_mm_mul_ps(x, y), s)
LOOP(peak_base, "sse2", __m128, _mm_setzero_ps(), MULTIPLY_ADD)
#define FMA256(s) _mm256_fmadd_ps(x, y, s)
LOOP(peak_avx2, "avx2,fma", __m256, _mm256_setzero_ps(), FMA256)
#define FMA512(s) _mm512_fmadd_ps(x, y, s)
LOOP(peak_avx512, "avx512f", __m512, _mm512_setzero_ps(), FMA512)
#define DOT_INT8(s) _mm512_dpbusd_epi32(s, x, y)
LOOP(peak_vnni, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), DOT_INT8)
#define DOT_BF16(s) _mm512_dpbf16_ps(s, (__m512bh)x, (__m512bh)y)
#define DOT_INT8_256(s) _mm256_dpbusd_avx_epi32(s, x, y)
LOOP(peak_avxvnni, "avx2,avxvnni", __m256i, _mm256_setzero_si256(), DOT_INT8_256)
LOOP(peak_bf16, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), DOT_BF16)

/* Operations of one loop, and the loop; for what a level has no instruction for, the one of
 * float32. */
static void (*peak_loop(kc_unit unit, lwi_isa level, double *work))(void *) {
    *work = 2.0 * SUMS * LOOPS * (level == LWI_ISA_BASE ? 4 : level < LWI_ISA_AVX512 ? 8 : 16);
    if (level == LWI_ISA_AVXVNNI && unit == KC_INT8) return *work *= 4, peak_avxvnni;
    if (level >= LWI_ISA_AVX512VNNI && unit == KC_INT8) return *work *= 4, peak_vnni;
    if (level >= LWI_ISA_AVX512BF16 && unit == KC_BF16) return *work *= 2, peak_bf16;
    /* vfmadd of float16 takes as long as that of float32 */
    if (level == LWI_ISA_AVX512FP16 && unit == KC_F16) return *work *= 2, peak_avx512;
    return level == LWI_ISA_BASE ? peak_base : level < LWI_ISA_AVX512 ? peak_avx2 : peak_avx512;
}
#else
static void (*peak_loop(kc_unit unit, lwi_isa level, double *work))(void *) {
    (void)unit, (void)level;
    *work = 0;
    return NULL;
}
#endif

/* Reading memory that no cache holds. */
enum { READ_BYTES = 256 << 20 };

static void read_all(void *arg) {
    const uint64_t *p = arg;
    uint64_t sum[8] = {0};
    for (size_t i = 0; i < READ_BYTES / sizeof *p; i += 8)
        for (int k = 0; k < 8; k++)
            sum[k] += p[i + (size_t)k];
    __asm__ volatile(
        "" ::"r"(sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7]));
}

double kc_peak(kc_unit unit, lwi_isa level) {
    static double known[KC_BYTES + 1][LWI_ISAS];
    static char sink[SUMS * 64];
    double *peak = &known[unit][unit == KC_BYTES ? LWI_ISA_BASE : level], work = READ_BYTES;
    if (*peak > 0) return *peak;
    if (unit == KC_BYTES) {
        void *memory = kc_bench_floats(READ_BYTES / sizeof(float));
        *peak = work / (best_time(1, read_all, memory) * 1e9);
        free(memory);
    } else {
        void (*const loop)(void *) = peak_loop(unit, level, &work);
        if (loop) *peak = work / (best_time(0.5, loop, sink) * 1e9);
    }
    return *peak;
}

static lwi_isa level_of(const char *name) {
    lwi_isa isa = 0;
    while (isa < LWI_ISAS && strcmp(name, lwi_isa_name(isa)))
        isa++;
    return isa;
}

void kc_measure(const kc_timing *t, const char *label, kc_unit unit, double work,
                void (*run)(void *arg), void *arg) {
    const double time = best_time(0.1, run, arg), rate = work / (time * 1e9);
    const double peak = kc_peak(unit, level_of(t->level));
    printf("%-14s %-10s %-34s %10.2f us %8.1f %s", t->name, t->level, label, time * 1e6, rate,
           unit == KC_BYTES  ? "GB/s"
           : unit == KC_INT8 ? "GOP/s"
                             : "GFLOP/s");
    if (peak > 0) printf(" %5.1f %%", 100 * rate / peak);
    printf("\n");
}
