/* SPDX-License-Identifier: MIT
 * com.microsoft.DynamicQuantizeLSTM: an LSTM whose weights are 8-bit codes, transposed. The weights
 * are decoded here and the layer is computed in float: that is what the codes stand for, without
 * the error that ONNX Runtime adds by quantising the inputs and states too. */
#include "ops/rnn_core.h"

enum { W = 1, R = 2, W_SCALE = 8, W_ZERO, R_SCALE, R_ZERO };

/* Scales and zero points are for each direction, or for each of its columns. */
static lw_status check_scales(const lwi_call *c, size_t weights, size_t scale, size_t zero) {
    const int64_t *d = c->in[weights]->dims;
    const lw_value *s = c->in[scale], *z = c->in[zero];
    const bool fits = (s->rank == 1 && s->dims[0] == d[0]) ||
                      (s->rank == 2 && s->dims[0] == d[0] && s->dims[1] == d[2]);
    if (fits && lwi_same_shape(s, z) && z->dtype == c->in[weights]->dtype) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "scales and zero points do not fit the weights");
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_rnn_infer(c, &lwi_lstm_cell, true));
    LW_TRY(check_scales(c, W, W_SCALE, W_ZERO));
    return check_scales(c, R, R_SCALE, R_ZERO);
}

static int code_at(const lw_value *codes, size_t i) {
    return codes->dtype == LW_INT8 ? ((const int8_t *)codes->data)[i]
                                   : ((const uint8_t *)codes->data)[i];
}

/* [directions, rows, columns] codes to [directions, columns, rows] numbers. */
lw_status lwi_decode_lstm_codes(lwi_call *c, size_t input, const void **decoded) {
    const size_t scales = input == W ? W_SCALE : R_SCALE;
    const lw_value *w = c->in[input], *scale = c->in[scales], *zero = c->in[scales + 1];
    const size_t rows = (size_t)w->dims[1], columns = (size_t)w->dims[2];
    float *to = NULL;
    LW_TRY(lwi_scratch(c, w->count, sizeof *to, &to));
    *decoded = to;
    for (size_t i = 0; i < (size_t)w->dims[0] * columns; i++, to += rows) {
        const size_t direction = i / columns, column = i % columns;
        const size_t at = scale->rank == 2 ? i : direction, first = direction * rows * columns;
        const float unit = ((const float *)scale->data)[at];
        const int middle = code_at(zero, at);
        for (size_t row = 0; row < rows; row++)
            to[row] = (float)(code_at(w, first + row * columns + column) - middle) * unit;
    }
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    lwi_rnn_shape shape;
    lwi_rnn_weights weights;
    LW_TRY(lwi_rnn_shape_of(c, &lwi_lstm_cell, true, &shape));
    LW_TRY(lwi_decode_lstm_codes(c, W, &weights.w));
    LW_TRY(lwi_decode_lstm_codes(c, R, &weights.r));
    return lwi_rnn_run(c, &lwi_lstm_cell, &shape, &weights);
}

const lwi_op lwi_op_dynamic_quantize_lstm = {.infer = infer, .run = run};
