/* SPDX-License-Identifier: MIT
 * Nodes: calls of operators with named arguments, whose results get names. */
#include "format/torch_export/pt2.h"

#include <stdio.h>
#include <string.h>

/* "torch.ops.NAMESPACE.NAME.OVERLOAD" */
bool lwi_pt2_operator(const char *target, char name[96], char overload[64]) {
    static const char start[] = "torch.ops.";
    if (strncmp(target, start, sizeof start - 1) != 0) return false;
    target += sizeof start - 1;
    const char *dot = strchr(target, '.'), *last = dot ? strchr(dot + 1, '.') : NULL;
    if (!last || strchr(last + 1, '.')) return false;
    const int n_space = (int)(dot - target), n_name = (int)(last - dot - 1);
    const bool aten = n_space == 4 && !memcmp(target, "aten", 4);
    const int n = aten ? snprintf(name, 96, "%.*s", n_name, dot + 1)
                       : snprintf(name, 96, "%.*s::%.*s", n_space, target, n_name, dot + 1);
    const bool usual = !strcmp(last + 1, "default");
    return n > 0 && n < 96 && snprintf(overload, 64, "%s", usual ? "" : last + 1) < 64;
}

/* ------------------------------------------------------------------- results */

static lw_status wrong_type(const char *name, const lwi_pt2_type *type, lw_dtype dtype, int rank) {
    return lwi_fail(LW_INTERNAL,
                    "'%.80s' has type %s and %d dimensions, but the file says %s and %d", name,
                    lw_dtype_name(dtype), rank, lw_dtype_name(type->dtype), type->rank);
}

/* The file says what each value is: this finds what was lowered wrongly, and tells what cannot be
 * known before the data is. */
static lw_status check_type(lwi_pt2 *p, const char *name, const lwi_aten_value *value) {
    const lwi_json_item *meta =
        p->names->types.object ? lwi_json_index_get(&p->names->types, name, strlen(name)) : NULL;
    lwi_pt2_type type;
    if (!meta || value->kind != LWI_ATEN_TENSOR) return LW_OK;
    LW_TRY(lwi_pt2_type_read(meta, &type));
    const int id = lwi_aten_id(&p->a, value), rank = lwi_aten_tensor_rank(&p->a, value);
    const lw_dtype dtype = lwi_aten_tensor_dtype(&p->a, value);
    LW_TRY(p->a.b.status);
    if (dtype != type.dtype || rank != type.rank) return wrong_type(name, &type, dtype, rank);
    for (int d = 0; d < rank; d++) {
        const int64_t size = lwi_aten_dim(&p->a, id, d);
        if (size >= 0 && type.sizes[d].fixed >= 0 && size != type.sizes[d].fixed)
            return lwi_fail(LW_INTERNAL, "'%.80s' has size %lld, but the file says %lld", name,
                            (long long)size, (long long)type.sizes[d].fixed);
    }
    return LW_OK;
}

static lw_status name_result(lwi_pt2 *p, const char *name, const lwi_aten_value *value) {
    LW_TRY(check_type(p, name, value));
    return lwi_pt2_define(p, name, value);
}

static lw_status name_list(lwi_pt2 *p, const lwi_json_item *names, const lwi_aten_value *list) {
    if (list->kind != LWI_ATEN_LIST || list->list.n != names->size)
        return lwi_fail(LW_CORRUPT, "its list of results has %zu names but %zu items", names->size,
                        list->kind == LWI_ATEN_LIST ? list->list.n : 1);
    for (size_t i = 0; i < names->size; i++) {
        const lwi_json_item *item = &names->items[i];
        const char *name = lwi_json_text(item, "name", NULL);
        if (!name) name = lwi_pt2_name_of(item);
        if (name) LW_TRY(name_result(p, name, &list->list.items[i]));
    }
    return LW_OK;
}

