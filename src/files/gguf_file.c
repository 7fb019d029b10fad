/* SPDX-License-Identifier: MIT
 * Header, pairs and tensors of a GGUF file. */
#include "files/gguf_file.h"

#include "base/blocks.h"
#include "files/gguf_bytes.h"

enum {
    MAGIC = 0x46554747, /* "GGUF" */
    MOST_KEY = 65535,   /* bytes */
    LEAST_PAIR = 8 + 4 + 1,
    LEAST_TENSOR = 8 + 4 + 8 + 4 + 8,
    DEFAULT_ALIGNMENT = 32
};

bool lwi_is_gguf(const void *data, size_t size) {
    return size >= 4 && memcmp(data, "GGUF", 4) == 0;
}

static lw_status read_header(lwi_gguf_bytes *b, uint32_t *version, size_t *tensors, size_t *pairs) {
    uint32_t magic = 0;
    uint64_t n_tensors = 0, n_pairs = 0;
    LW_TRY(lwi_gguf_u32(b, &magic));
    if (magic != MAGIC) return lwi_fail(LW_CORRUPT, "GGUF: the magic number is missing");
    LW_TRY(lwi_gguf_u32(b, version));
    if ((*version & 0xffff) == 0 && *version != 0)
        return lwi_fail(LW_UNSUPPORTED, "GGUF: the file is big-endian");
    if (*version < 2 || *version > 3)
        return lwi_fail(LW_UNSUPPORTED, "GGUF: version %u; 2 and 3 are known", *version);
    LW_TRY(lwi_gguf_u64(b, &n_tensors));
    LW_TRY(lwi_gguf_u64(b, &n_pairs));
    if (n_tensors > b->size / LEAST_TENSOR || n_pairs > b->size / LEAST_PAIR)
        return lwi_fail(LW_CORRUPT, "GGUF: %llu tensors and %llu keys in a file of %zu bytes",
                        (unsigned long long)n_tensors, (unsigned long long)n_pairs, b->size);
    *tensors = (size_t)n_tensors;
    *pairs = (size_t)n_pairs;
    return LW_OK;
}

/* A text that has no zeros, copied with a zero at its end. */
static lw_status read_name(lwi_arena *arena, lwi_gguf_bytes *b, const char *what,
                           const char **name) {
    lw_string text = {NULL, 0};
    LW_TRY(lwi_gguf_text(b, &text));
    if (text.size == 0 || text.size > MOST_KEY || memchr(text.data, 0, text.size))
        return lwi_fail(LW_CORRUPT, "GGUF: the name of a %s is empty, too long or has a zero",
                        what);
    return lwi_arena_string(arena, text.data, text.size, name);
}

/* The bytes of an array's strings, each checked. */
static lw_status skip_strings(lwi_gguf_bytes *b, size_t count) {
    lw_string text = {NULL, 0};
    for (size_t i = 0; i < count; i++)
        LW_TRY(lwi_gguf_text(b, &text));
    return LW_OK;
}

static lw_status read_array(lwi_gguf_bytes *b, lwi_gguf_pair *pair) {
    uint32_t element = 0;
    uint64_t count = 0;
    LW_TRY(lwi_gguf_u32(b, &element));
    LW_TRY(lwi_gguf_u64(b, &count));
    if (element >= LWI_GGUF_KINDS || element == LWI_GGUF_ARRAY)
        return lwi_fail(LW_UNSUPPORTED, "GGUF: key '%s' is an array of type %u", pair->key,
                        element);
    const size_t each =
        element == LWI_GGUF_STRING ? 8 : lwi_gguf_number_bytes((lwi_gguf_kind)element);
    if (count > (b->size - b->at) / each)
        return lwi_fail(LW_CORRUPT, "GGUF: key '%s' is an array of %llu elements, beyond the end",
                        pair->key, (unsigned long long)count);
    pair->element = (lwi_gguf_kind)element;
    pair->count = (size_t)count;
    pair->data = b->data + b->at;
    if (element == LWI_GGUF_STRING) LW_TRY(skip_strings(b, pair->count));
    else b->at += pair->count * each;
    pair->bytes = (size_t)(b->data + b->at - pair->data);
    return LW_OK;
}

