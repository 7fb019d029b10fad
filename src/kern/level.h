/* SPDX-License-Identifier: MIT
 * For files that are compiled once for each level of instruction sets: CMake defines LWI_LEVEL as
 * the level's name. */
#ifndef LWI_KERN_LEVEL_H
#define LWI_KERN_LEVEL_H

#define LWI_PASTE_(name, level) lwi_##name##__##level
#define LWI_PASTE(name, level) LWI_PASTE_(name, level)
/* The version for this level of the kernel `name`: lwi_<name>__<level>. */
#define LWI_AT(name) LWI_PASTE(name, LWI_LEVEL)

/* Whether a kernel has no forms beside those that it cannot do without: CMake defines it for a
 * level that is hardly ever the best one. */
#ifndef LWI_FEW_FORMS
#define LWI_FEW_FORMS 0
#endif

#define LWI_INLINE static inline __attribute__((always_inline))
/* Loops of a constant number of steps, whose arrays are to live in registers. */
#if defined(__clang__)
#define LWI_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LWI_UNROLL /* gcc warns where checks keep it from unrolling */
#else
#define LWI_UNROLL _Pragma("GCC unroll 32")
#endif

/* Floats in a vector register. */
#if defined(__AVX512F__)
#define LWI_LANES 16
#elif defined(__AVX2__)
#define LWI_LANES 8
#else
#define LWI_LANES 4
#endif

#endif
