/* SPDX-License-Identifier: MIT
 * Where (ONNX 16): x or y by a condition, all three broadcast. Elements are only moved, so that
 * there is a loop per size of element. */
#include "ops/broadcast.h"

typedef struct bytes16 {
    uint64_t halves[2];
} bytes16;

typedef struct choice {
    lwi_broadcast_plan plan;
    const uint8_t *condition;
    const char *x, *y;
    char *out;
    size_t size;
} choice;

/* Both are read before one is taken, which allows vector code. */
#define CHOOSE(X, Y)                                                                               \
    for (size_t i = 0; i < n; i++) {                                                               \
        const T a = X, b = Y;                                                                      \
        to[i] = condition[i] ? a : b;                                                              \
    }
#define ROW(TYPE)                                                                                  \
    static void row_##TYPE(const uint8_t *condition, size_t c_step, const void *x, size_t x_step,  \
                           const void *y, size_t y_step, void *out, size_t n) {                    \
        typedef TYPE T;                                                                            \
        const T *xs = x, *ys = y;                                                                  \
        T *to = out;                                                                               \
        if (c_step == 0) {                                                                         \
            const T *from = condition[0] ? xs : ys;                                                \
            const size_t step = condition[0] ? x_step : y_step;                                    \
            for (size_t i = 0; i < n; i++)                                                         \
                to[i] = from[i * step];                                                            \
        } else if (x_step && y_step) {                                                             \
            CHOOSE(xs[i], ys[i])                                                                   \
        } else if (x_step) {                                                                       \
            CHOOSE(xs[i], ys[0])                                                                   \
        } else if (y_step) {                                                                       \
            CHOOSE(xs[0], ys[i])                                                                   \
        } else {                                                                                   \
            CHOOSE(xs[0], ys[0])                                                                   \
        }                                                                                          \
    }
ROW(uint8_t)
ROW(uint16_t)
ROW(uint32_t)
ROW(uint64_t)
ROW(bytes16)

static void choose(void *arg, size_t begin, size_t end) {
    const choice *w = arg;
    void (*row)(const uint8_t *, size_t, const void *, size_t, const void *, size_t, void *,
                size_t) = w->size == 1   ? row_uint8_t
                          : w->size == 2 ? row_uint16_t
                          : w->size == 4 ? row_uint32_t
                          : w->size == 8 ? row_uint64_t
                                         : row_bytes16;
    for (lwi_rows r = lwi_rows_at(&w->plan, begin, end); r.n; lwi_rows_next(&r))
        row(w->condition + r.at[0], r.step[0], w->x + r.at[1] * w->size, r.step[1],
            w->y + r.at[2] * w->size, r.step[2], w->out + r.out * w->size, r.n);
}

static lw_status run(lwi_call *c) {
    choice w = {.condition = c->in[0]->data,
                .x = c->in[1]->data,
                .y = c->in[2]->data,
                .out = c->out[0]->data,
                .size = lwi_dtype_size(c->out[0]->dtype)};
    lwi_plan_broadcast(&w.plan, c->out[0]->rank, c->out[0]->dims, c->in, 3);
    lwi_parallel(c, w.plan.count, 1 << 14, choose, &w);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_broadcast(c, 0, 3, &rank, dims));
    return lwi_out(c, 0, c->in[1]->dtype, rank, dims);
}

const lwi_op lwi_op_where = {.infer = infer, .run = run};
