/* SPDX-License-Identifier: MIT */
#include "serve/tensor_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

static const struct {
    const char *name;
    lw_dtype dtype;
} datatypes[] = {
    {"BOOL", LW_BOOL},     {"UINT8", LW_UINT8},   {"UINT16", LW_UINT16}, {"UINT32", LW_UINT32},
    {"UINT64", LW_UINT64}, {"INT8", LW_INT8},     {"INT16", LW_INT16},   {"INT32", LW_INT32},
    {"INT64", LW_INT64},   {"FP16", LW_FLOAT16},  {"FP32", LW_FLOAT32},  {"FP64", LW_FLOAT64},
    {"BYTES", LW_STRING},  {"BF16", LW_BFLOAT16},
};
enum { DATATYPES = sizeof datatypes / sizeof *datatypes };

const char *lwi_v2_datatype(lw_dtype dtype) {
    for (size_t i = 0; i < DATATYPES; i++)
        if (datatypes[i].dtype == dtype) return datatypes[i].name;
    return NULL;
}

/* ---------------------------------------------------------------------- reading */

static lw_status read_datatype(const lwi_json_item *tensor, const char *name, lw_dtype *dtype) {
    const char *word = lwi_json_text(tensor, "datatype", "");
    for (size_t i = 0; i < DATATYPES; i++)
        if (!strcmp(datatypes[i].name, word)) {
            *dtype = datatypes[i].dtype;
            return LW_OK;
        }
    return lwi_fail(LW_INVALID, "input '%s': '%.40s' is not a datatype", name, word);
}

/* *count: the elements. */
static lw_status read_shape(const lwi_json_item *tensor, const char *name,
                            int64_t dims[LW_MAX_RANK], int *rank, size_t *count) {
    const lwi_json_item *shape = lwi_json_get(tensor, "shape");
    if (!lwi_json_is(shape, LWI_JSON_ARRAY) || shape->size > LW_MAX_RANK)
        return lwi_fail(LW_INVALID, "input '%s': 'shape' is not an array of up to %d numbers", name,
                        LW_MAX_RANK);
    *rank = (int)shape->size;
    *count = 1;
    for (size_t i = 0; i < shape->size; i++) {
        const lwi_json_item *item = &shape->items[i];
        if (item->kind != LWI_JSON_NUMBER || !item->is_integer || item->integer < 0)
            return lwi_fail(LW_INVALID, "input '%s': 'shape' holds no number from 0 on", name);
        dims[i] = item->integer;
        if (!lwi_mul_size(*count, (uint64_t)dims[i], count))
            return lwi_fail(LW_LIMIT, "input '%s' is too large", name);
    }
    return LW_OK;
}

/* Where elements of nested arrays go. */
typedef struct elements {
    const char *name;
    lw_value *value;
    lw_string *strings;
    size_t n, most;
} elements;

static lw_status read_element(elements *e, const lwi_json_item *item) {
    if (e->strings) {
        if (item->kind != LWI_JSON_STRING)
            return lwi_fail(LW_TYPE, "input '%s': element %zu is not a string", e->name, e->n);
        e->strings[e->n++] = (lw_string){item->text, item->size};
        return LW_OK;
    }
    if (item->kind == LWI_JSON_BOOL) return lw_tensor_set(e->value, e->n++, item->truth);
    if (item->kind != LWI_JSON_NUMBER)
        return lwi_fail(LW_TYPE, "input '%s': element %zu is not a number", e->name, e->n);
    const lw_dtype dtype = lw_tensor_dtype(e->value);
    if (item->is_integer && (dtype == LW_INT64 || dtype == LW_UINT64)) /* all 64 bits */
        ((int64_t *)lw_tensor_data(e->value))[e->n++] = item->integer;
    else
        return lw_tensor_set(e->value, e->n++,
                             item->is_integer ? (double)item->integer : item->number);
    return LW_OK;
}

static size_t count_elements(const lwi_json_item *data) {
    size_t n = 0;
    if (data->kind != LWI_JSON_ARRAY) return 1;
    for (size_t i = 0; i < data->size; i++)
        n += count_elements(&data->items[i]);
    return n;
}

/* Arrays within arrays, or all in one. The parser has limited how deep they are. */
static lw_status read_elements(elements *e, const lwi_json_item *data) {
    if (data->kind != LWI_JSON_ARRAY) return read_element(e, data);
    for (size_t i = 0; i < data->size; i++)
        LW_TRY(read_elements(e, &data->items[i]));
    return LW_OK;
}

