/* SPDX-License-Identifier: MIT
 * AffineGrid (ONNX 20): the places, in [-1, 1], that an affine map gives the pixels of an image or
 * volume. */
#include "ops/window.h"

static lw_status read_size(const lwi_call *c, int64_t *size, int *spatial) {
    size_t n = 0;
    LW_TRY(lwi_in_ints(c, 1, size, 5, &n));
    LW_TRY(lwi_need_rank(c, 0, 3, 3));
    const int64_t *theta = c->in[0]->dims;
    *spatial = (int)n - 2;
    if (n < 4 || theta[0] != size[0] || theta[1] != *spatial || theta[2] != *spatial + 1)
        return lwi_call_fail(c, LW_SHAPE, "theta is [%lld,%lld,%lld] for a size of %zu numbers",
                             (long long)theta[0], (long long)theta[1], (long long)theta[2], n);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    int64_t size[5], dims[5];
    int spatial = 0;
    LW_TRY(read_size(c, size, &spatial));
    dims[0] = size[0];
    for (int d = 0; d < spatial; d++)
        dims[1 + d] = size[2 + d];
    dims[1 + spatial] = spatial;
    return lwi_out(c, 0, c->in[0]->dtype, spatial + 2, dims);
}

/* The coordinate of pixel i of n. */
static double coordinate(int64_t i, int64_t n, bool align_corners) {
    if (align_corners) return n > 1 ? -1 + 2 * (double)i / (double)(n - 1) : 0;
    return (2 * (double)i + 1) / (double)n - 1;
}

static lw_status run(lwi_call *c) {
    int64_t size[5], place[LW_MAX_RANK] = {0};
    int spatial = 0;
    LW_TRY(read_size(c, size, &spatial));
    lw_value *y = c->out[0];
    if (y->count == 0) return LW_OK;
    const bool align = lwi_attr_int(c->node, "align_corners", 0) != 0;
    const int64_t *pixels = size + 2;
    const size_t per_image = lwi_window_count(spatial, pixels);
    const size_t columns = (size_t)spatial + 1;
    for (size_t i = 0; i < y->count / (size_t)spatial; i++) {
        const size_t matrix = i / per_image * (size_t)spatial * columns;
        for (int r = 0; r < spatial; r++) {
            const size_t row = matrix + (size_t)r * columns;
            double sum = lwi_get_double(c->in[0], row + columns - 1);
            /* x comes first in theta and last among the dimensions. */
            for (int k = 0; k < spatial; k++) {
                const int d = spatial - 1 - k;
                sum += lwi_get_double(c->in[0], row + (size_t)k) *
                       coordinate(place[d], pixels[d], align);
            }
            const size_t to = i * (size_t)spatial + (size_t)r;
            if (y->dtype == LW_FLOAT32) ((float *)y->data)[to] = (float)sum;
            else ((double *)y->data)[to] = sum;
        }
        lwi_window_next(spatial, pixels, place);
    }
    return LW_OK;
}

const lwi_op lwi_op_affine_grid = {.infer = infer, .run = run, .flags = LWI_WIDEN};
