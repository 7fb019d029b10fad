/* SPDX-License-Identifier: MIT
 * Calls of the functions in nn.def with arguments of a case. */
#include "nn_case.h"

#include "nn/nn_fields.h"

#include <math.h>
#include <stdlib.h>

/* ----------------------------------------------------------------- arguments */

static const lwi_json_item *argument(const nn_case *c, const char *name) {
    return lwi_json_get(lwi_json_get(c->base.line, "args"), name);
}

/* The number of tensors before the item among the case's tensors; -1: it is not among them. */
static bool count_to(const lwi_json_item *from, const lwi_json_item *item, size_t *n) {
    if (from == item) return true;
    if (lwi_json_get(from, "t")) (*n)++;
    else if (from->kind == LWI_JSON_ARRAY || from->kind == LWI_JSON_OBJECT)
        for (size_t i = 0; i < from->size; i++)
            if (count_to(&from->items[i], item, n)) return true;
    return false;
}

static lw_array *array_of(nn_case *c, const lwi_json_item *item) {
    size_t i = 0;
    if (!item || !lwi_json_get(item, "t")) return NULL;
    if (!count_to(lwi_json_get(c->base.line, "args"), item, &i)) return NULL;
    lw_array *x = nn_case_input(c, i);
    return lwi_json_text(item, "t", "")[0] == 'c' ? lw_view_as_complex(x) : x;
}

static lw_array *get_array(nn_case *c, const char *name) { return array_of(c, argument(c, name)); }

static int64_t get_int(const nn_case *c, const char *name, int64_t missing) {
    const lwi_json_item *item = argument(c, name);
    return lwi_json_is(item, LWI_JSON_NUMBER) ? item->integer : missing;
}

static double number_of(const lwi_json_item *item) {
    if (!lwi_json_is(item, LWI_JSON_NUMBER)) return NAN;
    return item->is_integer ? (double)item->integer : item->number;
}

static double get_number(const nn_case *c, const char *name) {
    return number_of(argument(c, name));
}

static bool get_bool(const nn_case *c, const char *name) {
    const lwi_json_item *item = argument(c, name);
    return lwi_json_is(item, LWI_JSON_BOOL) && item->truth;
}

static lw_ints ints_of(const lwi_json_item *item) {
    lw_ints list = {.n = 0};
    for (; lwi_json_is(item, LWI_JSON_ARRAY) && list.n < item->size; list.n++)
        list.v[list.n] = item->items[list.n].integer;
    return list;
}

static const char *text_of(const lwi_json_item *item) {
    return lwi_json_is(item, LWI_JSON_STRING) ? item->text : NULL;
}

static lw_dtype get_dtype(const nn_case *c, const char *name) {
    const char *text = lwi_json_text(argument(c, name), "dtype", NULL);
    return text ? aten_case_dtype(text) : LW_DTYPE_NONE;
}

static lw_array *const *get_arrays(nn_case *c, const char *name) {
    const lwi_json_item *list = argument(c, name);
    lw_array **arrays = NULL;
    if (!list || lwi_arena_alloc(&c->base.memory, list->size + 1, sizeof *arrays, &arrays) != LW_OK)
        return NULL;
    for (size_t i = 0; i < list->size; i++)
        arrays[i] = array_of(c, &list->items[i]);
    return arrays;
}

static size_t list_size(const nn_case *c, const char *name) {
    const lwi_json_item *list = argument(c, name);
    return list ? list->size : 0;
}

static void set_member(nn_case *c, const lwi_nn_member_info *m, const lwi_json_item *item,
                       void *at) {
    if (m->type == LWI_NN_M_INTS) *(lw_ints *)at = ints_of(item);
    if (m->type == LWI_NN_M_INT) *(int64_t *)at = item->integer;
    if (m->type == LWI_NN_M_FLOAT) *(double *)at = number_of(item);
    for (size_t i = 0; m->type == LWI_NN_M_FLOATS && i < item->size; i++)
        ((double *)at)[i] = number_of(&item->items[i]);
    if (m->type == LWI_NN_M_BOOL) *(bool *)at = item->truth;
    if (m->type == LWI_NN_M_SWITCH) *(lw_switch *)at = item->truth ? LW_ON : LW_OFF;
    if (m->type == LWI_NN_M_STRING) *(const char **)at = text_of(item);
    if (m->type == LWI_NN_M_ARRAY) *(lw_array **)at = array_of(c, item);
}

