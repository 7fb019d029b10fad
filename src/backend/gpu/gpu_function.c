/* SPDX-License-Identifier: MIT
 * Functions of one number that pointwise programs do not have. */
#include "backend/gpu/gpu_backend.h"

#include <string.h>

static bool is_whole(lwi_gpu_type type) { return lwi_gpu_is_integer(type) || type == LWI_GPU_U64; }

lw_status lwi_gpu_function(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    /* In the order of function_of in kernels/pointwise.k. */
    static const char *const names[] = {"Cos",   "Sin",   "Tan",   "Acos",  "Asin",
                                        "Atan",  "Cosh",  "Sinh",  "Acosh", "Asinh",
                                        "Atanh", "IsNaN", "IsInf", "Shrink"};
    const lwi_gpu_type from = lwi_gpu_type_of(c->in[0]->dtype),
                       to = lwi_gpu_type_of(c->out[0]->dtype);
    lwi_gpu_launch *launch = NULL;
    enum { SHRINK = 13 };
    int code = 0;
    while (strcmp(names[code], c->node->op_type) != 0)
        code++;
    const bool shrinks = code == SHRINK;
    const bool wide =
        from == LWI_GPU_F64 || (is_whole(from) && lwi_device_has(step->device, "doubles"));
    if (!lwi_gpu_moves(c) ||
        !(lwi_gpu_is_real(step, c->in[0]->dtype) || (shrinks && is_whole(from))))
        return lwi_gpu_refuse(step, "its type");
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(wide, "function_of"), c->out[0]->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int)from | (int)to << 4);
    lwi_gpu_int(launch, code);
    lwi_gpu_float(launch, shrinks ? lwi_attr_float(c->node, "lambd", 0.5f)
                                  : (double)lwi_attr_int(c->node, "detect_positive", 1));
    lwi_gpu_float(launch, shrinks ? lwi_attr_float(c->node, "bias", 0)
                                  : (double)lwi_attr_int(c->node, "detect_negative", 1));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}
