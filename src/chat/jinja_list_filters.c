/* SPDX-License-Identifier: MIT
 * Filters on lists and mappings. */
#include "chat/jinja.h"

#include <string.h>

/* --------------------------------------------------------------------- order */

lw_status lwi_ignore_case(lwi_jinja *run, lwi_val value, lwi_val *result) {
    *result = value;
    return value.kind == LWI_STR ? lwi_change_case(run, value, false, result) : LW_OK;
}

/* Merges two neighbouring sorted runs of places. */
static lw_status merge(lwi_jinja *run, const lwi_val *keys, size_t *from, size_t *to, size_t a,
                       size_t middle, size_t b, bool reverse) {
    size_t i = a, k = middle;
    for (size_t out = a; out < b; out++) {
        bool left = k >= b;
        if (!left && i < middle) {
            int order;
            LW_TRY(lwi_step(run, 1));
            LW_TRY(lwi_order(run, keys[from[k]], keys[from[i]], &order));
            left = reverse ? order <= 0 : order >= 0;
        }
        to[out] = left ? from[i++] : from[k++];
    }
    return LW_OK;
}

lw_status lwi_sort(lwi_jinja *run, lwi_val *keys, lwi_val *items, size_t n, bool reverse) {
    size_t *places = NULL, *other = NULL;
    lwi_val *copy = NULL;
    LW_TRY(lwi_take(run, n, sizeof *places, &places));
    LW_TRY(lwi_take(run, n, sizeof *other, &other));
    LW_TRY(lwi_take(run, n, sizeof *copy, &copy));
    for (size_t i = 0; i < n; i++)
        places[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t a = 0; a < n; a += 2 * width) {
            const size_t middle = a + width < n ? a + width : n;
            const size_t b = a + 2 * width < n ? a + 2 * width : n;
            LW_TRY(merge(run, keys, places, other, a, middle, b, reverse));
        }
        size_t *swap = places;
        places = other, other = swap;
    }
    for (size_t i = 0; i < n; i++)
        copy[i] = items[places[i]];
    if (n) memcpy(items, copy, n * sizeof *copy);
    return LW_OK;
}

/* ---------------------------------------------------------------- attributes */

/* "a.b.0" of a value. */
static lw_status attribute_of(lwi_jinja *run, lwi_val value, lwi_val path, lwi_val *result) {
    *result = value;
    if (path.kind != LWI_STR) return lwi_subscript(run, value, path, result);
    for (uint32_t at = 0; at <= path.size;) {
        const char *dot = memchr(path.text + at, '.', path.size - at);
        const size_t n = dot ? (size_t)(dot - path.text) - at : path.size - at;
        lwi_val part = lwi_str(path.text + at, n);
        bool digits = n > 0 && n < 18;
        int64_t number = 0;
        for (size_t i = 0; i < n && digits; i++) {
            digits = part.text[i] >= '0' && part.text[i] <= '9';
            number = number * 10 + (part.text[i] - '0');
        }
        LW_TRY(lwi_subscript(run, *result, digits ? lwi_int(number) : part, result));
        at += (uint32_t)n + 1;
    }
    return LW_OK;
}

/* The key by which an item is sorted or compared. */
static lw_status key_of(lwi_jinja *run, lwi_val item, const lwi_val *attribute, bool with_case,
                        lwi_val *key) {
    *key = item;
    if (attribute->kind != LWI_UNDEFINED && attribute->kind != LWI_NONE)
        LW_TRY(attribute_of(run, item, *attribute, key));
    return with_case ? LW_OK : lwi_ignore_case(run, *key, key);
}

static lw_status keys_of(lwi_jinja *run, const lwi_list *items, const lwi_val *attribute,
                         bool with_case, lwi_val **keys) {
    LW_TRY(lwi_take(run, items->count, sizeof **keys, keys));
    for (size_t i = 0; i < items->count; i++)
        LW_TRY(key_of(run, items->items[i], attribute, with_case, &(*keys)[i]));
    return LW_OK;
}

