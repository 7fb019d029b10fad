/* SPDX-License-Identifier: MIT
 * Functions of dicts. */
#include "format/torchscript/ts_interp.h"

#include <string.h>

static lwi_ts_object *dict_of(const lwi_ts_call *call) {
    return call->n ? lwi_ts_object_of(&call->args[0], LWI_TS_O_DICT) : NULL;
}

/* Keys, values, or both as tuples. */
static lw_status list_of(lwi_ts_interp *in, const lwi_ts_object *dict, bool keys, bool values,
                         lwi_ts_value *result) {
    lwi_ts_object *list = NULL, *pair = NULL;
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_LIST, &list));
    for (size_t i = 0; i < dict->n; i++) {
        lwi_ts_value item = keys ? dict->keys[i] : dict->items[i];
        if (keys && values) {
            LW_TRY(lwi_ts_new_object(in, LWI_TS_O_TUPLE, &pair));
            LW_TRY(lwi_ts_add_item(in->memory, pair, NULL, &dict->keys[i]));
            LW_TRY(lwi_ts_add_item(in->memory, pair, NULL, &dict->items[i]));
            item = lwi_ts_of(pair);
        }
        LW_TRY(lwi_ts_add_item(in->memory, list, NULL, &item));
    }
    *result = lwi_ts_of(list);
    return LW_OK;
}

lw_status lwi_ts_do_dict_items(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                               bool *done) {
    const lwi_ts_object *dict = dict_of(call);
    if (!dict) return LW_OK;
    *done = true;
    return list_of(in, dict, strcmp(call->name, "values") != 0, strcmp(call->name, "keys") != 0,
                   result);
}

/* d.get(key, absent) */
lw_status lwi_ts_do_dict_get(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    const lwi_ts_object *dict = dict_of(call);
    (void)in;
    if (!dict || call->n < 2) return LW_OK;
    const size_t i = lwi_ts_find_key(dict, &call->args[1]);
    *result = i < dict->n ? dict->items[i] : call->n > 2 ? call->args[2] : lwi_ts_none();
    *done = true;
    return LW_OK;
}

lw_status lwi_ts_do_dict_update(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                bool *done) {
    lwi_ts_object *dict = dict_of(call);
    const lwi_ts_object *more =
        call->n == 2 ? lwi_ts_object_of(&call->args[1], LWI_TS_O_DICT) : NULL;
    if (!dict || !more) return LW_OK;
    for (size_t i = 0; i < more->n; i++) {
        const lwi_ts_value args[3] = {call->args[0], more->keys[i], more->items[i]};
        LW_TRY(lwi_ts_do_set_item(in, &(lwi_ts_call){"_set_item", args, NULL, 3}, result, done));
    }
    return lwi_ts_done(result, lwi_aten_none(), done);
}

lw_status lwi_ts_do_dict_default(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                                 bool *done) {
    lwi_ts_object *dict = dict_of(call);
    if (!dict || call->n != 3) return LW_OK;
    const size_t i = lwi_ts_find_key(dict, &call->args[1]);
    *done = true;
    *result = i < dict->n ? dict->items[i] : call->args[2];
    if (i < dict->n) return LW_OK;
    LW_TRY(lwi_ts_touch(in, dict));
    return lwi_ts_add_item(in->memory, dict, &call->args[1], &call->args[2]);
}

/* dict(), dict(pairs or dict) */
lw_status lwi_ts_do_new_dict(lwi_ts_interp *in, const lwi_ts_call *call, lwi_ts_value *result,
                             bool *done) {
    lwi_ts_object *dict = NULL;
    const lwi_ts_object *list = call->n ? lwi_ts_sequence(&call->args[0]) : NULL;
    if (call->n && !list) return lwi_ts_do_copy_list(in, call, result, done);
    LW_TRY(lwi_ts_new_object(in, LWI_TS_O_DICT, &dict));
    for (size_t i = 0; list && i < list->n; i++) {
        const lwi_ts_object *pair = lwi_ts_sequence(&list->items[i]);
        if (!pair || pair->n != 2) return lwi_fail(LW_CORRUPT, "a dict is made of no pairs");
        LW_TRY(lwi_ts_add_item(in->memory, dict, &pair->items[0], &pair->items[1]));
    }
    *result = lwi_ts_of(dict);
    *done = true;
    return LW_OK;
}