lw_status lwi_pt2_results(lwi_pt2 *p, const lwi_json_item *node, size_t n,
                          const lwi_aten_value *results) {
    const lwi_json_item *outputs = lwi_json_get(node, "outputs");
    if (!lwi_json_is(outputs, LWI_JSON_ARRAY)) return lwi_fail(LW_CORRUPT, "it has no 'outputs'");
    const lwi_json_item *first = outputs->size ? &outputs->items[0] : NULL;
    const lwi_json_item *list = lwi_json_get(first, "as_tensors");
    if (list && list->kind == LWI_JSON_ARRAY && outputs->size == 1 && n > 0)
        return name_list(p, list, &results[0]);
    if (n == 1 && results[0].kind == LWI_ATEN_LIST) return name_list(p, outputs, &results[0]);
    for (size_t i = 0; i < outputs->size; i++) {
        const char *name = lwi_pt2_name_of(&outputs->items[i]);
        if (name && i >= n) return lwi_fail(LW_CORRUPT, "it has more results than the operator");
        if (name) LW_TRY(name_result(p, name, &results[i]));
    }
    return LW_OK;
}

/* --------------------------------------------------------------------- calls */

static lw_status read_arguments(lwi_pt2 *p, const lwi_json_item *node, size_t *n,
                                lwi_aten_argument *args) {
    const lwi_json_item *inputs = lwi_json_get(node, "inputs");
    if (!lwi_json_is(inputs, LWI_JSON_ARRAY)) return lwi_fail(LW_CORRUPT, "it has no 'inputs'");
    if (inputs->size > LWI_ATEN_ARGS)
        return lwi_fail(LW_LIMIT, "it has %zu arguments, at most %d fit", inputs->size,
                        LWI_ATEN_ARGS);
    for (*n = 0; *n < inputs->size; ++*n) {
        const lwi_json_item *item = &inputs->items[*n];
        const char *name = lwi_json_text(item, "name", "");
        args[*n].name = *name ? name : NULL;
        const lw_status status = lwi_pt2_argument(p, lwi_json_get(item, "arg"), &args[*n].value);
        if (status != LW_OK) return lwi_fail_prefix(status, "argument '%.40s'", name);
    }
    return LW_OK;
}

static lw_status call(lwi_pt2 *p, const lwi_json_item *node, const char *target) {
    char name[96], overload[64];
    lwi_aten_argument args[LWI_ATEN_ARGS];
    lwi_aten_value results[LWI_ATEN_RESULTS];
    size_t n = 0;
    if (!lwi_pt2_operator(target, name, overload))
        return lwi_fail(LW_UNSUPPORTED, "%.80s is not supported", target);
    LW_TRY(read_arguments(p, node, &n, args));
    lwi_aten_call(&p->a, name, overload, n, args, results);
    LW_TRY(p->a.b.status);
    for (n = LWI_ATEN_RESULTS; n > 0 && results[n - 1].kind == LWI_ATEN_NONE;)
        n--;
    return lwi_pt2_results(p, node, n, results);
}

static lw_status lower(lwi_pt2 *p, const lwi_json_item *node) {
    const char *target = lwi_json_text(node, "target", "");
    bool done = lwi_pt2_is_silent(target);
    if (!done) LW_TRY(lwi_pt2_number(p, node, &done));
    if (!done) LW_TRY(lwi_pt2_nested(p, node, &done));
    return done ? LW_OK : call(p, node, target);
}

lw_status lwi_pt2_nodes(lwi_pt2 *p) {
    const lwi_json_item *nodes = lwi_json_get(p->names->graph, "nodes");
    if (!lwi_json_is(nodes, LWI_JSON_ARRAY)) return lwi_fail(LW_CORRUPT, "a graph has no 'nodes'");
    for (size_t i = 0; i < nodes->size; i++) {
        const lw_status status = lower(p, &nodes->items[i]);
        if (status != LW_OK) return lwi_pt2_at_node(&nodes->items[i], status);
    }
    return LW_OK;
}