static lw_status read_value(lwi_gguf_bytes *b, lwi_gguf_pair *pair) {
    lw_string text = {NULL, 0};
    pair->count = 1;
    if (pair->kind == LWI_GGUF_ARRAY) return read_array(b, pair);
    if (pair->kind == LWI_GGUF_STRING) {
        LW_TRY(lwi_gguf_text(b, &text));
        pair->data = (const uint8_t *)text.data;
        pair->bytes = pair->count = text.size;
        return LW_OK;
    }
    pair->bytes = lwi_gguf_number_bytes(pair->kind);
    return lwi_gguf_take(b, pair->bytes, &pair->data);
}

static lw_status read_pair(lwi_gguf *gguf, lwi_gguf_bytes *b) {
    lwi_gguf_pair *pair = gguf->pairs + gguf->n_pairs;
    uint32_t kind = 0;
    LW_TRY(read_name(gguf->arena, b, "key", &pair->key));
    LW_TRY(lwi_gguf_u32(b, &kind));
    if (kind >= LWI_GGUF_KINDS)
        return lwi_fail(LW_CORRUPT, "GGUF: key '%s' has the unknown type %u", pair->key, kind);
    pair->kind = (lwi_gguf_kind)kind;
    LW_TRY(read_value(b, pair));
    if (lwi_gguf_find(gguf, pair->key))
        return lwi_fail(LW_CORRUPT, "GGUF: key '%s' occurs twice", pair->key);
    return lwi_strmap_set(&gguf->pair_index, pair->key, (int)gguf->n_pairs++);
}

/* Dimensions are stored fastest first. */
static lw_status read_dims(lwi_gguf_bytes *b, lwi_gguf_tensor *tensor) {
    uint32_t rank = 0;
    LW_TRY(lwi_gguf_u32(b, &rank));
    if (rank < 1 || rank > LWI_GGUF_RANK)
        return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s' has %u dimensions", tensor->name, rank);
    tensor->rank = (int)rank;
    for (uint32_t i = rank; i-- > 0;) {
        uint64_t dim = 0;
        LW_TRY(lwi_gguf_u64(b, &dim));
        if (dim < 1 || dim > INT32_MAX)
            return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s' has a dimension of %llu", tensor->name,
                            (unsigned long long)dim);
        tensor->dims[i] = (int64_t)dim;
    }
    return LW_OK;
}

static lw_status count_bytes(lwi_gguf_tensor *tensor) {
    const lwi_block_type *type = lwi_block_type_find(tensor->type);
    if (!type)
        return lwi_fail(LW_UNSUPPORTED, "GGUF: tensor '%s' has the unknown type %u", tensor->name,
                        tensor->type);
    const uint64_t row = (uint64_t)tensor->dims[tensor->rank - 1];
    if (row % type->elements != 0)
        return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s': rows of %llu do not divide into %s blocks",
                        tensor->name, (unsigned long long)row, type->name);
    size_t bytes = 0;
    bool fits = lwi_mul_size(row / type->elements, type->bytes, &bytes);
    for (int i = 0; i + 1 < tensor->rank && fits; i++)
        fits = lwi_mul_size(bytes, (uint64_t)tensor->dims[i], &bytes);
    if (!fits) return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s' is too large", tensor->name);
    tensor->bytes = bytes;
    return LW_OK;
}

static lw_status read_tensor(lwi_gguf *gguf, lwi_gguf_bytes *b, uint64_t *offset) {
    lwi_gguf_tensor *tensor = gguf->tensors + gguf->n_tensors;
    LW_TRY(read_name(gguf->arena, b, "tensor", &tensor->name));
    LW_TRY(read_dims(b, tensor));
    LW_TRY(lwi_gguf_u32(b, &tensor->type));
    LW_TRY(lwi_gguf_u64(b, offset));
    LW_TRY(count_bytes(tensor));
    if (lwi_gguf_find_tensor(gguf, tensor->name))
        return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s' occurs twice", tensor->name);
    return lwi_strmap_set(&gguf->tensor_index, tensor->name, (int)gguf->n_tensors++);
}

static lw_status find_alignment(const lwi_gguf *gguf, size_t *alignment) {
    const int64_t value = lwi_gguf_int(gguf, "general.alignment", DEFAULT_ALIGNMENT);
    if (value < 1 || value > 1 << 20 || (value & (value - 1)) != 0)
        return lwi_fail(LW_CORRUPT, "GGUF: general.alignment is %lld", (long long)value);
    *alignment = (size_t)value;
    return LW_OK;
}

/* Gives tensors from `first` on their bytes. They follow the descriptions, one after another at
 * aligned offsets, so that none can overlap. */
