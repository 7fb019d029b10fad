/* SPDX-License-Identifier: MIT */
#include "ops/registry.h"

#include <string.h>

/* Elements of a list, less the {0} at its end. */
#define COUNT(T, ...) (sizeof((const T[])__VA_ARGS__) / sizeof(T) - 1)
#define LWI_LIST(...)                                                                              \
    { __VA_ARGS__ }
#define LWI_SCHEMA(d, n, version, min_in, max_in, min_out, max_out, ins, outs, attributes)         \
    {d,                                                                                            \
     n,                                                                                            \
     version,                                                                                      \
     min_in,                                                                                       \
     max_in,                                                                                       \
     min_out,                                                                                      \
     max_out,                                                                                      \
     COUNT(lwi_param, ins),                                                                        \
     COUNT(lwi_param, outs),                                                                       \
     COUNT(lwi_schema_attr, attributes),                                                           \
     (const lwi_param[])ins,                                                                       \
     (const lwi_param[])outs,                                                                      \
     (const lwi_schema_attr[])attributes},

static const lwi_schema SCHEMAS[] = {
#include "ops/schema.def"
#include "ops/schema_fused.def"
};

#define LWI_OP(d, n, ident) extern const lwi_op lwi_op_##ident;
#include "ops/ops.def"
#undef LWI_OP

static const lwi_op_entry ENTRIES[] = {
#define LWI_OP(d, n, ident) {d, #n, &lwi_op_##ident},
#include "ops/ops.def"
#undef LWI_OP
};
enum { N_ENTRIES = sizeof ENTRIES / sizeof *ENTRIES, N_SCHEMAS = sizeof SCHEMAS / sizeof *SCHEMAS };

size_t lwi_op_entry_count(void) { return N_ENTRIES; }

const lwi_op_entry *lwi_op_entry_at(size_t i) { return i < N_ENTRIES ? &ENTRIES[i] : NULL; }

const lwi_op_entry *lwi_op_find(const char *domain, const char *name) {
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (!strcmp(ENTRIES[i].name, name) && !strcmp(ENTRIES[i].domain, domain))
            return &ENTRIES[i];
    return NULL;
}

const lwi_schema *lwi_schema_find(const char *domain, const char *name) {
    size_t low = 0, high = N_SCHEMAS;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        int order = strcmp(SCHEMAS[middle].domain, domain);
        if (order == 0) order = strcmp(SCHEMAS[middle].name, name);
        if (order == 0) return &SCHEMAS[middle];
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return NULL;
}

/* ------------------------------------------------------------------ checks */

static const lwi_schema_attr *find_attr(const lwi_schema *schema, const char *name) {
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (!strcmp(schema->attrs[i].name, name)) return &schema->attrs[i];
    return NULL;
}

static lw_status check_attrs(const lwi_node *node, const lwi_schema *schema) {
    for (size_t i = 0; i < node->n_attrs; i++) {
        const lwi_attr *attr = &node->attrs[i];
        const lwi_schema_attr *known = find_attr(schema, attr->name);
        if (!known) return lwi_node_fail(node, LW_UNSUPPORTED, "has no attribute '%s'", attr->name);
        if (attr->kind != known->kind)
            return lwi_node_fail(node, LW_TYPE, "attribute '%s' is of kind %d, expected kind %d",
                                 attr->name, (int)attr->kind, (int)known->kind);
    }
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (schema->attrs[i].required && !lwi_node_attr(node, schema->attrs[i].name))
            return lwi_node_fail(node, LW_CORRUPT, "the attribute '%s' is missing",
                                 schema->attrs[i].name);
    return LW_OK;
}

