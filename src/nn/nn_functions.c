/* SPDX-License-Identifier: MIT
 * The functions that nn.def says all about: each calls its operator. */
#include "nn/nn_kinds.h"

/* clang-format off */
#define NN1(f, torch, aten, k1, a1) \
    lw_array *lw_##f(P_##k1(a1)) { \
        return lwi_nn_call(#f, aten, 1, (lwi_nn_argument[]){A_##k1(a1)}); \
    }
#define NN2(f, torch, aten, k1, a1, k2, a2) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2)) { \
        return lwi_nn_call(#f, aten, 2, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2)}); \
    }
#define NN3(f, torch, aten, k1, a1, k2, a2, k3, a3) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3)) { \
        return lwi_nn_call(#f, aten, 3, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), \
            A_##k3(a3)}); \
    }
#define NN4(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4)) { \
        return lwi_nn_call(#f, aten, 4, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4)}); \
    }
#define NN5(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5)) { \
        return lwi_nn_call(#f, aten, 5, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5)}); \
    }
#define NN6(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5), P_##k6(a6)) { \
        return lwi_nn_call(#f, aten, 6, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5), A_##k6(a6)}); \
    }
#define NN7(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5), P_##k6(a6), \
        P_##k7(a7)) { \
        return lwi_nn_call(#f, aten, 7, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5), A_##k6(a6), A_##k7(a7)}); \
    }
#define NN8(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5), P_##k6(a6), \
        P_##k7(a7), P_##k8(a8)) { \
        return lwi_nn_call(#f, aten, 8, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5), A_##k6(a6), A_##k7(a7), A_##k8(a8)}); \
    }
#define NN9(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8, k9, \
    a9) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5), P_##k6(a6), \
        P_##k7(a7), P_##k8(a8), P_##k9(a9)) { \
        return lwi_nn_call(#f, aten, 9, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5), A_##k6(a6), A_##k7(a7), A_##k8(a8), A_##k9(a9)}); \
    }
#define NN10(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8, k9, \
    a9, k10, a10) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5), P_##k6(a6), \
        P_##k7(a7), P_##k8(a8), P_##k9(a9), P_##k10(a10)) { \
        return lwi_nn_call(#f, aten, 10, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5), A_##k6(a6), A_##k7(a7), A_##k8(a8), A_##k9(a9), \
            A_##k10(a10)}); \
    }
#define NN11(f, torch, aten, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8, k9, \
    a9, k10, a10, k11, a11) \
    lw_array *lw_##f(P_##k1(a1), P_##k2(a2), P_##k3(a3), P_##k4(a4), P_##k5(a5), P_##k6(a6), \
        P_##k7(a7), P_##k8(a8), P_##k9(a9), P_##k10(a10), P_##k11(a11)) { \
        return lwi_nn_call(#f, aten, 11, (lwi_nn_argument[]){A_##k1(a1), A_##k2(a2), A_##k3(a3), \
            A_##k4(a4), A_##k5(a5), A_##k6(a6), A_##k7(a7), A_##k8(a8), A_##k9(a9), \
            A_##k10(a10), A_##k11(a11)}); \
    }
/* written by hand */
#define NH1(f, ...)
#define NH2(f, ...)
#define NH3(f, ...)
#define NH4(f, ...)
#define NH5(f, ...)
#define NH6(f, ...)
#define NH7(f, ...)
#define NL(...)
/* clang-format on */
#include "nn/nn.def"
