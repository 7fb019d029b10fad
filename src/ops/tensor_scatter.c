/* SPDX-License-Identifier: MIT
 * TensorScatter (ONNX 24): writes an update into a cache, at a place along the sequence axis that
 * each entry of the batch has for itself. */
#include "ops/op.h"

#include <string.h>

enum { CACHE, UPDATE, PLACES };

static lw_status read_axis(const lwi_call *c, int *axis) {
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", -2), c->in[CACHE]->rank, axis));
    if (*axis > 0) return LW_OK;
    return lwi_call_fail(c, LW_RANGE, "axis is 0, which is the batch");
}

static lw_status infer(lwi_call *c) {
    const lw_value *cache = c->in[CACHE], *update = c->in[UPDATE];
    int axis = 0;
    LW_TRY(read_axis(c, &axis));
    bool fits = cache->rank == update->rank && update->dims[axis] <= cache->dims[axis];
    for (int d = 0; d < cache->rank && fits; d++)
        if (d != axis && cache->dims[d] != update->dims[d]) fits = false;
    char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
    if (!fits)
        return lwi_call_fail(c, LW_SHAPE, "an update of shape %s does not fit a cache of shape %s",
                             lwi_shape_text(update->rank, update->dims, a),
                             lwi_shape_text(cache->rank, cache->dims, b));
    if (lwi_has(c, PLACES) && c->in[PLACES]->count != (size_t)cache->dims[0])
        return lwi_call_fail(c, LW_SHAPE, "there are %zu write_indices for a batch of %lld",
                             c->in[PLACES]->count, (long long)cache->dims[0]);
    return lwi_out_like(c, 0, cache);
}

/* Where entry b of the batch is written, from 0 to max - 1 (or max, for nothing). */
static lw_status read_place(const lwi_call *c, size_t b, size_t length, size_t max, size_t *place) {
    int64_t at = lwi_has(c, PLACES) ? lwi_get_int(c->in[PLACES], b) : 0;
    if (lwi_attr_is(c->node, "mode", "circular")) {
        at %= (int64_t)max;
        if (at < 0) at += (int64_t)max;
    } else if (at < 0 || at > (int64_t)(max - length)) {
        return lwi_call_fail(c, LW_RANGE,
                             "write index %lld of entry %zu: %zu elements do not fit "
                             "into %zu",
                             (long long)at, b, length, max);
    }
    *place = (size_t)at;
    return LW_OK;
}

static lw_status run(lwi_call *c) {
    const lw_value *cache = c->in[CACHE], *update = c->in[UPDATE];
    int axis = 0;
    if (cache->count) memcpy(c->out[0]->data, cache->data, cache->bytes);
    if (update->count == 0) return LW_OK;
    LW_TRY(read_axis(c, &axis));
    size_t outer, max, inner;
    lwi_split_axis(cache, axis, &outer, &max, &inner);
    const size_t bytes = inner * lwi_dtype_size(cache->dtype);
    const size_t length = (size_t)update->dims[axis], per_entry = outer / (size_t)cache->dims[0];
    for (size_t o = 0; o < outer; o++) {
        size_t place = 0;
        LW_TRY(read_place(c, o / per_entry, length, max, &place));
        const size_t first = length < max - place ? length : max - place; /* before it wraps */
        const char *from = (const char *)update->data + o * length * bytes;
        char *to = (char *)c->out[0]->data + o * max * bytes;
        memcpy(to + place * bytes, from, first * bytes);
        memcpy(to, from + first * bytes, (length - first) * bytes);
    }
    return LW_OK;
}

const lwi_op lwi_op_tensor_scatter = {.infer = infer, .run = run, .flags = LWI_UNPACK};
