/* SPDX-License-Identifier: MIT
 * Calls of functions: arguments become plain, and a step that is done at once. */
#include "nn/nn_fields.h"
#include "nn/nn_state.h"

#include <math.h>
#include <string.h>

/* ----------------------------------------------------------- plain arguments */

typedef struct recording {
    lw_nn *nn;
    const char *function;
    lwi_nn_argument plain[LWI_ATEN_ARGS];
    size_t n;
    bool named; /* from here on arguments are passed by name, as one has been left out */
} recording;

static lw_status keep(recording *r, lwi_nn_argument p) {
    lwi_arena *arena = lwi_nn_arena(r->nn);
    if (r->n == LWI_ATEN_ARGS) return lwi_fail(LW_LIMIT, "lw_%s: arguments", r->function);
    if (p.kind == LWI_NN_STRING) LW_TRY(lwi_arena_string(arena, p.s, strlen(p.s), &p.s));
    if (p.kind == LWI_NN_INTS && p.ints.n)
        LW_TRY(lwi_arena_copy(arena, p.ints.v, p.ints.n * sizeof *p.ints.v, &p.ints.v));
    if (p.kind == LWI_NN_FLOATS && p.floats.n)
        LW_TRY(lwi_arena_copy(arena, p.floats.v, p.floats.n * sizeof *p.floats.v, &p.floats.v));
    if (p.kind == LWI_NN_ARRAYS && p.arrays.n)
        LW_TRY(lwi_arena_copy(arena, p.arrays.v, p.arrays.n * sizeof *p.arrays.v, &p.arrays.v));
    p.named |= r->named;
    r->named = p.named;
    r->plain[r->n++] = p;
    return LW_OK;
}

/* A number that is an int if it is whole. */
static lwi_nn_argument scalar(const lwi_nn_argument *g) {
    lwi_nn_argument p = {.name = g->name, .named = g->named};
    if (isnan(g->f)) return p;
    p.kind = g->f == floor(g->f) && fabs(g->f) < 9e15 ? LWI_NN_INT : LWI_NN_FLOAT;
    if (p.kind == LWI_NN_INT) p.i = (int64_t)g->f;
    else p.f = g->f;
    return p;
}

static lw_status check_array(const recording *r, const lwi_nn_argument *g, const lw_array *x) {
    if (!x && g->kind == LWI_NN_NEEDED)
        return lwi_fail(LW_INVALID, "lw_%s: %s is NULL", r->function, g->name);
    if (x && x->nn != r->nn)
        return lwi_fail(LW_INVALID, "lw_%s: %s is of another network", r->function, g->name);
    return LW_OK;
}

static lw_status reduction(const recording *r, const lwi_nn_argument *g, int64_t *number) {
    static const char *const names[] = {"none", "mean", "sum"};
    *number = 1;
    for (int i = 0; g->s && i < 3; i++) {
        *number = i;
        if (!strcmp(names[i], g->s)) return LW_OK;
    }
    return g->s ? lwi_fail(LW_INVALID, "lw_%s: reduction is '%s'", r->function, g->s) : LW_OK;
}

static lw_status record(recording *r, const lwi_nn_argument *g);

static lw_status record_options(recording *r, const lwi_nn_argument *g) {
    for (size_t i = 0; g->options.data && i < g->options.fields->n; i++) {
        lwi_nn_argument p;
        if (lwi_nn_field(&g->options.fields->all[i], g->options.data, &p)) LW_TRY(record(r, &p));
    }
    return LW_OK;
}

/* Left out: arguments behind it are passed by name. */
static lw_status leave_out(recording *r, const lwi_nn_argument *g) {
    r->named |= !g->named;
    return LW_OK;
}

