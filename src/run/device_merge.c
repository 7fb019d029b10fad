/* SPDX-License-Identifier: MIT
 * Steps that follow each other with fewer launches (backend/gpu/gpu_few.h): products of the same
 * rows are one launch, and so are products and what is done with them element by element. What two
 * steps do becomes part of the second, where the results of both have their places. */
#include "backend/gpu/gpu_few.h"
#include "run/plan_device.h"

typedef struct merging {
    lwi_plan *plan;
    int *readers; /* [slots], of roots: how many inputs of steps and outputs of the graph */
} merging;

static void count_read(void *arg, int slot) {
    const merging *m = arg;
    m->readers[m->plan->roots[slot]]++;
}

static void count_readers(merging *m) {
    const lwi_plan *plan = m->plan;
    for (size_t i = 0; i < plan->n_steps; i++)
        lwi_node_each_read(plan->steps[i].call.node, count_read, m);
    for (size_t i = 0; i < plan->graph->n_outputs; i++)
        if (plan->wanted[i]) count_read(m, plan->graph->outputs[i]);
}

/* Nothing but the step reads those of its inputs that other steps make, but for one of them: a
 * residual may be read again. */
static bool is_only_reader(const merging *m, const lwi_step *step, const lwi_gpu_launch *few) {
    const lwi_node *node = step->call.node;
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] < 0) continue;
        const int root = m->plan->roots[node->inputs[i]];
        const lwi_gpu_argument place = {
            .value = {.kind = LWI_DEVICE_MEMORY,
                      .memory = {.offset = lwi_device_place(m->plan, node->inputs[i])}}};
        for (int k = 0; k < LWI_FEW_MATRICES; k++) {
            const lwi_gpu_argument *y =
                &few->arguments[LWI_FEW_MATRIX + k * LWI_FEW_OF_MATRIX + LWI_FEW_Y];
            if (lwi_gpu_same_place(y, &place) &&
                (m->readers[root] != 1 || m->plan->places[root] != LWI_PLACE_ARENA))
                return false;
        }
    }
    return true;
}

/* The last launch before the step's own; NULL: there is none, or something is copied between. */
static lwi_device_step *find_before(const lwi_plan *plan, size_t step) {
    const lwi_device_plan *d = plan->device;
    for (size_t i = step; i > 0; i--) {
        lwi_device_step *s = plan->steps[i - 1].device;
        for (size_t k = 0; k < d->n_moves; k++)
            if (d->moves[k].step == i) return NULL;
        if (!s || !s->launches) return NULL;
        if (s->n > 0) return s;
    }
    return NULL;
}

static bool merge(const merging *m, size_t step, lwi_device_step *before) {
    const lwi_step *own = &m->plan->steps[step];
    lwi_gpu_launch *now = own->device->launches, *last = &before->launches[before->n - 1];
    if (lwi_gpu_rounds_too(last, now)) {
        own->device->launches++;
        own->device->n--;
        return true;
    }
    if (own->device->n != 1 || !lwi_gpu_is_few(last)) return false;
    const bool merged = lwi_gpu_is_few(now)
                            ? lwi_gpu_few_beside(last, now)
                            : is_only_reader(m, own, last) && lwi_gpu_few_behind(last, now);
    before->n -= merged;
    return merged;
}

lw_status lwi_device_merge(lwi_plan *plan, lwi_arena *passing) {
    merging m = {.plan = plan};
    if (plan->outer) return LW_OK; /* what is given to a body has another place in each run */
    LW_TRY(lwi_arena_alloc(passing, plan->graph->n_slots, sizeof *m.readers, &m.readers));
    count_readers(&m);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const lwi_device_step *s = plan->steps[i].device;
        if (!s || !s->launches || s->n == 0) continue;
        lwi_device_step *before = find_before(plan, i);
        for (size_t k = 0; k < s->n; k++)
            if (lwi_gpu_is_few(&s->launches[k])) lwi_gpu_few_early(&s->launches[k]);
        while (before && merge(&m, i, before) && s->n > 0 && (before = find_before(plan, i)))
            ;
    }
    return LW_OK;
}
