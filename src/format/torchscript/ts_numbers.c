/* SPDX-License-Identifier: MIT
 * Arithmetic, comparison and conversion of the program's numbers. What has a tensor among its
 * arguments is left to the operators of src/aten. */
#include "format/torchscript/ts_interp.h"

#include "aten/lower.h"

#include <math.h>
#include <string.h>

static bool all_numbers(const lwi_ts_call *call) {
    for (size_t i = 0; i < call->n; i++)
        if (!lwi_ts_is_number(&call->args[i]) || (call->keywords && call->keywords[i]))
            return false;
    return call->n > 0;
}

static lw_status finish(lwi_ts_interp *in, lwi_aten_value v, lwi_ts_value *result, bool *done) {
    *result = lwi_ts_plain(v);
    *done = true;
    return in->aten->b.status;
}

static const char *number_name(const char *name) {
    static const char *const pairs[][2] = {{"add", "add"},
                                           {"sub", "sub"},
                                           {"mul", "mul"},
                                           {"div", "truediv"},
                                           {"true_divide", "truediv"},
                                           {"floordiv", "floordiv"},
                                           {"floor_divide", "floordiv"},
                                           {"remainder", "mod"},
                                           {"pow", "pow"},
                                           {"eq", "eq"},
                                           {"ne", "ne"},
                                           {"lt", "lt"},
                                           {"le", "le"},
                                           {"gt", "gt"},
                                           {"ge", "ge"},
                                           {"prim::min", "min"},
                                           {"prim::max", "max"},
                                           {"__and__", "and"},
                                           {"__or__", "or"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!strcmp(name, pairs[i][0])) return pairs[i][1];
    return NULL;
}

/* Whole lists are equal if their items are. */
static bool same_lists(const lwi_ts_object *x, const lwi_ts_object *y, bool *known) {
    bool same = x->n == y->n;
    for (size_t i = 0; i < x->n && same; i++) {
        const lwi_ts_object *p = lwi_ts_sequence(&x->items[i]), *q = lwi_ts_sequence(&y->items[i]);
        if (p && q) same = same_lists(p, q, known);
        else if (lwi_ts_equal(&x->items[i], &y->items[i])) continue;
        else {
            *known &= lwi_ts_is_known(&x->items[i]) && lwi_ts_is_known(&y->items[i]);
            same = !*known;
        }
    }
    return same;
}

/* Two lists of sizes, some of which are not known: every pair is compared in the graph. */
static lw_status compare_items(lwi_ts_interp *in, const lwi_ts_object *x, const lwi_ts_object *y,
                               lwi_aten_value *all) {
    *all = lwi_aten_bool(true);
    for (size_t i = 0; i < x->n; i++) {
        if (!lwi_ts_is_number(&x->items[i]) || !lwi_ts_is_number(&y->items[i]))
            return lwi_fail(LW_UNSUPPORTED, "whether lists are equal depends on data");
        const lwi_aten_value same =
            lwi_aten_number(in->aten, "eq", &x->items[i].plain, &y->items[i].plain);
        *all = lwi_aten_number(in->aten, "and", all, &same);
    }
    return in->aten->b.status;
}

static lw_status compare_lists(lwi_ts_interp *in, const lwi_ts_object *x, const lwi_ts_object *y,
                               bool equal, lwi_ts_value *result, bool *done) {
    bool known = true;
    const bool same = same_lists(x, y, &known);
    lwi_aten_value all = lwi_aten_bool(same);
    if (!known) LW_TRY(compare_items(in, x, y, &all));
    return finish(in, equal ? all : lwi_aten_number(in->aten, "not", &all, NULL), result, done);
}

/* Of two strings: their order, as memcmp's. */
static int text_order(const lwi_ts_value *x, const lwi_ts_value *y) {
    const lw_string s = x->plain.s, t = y->plain.s;
    const int order = memcmp(s.data, t.data, s.size < t.size ? s.size : t.size);
    return order ? order : (s.size > t.size) - (s.size < t.size);
}

static lw_status compare_texts(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                               bool *done) {
    const lwi_aten_value order = lwi_aten_int(text_order(&call->args[0], &call->args[1]));
    const lwi_aten_value zero = lwi_aten_int(0);
    return finish(in, lwi_aten_number(in->aten, number_name(call->name), &order, &zero), result,
                  done);
}

/* x + y and x * n of lists, tuples and strings. */
static lw_status join(lwi_ts_interp *in, const lwi_ts_value *x, const lwi_ts_value *y,
                      lwi_ts_value *result) {
    lwi_ts_object *list = NULL;
    const lwi_ts_object *parts[2] = {lwi_ts_sequence(x), lwi_ts_sequence(y)};
    LW_TRY(lwi_ts_new_object(in, parts[0]->kind, &list));
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < parts[p]->n; i++)
            LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &parts[p]->items[i]));
    *result = lwi_ts_of(list);
    return LW_OK;
}

