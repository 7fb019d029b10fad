/* SPDX-License-Identifier: MIT
 * Operators of ai.onnx.ml 1 on features, the columns of [N, F]: Scaler, Imputer, Binarizer,
 * Normalizer, FeatureVectorizer, ArrayFeatureExtractor. */
#include "ops/op.h"

#include <math.h>
#include <string.h>

/* Columns of the input: the last dimension. */
static size_t columns_of(const lw_value *x) { return x->rank ? (size_t)x->dims[x->rank - 1] : 1; }

/* A list with one number for each column, or one for all. */
static lw_status check_length(const lwi_call *c, const char *name, size_t n) {
    if (n == 1 || n == columns_of(c->in[0])) return LW_OK;
    return lwi_call_fail(c, LW_SHAPE, "%s has %zu elements for %zu columns", name, n,
                         columns_of(c->in[0]));
}

/* ------------------------------------------------------------------ Scaler */

static lw_status infer_float(lwi_call *c) {
    return lwi_out(c, 0, LW_FLOAT32, c->in[0]->rank, c->in[0]->dims);
}

static lw_status run_scaler(lwi_call *c) {
    const lw_value *x = c->in[0];
    const size_t columns = columns_of(x);
    size_t n_offset = 0, n_scale = 0;
    const float *offset = lwi_attr_floats(c->node, "offset", &n_offset);
    const float *scale = lwi_attr_floats(c->node, "scale", &n_scale);
    if (offset) LW_TRY(check_length(c, "offset", n_offset));
    if (scale) LW_TRY(check_length(c, "scale", n_scale));
    float *y = c->out[0]->data;
    const float *floats = x->dtype == LW_FLOAT32 ? x->data : NULL;
    for (size_t i = 0, column = 0; i < x->count; i++) {
        const double o = offset ? offset[n_offset == 1 ? 0 : column] : 0;
        const double s = scale ? scale[n_scale == 1 ? 0 : column] : 1;
        y[i] = (float)(((floats ? (double)floats[i] : lwi_get_double(x, i)) - o) * s);
        if (++column == columns) column = 0;
    }
    return LW_OK;
}

/* --------------------------------------------------------------- Binarizer */

#define BINARIZE(DTYPE, T)                                                                         \
    case DTYPE:                                                                                    \
        for (size_t i = 0; i < x->count; i++)                                                      \
            ((T *)y)[i] = (T)((double)((const T *)x->data)[i] > threshold);                        \
        break;

static lw_status run_binarizer(lwi_call *c) {
    const lw_value *x = c->in[0];
    const double threshold = lwi_attr_float(c->node, "threshold", 0);
    void *y = c->out[0]->data;
    switch ((int)x->dtype) { LWI_NUMBER_TYPES(BINARIZE) }
    return LW_OK;
}

/* ----------------------------------------------------------------- Imputer */

#define IMPUTE(DTYPE, T, LIST, REPLACED)                                                           \
    case DTYPE:                                                                                    \
        for (size_t i = 0; i < x->count; i++) {                                                    \
            const T v = ((const T *)x->data)[i], old = (T)REPLACED;                                \
            const bool same = v == old || (v != v && old != old);                                  \
            ((T *)y)[i] = same ? (T)LIST[n == 1 ? 0 : i % columns] : v;                            \
        }                                                                                          \
        break;

static lw_status run_imputer(lwi_call *c) {
    const lw_value *x = c->in[0];
    const bool is_float = lwi_dtype_is_float(x->dtype);
    const char *name = is_float ? "imputed_value_floats" : "imputed_value_int64s";
    const size_t columns = columns_of(x);
    size_t n = 0, n_ints = 0;
    const float *floats = lwi_attr_floats(c->node, "imputed_value_floats", &n);
    const int64_t *ints = lwi_attr_ints(c->node, "imputed_value_int64s", &n_ints);
    if (!is_float) n = n_ints;
    if (!(is_float ? floats != NULL : ints != NULL))
        return lwi_call_fail(c, LW_INVALID, "%s is missing", name);
    LW_TRY(check_length(c, name, n));
    const float old_float = lwi_attr_float(c->node, "replaced_value_float", 0);
    const int64_t old_int = lwi_attr_int(c->node, "replaced_value_int64", 0);
    void *y = c->out[0]->data;
    switch ((int)x->dtype) {
        IMPUTE(LW_FLOAT32, float, floats, old_float)
        IMPUTE(LW_FLOAT64, double, floats, old_float)
        IMPUTE(LW_INT32, int32_t, ints, old_int)
        IMPUTE(LW_INT64, int64_t, ints, old_int)
    }
    return LW_OK;
}

/* -------------------------------------------------------------- Normalizer */

typedef enum norm { NORM_MAX, NORM_L1, NORM_L2, NORMS } norm;

static double norm_of_row(const lw_value *x, size_t at, size_t n, norm kind) {
    double size = kind == NORM_MAX ? -INFINITY : 0;
    for (size_t i = 0; i < n; i++) {
        const double v = lwi_get_double(x, at + i);
        if (kind == NORM_MAX) size = fmax(size, v);
        else size += kind == NORM_L1 ? fabs(v) : v * v;
    }
    return kind == NORM_L2 ? sqrt(size) : size;
}

