/* SPDX-License-Identifier: MIT
 * Operators that move elements to or from places that data say: Trilu, ReverseSequence, OneHot,
 * TensorScatter, MaxUnpool. */
#include "backend/gpu/gpu_backend.h"
#include "ops/window.h"

enum { PLAN = 44, MOST_RANK = 20 };
/* Places in the plan of max_unpool in kernels/place.k. */
enum { DIMS = 4, STRIDES = 24 };

static const char not_moved[] = "its type, or it has 2^31 elements";

static int64_t size_of(const lw_value *v) { return (int64_t)lwi_dtype_size(v->dtype); }

lw_status lwi_gpu_trilu(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const int64_t main_diagonal = 0;
    const lw_value *x = c->in[0];
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_moves(c)) return lwi_gpu_refuse(step, not_moved);
    LW_TRY(lwi_gpu_items(step, "triangle", x->count, &launch));
    lwi_gpu_in(launch, c, 0);
    if (lwi_has(c, 1)) lwi_gpu_in(launch, c, 1);
    else LW_TRY(lwi_gpu_data(step, launch, &main_diagonal, sizeof main_diagonal));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, x->dims[x->rank - 2]);
    lwi_gpu_int(launch, x->dims[x->rank - 1]);
    lwi_gpu_int(launch, lwi_attr_int(c->node, "upper", 1) != 0);
    lwi_gpu_int(launch, size_of(x));
    lwi_gpu_int(launch, (int64_t)x->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_reverse_sequence(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    const int64_t time = lwi_attr_int(c->node, "time_axis", 0);
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_moves(c) || time < 0 || time > 1) return lwi_gpu_refuse(step, not_moved);
    LW_TRY(lwi_gpu_items(step, "reverse_sequences", x->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, x->dims[time]);
    lwi_gpu_int(launch, x->dims[1 - time]);
    lwi_gpu_int(launch, (int64_t)x->count / (x->dims[0] * x->dims[1]));
    lwi_gpu_int(launch, time == 0);
    lwi_gpu_int(launch, size_of(x));
    lwi_gpu_int(launch, (int64_t)x->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_one_hot(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *y = c->out[0];
    lwi_gpu_launch *launch = NULL;
    size_t outer, depth, inner;
    int axis = 0;
    if (!lwi_gpu_moves(c) || !lwi_gpu_is_plain(lwi_gpu_type_of(c->in[0]->dtype)))
        return lwi_gpu_refuse(step, not_moved);
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -1), y->rank, &axis));
    lwi_split_axis(y, axis, &outer, &depth, &inner);
    LW_TRY(lwi_gpu_items(step, "one_hot", y->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)depth);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, size_of(y));
    lwi_gpu_int(launch, (int64_t)y->count);
    *taken = true;
    return LW_OK;
}

/* A copy of the cache, then the update. */
lw_status lwi_gpu_tensor_scatter(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *cache = c->in[0], *update = c->in[1];
    lwi_gpu_launch *launch = NULL;
    size_t outer, most, inner;
    int axis = 0;
    if (!lwi_gpu_moves(c)) return lwi_gpu_refuse(step, not_moved);
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -2), cache->rank, &axis));
    lwi_split_axis(cache, axis, &outer, &most, &inner);
    LW_TRY(lwi_gpu_copy(step, c, 0, 0));
    *taken = true;
    if (update->count == 0) return LW_OK;
    LW_TRY(lwi_gpu_items(step, "tensor_scatter", update->count, &launch));
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_in(launch, c, 2);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_has(c, 2));
    lwi_gpu_int(launch, lwi_attr_is(c->node, "mode", "circular"));
    lwi_gpu_int(launch, update->dims[axis]);
    lwi_gpu_int(launch, (int64_t)most);
    lwi_gpu_int(launch, (int64_t)inner);
    lwi_gpu_int(launch, (int64_t)outer / cache->dims[0]);
    lwi_gpu_int(launch, size_of(cache));
    lwi_gpu_int(launch, (int64_t)update->count);
    return LW_OK;
}

/* The shape that MaxPool saw; false: sizes that kernels do not count. */
static lw_status plan_unpool(const lwi_call *c, int32_t plan[PLAN], bool *fits) {
    const lw_value *x = c->in[0], *y = c->out[0];
    size_t strides[LW_MAX_RANK];
    int64_t n = 1;
    lwi_window w;
    LW_TRY(lwi_window_read(c, x->rank - 2, x->dims + 2, NULL, &w));
    lwi_strides(y->rank, y->dims, strides);
    plan[0] = x->rank;
    for (int d = 0; d < x->rank; d++) {
        const int s = d - 2;
        plan[DIMS + d] =
            (int32_t)(s < 0 ? x->dims[d]
                            : (x->dims[d] - 1) * w.stride[s] + w.kernel[s] - w.begin[s] - w.end[s]);
        plan[STRIDES + d] = (int32_t)strides[d];
        n *= plan[DIMS + d];
    }
    plan[1] = (int32_t)n;
    *fits = n > 0 && n <= (int64_t)y->count;
    return LW_OK;
}

lw_status lwi_gpu_max_unpool(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0], *y = c->out[0];
    int32_t plan[PLAN] = {0};
    lwi_gpu_launch *launch = NULL;
    bool fits = false;
    if (!lwi_gpu_moves(c) || x->rank > MOST_RANK) return lwi_gpu_refuse(step, not_moved);
    LW_TRY(plan_unpool(c, plan, &fits));
    if (!fits) return lwi_gpu_refuse(step, not_moved);
    *taken = true;
    LW_TRY(lwi_gpu_items(step, "clear_elements", y->count, &launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, size_of(y));
    lwi_gpu_int(launch, (int64_t)y->count);
    if (x->count == 0) return LW_OK;
    LW_TRY(lwi_gpu_items(step, "max_unpool", x->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, size_of(x));
    lwi_gpu_int(launch, (int64_t)x->count);
    return LW_OK;
}
