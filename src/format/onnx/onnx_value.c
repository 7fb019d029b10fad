/* SPDX-License-Identifier: MIT
 * Values on their own: TensorProto, and SequenceProto, MapProto and OptionalProto of
 * onnx-data.proto. What is made owns its memory. */
#include "format/onnx/reader.h"

#include <string.h>

static const lw_allocator *const allocator = &lwi_malloc_allocator;

enum {
    SEQUENCE_TENSORS = 3,
    SEQUENCE_SPARSE,
    SEQUENCE_SEQUENCES,
    SEQUENCE_MAPS,
    SEQUENCE_OPTIONALS
};
enum { MAP_KEYS = 3, MAP_STRING_KEYS = 4, MAP_VALUES = 5 };

/* The kinds of items, in the order of their fields in a sequence or optional. */
enum { TENSOR, SPARSE, SEQUENCE, MAP, OPTIONAL };
static lw_status parse(lwi_onnx *o, lwi_wire w, int what, lw_value **value);

static lw_status parse_tensor(lwi_onnx *o, lwi_wire w, bool sparse, lw_value **value) {
    lw_value *borrowed = NULL;
    LW_TRY((sparse ? lwi_onnx_sparse : lwi_onnx_tensor)(o, w, NULL, &borrowed));
    return lwi_value_clone(allocator, borrowed, value);
}

/* Sequences and optionals have the same fields: 3 to 7, one for each kind of item. */
static bool is_item(const lwi_field *f) {
    return f->id >= SEQUENCE_TENSORS && f->id <= SEQUENCE_OPTIONALS;
}

static lw_status count_items(lwi_wire w, size_t *n) {
    lwi_field f;
    *n = 0;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        *n += is_item(&f);
    }
    return LW_OK;
}

static lw_status fill_items(lwi_onnx *o, lwi_wire w, lw_value *list) {
    lwi_field f;
    for (size_t i = 0; w.at < w.end;) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (!is_item(&f)) continue;
        LW_TRY(lwi_field_body(&f, &body));
        LW_TRY(parse(o, body, (int)f.id - SEQUENCE_TENSORS, &list->items[i]));
        if (i++ == 0) list->dtype = list->items[0]->dtype;
    }
    return LW_OK;
}

static lw_status parse_items(lwi_onnx *o, lwi_wire w, lw_kind kind, lw_value **value) {
    size_t n = 0;
    lw_value *list = NULL;
    LW_TRY(count_items(w, &n));
    if (kind == LW_KIND_OPTIONAL && n > 1)
        return lwi_fail(LW_CORRUPT, "an optional holds %zu values", n);
    LW_TRY(lwi_value_make(allocator, kind, LW_DTYPE_NONE, n, &list));
    const lw_status status = fill_items(o, w, list);
    if (status == LW_OK) *value = list;
    else lwi_value_release(list);
    return status;
}

/* --------------------------------------------------------------------- maps */

static lw_status parse_string_keys(lwi_onnx *o, lwi_wire w, size_t n, lw_value **keys) {
    lw_string *list = NULL;
    lw_value borrowed;
    lwi_field f;
    LW_TRY(lwi_arena_alloc(&o->network->arena, n, sizeof *list, &list));
    for (size_t i = 0; w.at < w.end;) {
        lwi_wire body = {NULL, NULL};
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id != MAP_STRING_KEYS) continue;
        LW_TRY(lwi_field_body(&f, &body));
        list[i++] = (lw_string){(const char *)body.at, lwi_wire_size(body)};
    }
    LW_TRY(lwi_tensor_init(&borrowed, LW_STRING, 1, &(int64_t){(int64_t)n}, list));
    return lwi_value_clone(allocator, &borrowed, keys);
}

static lw_status parse_int_keys(lwi_wire w, lw_value **keys) {
    lwi_numbers numbers = {.message = w, .id = MAP_KEYS, .type = LWI_WIRE_VARINT};
    size_t n = 0;
    LW_TRY(lwi_numbers_count(numbers, &n));
    LW_TRY(lwi_tensor_make(allocator, LW_INT64, 1, &(int64_t){(int64_t)n}, keys));
    for (size_t i = 0; i < n; i++) {
        bool more;
        LW_TRY(lwi_numbers_next(&numbers, (uint64_t *)(*keys)->data + i, &more));
    }
    return LW_OK;
}