/* A list of one's own with the elements of a value. */
static lw_status copied(lwi_jinja *run, lwi_val value, lwi_list_form form, lwi_val *list) {
    lwi_list items;
    LW_TRY(lwi_iterate(run, value, &items));
    LW_TRY(lwi_new_list(run, LWI_LIST, form, list));
    for (size_t i = 0; i < items.count; i++)
        LW_TRY(lwi_append(run, list->list, items.items[i]));
    return LW_OK;
}

static lw_status pair_up(lwi_jinja *run, lwi_val a, lwi_val b, lwi_val *pair) {
    LW_TRY(lwi_new_list(run, LWI_TUPLE, LWI_PLAIN, pair));
    LW_TRY(lwi_append(run, pair->list, a));
    return lwi_append(run, pair->list, b);
}

/* ------------------------------------------------------------------- filters */

LWI_FUNCTION_OF(length) {
    LWI_UNUSED;
    size_t n;
    LW_TRY(lwi_length(run, self, &n));
    *result = lwi_int((int64_t)n);
    return LW_OK;
}

LWI_FUNCTION_OF(list) {
    LWI_UNUSED;
    return copied(run, self, LWI_PLAIN, result);
}

LWI_FUNCTION_OF(first) {
    LWI_UNUSED;
    lwi_list items;
    LW_TRY(lwi_iterate(run, self, &items));
    *result = items.count ? items.items[0] : lwi_undefined("the first item of nothing");
    return LW_OK;
}

LWI_FUNCTION_OF(last) {
    LWI_UNUSED;
    lwi_list items;
    if (self.kind == LWI_LIST && self.list->form == LWI_GENERATOR)
        return LWI_WRONG("'generator' object is not reversible");
    LW_TRY(lwi_iterate(run, self, &items));
    *result =
        items.count ? items.items[items.count - 1] : lwi_undefined("the last item of nothing");
    return LW_OK;
}

LWI_FUNCTION_OF(reverse) {
    LWI_UNUSED;
    const bool plain = self.kind == LWI_LIST && self.list->form == LWI_GENERATOR;
    LW_TRY(copied(run, self, plain ? LWI_PLAIN : LWI_GENERATOR, result));
    lwi_list *l = result->list;
    for (size_t i = 0, k = l->count; i + 1 < k; i++) {
        const lwi_val v = l->items[i];
        l->items[i] = l->items[--k];
        l->items[k] = v;
    }
    if (self.kind != LWI_STR) return LW_OK;
    lwi_text out = {.run = run};
    for (size_t i = 0; i < l->count; i++)
        LW_TRY(lwi_put(&out, l->items[i].text, l->items[i].size));
    *result = lwi_text_value(&out);
    return LW_OK;
}

/* By "a,b": a list of both. Lists that are equal need no order of what is in them. */
static lw_status sort_key(lwi_jinja *run, lwi_val item, const lwi_val *attributes, bool with_case,
                          lwi_val *key) {
    lwi_val part, rest = *attributes;
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, key));
    for (bool more = true; more;) {
        lwi_val path = rest;
        const char *comma =
            rest.kind == LWI_STR && rest.size ? memchr(rest.text, ',', rest.size) : NULL;
        more = comma != NULL;
        if (more) {
            path.size = (uint32_t)(comma - rest.text);
            rest.size -= path.size + 1, rest.text = comma + 1;
        }
        LW_TRY(key_of(run, item, &path, with_case, &part));
        LW_TRY(lwi_append(run, key->list, part));
    }
    return LW_OK;
}

/* reverse, case_sensitive, attribute */
LWI_FUNCTION_OF(sort) {
    LWI_UNUSED;
    bool reversed, with_case;
    lwi_val *keys = NULL;
    LW_TRY(lwi_truth(run, slots[0], &reversed));
    LW_TRY(lwi_truth(run, slots[1], &with_case));
    LW_TRY(copied(run, self, LWI_PLAIN, result));
    LW_TRY(lwi_take(run, result->list->count, sizeof *keys, &keys));
    for (size_t i = 0; i < result->list->count; i++)
        LW_TRY(sort_key(run, result->list->items[i], &slots[2], with_case, &keys[i]));
    return lwi_sort(run, keys, result->list->items, result->list->count, reversed);
}

