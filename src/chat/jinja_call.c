/* SPDX-License-Identifier: MIT
 * Calls: arguments find their parameters. */
#include "chat/jinja_nodes.h"

#include <string.h>

bool lwi_absent(const lwi_val *slot) { return slot->kind == LWI_UNDEFINED && slot->size == 1; }

const lwi_function *lwi_find_function(const lwi_function *list, const char *name, size_t size) {
    for (; list->name; list++)
        if (strlen(list->name) == size && !memcmp(list->name, name, size)) return list;
    return NULL;
}

/* The next of the names between spaces; false at the end. */
static bool next_name(const char **at, lwi_val *name) {
    while (**at == ' ')
        ++*at;
    const char *start = *at;
    while (**at && **at != ' ')
        ++*at;
    *name = lwi_str(start, (size_t)(*at - start));
    return name->size > 0;
}

static lw_status too_many(const lwi_function *f) {
    return LWI_WRONG("%s() got more arguments than it takes", f->name);
}

lw_status lwi_call_function(lwi_jinja *run, const lwi_function *f, lwi_val self,
                            const lwi_args *args, lwi_val *result) {
    lwi_val slots[LWI_MOST_SLOTS], name;
    size_t n = 0, used = 0;
    bool any = false;
    for (size_t i = 0; i < LWI_MOST_SLOTS; i++)
        slots[i] = (lwi_val){.kind = LWI_UNDEFINED, .size = 1};
    for (const char *at = f->parameters; next_name(&at, &name) && n < LWI_MOST_SLOTS; n++) {
        any = *name.text == '*';
        if (any) break;
        const lwi_val *given = lwi_dict_word(&args->named, name.text, name.size);
        if (n < args->positional.count) slots[n] = args->positional.items[n];
        else if (given) slots[n] = *given;
        else if ((int)n < f->needed)
            return LWI_WRONG("%s() misses its argument '%.*s'", f->name, LWI_SHOWN(name));
        used += given != NULL;
    }
    if (!any && (args->positional.count > n || args->named.count > used)) return too_many(f);
    LW_TRY(lwi_deeper(run));
    LW_TRY(f->call(run, self, slots, args, result));
    run->depth--;
    return LW_OK;
}

/* loop(items) in a recursive loop: its text. */
static lw_status call_loop(lwi_jinja *run, lwi_loop *loop, const lwi_args *args, lwi_val *result) {
    if (!loop->node->flag || args->positional.count != 1)
        return LWI_WRONG("loop() wants a recursive loop and one argument");
    lwi_text inner = {.run = run}, *outer = run->out;
    run->out = &inner;
    const lw_status status =
        lwi_run_loop(run, loop->scope, loop->node, args->positional.items[0], loop->depth + 1);
    run->out = outer;
    *result = lwi_text_value(&inner);
    return status;
}

lw_status lwi_call(lwi_jinja *run, lwi_val callee, const lwi_args *args, lwi_val *result) {
    if (callee.kind == LWI_FUNCTION)
        return lwi_call_function(run, callee.bound->function, callee.bound->self, args, result);
    if (callee.kind == LWI_LOOP) return call_loop(run, callee.loop, args, result);
    if (callee.kind == LWI_UNDEFINED && callee.unsafe)
        return LWI_WRONG("access to attribute '%s' is unsafe", callee.text);
    if (callee.kind == LWI_UNDEFINED)
        return LWI_WRONG("'%s' is undefined", callee.text ? callee.text : "a value");
    if (callee.kind != LWI_MACRO)
        return LWI_WRONG("'%s' object is not callable", lwi_type_name(callee));
    LW_TRY(lwi_deeper(run));
    LW_TRY(lwi_call_macro(run, callee.macro, args, result));
    run->depth--;
    return LW_OK;
}