static lw_status parse_keys(lwi_onnx *o, lwi_wire w, lw_value **keys) {
    size_t strings = 0;
    LW_TRY(lwi_wire_count(w, MAP_STRING_KEYS, &strings));
    return strings ? parse_string_keys(o, w, strings, keys) : parse_int_keys(w, keys);
}

/* The values of a map are a sequence of tensors of one element; they become one tensor. */
static lw_status join(const lw_value *list, lw_value **joined) {
    const int64_t n = (int64_t)list->n_items;
    const lw_dtype dtype = n ? list->items[0]->dtype : LW_FLOAT32;
    lw_value *all = NULL;
    LW_TRY(lwi_tensor_make(allocator, dtype, 1, &n, &all));
    const size_t size = lwi_dtype_size(dtype);
    for (int64_t i = 0; i < n; i++) {
        const lw_value *item = list->items[i];
        if (item->kind != LW_KIND_TENSOR || item->dtype != dtype || item->count != 1 ||
            dtype == LW_STRING || lwi_dtype_is_packed(dtype)) {
            lwi_value_release(all);
            return lwi_fail(LW_UNSUPPORTED, "a map's values are not numbers of one type");
        }
        memcpy((char *)all->data + (size_t)i * size, item->data, size);
    }
    *joined = all;
    return LW_OK;
}

static lw_status parse_map_values(lwi_onnx *o, lwi_wire w, lw_value **values) {
    lwi_field f;
    lwi_wire sequence = {NULL, NULL};
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == MAP_VALUES) LW_TRY(lwi_field_body(&f, &sequence));
    }
    lw_value *list = NULL;
    LW_TRY(parse(o, sequence, SEQUENCE, &list));
    const lw_status status = join(list, values);
    lwi_value_release(list);
    return status;
}

static lw_status parse_map(lwi_onnx *o, lwi_wire w, lw_value **value) {
    lw_value *map = NULL;
    LW_TRY(lwi_value_make(allocator, LW_KIND_MAP, LW_DTYPE_NONE, 2, &map));
    lw_status status = parse_keys(o, w, &map->items[0]);
    if (status == LW_OK) status = parse_map_values(o, w, &map->items[1]);
    if (status != LW_OK) {
        lwi_value_release(map);
        return status;
    }
    if (map->items[1]) map->dtype = map->items[1]->dtype;
    *value = map;
    return LW_OK;
}

static lw_status parse(lwi_onnx *o, lwi_wire w, int what, lw_value **value) {
    LW_TRY(lwi_onnx_enter(o, "value"));
    lw_status status;
    switch (what) {
    case TENSOR:
    case SPARSE:
        status = parse_tensor(o, w, what == SPARSE, value);
        break;
    case MAP:
        status = parse_map(o, w, value);
        break;
    case SEQUENCE:
        status = parse_items(o, w, LW_KIND_SEQUENCE, value);
        break;
    default:
        status = parse_items(o, w, LW_KIND_OPTIONAL, value);
        break;
    }
    o->depth--;
    return status;
}

lw_status lw_onnx_value_parse(const void *data, size_t size, lw_kind kind, lw_value **value) {
    static const int WHAT[] = {[LW_KIND_TENSOR] = TENSOR,
                               [LW_KIND_SEQUENCE] = SEQUENCE,
                               [LW_KIND_MAP] = MAP,
                               [LW_KIND_OPTIONAL] = OPTIONAL};
    if ((!data && size) || !value || (unsigned)kind > LW_KIND_OPTIONAL)
        return lwi_fail(LW_INVALID, "lw_onnx_value_parse: a bad argument");
    lwi_network network;
    lwi_network_init(&network, allocator, false);
    lwi_onnx o = {.network = &network, .model_size = size};
    const uint8_t *bytes = data;
    lw_value *parsed = NULL;
    const lw_status status = parse(&o, (lwi_wire){bytes, bytes + size}, WHAT[kind], &parsed);
    lwi_network_free(&network);
    if (status == LW_OK) *value = parsed;
    return status;
}
