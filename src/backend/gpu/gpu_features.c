/* SPDX-License-Identifier: MIT
 * Operators of ai.onnx.ml on columns of features (ops/ml_features.c) and on keys
 * (ops/ml_encoders.c), where these are numbers. */
#include "backend/gpu/gpu_features.h"

#include "ops/lookup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE, IS_ABOVE, REPLACE }; /* of feature_columns in kernels/features.k */

static const char not_taken[] = "its types, or it has strings";

static bool takes(const lwi_call *c, const lwi_gpu_step *step) {
    if (!lwi_gpu_moves(c) || !c->out[0]) return false;
    for (size_t i = 0; i < c->n_in; i++)
        if (!c->in[i] || !lwi_gpu_orders(step, lwi_gpu_type_of(c->in[i]->dtype))) return false;
    return lwi_gpu_orders(step, lwi_gpu_type_of(c->out[0]->dtype));
}

static int64_t columns_of(const lw_value *x) { return x->rank ? x->dims[x->rank - 1] : 1; }

static int types_of(const lwi_call *c) {
    return (int)lwi_gpu_type_of(c->in[0]->dtype) | (int)lwi_gpu_type_of(c->out[0]->dtype) << 4;
}

lw_status lwi_gpu_wide_data(const lwi_call *c, const double *numbers, size_t n, lwi_gpu_step *step,
                            lwi_gpu_launch *launch) {
    lwi_call scratch = *c;
    float *narrow = NULL;
    if (lwi_device_has(step->device, "doubles"))
        return lwi_gpu_data(step, launch, numbers, n * sizeof *numbers);
    LW_TRY(lwi_scratch(&scratch, n, sizeof *narrow, &narrow));
    for (size_t i = 0; i < n; i++)
        narrow[i] = (float)numbers[i];
    return lwi_gpu_data(step, launch, narrow, n * sizeof *narrow);
}

/* ------------------------------------------------------------------- columns */

typedef struct list {
    double *numbers;
    size_t n;
} list;

/* Floats or ints of an attribute, or one number. */
static lw_status read_list(const lwi_call *c, const char *name, double otherwise, list *l) {
    lwi_call scratch = *c;
    size_t n_floats = 0, n_ints = 0;
    const float *floats = name ? lwi_attr_floats(c->node, name, &n_floats) : NULL;
    const int64_t *ints = name && !floats ? lwi_attr_ints(c->node, name, &n_ints) : NULL;
    l->n = floats ? n_floats : ints ? n_ints : 1;
    LW_TRY(lwi_scratch(&scratch, l->n + 1, sizeof *l->numbers, &l->numbers));
    for (size_t i = 0; i < l->n; i++)
        l->numbers[i] = floats ? (double)floats[i] : ints ? (double)ints[i] : otherwise;
    return LW_OK;
}

static bool is_one_or_each(const lwi_call *c, const list *l) {
    return l->n == 1 || (int64_t)l->n == columns_of(c->in[0]);
}