static lw_status join_texts(lwi_ts_interp *in, const lw_string x, const lw_string y,
                            lwi_ts_value *result) {
    char *text = NULL;
    if (x.size + y.size > LWI_TS_LONGEST_TEXT) return lwi_fail(LW_LIMIT, "a text is too long");
    LW_TRY(lwi_arena_alloc(&in->aten->b.network->arena, x.size + y.size + 1, 1, &text));
    memcpy(text, x.data, x.size);
    memcpy(text + x.size, y.data, y.size);
    *result = lwi_ts_plain(lwi_aten_string((lw_string){text, x.size + y.size}));
    return LW_OK;
}

static lw_status repeat(lwi_ts_interp *in, const lwi_ts_object *x, int64_t n,
                        lwi_ts_value *result) {
    lwi_ts_object *list = NULL;
    LW_TRY(lwi_ts_new_object(in, x->kind, &list));
    for (int64_t k = 0; k < n && x->n; k++)
        for (size_t i = 0; i < x->n; i++)
            LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &x->items[i]));
    *result = lwi_ts_of(list);
    return LW_OK;
}

static bool is_name(const lwi_ts_call *call, const char *name) {
    return strcmp(call->name, name) == 0 || (strncmp(call->name, name, strlen(name)) == 0 &&
                                             !strcmp(call->name + strlen(name), "_"));
}

static lw_status of_containers(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                               bool *done) {
    const lwi_ts_value *x = &call->args[0], *y = &call->args[1];
    const lwi_ts_object *p = lwi_ts_sequence(x), *q = lwi_ts_sequence(y);
    int64_t n = 0;
    const bool texts = lwi_ts_is_plain(x, LWI_ATEN_STRING) && lwi_ts_is_plain(y, LWI_ATEN_STRING);
    const bool eq = is_name(call, "eq"), ne = is_name(call, "ne");
    if (texts && number_name(call->name) && !is_name(call, "add"))
        return compare_texts(in, call, result, done);
    if (p && q && (eq || ne)) return compare_lists(in, p, q, eq, result, done);
    *done = true;
    if (p && q && strcmp(call->name, "add_") == 0) return lwi_ts_do_extend(in, call, result, done);
    if (p && q && is_name(call, "add")) return join(in, x, y, result);
    if (texts && is_name(call, "add")) return join_texts(in, x->plain.s, y->plain.s, result);
    if (p && is_name(call, "mul") && lwi_ts_known_int(y, &n)) return repeat(in, p, n, result);
    if (q && is_name(call, "mul") && lwi_ts_known_int(x, &n)) return repeat(in, q, n, result);
    *done = false;
    return LW_OK;
}

static lw_status bits(const lwi_ts_call *call, lwi_ts_value *result, bool *done) {
    int64_t x = 0, y = 0;
    if (!lwi_ts_known_int(&call->args[0], &x) || !lwi_ts_known_int(&call->args[1], &y))
        return LW_OK;
    const char *name = call->name;
    const bool fits = y >= 0 && y < 63;
    if (!strcmp(name, "__and__")) x &= y;
    else if (!strcmp(name, "__or__")) x |= y;
    else if (!strcmp(name, "__xor__")) x ^= y;
    else if (!strcmp(name, "__rshift__") && fits) x >>= y;
    else if (!strcmp(name, "__lshift__") && fits) x = (int64_t)((uint64_t)x << y);
    else return LW_OK;
    return lwi_ts_done(result, lwi_aten_int(x), done);
}

lw_status lwi_ts_do_binary(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    const char *name = number_name(call->name);
    if (call->n != 2) return LW_OK;
    if (!all_numbers(call)) return of_containers(in, call, result, done);
    const bool bools = lwi_ts_is_plain(&call->args[0], LWI_ATEN_BOOL) &&
                       lwi_ts_is_plain(&call->args[1], LWI_ATEN_BOOL);
    if (bools && !strcmp(call->name, "__xor__")) name = "ne";
    else if (!bools && call->name[0] == '_') return bits(call, result, done);
    if (!name) return LW_OK;
    return finish(in, lwi_aten_number(in->aten, name, &call->args[0].plain, &call->args[1].plain),
                  result, done);
}

