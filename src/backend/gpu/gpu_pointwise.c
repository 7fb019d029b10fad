/* SPDX-License-Identifier: MIT
 * Element by element: lampwick.Pointwise, and single operators as programs of few steps, on floats
 * of any width, or as one step on integers or doubles. */
#include "backend/gpu/gpu_codes.h"
#include "backend/gpu/gpu_program.h"

#include <string.h>

/* Those of integer_step and double_step in kernels/pointwise.k. */
typedef enum integer_code {
    INT_NONE = -1,
    INT_COPY,
    INT_ABS,
    INT_NEG,
    INT_SIGN,
    INT_FLIP,
    INT_NOT,
    INT_ADD,
    INT_SUB,
    INT_MUL,
    INT_DIV,
    INT_MOD,
    INT_FMOD,
    INT_MAX_OF,
    INT_MIN_OF,
    INT_AND,
    INT_OR,
    INT_XOR,
    INT_EQUAL,
    INT_LESS,
    INT_LESS_EQUAL,
    INT_GREATER,
    INT_GREATER_EQUAL,
    INT_WHERE,
    INT_CLIP,
    INT_POWER,
    INT_SHIFT_LEFT,
    INT_SHIFT_RIGHT,
    DOUBLE_FLOOR, /* from here on of doubles alone */
    DOUBLE_CEIL,
    DOUBLE_ROUND,
    DOUBLE_SQRT,
    DOUBLE_RECIPROCAL,
    DOUBLE_RELU,
    INT_RELU, /* of integers alone */
    INT_PRELU
} integer_code;

enum { NO_CODE = LWI_POINTWISE_CODES };

typedef struct single {
    const char *op_type;
    int code; /* of a program; NO_CODE: there is none */
    integer_code integers;
    size_t inputs;
    bool swapped;
    const char *attributes[2]; /* floats after the inputs */
    float defaults[2];
} single;

