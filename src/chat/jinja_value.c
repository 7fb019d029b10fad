/* SPDX-License-Identifier: MIT
 * Values as Python treats them: truth, equality, order, membership, iteration. */
#include "chat/jinja_nodes.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

/* -------------------------------------------------------------------- limits */

lw_status lwi_step(lwi_jinja *run, size_t n) {
    run->steps += n;
    if (run->steps > run->limits.steps)
        return lwi_fail(LW_LIMIT, "the template takes more than %llu steps",
                        (unsigned long long)run->limits.steps);
    return LW_OK;
}

static lw_status out_of_memory(const lwi_jinja *run) {
    return lwi_fail(LW_LIMIT, "the template takes more than %zu bytes of memory",
                    run->limits.memory);
}

lw_status lwi_take(lwi_jinja *run, size_t n, size_t size, void *block) {
    const size_t left =
        run->arena.used < run->limits.memory ? run->limits.memory - run->arena.used : 0;
    if (size && n > left / size) return out_of_memory(run);
    return lwi_arena_alloc(&run->arena, n, size, block);
}

/* lwi_arena_grow within the limit. */
static lw_status grow(lwi_jinja *run, void *array, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) return LW_OK;
    const size_t n = need < *capacity * 2 ? *capacity * 2 : need;
    if (run->arena.used > run->limits.memory || n > (run->limits.memory - run->arena.used) / size)
        return out_of_memory(run);
    return lwi_arena_grow(&run->arena, array, capacity, need, size);
}

lw_status lwi_deeper(lwi_jinja *run) {
    if (run->depth >= run->limits.depth)
        return lwi_fail(LW_LIMIT, "the template is nested more than %u deep", run->limits.depth);
    run->depth++;
    return lwi_step(run, 1);
}

/* Makes room for more bytes. */
static lw_status make_room(lwi_text *text, size_t size) {
    const size_t most = text->limit && text->limit < UINT32_MAX ? text->limit : UINT32_MAX;
    if (text->size > most || size > most - text->size)
        return lwi_fail(LW_LIMIT, "the template writes more than %zu bytes", most);
    LW_TRY(lwi_step(text->run, size / 64));
    return grow(text->run, &text->data, &text->capacity, text->size + size, 1);
}

lw_status lwi_put(lwi_text *text, const char *data, size_t size) {
    if (!size) return LW_OK;
    LW_TRY(make_room(text, size));
    memcpy(text->data + text->size, data, size);
    text->size += size;
    return LW_OK;
}

lw_status lwi_put_zero_ended(lwi_text *text, const char *data) {
    return lwi_put(text, data, strlen(data));
}

lw_status lwi_put_times(lwi_text *text, char c, size_t n) {
    if (!n) return LW_OK;
    LW_TRY(make_room(text, n));
    memset(text->data + text->size, c, n);
    text->size += n;
    return LW_OK;
}

lwi_val lwi_text_value(const lwi_text *text) {
    return lwi_str(text->data ? text->data : "", text->size);
}

/* ---------------------------------------------------------------- containers */

lwi_val lwi_word(const char *text) { return lwi_str(text, strlen(text)); }

lw_status lwi_new_list(lwi_jinja *run, uint8_t kind, lwi_list_form form, lwi_val *value) {
    lwi_list *list = NULL;
    LW_TRY(lwi_take(run, 1, sizeof *list, &list));
    list->form = (uint8_t)form;
    *value = (lwi_val){.kind = kind, .list = list};
    return LW_OK;
}

lw_status lwi_append(lwi_jinja *run, lwi_list *list, lwi_val item) {
    LW_TRY(lwi_step(run, 1));
    LW_TRY(grow(run, &list->items, &list->capacity, list->count + 1, sizeof item));
    list->items[list->count++] = item;
    return LW_OK;
}

lw_status lwi_new_dict(lwi_jinja *run, lwi_val *value) {
    lwi_dict *dict = NULL;
    LW_TRY(lwi_take(run, 1, sizeof *dict, &dict));
    *value = (lwi_val){.kind = LWI_DICT, .dict = dict};
    return LW_OK;
}

static lw_status hash(lwi_val key, uint64_t *h) {
    if (key.kind == LWI_LIST || key.kind == LWI_DICT)
        return LWI_WRONG("unhashable type: '%s'", lwi_type_name(key));
    *h = key.kind == LWI_STR  ? lwi_hash(1, key.text, key.size)
         : lwi_is_number(key) ? (uint64_t)(int64_t)(lwi_number(key) * 65536) /* 1 == 1.0 */
                              : key.kind;
    return LW_OK;
}

static lw_status find(lwi_jinja *run, const lwi_dict *dict, lwi_val key, uint64_t h,
                      size_t *place) {
    LW_TRY(lwi_step(run, dict->count / 32));
    for (size_t i = 0; i < dict->count; i++) {
        bool equal = false;
        if (dict->pairs[i].hash != h) continue;
        LW_TRY(lwi_equal(run, dict->pairs[i].key, key, &equal));
        if (!equal) continue;
        *place = i;
        return LW_OK;
    }
    *place = SIZE_MAX;
    return LW_OK;
}

