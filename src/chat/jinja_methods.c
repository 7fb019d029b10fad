/* SPDX-License-Identifier: MIT
 * Methods of lists, tuples and dicts; those that change them do not exist here. */
#include "chat/jinja.h"

LWI_FUNCTION_OF(list_index) {
    LWI_UNUSED;
    for (size_t i = 0; i < self.list->count; i++) {
        bool equal;
        LW_TRY(lwi_equal(run, self.list->items[i], slots[0], &equal));
        if (!equal) continue;
        *result = lwi_int((int64_t)i);
        return LW_OK;
    }
    return LWI_WRONG("the value is not in the list");
}

LWI_FUNCTION_OF(list_count) {
    LWI_UNUSED;
    int64_t n = 0;
    for (size_t i = 0; i < self.list->count; i++) {
        bool equal;
        LW_TRY(lwi_equal(run, self.list->items[i], slots[0], &equal));
        n += equal;
    }
    *result = lwi_int(n);
    return LW_OK;
}

LWI_FUNCTION_OF(same) {
    LWI_UNUSED;
    *result = self;
    return LW_OK;
}

LWI_FUNCTION_OF(dict_get) {
    LWI_UNUSED;
    const lwi_val *found;
    LW_TRY(lwi_dict_find(run, self.dict, slots[0], &found));
    *result = found ? *found : lwi_absent(&slots[1]) ? lwi_none() : slots[1];
    return LW_OK;
}

static lw_status view(lwi_jinja *run, lwi_val self, bool keys, bool values, lwi_val *result) {
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_VIEW, result));
    for (size_t i = 0; i < self.dict->count; i++) {
        const lwi_pair *pair = &self.dict->pairs[i];
        lwi_val item = keys ? pair->key : pair->value;
        if (keys && values) {
            LW_TRY(lwi_new_list(run, LWI_TUPLE, LWI_PLAIN, &item));
            LW_TRY(lwi_append(run, item.list, pair->key));
            LW_TRY(lwi_append(run, item.list, pair->value));
        }
        LW_TRY(lwi_append(run, result->list, item));
    }
    return LW_OK;
}

LWI_FUNCTION_OF(dict_items) {
    LWI_UNUSED;
    return view(run, self, true, true, result);
}

LWI_FUNCTION_OF(dict_keys) {
    LWI_UNUSED;
    return view(run, self, true, false, result);
}

LWI_FUNCTION_OF(dict_values) {
    LWI_UNUSED;
    return view(run, self, false, true, result);
}

LWI_FUNCTION_OF(next) {
    LWI_UNUSED;
    *result = self.cycler->items.items[self.cycler->at];
    self.cycler->at = (self.cycler->at + 1) % self.cycler->items.count;
    return LW_OK;
}

LWI_FUNCTION_OF(reset) {
    LWI_UNUSED;
    self.cycler->at = 0;
    *result = lwi_none();
    return LW_OK;
}

const lwi_function lwi_list_methods[] = {{"index", "value", 1, list_index},
                                         {"count", "value", 1, list_count},
                                         {"copy", "", 0, same},
                                         {NULL, NULL, 0, NULL}};
const lwi_function lwi_tuple_methods[] = {
    {"index", "value", 1, list_index}, {"count", "value", 1, list_count}, {NULL, NULL, 0, NULL}};
const lwi_function lwi_dict_methods[] = {
    {"get", "key default", 1, dict_get}, {"items", "", 0, dict_items}, {"keys", "", 0, dict_keys},
    {"values", "", 0, dict_values},      {"copy", "", 0, same},        {NULL, NULL, 0, NULL}};
const lwi_function lwi_cycler_methods[] = {
    {"next", "", 0, next}, {"reset", "", 0, reset}, {NULL, NULL, 0, NULL}};
