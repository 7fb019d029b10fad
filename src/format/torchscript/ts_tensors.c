/* SPDX-License-Identifier: MIT
 * What programs ask about tensors, and tensors made of the program's numbers. */
#include "format/torchscript/ts_interp.h"

#include "aten/lower.h"

#include <string.h>

static const lwi_aten_value *tensor_of(const lwi_ts_call *call) {
    return call->n && lwi_ts_is_tensor(&call->args[0]) ? &call->args[0].plain : NULL;
}

lw_status lwi_ts_do_dtype_of(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    const lwi_aten_value *x = tensor_of(call);
    if (!x) return LW_OK;
    *done = true;
    *result = lwi_ts_plain(lwi_aten_int(lwi_aten_dtype_to_c10(lwi_aten_tensor_dtype(in->aten, x))));
    return in->aten->b.status;
}

/* Everything is on the processor. */
lw_status lwi_ts_do_device_of(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                              bool *done) {
    (void)in, (void)call;
    return lwi_ts_done(result, lwi_aten_string((lw_string){"cpu", 3}), done);
}

lw_status lwi_ts_do_yes(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                        bool *done) {
    (void)in, (void)call;
    return lwi_ts_done(result, lwi_aten_bool(true), done);
}
lw_status lwi_ts_do_no(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                       bool *done) {
    (void)in, (void)call;
    return lwi_ts_done(result, lwi_aten_bool(false), done);
}
/* What has no effect here: warnings, profiling. */
lw_status lwi_ts_do_nothing(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                            bool *done) {
    (void)in, (void)call;
    return lwi_ts_done(result, lwi_aten_none(), done);
}
lw_status lwi_ts_do_zero(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                         bool *done) {
    (void)in, (void)call;
    return lwi_ts_done(result, lwi_aten_int(0), done);
}
/* The first argument itself. */
lw_status lwi_ts_do_itself(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    (void)in;
    if (!call->n) return LW_OK;
    *result = call->args[0];
    *done = true;
    return LW_OK;
}

/* x.to(device), x.to(device, dtype) */
lw_status lwi_ts_do_to_device(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                              bool *done) {
    if (call->n < 2 || !lwi_ts_is_plain(&call->args[1], LWI_ATEN_STRING)) return LW_OK;
    *done = true;
    *result = call->args[0];
    if (call->n < 3 || !lwi_ts_is_plain(&call->args[2], LWI_ATEN_INT)) return LW_OK;
    const lwi_ts_value args[2] = {call->args[0], call->args[2]};
    return lwi_ts_torch(in, &(lwi_ts_call){"to", args, NULL, 2}, result);
}

lw_status lwi_ts_do_raise(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    (void)in, (void)result;
    *done = true;
    const bool text = call->n && lwi_ts_is_plain(&call->args[0], LWI_ATEN_STRING);
    const lw_string s = text ? call->args[0].plain.s : (lw_string){"an exception", 12};
    return lwi_fail(LWI_TS_RAISED, "the program raises: %.*s", (int)(s.size < 150 ? s.size : 150),
                    s.data);
}

lw_status lwi_ts_do_rank(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                         bool *done) {
    const lwi_aten_value *x = tensor_of(call);
    if (!x) return LW_OK;
    *done = true;
    *result = lwi_ts_plain(lwi_aten_int(lwi_aten_tensor_rank(in->aten, x)));
    return in->aten->b.status;
}

/* x.size(), x.size(dim), x.shape */
lw_status lwi_ts_do_size(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                         bool *done) {
    const lwi_aten_value *x = tensor_of(call);
    lwi_aten *a = in->aten;
    lwi_ts_object *list = NULL;
    if (!x || call->n > 2) return LW_OK;
    const int id = lwi_aten_id(a, x), rank = lwi_aten_tensor_rank(a, x);
    *done = true;
    if (call->n == 2) {
        const int axis = lwi_aten_axis(a, &call->args[1].plain, rank);
        if (a->b.status == LW_OK) *result = lwi_ts_plain(lwi_aten_size(a, id, axis));
        return a->b.status;
    }
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_LIST, &list));
    for (int d = 0; d < rank; d++) {
        const lwi_ts_value size = lwi_ts_plain(lwi_aten_size(a, id, d));
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &size));
    }
    *result = lwi_ts_of(list);
    return a->b.status;
}

lw_status lwi_ts_do_numel(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    const lwi_aten_value *x = tensor_of(call);
    lwi_aten *a = in->aten;
    if (!x) return LW_OK;
    const int all = lwi_aten_id(a, x), id = lwi_aten_is_complex(x) ? lwi_aten_part(a, all, 0) : all;
    const int64_t count = lwi_aten_count(a, id);
    *done = true;
    *result =
        lwi_ts_plain(count >= 0 ? lwi_aten_int(count) : lwi_aten_number_of(a, NODE(a, "Size", id)));
    return a->b.status;
}

