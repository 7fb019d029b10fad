/* SPDX-License-Identifier: MIT
 * Col2Im (ONNX 18). */
#include "base/checked.h"
#include "ops/fold.h"

/* The window whose patches the input's columns are. LWI_LATER if the shapes are not known. */
static lw_status read_window(const lwi_call *c, lwi_window *w) {
    int64_t image[LW_MAX_RANK], block[LW_MAX_RANK];
    size_t n = 0, n_block = 0;
    LW_TRY(lwi_need_rank(c, 0, 3, 3));
    LW_TRY(lwi_in_ints(c, 1, image, LW_MAX_RANK - 2, &n));
    LW_TRY(lwi_in_ints(c, 2, block, LW_MAX_RANK - 2, &n_block));
    if (n != n_block || n == 0)
        return lwi_call_fail(c, LW_SHAPE, "image_shape has %zu elements, block_shape %zu", n,
                             n_block);
    for (size_t i = 0; i < n; i++)
        if (image[i] < 0)
            return lwi_call_fail(c, LW_SHAPE, "image_shape[%zu] is %lld", i, (long long)image[i]);
    LW_TRY(lwi_window_read(c, (int)n, image, block, w));
    return lwi_window_slide(c, false, w);
}

static lw_status infer(lwi_call *c) {
    lwi_window w;
    LW_TRY(read_window(c, &w));
    const lw_value *x = c->in[0];
    size_t blocks = 1, size = 1;
    for (int d = 0; d < w.rank; d++)
        if (!lwi_mul_size(blocks, (uint64_t)w.out[d], &blocks) ||
            !lwi_mul_size(size, (uint64_t)w.kernel[d], &size))
            return lwi_call_fail(c, LW_LIMIT, "the image is too large");
    if ((size_t)x->dims[2] != blocks || (size_t)x->dims[1] % size)
        return lwi_call_fail(c, LW_SHAPE,
                             "the columns are [%lld, %lld], expected a multiple of %zu, and %zu",
                             (long long)x->dims[1], (long long)x->dims[2], size, blocks);
    int64_t dims[LW_MAX_RANK] = {x->dims[0], x->dims[1] / (int64_t)size};
    for (int d = 0; d < w.rank; d++)
        dims[2 + d] = w.in[d];
    return lwi_out(c, 0, x->dtype, w.rank + 2, dims);
}

static lw_status run(lwi_call *c) {
    lwi_window w;
    lw_value *y = c->out[0];
    LW_TRY(read_window(c, &w));
    if (y->count == 0) return LW_OK;
    return lwi_fold(c, &w, y->dtype, (size_t)y->dims[0] * (size_t)y->dims[1], c->in[0]->data,
                    y->data);
}

const lwi_op lwi_op_col2im = {.infer = infer, .run = run, .flags = LWI_WIDEN};
