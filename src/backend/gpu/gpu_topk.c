/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_backend.h"
#include "ops/topk.h"

enum { MOST = 4096 }; /* best ones: a kernel goes through the row for each */

lw_status lwi_gpu_topk(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_topk t;
    lwi_gpu_launch *launch = NULL;
    const lwi_gpu_type type = lwi_gpu_type_of(c->in[0]->dtype);
    const bool values = c->out[0], places = c->n_out > 1 && c->out[1];
    LW_TRY(lwi_topk_read(c, &t));
    if (!lwi_gpu_orders(step, type) || !lwi_gpu_moves(c) || t.k > MOST || t.rows == 0)
        return lwi_gpu_refuse(step, "its type, or more than 4096 of the best");
    LW_TRY(lwi_gpu_groups(step, "topk", t.rows, 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, values ? 0 : 1);
    lwi_gpu_out(launch, places ? 1 : 0);
    lwi_gpu_int(launch, type);
    lwi_gpu_int(launch, (int64_t)t.dim);
    lwi_gpu_int(launch, (int64_t)t.inner);
    lwi_gpu_int(launch, (int64_t)t.k);
    lwi_gpu_int(launch, t.largest);
    lwi_gpu_int(launch, values | places << 1);
    *taken = true;
    return LW_OK;
}