/* is_floating_point, is_complex, is_signed */
lw_status lwi_ts_do_dtype_class(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                bool *done) {
    const lwi_aten_value *x = tensor_of(call);
    if (!x) return LW_OK;
    const lw_dtype t = lwi_aten_tensor_dtype(in->aten, x);
    const bool complex = t == LW_COMPLEX64 || t == LW_COMPLEX128;
    bool is = complex;
    if (!strcmp(call->name, "is_floating_point")) is = lwi_dtype_is_float(t);
    else if (!strcmp(call->name, "is_signed")) is = complex || lwi_dtype_is_signed(t);
    LW_TRY(in->aten->b.status);
    return lwi_ts_done(result, lwi_aten_bool(is), done);
}

/* ---------------------------------------------------------- numbers to tensors */

/* The shape of nested lists; false: they are ragged or hold something else. */
static bool shape_of(const lwi_ts_value *v, int depth, int *rank, int64_t *dims) {
    const lwi_ts_object *list = lwi_ts_sequence(v);
    if (!list) {
        if (*rank < 0) *rank = depth;
        return *rank == depth && v->kind == LWI_TS_PLAIN;
    }
    if (depth == LW_MAX_RANK || depth == *rank) return false;
    if (dims[depth] < 0) dims[depth] = (int64_t)list->n;
    bool fits = dims[depth] == (int64_t)list->n;
    if (list->n == 0 && *rank < 0) *rank = depth + 1;
    for (size_t i = 0; i < list->n && fits; i++)
        fits = shape_of(&list->items[i], depth + 1, rank, dims);
    return fits;
}

/* The type of all numbers together: float, int or bool. */
static int kind_of(const lwi_ts_value *v, bool *known) {
    const lwi_ts_object *list = lwi_ts_sequence(v);
    int kind = LWI_ATEN_NONE;
    if (!list) {
        *known &= lwi_ts_is_known(v);
        return lwi_ts_is_plain(v, LWI_ATEN_BOOL)    ? 1
               : lwi_ts_is_plain(v, LWI_ATEN_INT)   ? 2
               : lwi_ts_is_plain(v, LWI_ATEN_FLOAT) ? 3
                                                    : 4;
    }
    for (size_t i = 0; i < list->n; i++) {
        const int k = kind_of(&list->items[i], known);
        if (k > kind) kind = k;
    }
    return kind;
}

/* Known numbers one after another. */
static void fill(lwi_aten *a, const lwi_ts_value *v, int kind, char **to) {
    const lwi_ts_object *list = lwi_ts_sequence(v);
    for (size_t i = 0; list && i < list->n; i++)
        fill(a, &list->items[i], kind, to);
    if (list) return;
    const float f = (float)lwi_aten_get_float(a, &v->plain);
    const int64_t whole = kind == 2 ? lwi_aten_get_int(a, &v->plain) : 0;
    const uint8_t b = kind == 1 && lwi_aten_get_bool(a, &v->plain);
    const size_t size = kind == 3 ? sizeof f : kind == 2 ? sizeof whole : 1;
    memcpy(*to, kind == 3 ? (const void *)&f : kind == 2 ? (const void *)&whole : &b, size);
    *to += size;
}

static lw_status constant_of(lwi_aten *a, const lwi_ts_value *v, int kind, int rank,
                             const int64_t *dims, lwi_aten_value *out) {
    static const lw_dtype types[] = {LW_FLOAT32, LW_BOOL, LW_INT64, LW_FLOAT32};
    size_t count = 1;
    char *data = NULL;
    for (int d = 0; d < rank; d++)
        count *= (size_t)dims[d]; /* items that are there */
    LW_TRY(lwi_arena_alloc(&a->b.network->arena, count, sizeof(int64_t), &data));
    char *to = data;
    fill(a, v, kind, &to);
    *out = lwi_aten_constant(a, types[kind], rank, dims, data);
    return a->b.status;
}

/* Numbers that are scalars of the graph, in one list after another. */
static lw_status gather_items(lwi_aten *a, const lwi_ts_value *v, lw_dtype dtype, int *ids,
                              size_t *n) {
    const lwi_ts_object *list = lwi_ts_sequence(v);
    for (size_t i = 0; list && i < list->n; i++)
        LW_TRY(gather_items(a, &list->items[i], dtype, ids, n));
    if (!list)
        ids[(*n)++] = lwi_aten_reshape(a, lwi_aten_scalar(a, &v->plain, dtype), 1, (int64_t[]){1});
    return a->b.status;
}

