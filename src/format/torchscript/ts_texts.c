/* SPDX-License-Identifier: MIT
 * Functions of strings, which mostly make messages. */
#include "format/torchscript/ts_interp.h"

#include "base/byte_buffer.h"
#include "base/double_text.h"

#include <stdio.h>
#include <string.h>

static const lwi_aten_value *text_of(const lwi_ts_call *call, size_t i) {
    return i < call->n && lwi_ts_is_plain(&call->args[i], LWI_ATEN_STRING) ? &call->args[i].plain
                                                                           : NULL;
}

/* A value as text; what depends on data as its kind. */
static lw_status put_value(lwi_buffer *out, const lwi_ts_value *v) {
    char number[LWI_DOUBLE_TEXT + 1];
    if (out->size > LWI_TS_LONGEST_TEXT) return lwi_fail(LW_LIMIT, "a text is too long");
    if (!lwi_ts_is_known(v)) return lwi_buffer_text(out, lwi_ts_kind_name(v));
    switch (v->plain.kind) {
    case LWI_ATEN_STRING:
        return lwi_buffer_put(out, v->plain.s.data, v->plain.s.size);
    case LWI_ATEN_BOOL:
        return lwi_buffer_text(out, v->plain.b ? "True" : "False");
    case LWI_ATEN_INT:
        snprintf(number, sizeof number, "%lld", (long long)v->plain.i);
        return lwi_buffer_text(out, number);
    case LWI_ATEN_FLOAT:
        return lwi_buffer_put(out, number, lwi_double_text(v->plain.f, NULL, NULL, number));
    default:
        return lwi_buffer_text(out, "None");
    }
}

/* The buffer's bytes as a string in the arena. */
static lw_status take_text(lwi_ts_interp *in, lwi_buffer *out, lw_status status,
                           lwi_ts_value *result, bool *done) {
    const char *copy = "";
    if (status == LW_OK && out->size)
        status = lwi_arena_string(&in->aten->b.network->arena, out->data, out->size, &copy);
    const size_t size = out->size;
    lwi_buffer_free(out);
    LW_TRY(status);
    return lwi_ts_done(result, lwi_aten_string((lw_string){copy, size}), done);
}

static lw_status put_format(const lwi_ts_call *call, lwi_buffer *out) {
    const lw_string s = call->args[0].plain.s;
    size_t used = 1;
    for (size_t i = 0; i < s.size; i++) {
        const bool place = s.data[i] == '{';
        if (place)
            while (i < s.size && s.data[i] != '}')
                i++;
        if (place && used < call->n) LW_TRY(put_value(out, &call->args[used++]));
        else if (!place) LW_TRY(lwi_buffer_put(out, s.data + i, 1));
    }
    return LW_OK;
}

/* "{} and {}".format(x, y) */
lw_status lwi_ts_do_format(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                           bool *done) {
    lwi_buffer out = lwi_buffer_new(&in->memory->allocator);
    if (!text_of(call, 0)) return LW_OK;
    return take_text(in, &out, put_format(call, &out), result, done);
}

static lw_status put_percent_format(const lwi_ts_call *call, lwi_buffer *out) {
    const lw_string s = call->args[0].plain.s;
    size_t used = 1;
    for (size_t i = 0; i < s.size; i++) {
        const bool place = s.data[i] == '%' && i + 1 < s.size;
        i += place;
        if (place && s.data[i] != '%' && used < call->n)
            LW_TRY(put_value(out, &call->args[used++]));
        else LW_TRY(lwi_buffer_put(out, s.data + i, 1));
    }
    return LW_OK;
}

lw_status lwi_ts_do_percent_format(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                   bool *done) {
    lwi_buffer out = lwi_buffer_new(&in->memory->allocator);
    if (!text_of(call, 0)) return LW_OK;
    return take_text(in, &out, put_percent_format(call, &out), result, done);
}

lw_status lwi_ts_do_str(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                        bool *done) {
    lwi_buffer out = lwi_buffer_new(&in->memory->allocator);
    if (call->n != 1) return LW_OK;
    return take_text(in, &out, put_value(&out, &call->args[0]), result, done);
}

/* s.join(list) */
lw_status lwi_ts_do_join(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                         bool *done) {
    lwi_buffer out = lwi_buffer_new(&in->memory->allocator);
    const lwi_ts_object *list = call->n == 2 ? lwi_ts_sequence(&call->args[1]) : NULL;
    lw_status status = LW_OK;
    if (!text_of(call, 0) || !list) return LW_OK;
    for (size_t i = 0; i < list->n && status == LW_OK; i++) {
        if (i) status = put_value(&out, &call->args[0]);
        if (status == LW_OK) status = put_value(&out, &list->items[i]);
    }
    return take_text(in, &out, status, result, done);
}

lw_status lwi_ts_do_find_text(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                              bool *done) {
    const lwi_aten_value *s = text_of(call, 0), *part = text_of(call, 1);
    int64_t at = -1;
    (void)in;
    if (!s || !part) return LW_OK;
    for (size_t i = 0; at < 0 && i + part->s.size <= s->s.size; i++)
        if (!memcmp(s->s.data + i, part->s.data, part->s.size)) at = (int64_t)i;
    return lwi_ts_done(result, lwi_aten_int(at), done);
}

lw_status lwi_ts_do_text_starts(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                bool *done) {
    const lwi_aten_value *s = text_of(call, 0), *part = text_of(call, 1);
    (void)in;
    if (!s || !part) return LW_OK;
    const bool end = strcmp(call->name, "endswith") == 0, fits = part->s.size <= s->s.size;
    const size_t from = end && fits ? s->s.size - part->s.size : 0;
    const bool is = fits && !memcmp(s->s.data + from, part->s.data, part->s.size);
    return lwi_ts_done(result, lwi_aten_bool(is), done);
}

lw_status lwi_ts_do_text_case(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                              bool *done) {
    const lwi_aten_value *s = text_of(call, 0);
    const char *copy = NULL;
    if (!s) return LW_OK;
    LW_TRY(lwi_arena_string(&in->aten->b.network->arena, s->s.data, s->s.size, &copy));
    const bool up = strcmp(call->name, "upper") == 0;
    for (char *c = (char *)copy; *c; c++)
        if (up ? *c >= 'a' && *c <= 'z' : *c >= 'A' && *c <= 'Z') *c ^= 32;
    return lwi_ts_done(result, lwi_aten_string((lw_string){copy, s->s.size}), done);
}
