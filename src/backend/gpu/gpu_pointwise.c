/* SPDX-License-Identifier: MIT
 * Element by element: lampwick.Pointwise, and single operators as programs of one step, on floats
 * of any width, or on integers. */
#include "backend/gpu/gpu_program.h"

#include <string.h>

/* Those of integer_step in kernels/pointwise.k. */
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
    INT_CLIP
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
    {"Pow", CODE(power), INT_NONE, 2, false, {NULL}, {0}},
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
    {"PRelu", CODE(leaky_relu), INT_NONE, 2, false, {NULL}, {0}},
#define UNARY(op, name) {#op, CODE(name), INT_NONE, 1, false, {NULL}, {0}},
    UNARY(Ceil, ceil) UNARY(Erf, erf) UNARY(Exp, exp) UNARY(Floor, floor)
    UNARY(HardSwish, hard_swish) UNARY(Log, log) UNARY(Mish, mish) UNARY(Reciprocal, reciprocal)
    UNARY(Relu, relu) UNARY(Round, round) UNARY(Sigmoid, sigmoid) UNARY(Softplus, softplus)
    UNARY(Softsign, softsign) UNARY(Sqrt, sqrt) UNARY(Tanh, tanh)
#undef UNARY
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

/* Which kinds of numbers the first n inputs are; false: of a type that kernels do not know. */
static bool find_types(const lwi_call *c, size_t n, bool *floats, bool *integers) {
    *floats = *integers = true;
    if (n < 1 || n > LWI_PROGRAM_INPUTS || !c->out[0] || c->out[0]->rank > 8 ||
        c->out[0]->count >= INT32_MAX || lwi_gpu_type_of(c->out[0]->dtype) == LWI_GPU_TYPES)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!c->in[i] || c->in[i]->kind != LW_KIND_TENSOR) return false;
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[i]->dtype);
        if (type == LWI_GPU_TYPES) return false;
        if (type != LWI_GPU_BOOL) *floats = *floats && lwi_gpu_is_float(type);
        *integers = *integers && lwi_gpu_is_integer(type);
    }
    return true;
}

static lw_status launch_program(const lwi_call *c, const lwi_program *program, lwi_gpu_step *step) {
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    lwi_gpu_program_write(program, c->out[0], c->in, &p);
    LW_TRY(lwi_gpu_items(step, "pointwise", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < LWI_PROGRAM_INPUTS; k++)
        lwi_gpu_in(launch, c, k);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

lw_status lwi_gpu_pointwise(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_program program;
    bool floats, integers;
    if (!find_types(c, c->n_in, &floats, &integers))
        return lwi_gpu_refuse(step, "its types or shapes");
    LW_TRY(lwi_program_read(c->node, c->n_in, &program));
    *taken = true;
    return launch_program(c, &program, step);
}

/* ------------------------------------------------------------------- singles */

static lw_status launch_integers(const lwi_call *c, const single *s, lwi_gpu_step *step) {
    lwi_gpu_program p;
    lwi_gpu_launch *launch = NULL;
    const lwi_program header = {.n_inputs = s->inputs};
    const bool truncated = s->integers == INT_MOD && lwi_attr_int(c->node, "fmod", 0);
    lwi_gpu_program_write(&header, c->out[0], c->in, &p);
    LW_TRY(lwi_gpu_items(step, "integers", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, p.ints, p.n * sizeof *p.ints));
    for (size_t k = 0; k < 3; k++)
        lwi_gpu_in(launch, c, k);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, truncated ? INT_FMOD : s->integers);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    return LW_OK;
}

static lw_status launch_floats(const lwi_call *c, const single *s, lwi_gpu_step *step) {
    lwi_program program = {.n_inputs = s->inputs, .n_steps = 1};
    lwi_program_step *first = &program.steps[0];
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

lw_status lwi_gpu_elementwise(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const single *s = NULL;
    bool floats = false, integers = false;
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (!strcmp(singles[i].op_type, c->node->op_type)) s = &singles[i];
    if (!s || c->n_in < s->inputs || !find_types(c, s->inputs, &floats, &integers))
        return lwi_gpu_refuse(step, "its types or shapes");
    if (strcmp(s->op_type, "CastLike") != 0 && c->n_in != s->inputs)
        return lwi_gpu_refuse(step, "how many inputs it has");
    const bool to_integers = lwi_gpu_is_integer(lwi_gpu_type_of(c->out[0]->dtype));
    const bool is_cast = s->code == LWI_POINTWISE_copy;
    if (integers && to_integers && s->integers != INT_NONE) {
        *taken = true;
        return launch_integers(c, s, step);
    }
    if (s->code == NO_CODE || (!floats && !is_cast)) return lwi_gpu_refuse(step, "its types");
    *taken = true;
    return launch_floats(c, s, step);
}
