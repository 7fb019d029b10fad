/* SPDX-License-Identifier: MIT
 * The filter tojson of transformers, which is Python's json.dumps, and values from JSON. */
#include "base/double_text.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "chat/jinja.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct dump {
    lwi_text out;
    bool ascii, sort, lines;
    lwi_val indent, item, key; /* separators */
    unsigned level;
} dump;

static lw_status put_value(dump *d, lwi_val v);

static lw_status put_string(dump *d, lwi_val v) {
    char escape[LWI_JSON_ESCAPE];
    LW_TRY(lwi_put(&d->out, "\"", 1));
    for (const char *p = v.text, *end = p + v.size; p < end;)
        LW_TRY(lwi_put(&d->out, escape, lwi_json_escape(&p, end, d->ascii, escape)));
    return lwi_put(&d->out, "\"", 1);
}

static lw_status new_line(dump *d) {
    if (!d->lines) return LW_OK;
    LW_TRY(lwi_put(&d->out, "\n", 1));
    for (unsigned i = 0; i < d->level; i++)
        LW_TRY(lwi_put(&d->out, d->indent.text, d->indent.size));
    return LW_OK;
}

static lw_status put_simple(dump *d, lwi_val v) {
    char digits[LWI_DOUBLE_TEXT];
    size_t n;
    if (v.kind == LWI_NONE) return lwi_put_zero_ended(&d->out, "null");
    if (v.kind == LWI_BOOL) return lwi_put_zero_ended(&d->out, v.truth ? "true" : "false");
    if (v.kind == LWI_FLOAT && isnan(v.number)) return lwi_put_zero_ended(&d->out, "NaN");
    if (v.kind == LWI_FLOAT && isinf(v.number))
        return lwi_put_zero_ended(&d->out, v.number < 0 ? "-Infinity" : "Infinity");
    if (v.kind == LWI_FLOAT) n = lwi_double_text(v.number, NULL, NULL, digits);
    else n = (size_t)snprintf(digits, sizeof digits, "%" PRId64, v.integer);
    return lwi_put(&d->out, digits, n);
}

static lw_status put_list(dump *d, const lwi_list *list) {
    if (!list->count) return lwi_put(&d->out, "[]", 2);
    LW_TRY(lwi_put(&d->out, "[", 1));
    d->level++;
    for (size_t i = 0; i < list->count; i++) {
        if (i) LW_TRY(lwi_put(&d->out, d->item.text, d->item.size));
        LW_TRY(new_line(d));
        LW_TRY(put_value(d, list->items[i]));
    }
    d->level--;
    LW_TRY(new_line(d));
    return lwi_put(&d->out, "]", 1);
}

static lw_status put_key(dump *d, lwi_val key) {
    if (key.kind == LWI_STR) return put_string(d, key);
    if (key.kind != LWI_NONE && !lwi_is_number(key))
        return LWI_WRONG("keys must be str, int, float, bool or None, not %s", lwi_type_name(key));
    LW_TRY(lwi_put(&d->out, "\"", 1));
    LW_TRY(put_simple(d, key));
    return lwi_put(&d->out, "\"", 1);
}

/* By insertion: objects are small, and steps are counted. */
static lw_status sort_pairs(lwi_jinja *run, lwi_pair *pairs, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const lwi_pair pair = pairs[i];
        size_t k = i;
        for (int order; k > 0; k--) {
            LW_TRY(lwi_step(run, 1));
            LW_TRY(lwi_order(run, pairs[k - 1].key, pair.key, &order));
            if (order <= 0) break;
            pairs[k] = pairs[k - 1];
        }
        pairs[k] = pair;
    }
    return LW_OK;
}

static lw_status put_dict(dump *d, const lwi_dict *dict) {
    lwi_pair *pairs = dict->pairs;
    if (!dict->count) return lwi_put(&d->out, "{}", 2);
    if (d->sort) {
        LW_TRY(lwi_take(d->out.run, dict->count, sizeof *pairs, &pairs));
        memcpy(pairs, dict->pairs, dict->count * sizeof *pairs);
        LW_TRY(sort_pairs(d->out.run, pairs, dict->count));
    }
    LW_TRY(lwi_put(&d->out, "{", 1));
    d->level++;
    for (size_t i = 0; i < dict->count; i++) {
        if (i) LW_TRY(lwi_put(&d->out, d->item.text, d->item.size));
        LW_TRY(new_line(d));
        LW_TRY(put_key(d, pairs[i].key));
        LW_TRY(lwi_put(&d->out, d->key.text, d->key.size));
        LW_TRY(put_value(d, pairs[i].value));
    }
    d->level--;
    LW_TRY(new_line(d));
    return lwi_put(&d->out, "}", 1);
}