lw_status lwi_dict_set(lwi_jinja *run, lwi_dict *dict, lwi_val key, lwi_val value) {
    uint64_t h;
    size_t place;
    LW_TRY(hash(key, &h));
    LW_TRY(find(run, dict, key, h, &place));
    if (place == SIZE_MAX) return lwi_dict_add(run, dict, key, value);
    dict->pairs[place].value = value;
    return LW_OK;
}

lw_status lwi_dict_add(lwi_jinja *run, lwi_dict *dict, lwi_val key, lwi_val value) {
    uint64_t h;
    LW_TRY(hash(key, &h));
    LW_TRY(grow(run, &dict->pairs, &dict->capacity, dict->count + 1, sizeof *dict->pairs));
    dict->pairs[dict->count++] = (lwi_pair){key, value, h};
    return LW_OK;
}

lw_status lwi_dict_find(lwi_jinja *run, const lwi_dict *dict, lwi_val key, const lwi_val **found) {
    uint64_t h;
    size_t place;
    LW_TRY(hash(key, &h));
    LW_TRY(find(run, dict, key, h, &place));
    *found = place == SIZE_MAX ? NULL : &dict->pairs[place].value;
    return LW_OK;
}

const lwi_val *lwi_dict_word(const lwi_dict *dict, const char *text, size_t size) {
    const lwi_val key = lwi_str(text, size);
    for (size_t i = 0; i < dict->count; i++)
        if (dict->pairs[i].key.kind == LWI_STR && lwi_same_text(dict->pairs[i].key, key))
            return &dict->pairs[i].value;
    return NULL;
}

/* -------------------------------------------------------------------- truth */

const char *lwi_type_name(lwi_val v) {
    static const char *const names[] = {"Undefined",   "NoneType", "bool",     "int",   "float",
                                        "str",         "list",     "tuple",    "dict",  "Namespace",
                                        "LoopContext", "Macro",    "function", "Cycler"};
    static const char *const forms[] = {"list", "range", "dict view", "generator"};
    return v.kind == LWI_LIST ? forms[v.list->form] : names[v.kind];
}

bool lwi_same_text(lwi_val a, lwi_val b) {
    return a.size == b.size && (a.size == 0 || !memcmp(a.text, b.text, a.size));
}

static lw_status forbidden(lwi_val value) {
    return LWI_WRONG("access to attribute '%s' is unsafe", value.text);
}

lw_status lwi_truth(lwi_jinja *run, lwi_val v, bool *truth) {
    (void)run;
    if (v.kind == LWI_UNDEFINED && v.unsafe) return forbidden(v);
    switch ((lwi_val_kind)v.kind) {
    case LWI_UNDEFINED:
    case LWI_NONE:
        *truth = false;
        break;
    case LWI_BOOL:
        *truth = v.truth;
        break;
    case LWI_INT:
        *truth = v.integer != 0;
        break;
    case LWI_FLOAT:
        *truth = v.number != 0;
        break;
    case LWI_STR:
        *truth = v.size > 0;
        break;
    case LWI_LIST:
    case LWI_TUPLE:
        *truth = v.list->form == LWI_GENERATOR || v.list->count > 0;
        break;
    case LWI_DICT:
        *truth = v.dict->count > 0;
        break;
    default:
        *truth = true;
    }
    return LW_OK;
}

/* ----------------------------------------------------------------- comparing */

static lw_status equal_lists(lwi_jinja *run, const lwi_list *a, const lwi_list *b, bool *equal) {
    *equal = a->count == b->count;
    for (size_t i = 0; i < a->count && *equal; i++)
        LW_TRY(lwi_equal(run, a->items[i], b->items[i], equal));
    return LW_OK;
}

static lw_status equal_dicts(lwi_jinja *run, const lwi_dict *a, const lwi_dict *b, bool *equal) {
    *equal = a->count == b->count;
    for (size_t i = 0; i < a->count && *equal; i++) {
        const lwi_val *other;
        LW_TRY(lwi_dict_find(run, b, a->pairs[i].key, &other));
        *equal = other != NULL;
        if (other) LW_TRY(lwi_equal(run, a->pairs[i].value, *other, equal));
    }
    return LW_OK;
}

lw_status lwi_equal(lwi_jinja *run, lwi_val a, lwi_val b, bool *equal) {
    LW_TRY(lwi_deeper(run));
    *equal = false;
    if (lwi_is_whole(a) && lwi_is_whole(b)) *equal = lwi_whole(a) == lwi_whole(b);
    else if (lwi_is_number(a) && lwi_is_number(b)) *equal = lwi_number(a) == lwi_number(b);
    else if (a.kind != b.kind) *equal = false;
    else if (a.kind == LWI_UNDEFINED || a.kind == LWI_NONE) *equal = true;
    else if (a.kind == LWI_STR) *equal = lwi_same_text(a, b);
    else if (lwi_is_list(a)) LW_TRY(equal_lists(run, a.list, b.list, equal));
    else if (a.kind == LWI_DICT) LW_TRY(equal_dicts(run, a.dict, b.dict, equal));
    else *equal = a.dict == b.dict;
    run->depth--;
    return LW_OK;
}

