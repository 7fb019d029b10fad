/* SPDX-License-Identifier: MIT
 * com.microsoft.EmbedLayerNormalization: the sum of the embeddings of words, positions and
 * segments, normalised. */
#include "ops/row_normalization.h"

#include <string.h>

enum { WORDS, SEGMENTS, WORD_ROWS, POSITION_ROWS, SEGMENT_ROWS, GAMMA, BETA, MASK, POSITIONS };

static lw_status check(const lwi_call *c) {
    LW_TRY(lwi_need_rank(c, WORDS, 2, 2));
    LW_TRY(lwi_need_rank(c, WORD_ROWS, 2, 2));
    const int64_t n = c->in[WORD_ROWS]->dims[1], *ids = c->in[WORDS]->dims;
    for (size_t i = POSITION_ROWS; i <= SEGMENT_ROWS; i++)
        if (lwi_has(c, i) && (c->in[i]->rank != 2 || c->in[i]->dims[1] != n))
            return lwi_call_fail(c, LW_SHAPE, "the embeddings do not have the same size");
    for (size_t i = GAMMA; i <= BETA; i++)
        if (c->in[i]->rank != 1 || c->in[i]->dims[0] != n)
            return lwi_call_fail(c, LW_SHAPE, "gamma and beta must have %lld elements",
                                 (long long)n);
    if (lwi_has(c, SEGMENTS) != lwi_has(c, SEGMENT_ROWS))
        return lwi_call_fail(c, LW_INVALID, "segments need ids and embeddings");
    if ((lwi_has(c, SEGMENTS) && !lwi_same_shape(c->in[SEGMENTS], c->in[WORDS])) ||
        (lwi_has(c, MASK) && !lwi_same_shape(c->in[MASK], c->in[WORDS])))
        return lwi_call_fail(c, LW_SHAPE,
                             "ids of words and segments and the mask must have the "
                             "same shape");
    if (!lwi_has(c, POSITIONS)) return LW_OK;
    const lw_value *p = c->in[POSITIONS];
    if (p->rank == 2 && p->dims[1] == ids[1] && (p->dims[0] == 1 || p->dims[0] == ids[0]))
        return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "position ids do not fit the words");
}

static lw_status infer(lwi_call *c) {
    LW_TRY(check(c));
    const int64_t *ids = c->in[WORDS]->dims;
    const int64_t dims[3] = {ids[0], ids[1], c->in[WORD_ROWS]->dims[1]};
    const lw_dtype dtype = c->in[WORD_ROWS]->dtype;
    LW_TRY(lwi_out(c, 0, dtype, 3, dims));
    LW_TRY(lwi_out(c, 1, LW_INT32, 1, ids));
    return lwi_out(c, 2, dtype, 3, dims);
}

/* The row of a table for an id; NULL with an error if there is none. */
static lw_status find_row(const lwi_call *c, size_t table, int64_t id, const float **row) {
    const int64_t rows = c->in[table]->dims[0];
    if (id < 0 || id >= rows)
        return lwi_call_fail(c, LW_RANGE, "id %lld is not in a table of %lld rows", (long long)id,
                             (long long)rows);
    *row = (const float *)c->in[table]->data + (size_t)id * (size_t)c->in[table]->dims[1];
    return LW_OK;
}

static lw_status sum_rows(const lwi_call *c, size_t n, float *y) {
    const lw_value *words = c->in[WORDS];
    const size_t length = (size_t)words->dims[1];
    const lw_value *positions = lwi_has(c, POSITIONS) ? c->in[POSITIONS] : NULL;
    const bool segments = lwi_has(c, SEGMENTS);
    for (size_t i = 0; i < words->count; i++) {
        const int64_t at =
            positions ? lwi_get_int(positions, i % positions->count) : (int64_t)(i % length);
        const float *word = NULL, *position = NULL, *segment = NULL;
        LW_TRY(find_row(c, WORD_ROWS, lwi_get_int(words, i), &word));
        LW_TRY(find_row(c, POSITION_ROWS, at, &position));
        if (segments) LW_TRY(find_row(c, SEGMENT_ROWS, lwi_get_int(c->in[SEGMENTS], i), &segment));
        for (size_t d = 0; d < n; d++)
            y[i * n + d] = word[d] + position[d];
        for (size_t d = 0; segment && d < n; d++)
            y[i * n + d] += segment[d];
    }
    return LW_OK;
}

/* How many words of each row the mask keeps. */
static void count_words(const lwi_call *c) {
    if (c->n_out < 2 || !c->out[1]) return;
    int32_t *counts = c->out[1]->data;
    const size_t length = (size_t)c->in[WORDS]->dims[1];
    for (size_t b = 0; b < c->out[1]->count; b++) {
        counts[b] = 0;
        for (size_t i = 0; lwi_has(c, MASK) && i < length; i++)
            counts[b] += lwi_get_int(c->in[MASK], b * length + i) == 1;
    }
}

static lw_status run(lwi_call *c) {
    const size_t n = (size_t)c->in[WORD_ROWS]->dims[1], count = c->in[WORDS]->count * n;
    count_words(c);
    if (count == 0) return LW_OK;
    lw_value sums;
    LW_TRY(lwi_tensor_init(&sums, LW_FLOAT32, 1, (int64_t[]){(int64_t)count},
                           c->out[0] ? c->out[0]->data : NULL));
    if (!sums.data) LW_TRY(lwi_scratch(c, sums.bytes, 1, &sums.data));
    LW_TRY(sum_rows(c, n, sums.data));
    if (c->n_out > 2 && c->out[2]) memcpy(c->out[2]->data, sums.data, sums.bytes);
    const lwi_row_norm norm = {.y = &sums,
                               .n = n,
                               .centre = true,
                               .epsilon = lwi_attr_float(c->node, "epsilon", 1e-12f),
                               .gamma = c->in[GAMMA]->data,
                               .beta = c->in[BETA]->data};
    lwi_normalize_rows(c, &norm);
    return LW_OK;
}

const lwi_op lwi_op_embed_layer_normalization = {.infer = infer, .run = run, .flags = LWI_WIDEN};
