/* SPDX-License-Identifier: MIT
 * Dropout: without training a copy; else, with a seed, the processor's random numbers. */
#include "backend/gpu/gpu_backend.h"
#include "ops/random_key.h"

enum { RATIO = 1, TRAINING = 2 };

/* Whether it trains, or what share it drops, is known in the run alone, or it does. */
static lw_status launch_drops(const lwi_call *c, lwi_gpu_step *step) {
    const uint64_t key = lwi_node_random_key(c->node);
    const bool mask = c->n_out > 1 && c->out[1];
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "drop_elements", c->in[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, &key, sizeof key));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, RATIO);
    lwi_gpu_in(launch, c, TRAINING);
    lwi_gpu_out(launch, c->out[0] ? 0 : 1);
    lwi_gpu_out(launch, mask ? 1 : 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch,
                (int)lwi_gpu_type_of(c->in[0]->dtype) |
                    (lwi_has(c, RATIO) ? (int)lwi_gpu_type_of(c->in[RATIO]->dtype) << 4 : 0));
    lwi_gpu_int(launch, lwi_has(c, RATIO) | lwi_has(c, TRAINING) << 1);
    lwi_gpu_int(launch, (c->out[0] ? 1 : 0) | mask << 1);
    lwi_gpu_int(launch, (int64_t)c->in[0]->count);
    return LW_OK;
}

/* A copy, and a mask that is true. */
static lw_status launch_copies(const lwi_call *c, lwi_gpu_step *step) {
    static const uint8_t kept = 1;
    static const size_t repeated = 0, along = 1;
    const size_t n = c->in[0]->count;
    const lwi_gpu_grid grid = {1, &n, &repeated, &along, 0};
    lwi_gpu_launch *launch = NULL;
    if (c->out[0]) LW_TRY(lwi_gpu_copy(step, c, 0, 0));
    if (c->n_out < 2 || !c->out[1]) return LW_OK;
    LW_TRY(lwi_gpu_copy_grid(step, 1, &grid, &launch));
    LW_TRY(lwi_gpu_data(step, launch, &kept, sizeof kept));
    lwi_gpu_out(launch, 1);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

lw_status lwi_gpu_dropout(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    int64_t training = 0;
    const bool known = !lwi_has(c, TRAINING) || lwi_known(c, TRAINING);
    if (lwi_has(c, TRAINING) && known) LW_TRY(lwi_in_int(c, TRAINING, &training));
    if (!lwi_gpu_moves(c)) return lwi_gpu_refuse(step, "its type");
    if (known && !training) {
        *taken = true;
        return launch_copies(c, step);
    }
    if (!lwi_node_attr(c->node, "seed"))
        return lwi_gpu_refuse(step,
                              "it may train without a seed, and would drop the same each time");
    if (!lwi_gpu_is_real(step, c->in[0]->dtype) ||
        (lwi_has(c, RATIO) && !lwi_gpu_is_real(step, c->in[RATIO]->dtype)))
        return lwi_gpu_refuse(step, "its type");
    *taken = true;
    return launch_drops(c, step);
}
