/* SPDX-License-Identifier: MIT
 * Functions that every template has: Jinja's, and those of transformers. */
#include "chat/jinja.h"

#include <string.h>
#include <time.h>

LWI_FUNCTION_OF(raise_exception) {
    LWI_UNUSED;
    lwi_val text;
    LW_TRY(lwi_to_text(run, slots[0], &text));
    (void)result;
    return LWI_WRONG("%.*s", (int)(text.size < 900 ? text.size : 900), text.text);
}

LWI_FUNCTION_OF(strftime_now) {
    LWI_UNUSED;
    char format[256], text[1024];
    struct tm tm;
    const time_t now = (time_t)run->now;
    const lwi_val f = slots[0];
    if (f.kind != LWI_STR || f.size >= sizeof format - 1)
        return LWI_WRONG("strftime_now wants a short format");
    memcpy(format, f.text, f.size);
    format[f.size] = 0;
    if (!localtime_r(&now, &tm)) return LWI_WRONG("strftime_now: no such time");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* it is the template's */
    const size_t n = strftime(text, sizeof text, format, &tm);
#pragma GCC diagnostic pop
    lwi_text out = {.run = run};
    LW_TRY(lwi_put(&out, text, n));
    *result = lwi_text_value(&out);
    return LW_OK;
}

/* dict(pairs, a=1): also what a namespace holds. */
static lw_status make_dict(lwi_jinja *run, const lwi_args *all, lwi_val *result) {
    LW_TRY(lwi_new_dict(run, result));
    if (all->positional.count > 1) return LWI_WRONG("dict expected at most 1 argument");
    if (all->positional.count && all->positional.items[0].kind == LWI_DICT) {
        const lwi_dict *from = all->positional.items[0].dict;
        for (size_t i = 0; i < from->count; i++)
            LW_TRY(lwi_dict_set(run, result->dict, from->pairs[i].key, from->pairs[i].value));
    } else if (all->positional.count) {
        lwi_list pairs, pair;
        LW_TRY(lwi_iterate(run, all->positional.items[0], &pairs));
        for (size_t i = 0; i < pairs.count; i++) {
            LW_TRY(lwi_iterate(run, pairs.items[i], &pair));
            if (pair.count != 2) return LWI_WRONG("dict wants pairs");
            LW_TRY(lwi_dict_set(run, result->dict, pair.items[0], pair.items[1]));
        }
    }
    for (size_t i = 0; i < all->named.count; i++)
        LW_TRY(lwi_dict_set(run, result->dict, all->named.pairs[i].key, all->named.pairs[i].value));
    return LW_OK;
}

LWI_FUNCTION_OF(dict) {
    LWI_UNUSED;
    return make_dict(run, all, result);
}

LWI_FUNCTION_OF(namespace) {
    LWI_UNUSED;
    LW_TRY(make_dict(run, all, result));
    result->kind = LWI_NAMESPACE;
    return LW_OK;
}

/* As many as the sandbox allows. */
LWI_FUNCTION_OF(range) {
    LWI_UNUSED;
    enum { MOST = 100000 };
    int64_t n[3] = {0, 0, 1};
    const size_t given = all->positional.count;
    if (given < 1 || given > 3 || all->named.count) return LWI_WRONG("range wants 1 to 3 numbers");
    for (size_t i = 0; i < given; i++) {
        if (!lwi_is_whole(all->positional.items[i]))
            return LWI_WRONG("'%s' object cannot be interpreted as an integer",
                             lwi_type_name(all->positional.items[i]));
        n[given == 1 ? 1 : i] = lwi_whole(all->positional.items[i]);
    }
    if (n[2] == 0) return LWI_WRONG("range() arg 3 must not be zero");
    LW_TRY(lwi_new_list(run, LWI_LIST, LWI_RANGE, result));
    for (int64_t i = n[0]; n[2] > 0 ? i < n[1] : i > n[1];) {
        if (result->list->count == MOST)
            return lwi_fail(LW_LIMIT, "range too big: the sandbox allows %d items", MOST);
        LW_TRY(lwi_append(run, result->list, lwi_int(i)));
        if (__builtin_add_overflow(i, n[2], &i)) break;
    }
    return LW_OK;
}

static lw_status new_cycler(lwi_jinja *run, lwi_val *result) {
    lwi_cycler *cycler = NULL;
    LW_TRY(lwi_take(run, 1, sizeof *cycler, &cycler));
    *result = (lwi_val){.kind = LWI_CYCLER, .cycler = cycler};
    return LW_OK;
}

LWI_FUNCTION_OF(cycler) {
    LWI_UNUSED;
    if (!all->positional.count) return LWI_WRONG("at least one item has to be provided");
    LW_TRY(new_cycler(run, result));
    result->cycler->items = all->positional;
    return LW_OK;
}

/* A joiner is a function that gives nothing the first time, and then its separator. */
static lw_status joined(lwi_jinja *run, lwi_val self, const lwi_val *slots, const lwi_args *all,
                        lwi_val *result) {
    LWI_UNUSED;
    *result = self.cycler->at++ ? self.cycler->items.items[0] : lwi_str("", 0);
    return LW_OK;
}

LWI_FUNCTION_OF(joiner) {
    LWI_UNUSED;
    static const lwi_function function = {"joiner", "", 0, joined};
    lwi_bound *bound = NULL;
    lwi_val state;
    LW_TRY(new_cycler(run, &state));
    LW_TRY(
        lwi_append(run, &state.cycler->items, lwi_absent(&slots[0]) ? lwi_word(", ") : slots[0]));
    LW_TRY(lwi_take(run, 1, sizeof *bound, &bound));
    *bound = (lwi_bound){&function, state};
    *result = (lwi_val){.kind = LWI_FUNCTION, .bound = bound};
    return LW_OK;
}

const lwi_function lwi_jinja_globals[] = {{"raise_exception", "message", 1, raise_exception},
                                          {"strftime_now", "format", 1, strftime_now},
                                          {"dict", "*", 0, dict},
                                          {"namespace", "*", 0, namespace},
                                          {"range", "*", 0, range},
                                          {"cycler", "*", 0, cycler},
                                          {"joiner", "sep", 0, joiner},
                                          {NULL, NULL, 0, NULL}};
