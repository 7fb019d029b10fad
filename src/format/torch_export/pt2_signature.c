/* SPDX-License-Identifier: MIT
 * What the program's inputs and outputs are: the user's, weights, constants, states. */
#include "format/torch_export/pt2.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAME = 256 };

/* The specs of a signature: objects with one member, whose name is the kind. */
static lw_status specs_of(const lwi_pt2 *p, const char *list, const lwi_json_item **specs) {
    const lwi_json_item *module = lwi_json_get(p->program, "graph_module");
    *specs = lwi_json_get(lwi_json_get(module, "signature"), list);
    if (!lwi_json_is(*specs, LWI_JSON_ARRAY))
        return lwi_fail(LW_CORRUPT, "the signature has no '%s'", list);
    for (size_t i = 0; i < (*specs)->size; i++)
        if (!lwi_json_is(&(*specs)->items[i], LWI_JSON_OBJECT) || (*specs)->items[i].size != 1)
            return lwi_fail(LW_CORRUPT, "item %zu of '%s' is no object with one member", i, list);
    return LW_OK;
}

static lw_status copy(lwi_pt2 *p, const char *text, const char **copied) {
    return lwi_arena_string(&p->network->arena, text, strlen(text), copied);
}

/* -------------------------------------------------------------------- inputs */

static lw_status type_of(lwi_pt2 *p, const char *name, lwi_pt2_type *type) {
    const lwi_json_item *meta = lwi_json_index_get(&p->names->types, name, strlen(name));
    if (!meta) return lwi_fail(LW_CORRUPT, "the type of '%.80s' is missing", name);
    const lw_status status = lwi_pt2_type_read(meta, type);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "input '%.80s'", name);
}

static lw_status add_input(lwi_pt2 *p, const char *name, const lwi_pt2_type *type,
                           lwi_aten_value *value) {
    int64_t dims[LW_MAX_RANK], examples[LW_MAX_RANK];
    const char *names[LW_MAX_RANK];
    for (int d = 0; d < type->rank; d++) {
        const lwi_pt2_size *size = &type->sizes[d];
        dims[d] = size->fixed;
        examples[d] = size->hint > 0 ? size->hint : 0;
        names[d] = size->text ? lwi_pt2_symbol(&p->network->arena, size->text) : NULL;
    }
    LW_TRY(copy(p, name, &name));
    *value = lwi_aten_input(&p->a, name, type->dtype, type->rank, dims, names, examples);
    return p->a.b.status;
}

static lw_status user_tensor(lwi_pt2 *p, const char *name) {
    lwi_pt2_type type;
    lwi_aten_value value = lwi_aten_none();
    LW_TRY(type_of(p, name, &type));
    LW_TRY(add_input(p, name, &type, &value));
    return lwi_pt2_define(p, name, &value);
}

/* A number that is given anew for each run. */
static lw_status user_number(lwi_pt2 *p, const char *name, lw_dtype dtype) {
    lwi_aten_value value = lwi_aten_none();
    LW_TRY(add_input(p, name, &(lwi_pt2_type){.dtype = dtype}, &value));
    value = lwi_aten_number_of(&p->a, lwi_aten_id(&p->a, &value));
    LW_TRY(p->a.b.status);
    return lwi_pt2_define(p, name, &value);
}

/* Numbers and texts that were given when the program was exported are part of it. */
static lw_status user_input(lwi_pt2 *p, const lwi_json_item *spec, const char *unused) {
    const lwi_json_item *arg = lwi_json_get(spec, "arg");
    const char *name = lwi_pt2_name_of(arg);
    (void)unused;
    if (!lwi_json_is(arg, LWI_JSON_OBJECT) || arg->size != 1)
        return lwi_fail(LW_CORRUPT, "an input is no object with one member");
    const char *kind = arg->items[0].key;
    if (!name) return LW_OK;
    if (!strcmp(kind, "as_tensor")) return user_tensor(p, name);
    if (!strcmp(kind, "as_sym_int")) return user_number(p, name, LW_INT64);
    if (!strcmp(kind, "as_sym_float")) return user_number(p, name, LW_FLOAT64);
    if (!strcmp(kind, "as_sym_bool")) return user_number(p, name, LW_BOOL);
    return lwi_fail(LW_UNSUPPORTED, "inputs of the kind '%.40s' are not supported", kind);
}