static lw_status record(recording *r, const lwi_nn_argument *g) {
    lwi_nn_argument p = *g;
    switch (g->kind) {
    case LWI_NN_NEEDED:
    case LWI_NN_ARRAY:
        LW_TRY(check_array(r, g, g->array));
        p.kind = g->array ? LWI_NN_ARRAY : LWI_NN_NONE;
        return keep(r, p);
    case LWI_NN_ARRAYS:
        for (size_t i = 0; i < g->arrays.n; i++)
            LW_TRY(check_array(r, g, g->arrays.v[i]));
        return keep(r, p);
    case LWI_NN_SCALAR:
        p = scalar(g);
        return p.kind == LWI_NN_NONE && g->named ? LW_OK : keep(r, p);
    case LWI_NN_INT:
        if (g->i == LW_NONE) p.kind = LWI_NN_NONE;
        return keep(r, p);
    case LWI_NN_STRING:
        return g->s ? keep(r, p) : leave_out(r, g);
    case LWI_NN_DTYPE:
        p.kind = LWI_NN_INT;
        p.i = lwi_aten_dtype_to_c10((lw_dtype)g->i);
        if (g->i == LW_DTYPE_NONE) return leave_out(r, g);
        return p.i < 0 ? lwi_fail(LW_TYPE, "lw_%s: PyTorch has no type %s", r->function,
                                  lw_dtype_name((lw_dtype)g->i))
                       : keep(r, p);
    case LWI_NN_REDUCTION:
        p.kind = LWI_NN_INT;
        LW_TRY(reduction(r, g, &p.i));
        return keep(r, p);
    case LWI_NN_OPTIONS:
        return record_options(r, g);
    case LWI_NN_RESULT:
    case LWI_NN_RESULTS:
    case LWI_NN_NETWORK:
        return LW_OK;
    default:
        return keep(r, p);
    }
}

/* --------------------------------------------------------------------- calls */

static lw_nn *network_of(size_t n, const lwi_nn_argument *args) {
    lw_nn *nn = NULL;
    for (size_t i = 0; i < n && !nn; i++) {
        const lwi_nn_argument *g = &args[i];
        if (g->kind == LWI_NN_NETWORK) nn = g->nn;
        if ((g->kind == LWI_NN_NEEDED || g->kind == LWI_NN_ARRAY) && g->array) nn = g->array->nn;
        for (size_t k = 0; g->kind == LWI_NN_ARRAYS && k < g->arrays.n && !nn; k++)
            nn = g->arrays.v[k] ? g->arrays.v[k]->nn : NULL;
    }
    return nn;
}

static lw_status give_results(const char *function, const lwi_nn_step *step, size_t n,
                              const lwi_nn_argument *args) {
    size_t next = 1;
    for (size_t i = 0; i < n; i++) {
        if (args[i].kind == LWI_NN_RESULT) {
            if (args[i].result && next < step->n_results) *args[i].result = step->results[next];
            next++;
        }
        if (args[i].kind != LWI_NN_RESULTS) continue;
        if (args[i].results.n != step->n_results)
            return lwi_fail(LW_SHAPE, "lw_%s: there are %zu parts, not %zu", function,
                            step->n_results, args[i].results.n);
        for (size_t k = 0; k < step->n_results; k++)
            args[i].results.v[k] = step->results[k];
    }
    return LW_OK;
}

static void clear_results(size_t n, const lwi_nn_argument *args) {
    for (size_t i = 0; i < n; i++) {
        if (args[i].kind == LWI_NN_RESULT && args[i].result) *args[i].result = NULL;
        for (size_t k = 0; args[i].kind == LWI_NN_RESULTS && k < args[i].results.n; k++)
            args[i].results.v[k] = NULL;
    }
}

/* "add.Tensor" */
static lw_status split_name(lw_nn *nn, const char *op, lwi_nn_step *step) {
    const char *point = strchr(op, '.');
    step->op = op;
    step->overload = point ? point + 1 : NULL;
    return point ? lwi_arena_string(lwi_nn_arena(nn), op, (size_t)(point - op), &step->op) : LW_OK;
}

lw_array *lwi_nn_call(const char *function, const char *op, size_t n, const lwi_nn_argument *args) {
    lwi_nn_step step = {.kind = LWI_NN_CALL, .function = function};
    recording r = {.nn = network_of(n, args), .function = function};
    clear_results(n, args);
    if (!r.nn || lwi_nn_failed(r.nn, LW_OK) || lwi_nn_failed(r.nn, split_name(r.nn, op, &step)))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (lwi_nn_failed(r.nn, record(&r, &args[i]))) return NULL;
    step.args = r.plain;
    step.n = r.n;
    lw_array *x = lwi_nn_add_step(r.nn, &step);
    if (!x || lwi_nn_failed(r.nn, give_results(function, x->step, n, args))) {
        clear_results(n, args);
        return NULL;
    }
    return x;
}
