/* SPDX-License-Identifier: MIT
 * QLinearGlobalAveragePool of com.microsoft: the mean over all spatial dimensions of an 8-bit
 * quantised tensor, with channels second or last. Codes are summed as integers. */
#include "ops/qlinear.h"

enum { X, X_SCALE, X_ZERO, Y_SCALE, Y_ZERO };

typedef struct means {
    const uint8_t *x;
    uint8_t *y;
    size_t n, stride; /* codes of a mean, and how far apart they are */
    lwi_q8 from, to;
} means;

static void run_means(void *arg, size_t begin, size_t end) {
    const means *m = arg;
    for (size_t i = begin; i < end; i++) {
        const uint8_t *x = m->x + i / m->stride * m->stride * m->n + i % m->stride;
        int64_t sum = 0;
        for (size_t k = 0; k < m->n; k++) {
            sum += lwi_q8_number(m->from, x[k * m->stride]);
        }
        sum -= (int64_t)m->n * (int)m->from.zero;
        m->y[i] = lwi_q8_code(m->to, (float)((double)sum / (double)m->n) * m->from.scale);
    }
}

static bool channels_last(const lwi_call *c) {
    return lwi_attr_int(c->node, "channels_last", 0) != 0;
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[X], *y = c->out[0];
    if (y->count == 0) return LW_OK;
    means m = {.x = x->data, .y = y->data, .n = x->count / y->count};
    if (m.n == 0) return lwi_call_fail(c, LW_SHAPE, "there is nothing to take the mean of");
    m.stride = channels_last(c) ? (size_t)x->dims[x->rank - 1] : 1;
    LW_TRY(lwi_q8_read(c, X_SCALE, X_ZERO, x->dtype, &m.from));
    LW_TRY(lwi_q8_read(c, Y_SCALE, Y_ZERO, x->dtype, &m.to));
    lwi_parallel(c, y->count, 1 + 16384 / m.n, run_means, &m);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[X];
    LW_TRY(lwi_need_rank(c, X, 3, LW_MAX_RANK));
    const int channel = channels_last(c) ? x->rank - 1 : 1;
    int64_t dims[LW_MAX_RANK];
    for (int d = 0; d < x->rank; d++)
        dims[d] = d == 0 || d == channel ? x->dims[d] : 1;
    return lwi_out(c, 0, x->dtype, x->rank, dims);
}

const lwi_op lwi_op_qlinear_global_average_pool = {.infer = infer, .run = run};