/* The option struct with the members that the case has. */
static void *get_options(nn_case *c, const lwi_nn_fields *fields) {
    const lwi_json_item *given = argument(c, "options");
    char *data = NULL;
    if (!given || lwi_arena_alloc(&c->base.memory, 1, 1024, &data) != LW_OK) return NULL;
    for (size_t i = 0; i < fields->n; i++) {
        const lwi_json_item *item = lwi_json_get(given, fields->all[i].name);
        if (item) set_member(c, &fields->all[i], item, data + fields->all[i].offset);
    }
    return data;
}

static lw_array **result(nn_case *c, const char *name) {
    for (size_t i = 0; i < c->n_results; i++)
        if (!strcmp(c->names[i], name)) return &c->results[i];
    return NULL;
}

static void add_result(nn_case *c, const char *name) {
    if (c->n_results < MAX_TENSORS) c->names[c->n_results++] = name;
}

static lw_array **get_parts(nn_case *c) {
    c->n_results = c->base.n_outputs;
    return c->results;
}

/* --------------------------------------------------------------------- calls */

/* clang-format off */
#define G_V(a) get_array(c, #a)
#define G_O(a) get_array(c, #a)
#define G_KO(a) get_array(c, #a)
#define G_I(a) get_int(c, #a, 0)
#define G_J(a) get_int(c, #a, LW_NONE)
#define G_KI(a) get_int(c, #a, 0)
#define G_D(a) get_number(c, #a)
#define G_N(a) get_number(c, #a)
#define G_KN(a) get_number(c, #a)
#define G_E(a) get_number(c, #a)
#define G_KE(a) get_number(c, #a)
#define G_B(a) get_bool(c, #a)
#define G_KB(a) get_bool(c, #a)
#define G_L(a) ints_of(argument(c, #a))
#define G_Q(a) ints_of(argument(c, #a))
#define G_L0(a) ints_of(argument(c, #a))
#define G_L1(a) ints_of(argument(c, #a))
#define G_S(a) text_of(argument(c, #a))
#define G_KS(a) text_of(argument(c, #a))
#define G_A(a) text_of(argument(c, #a))
#define G_W(a) get_dtype(c, #a)
#define G_KT(a) get_dtype(c, #a)
#define G_M(a) get_arrays(c, #a), list_size(c, #a)
#define G_G(a) c->nn
#define G_R(a) result(c, #a)
#define G_Y(a) get_parts(c), c->base.n_outputs
#define G_Pconv(a) get_options(c, &lwi_nn_fields_conv)
#define G_Ppool(a) get_options(c, &lwi_nn_fields_pool)
#define G_Pattention(a) get_options(c, &lwi_nn_fields_attention)
#define G_Pmha(a) get_options(c, &lwi_nn_fields_mha)
#define G_Pinterpolate(a) get_options(c, &lwi_nn_fields_interpolate)
#define G_Pstft(a) get_options(c, &lwi_nn_fields_stft)
/* Results are numbered in the order of the arguments, whatever the compiler's is. */
#define D_V(a)
#define D_O(a)
#define D_KO(a)
#define D_I(a)
#define D_J(a)
#define D_KI(a)
#define D_D(a)
#define D_N(a)
#define D_KN(a)
#define D_E(a)
#define D_KE(a)
#define D_B(a)
#define D_KB(a)
#define D_L(a)
#define D_Q(a)
#define D_L0(a)
#define D_L1(a)
#define D_S(a)
#define D_KS(a)
#define D_A(a)
#define D_W(a)
#define D_KT(a)
#define D_M(a)
#define D_G(a)
#define D_Y(a)
#define D_Pconv(a)
#define D_Ppool(a)
#define D_Pattention(a)
#define D_Pmha(a)
#define D_Pinterpolate(a)
#define D_Pstft(a)
#define D_R(a) add_result(c, #a);
#define NN1(f, t, o, k1, a1) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) \
        return lw_##f(G_##k1(a1)); \
    }
