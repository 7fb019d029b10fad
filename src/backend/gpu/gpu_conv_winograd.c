/* SPDX-License-Identifier: MIT
 * 3 x 3 convolutions by Winograd's algorithm (kernels/winograd.k): inputs are transformed,
 * multiplied with the weights' transforms as 16 products of matrices, and transformed back. That
 * needs 4/9 of the multiplications and takes each tensor four times as large through memory, which
 * pays for many channels. Its error is at most a few roundings more than that of the plain sums:
 * the transforms add up to four numbers, and the weights' divide by 2 and 4. */
#include "backend/gpu/gpu_conv.h"
#include "backend/gpu/gpu_tiles.h"

enum { POINTS = 16, LEAST_CHANNELS = 128, MOST_SCRATCH = 256 << 20 };

static size_t count_tiles(const lwi_conv *v) {
    const int64_t *out = v->window.out;
    return v->batch * (size_t)((out[0] + 1) / 2) * (size_t)((out[1] + 1) / 2);
}

/* Bytes of the transforms of inputs and of outputs. */
static size_t in_bytes(const lwi_conv *v) {
    return POINTS * count_tiles(v) * v->channels * sizeof(float);
}

static size_t out_bytes(const lwi_conv *v) {
    return POINTS * count_tiles(v) * v->filters * sizeof(float);
}

static bool is_plain(const lwi_window *w) {
    bool all = w->rank == 2;
    for (int d = 0; d < w->rank; d++)
        all = all && w->kernel[d] == 3 && w->stride[d] == 1 && w->dilation[d] == 1;
    return all;
}

bool lwi_gpu_wants_winograd(const lwi_call *c, const lwi_conv *v) {
    return lwi_attr_int(c->node, "winograd", 0) && v->groups == 1 && is_plain(&v->window) &&
           v->channels >= LEAST_CHANNELS && v->filters >= LEAST_CHANNELS && v->out_size > 0 &&
           in_bytes(v) + out_bytes(v) <= MOST_SCRATCH;
}

/* G g G' of one filter of one channel, point by point. */
static void transform(const float g[9], float scale, float *to, size_t step) {
    static const float rows[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            float sum = 0;
            for (size_t k = 0; k < 9; k++)
                sum += rows[i][k / 3] * rows[j][k % 3] * g[k];
            to[(4 * i + j) * step] = sum * scale;
        }
}

/* [filters, channels, 3, 3] to [points, channels, filters], each filter times its factor. */
static lw_status give_weights(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step,
                              lwi_gpu_launch *launch) {
    size_t n = 0;
    const size_t each = v->channels * v->filters, bytes = POINTS * each * sizeof(float);
    const float *w = c->in[1]->data, *scale = lwi_attr_floats(c->node, "scale", &n);
    float *turned = NULL;
    if (!step->keep) return lwi_gpu_data(step, launch, NULL, bytes);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, POINTS * each, sizeof *turned, &turned));
    for (size_t f = 0; f < v->filters; f++)
        for (size_t i = 0; i < v->channels; i++)
            transform(w + (f * v->channels + i) * 9, n ? scale[f] : 1, turned + i * v->filters + f,
                      each);
    const lw_status status = lwi_gpu_data(step, launch, turned, bytes);
    lwi_free(&lwi_malloc_allocator, turned);
    return status;
}

/* matmul_f32 without an epilogue. */
static lw_status multiply(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step) {
    const size_t m = count_tiles(v), n = v->filters, k = v->channels;
    const lwi_gpu_product_size size = {m, n, k, POINTS};
    const lwi_gpu_tiles tiles = lwi_gpu_choose_tiles(step->device, &size, true);
    const char *kernel = lwi_gpu_is_wide(&tiles) ? "matmul_wide_f32" : "matmul_f32";
    const int32_t batch[32] = {
        [0] = 1, [1] = POINTS, [9] = (int32_t)(m * k), [17] = (int32_t)(k * n)};
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_launch_tiles(step, kernel, &size, &tiles, &launch));
    LW_TRY(lwi_gpu_data(step, launch, batch, sizeof batch));
    lwi_gpu_scratch_at(step, launch, 0, in_bytes(v));
    LW_TRY(give_weights(c, v, step, launch));
    lwi_gpu_in(launch, c, 0); /* no bias */
    LW_TRY(lwi_gpu_no_epilogue(c, step, launch));
    lwi_gpu_scratch_at(step, launch, in_bytes(v), out_bytes(v));
    const size_t numbers[7] = {m, n, k, k, 1, n, 1};
    for (size_t i = 0; i < 7; i++)
        lwi_gpu_int(launch, (int64_t)numbers[i]);
    lwi_gpu_float(launch, 1);
    lwi_gpu_int(launch, 0);
    lwi_gpu_parts_arguments(launch, &size, &tiles);
    return LW_OK;
}

lw_status lwi_gpu_conv_winograd(const lwi_call *c, const lwi_conv *v, lwi_gpu_step *step) {
    const size_t ins = count_tiles(v) * v->channels, outs = count_tiles(v) * v->filters;
    lwi_gpu_launch *launch = NULL;
    int32_t shape[LWI_GPU_CONV_SHAPE];
    lwi_gpu_conv_shape(&v->window, v->batch, v->channels, v->groups, v->filters, shape);
    LW_TRY(lwi_gpu_items(step, "winograd_in_f32", ins, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_scratch_at(step, launch, 0, in_bytes(v));
    lwi_gpu_int(launch, (int64_t)ins);
    LW_TRY(multiply(c, v, step));
    LW_TRY(lwi_gpu_items(step, "winograd_out_f32", outs, &launch));
    LW_TRY(lwi_gpu_data(step, launch, shape, sizeof shape));
    lwi_gpu_scratch_at(step, launch, in_bytes(v), out_bytes(v));
    lwi_gpu_in(launch, c, 2);
    LW_TRY(lwi_gpu_epilogue(c, LWI_GPU_CONV_INPUTS, step, launch));
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_has(c, 2));
    lwi_gpu_int(launch, (int64_t)outs);
    return LW_OK;
}
