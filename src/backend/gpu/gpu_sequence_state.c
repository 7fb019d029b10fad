/* SPDX-License-Identifier: MIT
 * Recurrent layers of language models: CausalConv, GatedDeltaRule, SelectiveScan, Wkv4, Wkv6, Wkv7
 * (ops/sequence_state.h). */
#include "backend/gpu/gpu_backend.h"

#include <math.h>

enum { POSITIONS, SEQUENCES, SLOTS, STATE }; /* the last inputs of each */
/* Places in the plans of kernels/sequence_state.k. */
enum { TOKENS, SEQUENCE_COUNT, SLOT_COUNT, SLOT, OFFSET, OWN };
enum { ROWS = OWN, COLUMNS, ALL, ROW_HEADS, TILED, SHARING, HEADS, PLAN };
enum { COLUMNS_OF_GROUP = 16, MOST_ROWS = 256, TILE = 64 /* columns, of ops/selective_scan.c */ };

/* What all plans begin with; `input` is the first of the four. */
static void write_state(const lwi_call *c, size_t input, int32_t *plan) {
    const lw_value *state = c->in[input + STATE];
    plan[TOKENS] = (int32_t)c->in[0]->dims[0];
    plan[SEQUENCE_COUNT] = (int32_t)c->in[input + SLOTS]->dims[0];
    plan[SLOT_COUNT] = (int32_t)state->dims[0];
    plan[SLOT] = (int32_t)state->dims[1];
    plan[OFFSET] = (int32_t)lwi_attr_int(c->node, "offset", 0);
}

/* What has been inferred fits; the plan's numbers are int32. */
static bool takes(const lwi_call *c, size_t input) {
    for (size_t i = 0; i < input; i++)
        if (lwi_has(c, i) && c->in[i]->dtype != LW_FLOAT32) return false;
    return lwi_gpu_moves(c) && c->in[input + STATE]->dtype == LW_FLOAT32 &&
           c->in[input + STATE]->dims[1] < INT32_MAX && c->in[input + STATE]->dims[0] < INT32_MAX;
}

static void add_state(lwi_gpu_launch *launch, const lwi_call *c, size_t input) {
    for (size_t i = POSITIONS; i <= STATE; i++)
        lwi_gpu_in(launch, c, input + i);
}

static lw_status done(size_t input, lwi_gpu_step *step, bool *taken) {
    step->written = 1 + (int)(input + STATE);
    *taken = true;
    return LW_OK;
}

/* ----------------------------------------------------------------- recurrences */

/* Inputs by the names of the kernel, in its order. */
typedef struct heads {
    const char *kernel;
    size_t inputs[7]; /* read, value, taken, asked, also, keep, extra */
    size_t state;     /* the first of the state's inputs */
    double scale;
} heads;

static lw_status launch_heads(const lwi_call *c, const heads *h, int32_t plan[PLAN],
                              lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, h->state)) return lwi_gpu_refuse(step, "its types");
    if (plan[ROWS] > MOST_ROWS) return lwi_gpu_refuse(step, "states of more than 256 rows");
    write_state(c, h->state, plan);
    const size_t tiles = (size_t)(plan[ALL] + plan[COLUMNS] - 1) / (size_t)plan[COLUMNS];
    LW_TRY(lwi_gpu_groups(step, h->kernel,
                          (size_t)(plan[COLUMNS] + COLUMNS_OF_GROUP - 1) / COLUMNS_OF_GROUP, tiles,
                          (size_t)plan[SEQUENCE_COUNT], &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof h->inputs / sizeof *h->inputs; i++)
        lwi_gpu_in(launch, c, h->inputs[i]);
    add_state(launch, c, h->state);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_float(launch, h->scale);
    return done(h->state, step, taken);
}

static lw_status plan_wkv(const lwi_call *c, const heads *h, lwi_gpu_step *step, bool *taken) {
    const int64_t width = c->in[0]->dims[1], n = lwi_attr_int(c->node, "num_heads", 1);
    const int32_t size = (int32_t)(width / n);
    int32_t plan[PLAN] = {
        [ROWS] = size, [COLUMNS] = size,    [ALL] = (int32_t)width, [ROW_HEADS] = (int32_t)n,
        [SHARING] = 1, [HEADS] = (int32_t)n};
    return launch_heads(c, h, plan, step, taken);
}