#define NN2(f, t, o, k1, a1, k2, a2) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) \
        return lw_##f(G_##k1(a1), G_##k2(a2)); \
    }
#define NN3(f, t, o, k1, a1, k2, a2, k3, a3) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3)); \
    }
#define NN4(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4)); \
    }
#define NN5(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5)); \
    }
#define NN6(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) D_##k6(a6) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5), G_##k6(a6)); \
    }
#define NN7(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) D_##k6(a6) D_##k7(a7) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5), G_##k6(a6), \
            G_##k7(a7)); \
    }
#define NN8(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) D_##k6(a6) D_##k7(a7) D_##k8(a8) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5), G_##k6(a6), \
            G_##k7(a7), G_##k8(a8)); \
    }
#define NN9(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8, k9, a9) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) D_##k6(a6) D_##k7(a7) D_##k8(a8) \
            D_##k9(a9) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5), G_##k6(a6), \
            G_##k7(a7), G_##k8(a8), G_##k9(a9)); \
    }
#define NN10(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8, k9, a9, \
    k10, a10) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) D_##k6(a6) D_##k7(a7) D_##k8(a8) \
            D_##k9(a9) D_##k10(a10) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5), G_##k6(a6), \
            G_##k7(a7), G_##k8(a8), G_##k9(a9), G_##k10(a10)); \
    }
#define NN11(f, t, o, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6, k7, a7, k8, a8, k9, a9, \
    k10, a10, k11, a11) \
    static lw_array *call_##f(nn_case *c) { \
        D_##k1(a1) D_##k2(a2) D_##k3(a3) D_##k4(a4) D_##k5(a5) D_##k6(a6) D_##k7(a7) D_##k8(a8) \
            D_##k9(a9) D_##k10(a10) D_##k11(a11) \
        return lw_##f(G_##k1(a1), G_##k2(a2), G_##k3(a3), G_##k4(a4), G_##k5(a5), G_##k6(a6), \
            G_##k7(a7), G_##k8(a8), G_##k9(a9), G_##k10(a10), G_##k11(a11)); \
    }
#define NH1 NN1
#define NH2 NN2
#define NH3 NN3
#define NH4 NN4
#define NH5 NN5
#define NH6 NN6
#define NH7 NN7
#define NL(...)
#include "nn/nn.def"
#undef NN1
#undef NN2
#undef NN3
#undef NN4
#undef NN5
#undef NN6
#undef NN7
#undef NN8
#undef NN9
#undef NN10
#undef NN11
#undef NH1
#undef NH2
#undef NH3
#undef NH4
#undef NH5
#undef NH6
#undef NH7
#define NN1(f, ...) {#f, call_##f},
#define NN2(f, ...) {#f, call_##f},
#define NN3(f, ...) {#f, call_##f},
#define NN4(f, ...) {#f, call_##f},
#define NN5(f, ...) {#f, call_##f},
#define NN6(f, ...) {#f, call_##f},
#define NN7(f, ...) {#f, call_##f},
#define NN8(f, ...) {#f, call_##f},
#define NN9(f, ...) {#f, call_##f},
#define NN10(f, ...) {#f, call_##f},
#define NN11(f, ...) {#f, call_##f},
#define NH1(f, ...) {#f, call_##f},
#define NH2(f, ...) {#f, call_##f},
#define NH3(f, ...) {#f, call_##f},
#define NH4(f, ...) {#f, call_##f},
#define NH5(f, ...) {#f, call_##f},
#define NH6(f, ...) {#f, call_##f},
#define NH7(f, ...) {#f, call_##f},

const nn_function nn_functions[] = {
#include "nn/nn.def"
};
/* clang-format on */
const size_t n_nn_functions = sizeof nn_functions / sizeof *nn_functions;
