/* SPDX-License-Identifier: MIT
 * Functions of lists and tuples. */
#include "format/torchscript/ts_interp.h"

#include <string.h>

/* A list that may be written to now. */
static lw_status list_to_write(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_object **list) {
    *list = call->n ? lwi_ts_object_of(&call->args[0], LWI_TS_O_LIST) : NULL;
    return *list ? lwi_ts_touch(in, *list) : LW_OK;
}

/* An index from 0, or an end of a slice (up to n). */
static bool place(int64_t i, size_t n, bool end, size_t *at) {
    if (i < 0) i += (int64_t)n;
    if (end) i = i < 0 ? 0 : i > (int64_t)n ? (int64_t)n : i;
    *at = (size_t)i;
    return i >= 0 && i < (int64_t)n + end;
}

static lw_status no_place(const lwi_ts_value *index, size_t n) {
    int64_t i = 0;
    if (lwi_ts_known_int(index, &i))
        return lwi_fail(LW_RANGE, "list index %lld out of range of %zu", (long long)i, n);
    return lwi_fail(LW_UNSUPPORTED, "the index of a list depends on data");
}

static lw_status find_place(const lwi_ts_value *index, size_t n, size_t *at) {
    int64_t i = 0;
    return lwi_ts_known_int(index, &i) && place(i, n, false, at) ? LW_OK : no_place(index, n);
}

lw_status lwi_ts_do_append(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    lwi_ts_object *list = NULL;
    LW_TRY(list_to_write(in, call, &list));
    if (!list || call->n != 2) return LW_OK;
    *done = true;
    *result = call->args[0];
    return lwi_ts_add_item(in->memory, list, NULL, &call->args[1]);
}

lw_status lwi_ts_do_extend(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    lwi_ts_object *list = NULL;
    LW_TRY(list_to_write(in, call, &list));
    const lwi_ts_object *more = call->n == 2 ? lwi_ts_sequence(&call->args[1]) : NULL;
    if (!list || !more) return LW_OK;
    *done = true;
    *result = call->args[0];
    for (size_t i = 0, n = more->n; i < n; i++) {
        const lwi_ts_value item = more->items[i];
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &item));
    }
    return LW_OK;
}

lw_status lwi_ts_do_insert(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    lwi_ts_object *list = NULL;
    int64_t index = 0;
    size_t at = 0;
    LW_TRY(list_to_write(in, call, &list));
    if (!list || call->n != 3) return LW_OK;
    if (!lwi_ts_known_int(&call->args[1], &index)) return no_place(&call->args[1], list->n);
    place(index, list->n, true, &at);
    LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &call->args[2]));
    memmove(list->items + at + 1, list->items + at, (list->n - 1 - at) * sizeof *list->items);
    list->items[at] = call->args[2];
    *done = true;
    *result = call->args[0];
    return LW_OK;
}

static void take_out(lwi_ts_object *o, size_t at) {
    memmove(o->items + at, o->items + at + 1, (o->n - 1 - at) * sizeof *o->items);
    if (o->keys) memmove(o->keys + at, o->keys + at + 1, (o->n - 1 - at) * sizeof *o->keys);
    o->n--;
}

/* Of a list by index, the last by default; of a dict by key. */
lw_status lwi_ts_do_pop(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                        bool *done) {
    lwi_ts_object *o = call->n && call->args[0].kind == LWI_TS_OBJECT ? call->args[0].object : NULL;
    const lwi_ts_value last = lwi_ts_plain(lwi_aten_int(-1));
    size_t at = 0;
    if (!o || (o->kind != LWI_TS_O_LIST && o->kind != LWI_TS_O_DICT)) return LW_OK;
    if (o->kind == LWI_TS_O_LIST)
        LW_TRY(find_place(call->n > 1 ? &call->args[1] : &last, o->n, &at));
    else at = call->n > 1 ? lwi_ts_find_key(o, &call->args[1]) : o->n;
    *done = true;
    if (at >= o->n && call->n > 2) {
        *result = call->args[2];
        return LW_OK;
    }
    if (at >= o->n) return lwi_fail(LW_RANGE, "the dict has no such key");
    LW_TRY(lwi_ts_touch(in, o));
    *result = o->items[at];
    take_out(o, at);
    return LW_OK;
}

lw_status lwi_ts_do_clear(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    lwi_ts_object *o = call->n && call->args[0].kind == LWI_TS_OBJECT ? call->args[0].object : NULL;
    if (!o || (o->kind != LWI_TS_O_LIST && o->kind != LWI_TS_O_DICT)) return LW_OK;
    LW_TRY(lwi_ts_touch(in, o));
    o->n = 0;
    return lwi_ts_done(result, lwi_aten_none(), done);
}

