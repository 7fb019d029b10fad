/* SPDX-License-Identifier: MIT
 * Sizes that have names: what they may be, and that they are the same wherever the name stands. */
#include "run/size_ranges.h"

#include <stdint.h>
#include <string.h>

static lw_status check_size(const char *input, int axis, int64_t size, const lwi_size_range *r) {
    if (size < r->least)
        return lwi_fail(LW_SHAPE,
                        "input '%s': dimension %d (%s) is %lld, the model takes %lld or more",
                        input, axis, r->name, (long long)size, (long long)r->least);
    if (size > r->most)
        return lwi_fail(LW_SHAPE,
                        "input '%s': dimension %d (%s) is %lld, the model takes %lld at most",
                        input, axis, r->name, (long long)size, (long long)r->most);
    return LW_OK;
}

/* The size that a name has had, and where; -1: it did not occur yet. */
typedef struct place {
    const char *input;
    int axis;
    int64_t size;
} place;

static lw_status check_input(const lwi_slot *slot, const lw_value *v, const lwi_size_range *r,
                             place *first) {
    const lwi_type *t = &slot->type;
    for (int d = 0; t->dim_names && d < t->rank; d++) {
        if (t->dims[d] >= 0 || !t->dim_names[d] || strcmp(t->dim_names[d], r->name) != 0) continue;
        LW_TRY(check_size(slot->name, d, v->dims[d], r));
        if (first->size >= 0 && first->size != v->dims[d])
            return lwi_fail(LW_SHAPE,
                            "%s is %lld in dimension %d of input '%s', and %lld in dimension %d of "
                            "input '%s'",
                            r->name, (long long)first->size, first->axis, first->input,
                            (long long)v->dims[d], d, slot->name);
        *first = (place){slot->name, d, v->dims[d]};
    }
    return LW_OK;
}

lw_status lwi_check_size_ranges(const lwi_graph *g, const lw_value **inputs) {
    for (size_t i = 0; i < g->n_ranges; i++) {
        place first = {NULL, 0, -1};
        for (size_t k = 0; k < g->n_inputs; k++)
            if (inputs[k])
                LW_TRY(check_input(&g->slots[g->inputs[k]], inputs[k], &g->ranges[i], &first));
    }
    return LW_OK;
}
