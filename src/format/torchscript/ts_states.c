/* SPDX-License-Identifier: MIT */
#include "format/torchscript/ts_states.h"

#include "format/torchscript/ts_signature.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 64, NAME = 512 };

static size_t version_of(const lwi_ts_value *v) {
    return lwi_ts_is_tensor(v) ? v->plain.tensor->version : 0;
}

/* The declared type of an attribute, if values of it can be given; else NULL. */
static const lwi_ts_expr *type_of(const lwi_ts_object *o, size_t at) {
    static const char *const types[] = {"Tensor", "int", "float", "bool"};
    const lwi_ts_expr *type = NULL;
    for (size_t i = 0; o->class && i < o->class->n_attributes; i++)
        if (lwi_ts_text_is(&o->keys[at], o->class->attributes[i].name))
            type = o->class->attributes[i].type;
    type = lwi_ts_plain_type(type);
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (lwi_ts_is_type(type, types[i])) return type;
    return NULL;
}

/* "prefix.attribute"; false: it is too long. */
static bool join(const char *prefix, const lwi_ts_object *o, size_t at, char name[NAME]) {
    if (!lwi_ts_is_plain(&o->keys[at], LWI_ATEN_STRING)) return false;
    const lw_string key = o->keys[at].plain.s;
    return key.size < NAME && snprintf(name, NAME, "%s%s%.*s", prefix, *prefix ? "." : "",
                                       (int)key.size, key.data) < NAME;
}

static lw_status add_state(lwi_ts_interp *in, lwi_ts_states *states, lwi_ts_state state,
                           const char *name) {
    LW_TRY(
        lwi_arena_grow(in->memory, &states->all, &states->cap, states->n + 1, sizeof *states->all));
    LW_TRY(lwi_arena_string(in->memory, name, strlen(name), &state.name));
    lwi_ts_set_state(&state, &state.of->items[state.at]);
    states->all[states->n++] = state;
    return LW_OK;
}

static lw_status add_states(lwi_ts_interp *in, lwi_ts_object *o, const char *prefix,
                            lwi_ts_states *states) {
    char name[NAME];
    o->first_state = states->n + 1;
    for (size_t i = 0; i < o->n; i++) {
        const lwi_ts_state state = {.type = type_of(o, i), .of = o, .at = i};
        if (state.type && join(prefix, o, i, name)) LW_TRY(add_state(in, states, state, name));
    }
    return LW_OK;
}

static lw_status find_in(lwi_ts_interp *in, lwi_ts_object *o, const char *prefix, int depth,
                         lwi_ts_states *states) {
    char name[NAME];
    if (o->first_state || depth > DEPTH) return LW_OK;
    LW_TRY(add_states(in, o, prefix, states));
    for (size_t i = 0; i < o->n; i++) {
        lwi_ts_object *inner = lwi_ts_object_of(&o->items[i], LWI_TS_O_INSTANCE);
        if (inner && join(prefix, o, i, name)) LW_TRY(find_in(in, inner, name, depth + 1, states));
    }
    return LW_OK;
}

lw_status lwi_ts_find_states(lwi_ts_interp *in, const lwi_ts_value *self, lwi_ts_states *states) {
    lwi_ts_object *o = lwi_ts_object_of(self, LWI_TS_O_INSTANCE);
    *states = (lwi_ts_states){0};
    return o ? find_in(in, o, "", 0, states) : LW_OK;
}

lwi_ts_state *lwi_ts_find_state(const lwi_ts_states *states, const char *name) {
    for (size_t i = 0; i < states->n; i++)
        if (!strcmp(states->all[i].name, name)) return &states->all[i];
    return NULL;
}

void lwi_ts_set_state(lwi_ts_state *state, const lwi_ts_value *v) {
    state->of->items[state->at] = *v;
    state->version = version_of(v);
}

void lwi_ts_note_set(lwi_ts_states *states, const lwi_ts_object *o, size_t at) {
    for (size_t i = o->first_state; i && i <= states->n && states->all[i - 1].of == o; i++)
        if (states->all[i - 1].at == at) states->all[i - 1].set = true;
}

bool lwi_ts_is_written(const lwi_ts_state *state) {
    const lwi_ts_value *now = &state->of->items[state->at];
    if (!lwi_ts_is_tensor(now) && !lwi_ts_is_number(now)) return false;
    return state->set || version_of(now) != state->version;
}