#define CODE(name) LWI_POINTWISE_##name
/* clang-format off */
static const single singles[] = {
    {"Abs", CODE(abs), INT_ABS, 1, false, {NULL}, {0}},
    {"Neg", CODE(neg), INT_NEG, 1, false, {NULL}, {0}},
    {"Sign", CODE(sign), INT_SIGN, 1, false, {NULL}, {0}},
    {"Cast", CODE(copy), INT_COPY, 1, false, {NULL}, {0}},
    {"CastLike", CODE(copy), INT_COPY, 1, false, {NULL}, {0}},
    {"Not", NO_CODE, INT_NOT, 1, false, {NULL}, {0}},
    {"BitwiseNot", NO_CODE, INT_FLIP, 1, false, {NULL}, {0}},
    {"Add", CODE(add), INT_ADD, 2, false, {NULL}, {0}},
    {"Sub", CODE(sub), INT_SUB, 2, false, {NULL}, {0}},
    {"Mul", CODE(mul), INT_MUL, 2, false, {NULL}, {0}},
    {"Div", CODE(div), INT_DIV, 2, false, {NULL}, {0}},
    {"Max", CODE(max), INT_MAX_OF, 2, false, {NULL}, {0}},
    {"Min", CODE(min), INT_MIN_OF, 2, false, {NULL}, {0}},
    {"Mod", NO_CODE, INT_MOD, 2, false, {NULL}, {0}},
    {"Pow", CODE(power), INT_POWER, 2, false, {NULL}, {0}},
    {"And", NO_CODE, INT_AND, 2, false, {NULL}, {0}},
    {"Or", NO_CODE, INT_OR, 2, false, {NULL}, {0}},
    {"Xor", NO_CODE, INT_XOR, 2, false, {NULL}, {0}},
    {"BitwiseAnd", NO_CODE, INT_AND, 2, false, {NULL}, {0}},
    {"BitwiseOr", NO_CODE, INT_OR, 2, false, {NULL}, {0}},
    {"BitwiseXor", NO_CODE, INT_XOR, 2, false, {NULL}, {0}},
    {"Equal", CODE(equal), INT_EQUAL, 2, false, {NULL}, {0}},
    {"Less", CODE(less), INT_LESS, 2, false, {NULL}, {0}},
    {"LessOrEqual", CODE(less_or_equal), INT_LESS_EQUAL, 2, false, {NULL}, {0}},
    {"Greater", CODE(less), INT_GREATER, 2, true, {NULL}, {0}},
    {"GreaterOrEqual", CODE(less_or_equal), INT_GREATER_EQUAL, 2, true, {NULL}, {0}},
    {"Where", CODE(where), INT_WHERE, 3, false, {NULL}, {0}},
    {"Clip", CODE(clip), INT_CLIP, 3, false, {NULL}, {0}},
    {"BitShift", NO_CODE, INT_SHIFT_LEFT, 2, false, {NULL}, {0}},
    {"PRelu", CODE(leaky_relu), INT_PRELU, 2, false, {NULL}, {0}},
#define UNARY(op, name) {#op, CODE(name), INT_NONE, 1, false, {NULL}, {0}},
    UNARY(Ceil, ceil) UNARY(Erf, erf) UNARY(Exp, exp) UNARY(Floor, floor)
    UNARY(HardSwish, hard_swish) UNARY(Log, log) UNARY(Mish, mish) UNARY(Reciprocal, reciprocal)
    UNARY(Round, round) UNARY(Sigmoid, sigmoid) UNARY(Softplus, softplus)
    UNARY(Softsign, softsign) UNARY(Sqrt, sqrt) UNARY(Tanh, tanh)
#undef UNARY
    {"Relu", CODE(relu), INT_RELU, 1, false, {NULL}, {0}},
    {"Celu", CODE(celu), INT_NONE, 1, false, {"alpha"}, {1}},
    {"Elu", CODE(elu), INT_NONE, 1, false, {"alpha"}, {1}},
    {"LeakyRelu", CODE(leaky_relu), INT_NONE, 1, false, {"alpha"}, {0.01f}},
    {"ThresholdedRelu", CODE(thresholded_relu), INT_NONE, 1, false, {"alpha"}, {1}},
    {"Swish", CODE(swish), INT_NONE, 1, false, {"alpha"}, {1}},
    {"HardSigmoid", CODE(hard_sigmoid), INT_NONE, 1, false, {"alpha", "beta"}, {0.2f, 0.5f}},
    {"Selu", CODE(selu), INT_NONE, 1, false, {"alpha", "gamma"},
     {1.67326319217681884765625f, 1.05070102214813232421875f}},
    {"Gelu", CODE(gelu), INT_NONE, 1, false, {NULL}, {0}},
};
/* clang-format on */

/* What the inputs are and what comes out. */
typedef struct kinds {
    bool floats;   /* or truths */
    bool integers; /* or truths */
    bool doubles;  /* one at least is a double */
    bool base;     /* the first is a float */
} kinds;

/* A device without doubles computes nothing of them. */
static bool has_numbers(const lwi_gpu_step *step, const kinds *k) {
    return !k->doubles || lwi_device_has(step->device, "doubles");
}

/* false: one is of a type that kernels do not know. */
static bool find_kinds(const lwi_call *c, size_t n, kinds *k) {
    *k = (kinds){.floats = true, .integers = true};
    if (n < 1 || n > LWI_PROGRAM_INPUTS || !c->out[0] || c->out[0]->rank > 8 ||
        c->out[0]->count >= INT32_MAX)
        return false;
    const lwi_gpu_type to = lwi_gpu_type_of(c->out[0]->dtype);
    k->doubles = to == LWI_GPU_F64;
    for (size_t i = 0; i < n; i++) {
        if (!c->in[i] && i > 0) continue;
        if (!c->in[i] || c->in[i]->kind != LW_KIND_TENSOR) return false;
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (type == LWI_GPU_TYPES) return false;
        if (type != LWI_GPU_BOOL)
            k->floats = k->floats && (lwi_gpu_is_float(type) || type == LWI_GPU_F64);
        k->integers = k->integers && (lwi_gpu_is_integer(type) || type == LWI_GPU_U64);
        k->doubles = k->doubles || type == LWI_GPU_F64;
    }
    const lwi_gpu_type first = lwi_gpu_type_of(c->in[0]->dtype);
    k->base = lwi_gpu_is_float(first) || first == LWI_GPU_F64;
    return to != LWI_GPU_TYPES;
}

