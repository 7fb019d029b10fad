/* SPDX-License-Identifier: MIT
 * Handlers of plain instructions: a loop over the items of a warp, which the compiler makes vectors
 * of where all of them are there. */
#ifndef PTX_LANES_H
#define PTX_LANES_H

#include "ptx_module.h"

#include <math.h>

/* Registers' words by type; 16 bits stand in 32. */
typedef uint32_t __attribute__((may_alias)) u32;
typedef int32_t __attribute__((may_alias)) s32;
typedef uint64_t __attribute__((may_alias)) u64;
typedef int64_t __attribute__((may_alias)) s64;
typedef float __attribute__((may_alias)) f32;
typedef double __attribute__((may_alias)) f64;

#define PTX_EACH(...)                                                                              \
    do {                                                                                           \
        if (mask == PTX_ALL)                                                                       \
            for (unsigned l = 0; l < PTX_WARP; l++) {                                              \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        else                                                                                       \
            for (unsigned l = 0; l < PTX_WARP; l++)                                                \
                if (mask >> l & 1) {                                                               \
                    __VA_ARGS__;                                                                   \
                }                                                                                  \
    } while (0)

#define PTX_HANDLER(name) static void name(ptx_warp *w, const ptx_instruction *i, uint32_t mask)

/* d = expression of a, b, c of one type. */
#define PTX_UNARY(name, to, type, expression)                                                      \
    PTX_HANDLER(name) {                                                                            \
        to *d = (to *)ptx_to(w, i, 0);                                                             \
        const type *x = (const type *)ptx_from(w, i, 0);                                           \
        PTX_EACH(const type a = x[l]; d[l] = (to)(expression));                                    \
    }
#define PTX_BINARY(name, to, type, other, expression)                                              \
    PTX_HANDLER(name) {                                                                            \
        to *d = (to *)ptx_to(w, i, 0);                                                             \
        const type *x = (const type *)ptx_from(w, i, 0);                                           \
        const other *y = (const other *)ptx_from(w, i, 1);                                         \
        PTX_EACH(const type a = x[l]; const other b = y[l]; d[l] = (to)(expression));              \
    }
#define PTX_TERNARY(name, to, type, last, expression)                                              \
    PTX_HANDLER(name) {                                                                            \
        to *d = (to *)ptx_to(w, i, 0);                                                             \
        const type *x = (const type *)ptx_from(w, i, 0), *y = (const type *)ptx_from(w, i, 1);     \
        const last *z = (const last *)ptx_from(w, i, 2);                                           \
        PTX_EACH(const type a = x[l], b = y[l]; const last c = z[l]; d[l] = (to)(expression));     \
    }

#endif
