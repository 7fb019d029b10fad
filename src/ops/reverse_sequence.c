/* SPDX-License-Identifier: MIT
 * ReverseSequence (ONNX 28): the first elements along the time axis backwards, how many being
 * given for each entry of the batch. */
#include "ops/op.h"

#include <string.h>

static lw_status read_axes(const lwi_call *c, int64_t *time) {
    const int64_t batch = lwi_attr_int(c->node, "batch_axis", 1);
    *time = lwi_attr_int(c->node, "time_axis", 0);
    if ((batch == 0 || batch == 1) && *time == 1 - batch) return LW_OK;
    return lwi_call_fail(c, LW_RANGE,
                         "batch_axis is %lld and time_axis %lld, expected 0 and 1 or "
                         "1 and 0",
                         (long long)batch, (long long)*time);
}

static lw_status infer(lwi_call *c) {
    const lw_value *lengths = c->in[1];
    int64_t time = 0;
    LW_TRY(lwi_need_rank(c, 0, 2, LW_MAX_RANK));
    LW_TRY(lwi_need_rank(c, 1, 1, 1));
    LW_TRY(read_axes(c, &time));
    if (lengths->dims[0] != c->in[0]->dims[1 - time])
        return lwi_call_fail(c, LW_SHAPE, "there are %lld lengths for a batch of %lld",
                             (long long)lengths->dims[0], (long long)c->in[0]->dims[1 - time]);
    return lwi_out_like(c, 0, c->in[0]);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t time_axis = 0;
    if (x->count == 0) return LW_OK;
    LW_TRY(read_axes(c, &time_axis));
    const size_t times = (size_t)x->dims[time_axis], batch = (size_t)x->dims[1 - time_axis];
    const size_t bytes = x->bytes / (times * batch);
    const size_t time_step = time_axis == 0 ? batch * bytes : bytes;
    const size_t batch_step = time_axis == 0 ? bytes : times * bytes;
    for (size_t b = 0; b < batch; b++) {
        const int64_t length = lwi_get_int(c->in[1], b);
        if (length < 0 || length > (int64_t)times)
            return lwi_call_fail(c, LW_RANGE, "length %zu is %lld, expected 0 to %zu", b,
                                 (long long)length, times);
        const char *from = (const char *)x->data + b * batch_step;
        char *to = (char *)c->out[0]->data + b * batch_step;
        for (size_t t = 0; t < times; t++) {
            const size_t source = t < (size_t)length ? (size_t)length - 1 - t : t;
            memcpy(to + t * time_step, from + source * time_step, bytes);
        }
    }
    return LW_OK;
}

const lwi_op lwi_op_reverse_sequence = {.infer = infer, .run = run};
