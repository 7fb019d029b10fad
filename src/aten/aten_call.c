/* SPDX-License-Identifier: MIT
 * A call by name: the row whose schema the arguments fit, and what writing to arguments means. */
#include "aten/rows.h"

#include <stdio.h>
#include <string.h>

typedef struct call {
    const lwi_aten_argument *args;
    size_t n;
    bool lax;      /* a number stands for a tensor, an int for a float */
    bool in_place; /* the first argument is written to whatever the schema says */
} call;

/* ------------------------------------------------------------------ matching */

static bool is_number(const lwi_aten_value *v) {
    return v->kind == LWI_ATEN_INT || v->kind == LWI_ATEN_FLOAT || v->kind == LWI_ATEN_BOOL;
}

static bool fits_type(const call *c, lwi_aten_type type, const lwi_aten_value *v) {
    switch (type) {
    case LWI_ATEN_T_TENSOR:
        return v->kind == LWI_ATEN_TENSOR || (c->lax && is_number(v));
    case LWI_ATEN_T_INT:
        return v->kind == LWI_ATEN_INT ||
               (c->lax && (v->kind == LWI_ATEN_BOOL || v->kind == LWI_ATEN_TENSOR));
    case LWI_ATEN_T_FLOAT:
        return v->kind == LWI_ATEN_FLOAT ||
               (c->lax && (is_number(v) || v->kind == LWI_ATEN_TENSOR));
    case LWI_ATEN_T_BOOL:
        return v->kind == LWI_ATEN_BOOL || (c->lax && is_number(v));
    case LWI_ATEN_T_STRING:
        return v->kind == LWI_ATEN_STRING;
    case LWI_ATEN_T_SCALAR:
        return is_number(v) || (c->lax && v->kind == LWI_ATEN_TENSOR);
    case LWI_ATEN_T_ANY:
        return true;
    }
    return false;
}

static bool fits(const call *c, const lwi_aten_parameter *p, const lwi_aten_value *v) {
    if (v->kind == LWI_ATEN_NONE) return p->optional || p->type == LWI_ATEN_T_ANY;
    if (!p->list) return fits_type(c, p->type, v);
    if (v->kind != LWI_ATEN_LIST) return p->length > 0 && fits_type(c, p->type, v);
    for (size_t i = 0; i < v->list.n; i++)
        if (!(p->optional_items && v->list.items[i].kind == LWI_ATEN_NONE) &&
            !fits_type(c, p->type, &v->list.items[i]))
            return false;
    return true;
}

static const lwi_aten_value *find_argument(const call *c, const lwi_aten_parameter *p,
                                           size_t place) {
    if (place < c->n && !c->args[place].name) return p->keyword_only ? NULL : &c->args[place].value;
    for (size_t i = 0; i < c->n; i++)
        if (c->args[i].name && strlen(c->args[i].name) == p->n_name &&
            !memcmp(c->args[i].name, p->name, p->n_name))
            return &c->args[i].value;
    return NULL;
}

static bool matches(const call *c, const lwi_aten_row *row) {
    lwi_aten_parameter p;
    const char *schema = row->schema;
    bool keyword_only = false;
    size_t used = 0;
    for (size_t place = 0; lwi_aten_next_parameter(&schema, &keyword_only, &p); place++) {
        const lwi_aten_value *v = find_argument(c, &p, place);
        used += v != NULL;
        if (!v && !p.has_default) return false;
        if (v && !fits(c, &p, v)) return false;
    }
    return used == c->n;
}

static bool same_name(const lwi_aten_row *row, const char *name, const char *overload) {
    return !strcmp(row->name, name) && (!overload || !strcmp(row->overload, overload));
}

static const lwi_aten_row *first_row(const lwi_aten *a, const char *name) {
    const int i = lwi_strmap_get(&a->rows, name);
    return i < 0 ? NULL : &lwi_aten_rows[i];
}

static const lwi_aten_row *match(const lwi_aten *a, const char *name, const char *overload,
                                 call *c) {
    const lwi_aten_row *end = lwi_aten_rows + lwi_aten_n_rows;
    for (int lax = 0; lax < 2; lax++) {
        c->lax = lax;
        for (const lwi_aten_row *r = first_row(a, name); r && r < end && !strcmp(r->name, name);
             r++)
            if (same_name(r, name, overload) && matches(c, r)) return r;
    }
    return NULL;
}

bool lwi_aten_has(const lwi_aten *a, const char *name, const char *overload) {
    const lwi_aten_row *end = lwi_aten_rows + lwi_aten_n_rows;
    for (const lwi_aten_row *r = first_row(a, name); r && r < end && !strcmp(r->name, name); r++)
        if (same_name(r, name, overload)) return true;
    return false;
}