lw_status lwi_ts_do_delete(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    LW_TRY(lwi_ts_do_pop(in, call, result, done));
    *result = lwi_ts_none();
    return LW_OK;
}

lw_status lwi_ts_do_reverse(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                            bool *done) {
    lwi_ts_object *list = NULL;
    LW_TRY(list_to_write(in, call, &list));
    if (!list) return LW_OK;
    for (size_t i = 0; i < list->n / 2; i++) {
        const lwi_ts_value other = list->items[list->n - 1 - i];
        list->items[list->n - 1 - i] = list->items[i];
        list->items[i] = other;
    }
    return lwi_ts_done(result, lwi_aten_none(), done);
}

/* list(x), x.copy(), tuple unpacked to a list: a new one with the same items. */
lw_status lwi_ts_do_copy_list(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                              bool *done) {
    const lwi_ts_object *from =
        call->n == 1 && call->args[0].kind == LWI_TS_OBJECT ? call->args[0].object : NULL;
    lwi_ts_object *list = NULL;
    if (!from || from->kind == LWI_TS_O_INSTANCE) return LW_OK;
    const bool dict = from->kind == LWI_TS_O_DICT;
    const bool keys = dict && strcmp(call->name, "list") == 0;
    LW_TRY(lwi_ts_new_object(in, dict && !keys ? LWI_TS_O_DICT : LWI_TS_O_LIST, &list));
    for (size_t i = 0; i < from->n; i++)
        LW_TRY(lwi_ts_add_item(in->memory, list, dict && !keys ? &from->keys[i] : NULL,
                               keys ? &from->keys[i] : &from->items[i]));
    *result = lwi_ts_of(list);
    *done = true;
    return LW_OK;
}

/* Of a list, tuple, dict or string by index or key. */
lw_status lwi_ts_do_get_item(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    (void)in;
    if (call->n != 2) return LW_OK;
    const lwi_ts_object *list = lwi_ts_sequence(&call->args[0]);
    const lwi_ts_object *dict = lwi_ts_object_of(&call->args[0], LWI_TS_O_DICT);
    size_t at = 0;
    if (list) LW_TRY(find_place(&call->args[1], list->n, &at));
    else if (dict) at = lwi_ts_find_key(dict, &call->args[1]);
    else if (lwi_ts_is_plain(&call->args[0], LWI_ATEN_STRING)) {
        const lw_string s = call->args[0].plain.s;
        LW_TRY(find_place(&call->args[1], s.size, &at));
        return lwi_ts_done(result, lwi_aten_string((lw_string){s.data + at, 1}), done);
    } else return LW_OK;
    const lwi_ts_object *o = list ? list : dict;
    if (at >= o->n) return lwi_fail(LW_RANGE, "the dict has no such key");
    *result = o->items[at];
    *done = true;
    return LW_OK;
}

lw_status lwi_ts_do_set_item(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    if (call->n != 3 || call->args[0].kind != LWI_TS_OBJECT) return LW_OK;
    lwi_ts_object *o = call->args[0].object;
    size_t at = 0;
    if (o->kind != LWI_TS_O_LIST && o->kind != LWI_TS_O_DICT) return LW_OK;
    LW_TRY(lwi_ts_touch(in, o));
    if (o->kind == LWI_TS_O_LIST) LW_TRY(find_place(&call->args[1], o->n, &at));
    else at = lwi_ts_find_key(o, &call->args[1]);
    if (at < o->n) o->items[at] = call->args[2];
    else LW_TRY(lwi_ts_add_item(in->memory, o, &call->args[1], &call->args[2]));
    *done = true;
    *result = call->args[0];
    return LW_OK;
}

/* (list or string, start, end, step) */
lw_status lwi_ts_do_slice(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    const lwi_ts_object *from = call->n ? lwi_ts_sequence(&call->args[0]) : NULL;
    const bool text = call->n && lwi_ts_is_plain(&call->args[0], LWI_ATEN_STRING);
    const size_t n = from ? from->n : text ? call->args[0].plain.s.size : 0;
    int64_t part[3] = {0, (int64_t)n, 1};
    size_t first = 0, last = 0;
    lwi_ts_object *list = NULL;
    if ((!from && !text) || call->n > 4) return LW_OK;
    for (size_t i = 1; i < call->n; i++)
        if (!lwi_ts_is_none(&call->args[i]) && !lwi_ts_known_int(&call->args[i], &part[i - 1]))
            return no_place(&call->args[i], n);
    const int64_t step = part[2];
    if (step == 0 || (text && step != 1))
        return lwi_fail(LW_UNSUPPORTED, "a slice of step %lld", (long long)step);
    if (step < 0 && (call->n < 2 || lwi_ts_is_none(&call->args[1]))) part[0] = (int64_t)n - 1;
    place(part[0], n, true, &first);
    place(part[1], n, true, &last);
    if (step < 0) last = call->n > 2 && !lwi_ts_is_none(&call->args[2]) ? last : SIZE_MAX;
    *done = true;
    if (text) {
        const lw_string s = {call->args[0].plain.s.data + first, last > first ? last - first : 0};
        *result = lwi_ts_plain(lwi_aten_string(s));
        return LW_OK;
    }
    LW_TRY(lwi_ts_new_object(in, from->kind, &list));
    const int64_t end = last == SIZE_MAX ? -1 : (int64_t)last;
    for (int64_t i = (int64_t)first; (step > 0 ? i < end : i > end) && i < (int64_t)n;) {
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &from->items[i]));
        if (!__builtin_add_overflow(i, step, &i)) continue;
        break;
    }
    *result = lwi_ts_of(list);
    return LW_OK;
}