/* A buffer that the program writes to. */
static lw_status state_input(lwi_pt2 *p, const char *name, const char *stored) {
    lwi_pt2_type type;
    lwi_aten_value held = lwi_aten_none(), value = lwi_aten_none();
    lwi_graph *g = p->a.b.graph;
    LW_TRY(type_of(p, name, &type));
    LW_TRY(lwi_pt2_constant(p, stored, &held));
    const lw_value *constant = g->slots[lwi_aten_id(&p->a, &held)].constant;
    LW_TRY(add_input(p, stored, &type, &value));
    LW_TRY(
        lwi_arena_grow(&p->memory, &p->states, &p->cap_states, p->n_states + 1, sizeof *p->states));
    p->states[p->n_states++] =
        (struct lwi_pt2_state){lwi_aten_id(&p->a, &value), (lw_value *)constant};
    return lwi_pt2_define(p, name, &value);
}

/* key: the member that holds the name in the tables of weights. */
static lw_status stored_input(lwi_pt2 *p, const lwi_json_item *spec, const char *key) {
    const char *name = lwi_json_text(lwi_json_get(spec, "arg"), "name", NULL);
    const char *stored = lwi_json_text(spec, key, NULL);
    if (!name || !stored) return lwi_fail(LW_CORRUPT, "an item of 'input_specs' has no name");
    if (!lwi_pt2_has(p, stored))
        return lwi_fail(LW_CORRUPT, "the archive has no tensor '%.80s'", stored);
    if (lwi_strmap_get(&p->written, name) >= 0) return state_input(p, name, stored);
    return lwi_pt2_define_stored(p, name, stored);
}

static lw_status constant_input(lwi_pt2 *p, const lwi_json_item *spec, const char *unused) {
    const char *name = lwi_json_text(spec, "name", NULL);
    lwi_aten_value value = lwi_aten_none();
    (void)unused;
    if (!name) return lwi_fail(LW_CORRUPT, "an item of 'input_specs' has no name");
    LW_TRY(lwi_pt2_argument(p, lwi_json_get(spec, "value"), &value));
    return lwi_pt2_define(p, name, &value);
}

static lw_status ignored(lwi_pt2 *p, const lwi_json_item *spec, const char *unused) {
    (void)p, (void)spec, (void)unused;
    return LW_OK;
}

typedef struct spec_kind {
    const char *name;
    lw_status (*read)(lwi_pt2 *p, const lwi_json_item *spec, const char *key);
    const char *key;
} spec_kind;

static lw_status read_spec(lwi_pt2 *p, const spec_kind *kinds, size_t n,
                           const lwi_json_item *spec) {
    const lwi_json_item *item = &spec->items[0];
    for (size_t i = 0; i < n; i++)
        if (!strcmp(kinds[i].name, item->key)) return kinds[i].read(p, item, kinds[i].key);
    return lwi_fail(LW_UNSUPPORTED, "'%.40s' in the signature is not supported", item->key);
}

/* Functional programs say which buffers they give new values. */
static lw_status mark_written(lwi_pt2 *p, const lwi_json_item *inputs) {
    const lwi_json_item *outputs = NULL;
    LW_TRY(specs_of(p, "output_specs", &outputs));
    for (size_t i = 0; i < outputs->size; i++) {
        const lwi_json_item *item = &outputs->items[i].items[0];
        const char *buffer = lwi_json_text(item, "buffer_name", NULL);
        if (strcmp(item->key, "buffer_mutation") != 0 || !buffer) continue;
        for (size_t k = 0; k < inputs->size; k++) {
            const lwi_json_item *from = &inputs->items[k].items[0];
            const char *name = lwi_json_text(lwi_json_get(from, "arg"), "name", NULL);
            if (name && !strcmp(lwi_json_text(from, "buffer_name", ""), buffer))
                LW_TRY(lwi_strmap_set(&p->written, name, 0));
        }
    }
    return LW_OK;
}

lw_status lwi_pt2_inputs(lwi_pt2 *p) {
    static const spec_kind kinds[] = {{"user_input", user_input, NULL},
                                      {"parameter", stored_input, "parameter_name"},
                                      {"buffer", stored_input, "buffer_name"},
                                      {"tensor_constant", stored_input, "tensor_constant_name"},
                                      {"constant_input", constant_input, NULL},
                                      {"token", ignored, NULL}};
    const lwi_json_item *specs = NULL;
    LW_TRY(specs_of(p, "input_specs", &specs));
    LW_TRY(lwi_pt2_find_written(p));
    LW_TRY(mark_written(p, specs));
    for (size_t i = 0; i < specs->size; i++)
        LW_TRY(read_spec(p, kinds, sizeof kinds / sizeof *kinds, &specs->items[i]));
    return LW_OK;
}

