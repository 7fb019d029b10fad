/* SPDX-License-Identifier: MIT
 * RotaryEmbedding of ONNX, of com.microsoft, and of our own. */
#include "backend/gpu/gpu_backend.h"

enum { PLAN = 40 };
/* Places in the plan of kernels/rotary.k. */
enum { AXES, WIDTH, PAIRS, NEIGHBOURS, SECOND, HOW, CACHED };
enum { DIMS = 8, COSINES = 16, SINES = 24, POSITIONS = 32, MOST_AXES = 8 };

/* Inputs by meaning. */
typedef struct form {
    size_t cosines, sines, positions;
} form;

static bool takes(const lwi_call *c, const form *f, int *types) {
    const size_t floats[3] = {0, f->cosines, f->sines};
    *types = 0;
    for (size_t i = 0; i < 3; i++) {
        const lwi_gpu_type type = lwi_gpu_type_of(c->in[floats[i]]->dtype);
        if (!lwi_gpu_is_float(type)) return false;
        *types |= (int)type << (4 * i);
    }
    return lwi_gpu_moves(c) && c->out[0]->dtype == c->in[0]->dtype;
}

static lw_status launch(const lwi_call *c, const form *f, const int32_t plan[PLAN], int types,
                        lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "rotate_pairs", c->in[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, f->cosines);
    lwi_gpu_in(launch, c, f->sines);
    lwi_gpu_in(launch, c, f->positions);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, types);
    lwi_gpu_int(launch, (int64_t)c->in[0]->count);
    return LW_OK;
}

/* X is [batch, heads, length, n], or [batch, length, heads * n]: rows in that order. */
static void write_rows(const lwi_call *c, const form *f, int64_t heads, int32_t plan[PLAN]) {
    const lw_value *x = c->in[0];
    const bool apart = x->rank == 4;
    const int64_t length = apart ? x->dims[2] : x->dims[1];
    const int time = apart ? 2 : 1;
    const bool given = lwi_has(c, f->positions);
    const bool one = given && c->in[f->positions]->count == 1;
    plan[AXES] = 3;
    plan[DIMS] = (int32_t)x->dims[0];
    plan[DIMS + time] = (int32_t)length;
    plan[DIMS + 3 - time] = (int32_t)heads;
    plan[HOW] = !given ? 0 : one ? 2 : 1;
    plan[POSITIONS] = one ? 0 : (int32_t)length;
    plan[POSITIONS + time] = 1;
    plan[COSINES] = plan[SINES] = (int32_t)(length * plan[PAIRS]);
    plan[COSINES + time] = plan[SINES + time] = plan[PAIRS];
}

static lw_status plan_cached(const lwi_call *c, const form *f, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0], *cosines = c->in[f->cosines];
    const int64_t half = cosines->rank >= 2 ? cosines->dims[cosines->rank - 1] : 0;
    int64_t heads = x->rank == 4 ? x->dims[1] : lwi_attr_int(c->node, "num_heads", 0);
    int32_t plan[PLAN] = {0};
    int types = 0;
    if (heads == 0 && half > 0 && !lwi_attr_int(c->node, "rotary_embedding_dim", 0))
        heads = x->dims[2] / (half * 2);
    const int64_t n = x->rank == 4 ? x->dims[3] : heads > 0 ? x->dims[2] / heads : 0;
    if (!takes(c, f, &types) || half <= 0 || 2 * half > n)
        return lwi_gpu_refuse(step, "its types or shapes");
    if (lwi_has(c, f->positions) ? cosines->rank != 2 : cosines->rank != 3)
        return lwi_gpu_refuse(step, "caches that do not fit its positions");
    plan[WIDTH] = (int32_t)n;
    plan[PAIRS] = (int32_t)half;
    plan[NEIGHBOURS] = lwi_attr_int(c->node, "interleaved", 0) != 0;
    plan[CACHED] = (int32_t)cosines->dims[0];
    write_rows(c, f, heads, plan);
    *taken = true;
    return launch(c, f, plan, types, step);
}

lw_status lwi_gpu_rotary_embedding(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_cached(c, &(form){1, 2, 3}, step, taken);
}

lw_status lwi_gpu_ms_rotary_embedding(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    return plan_cached(c, &(form){2, 3, 1}, step, taken);
}

/* Steps of angles, which are broadcast to X as transposed by perm, for X's axes but the last. */
static void write_angles(const lwi_call *c, size_t input, int32_t *steps) {
    const lw_value *x = c->in[0];
    size_t strides[LW_MAX_RANK], n = 0;
    const int64_t *perm = lwi_attr_ints(c->node, "perm", &n);
    lwi_broadcast_strides(c->in[input], x->rank, strides);
    for (int d = 0; d < x->rank - 1; d++)
        steps[perm ? perm[d] : d] = (int32_t)strides[d];
}

lw_status lwi_gpu_rotary_fused(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const form f = {1, 2, 0};
    const lw_value *x = c->in[0], *cosines = c->in[1];
    const int64_t dim = lwi_attr_int(c->node, "dim", 0);
    int32_t plan[PLAN] = {0};
    int types = 0;
    if (!takes(c, &f, &types) || x->rank < 1 || x->rank > MOST_AXES + 1)
        return lwi_gpu_refuse(step, "its types or shapes");
    plan[AXES] = x->rank - 1;
    plan[WIDTH] = (int32_t)x->dims[x->rank - 1];
    plan[PAIRS] = (int32_t)(dim / 2);
    plan[NEIGHBOURS] = lwi_attr_int(c->node, "interleaved", 0) != 0;
    if (cosines->dims[cosines->rank - 1] == dim) plan[SECOND] = plan[NEIGHBOURS] ? 1 : plan[PAIRS];
    for (int d = 0; d < x->rank - 1; d++)
        plan[DIMS + d] = (int32_t)x->dims[d];
    write_angles(c, 1, plan + COSINES);
    write_angles(c, 2, plan + SINES);
    *taken = true;
    return launch(c, &f, plan, types, step);
}
