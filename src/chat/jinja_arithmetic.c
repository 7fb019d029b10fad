/* SPDX-License-Identifier: MIT
 * Arithmetic as in Python, with integers of 64 bits. */
#include "base/checked.h"
#include "chat/jinja_nodes.h"

#include <math.h>

static lw_status too_large(void) {
    return lwi_fail(LW_RANGE, "an integer of the template does not fit in 64 bits");
}

static lw_status no_operator(lwi_val a, lwi_val b) {
    if (a.kind == LWI_UNDEFINED || b.kind == LWI_UNDEFINED) {
        const lwi_val v = a.kind == LWI_UNDEFINED ? a : b;
        return LWI_WRONG("'%s' is undefined", v.text ? v.text : "a value");
    }
    return LWI_WRONG("unsupported operand types: '%s' and '%s'", lwi_type_name(a),
                     lwi_type_name(b));
}

/* Rounded down. */
static int64_t floor_divide(int64_t a, int64_t b) {
    const int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static lw_status whole_power(int64_t base, int64_t exponent, lwi_val *result) {
    int64_t power = 1;
    if (exponent < 0) {
        if (base == 0) return LWI_WRONG("0 cannot be raised to a negative power");
        *result = lwi_float(pow((double)base, (double)exponent));
        return LW_OK;
    }
    if (base == 0 || base == 1) exponent = exponent ? 1 : 0;
    if (base == -1) exponent = exponent % 2 ? 1 : 2;
    for (; exponent > 0; exponent--)
        if (!lwi_mul_i64(power, base, &power)) return too_large();
    *result = lwi_int(power);
    return LW_OK;
}

static lw_status whole(int op, int64_t a, int64_t b, lwi_val *result) {
    int64_t n = 0;
    bool fits = true;
    const bool divides = op == '/' || op == '%' || op == LWI_OP2('/', '/');
    if (divides && b == 0) return LWI_WRONG("division by zero");
    switch (op) {
    case '+':
        fits = lwi_add_i64(a, b, &n);
        break;
    case '-':
        fits = !__builtin_sub_overflow(a, b, &n);
        break;
    case '*':
        fits = lwi_mul_i64(a, b, &n);
        break;
    case '/':
        *result = lwi_float((double)a / (double)b);
        return LW_OK;
    case '%':
        n = b == -1 ? 0 : a - b * floor_divide(a, b);
        break;
    case LWI_OP2('*', '*'):
        return whole_power(a, b, result);
    default:
        fits = !(a == INT64_MIN && b == -1);
        if (fits) n = floor_divide(a, b);
    }
    if (!fits) return too_large();
    *result = lwi_int(n);
    return LW_OK;
}

static lw_status real(int op, double a, double b, lwi_val *result) {
    const bool divides = op == '/' || op == '%' || op == LWI_OP2('/', '/');
    if (divides && b == 0) return LWI_WRONG("float division by zero");
    double x;
    switch (op) {
    case '+':
        x = a + b;
        break;
    case '-':
        x = a - b;
        break;
    case '*':
        x = a * b;
        break;
    case '/':
        x = a / b;
        break;
    case '%':
        x = fmod(a, b);
        if (x != 0 && (x < 0) != (b < 0)) x += b;
        break;
    case LWI_OP2('*', '*'):
        x = pow(a, b);
        if (isfinite(a) && isfinite(b) && !isfinite(x)) return LWI_WRONG("a power out of range");
        break;
    default:
        x = floor(a / b);
    }
    *result = lwi_float(x);
    return LW_OK;
}

static lw_status join_lists(lwi_jinja *run, lwi_val a, lwi_val b, lwi_val *result) {
    LW_TRY(lwi_new_list(run, a.kind, LWI_PLAIN, result));
    for (size_t i = 0; i < a.list->count; i++)
        LW_TRY(lwi_append(run, result->list, a.list->items[i]));
    for (size_t i = 0; i < b.list->count; i++)
        LW_TRY(lwi_append(run, result->list, b.list->items[i]));
    return LW_OK;
}

static lw_status repeat(lwi_jinja *run, lwi_val what, int64_t times, lwi_val *result) {
    lwi_text out = {.run = run};
    if (what.kind == LWI_STR) {
        for (int64_t i = 0; i < times && what.size; i++) {
            LW_TRY(lwi_step(run, 1));
            LW_TRY(lwi_put(&out, what.text, what.size));
        }
        *result = lwi_text_value(&out);
        result->safe = what.safe;
        return LW_OK;
    }
    LW_TRY(lwi_new_list(run, what.kind, LWI_PLAIN, result));
    for (int64_t i = 0; i < times && what.list->count; i++)
        for (size_t k = 0; k < what.list->count; k++)
            LW_TRY(lwi_append(run, result->list, what.list->items[k]));
    return LW_OK;
}

static bool is_sequence(lwi_val v) {
    return v.kind == LWI_STR || (lwi_is_list(v) && v.list->form == LWI_PLAIN);
}

lw_status lwi_binary(lwi_jinja *run, int op, lwi_val a, lwi_val b, lwi_val *result) {
    if (lwi_is_whole(a) && lwi_is_whole(b)) return whole(op, lwi_whole(a), lwi_whole(b), result);
    if (lwi_is_number(a) && lwi_is_number(b)) return real(op, lwi_number(a), lwi_number(b), result);
    if (op == '%' && a.kind == LWI_STR) return lwi_percent(run, a, b, result);
    if (op == '+' && a.kind == LWI_STR && b.kind == LWI_STR)
        return lwi_add_texts(run, a, b, result);
    if (op == '+' && is_sequence(a) && a.kind == b.kind && is_sequence(b))
        return join_lists(run, a, b, result);
    if (op == '*' && is_sequence(a) && lwi_is_whole(b)) return repeat(run, a, lwi_whole(b), result);
    if (op == '*' && is_sequence(b) && lwi_is_whole(a)) return repeat(run, b, lwi_whole(a), result);
    return no_operator(a, b);
}
