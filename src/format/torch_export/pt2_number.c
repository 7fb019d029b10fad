/* SPDX-License-Identifier: MIT
 * Arithmetic of the program's numbers, which are mostly sizes that are not fixed. */
#include "aten/lower.h"
#include "format/torch_export/pt2.h"

#include <math.h>
#include <string.h>

typedef lw_status compute(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                          lwi_aten_value *out);

enum { MOST = 64 }; /* operands */

static lw_status arithmetic(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                            lwi_aten_value *out) {
    if (n < 1 || n > 2) return lwi_fail(LW_CORRUPT, "it has %zu operands", n);
    *out = lwi_aten_number(&p->a, op, &in[0], n > 1 ? &in[1] : NULL);
    return p->a.b.status;
}

/* Adds, multiplies or compares any number of them; also those of a list. */
static lw_status reduce(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                        lwi_aten_value *out) {
    if (n == 1 && in[0].kind == LWI_ATEN_LIST)
        return reduce(p, op, in[0].list.items, in[0].list.n, out);
    *out = n ? in[0] : lwi_aten_int(0);
    for (size_t i = 1; i < n; i++)
        *out = lwi_aten_number(&p->a, op, out, &in[i]);
    return p->a.b.status;
}

static double as_double(const lwi_aten_value *v) {
    return v->kind == LWI_ATEN_FLOAT ? v->f : v->kind == LWI_ATEN_BOOL ? v->b : (double)v->i;
}

static lw_status to_float(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                          lwi_aten_value *out) {
    (void)op;
    if (n != 1) return lwi_fail(LW_CORRUPT, "it has %zu operands", n);
    if (in->id < 0) *out = lwi_aten_float(as_double(in));
    else *out = lwi_aten_number_of(&p->a, lwi_aten_cast(&p->a, lwi_aten_id(&p->a, in), LW_FLOAT64));
    return p->a.b.status;
}

/* op: how it is rounded, in ONNX's words; "": towards zero. */
static lw_status to_int(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                        lwi_aten_value *out) {
    if (n != 1) return lwi_fail(LW_CORRUPT, "it has %zu operands", n);
    *out = *in;
    if (in->kind == LWI_ATEN_INT) return LW_OK;
    if (in->id < 0) {
        const double x = as_double(in);
        const double y = *op == 'F' ? floor(x) : *op == 'C' ? ceil(x) : *op ? rint(x) : trunc(x);
        if (!(fabs(y) < 9e15)) return lwi_fail(LW_RANGE, "%g is no integer that fits", y);
        *out = lwi_aten_int((int64_t)y);
        return LW_OK;
    }
    int id = lwi_aten_id(&p->a, in);
    if (*op && in->kind == LWI_ATEN_FLOAT) id = NODE(&p->a, op, id);
    *out = lwi_aten_number_of(&p->a, lwi_aten_cast(&p->a, id, LW_INT64));
    return p->a.b.status;
}

static lw_status square_root(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                             lwi_aten_value *out) {
    const lwi_aten_value half = lwi_aten_float(0.5);
    (void)op;
    if (n != 1) return lwi_fail(LW_CORRUPT, "it has %zu operands", n);
    *out = lwi_aten_number(&p->a, "pow", in, &half);
    return p->a.b.status;
}

static lw_status choose(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                        lwi_aten_value *out) {
    (void)op;
    if (n != 3) return lwi_fail(LW_CORRUPT, "it has %zu operands", n);
    if (in[0].id < 0) {
        *out = as_double(&in[0]) != 0 ? in[1] : in[2];
        return LW_OK;
    }
    const int id = NODE(&p->a, "Where", lwi_aten_id(&p->a, &in[0]), lwi_aten_id(&p->a, &in[1]),
                        lwi_aten_id(&p->a, &in[2]));
    *out = lwi_aten_number_of(&p->a, id);
    return p->a.b.status;
}

/* ------------------------------------------------------------- of a tensor */

static lw_status tensor_axis(lwi_pt2 *p, const lwi_aten_value *in, size_t n, int *id, int *rank,
                             int *axis) {
    if (n < 1 || in[0].kind != LWI_ATEN_TENSOR) return lwi_fail(LW_CORRUPT, "it has no tensor");
    *id = lwi_aten_id(&p->a, &in[0]);
    *rank = lwi_aten_rank(&p->a, *id);
    LW_TRY(p->a.b.status);
    const bool whole = n < 2;
    const int64_t given = whole ? 0 : in[1].i;
    if (!whole && (in[1].kind != LWI_ATEN_INT || in[1].id >= 0 || given < -*rank || given >= *rank))
        return lwi_fail(LW_CORRUPT, "it names no dimension of the tensor's %d", *rank);
    *axis = (int)(given < 0 ? given + *rank : given);
    return LW_OK;
}

