/* SPDX-License-Identifier: MIT
 * LabelEncoder, CategoryMapper and OneHotEncoder of ai.onnx.ml: elements are looked up in a list
 * of keys. */
#include "ops/lookup.h"

#include <string.h>

/* ------------------------------------------------------------ LabelEncoder */

/* keys_* or values_*, whichever of the four there is. */
static lw_status find_list(const lwi_call *c, const char *const names[4], lw_value *list) {
    for (int i = 0; i < 4; i++)
        if (lwi_attr_list(c->node, names[i], list)) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%s, %s, %s or %s is missing", names[0], names[1], names[2],
                         names[3]);
}

static lw_status find_lists(const lwi_call *c, lw_value *keys, lw_value *values) {
    static const char *const key_names[] = {"keys_tensor", "keys_strings", "keys_int64s",
                                            "keys_floats"};
    static const char *const value_names[] = {"values_tensor", "values_strings", "values_int64s",
                                              "values_floats"};
    LW_TRY(find_list(c, key_names, keys));
    LW_TRY(find_list(c, value_names, values));
    const lw_dtype x = c->in[0]->dtype;
    if ((keys->dtype == LW_STRING) != (x == LW_STRING) ||
        lwi_dtype_is_float(keys->dtype) != lwi_dtype_is_float(x))
        return lwi_call_fail(c, LW_TYPE, "the keys are %s, the input is %s",
                             lw_dtype_name(keys->dtype), lw_dtype_name(x));
    if (keys->count == values->count) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%zu keys have %zu values", keys->count, values->count);
}

static lw_status infer_label(lwi_call *c) {
    lw_value keys, values;
    LW_TRY(find_lists(c, &keys, &values));
    return lwi_out(c, 0, values.dtype, c->in[0]->rank, c->in[0]->dims);
}

/* What stands for a key that is not there, as a tensor of one element. */
static lw_status find_default(const lwi_call *c, lw_dtype dtype, void *element, lw_value *value) {
    const lw_value *given = lwi_attr_tensor(c->node, "default_tensor");
    const char *text = lwi_attr_string(c->node, "default_string", "_Unused");
    if (given && given->count == 1 && given->dtype == dtype) return *value = *given, LW_OK;
    LW_TRY(lwi_tensor_init(value, dtype, 0, NULL, element));
    if (dtype == LW_STRING) {
        const lw_string string = {text, strlen(text)};
        memcpy(element, &string, sizeof string);
        return LW_OK;
    }
    const bool real = lwi_dtype_is_float(dtype);
    return lw_tensor_set(value, 0,
                         real ? (double)lwi_attr_float(c->node, "default_float", -0.f)
                              : (double)lwi_attr_int(c->node, "default_int64", -1));
}

/* y[i] = values[index of x[i] among the keys], or other. */
static void map_elements(const lwi_lookup *keys, const lw_value *x, const lw_value *values,
                         const lw_value *other, lw_value *y) {
    const size_t item = lwi_dtype_size(y->dtype);
    for (size_t i = 0; i < x->count; i++) {
        const int64_t at = lwi_lookup_find(keys, x, i);
        const void *from = at < 0 ? other->data : (const char *)values->data + (size_t)at * item;
        memcpy((char *)y->data + i * item, from, item);
    }
}

static lw_status run_label(lwi_call *c) {
    lw_value keys, values, other;
    lwi_lookup lookup;
    lw_string element = {NULL, 0}; /* room for any element */
    LW_TRY(find_lists(c, &keys, &values));
    LW_TRY(find_default(c, values.dtype, &element, &other));
    if (values.dtype == LW_INT64 && !lwi_attr_tensor(c->node, "default_tensor")) {
        const int64_t exact = lwi_attr_int(c->node, "default_int64", -1);
        memcpy(&element, &exact, sizeof exact); /* a double would not hold all of them */
    }
    LW_TRY(lwi_lookup_make(c, &keys, LWI_KEEP_LAST, &lookup));
    map_elements(&lookup, c->in[0], &values, &other, c->out[0]);
    return LW_OK;
}

/* ---------------------------------------------------------- CategoryMapper */

static lw_status infer_category(lwi_call *c) {
    const lw_dtype dtype = c->in[0]->dtype == LW_STRING ? LW_INT64 : LW_STRING;
    return lwi_out(c, 0, dtype, c->in[0]->rank, c->in[0]->dims);
}

static lw_status run_category(lwi_call *c) {
    lw_value ints, strings, other;
    lwi_lookup lookup;
    lw_string element = {NULL, 0};
    if (!lwi_attr_list(c->node, "cats_int64s", &ints) ||
        !lwi_attr_list(c->node, "cats_strings", &strings) || ints.count != strings.count)
        return lwi_call_fail(c, LW_INVALID, "cats_int64s and cats_strings differ in length");
    const bool to_int = c->in[0]->dtype == LW_STRING;
    const lw_value *keys = to_int ? &strings : &ints, *values = to_int ? &ints : &strings;
    LW_TRY(find_default(c, values->dtype, &element, &other));
    LW_TRY(lwi_lookup_make(c, keys, LWI_KEEP_LAST, &lookup));
    map_elements(&lookup, c->in[0], values, &other, c->out[0]);
    return LW_OK;
}

/* ----------------------------------------------------------- OneHotEncoder */

static lw_status find_categories(const lwi_call *c, lw_value *list) {
    const char *name = c->in[0]->dtype == LW_STRING ? "cats_strings" : "cats_int64s";
    if (lwi_attr_list(c->node, name, list)) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%s is missing", name);
}

static lw_status infer_one_hot(lwi_call *c) {
    lw_value categories;
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK];
    LW_TRY(find_categories(c, &categories));
    LW_TRY(lwi_need_rank(c, 0, 0, LW_MAX_RANK - 1));
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d];
    dims[x->rank] = (int64_t)categories.count;
    return lwi_out(c, 0, LW_FLOAT32, x->rank + 1, dims);
}

static lw_status run_one_hot(lwi_call *c) {
    lw_value categories;
    lwi_lookup lookup;
    const lw_value *x = c->in[0];
    float *y = c->out[0]->data;
    LW_TRY(find_categories(c, &categories));
    LW_TRY(lwi_lookup_make(c, &categories, LWI_KEEP_LAST, &lookup));
    if (x->count) memset(y, 0, c->out[0]->bytes);
    for (size_t i = 0; i < x->count; i++) {
        int64_t number = 0; /* floating-point numbers are cut */
        lw_value one;
        if (x->dtype != LW_STRING) number = lwi_get_int(x, i);
        LW_TRY(lwi_tensor_init(&one, LW_INT64, 0, NULL, &number));
        const int64_t at = x->dtype == LW_STRING ? lwi_lookup_find(&lookup, x, i)
                                                 : lwi_lookup_find(&lookup, &one, 0);
        if (at >= 0) y[i * categories.count + (size_t)at] = 1;
        else if (!lwi_attr_int(c->node, "zeros", 1))
            return lwi_call_fail(c, LW_RANGE, "element %zu is not one of the categories", i);
    }
    return LW_OK;
}

const lwi_op lwi_op_label_encoder = {.infer = infer_label, .run = run_label};
const lwi_op lwi_op_category_mapper = {.infer = infer_category, .run = run_category};
const lwi_op lwi_op_one_hot_encoder = {.infer = infer_one_hot, .run = run_one_hot};