static lw_status joined(lwi_ts_interp *in, const lwi_ts_value *v, int kind, int rank,
                        const int64_t *dims, lwi_aten_value *out) {
    lwi_aten *a = in->aten;
    size_t count = 1, n = 0;
    int *ids = NULL;
    for (int d = 0; d < rank; d++)
        count *= (size_t)dims[d];
    LW_TRY(lwi_arena_alloc(in->memory, count, sizeof *ids, &ids));
    const lw_dtype dtype = kind == 1 ? LW_BOOL : kind == 2 ? LW_INT64 : LW_FLOAT32;
    LW_TRY(gather_items(a, v, dtype, ids, &n));
    int all = ids[0];
    if (n > 1) {
        all = lwi_build(&a->b, "Concat", n, ids);
        lwi_build_int(&a->b, "axis", 0);
    }
    *out = lwi_aten_tensor_of(a, lwi_aten_reshape(a, all, (size_t)rank, dims));
    return a->b.status;
}

static const lwi_ts_value *keyword(const lwi_ts_call *call, const char *name, size_t place) {
    for (size_t i = 0; call->keywords && i < call->n; i++)
        if (call->keywords[i] && !strcmp(call->keywords[i], name)) return &call->args[i];
    return lwi_ts_arg(call, place);
}

/* torch.tensor(numbers, dtype), torch.as_tensor, NumToTensor */
lw_status lwi_ts_do_tensor(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    lwi_aten *a = in->aten;
    int64_t dims[LW_MAX_RANK];
    int rank = -1;
    bool known = true;
    lwi_aten_value out;
    if (!call->n) return LW_OK;
    for (int d = 0; d < LW_MAX_RANK; d++)
        dims[d] = -1;
    const lwi_ts_value *data = &call->args[0], *type = keyword(call, "dtype", 1);
    if (lwi_ts_is_tensor(data)) out = data->plain;
    else {
        if (!shape_of(data, 0, &rank, dims))
            return lwi_fail(LW_UNSUPPORTED, "a tensor is made of lists of different lengths");
        const int kind = kind_of(data, &known);
        LW_TRY(known && kind < 4 ? constant_of(a, data, kind, rank, dims, &out)
                                 : joined(in, data, kind, rank, dims, &out));
    }
    if (type && lwi_ts_is_plain(type, LWI_ATEN_INT)) {
        const lw_dtype dtype = lwi_aten_get_dtype(a, &type->plain, LW_FLOAT32);
        if (dtype != lwi_aten_tensor_dtype(a, &out))
            out = lwi_aten_tensor_of(a, lwi_aten_cast(a, lwi_aten_id(a, &out), dtype));
    }
    *result = lwi_ts_plain(out);
    *done = true;
    return a->b.status;
}

/* ---------------------------------------------------------- tensors to numbers */

static lw_status element_list(lwi_ts_interp *in, const lwi_ts_value *x, lwi_ts_value *result);

static lw_status elements(lwi_ts_interp *in, const lwi_ts_value *x, int64_t n,
                          lwi_ts_value *result) {
    lwi_ts_object *list = NULL;
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_LIST, &list));
    for (int64_t i = 0; i < n; i++) {
        const lwi_ts_value args[3] = {*x, lwi_ts_plain(lwi_aten_int(0)),
                                      lwi_ts_plain(lwi_aten_int(i))};
        lwi_ts_value part, item;
        LW_TRY(lwi_ts_torch(in, &(lwi_ts_call){"select", args, NULL, 3}, &part));
        LW_TRY(element_list(in, &part, &item));
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &item));
    }
    *result = lwi_ts_of(list);
    return LW_OK;
}

static lw_status element_list(lwi_ts_interp *in, const lwi_ts_value *x, lwi_ts_value *result) {
    lwi_aten *a = in->aten;
    bool done = false;
    const int id = lwi_aten_id(a, &x->plain);
    if (lwi_aten_rank(a, id) == 0)
        return lwi_ts_do_item(in, &(lwi_ts_call){"item", x, NULL, 1}, result, &done);
    const int64_t n = lwi_aten_dim(a, id, 0);
    LW_TRY(a->b.status);
    if (n < 0 || n > LWI_TS_UNROLL)
        return lwi_fail(LW_UNSUPPORTED, "a tensor whose length depends on data becomes a list");
    return elements(in, x, n, result);
}

lw_status lwi_ts_do_to_list(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                            bool *done) {
    if (!tensor_of(call)) return LW_OK;
    *done = true;
    return element_list(in, &call->args[0], result);
}