/* String tensors copy what they are given. */
static lw_status make_strings(const elements *e, int rank, const int64_t *dims, lw_value **value) {
    const char **texts = NULL;
    size_t *lengths = NULL;
    lw_status status = lwi_alloc_array(&lwi_malloc_allocator, e->n + 1, sizeof *texts, &texts);
    if (status == LW_OK)
        status = lwi_alloc_array(&lwi_malloc_allocator, e->n + 1, sizeof *lengths, &lengths);
    for (size_t i = 0; status == LW_OK && i < e->n; i++) {
        texts[i] = e->strings[i].data;
        lengths[i] = e->strings[i].size;
    }
    if (status == LW_OK) status = lw_tensor_strings(rank, dims, texts, lengths, value);
    lwi_free(&lwi_malloc_allocator, texts);
    lwi_free(&lwi_malloc_allocator, lengths);
    return status;
}

static lw_status read_data(const lwi_json_item *data, elements *e, lw_dtype dtype, int rank,
                           const int64_t *dims, lw_value **value) {
    const bool strings = dtype == LW_STRING;
    const size_t n = count_elements(data);
    if (n != e->most)
        return lwi_fail(LW_SHAPE, "input '%s' has %zu elements, its shape has %zu", e->name, n,
                        e->most);
    lw_status status = strings ? lwi_alloc_array(&lwi_malloc_allocator, e->most + 1,
                                                 sizeof *e->strings, &e->strings)
                               : lw_tensor_new(dtype, rank, dims, &e->value);
    if (status == LW_OK) status = read_elements(e, data);
    if (status == LW_OK && strings) status = make_strings(e, rank, dims, &e->value);
    lwi_free(&lwi_malloc_allocator, e->strings);
    if (status == LW_OK) *value = e->value;
    else lw_value_free(e->value);
    return status;
}

/* Each string is its size, in four bytes of which the first is the lowest, and its bytes. */
static lw_status read_byte_strings(elements *e, lwi_v2_bytes bytes) {
    while (bytes.at < bytes.end) {
        uint32_t size = 0;
        if (bytes.end - bytes.at < 4 || e->n == e->most)
            return lwi_fail(LW_CORRUPT, "input '%s': its bytes do not fit its shape", e->name);
        for (int i = 3; i >= 0; i--)
            size = size << 8 | (unsigned char)bytes.at[i];
        bytes.at += 4;
        if (size > (size_t)(bytes.end - bytes.at))
            return lwi_fail(LW_CORRUPT, "input '%s': a string is longer than its bytes", e->name);
        e->strings[e->n++] = (lw_string){bytes.at, size};
        bytes.at += size;
    }
    return LW_OK;
}

static lw_status read_bytes(elements *e, lwi_v2_bytes bytes, lw_dtype dtype, int rank,
                            const int64_t *dims, lw_value **value) {
    const size_t size = (size_t)(bytes.end - bytes.at);
    if (dtype != LW_STRING) {
        size_t need = 0;
        if (!lwi_mul_size(e->most, (uint64_t)lw_dtype_bits(dtype) / 8, &need) || need != size)
            return lwi_fail(LW_SHAPE, "input '%s' has %zu bytes, its shape does not", e->name,
                            size);
        LW_TRY(lw_tensor_new(dtype, rank, dims, value));
        if (size) memcpy(lw_tensor_data(*value), bytes.at, size);
        return LW_OK;
    }
    if (e->most > size / 4)
        return lwi_fail(LW_SHAPE, "input '%s' has %zu bytes, its shape has %zu strings", e->name,
                        size, e->most);
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, e->most + 1, sizeof *e->strings, &e->strings));
    lw_status status = read_byte_strings(e, bytes);
    if (status == LW_OK && e->n < e->most)
        status = lwi_fail(LW_SHAPE, "input '%s' has %zu strings, its shape has %zu", e->name, e->n,
                          e->most);
    if (status == LW_OK) status = make_strings(e, rank, dims, value);
    lwi_free(&lwi_malloc_allocator, e->strings);
    return status;
}

