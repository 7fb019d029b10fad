/* SPDX-License-Identifier: MIT
 * Dropout (ONNX 22; Srivastava et al. 2014). Without training_mode the output is the input and the
 * mask is all true; otherwise each element is dropped with probability ratio and the others are
 * scaled by 1 / (1 - ratio). */
#include "ops/random_key.h"

typedef struct dropout {
    const lw_value *x;
    lw_value *y, *mask; /* either may be NULL: not wanted */
    double ratio;
    uint64_t key;
} dropout;

#define DROP(NAME, T)                                                                              \
    static void NAME(void *arg, size_t begin, size_t end) {                                        \
        const dropout *d = arg;                                                                    \
        const T *x = d->x->data, scale = (T)(1 / (1 - d->ratio));                                  \
        T *y = d->y ? d->y->data : NULL;                                                           \
        uint8_t *mask = d->mask ? d->mask->data : NULL;                                            \
        for (size_t i = begin; i < end; i++) {                                                     \
            const bool kept = lwi_random_uniform(d->key, i) >= d->ratio;                           \
            if (mask) mask[i] = kept;                                                              \
            if (y) y[i] = kept ? x[i] * scale : 0;                                                 \
        }                                                                                          \
    }
DROP(drop_f32, float)
DROP(drop_f64, double)

static lw_status pass(const lw_value *x, lw_value *y, lw_value *mask) {
    if (y && y->bytes && y->data != x->data) memcpy(y->data, x->data, x->bytes);
    if (mask && mask->bytes) memset(mask->data, 1, mask->bytes);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    LW_TRY(lwi_out_like(c, 0, c->in[0]));
    return lwi_out(c, 1, LW_BOOL, c->in[0]->rank, c->in[0]->dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    dropout d = {.x = x, .y = c->out[0], .mask = c->n_out > 1 ? c->out[1] : NULL, .ratio = 0.5};
    int64_t training = 0;
    if (lwi_has(c, 1)) LW_TRY(lwi_in_number(c, 1, &d.ratio));
    if (lwi_has(c, 2)) LW_TRY(lwi_in_int(c, 2, &training));
    if (!(d.ratio >= 0 && d.ratio <= 1))
        return lwi_call_fail(c, LW_RANGE, "ratio is %g, expected 0 to 1", d.ratio);
    if (!training || d.ratio == 0) return pass(x, d.y, d.mask);
    d.key = lwi_node_random_key(c->node);
    lwi_parallel(c, x->count, 1 << 13, x->dtype == LW_FLOAT64 ? drop_f64 : drop_f32, &d);
    return LW_OK;
}

const lwi_op lwi_op_dropout = {
    .infer = infer, .run = run, .flags = LWI_WIDEN | LWI_RANDOM | LWI_INPLACE};