/* range(n), range(first, last, step) as a list; __range_length of the same. */
static lw_status range_of(const lwi_ts_call *call, int64_t part[3], int64_t *n, bool *known) {
    part[0] = 0, part[2] = 1;
    *known = true;
    if (call->n < 1 || call->n > 3) return lwi_fail(LW_CORRUPT, "a range of %zu numbers", call->n);
    for (size_t i = 0; i < call->n; i++)
        *known &= lwi_ts_known_int(&call->args[i], &part[call->n == 1 ? 1 : i]);
    if (!*known) return LW_OK;
    const int64_t step = part[2];
    const double length = ((double)part[1] - (double)part[0]) / (double)step;
    if (step == 0 || length > 1e9) return lwi_fail(LW_LIMIT, "a range is too long");
    const int64_t distance = step > 0 ? part[1] - part[0] : part[0] - part[1];
    const int64_t size = step > 0 ? step : -step;
    *n = distance <= 0 ? 0 : (distance + size - 1) / size;
    return LW_OK;
}

lw_status lwi_ts_do_range(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                          bool *done) {
    int64_t part[3], n = 0;
    bool known = false;
    lwi_ts_object *list = NULL;
    if (call->n == 1 && strcmp(call->name, "python::range") == 0) {
        *result = call->args[0]; /* what a loop counts to */
        *done = true;
        return LW_OK;
    }
    LW_TRY(range_of(call, part, &n, &known));
    if (!known || n > LWI_TS_UNROLL)
        return lwi_fail(LW_UNSUPPORTED, "a range whose length depends on data or is too long");
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_LIST, &list));
    for (int64_t i = 0; i < n; i++) {
        const lwi_ts_value item = lwi_ts_plain(lwi_aten_int(part[0] + i * part[2]));
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &item));
    }
    *result = lwi_ts_of(list);
    *done = true;
    return LW_OK;
}

/* (first, last, step): max(0, ceil((last - first) / step)), of a positive step where unknown. */
lw_status lwi_ts_do_range_length(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                 bool *done) {
    int64_t part[3], n = 0;
    bool known = false;
    LW_TRY(range_of(call, part, &n, &known));
    if (known) return lwi_ts_done(result, lwi_aten_int(n), done);
    int64_t step = 1;
    if (call->n != 3 || !lwi_ts_known_int(&call->args[2], &step) || step < 1)
        return lwi_fail(LW_UNSUPPORTED, "the step of a range depends on data");
    lwi_aten *a = in->aten;
    const lwi_aten_value minus = lwi_aten_int(-step), zero = lwi_aten_int(0);
    const lwi_aten_value back =
        lwi_aten_number(a, "sub", &call->args[1].plain, &call->args[0].plain);
    const lwi_aten_value down = lwi_aten_number(a, "floordiv", &back, &minus);
    const lwi_aten_value up = lwi_aten_number(a, "neg", &down, NULL);
    return lwi_ts_done(result, lwi_aten_number(a, "max", &up, &zero), done);
}

/* (i, first, step): first + i * step */
lw_status lwi_ts_do_derive_index(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                 bool *done) {
    if (call->n != 3) return LW_OK;
    const lwi_aten_value far =
        lwi_aten_number(in->aten, "mul", &call->args[0].plain, &call->args[2].plain);
    *result = lwi_ts_plain(lwi_aten_number(in->aten, "add", &call->args[1].plain, &far));
    *done = true;
    return in->aten->b.status;
}

