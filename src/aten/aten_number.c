/* SPDX-License-Identifier: MIT
 * Arithmetic of a program's numbers, as Python has it. */
#include "aten/rows.h"

#include <math.h>
#include <string.h>

typedef enum number_op {
    ADD,
    SUB,
    MUL,
    TRUEDIV,
    FLOORDIV,
    MOD,
    POW,
    NEG,
    MIN,
    MAX,
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE,
    AND,
    OR,
    NOT,
    N_OPS
} number_op;

static const struct {
    const char *name, *onnx;
} ops[N_OPS] = {
    [ADD] = {"add", "Add"},          [SUB] = {"sub", "Sub"},          [MUL] = {"mul", "Mul"},
    [TRUEDIV] = {"truediv", "Div"},  [FLOORDIV] = {"floordiv", NULL}, [MOD] = {"mod", "Mod"},
    [POW] = {"pow", "Pow"},          [NEG] = {"neg", "Neg"},          [MIN] = {"min", "Min"},
    [MAX] = {"max", "Max"},          [EQ] = {"eq", "Equal"},          [NE] = {"ne", NULL},
    [LT] = {"lt", "Less"},           [LE] = {"le", "LessOrEqual"},    [GT] = {"gt", "Greater"},
    [GE] = {"ge", "GreaterOrEqual"}, [AND] = {"and", "And"},          [OR] = {"or", "Or"},
    [NOT] = {"not", "Not"},
};

static number_op find_op(const char *name) {
    int i = 0;
    while (i < N_OPS && strcmp(ops[i].name, name) != 0)
        i++;
    return (number_op)i;
}

/* ------------------------------------------------------------- known numbers */

static double as_double(const lwi_aten_value *v) {
    return v->kind == LWI_ATEN_FLOAT ? v->f : v->kind == LWI_ATEN_BOOL ? v->b : (double)v->i;
}

static int64_t as_int(const lwi_aten_value *v) { return v->kind == LWI_ATEN_BOOL ? v->b : v->i; }

static lwi_aten_value of_doubles(number_op op, double x, double y) {
    switch (op) {
    case ADD:
        return lwi_aten_float(x + y);
    case SUB:
        return lwi_aten_float(x - y);
    case MUL:
        return lwi_aten_float(x * y);
    case TRUEDIV:
        return lwi_aten_float(x / y);
    case FLOORDIV:
        return lwi_aten_float(floor(x / y));
    case MOD:
        return lwi_aten_float(x - y * floor(x / y));
    case POW:
        return lwi_aten_float(pow(x, y));
    case NEG:
        return lwi_aten_float(-x);
    case MIN:
        return lwi_aten_float(y < x ? y : x);
    case MAX:
        return lwi_aten_float(y > x ? y : x);
    case EQ:
        return lwi_aten_bool(x == y);
    case NE:
        return lwi_aten_bool(x != y);
    case LT:
        return lwi_aten_bool(x < y);
    case LE:
        return lwi_aten_bool(x <= y);
    case GT:
        return lwi_aten_bool(x > y);
    case GE:
        return lwi_aten_bool(x >= y);
    case AND:
        return lwi_aten_bool(x != 0 && y != 0);
    case OR:
        return lwi_aten_bool(x != 0 || y != 0);
    default:
        return lwi_aten_bool(x == 0);
    }
}

/* false: it does not fit, or is not an integer. */
static bool of_ints(number_op op, int64_t x, int64_t y, int64_t *z) {
    if (op == ADD) return !__builtin_add_overflow(x, y, z);
    if (op == SUB) return !__builtin_sub_overflow(x, y, z);
    if (op == MUL) return !__builtin_mul_overflow(x, y, z);
    if (op == NEG) return !__builtin_sub_overflow(INT64_C(0), x, z);
    if (op == MIN || op == MAX) {
        *z = (op == MIN) == (x < y) ? x : y;
        return true;
    }
    if ((op != FLOORDIV && op != MOD) || y == 0 || (x == INT64_MIN && y == -1)) return false;
    const int64_t down = x % y != 0 && (x < 0) != (y < 0);
    *z = op == FLOORDIV ? x / y - down : x % y + (down ? y : 0);
    return true;
}

