/* SPDX-License-Identifier: MIT
 * Col2Im and STFT: patches of images put together, frames of signals taken apart. */
#include "backend/gpu/gpu_parts.h"
#include "ops/window.h"

enum { PLAN = 18 };

/* Axes that are not there have one place. */
static lw_status write_plan(const lwi_call *c, int32_t plan[PLAN]) {
    int64_t image[LW_MAX_RANK], block[LW_MAX_RANK];
    size_t n = 0;
    lwi_window w;
    LW_TRY(lwi_in_ints(c, 1, image, LW_MAX_RANK - 2, &n));
    LW_TRY(lwi_in_ints(c, 2, block, LW_MAX_RANK - 2, &n));
    LW_TRY(lwi_window_read(c, (int)n, image, block, &w));
    LW_TRY(lwi_window_slide(c, false, &w));
    for (int d = 0; d < 3; d++) {
        const int axis = d - (3 - w.rank);
        const int64_t numbers[6] = {w.in[axis < 0 ? 0 : axis],     w.out[axis < 0 ? 0 : axis],
                                    w.kernel[axis < 0 ? 0 : axis], w.stride[axis < 0 ? 0 : axis],
                                    w.begin[axis < 0 ? 0 : axis],  w.dilation[axis < 0 ? 0 : axis]};
        for (int i = 0; i < 6; i++)
            plan[3 * i + d] = axis >= 0 ? (int32_t)numbers[i] : i != 4;
    }
    return LW_OK;
}

lw_status lwi_gpu_col2im(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const lw_dtype from = c->in[0]->dtype, to = c->out[0]->dtype;
    lwi_gpu_launch *launch = NULL;
    int32_t plan[PLAN];
    if (!lwi_gpu_is_real(step, from) || !lwi_gpu_is_real(step, to) || !lwi_gpu_moves(c) ||
        c->out[0]->rank > 5)
        return lwi_gpu_refuse(step, "its type, or more than three axes");
    LW_TRY(write_plan(c, plan));
    LW_TRY(lwi_gpu_items(step, LWI_GPU_KERNEL(lwi_gpu_has_doubles(c), "fold_patches"),
                         c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, sizeof plan));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int)lwi_gpu_type_of(from) | (int)lwi_gpu_type_of(to) << 4);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = step->mixes = true;
    return LW_OK;
}

/* ------------------------------------------------------------------------ STFT */

/* [batch, frames, n, parts] of overlapping frames. */
static lw_status take_frames(lwi_gpu_parts *parts, int64_t step, const int64_t dims[4],
                             lwi_gpu_value *frames) {
    const lwi_gpu_value signal = lwi_gpu_input(parts, 0);
    const size_t row = (size_t)dims[3],
                 sizes[4] = {(size_t)dims[0], (size_t)dims[1], (size_t)dims[2], row};
    const size_t from[4] = {(size_t)signal.value->dims[1] * row, (size_t)step * row, row, 1};
    const size_t to[4] = {sizes[1] * sizes[2] * row, sizes[2] * row, row, 1};
    const lwi_gpu_grid grid = {4, sizes, from, to, 0};
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_room(parts, signal.value->dtype, 4, dims, frames));
    LW_TRY(lwi_gpu_copy_grid(parts->step, lwi_dtype_size(signal.value->dtype), &grid, &launch));
    lwi_gpu_give_value(parts, &signal, launch);
    lwi_gpu_give_value(parts, frames, launch);
    lwi_gpu_int(launch, (int64_t)frames->value->count);
    return LW_OK;
}

lw_status lwi_gpu_stft(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const int64_t axis = -2;
    lwi_gpu_parts parts = lwi_gpu_parts_of(c, step);
    const lw_value *x = c->in[0];
    const lwi_gpu_value window = lwi_gpu_input(&parts, 2);
    lwi_gpu_value frames = {0}, column = {0}, y = lwi_gpu_output(&parts, 0);
    lwi_gpu_part dft = {
        .domain = "",
        .op_type = "DFT",
        .attrs = {lwi_gpu_attr_int("onesided", lwi_attr_int(c->node, "onesided", 1))},
        .n_in = 3,
        .out = {&y},
        .n_out = 1};
    int64_t every = 0, n = window.value ? window.value->dims[0] : x->dims[1];
    if (!lwi_gpu_is_real(step, x->dtype) || !lwi_gpu_moves(c))
        return lwi_gpu_refuse(step, "its type");
    LW_TRY(lwi_in_int(c, 1, &every));
    if (lwi_has(c, 3)) LW_TRY(lwi_in_int(c, 3, &n));
    const int64_t dims[4] = {x->dims[0], y.value->dims[1], n, x->rank == 3 ? x->dims[2] : 1};
    LW_TRY(take_frames(&parts, every, dims, &frames));
    dft.in[0] = frames;
    if (window.value) {
        const int64_t shape[2] = {n, 1};
        LW_TRY(lwi_gpu_part_of(&parts, window, 0, 2, shape, &column));
        dft.in[0] = (lwi_gpu_value){0};
        LW_TRY(lwi_gpu_add_two(&parts, "Mul", frames, column, &dft.in[0]));
    }
    LW_TRY(lwi_gpu_constant(&parts, LW_INT64, 0, NULL, &axis, &dft.in[2]));
    LW_TRY(lwi_gpu_add(&parts, &dft));
    return lwi_gpu_finish(&parts, taken);
}