/* A row whose norm is 0 stays as it is. MAX is the largest number, not the largest magnitude. */
static lw_status run_normalizer(lwi_call *c) {
    static const char *const names[] = {"MAX", "L1", "L2"};
    const char *name = lwi_attr_string(c->node, "norm", "MAX");
    const lw_value *x = c->in[0];
    norm kind = NORM_MAX;
    while (kind < NORMS && strcmp(name, names[kind]) != 0)
        kind++;
    if (kind == NORMS) return lwi_call_fail(c, LW_INVALID, "norm '%.40s' is not known", name);
    if (x->count == 0) return LW_OK;
    const size_t n = columns_of(x);
    float *y = c->out[0]->data;
    for (size_t row = 0; row < x->count; row += n) {
        const double divisor = norm_of_row(x, row, n, kind);
        for (size_t i = row; i < row + n; i++)
            y[i] = (float)(lwi_get_double(x, i) / (divisor == 0 ? 1 : divisor));
    }
    return LW_OK;
}

/* ------------------------------------------------------- FeatureVectorizer */

/* Columns that input i has in the output. */
static size_t wanted_columns(const lwi_call *c, size_t i) {
    size_t n = 0;
    const int64_t *list = lwi_attr_ints(c->node, "inputdimensions", &n);
    if (!list) return columns_of(c->in[i]);
    return i < n && list[i] > 0 ? (size_t)list[i] : 0;
}

static lw_status infer_vectorizer(lwi_call *c) {
    int64_t dims[2] = {1, 0};
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) return lwi_call_fail(c, LW_INVALID, "input %zu is missing", i);
        LW_TRY(lwi_need_rank(c, i, 1, 2));
        const int64_t rows = c->in[i]->rank == 2 ? c->in[i]->dims[0] : 1;
        if (i == 0) dims[0] = rows;
        if (rows != dims[0])
            return lwi_call_fail(c, LW_SHAPE, "input %zu has %lld rows, input 0 has %lld", i,
                                 (long long)rows, (long long)dims[0]);
        const size_t columns = wanted_columns(c, i);
        if (columns > (size_t)(INT64_MAX - dims[1]))
            return lwi_call_fail(c, LW_LIMIT, "too many columns");
        dims[1] += (int64_t)columns;
    }
    return lwi_out(c, 0, LW_FLOAT32, 2, dims);
}

/* An input is cut, or filled with zeros, to the columns that are wanted of it. */
static lw_status run_vectorizer(lwi_call *c) {
    const size_t rows = (size_t)c->out[0]->dims[0], width = (size_t)c->out[0]->dims[1];
    float *y = c->out[0]->data;
    size_t first = 0;
    for (size_t k = 0; k < c->n_in && c->out[0]->count; k++) {
        const size_t given = columns_of(c->in[k]), wanted = wanted_columns(c, k);
        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < wanted; i++)
                y[row * width + first + i] =
                    i < given ? (float)lwi_get_double(c->in[k], row * given + i) : 0;
        first += wanted;
    }
    return LW_OK;
}

/* --------------------------------------------------- ArrayFeatureExtractor */

static lw_status infer_extractor(lwi_call *c) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK] = {1};
    LW_TRY(lwi_need_rank(c, 0, 1, LW_MAX_RANK));
    for (int d = 0; d + 1 < x->rank; d++)
        dims[d] = x->dims[d];
    const int rank = x->rank == 1 ? 2 : x->rank;
    dims[rank - 1] = (int64_t)c->in[1]->count;
    return lwi_out(c, 0, x->dtype, rank, dims);
}

static lw_status run_extractor(lwi_call *c) {
    const lw_value *x = c->in[0], *indices = c->in[1];
    const size_t columns = columns_of(x), item = lwi_dtype_size(x->dtype);
    for (size_t i = 0; i < indices->count; i++) {
        const int64_t index = lwi_get_int(indices, i);
        if (index < 0 || (size_t)index >= columns)
            return lwi_call_fail(c, LW_RANGE, "index %lld is not one of %zu columns",
                                 (long long)index, columns);
    }
    char *y = c->out[0]->data;
    for (size_t i = 0; i < c->out[0]->count; i++) {
        const size_t row = i / indices->count;
        const size_t column = (size_t)lwi_get_int(indices, i % indices->count);
        memcpy(y + i * item, (const char *)x->data + (row * columns + column) * item, item);
    }
    return LW_OK;
}

const lwi_op lwi_op_scaler = {.infer = infer_float, .run = run_scaler};
const lwi_op lwi_op_binarizer = {.infer = lwi_infer_same, .run = run_binarizer};
const lwi_op lwi_op_imputer = {.infer = lwi_infer_same, .run = run_imputer};
const lwi_op lwi_op_normalizer = {.infer = infer_float, .run = run_normalizer};
const lwi_op lwi_op_feature_vectorizer = {.infer = infer_vectorizer, .run = run_vectorizer};
const lwi_op lwi_op_array_feature_extractor = {.infer = infer_extractor, .run = run_extractor};
