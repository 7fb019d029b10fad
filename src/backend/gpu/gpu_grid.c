/* SPDX-License-Identifier: MIT
 * AffineGrid: the product of the places of all pixels, which are known, with theta. */
#include "backend/gpu/gpu_parts.h"

/* The coordinate of pixel i of n, in [-1, 1]. */
static float coordinate(int64_t i, int64_t n, bool align_corners) {
    if (align_corners) return n > 1 ? (float)(-1 + 2 * (double)i / (double)(n - 1)) : 0;
    return (float)((2 * (double)i + 1) / (double)n - 1);
}

/* [pixels, axes + 1]: the last axis first, and 1. */
static lw_status write_places(const lwi_gpu_parts *parts, int axes, const int64_t *sizes,
                              lwi_gpu_value *places) {
    const bool align = lwi_attr_int(parts->call->node, "align_corners", 0) != 0;
    int64_t dims[2] = {1, axes + 1};
    float *numbers = NULL;
    for (int d = 0; d < axes; d++)
        dims[0] *= sizes[d];
    LW_TRY(lwi_arena_alloc(parts->step->memory, (size_t)(dims[0] * dims[1]), sizeof *numbers,
                           &numbers));
    for (int64_t i = 0; i < dims[0]; i++) {
        int64_t rest = i;
        float *row = numbers + i * dims[1];
        for (int d = axes - 1; d >= 0; rest /= sizes[d--])
            row[axes - 1 - d] = coordinate(rest % sizes[d], sizes[d], align);
        row[axes] = 1;
    }
    return lwi_gpu_constant(parts, LW_FLOAT32, 2, dims, numbers, places);
}

lw_status lwi_gpu_affine_grid(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    const lw_value *theta = c->in[0];
    const int axes = c->out[0]->rank - 2;
    const int64_t pixels = (int64_t)c->out[0]->count / theta->dims[0] / axes;
    const int64_t dims[3] = {theta->dims[0], pixels, axes};
    lwi_gpu_value places = {0}, y = lwi_gpu_output(&parts, 0), rows = {0};
    if (theta->dtype != LW_FLOAT32 || c->out[0]->dtype != LW_FLOAT32)
        return lwi_gpu_refuse(step, "its type");
    LW_TRY(write_places(&parts, axes, c->out[0]->dims + 1, &places));
    LW_TRY(lwi_gpu_part_of(&parts, y, 0, 3, dims, &rows));
    const lwi_gpu_part product = {.domain = "com.microsoft",
                                  .op_type = "FusedMatMul",
                                  .attrs = {lwi_gpu_attr_int("transB", 1)},
                                  .in = {places, lwi_gpu_input(&parts, 0)},
                                  .n_in = 2,
                                  .out = {&rows},
                                  .n_out = 1};
    LW_TRY(lwi_gpu_add(&parts, &product));
    return lwi_gpu_finish(&parts, taken);
}
