/* SPDX-License-Identifier: MIT
 * The functions that pickles call to make tensors (torch/_utils.py), as descriptions of tensors. */
#include "files/torch_reader.h"

typedef lwi_pickle_item item;

enum { DEPTH = 8 }; /* of calls around a tensor */
#define REBUILD "torch._utils _rebuild_"

static lw_status read_sizes(const item *it, int64_t *sizes, int *rank) {
    item *const *arguments = lwi_pickle_call(it, "torch Size", 1);
    if (arguments) it = arguments[0];
    if ((it->kind != LWI_PICKLE_TUPLE && it->kind != LWI_PICKLE_LIST) || it->n > LW_MAX_RANK)
        return lwi_fail(LW_CORRUPT, "sizes are no list of at most %d", LW_MAX_RANK);
    *rank = (int)it->n;
    for (size_t i = 0; i < it->n; i++) {
        if (it->items[i]->kind != LWI_PICKLE_INT)
            return lwi_fail(LW_CORRUPT, "a size is no integer");
        sizes[i] = it->items[i]->i;
    }
    return LW_OK;
}

/* (storage, offset, sizes, strides, ...); a dtype is told apart from the storage's if need be. */
static lw_status read_view(lwi_torch_reader *r, item *const *arguments, const item *dtype,
                           lwi_stored_tensor *t) {
    lwi_torch_storage storage;
    int n_strides = 0;
    LW_TRY(lwi_torch_find_storage(r, arguments[0], &storage));
    if (dtype) LW_TRY(lwi_torch_type(dtype, &storage.dtype));
    if (storage.dtype == LW_DTYPE_NONE) storage.dtype = LW_UINT8;
    if (arguments[1]->kind != LWI_PICKLE_INT || arguments[1]->i < 0)
        return lwi_fail(LW_CORRUPT, "the offset is no number");
    t->dtype = storage.dtype;
    t->storage = storage.data;
    t->storage_bytes = storage.bytes;
    t->offset = (size_t)arguments[1]->i;
    t->swapped = r->swapped;
    LW_TRY(read_sizes(arguments[2], t->dims, &t->rank));
    LW_TRY(read_sizes(arguments[3], t->strides, &n_strides));
    if (n_strides != t->rank)
        return lwi_fail(LW_CORRUPT, "%d sizes and %d strides", t->rank, n_strides);
    return lwi_stored_check(t);
}

static lw_status read_part(lwi_torch_reader *r, const item *it, const lwi_stored_tensor **part) {
    lwi_stored_tensor *t = NULL;
    bool is = false;
    LW_TRY(lwi_arena_alloc(r->arena, 1, sizeof *t, &t));
    LW_TRY(lwi_torch_tensor(r, "", it, &is, t));
    if (!is) return lwi_fail(LW_CORRUPT, "a scale is no tensor");
    *part = t;
    return LW_OK;
}

/* (scheme, scale, zero point), or (scheme, scales, zero points, axis) */
static lw_status read_quantizer(lwi_torch_reader *r, const item *it, lwi_stored_tensor *t) {
    lwi_quantization *q = NULL;
    if (it->kind != LWI_PICKLE_TUPLE || it->n < 3)
        return lwi_fail(LW_CORRUPT, "there is no quantizer");
    LW_TRY(lwi_arena_alloc(r->arena, 1, sizeof *q, &q));
    q->axis = -1;
    if (lwi_pickle_is(it->items[0], "torch per_tensor_affine") &&
        it->items[1]->kind == LWI_PICKLE_FLOAT && it->items[2]->kind == LWI_PICKLE_INT) {
        q->scale = it->items[1]->f;
        q->zero_point = it->items[2]->i;
    } else if (it->n > 3 && it->items[3]->kind == LWI_PICKLE_INT && it->items[3]->i >= 0 &&
               it->items[3]->i < t->rank) {
        q->axis = (int)it->items[3]->i;
        LW_TRY(read_part(r, it->items[1], &q->scales));
        LW_TRY(read_part(r, it->items[2], &q->zero_points));
        const size_t n = (size_t)t->dims[q->axis];
        if (lwi_stored_count(q->scales) != n || lwi_stored_count(q->zero_points) != n)
            return lwi_fail(LW_CORRUPT, "there are not %zu scales and zero points", n);
    } else {
        return lwi_fail(LW_UNSUPPORTED, "the quantizer is not known");
    }
    t->quantization = q;
    return LW_OK;
}