static lw_status put_value(dump *d, lwi_val v) {
    LW_TRY(lwi_deeper(d->out.run));
    if (v.kind == LWI_STR) LW_TRY(put_string(d, v));
    else if (v.kind == LWI_NONE || lwi_is_number(v)) LW_TRY(put_simple(d, v));
    else if (lwi_is_list(v) && !v.list->form) LW_TRY(put_list(d, v.list));
    else if (v.kind == LWI_DICT) LW_TRY(put_dict(d, v.dict));
    else return LWI_WRONG("Object of type %s is not JSON serializable", lwi_type_name(v));
    d->out.run->depth--;
    return LW_OK;
}

static lw_status set_indent(dump *d, lwi_val indent) {
    if (indent.kind == LWI_UNDEFINED || indent.kind == LWI_NONE) return LW_OK;
    d->lines = true;
    d->item = lwi_word(",");
    if (indent.kind == LWI_STR) {
        d->indent = indent;
        return LW_OK;
    }
    if (!lwi_is_whole(indent)) return LWI_WRONG("tojson: indent must be a number or a string");
    lwi_text spaces = {.run = d->out.run};
    if (lwi_whole(indent) > 0) LW_TRY(lwi_put_times(&spaces, ' ', (size_t)lwi_whole(indent)));
    d->indent = lwi_text_value(&spaces);
    return LW_OK;
}

/* ensure_ascii, indent, separators, sort_keys */
lw_status lwi_tojson(lwi_jinja *run, lwi_val self, const lwi_val *slots, const lwi_args *all,
                     lwi_val *result) {
    (void)all;
    dump d = {.out.run = run, .item = lwi_word(", "), .key = lwi_word(": ")};
    LW_TRY(lwi_truth(run, slots[0], &d.ascii));
    LW_TRY(set_indent(&d, slots[1]));
    const lwi_val separators = slots[2];
    if (separators.kind != LWI_UNDEFINED && separators.kind != LWI_NONE) {
        const bool two = lwi_is_list(separators) && separators.list->count == 2 &&
                         separators.list->items[0].kind == LWI_STR &&
                         separators.list->items[1].kind == LWI_STR;
        if (!two) return LWI_WRONG("tojson: separators must be two strings");
        d.item = separators.list->items[0], d.key = separators.list->items[1];
    }
    LW_TRY(lwi_truth(run, slots[3], &d.sort));
    LW_TRY(put_value(&d, self));
    *result = lwi_text_value(&d.out);
    return LW_OK;
}

static lw_status list_from(lwi_jinja *run, const lwi_json_item *item, lwi_val *value) {
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, value));
    for (size_t i = 0; i < item->size; i++) {
        lwi_val child;
        LW_TRY(lwi_from_json(run, &item->items[i], &child));
        LW_TRY(lwi_append(run, value->list, child));
    }
    return LW_OK;
}

static lw_status dict_from(lwi_jinja *run, const lwi_json_item *item, lwi_val *value) {
    LW_TRY(lwi_new_dict(run, value));
    for (size_t i = 0; i < item->size; i++) {
        lwi_val child;
        const lwi_json_item *member = &item->items[i];
        LW_TRY(lwi_from_json(run, member, &child));
        LW_TRY(lwi_dict_add(run, value->dict, lwi_str(member->key, member->key_size), child));
    }
    return LW_OK;
}

lw_status lwi_from_json(lwi_jinja *run, const lwi_json_item *item, lwi_val *value) {
    switch ((lwi_json_kind)item->kind) {
    case LWI_JSON_NULL:
        *value = lwi_none();
        break;
    case LWI_JSON_BOOL:
        *value = lwi_bool(item->truth);
        break;
    case LWI_JSON_NUMBER:
        *value = item->is_integer ? lwi_int(item->integer) : lwi_float(item->number);
        break;
    case LWI_JSON_STRING:
        *value = lwi_str(item->text, item->size);
        break;
    case LWI_JSON_ARRAY:
        return list_from(run, item, value);
    case LWI_JSON_OBJECT:
        return dict_from(run, item, value);
    }
    return LW_OK;
}