/* case_sensitive, by, reverse */
LWI_FUNCTION_OF(dictsort) {
    LWI_UNUSED;
    bool with_case, reversed, by_value = false;
    lwi_val *keys = NULL;
    if (self.kind != LWI_DICT)
        return LWI_WRONG("dictsort wants a mapping, not %s", lwi_type_name(self));
    LW_TRY(lwi_truth(run, slots[0], &with_case));
    LW_TRY(lwi_truth(run, slots[2], &reversed));
    if (!lwi_absent(&slots[1])) {
        by_value = slots[1].kind == LWI_STR && lwi_same_text(slots[1], lwi_word("value"));
        if (!by_value && !(slots[1].kind == LWI_STR && lwi_same_text(slots[1], lwi_word("key"))))
            return LWI_WRONG("You can only sort by either \"key\" or \"value\"");
    }
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, result));
    LW_TRY(lwi_take(run, self.dict->count, sizeof *keys, &keys));
    for (size_t i = 0; i < self.dict->count; i++) {
        const lwi_pair *pair = &self.dict->pairs[i];
        lwi_val item;
        keys[i] = by_value ? pair->value : pair->key;
        if (!with_case) LW_TRY(lwi_ignore_case(run, keys[i], &keys[i]));
        LW_TRY(pair_up(run, pair->key, pair->value, &item));
        LW_TRY(lwi_append(run, result->list, item));
    }
    return lwi_sort(run, keys, result->list->items, result->list->count, reversed);
}

LWI_FUNCTION_OF(items) {
    LWI_UNUSED;
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_GENERATOR, result));
    if (self.kind == LWI_UNDEFINED) return LW_OK;
    if (self.kind != LWI_DICT) return LWI_WRONG("Can only get item pairs from a mapping.");
    for (size_t i = 0; i < self.dict->count; i++) {
        lwi_val item;
        LW_TRY(pair_up(run, self.dict->pairs[i].key, self.dict->pairs[i].value, &item));
        LW_TRY(lwi_append(run, result->list, item));
    }
    return LW_OK;
}

static lw_status extreme(lwi_jinja *run, lwi_val self, const lwi_val *slots, int sign,
                         lwi_val *result) {
    bool with_case;
    lwi_list all_items;
    lwi_val *keys = NULL;
    LW_TRY(lwi_truth(run, slots[0], &with_case));
    LW_TRY(lwi_iterate(run, self, &all_items));
    LW_TRY(keys_of(run, &all_items, &slots[1], with_case, &keys));
    size_t best = 0;
    for (size_t i = 1; i < all_items.count; i++) {
        int order;
        LW_TRY(lwi_order(run, keys[i], keys[best], &order));
        if (order * sign == 1) best = i;
    }
    *result = all_items.count ? all_items.items[best] : lwi_undefined("an item of nothing");
    return LW_OK;
}

LWI_FUNCTION_OF(min) {
    LWI_UNUSED;
    return extreme(run, self, slots, -1, result);
}

LWI_FUNCTION_OF(max) {
    LWI_UNUSED;
    return extreme(run, self, slots, 1, result);
}

LWI_FUNCTION_OF(sum) {
    LWI_UNUSED;
    lwi_list numbers;
    LW_TRY(lwi_iterate(run, self, &numbers));
    *result = lwi_absent(&slots[1]) ? lwi_int(0) : slots[1];
    for (size_t i = 0; i < numbers.count; i++) {
        lwi_val item;
        LW_TRY(key_of(run, numbers.items[i], &slots[0], true, &item));
        LW_TRY(lwi_binary(run, '+', *result, item, result));
    }
    return LW_OK;
}

LWI_FUNCTION_OF(unique) {
    LWI_UNUSED;
    bool with_case;
    lwi_list all_items;
    lwi_val *keys = NULL, seen;
    LW_TRY(lwi_truth(run, slots[0], &with_case));
    LW_TRY(lwi_iterate(run, self, &all_items));
    LW_TRY(keys_of(run, &all_items, &slots[1], with_case, &keys));
    LW_TRY(lwi_new_dict(run, &seen));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_GENERATOR, result));
    for (size_t i = 0; i < all_items.count; i++) {
        const size_t before = seen.dict->count;
        LW_TRY(lwi_dict_set(run, seen.dict, keys[i], lwi_none()));
        if (seen.dict->count > before) LW_TRY(lwi_append(run, result->list, all_items.items[i]));
    }
    return LW_OK;
}

