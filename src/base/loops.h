/* SPDX-License-Identifier: MIT
 * For loops that compilers are to make vectors of: no step reads what another one writes. */
#ifndef LWI_LOOPS_H
#define LWI_LOOPS_H

#ifdef __clang__
#define LWI_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define LWI_INDEPENDENT _Pragma("GCC ivdep")
#endif

#endif