/* Inputs and output are float32, and lie alike. */
static bool is_plain(const lwi_program *program, const lwi_call *c) {
    for (size_t k = 0; k < program->n_inputs; k++)
        if (!c->in[k] || c->in[k]->dtype != LW_FLOAT32 || c->in[k]->count != c->out[0]->count)
            return false;
    return c->out[0]->dtype == LW_FLOAT32;
}

/* In double where one of the operands or the result is. */
static lw_status launch_program(const lwi_call *c, const lwi_program *program, lwi_gpu_step *step) {
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    step->mixes = true;
    lwi_gpu_program_write(program, c->out[0], c->in, &p);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "pointwise"),
                         c->out[0]->count, &launch));
    launch->inputs = is_plain(program, c) ? (int)program->n_inputs : 0;
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < LWI_PROGRAM_INPUTS; k++)
        lwi_gpu_in(launch, c, k);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

lw_status lwi_gpu_pointwise(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_program program;
    kinds k;
    if (!find_kinds(c, c->n_in, &k) || !has_numbers(step, &k))
        return lwi_gpu_refuse(step, "its types or shapes");
    LW_TRY(lwi_program_read(c->node, c->n_in, &program));
    *taken = true;
    return launch_program(c, &program, step);
}

/* ------------------------------------------------------------------- singles */

/* An operand that is what the launch before has made. */
enum { MADE = 99 };

/* One step on up to three operands, inputs by their numbers. */
static lw_status launch_step(const lwi_call *c, const char *kernel, int code,
                             const size_t *operands, size_t n, lwi_gpu_step *step) {
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    const lwi_program header = {.n_inputs = n};
    const lw_value *in[3] = {NULL};
    for (size_t k = 0; k < n; k++)
        in[k] = operands[k] == MADE ? c->out[0] : c->in[operands[k]];
    step->mixes = true;
    lwi_gpu_program_write(&header, c->out[0], in, &p);
    LW_TRY(lwi_gpu_items(step, kernel, c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < 3; k++) {
        if (k < n && operands[k] == MADE) lwi_gpu_out(launch, 0);
        else lwi_gpu_in(launch, c, k < n ? operands[k] : 0);
    }
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, code);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

/* Codes of attributes; doubles have functions that integers do not have. */
static int find_code(const lwi_call *c, const single *s, bool doubles) {
    static const char *const names[] = {"Floor", "Ceil", "Round", "Sqrt", "Reciprocal", "Relu"};
    if (s->integers == INT_MOD && lwi_attr_int(c->node, "fmod", 0)) return INT_FMOD;
    if (s->integers == INT_SHIFT_LEFT && lwi_attr_is(c->node, "direction", "RIGHT"))
        return INT_SHIFT_RIGHT;
    for (size_t i = 0; doubles && i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], s->op_type)) return DOUBLE_FLOOR + (int)i;
    return s->integers;
}

static bool is_of_doubles(int code) {
    return code != INT_NONE && code != INT_FLIP && code != INT_MOD && code != INT_FMOD &&
           code != INT_AND && code != INT_OR && code != INT_XOR &&
           (code < INT_POWER || code > INT_SHIFT_RIGHT) && code != INT_RELU && code != INT_PRELU;
}

/* What an operator on integers or doubles is, step by step: Max and Min have any number of inputs,
 * and Clip may have one bound or none. */
static lw_status launch_steps(const lwi_call *c, const char *kernel, int code, const single *s,
                              lwi_gpu_step *step) {
    static const size_t all[3] = {0, 1, 2};
    const bool low = lwi_has(c, 1), high = lwi_has(c, 2);
    if (code == INT_CLIP && !(low && high)) {
        const size_t bound[2] = {0, high ? 2 : 1};
        code = low ? INT_MAX_OF : high ? INT_MIN_OF : INT_COPY;
        return launch_step(c, kernel, code, bound, low || high ? 2 : 1, step);
    }
    if (code != INT_MAX_OF && code != INT_MIN_OF)
        return launch_step(c, kernel, code, all, s->inputs, step);
    if (c->n_in == 1) return launch_step(c, kernel, INT_COPY, all, 1, step);
    for (size_t k = 1; k < c->n_in; k++) {
        const size_t operands[2] = {k == 1 ? 0 : MADE, k};
        LW_TRY(launch_step(c, kernel, code, operands, 2, step));
    }
    return LW_OK;
}

