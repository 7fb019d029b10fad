/* SPDX-License-Identifier: MIT
 * For loops and the variable `loop`. */
#include "chat/jinja_nodes.h"

#include <string.h>

/* The items for which the loop's condition holds. */
static lw_status chosen(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_list *items) {
    lwi_list kept = {0};
    for (size_t i = 0; i < items->count; i++) {
        lwi_scope inner = {.parent = scope};
        lwi_val value;
        bool truth;
        LW_TRY(lwi_assign(run, &inner, node->a, items->items[i]));
        LW_TRY(lwi_evaluate(run, &inner, node->c, &value));
        LW_TRY(lwi_truth(run, value, &truth));
        if (truth) LW_TRY(lwi_append(run, &kept, items->items[i]));
    }
    *items = kept;
    return LW_OK;
}

/* One time through the body; *go_on is false after a break. Each time has a scope of its own. */
static lw_status turn(lwi_jinja *run, lwi_scope *scope, lwi_loop *loop, bool *go_on) {
    lwi_scope *inner;
    LW_TRY(lwi_new_scope(run, scope, loop->node, &inner));
    LW_TRY(lwi_bind(run, inner, run->template->loop, (lwi_val){.kind = LWI_LOOP, .loop = loop}));
    LW_TRY(lwi_assign(run, inner, loop->node->a, loop->items.items[loop->index]));
    LW_TRY(lwi_jinja_execute(run, inner, loop->node->body, loop->node->body_count));
    *go_on = run->flow != LWI_BREAK;
    run->flow = LWI_GO_ON;
    return LW_OK;
}

lw_status lwi_run_loop(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val what,
                       unsigned depth) {
    lwi_loop *loop = NULL;
    bool go_on = true;
    LW_TRY(lwi_take(run, 1, sizeof *loop, &loop));
    *loop = (lwi_loop){.depth = depth, .node = node, .scope = scope};
    LW_TRY(lwi_iterate(run, what, &loop->items));
    if (node->c) LW_TRY(chosen(run, scope, node, &loop->items));
    for (; loop->index < loop->items.count && go_on; loop->index++)
        LW_TRY(turn(run, scope, loop, &go_on));
    if (loop->items.count || !node->d) return LW_OK;
    lwi_scope *inner;
    LW_TRY(lwi_new_scope(run, scope, node->d, &inner));
    return lwi_jinja_execute(run, inner, node->d->body, node->d->body_count);
}

lw_status lwi_loop_attribute(lwi_jinja *run, lwi_loop *loop, lwi_val name, lwi_val *value) {
    (void)run;
    const int64_t i = (int64_t)loop->index, n = (int64_t)loop->items.count;
    const struct {
        const char *name;
        lwi_val value;
    } list[] = {{"index", lwi_int(i + 1)},       {"index0", lwi_int(i)},
                {"revindex", lwi_int(n - i)},    {"revindex0", lwi_int(n - i - 1)},
                {"first", lwi_bool(i == 0)},     {"last", lwi_bool(i + 1 == n)},
                {"length", lwi_int(n)},          {"depth", lwi_int((int64_t)loop->depth + 1)},
                {"depth0", lwi_int(loop->depth)}};
    *value = lwi_undefined(NULL);
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        if (lwi_same_text(name, lwi_word(list[k].name))) *value = list[k].value;
    if (lwi_same_text(name, lwi_word("previtem")) && i > 0) *value = loop->items.items[i - 1];
    if (lwi_same_text(name, lwi_word("nextitem")) && i + 1 < n) *value = loop->items.items[i + 1];
    return LW_OK;
}

static lw_status cycle(lwi_jinja *run, lwi_val self, const lwi_val *slots, const lwi_args *all,
                       lwi_val *result) {
    (void)run, (void)slots;
    if (!all->positional.count) return LWI_WRONG("no items for cycling given");
    *result = all->positional.items[self.loop->index % all->positional.count];
    return LW_OK;
}

static lw_status changed(lwi_jinja *run, lwi_val self, const lwi_val *slots, const lwi_args *all,
                         lwi_val *result) {
    (void)slots;
    lwi_val now;
    bool equal = false;
    LW_TRY(lwi_new_list(run, LWI_TUPLE, LWI_PLAIN, &now));
    for (size_t i = 0; i < all->positional.count; i++)
        LW_TRY(lwi_append(run, now.list, all->positional.items[i]));
    if (self.loop->asked) LW_TRY(lwi_equal(run, now, self.loop->changed, &equal));
    self.loop->asked = true;
    self.loop->changed = now;
    *result = lwi_bool(!equal);
    return LW_OK;
}

const lwi_function lwi_loop_methods[] = {
    {"cycle", "*", 0, cycle}, {"changed", "*", 0, changed}, {NULL, NULL, 0, NULL}};