static lw_status not_known(const char *name) {
    return lwi_fail(LW_UNSUPPORTED, "tensors made by '%s' are not supported", name);
}

static lw_status read_call(lwi_torch_reader *r, const item *callee, const item *arguments, bool *is,
                           lwi_stored_tensor *t, int depth);

static lw_status read_item(lwi_torch_reader *r, const item *it, bool *is, lwi_stored_tensor *t,
                           int depth) {
    *is = false;
    if (it->kind == LWI_PICKLE_PERSISTENT && r->n_tar) {
        const char *key = NULL, *name = t->name;
        LW_TRY(lwi_torch_key(r->arena, it->items[0], &key));
        const int found = lwi_strmap_get(&r->tar_keys, key);
        *is = found >= 0;
        if (*is) *t = *r->tar_tensors[found], t->name = name;
        return LW_OK;
    }
    if (it->kind != LWI_PICKLE_CALL || depth > DEPTH) return LW_OK;
    return read_call(r, it->items[0], it->items[1], is, t, depth);
}

/* What stands around a tensor: a parameter, a class of its own, a device. */
static const item *inner_of(const item *callee, const item *arguments) {
    static const char *const around[] = {
        "torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state",
        "torch._utils _rebuild_device_tensor_from_cpu_tensor", "torch.nn.parameter Parameter",
        "torch.nn.parameter Buffer"};
    for (size_t i = 0; arguments->n > 0 && i < sizeof around / sizeof *around; i++)
        if (lwi_pickle_is(callee, around[i])) return arguments->items[0];
    return NULL;
}

/* (function, class, its arguments, state) */
static bool is_of_type(const item *callee, const item *arguments) {
    const char *name = strchr(callee->text.data, ' ');
    return name &&
           (!strcmp(name, " _rebuild_from_type_v2") || !strcmp(name, " _rebuild_from_type")) &&
           arguments->n >= 3 && arguments->items[0]->kind == LWI_PICKLE_GLOBAL &&
           arguments->items[2]->kind == LWI_PICKLE_TUPLE;
}

bool lwi_torch_is_tensor(const lwi_torch_reader *r, const item *it) {
    for (int depth = 0; depth <= DEPTH && it->kind == LWI_PICKLE_CALL; depth++) {
        const item *inner = inner_of(it->items[0], it->items[1]);
        if (!inner)
            return is_of_type(it->items[0], it->items[1]) ||
                   !strncmp(it->items[0]->text.data, REBUILD, strlen(REBUILD));
        it = inner;
    }
    return it->kind == LWI_PICKLE_PERSISTENT && r->n_tar;
}

static lw_status read_call(lwi_torch_reader *r, const item *callee, const item *arguments, bool *is,
                           lwi_stored_tensor *t, int depth) {
    const char *name = callee->text.data;
    const item *inner = inner_of(callee, arguments);
    if (inner) return read_item(r, inner, is, t, depth + 1);
    if (is_of_type(callee, arguments))
        return depth > DEPTH
                   ? LW_OK
                   : read_call(r, arguments->items[0], arguments->items[2], is, t, depth + 1);
    if (strncmp(name, REBUILD, strlen(REBUILD))) return LW_OK;
    const char *kind = name + strlen(REBUILD);
    *is = true;
    if (arguments->n >= 4 && (!strcmp(kind, "tensor") || !strcmp(kind, "tensor_v2")))
        return read_view(r, arguments->items, NULL, t);
    if (arguments->n >= 7 && !strcmp(kind, "tensor_v3"))
        return read_view(r, arguments->items, arguments->items[6], t);
    if (arguments->n < 5 || strcmp(kind, "qtensor")) return not_known(name);
    LW_TRY(read_view(r, arguments->items, NULL, t));
    return read_quantizer(r, arguments->items[4], t);
}

lw_status lwi_torch_tensor(lwi_torch_reader *r, const char *name, const item *it, bool *is,
                           lwi_stored_tensor *t) {
    *t = (lwi_stored_tensor){.name = name};
    const lw_status status = read_item(r, it, is, t, 0);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "tensor '%s'", name);
}