static lw_status place_tensors(lwi_gguf *gguf, const lwi_gguf_bytes *b, size_t first,
                               const uint64_t *offsets) {
    size_t alignment = 0, start = 0, expected = 0;
    LW_TRY(find_alignment(gguf, &alignment));
    if (!lwi_add_size(b->at, alignment - 1, &start)) return LW_CORRUPT;
    start &= ~(alignment - 1);
    for (size_t i = first; i < gguf->n_tensors; i++) {
        lwi_gguf_tensor *tensor = gguf->tensors + i;
        const uint64_t offset = offsets[i - first];
        if (offset != expected)
            return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s' is at offset %llu, expected at %zu",
                            tensor->name, (unsigned long long)offset, expected);
        if (start > b->size || !lwi_within(expected, tensor->bytes, b->size - start))
            return lwi_fail(LW_CORRUPT, "GGUF: tensor '%s' lies beyond the end of the file",
                            tensor->name);
        tensor->data = b->data + start + expected;
        expected = (expected + tensor->bytes + alignment - 1) & ~(alignment - 1);
    }
    return LW_OK;
}

static lw_status read_tensors(lwi_gguf *gguf, lwi_gguf_bytes *b, size_t n) {
    const size_t first = gguf->n_tensors;
    size_t capacity = gguf->n_tensors;
    uint64_t *offsets = NULL;
    LW_TRY(
        lwi_arena_grow(gguf->arena, &gguf->tensors, &capacity, first + n, sizeof *gguf->tensors));
    LW_TRY(lwi_arena_alloc(gguf->arena, n, sizeof *offsets, &offsets));
    for (size_t i = 0; i < n; i++)
        LW_TRY(read_tensor(gguf, b, offsets + i));
    return place_tensors(gguf, b, first, offsets);
}

static lw_status read_all(lwi_gguf *gguf, lwi_gguf_bytes *b) {
    size_t n_tensors = 0, n_pairs = 0;
    LW_TRY(read_header(b, &gguf->version, &n_tensors, &n_pairs));
    LW_TRY(lwi_arena_alloc(gguf->arena, n_pairs, sizeof *gguf->pairs, &gguf->pairs));
    for (size_t i = 0; i < n_pairs; i++)
        LW_TRY(read_pair(gguf, b));
    return read_tensors(gguf, b, n_tensors);
}

lw_status lwi_gguf_read(lwi_arena *arena, const void *data, size_t size, lwi_gguf *gguf) {
    *gguf = (lwi_gguf){.arena = arena};
    lwi_strmap_init(&gguf->pair_index, &arena->allocator);
    lwi_strmap_init(&gguf->tensor_index, &arena->allocator);
    lwi_gguf_bytes b = {.data = data, .size = size};
    const lw_status status = read_all(gguf, &b);
    if (status != LW_OK) lwi_gguf_free(gguf);
    return status;
}

lw_status lwi_gguf_add_part(lwi_gguf *gguf, const void *data, size_t size, size_t number) {
    lwi_gguf part = {.arena = gguf->arena};
    lwi_gguf_bytes b = {.data = data, .size = size};
    size_t n_tensors = 0, n_pairs = 0;
    lwi_strmap_init(&part.pair_index, &gguf->arena->allocator);
    lw_status status = read_header(&b, &part.version, &n_tensors, &n_pairs);
    if (status == LW_OK)
        status = lwi_arena_alloc(gguf->arena, n_pairs, sizeof *part.pairs, &part.pairs);
    for (size_t i = 0; i < n_pairs && status == LW_OK; i++)
        status = read_pair(&part, &b);
    if (status == LW_OK && lwi_gguf_int(&part, "split.no", -1) != (int64_t)number)
        status = lwi_fail(LW_CORRUPT, "GGUF: split.no is not %zu", number);
    if (status == LW_OK) status = read_tensors(gguf, &b, n_tensors);
    lwi_strmap_free(&part.pair_index);
    return status;
}

void lwi_gguf_free(lwi_gguf *gguf) {
    lwi_strmap_free(&gguf->pair_index);
    lwi_strmap_free(&gguf->tensor_index);
}

const lwi_gguf_pair *lwi_gguf_find(const lwi_gguf *gguf, const char *key) {
    const int i = lwi_strmap_get(&gguf->pair_index, key);
    return i < 0 ? NULL : gguf->pairs + i;
}

const lwi_gguf_tensor *lwi_gguf_find_tensor(const lwi_gguf *gguf, const char *name) {
    const int i = lwi_strmap_get(&gguf->tensor_index, name);
    return i < 0 ? NULL : gguf->tensors + i;
}
