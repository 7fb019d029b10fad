/* SPDX-License-Identifier: MIT
 * Lists of unknown length: what a loop whose length depends on data has appended, or one way of a
 * branch, lies along the first axis of a tensor, so all items have one shape. Their length can be
 * asked for, items can be taken, more can be appended, and all can be joined. */
#include "format/torchscript/ts_rows.h"

#include "aten/lower.h"

#include <string.h>

static lwi_aten_value join(lwi_ts_interp *in, const char *name, size_t n,
                           const lwi_aten_value *items) {
    const lwi_aten_value args[2] = {lwi_aten_list(in->aten, n, items), lwi_aten_int(0)};
    return lwi_aten_apply(in->aten, name, 2, args);
}

lw_status lwi_ts_rows_of(lwi_ts_interp *in, const lwi_ts_value *items, size_t n,
                         lwi_aten_value *rows, lwi_aten_kind *kind) {
    lwi_aten_value *values = NULL;
    LW_TRY(lwi_arena_alloc(in->memory, n, sizeof *values, &values));
    for (size_t i = 0; i < n; i++) {
        const bool fits = lwi_ts_is_tensor(&items[i]) || lwi_ts_is_number(&items[i]);
        if (!fits || items[i].plain.kind != items[0].plain.kind)
            return lwi_fail(LW_UNSUPPORTED, "%s is in a list whose length depends on data",
                            lwi_ts_kind_name(&items[i]));
        values[i] = items[i].plain;
        if (lwi_ts_is_number(&items[i]))
            values[i] = lwi_aten_tensor_of(in->aten, lwi_aten_id(in->aten, &values[i]));
    }
    *kind = items[0].plain.kind;
    *rows = join(in, "stack", n, values);
    return in->aten->b.status;
}

lw_status lwi_ts_all_rows(lwi_ts_interp *in, const lwi_ts_object *list, lwi_aten_value *rows,
                          lwi_aten_kind *kind) {
    lwi_aten_value parts[2] = {list->rows};
    const bool some = list->rows.kind == LWI_ATEN_TENSOR;
    *kind = list->row;
    *rows = list->rows;
    if (!list->n) return LW_OK;
    LW_TRY(lwi_ts_rows_of(in, list->items, list->n, &parts[1], kind));
    if (some && *kind != list->row)
        return lwi_fail(LW_UNSUPPORTED, "the items of a list differ in kind");
    *rows = some ? join(in, "cat", 2, parts) : parts[1];
    return in->aten->b.status;
}

lw_status lwi_ts_add_rows(lwi_ts_interp *in, lwi_ts_object *list, const lwi_aten_value *rows,
                          lwi_aten_kind kind) {
    lwi_aten_value parts[2] = {*rows, *rows};
    lwi_aten_kind present = kind;
    LW_TRY(lwi_ts_touch(in, list));
    const bool some = list->n || list->rows.kind == LWI_ATEN_TENSOR;
    if (some) LW_TRY(lwi_ts_all_rows(in, list, &parts[0], &present));
    if (present != kind) return lwi_fail(LW_UNSUPPORTED, "the items of a list differ in kind");
    list->rows = some ? join(in, "cat", 2, parts) : *rows;
    list->row = kind;
    list->n = 0;
    return in->aten->b.status;
}

/* ---------------------------------------------------------------- operators */

static lw_status length(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    const lwi_ts_value args[2] = {lwi_ts_plain(call->args[0].object->rows),
                                  lwi_ts_plain(lwi_aten_int(0))};
    return lwi_ts_torch(in, &(lwi_ts_call){"size", args, NULL, 2}, result);
}

static lw_status item(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    const lwi_ts_object *list = call->args[0].object;
    lwi_aten *a = in->aten;
    if (call->n != 2 || !lwi_ts_is_plain(&call->args[1], LWI_ATEN_INT))
        return lwi_fail(LW_CORRUPT, "an index of a list is no int");
    const lwi_aten_value args[3] = {list->rows, lwi_aten_int(0), call->args[1].plain};
    lwi_aten_value v = lwi_aten_apply(a, "select", 3, args);
    LW_TRY(a->b.status);
    if (list->row != LWI_ATEN_TENSOR) v = lwi_aten_number_of(a, lwi_aten_id(a, &v));
    *result = lwi_ts_plain(v);
    return a->b.status;
}

static lw_status append(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    lwi_aten_value rows;
    lwi_aten_kind kind;
    if (call->n != 2) return lwi_fail(LW_CORRUPT, "append has %zu arguments", call->n);
    *result = call->args[0];
    LW_TRY(lwi_ts_rows_of(in, &call->args[1], 1, &rows, &kind));
    return lwi_ts_add_rows(in, call->args[0].object, &rows, kind);
}

/* The axis of the items goes to the place where they are stacked; for cat it then becomes one with
 * the axis behind it. */
static lw_status joined(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    const lwi_ts_object *list = call->args[0].object;
    const bool cat = !strcmp(call->name, "cat");
    lwi_aten *a = in->aten;
    int64_t axis = 0;
    if (list->row != LWI_ATEN_TENSOR) return lwi_fail(LW_CORRUPT, "numbers are joined");
    if (call->n > 1 && !lwi_ts_known_int(&call->args[1], &axis))
        return lwi_fail(LW_UNSUPPORTED, "an axis depends on data");
    if (axis < 0) axis += lwi_aten_rank(a, lwi_aten_id(a, &list->rows)) - cat;
    const lwi_aten_value args[3] = {list->rows, lwi_aten_int(0), lwi_aten_int(axis)};
    lwi_aten_value v = lwi_aten_apply(a, "movedim", 3, args);
    const lwi_aten_value ends[3] = {v, lwi_aten_int(axis), lwi_aten_int(axis + 1)};
    if (cat) v = lwi_aten_apply(a, "flatten", 3, ends);
    *result = lwi_ts_plain(v);
    return a->b.status;
}

/* torch.tensor(numbers, dtype): floats are float32 by default */
static lw_status as_tensor(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result) {
    const lwi_ts_object *list = call->args[0].object;
    lwi_aten *a = in->aten;
    lwi_ts_call with_rows = *call;
    lwi_aten_value rows = list->rows;
    void *args = NULL;
    bool done = false;
    if (list->row == LWI_ATEN_TENSOR) return lwi_fail(LW_CORRUPT, "a tensor is made of tensors");
    LW_TRY(lwi_arena_copy(in->memory, call->args, call->n * sizeof *call->args, &args));
    if (list->row == LWI_ATEN_FLOAT)
        rows = lwi_aten_tensor_of(a, lwi_aten_cast(a, lwi_aten_id(a, &rows), LW_FLOAT32));
    *(lwi_ts_value *)args = lwi_ts_plain(rows);
    with_rows.args = args;
    return lwi_ts_do_tensor(in, &with_rows, result, &done);
}

static const struct {
    const char *name;
    lw_status (*call)(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result);
} operators[] = {{"len", length}, {"__getitem__", item}, {"append", append},
                 {"cat", joined}, {"stack", joined},     {"tensor", as_tensor}};

lw_status lwi_ts_call_rows(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    const lwi_ts_object *list = call->n ? lwi_ts_object_of(&call->args[0], LWI_TS_O_LIST) : NULL;
    if (!list || list->mixed || list->growing || list->rows.kind != LWI_ATEN_TENSOR) return LW_OK;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strcmp(call->name, operators[i].name) != 0) continue;
        *done = true;
        return operators[i].call(in, call, result);
    }
    return LW_OK;
}
