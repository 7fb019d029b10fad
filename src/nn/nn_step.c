/* SPDX-License-Identifier: MIT
 * Steps: what was called, done in a graph. */
#include "aten/lower.h"
#include "nn/nn_state.h"

/* ----------------------------------------------------------------- arguments */

static lwi_aten_value value_of(const lw_array *x, bool again) {
    return !x ? lwi_aten_none() : again ? x->again : x->value;
}

static lwi_aten_value int_of(lwi_aten *a, const lw_nn *nn, int64_t i, bool again) {
    const lw_array *size = lwi_nn_free_size(nn, i);
    if (size) return value_of(size, again);
    if (i < -(INT64_C(1) << 40) && i != INT64_MIN)
        lwi_aten_fail(a, LW_INVALID, "a size that is free was counted with; lw_nn_size does that");
    return lwi_aten_int(i);
}

static lwi_aten_value list_of(lwi_aten *a, const lw_nn *nn, const lwi_nn_argument *p, bool again) {
    lwi_aten_value *items = NULL;
    const size_t n = p->kind == LWI_NN_INTS     ? p->ints.n
                     : p->kind == LWI_NN_FLOATS ? p->floats.n
                                                : p->arrays.n;
    const lw_status status =
        n ? lwi_arena_alloc(&a->b.network->arena, n, sizeof *items, &items) : LW_OK;
    if (a->b.status == LW_OK) a->b.status = status;
    for (size_t i = 0; i < n && items; i++)
        items[i] = p->kind == LWI_NN_INTS     ? int_of(a, nn, p->ints.v[i], again)
                   : p->kind == LWI_NN_FLOATS ? lwi_aten_float(p->floats.v[i])
                                              : value_of(p->arrays.v[i], again);
    return (lwi_aten_value){
        .kind = LWI_ATEN_LIST, .id = -1, .list = {.items = items, .n = items ? n : 0}};
}

static lwi_aten_value argument(lwi_aten *a, const lw_nn *nn, const lwi_nn_argument *p, bool again) {
    switch (p->kind) {
    case LWI_NN_ARRAY:
        return value_of(p->array, again);
    case LWI_NN_INT:
        return int_of(a, nn, p->i, again);
    case LWI_NN_FLOAT:
        return lwi_aten_float(p->f);
    case LWI_NN_BOOL:
        return lwi_aten_bool(p->b);
    case LWI_NN_STRING:
        return lwi_aten_string((lw_string){p->s, strlen(p->s)});
    case LWI_NN_INTS:
    case LWI_NN_FLOATS:
    case LWI_NN_ARRAYS:
        return list_of(a, nn, p, again);
    default:
        return lwi_aten_none();
    }
}

/* --------------------------------------------------------------------- doing */

static void do_call(lwi_aten *a, const lw_nn *nn, const lwi_nn_step *step, bool again,
                    lwi_aten_value *results) {
    lwi_aten_argument args[LWI_ATEN_ARGS];
    for (size_t i = 0; i < step->n; i++)
        args[i] = (lwi_aten_argument){step->args[i].named ? step->args[i].name : NULL,
                                      argument(a, nn, &step->args[i], again)};
    lwi_aten_call(a, step->op, step->overload, step->n, args, results);
}

void lwi_nn_do(lwi_aten *a, const lw_nn *nn, const lwi_nn_step *step, bool again,
               lwi_aten_value *results) {
    const lw_value *v = step->value;
    for (size_t i = 0; i < LWI_ATEN_RESULTS; i++)
        results[i] = lwi_aten_none();
    if (a->b.status != LW_OK) return;
    if (step->kind == LWI_NN_CALL) do_call(a, nn, step, again, results);
    else if (step->kind == LWI_NN_INPUT)
        results[0] =
            lwi_aten_input(a, step->op, v->dtype, v->rank, step->dims, NULL, step->examples);
    else if (step->kind == LWI_NN_CONSTANT)
        results[0] = lwi_aten_constant(a, v->dtype, v->rank, v->dims, v->data);
    else {
        const lwi_aten_value x = argument(a, nn, &step->args[0], again);
        const lwi_aten_value y = argument(a, nn, &step->args[1], again);
        results[0] = step->kind == LWI_NN_SIZE ? lwi_aten_size(a, lwi_aten_id(a, &x), (int)y.i)
                                               : lwi_aten_number(a, step->op, &x, &y);
    }
}

static const lwi_aten_value *find_item(const lwi_aten_value *v, size_t *i) {
    if (v->kind != LWI_ATEN_LIST) return (*i)-- == 0 ? v : NULL;
    for (size_t k = 0; k < v->list.n; k++) {
        const lwi_aten_value *item = find_item(&v->list.items[k], i);
        if (item) return item;
    }
    return NULL;
}

const lwi_aten_value *lwi_nn_item(const lwi_aten_value *results, size_t i) {
    size_t n = LWI_ATEN_RESULTS;
    while (n > 0 && results[n - 1].kind == LWI_ATEN_NONE)
        n--;
    for (size_t k = 0; k < n; k++) {
        const lwi_aten_value *item = find_item(&results[k], &i);
        if (item) return item;
    }
    return NULL;
}

/* -------------------------------------------------------------------- adding */

static lw_status make_arrays(lw_nn *nn, lwi_nn_step *step, const lwi_aten_value *results) {
    lw_array *arrays = NULL;
    while (lwi_nn_item(results, step->n_results))
        step->n_results++;
    LW_TRY(lwi_arena_alloc(lwi_nn_arena(nn), step->n_results, sizeof *arrays, &arrays));
    LW_TRY(lwi_arena_alloc(lwi_nn_arena(nn), step->n_results, sizeof arrays, &step->results));
    for (size_t i = 0; i < step->n_results; i++) {
        arrays[i] = (lw_array){.nn = nn, .step = step, .value = *lwi_nn_item(results, i)};
        step->results[i] = &arrays[i];
    }
    return LW_OK;
}

static lw_status add_step(lw_nn *nn, const lwi_nn_step *given, lwi_nn_step **added) {
    lwi_aten_value results[LWI_ATEN_RESULTS];
    lwi_arena *arena = lwi_nn_arena(nn);
    void *args = NULL;
    lwi_nn_step *step = NULL;
    LW_TRY(lwi_arena_alloc(arena, 1, sizeof *step, &step));
    *step = *given;
    if (step->n) LW_TRY(lwi_arena_copy(arena, step->args, step->n * sizeof *step->args, &args));
    step->args = args;
    lwi_nn_do(&nn->aten, nn, step, false, results);
    if (nn->aten.b.status != LW_OK)
        return lwi_fail_prefix(nn->aten.b.status, "lw_%s", step->function);
    LW_TRY(make_arrays(nn, step, results));
    LW_TRY(lwi_arena_grow(arena, &nn->steps, &nn->cap_steps, nn->n_steps + 1, sizeof *nn->steps));
    nn->steps[nn->n_steps++] = step;
    *added = step;
    return LW_OK;
}

lw_array *lwi_nn_add_step(lw_nn *nn, const lwi_nn_step *given) {
    lwi_nn_step *step = NULL;
    if (lwi_nn_failed(nn, LW_OK) || lwi_nn_failed(nn, add_step(nn, given, &step))) return NULL;
    return step->n_results ? step->results[0] : NULL;
}