static bool is_exact_power(number_op op, const lwi_aten_value *x, const lwi_aten_value *y,
                           lwi_aten_value *z) {
    if (op != POW || x->kind == LWI_ATEN_FLOAT || y->kind == LWI_ATEN_FLOAT || as_int(y) < 0)
        return false;
    const double power = pow(as_double(x), as_double(y));
    if (fabs(power) < 9e15) *z = lwi_aten_int((int64_t)power);
    return fabs(power) < 9e15;
}

static lwi_aten_value known(lwi_aten *a, number_op op, const lwi_aten_value *x,
                            const lwi_aten_value *y) {
    const bool floats = x->kind == LWI_ATEN_FLOAT || y->kind == LWI_ATEN_FLOAT;
    lwi_aten_value power;
    int64_t z = 0;
    if (op >= EQ && !floats && op < AND) { /* exactly */
        const int64_t p = as_int(x), q = as_int(y);
        const int order = (p > q) - (p < q);
        return of_doubles(op, order, 0);
    }
    if (floats || op == TRUEDIV || op >= EQ) return of_doubles(op, as_double(x), as_double(y));
    if (is_exact_power(op, x, y, &power)) return power;
    if (op == POW) return of_doubles(op, as_double(x), as_double(y));
    if (!of_ints(op, as_int(x), as_int(y), &z))
        lwi_aten_fail(a, LW_RANGE, "%s of %lld and %lld is no integer that fits", ops[op].name,
                      (long long)as_int(x), (long long)as_int(y));
    return lwi_aten_int(z);
}

/* -------------------------------------------------------------------- nodes */

static lw_dtype operand_type(number_op op, const lwi_aten_value *x, const lwi_aten_value *y) {
    if (op == AND || op == OR || op == NOT) return LW_BOOL;
    const bool floats = x->kind == LWI_ATEN_FLOAT || y->kind == LWI_ATEN_FLOAT;
    return floats || op == TRUEDIV ? LW_FLOAT64 : LW_INT64;
}

static int floor_division(lwi_aten *a, int x, int y, lw_dtype dtype) {
    if (dtype == LW_FLOAT64) return NODE(a, "Floor", NODE(a, "Div", x, y));
    return NODE(a, "Div", NODE(a, "Sub", x, NODE(a, "Mod", x, y)), y);
}

static int float_mod(lwi_aten *a, int x, int y) {
    return NODE(a, "Sub", x, NODE(a, "Mul", y, floor_division(a, x, y, LW_FLOAT64)));
}

lwi_aten_value lwi_aten_number(lwi_aten *a, const char *name, const lwi_aten_value *x,
                               const lwi_aten_value *y) {
    const number_op op = find_op(name);
    const lwi_aten_value nothing = lwi_aten_int(0);
    if (!y || y->kind == LWI_ATEN_NONE) y = &nothing;
    if (op == N_OPS) lwi_aten_fail(a, LW_UNSUPPORTED, "arithmetic '%s' is not supported", name);
    if (a->b.status != LW_OK) return nothing;
    if (x->id < 0 && y->id < 0 && x->kind != LWI_ATEN_TENSOR && y->kind != LWI_ATEN_TENSOR)
        return known(a, op, x, y);
    const lw_dtype dtype = operand_type(op, x, y);
    const int p = lwi_aten_scalar(a, x, dtype), q = lwi_aten_scalar(a, y, dtype);
    int z = -1;
    if (op == FLOORDIV) z = floor_division(a, p, q, dtype);
    else if (op == MOD && dtype == LW_FLOAT64) z = float_mod(a, p, q);
    else if (op == NE) z = NODE(a, "Not", NODE(a, "Equal", p, q));
    else if (op == NEG || op == NOT) z = NODE(a, ops[op].onnx, p);
    else z = NODE(a, ops[op].onnx, p, q);
    return lwi_aten_number_of(a, z);
}