static lw_status launch_columns(const lwi_call *c, int kind, const list *a, const list *b,
                                lwi_gpu_step *step, bool *taken) {
    lwi_call scratch = *c;
    double *both = NULL;
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, step) || !is_one_or_each(c, a) || !is_one_or_each(c, b))
        return lwi_gpu_refuse(step, not_taken);
    LW_TRY(lwi_scratch(&scratch, a->n + b->n, sizeof *both, &both));
    memcpy(both, a->numbers, a->n * sizeof *both);
    memcpy(both + a->n, b->numbers, b->n * sizeof *both);
    LW_TRY(lwi_gpu_items(step, "feature_columns", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_wide_data(c, both, a->n + b->n, step, launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types_of(c));
    lwi_gpu_int(launch, kind);
    lwi_gpu_int(launch, columns_of(c->in[0]));
    lwi_gpu_int(launch, (int64_t)a->n);
    lwi_gpu_int(launch, (int64_t)b->n);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_scaler(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    list offset, scale;
    LW_TRY(read_list(c, "offset", 0, &offset));
    LW_TRY(read_list(c, "scale", 1, &scale));
    return launch_columns(c, SCALE, &offset, &scale, step, taken);
}

lw_status lwi_gpu_binarizer(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    list none, threshold;
    LW_TRY(read_list(c, NULL, 0, &none));
    LW_TRY(read_list(c, NULL, lwi_attr_float(c->node, "threshold", 0), &threshold));
    return launch_columns(c, IS_ABOVE, &none, &threshold, step, taken);
}

/* Integers beyond 2^53 are no doubles: they are left to the processor. */
lw_status lwi_gpu_imputer(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const bool real = lwi_dtype_is_float(c->in[0]->dtype);
    list old, put;
    if (c->in[0]->dtype == LW_INT64) return lwi_gpu_refuse(step, not_taken);
    LW_TRY(read_list(c, NULL,
                     real ? (double)lwi_attr_float(c->node, "replaced_value_float", 0)
                          : (double)lwi_attr_int(c->node, "replaced_value_int64", 0),
                     &old));
    LW_TRY(read_list(c, real ? "imputed_value_floats" : "imputed_value_int64s", NAN, &put));
    if (isnan(put.numbers[0]) && put.n == 1) return lwi_gpu_refuse(step, "nothing to put in");
    return launch_columns(c, REPLACE, &old, &put, step, taken);
}

lw_status lwi_gpu_feature_norms(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const char *const names[] = {"MAX", "L1", "L2"};
    const int64_t columns = columns_of(c->in[0]);
    int kind = 0;
    lwi_gpu_launch *launch = NULL;
    while (kind < 3 && !lwi_attr_is(c->node, "norm", names[kind]) &&
           (kind > 0 || lwi_node_attr(c->node, "norm")))
        kind++;
    if (!takes(c, step) || kind == 3 || columns == 0) return lwi_gpu_refuse(step, not_taken);
    const int64_t rows = (int64_t)c->in[0]->count / columns;
    LW_TRY(lwi_gpu_items(step, "feature_norms", (size_t)rows, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, types_of(c));
    lwi_gpu_int(launch, kind);
    lwi_gpu_int(launch, columns);
    lwi_gpu_int(launch, rows);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_feature_vectorizer(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    size_t n = 0;
    const int64_t *sizes = lwi_attr_ints(c->node, "inputdimensions", &n);
    int64_t first = 0;
    if (!takes(c, step)) return lwi_gpu_refuse(step, not_taken);
    for (size_t i = 0; i < c->n_in; i++) {
        const int64_t given = columns_of(c->in[i]);
        const int64_t wanted = !sizes ? given : i < n && sizes[i] > 0 ? sizes[i] : 0;
        const int64_t elements = c->out[0]->dims[0] * wanted;
        lwi_gpu_launch *launch = NULL;
        if (elements == 0) continue;
        LW_TRY(lwi_gpu_items(step, "put_columns", (size_t)elements, &launch));
        lwi_gpu_in(launch, c, i);
        lwi_gpu_out(launch, 0);
        lwi_gpu_int(launch, lwi_gpu_type_of(c->in[i]->dtype));
        lwi_gpu_int(launch, given);
        lwi_gpu_int(launch, wanted);
        lwi_gpu_int(launch, first);
        lwi_gpu_int(launch, c->out[0]->dims[1]);
        lwi_gpu_int(launch, elements);
        first += wanted;
    }
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_array_feature_extractor(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_gpu_launch *launch = NULL;
    if (!lwi_gpu_moves(c) || lwi_gpu_type_of(c->in[1]->dtype) == LWI_GPU_TYPES)
        return lwi_gpu_refuse(step, not_taken);
    LW_TRY(lwi_gpu_items(step, "extract_columns", c->out[0]->count, &launch));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_in(launch, c, 1);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[1]->dtype));
    lwi_gpu_int(launch, columns_of(c->in[0]));
    lwi_gpu_int(launch, (int64_t)c->in[1]->count);
    lwi_gpu_int(launch, (int64_t)lwi_dtype_size(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

/* ---------------------------------------------------------------------- keys */

typedef struct entry {
    int64_t key;
    int32_t place;
} entry;

static int compare_entries(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* As number_key in kernels/features.k makes them. */
static int64_t key_of(const lw_value *keys, size_t i, bool doubles) {
    if (!lwi_dtype_is_float(keys->dtype)) return lwi_get_int(keys, i);
    const double v = lwi_get_double(keys, i);
    const float f = (float)v;
    int64_t bits = 0;
    int32_t narrow = 0;
    if (isnan(v)) return INT64_MAX;
    if (v == 0) return 0;
    memcpy(&bits, &v, sizeof bits);
    memcpy(&narrow, &f, sizeof narrow);
    return doubles ? bits : narrow;
}

/* Keys in order, each once: the last of equal ones. keys, places: [keys->count] */
static lw_status sort_keys(const lwi_call *c, const lw_value *from, bool doubles, int64_t **keys,
                           int32_t **places, size_t *n) {
    lwi_call scratch = *c;
    entry *entries = NULL;
    LW_TRY(lwi_scratch(&scratch, from->count, sizeof *entries, &entries));
    LW_TRY(lwi_scratch(&scratch, from->count, sizeof **keys, keys));
    LW_TRY(lwi_scratch(&scratch, from->count, sizeof **places, places));
    for (size_t i = 0; i < from->count; i++)
        entries[i] = (entry){key_of(from, i, doubles), (int32_t)i};
    qsort(entries, from->count, sizeof *entries, compare_entries);
    *n = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (i + 1 < from->count && entries[i + 1].key == entries[i].key) continue;
        (*keys)[*n] = entries[i].key;
        (*places)[(*n)++] = entries[i].place;
    }
    return LW_OK;
}

static bool find_numbers(const lwi_node *node, const char *const names[3], lw_value *numbers) {
    for (int i = 0; i < 3; i++)
        if (lwi_attr_list(node, names[i], numbers))
            return numbers->dtype != LW_STRING && numbers->count < INT32_MAX && numbers->data;
    return false;
}

/* What stands for a key that is not there: an element of 8 bytes at most. */
static void read_default(const lwi_call *c, lw_dtype dtype, unsigned char element[8]) {
    const lw_value *given = lwi_attr_tensor(c->node, "default_tensor");
    const float real = lwi_attr_float(c->node, "default_float", -0.f);
    const int64_t whole = lwi_attr_int(c->node, "default_int64", -1);
    if (given && given->count == 1 && given->dtype == dtype) {
        memcpy(element, given->data, lwi_dtype_size(dtype));
        return;
    }
    if (lwi_dtype_is_float(dtype))
        lwi_convert(&lwi_convert_nearest, LW_FLOAT32, &real, dtype, element, 1);
    else lwi_convert(&lwi_convert_nearest, LW_INT64, &whole, dtype, element, 1);
}

lw_status lwi_gpu_label_encoder(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    static const char *const key_names[] = {"keys_tensor", "keys_int64s", "keys_floats"};
    static const char *const value_names[] = {"values_tensor", "values_int64s", "values_floats"};
    const size_t size = lwi_dtype_size(c->out[0]->dtype);
    lwi_call scratch = *c;
    lw_value keys, values;
    int64_t *sorted = NULL;
    int32_t *places = NULL;
    unsigned char *table = NULL;
    size_t n = 0;
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, step) || !find_numbers(c->node, key_names, &keys) ||
        !find_numbers(c->node, value_names, &values) || keys.count != values.count ||
        values.dtype != c->out[0]->dtype)
        return lwi_gpu_refuse(step, not_taken);
    LW_TRY(sort_keys(c, &keys, lwi_device_has(step->device, "doubles"), &sorted, &places, &n));
    LW_TRY(lwi_scratch(&scratch, n + 1, size, &table));
    for (size_t i = 0; i < n; i++)
        memcpy(table + i * size, (const char *)values.data + (size_t)places[i] * size, size);
    read_default(c, values.dtype, table + n * size);
    LW_TRY(lwi_gpu_items(step, "look_up", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, sorted, n * sizeof *sorted));
    LW_TRY(lwi_gpu_data(step, launch, table, (n + 1) * size));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, (int64_t)size);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}

lw_status lwi_gpu_one_hot_encoder(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lw_value categories;
    int64_t *keys = NULL;
    int32_t *places = NULL;
    size_t n = 0;
    lwi_gpu_launch *launch = NULL;
    if (!takes(c, step) || !lwi_attr_list(c->node, "cats_int64s", &categories) ||
        categories.dtype != LW_INT64)
        return lwi_gpu_refuse(step, not_taken);
    LW_TRY(sort_keys(c, &categories, false, &keys, &places, &n));
    LW_TRY(lwi_gpu_items(step, "one_of_categories", c->out[0]->count, &launch));
    LW_TRY(lwi_gpu_data(step, launch, keys, n * sizeof *keys));
    LW_TRY(lwi_gpu_data(step, launch, places, n * sizeof *places));
    lwi_gpu_in(launch, c, 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, lwi_gpu_type_of(c->in[0]->dtype));
    lwi_gpu_int(launch, (int64_t)n);
    lwi_gpu_int(launch, (int64_t)categories.count);
    lwi_gpu_int(launch, !lwi_attr_int(c->node, "zeros", 1));
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    *taken = true;
    return LW_OK;
}