/* min(list), max(list) of the program's numbers; min(x, y). */
lw_status lwi_ts_do_least(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    const lwi_ts_object *list = call->n == 1 ? lwi_ts_sequence(&call->args[0]) : NULL;
    if (!list) return lwi_ts_do_binary(in, call, result, done);
    if (list->n == 0) return lwi_fail(LW_INVALID, "%s of an empty list", call->name);
    lwi_aten_value most = list->items[0].plain;
    for (size_t i = 0; i < list->n; i++) {
        if (!lwi_ts_is_number(&list->items[i])) return LW_OK;
        most = lwi_aten_number(in->aten, number_name(call->name), &most, &list->items[i].plain);
    }
    return finish(in, most, result, done);
}

/* sum(list), any(list), all(list) */
lw_status lwi_ts_do_total(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    const lwi_ts_object *list = call->n == 1 ? lwi_ts_sequence(&call->args[0]) : NULL;
    const bool sum = !strcmp(call->name, "sum"), any = !strcmp(call->name, "any");
    lwi_aten_value total = sum ? lwi_aten_int(0) : lwi_aten_bool(!any);
    if (!list) return LW_OK;
    for (size_t i = 0; i < list->n; i++) {
        if (!lwi_ts_is_number(&list->items[i])) return LW_OK;
        total = lwi_aten_number(in->aten,
                                sum   ? "add"
                                : any ? "or"
                                      : "and",
                                &total, &list->items[i].plain);
    }
    return finish(in, total, result, done);
}

/* --------------------------------------------------------------- conversion */

static lwi_aten_value cast_number(lwi_aten *a, const lwi_aten_value *v, lw_dtype dtype) {
    const lwi_aten_value zero = lwi_aten_int(0);
    if (v->id < 0 && dtype == LW_BOOL) return lwi_aten_bool(lwi_aten_get_bool(a, v));
    if (v->id < 0 && dtype == LW_FLOAT64) return lwi_aten_float(lwi_aten_get_float(a, v));
    if (v->id < 0) return lwi_aten_int(lwi_aten_get_int(a, v));
    if (dtype == LW_BOOL) return v->kind == LWI_ATEN_BOOL ? *v : lwi_aten_number(a, "ne", v, &zero);
    return lwi_aten_number_of(a, lwi_aten_cast(a, lwi_aten_id(a, v), dtype));
}

static bool read_float(const lw_value *v, double *d) {
    float f = 0;
    if (!v || v->count != 1 || !v->data) return false;
    if (v->dtype == LW_FLOAT64) memcpy(d, v->data, sizeof *d);
    else if (v->dtype == LW_FLOAT32) memcpy(&f, v->data, sizeof f), *d = (double)f;
    return v->dtype == LW_FLOAT64 || v->dtype == LW_FLOAT32;
}

/* The one element of a tensor that is a constant, or is computed from constants and fixed sizes. */
static bool known_item(lwi_aten *a, int id, lwi_aten_value *v) {
    double first = 0, other = 0;
    (void)lwi_aten_rank(a, id); /* finds the types of all nodes */
    if (a->b.status != LW_OK || id < 0) return false;
    const lw_value *constant = a->b.graph->slots[id].constant;
    if (!read_float(constant ? constant : lwi_probed(&a->scope->probes[0], id), &first))
        return false;
    for (int r = 1; r < LWI_ATEN_ROUNDS && !constant; r++)
        if (!read_float(lwi_probed(&a->scope->probes[r], id), &other) || other != first)
            return false;
    *v = lwi_aten_float(first);
    return true;
}

lw_status lwi_ts_do_item(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                         bool *done) {
    lwi_aten_value v;
    if (call->n != 1 || call->args[0].kind != LWI_TS_PLAIN) return LW_OK;
    v = call->args[0].plain;
    if (v.kind == LWI_ATEN_TENSOR) {
        const int id = lwi_aten_id(in->aten, &v);
        if (!known_item(in->aten, id, &v)) v = lwi_aten_number_of(in->aten, id);
    }
    return finish(in, v, result, done);
}

/* int(x), float(x), bool(x) of numbers, tensors and strings. */
static lw_status convert(lwi_ts_interp *in, const lwi_ts_call *call, lw_dtype dtype,
                         lwi_ts_value *result, bool *done) {
    lwi_ts_value v = call->n == 1 ? call->args[0] : lwi_ts_none();
    if (lwi_ts_is_plain(&v, LWI_ATEN_STRING) && dtype == LW_FLOAT64) {
        const bool minus = lwi_ts_text_is(&v, "-inf");
        if (minus || lwi_ts_text_is(&v, "inf") || lwi_ts_text_is(&v, "nan")) {
            const double value = lwi_ts_text_is(&v, "nan") ? (double)NAN : (double)INFINITY;
            return finish(in, lwi_aten_float(minus ? -value : value), result, done);
        }
    }
    if (!lwi_ts_is_number(&v) && !lwi_ts_is_tensor(&v))
        return lwi_fail(LW_UNSUPPORTED, "%s is no number", lwi_ts_kind_name(&v));
    LW_TRY(lwi_ts_do_item(in, &(lwi_ts_call){"item", &v, NULL, 1}, &v, done));
    return finish(in, cast_number(in->aten, &v.plain, dtype), result, done);
}

