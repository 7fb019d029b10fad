/* SPDX-License-Identifier: MIT
 * GatherBlockQuantized of com.microsoft: Gather along an axis from a table that is quantised in
 * blocks along another; only what is gathered is expanded. An index that is out of range gives
 * zeros. uint8 tables hold integers of 2, 4 or 8 bits, packed along the last axis. */
#include "base/checked.h"
#include "ops/op.h"

#include <string.h>

enum { DATA, INDICES, SCALES, ZEROS };
enum { CHUNK = 256 };

typedef struct table {
    const lw_value *data, *indices, *scales, *zeros; /* zeros may be NULL */
    lw_value *y;
    int rank, axis, quantize_axis;
    int64_t dims[LW_MAX_RANK];         /* of data, in elements */
    size_t scale_strides[LW_MAX_RANK]; /* 0 where a scale holds for the whole axis */
    size_t block, blocks;              /* along quantize_axis */
    unsigned bits;
    bool is_float;
    size_t line;  /* elements of a result that lie side by side in the table */
    size_t inner; /* elements after the axis */
} table;

static bool is_float_table(lw_dtype dtype) {
    return dtype != LW_UINT8 && dtype != LW_INT4 && dtype != LW_UINT4;
}

static float integer(const table *t, const lw_value *v, size_t bit) {
    const unsigned byte = ((const uint8_t *)v->data)[bit / 8] >> bit % 8;
    const int code = (int)(byte & ((1u << t->bits) - 1));
    return (float)(v->dtype == LW_INT4 && code > 7 ? code - 16 : code);
}

/* Packed rows of zero points of a uint8 table begin at a byte; the other types are packed whole. */
static float zero_of(const table *t, size_t scale) {
    if (!t->zeros) return t->data->dtype == LW_UINT8 ? (float)(1u << (t->bits - 1)) : 0;
    if (t->data->dtype != LW_UINT8) return integer(t, t->zeros, scale * t->bits);
    const size_t row_bytes = (t->blocks * t->bits + 7) / 8;
    return integer(t, t->zeros, scale / t->blocks * row_bytes * 8 + scale % t->blocks * t->bits);
}

static float scale_of(const table *t, size_t i) {
    if (t->scales->dtype == LW_FLOAT32) return ((const float *)t->scales->data)[i];
    float scale;
    lwi_widen(t->scales->dtype, t->scales->data, i, 1, &scale);
    return scale;
}

/* Elements [from, from + n), n at most CHUNK, which differ in the last coordinate only. */
static void expand(const table *t, size_t from, size_t n, float *out) {
    size_t base = 0, rest = from, coordinate = 0;
    for (int d = t->rank - 1; d >= 0; d--) {
        const size_t at = rest % (size_t)t->dims[d];
        rest /= (size_t)t->dims[d];
        if (d == t->rank - 1) coordinate = at;
        else base += (d == t->quantize_axis ? at / t->block : at) * t->scale_strides[d];
    }
    if (t->is_float) lwi_widen(t->data->dtype, t->data->data, from, n, out);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = integer(t, t->data, (from + i) * t->bits);
    const bool last = t->quantize_axis == t->rank - 1;
    const size_t stride = t->scale_strides[t->rank - 1];
    for (size_t i = 0; i < n;) {
        const size_t at = coordinate + i, scale = base + (last ? at / t->block : at) * stride;
        size_t end = last ? i + t->block - at % t->block : stride ? i + 1 : n;
        if (end > n) end = n;
        const float zero = t->is_float ? 0 : zero_of(t, scale), factor = scale_of(t, scale);
        for (; i < end; i++)
            out[i] = (out[i] - zero) * factor;
    }
}

static void store(const table *t, size_t at, size_t n, const float *from) {
    if (t->y->dtype == LW_FLOAT32) memcpy((float *)t->y->data + at, from, n * sizeof *from);
    else lwi_narrow(t->y->dtype, from, n, at, t->y->data);
}

/* Each line lies in one slice of the table, which an index has chosen. */
static void run_lines(void *arg, size_t begin, size_t end) {
    const table *t = arg;
    const int64_t dim = t->dims[t->axis];
    float chunk[CHUNK];
    for (size_t i = begin; i < end; i++) {
        const size_t at = i * t->line, slice = at / t->inner;
        int64_t index = lwi_get_int(t->indices, slice % t->indices->count);
        const bool outside = index < -dim || index >= dim;
        if (index < 0) index += dim;
        const size_t outer = slice / t->indices->count * (size_t)dim;
        for (size_t k = 0, n; k < t->line; k += n) {
            n = t->line - k < CHUNK ? t->line - k : CHUNK;
            if (outside) memset(chunk, 0, sizeof chunk);
            else expand(t, (outer + (size_t)index) * t->inner + at % t->inner + k, n, chunk);
            store(t, at + k, n, chunk);
        }
    }
}

