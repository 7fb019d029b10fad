/* SPDX-License-Identifier: MIT */
#include "ops/attention_mask.h"

#include <string.h>

/* How to read a mask: element [batch, query, key] is at batch * b + query * q + key + first. */
typedef struct view {
    size_t b, q, first, keys;
    bool ranges; /* not elements, but ends and (from `starts` on, if it is not 0) starts */
    size_t starts;
} view;

static bool find_view(const lw_value *m, const lwi_attention *a, int64_t past, view *v) {
    const int64_t *d = m->dims, batch = (int64_t)a->batch, keys = (int64_t)a->kv_len;
    *v = (view){.keys = a->kv_len};
    if (m->rank == 1) {
        v->ranges = true;
        v->starts = d[0] == 2 * batch ? a->batch : 0;
        return d[0] == batch || d[0] == 2 * batch || d[0] == 3 * batch + 2;
    }
    if (m->rank == 2) {
        v->b = v->keys = (size_t)d[1];
        return d[0] == batch && d[1] <= keys;
    }
    if (m->rank == 3) {
        v->q = (size_t)d[2];
        v->b = (size_t)d[1] * v->q;
        return d[0] == batch && d[1] == (int64_t)a->q_len && d[2] == keys;
    }
    if (m->rank != 4) return false;
    v->q = (size_t)d[3];
    v->b = (size_t)d[2] * v->q;
    v->first = (size_t)past * v->q;
    return d[0] == batch && d[1] == 1 && d[3] >= keys && d[2] - past >= (int64_t)a->q_len;
}

static bool is_masked(const view *v, const int32_t *m, size_t b, size_t q, size_t k) {
    if (v->ranges) return (int64_t)k >= m[b] || (v->starts && (int64_t)k < m[v->starts + b]);
    return k < v->keys && m[v->first + b * v->b + q * v->q + k] <= 0;
}

lw_status lwi_padding_bias(lwi_call *c, size_t input, int64_t past, lwi_attention *a) {
    if (!lwi_has(c, input)) return LW_OK;
    const lw_value *mask = c->in[input];
    view v;
    if (!find_view(mask, a, past, &v)) {
        char shape[LWI_SHAPE_TEXT];
        return lwi_call_fail(c, LW_SHAPE, "a mask of shape %s is not for %zu x %zu x %zu",
                             lwi_shape_text(mask->rank, mask->dims, shape), a->batch, a->q_len,
                             a->kv_len);
    }
    const float filter = lwi_attr_float(c->node, "mask_filter_value", -10000);
    const size_t queries = v.q ? a->q_len : 1, row = a->kv_len;
    float *bias = NULL;
    LW_TRY(lwi_scratch(c, a->batch * queries, row * sizeof *bias, &bias));
    for (size_t i = 0; i < a->batch * queries; i++)
        for (size_t k = 0; k < row; k++)
            bias[i * row + k] = is_masked(&v, mask->data, i / queries, i % queries, k) ? filter : 0;
    a->bias[a->n_bias++] = (lwi_score_bias){
        .data = bias, .strides = {queries * row, 0, v.q ? row : 0, 1}, .keys = row};
    return LW_OK;
}