lw_status lwi_gpu_wkv6(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { R, W, K, V, U, STATES };
    const heads h = {"state_wkv6", {R, V, K, K, K, W, U}, STATES, 1};
    return plan_wkv(c, &h, step, taken);
}

lw_status lwi_gpu_wkv7(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { R, W, K, V, A, B, STATES };
    const heads h = {"state_wkv7", {R, V, B, A, K, W, W}, STATES, 1};
    return plan_wkv(c, &h, step, taken);
}

lw_status lwi_gpu_gated_delta(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { Q, K, V, DECAY, BETA, STATES };
    const int64_t n = lwi_attr_int(c->node, "num_heads", 1);
    const int64_t of_keys = lwi_attr_int(c->node, "key_heads", n);
    const int64_t key = c->in[Q]->dims[1] / of_keys, all = c->in[V]->dims[1];
    const heads h = {"state_delta",
                     {Q, V, K, K, K, DECAY, BETA},
                     STATES,
                     (double)lwi_attr_float(c->node, "scale", 1 / sqrtf((float)key))};
    int32_t plan[PLAN] = {[ROWS] = (int32_t)key,
                          [COLUMNS] = (int32_t)(all / n),
                          [ALL] = (int32_t)all,
                          [ROW_HEADS] = (int32_t)of_keys,
                          [TILED] = lwi_attr_int(c->node, "tiled", 0) != 0,
                          [SHARING] = (int32_t)(n / of_keys),
                          [HEADS] = (int32_t)n};
    return launch_heads(c, &h, plan, step, taken);
}

lw_status lwi_gpu_selective_scan(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { X, STEP, A, B, C, STATES };
    const int64_t n = lwi_attr_int(c->node, "num_heads", 1), all = c->in[X]->dims[1];
    const int64_t groups = lwi_attr_int(c->node, "groups", 1);
    const bool each = c->in[A]->rank == 2;
    const heads h = {each ? "state_scan" : "state_scan_heads", {C, X, B, B, B, STEP, A}, STATES, 1};
    int32_t plan[PLAN] = {[ROWS] = (int32_t)(c->in[B]->dims[1] / groups),
                          [COLUMNS] = each ? TILE : (int32_t)(all / n),
                          [ALL] = (int32_t)all,
                          [ROW_HEADS] = (int32_t)groups,
                          [SHARING] = each ? INT32_MAX : (int32_t)(n / groups),
                          [HEADS] = (int32_t)n};
    return launch_heads(c, &h, plan, step, taken);
}

lw_status lwi_gpu_wkv4(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { K, V, DECAY, FIRST, STATES };
    int32_t plan[OWN + 1];
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, STATES)) return lwi_gpu_refuse(step, "its types");
    write_state(c, STATES, plan);
    plan[OWN] = (int32_t)c->in[K]->dims[1];
    const size_t n = (size_t)plan[SEQUENCE_COUNT] * (size_t)plan[OWN];
    LW_TRY(lwi_gpu_items(step, "state_means", n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    for (size_t i = K; i <= FIRST; i++)
        lwi_gpu_in(launch, c, i);
    add_state(launch, c, STATES);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)n);
    return done(STATES, step, taken);
}

/* ------------------------------------------------------------------ CausalConv */

lw_status lwi_gpu_causal_conv_sequences(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    enum { X, W, BIAS, STATES };
    int32_t plan[OWN + 2];
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, STATES)) return lwi_gpu_refuse(step, "its types");
    write_state(c, STATES, plan);
    plan[OWN] = (int32_t)c->in[X]->dims[1];
    plan[OWN + 1] = (int32_t)c->in[W]->dims[0];
    LW_TRY(lwi_gpu_items(step, "state_convolve", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    for (size_t i = X; i <= BIAS; i++)
        lwi_gpu_in(launch, c, i);
    add_state(launch, c, STATES);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_has(c, BIAS));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    const size_t n = (size_t)plan[SEQUENCE_COUNT] * (size_t)plan[OWN];
    LW_TRY(lwi_gpu_items(step, "state_keep_rows", n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, X);
    add_state(launch, c, STATES);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)n);
    return done(STATES, step, taken);
}