static lw_status check_shapes(const lwi_call *c, const table *t) {
    char a[LWI_SHAPE_TEXT], b[LWI_SHAPE_TEXT];
    bool fits = t->scales->rank == t->rank && (!t->zeros || t->zeros->rank == t->rank);
    for (int d = 0; d < t->rank && fits; d++) {
        const bool quantized = d == t->quantize_axis;
        const int64_t scale = t->scales->dims[d],
                      want = quantized ? (int64_t)t->blocks : t->dims[d];
        fits = scale == want || (t->is_float && !quantized && scale == 1);
        const unsigned per_byte = t->data->dtype == LW_UINT8 && quantized ? 8 / t->bits : 1;
        if (t->zeros && t->zeros->dims[d] != (scale + per_byte - 1) / per_byte) fits = false;
    }
    if (fits) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "scales (%s) or zero_points do not fit data (%s)",
                         lwi_shape_text(t->scales->rank, t->scales->dims, a),
                         lwi_shape_text(t->rank, t->data->dims, b));
}

static lw_status read_bits(const lwi_call *c, table *t) {
    const int64_t bits = lwi_attr_int(c->node, "bits", 4);
    t->is_float = is_float_table(t->data->dtype);
    t->bits = (unsigned)bits;
    if (t->is_float) return LW_OK;
    if (bits != 4 && (t->data->dtype != LW_UINT8 || (bits != 2 && bits != 8)))
        return lwi_call_fail(c, LW_RANGE, "bits is %lld, which %s data cannot have",
                             (long long)bits, lw_dtype_name(t->data->dtype));
    if (t->data->dtype != LW_UINT8) return LW_OK;
    if (t->axis != 0 || t->rank < 2 || t->quantize_axis != t->rank - 1)
        return lwi_call_fail(c, LW_INVALID,
                             "uint8 data is gathered along axis 0 and quantised "
                             "along the last one");
    if (!lwi_mul_i64(t->dims[t->rank - 1], (int64_t)(8 / t->bits), &t->dims[t->rank - 1]))
        return lwi_call_fail(c, LW_SHAPE, "the data has too many elements");
    return LW_OK;
}

static lw_status read_block(const lwi_call *c, table *t) {
    const int64_t block = lwi_attr_int(c->node, "block_size", 128);
    const size_t dim = (size_t)t->dims[t->quantize_axis];
    if (block == 0 && t->is_float) {
        t->block = dim ? dim : 1;
    } else if (block < 16 || (block & (block - 1)) != 0) {
        return lwi_call_fail(c, LW_RANGE, "block_size is %lld, expected a power of two from 16 on",
                             (long long)block);
    } else {
        t->block = (size_t)block;
    }
    t->blocks = dim / t->block + (dim % t->block != 0);
    return LW_OK;
}

static lw_status read_table(const lwi_call *c, table *t) {
    *t = (table){.data = c->in[DATA],
                 .indices = c->in[INDICES],
                 .scales = c->in[SCALES],
                 .zeros = lwi_has(c, ZEROS) ? c->in[ZEROS] : NULL,
                 .y = c->out[0]};
    LW_TRY(lwi_need_rank(c, DATA, 1, LW_MAX_RANK));
    t->rank = t->data->rank;
    memcpy(t->dims, t->data->dims, sizeof t->dims);
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "gather_axis", 0), t->rank, &t->axis));
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "quantize_axis", 1), t->rank, &t->quantize_axis));
    LW_TRY(read_bits(c, t));
    LW_TRY(read_block(c, t));
    if (t->zeros && t->is_float)
        return lwi_call_fail(c, LW_INVALID, "%s data has no zero points",
                             lw_dtype_name(t->data->dtype));
    LW_TRY(check_shapes(c, t));
    lwi_broadcast_strides(t->scales, t->rank, t->scale_strides);
    return LW_OK;
}

static lw_status infer(lwi_call *c) {
    table t;
    LW_TRY(read_table(c, &t));
    int64_t dims[2 * LW_MAX_RANK];
    int rank = 0;
    for (int d = 0; d < t.axis; d++)
        dims[rank++] = t.dims[d];
    for (int d = 0; d < t.indices->rank; d++)
        dims[rank++] = t.indices->dims[d];
    for (int d = t.axis + 1; d < t.rank; d++)
        dims[rank++] = t.dims[d];
    return lwi_out(c, 0, t.scales->dtype, rank, dims);
}

static lw_status run(lwi_call *c) {
    table t;
    LW_TRY(read_table(c, &t));
    if (t.y->count == 0) return LW_OK;
    t.inner = 1;
    for (int d = t.axis + 1; d < t.rank; d++)
        t.inner *= (size_t)t.dims[d];
    t.line = t.axis == t.rank - 1 ? 1 : (size_t)t.dims[t.rank - 1];
    lwi_parallel(c, t.y->count / t.line, 1 + 4096 / t.line, run_lines, &t);
    return LW_OK;
}

const lwi_op lwi_op_gather_block_quantized = {.infer = infer, .run = run};