/* Inputs one after the other, and then divided. */
static lw_status launch_chain(const lwi_call *c, lwi_pointwise_code code, float divisor,
                              lwi_gpu_step *step) {
    const int n = (int)c->n_in;
    const bool wide = lwi_gpu_has_doubles(c); /* where 1 / divisor would be no more than a float */
    const float factor = wide ? divisor : 1 / divisor;
    const lwi_pointwise_code last = wide ? LWI_POINTWISE_div : LWI_POINTWISE_mul;
    lwi_program p = {.n_inputs = c->n_in, .n_constants = 1, .constants = {factor}};
    for (int k = 1; k < n; k++)
        p.steps[p.n_steps++] = (lwi_program_step){code, {k == 1 ? 0 : n + k - 2, k, 0}};
    if (factor != 1 || n == 1) {
        p.steps[p.n_steps] = (lwi_program_step){last, {n == 1 ? 0 : n + (int)p.n_steps - 1, -1, 0}};
        p.n_steps++;
    }
    return launch_program(c, &p, step);
}

/* Clip with one bound, or none. */
static lw_status launch_bound(const lwi_call *c, lwi_gpu_step *step) {
    const bool low = lwi_has(c, 1), high = lwi_has(c, 2);
    const lwi_program p = {.n_inputs = c->n_in,
                           .n_steps = 1,
                           .steps = {{low    ? LWI_POINTWISE_at_least
                                      : high ? LWI_POINTWISE_at_most
                                             : LWI_POINTWISE_copy,
                                      {0, high ? 2 : 1, 0}}}};
    return launch_program(c, &p, step);
}

static lw_status launch_floats(const lwi_call *c, const single *s, lwi_gpu_step *step) {
    lwi_program program = {.n_inputs = s->inputs, .n_steps = 1};
    lwi_program_step *first = &program.steps[0];
    if (s->code == LWI_POINTWISE_max || s->code == LWI_POINTWISE_min)
        return launch_chain(c, (lwi_pointwise_code)s->code, 1, step);
    if (s->code == LWI_POINTWISE_clip && !(lwi_has(c, 1) && lwi_has(c, 2)))
        return launch_bound(c, step);
    *first =
        (lwi_program_step){(lwi_pointwise_code)s->code, {0, s->inputs > 1, 2 * (s->inputs > 2)}};
    if (s->swapped) *first = (lwi_program_step){(lwi_pointwise_code)s->code, {1, 0, 0}};
    if (!strcmp(s->op_type, "Gelu") && lwi_attr_is(c->node, "approximate", "tanh"))
        first->code = LWI_POINTWISE_gelu_tanh;
    for (size_t i = 0; i < 2 && s->attributes[i]; i++) {
        program.constants[i] = lwi_attr_float(c->node, s->attributes[i], s->defaults[i]);
        first->operands[s->inputs + i] = -1 - (int)i;
        program.n_constants++;
    }
    return launch_program(c, &program, step);
}

static lw_status launch_remainders(const lwi_call *c, lwi_gpu_step *step) {
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    const lwi_program header = {.n_inputs = 2};
    lwi_gpu_program_write(&header, c->out[0], c->in, &p);
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "remainders"),
                         c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, !lwi_attr_int(c->node, "fmod", 0));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

/* How many inputs count: all of those that take any number. */
static bool count_inputs(const lwi_call *c, const single *s, size_t *n) {
    const bool any = s->integers == INT_MAX_OF || s->integers == INT_MIN_OF;
    *n = any || s->integers == INT_CLIP ? c->n_in : s->inputs;
    return c->n_in == *n || (!strcmp(s->op_type, "CastLike") && c->n_in == 2);
}