/* batch: lists of n; the last one is filled up if there is something to fill with. */
LWI_FUNCTION_OF(batch) {
    LWI_UNUSED;
    lwi_list all_items;
    lwi_val row = lwi_none();
    if (!lwi_is_whole(slots[0]) || lwi_whole(slots[0]) < 1)
        return LWI_WRONG("batch wants a number");
    const size_t n = (size_t)lwi_whole(slots[0]);
    LW_TRY(lwi_iterate(run, self, &all_items));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_GENERATOR, result));
    for (size_t i = 0; i < all_items.count; i++) {
        if (i % n == 0) {
            LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, &row));
            LW_TRY(lwi_append(run, result->list, row));
        }
        LW_TRY(lwi_append(run, row.list, all_items.items[i]));
    }
    const bool fill = slots[1].kind != LWI_UNDEFINED && slots[1].kind != LWI_NONE;
    while (fill && row.kind == LWI_LIST && row.list->count < n)
        LW_TRY(lwi_append(run, row.list, slots[1]));
    return LW_OK;
}

/* groupby: sorted by an attribute; tuples of its value and the items that have it. */
LWI_FUNCTION_OF(groupby) {
    LWI_UNUSED;
    bool with_case;
    lwi_val sorted, *keys = NULL, *order = NULL, group = lwi_none();
    LW_TRY(lwi_truth(run, slots[2], &with_case));
    LW_TRY(copied(run, self, LWI_PLAIN, &sorted));
    const size_t n = sorted.list->count;
    LW_TRY(keys_of(run, sorted.list, &slots[0], with_case, &keys));
    LW_TRY(lwi_take(run, n, sizeof *order, &order));
    for (size_t i = 0; i < n; i++) {
        if (keys[i].kind == LWI_UNDEFINED && !lwi_absent(&slots[1])) keys[i] = slots[1];
        order[i] = keys[i];
    }
    LW_TRY(lwi_sort(run, keys, sorted.list->items, n, false));
    LW_TRY(lwi_sort(run, keys, order, n, false));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, result));
    for (size_t i = 0; i < n; i++) {
        bool same = false;
        lwi_val key, pair;
        if (i) LW_TRY(lwi_equal(run, order[i - 1], order[i], &same));
        if (!same) {
            LW_TRY(key_of(run, sorted.list->items[i], &slots[0], true, &key));
            if (key.kind == LWI_UNDEFINED && !lwi_absent(&slots[1])) key = slots[1];
            LW_TRY(lwi_new_list(run, LWI_LIST, LWI_PLAIN, &group));
            LW_TRY(pair_up(run, key, group, &pair));
            LW_TRY(lwi_append(run, result->list, pair));
        }
        LW_TRY(lwi_append(run, group.list, sorted.list->items[i]));
    }
    return LW_OK;
}

/* ----------------------------------------------------------- choosing items */

/* Nothing, none, 0 and the like have no items here. */
static lw_status items_if_any(lwi_jinja *run, lwi_val value, lwi_list *items) {
    bool truth;
    *items = (lwi_list){0};
    LW_TRY(lwi_truth(run, value, &truth));
    return truth ? lwi_iterate(run, value, items) : LW_OK;
}

