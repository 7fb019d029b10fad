/* SPDX-License-Identifier: MIT
 * Inverse of com.microsoft, in double where the device has doubles. */
#include "backend/gpu/gpu_backend.h"

lw_status lwi_gpu_inverse(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_value *x = c->in[0];
    const lwi_gpu_type type = lwi_gpu_type_of(x->dtype);
    const size_t n = (size_t)x->dims[x->rank - 1];
    lwi_gpu_launch *launch = NULL;
    const bool wide = type == LWI_GPU_F64 && lwi_device_has(step->device, "doubles");
    if (!(lwi_gpu_is_float(type) || wide) || !lwi_gpu_moves(c) || c->out[0]->dtype != x->dtype ||
        n > 16384)
        return lwi_gpu_refuse(step, "its type, or it has more than 2^14 rows");
    LW_TRY(lwi_gpu_groups(step, "inverse", x->count / (n * n), 1, 1, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_scratch(step, launch, 2 * x->count * sizeof(double));
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, type);
    lwi_gpu_int(launch, (int64_t)n);
    *taken = true;
    return LW_OK;
}
