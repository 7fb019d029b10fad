/* SPDX-License-Identifier: MIT
 * EyeLike (ONNX 22): a matrix with ones on one diagonal. */
#include "ops/op.h"

#include <string.h>

static lw_status infer(lwi_call *c) {
    lw_dtype dtype = LW_DTYPE_NONE;
    LW_TRY(lwi_need_rank(c, 0, 2, 2));
    LW_TRY(lwi_attr_dtype(c, "dtype", c->in[0]->dtype, &dtype));
    return lwi_out(c, 0, dtype, 2, c->in[0]->dims);
}

static lw_status run(lwi_call *c) {
    lw_value *y = c->out[0];
    const int64_t k = lwi_attr_int(c->node, "k", 0), rows = y->dims[0], columns = y->dims[1];
    if (y->bytes) memset(y->data, 0, y->bytes);
    if (k <= -rows || k >= columns) return LW_OK;
    const size_t size = lwi_dtype_size(y->dtype);
    unsigned char one[16] = {0};
    const float number = 1;
    lwi_convert(&lwi_convert_nearest, LW_FLOAT32, &number, y->dtype, one, 1);
    for (int64_t i = k < 0 ? -k : 0; i < rows && i + k < columns; i++)
        memcpy((char *)y->data + (size_t)(i * columns + i + k) * size, one, size);
    return LW_OK;
}

const lwi_op lwi_op_eye_like = {.infer = infer, .run = run, .flags = LWI_DIMS_ONLY};
