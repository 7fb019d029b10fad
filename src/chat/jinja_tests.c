/* SPDX-License-Identifier: MIT
 * Tests: what may stand behind `is`. */
#include "chat/jinja.h"

#include <string.h>

#define TEST(name)                                                                                 \
    static lw_status name(lwi_jinja *run, lwi_val v, const lwi_args *args, bool *truth)
#define UNUSED (void)run, (void)v, (void)args, (void)truth

/* Tests of the kind alone. */
enum {
    DEFINED = ~(1 << LWI_UNDEFINED),
    CALLABLE = 1 << LWI_UNDEFINED | 1 << LWI_MACRO | 1 << LWI_FUNCTION | 1 << LWI_LOOP,
    NUMBER = 1 << LWI_BOOL | 1 << LWI_INT | 1 << LWI_FLOAT,
    ITERABLE = 1 << LWI_UNDEFINED | 1 << LWI_STR | 1 << LWI_LIST | 1 << LWI_TUPLE | 1 << LWI_DICT |
               1 << LWI_LOOP
};
static const struct {
    const char *name;
    int kinds;
} kinds[] = {{"defined", DEFINED},       {"undefined", 1 << LWI_UNDEFINED},
             {"none", 1 << LWI_NONE},    {"boolean", 1 << LWI_BOOL},
             {"integer", 1 << LWI_INT},  {"float", 1 << LWI_FLOAT},
             {"number", NUMBER},         {"string", 1 << LWI_STR},
             {"mapping", 1 << LWI_DICT}, {"iterable", ITERABLE},
             {"callable", CALLABLE},     {NULL, 0}};

TEST(is_true) {
    UNUSED;
    *truth = v.kind == LWI_BOOL && v.truth;
    return LW_OK;
}

TEST(is_false) {
    UNUSED;
    *truth = v.kind == LWI_BOOL && !v.truth;
    return LW_OK;
}

TEST(sequence) {
    UNUSED;
    *truth = v.kind == LWI_STR || v.kind == LWI_DICT || v.kind == LWI_UNDEFINED ||
             (lwi_is_list(v) && v.list->form < LWI_VIEW);
    return LW_OK;
}

TEST(escaped) {
    UNUSED;
    *truth = v.kind == LWI_STR && v.safe;
    return LW_OK;
}

static lw_status remainder_is(lwi_jinja *run, lwi_val v, lwi_val by, int64_t wanted, bool *truth) {
    lwi_val rest;
    LW_TRY(lwi_binary(run, '%', v, by, &rest));
    return lwi_equal(run, rest, lwi_int(wanted), truth);
}

TEST(odd) {
    UNUSED;
    return remainder_is(run, v, lwi_int(2), 1, truth);
}

TEST(even) {
    UNUSED;
    return remainder_is(run, v, lwi_int(2), 0, truth);
}

static lw_status one_case(lwi_jinja *run, lwi_val v, const char *method, bool *truth) {
    lwi_val answer;
    LW_TRY(lwi_to_text(run, v, &v));
    const lwi_function *function = lwi_find_function(lwi_str_methods, method, strlen(method));
    LW_TRY(lwi_call_function(run, function, v, &(lwi_args){.named = {0}}, &answer));
    return lwi_truth(run, answer, truth);
}

TEST(is_lower) {
    UNUSED;
    return one_case(run, v, "islower", truth);
}

TEST(is_upper) {
    UNUSED;
    return one_case(run, v, "isupper", truth);
}

TEST(is_filter) {
    UNUSED;
    *truth = v.kind == LWI_STR && lwi_find_filter(v.text, v.size);
    return LW_OK;
}

/* --------------------------------------------------------- with an argument */

#define OTHER args->positional.items[0]

TEST(divisible) {
    UNUSED;
    return remainder_is(run, v, OTHER, 0, truth);
}

TEST(equal) {
    UNUSED;
    return lwi_equal(run, v, OTHER, truth);
}

TEST(not_equal) {
    UNUSED;
    LW_TRY(lwi_equal(run, v, OTHER, truth));
    *truth = !*truth;
    return LW_OK;
}

TEST(inside) {
    UNUSED;
    return lwi_contains(run, OTHER, v, truth);
}

TEST(same) {
    UNUSED;
    const lwi_val other = OTHER;
    *truth = v.kind == other.kind;
    if (*truth && v.kind >= LWI_LIST) *truth = v.dict == other.dict;
    else if (*truth) return lwi_equal(run, v, other, truth);
    return LW_OK;
}

static lw_status ordered(lwi_jinja *run, lwi_val v, const lwi_args *args, int sign, bool or_equal,
                         bool *truth) {
    int order;
    LW_TRY(lwi_order(run, v, OTHER, &order));
    *truth = order == sign || (or_equal && order == 0);
    return LW_OK;
}

TEST(less) {
    UNUSED;
    return ordered(run, v, args, -1, false, truth);
}

TEST(at_most) {
    UNUSED;
    return ordered(run, v, args, -1, true, truth);
}

TEST(greater) {
    UNUSED;
    return ordered(run, v, args, 1, false, truth);
}

TEST(at_least) {
    UNUSED;
    return ordered(run, v, args, 1, true, truth);
}

static const struct {
    const char *name;
    size_t arguments;
    lw_status (*run)(lwi_jinja *run, lwi_val v, const lwi_args *args, bool *truth);
} tests[] = {{"true", 0, is_true},      {"false", 0, is_false},
             {"sequence", 0, sequence}, {"escaped", 0, escaped},
             {"odd", 0, odd},           {"even", 0, even},
             {"lower", 0, is_lower},    {"upper", 0, is_upper},
             {"filter", 0, is_filter},  {"divisibleby", 1, divisible},
             {"in", 1, inside},         {"sameas", 1, same},
             {"eq", 1, equal},          {"equalto", 1, equal},
             {"==", 1, equal},          {"ne", 1, not_equal},
             {"!=", 1, not_equal},      {"lt", 1, less},
             {"lessthan", 1, less},     {"<", 1, less},
             {"le", 1, at_most},        {"<=", 1, at_most},
             {"gt", 1, greater},        {"greaterthan", 1, greater},
             {">", 1, greater},         {"ge", 1, at_least},
             {">=", 1, at_least},       {NULL, 0, NULL}};

static bool named(const char *name, const char *text, size_t size) {
    return strlen(name) == size && !memcmp(name, text, size);
}

lw_status lwi_run_test(lwi_jinja *run, const char *name, size_t size, lwi_val v,
                       const lwi_args *args, bool *truth) {
    const size_t given = args->positional.count + args->named.count;
    for (size_t i = 0; kinds[i].name; i++) {
        if (!named(kinds[i].name, name, size)) continue;
        if (given) return LWI_WRONG("the test %s takes no argument", kinds[i].name);
        *truth = (kinds[i].kinds >> v.kind & 1) != 0;
        return LW_OK;
    }
    for (size_t i = 0; tests[i].name; i++) {
        if (!named(tests[i].name, name, size)) continue;
        if (given != tests[i].arguments || given != args->positional.count)
            return LWI_WRONG("the test %s takes %zu arguments", tests[i].name, tests[i].arguments);
        return tests[i].run(run, v, args, truth);
    }
    return LWI_WRONG("No test named '%.*s'", (int)(size < 100 ? size : 100), name);
}