bool lwi_aten_is_view(const lwi_aten *a, const char *name, const char *overload) {
    const lwi_aten_row *end = lwi_aten_rows + lwi_aten_n_rows;
    for (const lwi_aten_row *r = first_row(a, name); r && r < end && !strcmp(r->name, name); r++)
        if (same_name(r, name, overload)) return r->flags & LWI_ATEN_VIEW;
    return false;
}

/* ---------------------------------------------------------------- conversion */

static lwi_aten_value as_type(lwi_aten *a, const lwi_aten_parameter *p, const lwi_aten_value *v) {
    const bool wants_number =
        p->type == LWI_ATEN_T_INT || p->type == LWI_ATEN_T_FLOAT || p->type == LWI_ATEN_T_SCALAR;
    if (v->kind == LWI_ATEN_TENSOR && wants_number) {
        const lwi_aten_value n = lwi_aten_number_of(a, lwi_aten_id(a, v));
        return n.kind == LWI_ATEN_TENSOR ? *v : as_type(a, p, &n);
    }
    if (v->id >= 0 || !is_number(v)) return *v;
    const int64_t i = v->kind == LWI_ATEN_BOOL ? v->b : v->i;
    if (p->type == LWI_ATEN_T_INT && v->kind == LWI_ATEN_BOOL) return lwi_aten_int(i);
    if (p->type == LWI_ATEN_T_FLOAT && v->kind != LWI_ATEN_FLOAT) return lwi_aten_float((double)i);
    if (p->type == LWI_ATEN_T_BOOL && v->kind == LWI_ATEN_INT) return lwi_aten_bool(v->i != 0);
    return *v;
}

static lwi_aten_value convert(lwi_aten *a, const lwi_aten_parameter *p, const lwi_aten_value *v) {
    lwi_aten_value items[8];
    if (!p->list || v->kind == LWI_ATEN_NONE) return as_type(a, p, v);
    if (v->kind != LWI_ATEN_LIST) {
        for (size_t i = 0; i < p->length && i < 8; i++)
            items[i] = as_type(a, p, v);
        return lwi_aten_list(a, p->length < 8 ? p->length : 8, items);
    }
    if (p->length > 1 && p->length <= 8 && v->list.n == 1) { /* [3] stands for [3, 3] */
        for (size_t i = 0; i < p->length; i++)
            items[i] = as_type(a, p, &v->list.items[0]);
        return lwi_aten_list(a, p->length, items);
    }
    return *v;
}

static size_t bind(lwi_aten *a, const call *c, const lwi_aten_row *row, lwi_aten_value *bound,
                   int *written) {
    lwi_aten_parameter p;
    const char *schema = row->schema;
    bool keyword_only = false;
    size_t n = 0;
    *written = c->in_place ? 0 : -1;
    for (; n < LWI_ATEN_ARGS && lwi_aten_next_parameter(&schema, &keyword_only, &p); n++) {
        const lwi_aten_value *v = find_argument(c, &p, n);
        const lwi_aten_value absent = v ? lwi_aten_none() : lwi_aten_default(a, &p);
        bound[n] = convert(a, &p, v ? v : &absent);
        if (p.written && *written < 0) *written = (int)n;
    }
    return n;
}

/* ------------------------------------------------------------------- results */

static void make_view(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args, size_t n,
                      const lwi_aten_value *result) {
    void *copy = NULL;
    const bool list = result->kind == LWI_ATEN_LIST;
    const lwi_aten_value *items = list ? result->list.items : result;
    const size_t n_items = list ? result->list.n : 1;
    if (a->b.status != LW_OK || args[0].kind != LWI_ATEN_TENSOR) return;
    a->b.status = lwi_arena_copy(&a->b.network->arena, args, n * sizeof *args, &copy);
    for (size_t i = 0; i < n_items && a->b.status == LW_OK; i++) {
        lwi_aten_tensor *t = items[i].kind == LWI_ATEN_TENSOR ? items[i].tensor : NULL;
        if (!t || t->base || t == args[0].tensor) continue;
        t->base = args[0].tensor;
        t->base_version = t->base->version;
        t->row = row;
        t->args = copy;
        t->n_args = n;
        t->item = i;
    }
}

/* "squeeze_": the tensor becomes a view of what it was. */
static void view_in_place(lwi_aten *a, const lwi_aten_row *row, const lwi_aten_value *args,
                          size_t n, lwi_aten_tensor *t, int id) {
    void *copy = NULL;
    if (a->b.status != LW_OK || id == lwi_aten_read(a, t)) return;
    a->b.status = lwi_arena_copy(&a->b.network->arena, args, n * sizeof *args, &copy);
    if (a->b.status != LW_OK) return;
    const lwi_aten_tensor view = {.row = row, .args = copy, .n_args = n, .id = id};
    lwi_aten_become_view(a, t, &view);
}

