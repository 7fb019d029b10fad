/* SPDX-License-Identifier: MIT
 * SequenceConstruct, SequenceEmpty, SequenceInsert, SequenceErase, SequenceAt, SequenceLength
 * (ONNX 11). Sequences are made anew, their items are shared. */
#include "ops/sequence.h"

lw_status lwi_out_own(lwi_call *c, size_t i, lw_value *value, lw_status status) {
    if (status == LW_OK) status = lwi_out_value(c, i, value);
    lwi_value_release(value);
    return status;
}

static lw_status new_sequence(lwi_call *c, lw_dtype dtype, size_t n, lw_value **sequence) {
    return lwi_value_make(&c->host->allocator, LW_KIND_SEQUENCE, dtype, n, sequence);
}

static lw_status run_construct(lwi_call *c) {
    lw_value *sequence = NULL;
    lw_status status = LW_OK;
    LW_TRY(new_sequence(c, c->in[0]->dtype, c->n_in, &sequence));
    for (size_t i = 0; i < c->n_in && status == LW_OK; i++)
        status = c->in[i] ? lwi_keep(c, c->in[i], &sequence->items[i])
                          : lwi_call_fail(c, LW_INVALID, "input %zu is missing", i);
    return lwi_out_own(c, 0, sequence, status);
}

static lw_status run_empty(lwi_call *c) {
    const int64_t dtype = lwi_attr_int(c->node, "dtype", LW_FLOAT32);
    if (dtype <= LW_DTYPE_NONE || dtype >= LW_DTYPE_COUNT)
        return lwi_call_fail(c, LW_TYPE, "there is no element type %lld", (long long)dtype);
    lw_value *sequence = NULL;
    LW_TRY(new_sequence(c, (lw_dtype)dtype, 0, &sequence));
    return lwi_out_own(c, 0, sequence, LW_OK);
}

/* An input that says a place in [-n, n), or in [-n, n] if there may be one more; absent means the
 * last (or the one after it). */
static lw_status read_position(const lwi_call *c, size_t input, bool one_more, size_t *position) {
    const size_t n = c->in[0]->n_items, high = n + one_more;
    int64_t at = (int64_t)high - 1;
    if (lwi_has(c, input)) LW_TRY(lwi_in_int(c, input, &at));
    if (at < -(int64_t)n || at >= (int64_t)high)
        return lwi_call_fail(c, LW_RANGE, "position %lld is out of range for %zu items",
                             (long long)at, n);
    *position = (size_t)(at < 0 ? at + (int64_t)n : at);
    return LW_OK;
}

/* A sequence may have been given with other items than its type says. */
static lw_dtype item_dtype(const lw_value *sequence) {
    return sequence->n_items ? sequence->items[0]->dtype : sequence->dtype;
}

static lw_status run_insert(lwi_call *c) {
    const lw_value *from = c->in[0];
    size_t at = 0;
    LW_TRY(read_position(c, 2, true, &at));
    if (from->n_items && item_dtype(from) != c->in[1]->dtype)
        return lwi_call_fail(c, LW_TYPE, "a %s tensor cannot go into a sequence of %s",
                             lw_dtype_name(c->in[1]->dtype), lw_dtype_name(item_dtype(from)));
    lw_value *sequence = NULL;
    LW_TRY(new_sequence(c, c->in[1]->dtype, from->n_items + 1, &sequence));
    for (size_t i = 0; i < from->n_items; i++)
        sequence->items[i + (i >= at)] = lwi_value_ref(from->items[i]);
    return lwi_out_own(c, 0, sequence, lwi_keep(c, c->in[1], &sequence->items[at]));
}

static lw_status run_erase(lwi_call *c) {
    const lw_value *from = c->in[0];
    size_t at = 0;
    LW_TRY(read_position(c, 1, false, &at));
    lw_value *sequence = NULL;
    LW_TRY(new_sequence(c, item_dtype(from), from->n_items - 1, &sequence));
    for (size_t i = 0; i < from->n_items; i++)
        if (i != at) sequence->items[i - (i > at)] = lwi_value_ref(from->items[i]);
    return lwi_out_own(c, 0, sequence, LW_OK);
}

static lw_status run_at(lwi_call *c) {
    size_t at = 0;
    LW_TRY(read_position(c, 1, false, &at));
    return lwi_out_value(c, 0, c->in[0]->items[at]);
}

static lw_status infer_length(lwi_call *c) { return lwi_out(c, 0, LW_INT64, 0, (int64_t[]){0}); }

static lw_status run_length(lwi_call *c) {
    *(int64_t *)c->out[0]->data = (int64_t)c->in[0]->n_items;
    return LW_OK;
}

const lwi_op lwi_op_sequence_construct = {.run = run_construct};
const lwi_op lwi_op_sequence_empty = {.run = run_empty};
const lwi_op lwi_op_sequence_insert = {.run = run_insert};
const lwi_op lwi_op_sequence_erase = {.run = run_erase};
const lwi_op lwi_op_sequence_at = {.run = run_at};
const lwi_op lwi_op_sequence_length = {.infer = infer_length, .run = run_length};
