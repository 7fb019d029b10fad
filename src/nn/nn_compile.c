/* SPDX-License-Identifier: MIT
 * Models of networks: the steps that outputs need are done again. */
#include "nn/nn_state.h"
#include "run/model.h"

static void need(lwi_nn_step *step);

static void need_array(const lw_array *x) {
    if (x && x->step) need(x->step);
}

static void need_int(const lw_nn *nn, int64_t i) { need_array(lwi_nn_free_size(nn, i)); }

/* Marks what the step's arguments come from; those stand before it. */
static void need_arguments(const lw_nn *nn, const lwi_nn_step *step) {
    for (size_t i = 0; i < step->n; i++) {
        const lwi_nn_argument *p = &step->args[i];
        if (p->kind == LWI_NN_ARRAY) need_array(p->array);
        if (p->kind == LWI_NN_INT) need_int(nn, p->i);
        for (size_t k = 0; p->kind == LWI_NN_INTS && k < p->ints.n; k++)
            need_int(nn, p->ints.v[k]);
        for (size_t k = 0; p->kind == LWI_NN_ARRAYS && k < p->arrays.n; k++)
            need_array(p->arrays.v[k]);
    }
}

static void need(lwi_nn_step *step) { step->needed = true; }

typedef struct making {
    lw_nn *nn;
    const lwi_nn_output *outputs;
    size_t n_outputs;
    bool immediate; /* there are no inputs */
} making;

static void mark(const making *m) {
    lw_nn *nn = m->nn;
    for (size_t i = 0; i < nn->n_steps; i++)
        nn->steps[i]->needed = nn->steps[i]->kind == LWI_NN_INPUT && !m->immediate;
    for (size_t i = 0; i < m->n_outputs; i++)
        need_array(m->outputs[i].array);
    for (size_t i = nn->n_steps; i-- > 0;)
        if (nn->steps[i]->needed) need_arguments(nn, nn->steps[i]);
}

static lw_status do_steps(const making *m, lwi_aten *a) {
    lwi_aten_value results[LWI_ATEN_RESULTS];
    for (size_t i = 0; i < m->nn->n_steps; i++) {
        const lwi_nn_step *step = m->nn->steps[i];
        if (!step->needed) continue;
        if (m->immediate && step->kind == LWI_NN_INPUT)
            return lwi_fail(LW_INVALID, "lw_nn_evaluate: the array depends on input '%s'",
                            step->op);
        lwi_nn_do(a, m->nn, step, true, results);
        if (a->b.status != LW_OK) return lwi_fail_prefix(a->b.status, "lw_%s", step->function);
        for (size_t k = 0; k < step->n_results; k++) {
            const lwi_aten_value *item = lwi_nn_item(results, k);
            step->results[k]->again = item ? *item : lwi_aten_none();
        }
    }
    return LW_OK;
}

static void release(void *nn) { lw_nn_free(nn); }

static lw_status make(void *arg, lwi_network *network) {
    const making *m = arg;
    lwi_aten a;
    LW_TRY(lwi_aten_open(&a, network, "nn"));
    network->format = "lampwick/nn.h";
    network->release = release;
    network->released = m->nn;
    atomic_fetch_add_explicit(&m->nn->refs, 1, memory_order_relaxed);
    lw_status status = do_steps(m, &a);
    for (size_t i = 0; i < m->n_outputs && status == LW_OK; i++)
        lwi_aten_output(&a, &m->outputs[i].array->again, m->outputs[i].name);
    const lw_status closed = lwi_aten_close(&a);
    return status == LW_OK ? closed : status;
}

static lw_status first_failure(const lw_nn *nn) {
    return nn->status == LW_OK ? LW_OK : lwi_fail(nn->status, "%s", nn->sentence);
}

lw_status lw_nn_compile(lw_nn *nn, const lw_model_options *options, lw_model **model) {
    if (!nn || !model) return lwi_fail(LW_INVALID, "lw_nn_compile: nn or model is NULL");
    LW_TRY(first_failure(nn));
    if (nn->n_outputs == 0) return lwi_fail(LW_INVALID, "lw_nn_compile: there is no output");
    making m = {nn, nn->outputs, nn->n_outputs, false};
    mark(&m);
    return lwi_model_make(make, &m, options, model);
}

static lw_status run(const lw_model *model, lw_value **value) {
    lw_context *context = NULL;
    lw_io out = {"value", NULL};
    const lw_context_options options = {.size = sizeof options, .allocator = NULL};
    LW_TRY(lw_context_new(model, &options, &context));
    lw_status status = lw_context_run(context, NULL, 0, &out, 1);
    if (status == LW_OK) status = lw_value_copy(out.value, value);
    lw_value_free(out.value);
    lw_context_free(context);
    return status;
}

lw_status lw_nn_evaluate(lw_nn *nn, lw_array *array, lw_value **value) {
    lw_model *model = NULL;
    if (!nn || !value) return lwi_fail(LW_INVALID, "lw_nn_evaluate: nn or value is NULL");
    LW_TRY(first_failure(nn));
    if (!array || array->nn != nn)
        return lwi_fail(LW_INVALID, "lw_nn_evaluate: array is %s",
                        array ? "of another network" : "NULL");
    const lwi_nn_output output = {array, "value"};
    making m = {nn, &output, 1, true};
    mark(&m);
    LW_TRY(lwi_model_make(make, &m, NULL, &model));
    const lw_status status = run(model, value);
    lw_model_free(model);
    return status;
}