lw_status lwi_v2_read_tensor(const lwi_json_item *tensor, lwi_v2_bytes *bytes, lw_value **value) {
    const char *name = lwi_json_text(tensor, "name", "");
    const lwi_json_item *data = lwi_json_get(tensor, "data");
    const int64_t size = lwi_json_int(lwi_json_get(tensor, "parameters"), "binary_data_size", -1);
    int64_t dims[LW_MAX_RANK];
    int rank = 0;
    elements e = {.name = name};
    lw_dtype dtype = LW_DTYPE_NONE;
    LW_TRY(read_datatype(tensor, name, &dtype));
    LW_TRY(read_shape(tensor, name, dims, &rank, &e.most));
    if (size < 0 && !data) return lwi_fail(LW_INVALID, "input '%s' has no data", name);
    if (size < 0) return read_data(data, &e, dtype, rank, dims, value);
    if (size > bytes->end - bytes->at)
        return lwi_fail(LW_SHAPE, "input '%s' has %lld bytes, the body has not so many", name,
                        (long long)size);
    const lwi_v2_bytes own = {bytes->at, bytes->at + size};
    bytes->at = own.end;
    return read_bytes(&e, own, dtype, rank, dims, value);
}

/* ---------------------------------------------------------------------- writing */

static void put_unsigned(lwi_json_writer *json, uint64_t number) {
    char digits[24];
    lwi_put_json(json, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
}

static void put_elements(lwi_json_writer *json, const lw_value *value) {
    const size_t n = lw_tensor_count(value);
    const void *data = lw_tensor_data(value);
    const lw_dtype dtype = lw_tensor_dtype(value);
    for (size_t i = 0; i < n; i++) {
        if (dtype == LW_STRING) {
            const lw_string *s = (const lw_string *)data + i;
            lwi_put_string(json, s->data, s->size);
        } else if (dtype == LW_INT64) lwi_put_integer(json, ((const int64_t *)data)[i]);
        else if (dtype == LW_UINT64) put_unsigned(json, ((const uint64_t *)data)[i]);
        else if (dtype == LW_FLOAT32) lwi_put_float(json, ((const float *)data)[i]);
        else if (dtype == LW_BOOL) lwi_put_bool(json, lw_tensor_get(value, i) != 0);
        else if (dtype == LW_FLOAT64 || dtype == LW_FLOAT16 || dtype == LW_BFLOAT16)
            lwi_put_number(json, lw_tensor_get(value, i));
        else lwi_put_integer(json, (int64_t)lw_tensor_get(value, i));
    }
}

static lw_status put_byte_strings(lwi_buffer *tail, const lw_value *value) {
    const lw_string *strings = lw_tensor_data(value);
    for (size_t i = 0; i < lw_tensor_count(value); i++) {
        const uint32_t n = (uint32_t)strings[i].size;
        const unsigned char size[4] = {n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24};
        LW_TRY(lwi_buffer_put(tail, size, 4));
        LW_TRY(lwi_buffer_put(tail, strings[i].data, n));
    }
    return LW_OK;
}

static lw_status put_bytes(lwi_json_writer *json, const lw_value *value, lwi_buffer *tail) {
    const size_t before = tail->size;
    if (lw_tensor_dtype(value) == LW_STRING) LW_TRY(put_byte_strings(tail, value));
    else LW_TRY(lwi_buffer_put(tail, lw_tensor_data(value), lw_tensor_bytes(value)));
    lwi_put_key(json, "parameters");
    lwi_put_open(json, '{');
    lwi_put_key_integer(json, "binary_data_size", (int64_t)(tail->size - before));
    lwi_put_close(json, '}');
    return LW_OK;
}

lw_status lwi_v2_put_tensor(lwi_json_writer *json, const char *name, const lw_value *value,
                            bool binary, lwi_buffer *tail) {
    const char *datatype = lwi_v2_datatype(lw_tensor_dtype(value));
    if (!datatype)
        return lwi_fail(LW_UNSUPPORTED, "output '%s' is of type %s, which the protocol lacks", name,
                        lw_dtype_name(lw_tensor_dtype(value)));
    lwi_put_open(json, '{');
    lwi_put_key_text(json, "name", name);
    lwi_put_key_text(json, "datatype", datatype);
    lwi_put_key(json, "shape");
    lwi_put_open(json, '[');
    for (int i = 0; i < lw_tensor_rank(value); i++)
        lwi_put_integer(json, lw_tensor_dims(value)[i]);
    lwi_put_close(json, ']');
    if (binary) LW_TRY(put_bytes(json, value, tail));
    else {
        lwi_put_key(json, "data");
        lwi_put_open(json, '[');
        put_elements(json, value);
        lwi_put_close(json, ']');
    }
    lwi_put_close(json, '}');
    return json->status;
}