/* Keeps the items for which a test holds (or not): of themselves or of an attribute. */
static lw_status choose(lwi_jinja *run, lwi_val self, const lwi_args *all, bool by_attribute,
                        bool wanted, lwi_val *result) {
    lwi_list all_items;
    lwi_args rest = {.named = all->named};
    const size_t skip = by_attribute ? 1 : 0;
    if (all->positional.count < skip) return LWI_WRONG("Missing parameter for attribute name");
    const lwi_val test = all->positional.count > skip ? all->positional.items[skip] : lwi_none();
    for (size_t i = skip + 1; i < all->positional.count; i++)
        LW_TRY(lwi_append(run, &rest.positional, all->positional.items[i]));
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_GENERATOR, result));
    LW_TRY(items_if_any(run, self, &all_items));
    for (size_t i = 0; i < all_items.count; i++) {
        lwi_val value = all_items.items[i];
        bool truth;
        if (by_attribute) LW_TRY(attribute_of(run, value, all->positional.items[0], &value));
        if (test.kind == LWI_STR)
            LW_TRY(lwi_run_test(run, test.text, test.size, value, &rest, &truth));
        else LW_TRY(lwi_truth(run, value, &truth));
        if (truth == wanted) LW_TRY(lwi_append(run, result->list, all_items.items[i]));
    }
    return LW_OK;
}

LWI_FUNCTION_OF(select_items) {
    LWI_UNUSED;
    return choose(run, self, all, false, true, result);
}

LWI_FUNCTION_OF(reject_items) {
    LWI_UNUSED;
    return choose(run, self, all, false, false, result);
}

LWI_FUNCTION_OF(selectattr) {
    LWI_UNUSED;
    return choose(run, self, all, true, true, result);
}

LWI_FUNCTION_OF(rejectattr) {
    LWI_UNUSED;
    return choose(run, self, all, true, false, result);
}

static lw_status map_attribute(lwi_jinja *run, lwi_val item, lwi_val attribute,
                               const lwi_val *otherwise, lwi_val *value) {
    LW_TRY(attribute_of(run, item, attribute, value));
    if (value->kind == LWI_UNDEFINED && otherwise) *value = *otherwise;
    return LW_OK;
}

/* map(attribute="a", default=...) or map("filter", arguments...) */
LWI_FUNCTION_OF(map) {
    LWI_UNUSED;
    lwi_list all_items;
    lwi_args rest = {.named = all->named};
    const lwi_val *attribute = lwi_dict_word(&all->named, "attribute", 9);
    const lwi_val *otherwise = lwi_dict_word(&all->named, "default", 7);
    const lwi_function *filter = NULL;
    if (!attribute || all->positional.count) {
        const lwi_val name = all->positional.count ? all->positional.items[0] : lwi_none();
        if (name.kind != LWI_STR) return LWI_WRONG("map requires a filter argument");
        filter = lwi_find_filter(name.text, name.size);
        if (!filter) return LWI_WRONG("No filter named '%.*s'", LWI_SHOWN(name));
        for (size_t i = 1; i < all->positional.count; i++)
            LW_TRY(lwi_append(run, &rest.positional, all->positional.items[i]));
    }
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_GENERATOR, result));
    LW_TRY(items_if_any(run, self, &all_items));
    for (size_t i = 0; i < all_items.count; i++) {
        lwi_val value;
        if (filter) LW_TRY(lwi_call_function(run, filter, all_items.items[i], &rest, &value));
        else LW_TRY(map_attribute(run, all_items.items[i], *attribute, otherwise, &value));
        LW_TRY(lwi_append(run, result->list, value));
    }
    return LW_OK;
}

const lwi_function lwi_list_filters[] = {
    {"length", "", 0, length},
    {"count", "", 0, length},
    {"list", "", 0, list},
    {"first", "", 0, first},
    {"last", "", 0, last},
    {"reverse", "", 0, reverse},
    {"sort", "reverse case_sensitive attribute", 0, sort},
    {"dictsort", "case_sensitive by reverse", 0, dictsort},
    {"items", "", 0, items},
    {"min", "case_sensitive attribute", 0, min},
    {"max", "case_sensitive attribute", 0, max},
    {"sum", "attribute start", 0, sum},
    {"unique", "case_sensitive attribute", 0, unique},
    {"batch", "linecount fill_with", 1, batch},
    {"groupby", "attribute default case_sensitive", 1, groupby},
    {"select", "*", 0, select_items},
    {"reject", "*", 0, reject_items},
    {"selectattr", "*", 0, selectattr},
    {"rejectattr", "*", 0, rejectattr},
    {"map", "*", 0, map},
    {NULL, NULL, 0, NULL}};