lw_status lwi_ts_do_to_int(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    return convert(in, call, LW_INT64, result, done);
}
lw_status lwi_ts_do_to_float(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    return convert(in, call, LW_FLOAT64, result, done);
}
lw_status lwi_ts_do_to_bool(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                            bool *done) {
    return convert(in, call, LW_BOOL, result, done);
}

/* -------------------------------------------------------------------- unary */

static lw_status of_truth(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    lwi_ts_value b;
    LW_TRY(convert(in, call, LW_BOOL, &b, done));
    return finish(in, lwi_aten_number(in->aten, "not", &b.plain, NULL), result, done);
}

lw_status lwi_ts_do_not(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                        bool *done) {
    return call->n == 1 && lwi_ts_is_number(&call->args[0]) ? of_truth(in, call, result, done)
                                                            : LW_OK;
}

lw_status lwi_ts_do_negative(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    if (call->n != 1 || !all_numbers(call)) return LW_OK;
    return finish(in, lwi_aten_number(in->aten, "neg", &call->args[0].plain, NULL), result, done);
}

static const struct {
    const char *name, *onnx;
    double (*of)(double);
    bool whole; /* an int comes out */
} functions[] = {
    {"ceil", "Ceil", ceil, true}, {"floor", "Floor", floor, true}, {"round", "Round", rint, false},
    {"trunc", NULL, trunc, true}, {"sqrt", "Sqrt", sqrt, false},   {"exp", "Exp", exp, false},
    {"log", "Log", log, false},   {"log2", NULL, log2, false},     {"log10", NULL, log10, false},
    {"sin", "Sin", sin, false},   {"cos", "Cos", cos, false},      {"tan", "Tan", tan, false},
    {"fabs", "Abs", fabs, false}, {"tanh", "Tanh", tanh, false},   {"atan", "Atan", atan, false}};

lw_status lwi_ts_do_function(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    lwi_aten *a = in->aten;
    size_t k = 0;
    while (k < sizeof functions / sizeof *functions && strcmp(functions[k].name, call->name) != 0)
        k++;
    if (call->n != 1 || !all_numbers(call) || k == sizeof functions / sizeof *functions)
        return LW_OK;
    const lwi_aten_value *v = &call->args[0].plain;
    lwi_aten_value out = *v;
    if (v->id < 0 && v->kind == LWI_ATEN_FLOAT && !(fabs(v->f) < 9e18) && functions[k].whole)
        return lwi_fail(LW_RANGE, "%s of %g is no integer", call->name, v->f);
    if (v->id < 0) out = lwi_aten_float(functions[k].of(lwi_aten_get_float(a, v)));
    else if (!functions[k].onnx)
        return lwi_fail(LW_UNSUPPORTED, "%s of a number that depends on data", call->name);
    else out = lwi_aten_number_of(a, NODE(a, functions[k].onnx, lwi_aten_scalar(a, v, LW_FLOAT64)));
    return finish(in, functions[k].whole ? cast_number(a, &out, LW_INT64) : out, result, done);
}

/* abs(x) */
lw_status lwi_ts_do_absolute(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    if (call->n != 1 || !all_numbers(call)) return LW_OK;
    const lwi_aten_value *x = &call->args[0].plain;
    const lwi_aten_value minus = lwi_aten_number(in->aten, "neg", x, NULL);
    return finish(in, lwi_aten_number(in->aten, "max", x, &minus), result, done);
}

/* isnan, isinf, isfinite of the program's numbers */
lw_status lwi_ts_do_is_special(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                               bool *done) {
    if (call->n != 1 || !all_numbers(call) || call->args[0].plain.id >= 0) return LW_OK;
    const double x = lwi_aten_get_float(in->aten, &call->args[0].plain);
    const bool is = !strcmp(call->name, "isnan")   ? isnan(x)
                    : !strcmp(call->name, "isinf") ? isinf(x)
                                                   : isfinite(x);
    return finish(in, lwi_aten_bool(is), result, done);
}

/* x is y, x is not y: None is known where it is; enumerations and flags too. */
lw_status lwi_ts_do_is(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                       bool *done) {
    (void)in;
    if (call->n != 2) return LW_OK;
    const bool same = lwi_ts_equal(&call->args[0], &call->args[1]);
    return lwi_ts_done(result, lwi_aten_bool(same == !strcmp(call->name, "__is__")), done);
}
