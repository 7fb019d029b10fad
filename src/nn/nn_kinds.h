/* SPDX-License-Identifier: MIT
 * The kinds of arguments in nn.def: P_k(a) declares one in C, A_k(a) is what the operator gets. */
#ifndef LWI_NN_KINDS_H
#define LWI_NN_KINDS_H

#include "nn/nn_fields.h"

/* clang-format off */
#define P_V(a) lw_array *a
#define P_O(a) lw_array *a
#define P_KO(a) lw_array *a
#define P_I(a) int64_t a
#define P_J(a) int64_t a
#define P_KI(a) int64_t a
#define P_D(a) double a
#define P_N(a) double a
#define P_KN(a) double a
#define P_E(a) double a
#define P_KE(a) double a
#define P_B(a) bool a
#define P_KB(a) bool a
#define P_L(a) lw_ints a
#define P_Q(a) lw_ints a
#define P_L0(a) lw_ints a
#define P_L1(a) lw_ints a
#define P_S(a) const char *a
#define P_KS(a) const char *a
#define P_A(a) const char *a
#define P_W(a) lw_dtype a
#define P_KT(a) lw_dtype a
#define P_M(a) lw_array *const *a, size_t n_##a
#define P_G(a) lw_nn *a
#define P_R(a) lw_array **a
#define P_Y(a) lw_array **a, size_t n_##a
#define P_Pconv(a) const lw_conv_options *a
#define P_Ppool(a) const lw_pool_options *a
#define P_Pattention(a) const lw_attention_options *a
#define P_Pmha(a) const lw_mha_options *a
#define P_Pinterpolate(a) const lw_interpolate_options *a
#define P_Pstft(a) const lw_stft_options *a

#define A_V(a) {#a, LWI_NN_NEEDED, false, {.array = a}}
#define A_O(a) {#a, LWI_NN_ARRAY, false, {.array = a}}
#define A_KO(a) {#a, LWI_NN_ARRAY, true, {.array = a}}
#define A_I(a) {#a, LWI_NN_INT, false, {.i = a}}
#define A_J(a) A_I(a)
#define A_KI(a) {#a, LWI_NN_INT, true, {.i = a}}
#define A_D(a) {#a, LWI_NN_FLOAT, false, {.f = a}}
#define A_N(a) {#a, LWI_NN_SCALAR, false, {.f = a}}
#define A_KN(a) {#a, LWI_NN_SCALAR, true, {.f = a}}
#define A_E(a) A_N(a)
#define A_KE(a) A_KN(a)
#define A_B(a) {#a, LWI_NN_BOOL, false, {.b = a}}
#define A_KB(a) {#a, LWI_NN_BOOL, true, {.b = a}}
#define A_L(a) {#a, LWI_NN_INTS, false, {.ints = {a.v, a.n}}}
#define A_Q(a) {#a, a.n ? LWI_NN_INTS : LWI_NN_NONE, false, {.ints = {a.v, a.n}}}
#define A_L0(a) {#a, LWI_NN_INTS, false, {.ints = {a.v, a.n ? a.n : 1}}}
#define A_L1(a) {#a, LWI_NN_INTS, false, {.ints = {a.n ? a.v : &(int64_t){1}, a.n ? a.n : 1}}}
#define A_S(a) {#a, LWI_NN_STRING, false, {.s = a}}
#define A_KS(a) {#a, LWI_NN_STRING, true, {.s = a}}
#define A_A(a) {#a, LWI_NN_REDUCTION, false, {.s = a}}
#define A_W(a) {#a, LWI_NN_DTYPE, false, {.i = a}}
#define A_KT(a) {#a, LWI_NN_DTYPE, true, {.i = a}}
#define A_M(a) {#a, LWI_NN_ARRAYS, false, {.arrays = {a, n_##a}}}
#define A_G(a) {#a, LWI_NN_NETWORK, false, {.nn = a}}
#define A_R(a) {#a, LWI_NN_RESULT, false, {.result = a}}
#define A_Y(a) {#a, LWI_NN_RESULTS, false, {.results = {a, n_##a}}}
#define A_OPTIONS(set, a) {#a, LWI_NN_OPTIONS, true, {.options = {&lwi_nn_fields_##set, a}}}
#define A_Pconv(a) A_OPTIONS(conv, a)
#define A_Ppool(a) A_OPTIONS(pool, a)
#define A_Pattention(a) A_OPTIONS(attention, a)
/* clang-format on */

/* CALL("pad", V(x), L(pads)): an operator for functions that are written by hand. */
#define CALL(op, ...)                                                                              \
    lwi_nn_call(__func__ + 3, op,                                                                  \
                sizeof((lwi_nn_argument[]){__VA_ARGS__}) / sizeof(lwi_nn_argument),                \
                (lwi_nn_argument[]){__VA_ARGS__})

#endif
