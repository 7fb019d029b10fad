/* SPDX-License-Identifier: MIT
 * What a program uses that is not supported, told all at once and before anything is made. */
#include "format/torch_export/pt2.h"

#include <stdio.h>
#include <string.h>

bool lwi_pt2_is_silent(const char *target) {
    static const char *const silent[] = {
        "torch.ops.aten._assert_async.default",
        "torch.ops.aten._assert_async.msg",
        "torch.ops.aten._assert_scalar.default",
        "torch.ops.aten._assert_tensor_metadata.default",
        "torch.ops.aten.sym_constrain_range.default",
        "torch.ops.aten.sym_constrain_range_for_size.default",
        "torch._C._set_grad_enabled",
    };
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (!strcmp(silent[i], target)) return true;
    return false;
}

/* The last place that is named in the stack: the line that the call stands in. */
static void line_of(const lwi_json_item *node, char *line, size_t size) {
    const char *trace = lwi_json_text(lwi_json_get(node, "metadata"), "stack_trace", "");
    const char *last = NULL;
    for (const char *at = trace; (at = strstr(at, "File \"")); at++)
        if (!last) last = at;
    *line = 0;
    if (last) snprintf(line, size, ", %.*s", (int)strcspn(last, "\n"), last);
}

lw_status lwi_pt2_at_node(const lwi_json_item *node, lw_status status) {
    char line[160];
    const char *target = lwi_json_text(node, "target", "");
    const char *name = lwi_json_text(node, "name", NULL);
    const lwi_json_item *outputs = lwi_json_get(node, "outputs");
    if (!name && lwi_json_is(outputs, LWI_JSON_ARRAY) && outputs->size)
        name = lwi_pt2_name_of(&outputs->items[0]);
    line_of(node, line, sizeof line);
    return lwi_fail_prefix(status, "node '%.60s' (%.80s%s)", name ? name : "", target, line);
}

static bool supported(const lwi_pt2 *p, const char *target) {
    char name[96], overload[64];
    if (lwi_pt2_is_silent(target) || lwi_pt2_is_number(target) || lwi_pt2_is_nested(target))
        return true;
    if (!lwi_pt2_operator(target, name, overload)) return false;
    if (lwi_aten_has(&p->a, name, overload)) return true;
    const size_t n = strlen(name);
    if (n < 2 || name[n - 1] != '_' || name[n - 2] == '_') return false;
    name[n - 1] = 0; /* its overloads may have other names: "pow_.Tensor" is "pow.Tensor_Tensor" */
    return lwi_aten_has(&p->a, name, NULL);
}

typedef struct missing {
    const lwi_json_item *first; /* node */
    size_t n;
} missing;

typedef struct search {
    lwi_pt2 *p;
    lwi_strmap seen; /* targets: SUPPORTED, or the place in found */
    missing *found;
    size_t n, capacity;
} search;

enum { SUPPORTED = 1 << 30 };

static lw_status look_at(search *s, const lwi_json_item *node) {
    const char *target = lwi_json_text(node, "target", "");
    const int seen = lwi_strmap_get(&s->seen, target);
    if (seen >= 0 && seen < SUPPORTED) s->found[seen].n++;
    if (seen >= 0) return LW_OK;
    if (supported(s->p, target)) return lwi_strmap_set(&s->seen, target, SUPPORTED);
    LW_TRY(lwi_arena_grow(&s->p->memory, &s->found, &s->capacity, s->n + 1, sizeof *s->found));
    s->found[s->n] = (missing){node, 1};
    return lwi_strmap_set(&s->seen, target, (int)s->n++);
}

static lw_status look_through(search *s, const lwi_json_item *graph) {
    const lwi_json_item *nodes = lwi_json_get(graph, "nodes");
    for (size_t i = 0; lwi_json_is(nodes, LWI_JSON_ARRAY) && i < nodes->size; i++) {
        const lwi_json_item *inputs = lwi_json_get(&nodes->items[i], "inputs");
        LW_TRY(look_at(s, &nodes->items[i]));
        for (size_t k = 0; lwi_json_is(inputs, LWI_JSON_ARRAY) && k < inputs->size; k++) {
            const lwi_json_item *arg = lwi_json_get(&inputs->items[k], "arg");
            const lwi_json_item *inner = lwi_json_get(lwi_json_get(arg, "as_graph"), "graph");
            if (inner) LW_TRY(look_through(s, inner));
        }
    }
    return LW_OK;
}

static lw_status tell_one(const missing *m) {
    return lwi_pt2_at_node(m->first, lwi_fail(LW_UNSUPPORTED,
                                              "this operator is not supported "
                                              "(nodes with it: %zu)",
                                              m->n));
}

static lw_status tell(search *s) {
    char text[640] = "";
    if (s->n == 0) return LW_OK;
    for (size_t i = 0; i < s->n && s->p->network->collect; i++)
        LW_TRY(lwi_network_issue(s->p->network, tell_one(&s->found[i])));
    if (s->p->network->collect) return LW_OK;
    if (s->n == 1) return tell_one(&s->found[0]);
    size_t i = 0;
    for (; i < s->n && strlen(text) + 100 < sizeof text; i++) {
        const char *target = lwi_json_text(s->found[i].first, "target", "");
        const size_t skip = strncmp(target, "torch.ops.", 10) ? 0 : 10;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.60s (%zu)", i ? ", " : "",
                 target + skip, s->found[i].n);
    }
    return lwi_fail(LW_UNSUPPORTED, "%zu operators are not supported: %s%s", s->n, text,
                    i < s->n ? " ..." : "");
}

lw_status lwi_pt2_check_operators(lwi_pt2 *p) {
    search s = {.p = p};
    lwi_strmap_init(&s.seen, &p->memory.allocator);
    lw_status status = look_through(&s, p->names->graph);
    if (status == LW_OK) status = tell(&s);
    lwi_strmap_free(&s.seen);
    return status;
}
