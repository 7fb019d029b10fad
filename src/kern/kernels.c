/* SPDX-License-Identifier: MIT */
#include "kern/kernels.h"

#define LWI_KERNEL_SIZE(name, ...)
#if defined(LWI_HAVE_X86_KERNELS)
#define LWI_KERNEL(name, type, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...)            \
    type lwi_##name##__base, lwi_##name##__##avx2, lwi_##name##__##avxvnni,                        \
        lwi_##name##__##avx512, lwi_##name##__##vnni, lwi_##name##__##bf16;
#elif defined(LWI_HAVE_ARM_KERNELS)
#define LWI_KERNEL(name, type, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...)            \
    type lwi_##name##__base, lwi_##name##__##neon, lwi_##name##__##dot, lwi_##name##__##i8mm;
#elif defined(LWI_HAVE_SIMD128_KERNELS)
#define DECLARE_(name, type, level) type lwi_##name##__base, lwi_##name##__##level;
#define DECLARE(name, type, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, simd128, ...)      \
    DECLARE_(name, type, simd128)
#define LWI_KERNEL(name, type, ...) DECLARE(name, type, __VA_ARGS__, base, )
#else
#define LWI_KERNEL(name, type, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...)            \
    type lwi_##name##__base;
#endif
#if defined(LWI_HAVE_FP16_KERNELS)
#define LWI_KERNEL_FP16(name, type) type lwi_##name##__base, lwi_##name##__avx512fp16;
#else
#define LWI_KERNEL_FP16(name, type) type lwi_##name##__base;
#endif
#include "kern/kernels.def"
#undef LWI_KERNEL
#undef LWI_KERNEL_SIZE
#undef LWI_KERNEL_FP16

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) base
static const lwi_kernels BASE = {
#include "kern/kernels_table.inc"
};

#if defined(LWI_HAVE_X86_KERNELS)
#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) avx2
static const lwi_kernels AVX2 = {
#include "kern/kernels_table.inc"
};

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) avxvnni
static const lwi_kernels AVXVNNI = {
#include "kern/kernels_table.inc"
};

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) avx512
static const lwi_kernels AVX512 = {
#include "kern/kernels_table.inc"
};

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) vnni
static const lwi_kernels AVX512VNNI = {
#include "kern/kernels_table.inc"
};

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) bf16
static const lwi_kernels AVX512BF16 = {
#include "kern/kernels_table.inc"
};
#endif

#if defined(LWI_HAVE_FP16_KERNELS)
#define LEVEL_FP16
#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) bf16
static const lwi_kernels AVX512FP16 = {
#include "kern/kernels_table.inc"
};
#undef LEVEL_FP16
#endif

#if defined(LWI_HAVE_ARM_KERNELS)
#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) neon
static const lwi_kernels NEON = {
#include "kern/kernels_table.inc"
};

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) dot
static const lwi_kernels NEON_DOT = {
#include "kern/kernels_table.inc"
};

#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, ...) i8mm
static const lwi_kernels NEON_I8MM = {
#include "kern/kernels_table.inc"
};
#endif

#if defined(LWI_HAVE_SIMD128_KERNELS)
#define PICK(base, avx2, avxvnni, avx512, vnni, bf16, neon, dot, i8mm, simd128, ...) simd128
static const lwi_kernels SIMD128 = {
#include "kern/kernels_table.inc"
};
#endif

const lwi_kernels *lwi_kernels_of(lwi_isa isa) {
    switch (isa) {
#if defined(LWI_HAVE_X86_KERNELS)
    case LWI_ISA_AVX2:
        return &AVX2;
    case LWI_ISA_AVXVNNI:
        return &AVXVNNI;
    case LWI_ISA_AVX512:
        return &AVX512;
    case LWI_ISA_AVX512VNNI:
        return &AVX512VNNI;
    case LWI_ISA_AVX512BF16:
        return &AVX512BF16;
#if defined(LWI_HAVE_FP16_KERNELS)
    case LWI_ISA_AVX512FP16:
        return &AVX512FP16;
#endif
#elif defined(LWI_HAVE_ARM_KERNELS)
    case LWI_ISA_NEON:
        return &NEON;
    case LWI_ISA_NEON_DOT:
        return &NEON_DOT;
    case LWI_ISA_NEON_I8MM:
        return &NEON_I8MM;
#elif defined(LWI_HAVE_SIMD128_KERNELS)
    case LWI_ISA_SIMD128:
        return &SIMD128;
#endif
    default:
        return &BASE;
    }
}