static lw_status check_arity(const lwi_node *node, const lwi_schema *s) {
    if (node->n_inputs < s->min_in || (s->max_in != 255 && node->n_inputs > s->max_in))
        return lwi_node_fail(node, LW_CORRUPT, "has %zu inputs, expected %d to %d", node->n_inputs,
                             s->min_in, s->max_in);
    if (node->n_outputs < s->min_out || (s->max_out != 255 && node->n_outputs > s->max_out))
        return lwi_node_fail(node, LW_CORRUPT, "has %zu outputs, expected %d to %d",
                             node->n_outputs, s->min_out, s->max_out);
    for (size_t i = 0; i < s->n_in; i++)
        if (s->in[i].option == LWI_SINGLE && (i >= node->n_inputs || node->inputs[i] < 0))
            return lwi_node_fail(node, LW_CORRUPT, "the input '%s' is missing", s->in[i].name);
    const lwi_param *last = s->n_in ? &s->in[s->n_in - 1] : NULL;
    if (!last || last->option < LWI_VARIADIC) return LW_OK;
    for (size_t i = s->n_in - 1u; i < node->n_inputs; i++)
        if (node->inputs[i] < 0)
            return lwi_node_fail(node, LW_CORRUPT, "input %zu, one of '%s', is missing", i,
                                 last->name);
    return LW_OK;
}

lw_status lwi_check_node(const lwi_node *node) {
    const lwi_schema *schema = lwi_schema_find(node->op->domain, node->op->name);
    if (schema) {
        LW_TRY(check_arity(node, schema));
        LW_TRY(check_attrs(node, schema));
    }
    return node->op->op->check ? node->op->op->check(node) : LW_OK;
}

static uint64_t type_bit(const lw_value *v) {
    switch (v->kind) {
    case LW_KIND_TENSOR:
        return UINT64_C(1) << v->dtype;
    case LW_KIND_SEQUENCE:
        return LWI_SEQUENCE_BIT;
    case LW_KIND_MAP:
        return LWI_MAP_BIT;
    case LW_KIND_OPTIONAL:
        return LWI_OPTIONAL_BIT;
    }
    return 0;
}

static const char *type_text(const lw_value *v) {
    switch (v->kind) {
    case LW_KIND_TENSOR:
        return lw_dtype_name(v->dtype);
    case LW_KIND_SEQUENCE:
        return "a sequence";
    case LW_KIND_MAP:
        return "a map";
    case LW_KIND_OPTIONAL:
        return "an optional";
    }
    return "unknown";
}

static lw_status fail_type(const lwi_call *call, const lwi_param *p, const lw_value *v) {
    char names[256] = "";
    size_t n = 0;
    for (int d = 1; d < LW_DTYPE_COUNT; d++)
        if (p->types >> d & 1) {
            const char *name = lw_dtype_name((lw_dtype)d);
            const size_t size = strlen(name);
            if (n + size + 2 >= sizeof names) break;
            if (n) names[n++] = ' ';
            memcpy(names + n, name, size + 1);
            n += size;
        }
    return lwi_call_fail(call, LW_TYPE, "input '%s' is %s, expected one of: %s%s", p->name,
                         type_text(v), names, p->types >> 32 ? " (or another kind)" : "");
}

lw_status lwi_check_types(const lwi_call *call) {
    const lwi_schema *s = lwi_schema_find(call->node->op->domain, call->node->op->name);
    if (!s || s->n_in == 0) return LW_OK;
    lw_dtype group[32] = {LW_DTYPE_NONE};
    for (size_t i = 0; i < call->n_in; i++) {
        const lw_value *v = call->in[i];
        if (!v) continue;
        const lwi_param *p = &s->in[i < s->n_in ? i : s->n_in - 1u];
        if (!(p->types & type_bit(v))) return fail_type(call, p, v);
        if (!p->group || p->group >= 32 || p->option == LWI_VARIADIC_MIXED ||
            v->kind != LW_KIND_TENSOR)
            continue;
        if (group[p->group] && group[p->group] != v->dtype)
            return lwi_call_fail(call, LW_TYPE, "input '%s' is %s where the others are %s", p->name,
                                 type_text(v), lw_dtype_name(group[p->group]));
        group[p->group] = v->dtype;
    }
    return LW_OK;
}