/* Real numbers become complex ones where they are written to such a tensor; not the other way. */
static void write_result(lwi_aten *a, lwi_aten_tensor *to, const lwi_aten_value *result) {
    if (lwi_aten_is_complex(result) && !to->complex)
        lwi_aten_fail(a, LW_TYPE, "a complex result cannot be written to a real tensor");
    const lwi_aten_value v = to->complex ? lwi_aten_as_complex(a, result) : *result;
    lwi_aten_write(a, to, lwi_aten_id(a, &v));
}

static void run_row(lwi_aten *a, const call *c, const lwi_aten_row *row, lwi_aten_value *results) {
    lwi_aten_value args[LWI_ATEN_ARGS];
    int written = -1;
    const lwi_aten_row *outer = a->row;
    a->row = row;
    const size_t n = bind(a, c, row, args, &written);
    if (a->b.status == LW_OK) lwi_aten_lower_row(a, row, args, n, results);
    const bool view = row->flags & LWI_ATEN_VIEW;
    if (view && written < 0) make_view(a, row, args, n, &results[0]);
    if (written >= 0 && args[written].kind == LWI_ATEN_TENSOR) {
        lwi_aten_tensor *to = args[written].tensor;
        if (view) view_in_place(a, row, args, n, to, lwi_aten_id(a, &results[0]));
        else write_result(a, to, &results[0]);
        results[0] = args[written];
    }
    a->row = outer;
}

static const char *kind_name(const lwi_aten_value *v) {
    static const char *const names[] = {"None", "Tensor", "int", "float", "bool", "str", "list"};
    return names[v->kind];
}

static void no_match(lwi_aten *a, const char *name, const char *overload, const call *c) {
    char kinds[160] = "";
    for (size_t i = 0; i < c->n && strlen(kinds) + 64 < sizeof kinds; i++)
        snprintf(kinds + strlen(kinds), sizeof kinds - strlen(kinds), "%s%.30s%s%s", i ? ", " : "",
                 c->args[i].name ? c->args[i].name : "", c->args[i].name ? "=" : "",
                 kind_name(&c->args[i].value));
    const char *ns = strstr(name, "::") ? "" : "aten::";
    if (lwi_aten_has(a, name, overload))
        lwi_aten_fail(a, LW_UNSUPPORTED, "%s%s does not take (%s)", ns, name, kinds);
    else
        lwi_aten_fail(a, LW_UNSUPPORTED, "%s%s%s%s is not supported", ns, name,
                      overload && *overload ? "." : "", overload ? overload : "");
}

/* "relu_" without a row of its own: "relu" that writes to its first argument, which may have
 * another name there (dropout_ has "self", dropout "input"): it is taken by its place. Overloads
 * may have other names too ("pow_.Tensor", "pow.Tensor_Tensor"). */
static const lwi_aten_row *match_in_place(lwi_aten *a, const char *name, const char *overload,
                                          call *c, lwi_aten_argument args[LWI_ATEN_ARGS]) {
    char plain[96];
    const size_t n = strlen(name);
    if (c->n > 0 && c->n <= LWI_ATEN_ARGS) {
        memcpy(args, c->args, c->n * sizeof *args);
        if (args[0].name && !strcmp(args[0].name, "self")) args[0].name = NULL;
        c->args = args;
    }
    if (n < 2 || n >= sizeof plain || name[n - 1] != '_' || name[n - 2] == '_') return NULL;
    memcpy(plain, name, n - 1);
    plain[n - 1] = '\0';
    c->in_place = true;
    const lwi_aten_row *row = match(a, plain, overload, c);
    return row ? row : match(a, plain, NULL, c);
}

void lwi_aten_call(lwi_aten *a, const char *name, const char *overload, size_t n,
                   const lwi_aten_argument *args, lwi_aten_value *results) {
    call c = {.args = args, .n = n};
    lwi_aten_argument placed[LWI_ATEN_ARGS];
    for (size_t i = 0; i < LWI_ATEN_RESULTS; i++)
        results[i] = lwi_aten_none();
    if (a->b.status != LW_OK) return;
    if (!strncmp(name, "aten::", 6)) name += 6;
    const lwi_aten_row *row = match(a, name, overload, &c);
    if (!row) row = match_in_place(a, name, overload, &c, placed);
    if (row) run_row(a, &c, row, results);
    else no_match(a, name, overload, &c);
}

lwi_aten_value lwi_aten_apply(lwi_aten *a, const char *name, size_t n,
                              const lwi_aten_value *values) {
    lwi_aten_argument args[LWI_ATEN_ARGS];
    lwi_aten_value results[LWI_ATEN_RESULTS];
    for (size_t i = 0; i < n && i < LWI_ATEN_ARGS; i++)
        args[i] = (lwi_aten_argument){NULL, values[i]};
    lwi_aten_call(a, name, NULL, n, args, results);
    return results[0];
}
