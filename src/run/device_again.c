/* SPDX-License-Identifier: MIT
 * Launches that would make again what the step before has made: products of the same rows with
 * several weights, such as query, key and value, round those rows once. */
#include "run/plan_device.h"

#include <string.h>

static bool is_same(const lwi_gpu_argument *a, const lwi_gpu_argument *b) {
    const lwi_device_argument *x = &a->value, *y = &b->value;
    if (x->kind != y->kind || a->source != b->source) return false;
    if (a->source == LWI_GPU_BOUND && a->index != b->index) return false;
    if (x->kind == LWI_DEVICE_INT) return x->i == y->i;
    return x->kind == LWI_DEVICE_MEMORY && x->memory.handle == y->memory.handle &&
           x->memory.offset == y->memory.offset;
}

static bool is_again(const lwi_gpu_launch *before, const lwi_gpu_launch *now) {
    if (!before || !before->stays || !now->stays || strcmp(before->kernel, now->kernel) != 0 ||
        before->n != now->n)
        return false;
    for (size_t i = 0; i < now->n; i++)
        if (!is_same(&before->arguments[i], &now->arguments[i])) return false;
    return true;
}

void lwi_device_leave_out(lwi_plan *plan) {
    const lwi_gpu_launch *before = NULL;
    for (size_t i = 0; i < plan->n_steps; i++) {
        lwi_device_step *s = plan->steps[i].device;
        const lwi_gpu_launch *first = s && s->launches && s->n > 0 ? s->launches : NULL;
        if (first && s->n > 1 && is_again(before, first)) {
            s->launches++;
            s->n--;
        }
        before = first;
    }
}
