/* SPDX-License-Identifier: MIT
 * MatMulNBits of com.microsoft: weights stay packed and are expanded where they are used. */
#include "backend/gpu/gpu_backend.h"

enum { A, B, SCALES, ZEROS, GROUPS, BIAS };
enum { TILE = 64, ROWS = 4, COLUMNS = 8, FEW = 16 /* rows of A */ };

/* Floats of any width, and packed zero points. */
static bool takes(const lwi_call *c) {
    for (size_t i = 0; i < c->n_in; i++)
        if (lwi_has(c, i) && i != B && i != GROUPS &&
            !lwi_gpu_is_float(lwi_gpu_type_of(c->in[i]->dtype)) &&
            !(i == ZEROS && c->in[i]->dtype == LW_UINT8))
            return false;
    return c->out[0] && lwi_gpu_moves(c);
}

static int type_of(const lwi_call *c, size_t input) {
    return lwi_has(c, input) ? (int)lwi_gpu_type_of(c->in[input]->dtype) : 0;
}

lw_status lwi_gpu_matmul_nbits(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const int64_t k = lwi_attr_int(c->node, "K", 0), n = lwi_attr_int(c->node, "N", 0);
    const int64_t block = lwi_attr_int(c->node, "block_size", 0);
    const int types =
        type_of(c, A) | type_of(c, SCALES) << 4 | type_of(c, ZEROS) << 8 | type_of(c, BIAS) << 12;
    lwi_gpu_launch *launch = NULL;
    if (!takes(c)) return lwi_gpu_refuse(step, "its types");
    if (c->in[B]->count == 0 || k == 0) return lwi_gpu_refuse(step, "weights that are left out");
    const size_t m = c->out[0]->count / (size_t)n, columns = (size_t)n;
    if (m <= FEW)
        LW_TRY(lwi_gpu_groups(step, "nbits_gemv", (columns + ROWS - 1) / ROWS,
                              (m + COLUMNS - 1) / COLUMNS, 1, &launch));
    else
        LW_TRY(lwi_gpu_groups(step, "nbits_gemm", (columns + TILE - 1) / TILE,
                              (m + TILE - 1) / TILE, 1, &launch));
    for (size_t i = A; i < GROUPS; i++)
        lwi_gpu_in(launch, c, i);
    lwi_gpu_in(launch, c, BIAS);
    lwi_gpu_in(launch, c, GROUPS);
    lwi_gpu_out(launch, 0);
    if (lwi_has(c, GROUPS)) {
        lwi_gpu_mistake(step, launch);
    } else {
        lwi_gpu_out(launch, 0);
        lwi_gpu_int(launch, 0);
    }
    lwi_gpu_int(launch, (int64_t)m);
    lwi_gpu_int(launch, n);
    lwi_gpu_int(launch, k);
    lwi_gpu_int(launch, types | (int)lwi_gpu_type_of(c->out[0]->dtype) << 16);
    lwi_gpu_int(launch, lwi_attr_int(c->node, "bits", 4));
    lwi_gpu_int(launch, block);
    lwi_gpu_int(launch, lwi_has(c, ZEROS) | lwi_has(c, BIAS) << 1 | lwi_has(c, GROUPS) << 2);
    *taken = step->mixes = true;
    return LW_OK;
}