static lw_status product(lwi_pt2 *p, int id, int first, int rank, lwi_aten_value *out) {
    *out = lwi_aten_int(1);
    for (int d = first; d < rank; d++) {
        const lwi_aten_value size = lwi_aten_size(&p->a, id, d);
        *out = lwi_aten_number(&p->a, "mul", out, &size);
    }
    return p->a.b.status;
}

static lw_status size_of(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                         lwi_aten_value *out) {
    int id = -1, rank = 0, axis = 0;
    (void)op;
    LW_TRY(tensor_axis(p, in, n, &id, &rank, &axis));
    *out = lwi_aten_size(&p->a, id, axis);
    return p->a.b.status;
}

static lw_status count_of(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                          lwi_aten_value *out) {
    int id = -1, rank = 0, axis = 0;
    (void)op;
    LW_TRY(tensor_axis(p, in, n < 1 ? n : 1, &id, &rank, &axis));
    return product(p, id, 0, rank, out);
}

/* As if tensors were always contiguous: here they are. */
static lw_status stride_of(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                           lwi_aten_value *out) {
    int id = -1, rank = 0, axis = 0;
    (void)op;
    LW_TRY(tensor_axis(p, in, n, &id, &rank, &axis));
    return product(p, id, axis + 1, rank, out);
}

static lw_status element_of(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                            lwi_aten_value *out) {
    int id = -1, rank = 0, axis = 0;
    (void)op;
    LW_TRY(tensor_axis(p, in, n < 1 ? n : 1, &id, &rank, &axis));
    *out = lwi_aten_number_of(&p->a, id);
    return p->a.b.status;
}

static lw_status constant(lwi_pt2 *p, const char *op, const lwi_aten_value *in, size_t n,
                          lwi_aten_value *out) {
    (void)p, (void)in, (void)n;
    *out = *op == 't' ? lwi_aten_bool(true) : lwi_aten_int(0);
    return LW_OK;
}

/* -------------------------------------------------------------------- table */

static const struct operation {
    const char *target, *op;
    compute *run;
} operations[] = {
    {"_operator.add", "add", arithmetic},
    {"_operator.sub", "sub", arithmetic},
    {"_operator.mul", "mul", arithmetic},
    {"_operator.truediv", "truediv", arithmetic},
    {"_operator.floordiv", "floordiv", arithmetic},
    {"_operator.mod", "mod", arithmetic},
    {"_operator.pow", "pow", arithmetic},
    {"_operator.neg", "neg", arithmetic},
    {"_operator.eq", "eq", arithmetic},
    {"_operator.ne", "ne", arithmetic},
    {"_operator.lt", "lt", arithmetic},
    {"_operator.le", "le", arithmetic},
    {"_operator.gt", "gt", arithmetic},
    {"_operator.ge", "ge", arithmetic},
    {"_operator.and_", "and", arithmetic},
    {"_operator.or_", "or", arithmetic},
    {"math.trunc", "", to_int},
    {"math.floor", "Floor", to_int},
    {"math.ceil", "Ceil", to_int},
    {"round", "Round", to_int},
    {"torch.sym_int", "", to_int},
    {"torch.sym_float", "", to_float},
    {"torch.sym_not", "not", arithmetic},
    {"torch.sym_max", "max", reduce},
    {"torch.sym_min", "min", reduce},
    {"torch.sym_sum", "add", reduce},
    {"torch.sym_ite", "", choose},
    {"torch.sym_sqrt", "", square_root},
    {"torch._sym_sqrt", "", square_root},
    {"torch.ops.aten.sym_size.int", "", size_of},
    {"torch.ops.aten.sym_numel.default", "", count_of},
    {"torch.ops.aten.sym_stride.int", "", stride_of},
    {"torch.ops.aten.sym_storage_offset.default", "", constant},
    {"torch.ops.aten.sym_is_contiguous.default", "true", constant},
    {"torch.ops.aten.item.default", "", element_of},
    {"torch.ops.aten._local_scalar_dense.default", "", element_of},
};

static const struct operation *find(const char *target) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (!strcmp(operations[i].target, target)) return &operations[i];
    return NULL;
}

bool lwi_pt2_is_number(const char *target) { return find(target) != NULL; }

lw_status lwi_pt2_number(lwi_pt2 *p, const lwi_json_item *node, bool *done) {
    const struct operation *operation = find(lwi_json_text(node, "target", ""));
    const lwi_json_item *inputs = lwi_json_get(node, "inputs");
    lwi_aten_value in[MOST], out = lwi_aten_none();
    *done = operation != NULL;
    if (!operation) return LW_OK;
    if (!lwi_json_is(inputs, LWI_JSON_ARRAY) || inputs->size > MOST)
        return lwi_fail(LW_CORRUPT, "it has no fitting 'inputs'");
    for (size_t i = 0; i < inputs->size; i++)
        LW_TRY(lwi_pt2_argument(p, lwi_json_get(&inputs->items[i], "arg"), &in[i]));
    LW_TRY(operation->run(p, operation->op, in, inputs->size, &out));
    return lwi_pt2_results(p, node, 1, &out);
}