/* ------------------------------------------------------------------- outputs */

/* Under that name, or a longer one if a value of the graph has it. */
static lw_status add_output(lwi_pt2 *p, const char *name, const lwi_aten_value *value) {
    char longer[MOST_NAME];
    const lwi_strmap *taken = &p->a.b.graph->names;
    if (value->kind == LWI_ATEN_LIST || value->kind == LWI_ATEN_STRING)
        return lwi_fail(LW_UNSUPPORTED, "output '%.80s' is no tensor", name);
    snprintf(longer, sizeof longer, "%.200s", name);
    for (int i = 1; lwi_strmap_get(taken, longer) >= 0; i++)
        snprintf(longer, sizeof longer, "%.200s_%d", name, i);
    LW_TRY(copy(p, longer, &name));
    lwi_aten_output(&p->a, value, name);
    return p->a.b.status;
}

static lw_status user_output(lwi_pt2 *p, const lwi_json_item *spec, const char *unused) {
    const lwi_json_item *arg = lwi_json_get(spec, "arg");
    const char *name = lwi_pt2_name_of(arg);
    lwi_aten_value value = lwi_aten_none();
    (void)unused;
    LW_TRY(lwi_pt2_argument(p, arg, &value));
    return value.kind == LWI_ATEN_NONE ? LW_OK : add_output(p, name ? name : "output", &value);
}

/* key: the member that holds what is written to. */
static lw_status next_output(lwi_pt2 *p, const lwi_json_item *spec, const char *key) {
    char next[MOST_NAME];
    const char *name = lwi_json_text(lwi_json_get(spec, "arg"), "name", NULL);
    const char *to = lwi_json_text(spec, key, NULL);
    lwi_aten_value value = lwi_aten_none();
    if (!name || !to) return lwi_fail(LW_CORRUPT, "an item of 'output_specs' has no name");
    LW_TRY(lwi_pt2_find(p, name, &value));
    snprintf(next, sizeof next, "%.200s.next", to);
    return add_output(p, next, &value);
}

/* What operators have written to in place. */
static lw_status written_outputs(lwi_pt2 *p) {
    const lwi_json_item *specs = NULL;
    LW_TRY(specs_of(p, "input_specs", &specs));
    for (size_t i = 0; i < specs->size; i++) {
        char next[MOST_NAME];
        const lwi_json_item *item = &specs->items[i].items[0], *arg = lwi_json_get(item, "arg");
        const char *name = lwi_json_text(arg, "name", lwi_pt2_name_of(arg));
        lwi_aten_value value = lwi_aten_none();
        if (!name || lwi_strmap_get(&p->written, name) != 1) continue;
        LW_TRY(lwi_pt2_find(p, name, &value));
        snprintf(next, sizeof next, "%.200s.next", lwi_json_text(item, "buffer_name", name));
        LW_TRY(add_output(p, next, &value));
    }
    return LW_OK;
}

lw_status lwi_pt2_outputs(lwi_pt2 *p) {
    static const spec_kind users[] = {{"user_output", user_output, NULL},
                                      {"buffer_mutation", ignored, NULL},
                                      {"parameter_mutation", ignored, NULL},
                                      {"user_input_mutation", ignored, NULL},
                                      {"token", ignored, NULL}};
    static const spec_kind states[] = {{"user_output", ignored, NULL},
                                       {"buffer_mutation", next_output, "buffer_name"},
                                       {"parameter_mutation", next_output, "parameter_name"},
                                       {"user_input_mutation", next_output, "user_input_name"},
                                       {"token", ignored, NULL}};
    const lwi_json_item *specs = NULL;
    LW_TRY(specs_of(p, "output_specs", &specs));
    for (size_t i = 0; i < specs->size; i++)
        LW_TRY(read_spec(p, users, sizeof users / sizeof *users, &specs->items[i]));
    for (size_t i = 0; i < specs->size; i++)
        LW_TRY(read_spec(p, states, sizeof states / sizeof *states, &specs->items[i]));
    LW_TRY(written_outputs(p));
    p->network->graph->open_defaults = true; /* states are given anew in each run */
    for (size_t i = 0; i < p->n_states; i++)
        p->network->graph->slots[p->states[i].input].constant = p->states[i].held;
    return LW_OK;
}