lw_status lwi_ts_do_length(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    const lwi_ts_value *v = call->args;
    if (call->n != 1) return LW_OK;
    if (lwi_ts_is_tensor(v)) {
        const lwi_ts_value args[2] = {*v, lwi_ts_plain(lwi_aten_int(0))};
        *done = true;
        return lwi_ts_torch(in, &(lwi_ts_call){"size", args, NULL, 2}, result);
    }
    if (lwi_ts_is_plain(v, LWI_ATEN_STRING))
        return lwi_ts_done(result, lwi_aten_int((int64_t)v->plain.s.size), done);
    if (v->kind != LWI_TS_OBJECT || v->object->kind == LWI_TS_O_INSTANCE) return LW_OK;
    return lwi_ts_done(result, lwi_aten_int((int64_t)v->object->n), done);
}

/* ------------------------------------------------------------------- search */

static bool same(const lwi_ts_value *x, const lwi_ts_value *y) {
    if (lwi_ts_is_known(x) && lwi_ts_is_known(y) && lwi_ts_is_number(x) && lwi_ts_is_number(y)) {
        const double p = x->plain.kind == LWI_ATEN_FLOAT ? x->plain.f
                         : x->plain.kind == LWI_ATEN_INT ? (double)x->plain.i
                                                         : x->plain.b;
        const double q = y->plain.kind == LWI_ATEN_FLOAT ? y->plain.f
                         : y->plain.kind == LWI_ATEN_INT ? (double)y->plain.i
                                                         : y->plain.b;
        return p == q;
    }
    return lwi_ts_equal(x, y);
}

static lw_status all_known(const lwi_ts_object *o, const lwi_ts_value *v) {
    bool known = lwi_ts_is_known(v);
    for (size_t i = 0; i < o->n; i++)
        known &= o->items[i].kind == LWI_TS_OBJECT || lwi_ts_is_known(&o->items[i]);
    return known ? LW_OK : lwi_fail(LW_UNSUPPORTED, "what a list has depends on data");
}

lw_status lwi_ts_do_contains(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    (void)in;
    if (call->n != 2) return LW_OK;
    const lwi_ts_value *v = &call->args[0], *key = &call->args[1];
    const lwi_ts_object *dict = lwi_ts_object_of(v, LWI_TS_O_DICT), *list = lwi_ts_sequence(v);
    bool has = false;
    if (dict) has = lwi_ts_find_key(dict, key) < dict->n;
    else if (list) {
        LW_TRY(all_known(list, key));
        for (size_t i = 0; i < list->n && !has; i++)
            has = same(&list->items[i], key);
    } else if (lwi_ts_is_plain(v, LWI_ATEN_STRING) && lwi_ts_is_plain(key, LWI_ATEN_STRING)) {
        const lw_string s = v->plain.s, part = key->plain.s;
        for (size_t i = 0; i + part.size <= s.size && !has; i++)
            has = !memcmp(s.data + i, part.data, part.size);
    } else return LW_OK;
    return lwi_ts_done(result, lwi_aten_bool(has), done);
}

/* Of an item in a list. */
lw_status lwi_ts_do_index_of(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    const lwi_ts_object *list = call->n == 2 ? lwi_ts_sequence(&call->args[0]) : NULL;
    (void)in;
    if (!list) return LW_OK;
    LW_TRY(all_known(list, &call->args[1]));
    for (size_t i = 0; i < list->n; i++)
        if (same(&list->items[i], &call->args[1]))
            return lwi_ts_done(result, lwi_aten_int((int64_t)i), done);
    return lwi_fail(LW_RANGE, "the list has no such item");
}

/* sorted(x), x.sort(): known numbers and strings only. */
lw_status lwi_ts_do_sort_list(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                              bool *done) {
    lwi_ts_value copy = lwi_ts_none();
    const lwi_ts_object *from = call->n ? lwi_ts_sequence(&call->args[0]) : NULL;
    if (!from) return LW_OK;
    LW_TRY(all_known(from, &copy));
    const bool anew = strcmp(call->name, "sort") != 0;
    copy = call->args[0];
    if (anew)
        LW_TRY(lwi_ts_do_copy_list(in, &(lwi_ts_call){"copy", call->args, NULL, 1}, &copy, done));
    lwi_ts_object *list = copy.object;
    LW_TRY(lwi_ts_touch(in, list));
    for (size_t i = 1; i < list->n; i++)
        for (size_t j = i; j > 0; j--) {
            const lwi_ts_value sides[2] = {list->items[j], list->items[j - 1]};
            lwi_ts_value less;
            LW_TRY(lwi_ts_torch(in, &(lwi_ts_call){"lt", sides, NULL, 2}, &less));
            if (!lwi_ts_is_plain(&less, LWI_ATEN_BOOL) || !less.plain.b) break;
            list->items[j] = sides[1];
            list->items[j - 1] = sides[0];
        }
    *done = true;
    *result = anew ? copy : lwi_ts_none();
    return LW_OK;
}
