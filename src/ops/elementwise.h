/* SPDX-License-Identifier: MIT
 * Drivers that operators which work element by element share. An operator gives one loop per
 * element type, in a table by element type (LWI_UNARY_LOOP, LWI_BINARY_LOOP and the type lists of
 * op.h help to write them); the driver walks, broadcasts and uses threads. */
#ifndef LWI_ELEMENTWISE_H
#define LWI_ELEMENTWISE_H

#include "ops/broadcast.h"

/* y[i] = f(x[i]); params is what was given to the driver. x and y may be the same memory. */
typedef void (*lwi_unary_loop)(const void *x, void *y, size_t n, const void *params);
/* y[i] = f(a[i * a_step], b[i * b_step]), steps 0 or 1. a or b may be the memory of y. */
typedef void (*lwi_binary_loop)(const void *a, size_t a_step, const void *b, size_t b_step, void *y,
                                size_t n, const void *params);

/* Output 0 from input 0, which decides the loop. */
lw_status lwi_run_unary(lwi_call *call, const lwi_unary_loop loops[LW_DTYPE_COUNT],
                        const void *params);
/* Output 0 from inputs 0 and 1 under broadcasting; input 0's type decides the loop. */
lw_status lwi_run_binary(lwi_call *call, const lwi_binary_loop loops[LW_DTYPE_COUNT],
                         const void *params);
/* The same for given tensors. */
void lwi_run_binary_loop(const lwi_call *call, const lw_value *a, const lw_value *b,
                         const lw_value *y, lwi_binary_loop loop, const void *params);

/* EXPR computes an R from x, an X; params can be used in it. */
#define LWI_UNARY_LOOP(NAME, X, R, EXPR)                                                           \
    static void NAME(const void *in, void *out, size_t n, const void *params) {                    \
        const X *from = in;                                                                        \
        R *to = out;                                                                               \
        (void)params;                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            const X x = from[i];                                                                   \
            to[i] = (R)(EXPR);                                                                     \
        }                                                                                          \
    }

/* EXPR computes an R from a, an A, and b, a B. Each of the three loops can be vectorised. */
#define LWI_BINARY_LOOP(NAME, A, B, R, EXPR)                                                       \
    static void NAME(const void *a_in, size_t a_step, const void *b_in, size_t b_step, void *out,  \
                     size_t n, const void *params) {                                               \
        const A *as = a_in;                                                                        \
        const B *bs = b_in;                                                                        \
        R *to = out;                                                                               \
        (void)params;                                                                              \
        if (n && b_step == 0) {                                                                    \
            const B b = bs[0];                                                                     \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i * a_step];                                                        \
                to[i] = (R)(EXPR);                                                                 \
            }                                                                                      \
        } else if (n && a_step == 0) {                                                             \
            const A a = as[0];                                                                     \
            for (size_t i = 0; i < n; i++) {                                                       \
                const B b = bs[i];                                                                 \
                to[i] = (R)(EXPR);                                                                 \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i];                                                                 \
                const B b = bs[i];                                                                 \
                to[i] = (R)(EXPR);                                                                 \
            }                                                                                      \
        }                                                                                          \
    }

#endif