static lw_status order_lists(lwi_jinja *run, const lwi_list *a, const lwi_list *b, int *order) {
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        bool equal;
        LW_TRY(lwi_equal(run, a->items[i], b->items[i], &equal));
        if (!equal) return lwi_order(run, a->items[i], b->items[i], order);
    }
    *order = a->count < b->count ? -1 : a->count > b->count;
    return LW_OK;
}

lw_status lwi_order(lwi_jinja *run, lwi_val a, lwi_val b, int *order) {
    if (lwi_is_whole(a) && lwi_is_whole(b)) {
        *order = lwi_whole(a) < lwi_whole(b) ? -1 : lwi_whole(a) > lwi_whole(b);
    } else if (lwi_is_number(a) && lwi_is_number(b)) {
        const double x = lwi_number(a), y = lwi_number(b);
        *order = x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
    } else if (a.kind == LWI_STR && b.kind == LWI_STR) {
        const int c =
            memcmp(a.size ? a.text : "", b.size ? b.text : "", a.size < b.size ? a.size : b.size);
        *order = c ? c < 0 ? -1 : 1 : a.size < b.size ? -1 : a.size > b.size;
    } else if (lwi_is_list(a) && a.kind == b.kind && !a.list->form && !b.list->form) {
        LW_TRY(lwi_deeper(run));
        LW_TRY(order_lists(run, a.list, b.list, order));
        run->depth--;
    } else {
        return LWI_WRONG("'%s' and '%s' have no order", lwi_type_name(a), lwi_type_name(b));
    }
    return LW_OK;
}

static lw_status list_contains(lwi_jinja *run, lwi_list *list, lwi_val item, bool *found) {
    for (size_t i = 0; i < list->count && !*found; i++)
        LW_TRY(lwi_equal(run, list->items[i], item, found));
    return LW_OK;
}

lw_status lwi_contains(lwi_jinja *run, lwi_val container, lwi_val item, bool *found) {
    *found = false;
    if (container.kind == LWI_STR) {
        if (item.kind != LWI_STR)
            return LWI_WRONG("'in <string>' requires string as left operand, not %s",
                             lwi_type_name(item));
        LW_TRY(lwi_step(run, container.size / 64));
        *found = lwi_find(container, item, 0) != SIZE_MAX;
        return LW_OK;
    }
    if (container.kind == LWI_DICT) {
        const lwi_val *value;
        LW_TRY(lwi_dict_find(run, container.dict, item, &value));
        *found = value != NULL;
        return LW_OK;
    }
    lwi_list items;
    LW_TRY(lwi_iterate(run, container, &items));
    return list_contains(run, &items, item, found);
}

/* ----------------------------------------------------------------- iteration */

lw_status lwi_length(lwi_jinja *run, lwi_val v, size_t *length) {
    if (v.kind == LWI_UNDEFINED && v.unsafe) return forbidden(v);
    if (v.kind == LWI_UNDEFINED) *length = 0;
    else if (v.kind == LWI_STR) {
        LW_TRY(lwi_step(run, v.size / 64));
        *length = lwi_points(v);
    } else if (lwi_is_list(v) && v.list->form != LWI_GENERATOR) *length = v.list->count;
    else if (v.kind == LWI_DICT) *length = v.dict->count;
    else if (v.kind == LWI_LOOP) *length = v.loop->items.count;
    else return LWI_WRONG("object of type '%s' has no len()", lwi_type_name(v));
    return LW_OK;
}

static lw_status characters(lwi_jinja *run, lwi_val text, lwi_list *items) {
    const char *end = text.text + text.size;
    for (const char *p = text.text, *start; p < end;) {
        start = p;
        (void)lwi_utf8_next(&p, end);
        LW_TRY(lwi_append(run, items, lwi_str(start, (size_t)(p - start))));
    }
    return LW_OK;
}

lw_status lwi_iterate(lwi_jinja *run, lwi_val v, lwi_list *items) {
    *items = (lwi_list){0};
    if (v.kind == LWI_UNDEFINED && !v.unsafe) return LW_OK;
    if (v.kind == LWI_STR) return characters(run, v, items);
    if (v.kind == LWI_DICT) {
        for (size_t i = 0; i < v.dict->count; i++)
            LW_TRY(lwi_append(run, items, v.dict->pairs[i].key));
        return LW_OK;
    }
    if (v.kind == LWI_UNDEFINED) return forbidden(v);
    if (!lwi_is_list(v)) return LWI_WRONG("'%s' object is not iterable", lwi_type_name(v));
    LW_TRY(lwi_step(run, v.list->count / 8));
    if (v.list->form == LWI_GENERATOR && v.list->used) return LW_OK;
    v.list->used = true;
    *items = *v.list;
    items->capacity = items->count; /* growing copies */
    items->form = LWI_PLAIN;
    return LW_OK;
}