lw_status lwi_gpu_elementwise(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const single *s = NULL;
    kinds k;
    size_t n = 0;
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (!strcmp(singles[i].op_type, c->node->op_type)) s = &singles[i];
    if (s && s->code == LWI_POINTWISE_copy && lwi_gpu_is_small_code(c->out[0]->dtype))
        return lwi_gpu_to_small_codes(c, false, 1, 1, 0, LW_FLOAT32, step, taken);
    if (s && s->code == LWI_POINTWISE_copy && lwi_gpu_is_small_code(c->in[0]->dtype))
        return lwi_gpu_small_codes(c, false, 1, 1, 0, step, taken);
    if (!s || !count_inputs(c, s, &n) || !find_kinds(c, n, &k))
        return lwi_gpu_refuse(step, "its types or shapes");
    const lwi_gpu_type to = lwi_gpu_type_of(c->out[0]->dtype);
    const int code = find_code(c, s, k.doubles);
    *taken = true;
    if (k.doubles && is_of_doubles(code) && lwi_device_has(step->device, "doubles"))
        return launch_steps(c, "doubles", code, s, step);
    if (k.integers && (lwi_gpu_is_integer(to) || to == LWI_GPU_U64) && code != INT_NONE)
        return launch_steps(c, "integers", code, s, step);
    const bool power = s->integers == INT_POWER;
    if (power && !k.base && lwi_device_has(step->device, "doubles"))
        return launch_steps(c, "doubles", code, s, step); /* integers, to powers that are none */
    if (has_numbers(step, &k) && s->code != NO_CODE &&
        (k.floats || s->code == LWI_POINTWISE_copy || (power && k.base)))
        return launch_floats(c, s, step);
    if (has_numbers(step, &k) && k.floats && s->integers == INT_MOD)
        return launch_remainders(c, step);
    *taken = false;
    return lwi_gpu_refuse(step, "its types or shapes");
}

/* ----------------------------------------------------------- of several steps */

static lw_status plan_chain(const lwi_call *c, float divisor, lwi_gpu_step *step, bool *taken) {
    kinds k;
    if (!find_kinds(c, c->n_in, &k) || !k.floats || !has_numbers(step, &k))
        return lwi_gpu_refuse(step, "its types or shapes");
    *taken = true;
    return launch_chain(c, LWI_POINTWISE_add, divisor, step);
}

lw_status lwi_gpu_sum(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_chain(c, 1, step, taken);
}

lw_status lwi_gpu_mean(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_chain(c, (float)c->n_in, step, taken);
}

lw_status lwi_gpu_swiglu(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lwi_program p = {
        .n_inputs = 2,
        .n_steps = 2,
        .n_constants = 1,
        .constants = {lwi_attr_float(c->node, "alpha", 1)},
        .steps = {{LWI_POINTWISE_swish, {0, -1, 0}}, {LWI_POINTWISE_mul, {2, 1, 0}}}};
    kinds k;
    if (!find_kinds(c, 2, &k) || !k.floats || !has_numbers(step, &k))
        return lwi_gpu_refuse(step, "its types or shapes");
    *taken = true;
    return launch_program(c, &p, step);
}

/* A form of Gelu after adding a bias, if there is one (ops/fused_gelu.c). The constant counts only
 * where the code has two operands. */
static lw_status plan_gelu(const lwi_call *c, lwi_pointwise_code code, float constant,
                           lwi_gpu_step *step, bool *taken) {
    const bool bias = lwi_has(c, 1);
    lwi_program p = {.n_inputs = bias ? 2 : 1, .n_constants = 1, .constants = {constant}};
    kinds k;
    if (!find_kinds(c, p.n_inputs, &k) || !k.floats || !has_numbers(step, &k))
        return lwi_gpu_refuse(step, "its types or shapes");
    if (bias) p.steps[p.n_steps++] = (lwi_program_step){LWI_POINTWISE_add, {0, 1, 0}};
    p.steps[p.n_steps++] = (lwi_program_step){code, {bias ? 2 : 0, -1, 0}};
    *taken = true;
    return launch_program(c, &p, step);
}

lw_status lwi_gpu_bias_gelu(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_gelu(c, LWI_POINTWISE_gelu, 0, step, taken);
}

lw_status lwi_gpu_fast_gelu(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_gelu(c, LWI_POINTWISE_gelu_tanh, 0, step, taken);
}

lw_status lwi_gpu_quick_gelu(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const float alpha = lwi_attr_float(c->node, "alpha", 1.702f);
    return plan_gelu(c, LWI_POINTWISE_swish, alpha, step, taken);
}
