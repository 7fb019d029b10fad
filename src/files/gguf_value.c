/* SPDX-License-Identifier: MIT
 * Values of the pairs of a GGUF file. */
#include "files/gguf_bytes.h"
#include "files/gguf_file.h"

static int64_t integer_at(lwi_gguf_kind kind, const uint8_t *bytes) {
    switch (kind) {
    case LWI_GGUF_INT8:
        return (int8_t)bytes[0];
    case LWI_GGUF_INT16:
        return (int16_t)lwi_little_endian(bytes, 2);
    case LWI_GGUF_INT32:
        return (int32_t)lwi_little_endian(bytes, 4);
    case LWI_GGUF_UINT8:
        return bytes[0];
    case LWI_GGUF_BOOL:
        return bytes[0] != 0;
    case LWI_GGUF_UINT16:
        return (int64_t)lwi_little_endian(bytes, 2);
    case LWI_GGUF_UINT32:
        return (int64_t)lwi_little_endian(bytes, 4);
    default:
        return (int64_t)lwi_little_endian(bytes, 8);
    }
}

static double real_at(lwi_gguf_kind kind, const uint8_t *bytes) {
    const uint64_t bits = lwi_little_endian(bytes, kind == LWI_GGUF_FLOAT32 ? 4 : 8);
    const uint32_t half = (uint32_t)bits;
    float single;
    double wide;
    memcpy(&single, &half, sizeof single);
    memcpy(&wide, &bits, sizeof wide);
    return kind == LWI_GGUF_FLOAT32 ? (double)single : wide;
}

static bool is_real(lwi_gguf_kind kind) {
    return kind == LWI_GGUF_FLOAT32 || kind == LWI_GGUF_FLOAT64;
}

/* Out of the range of int64: the nearest in it. */
static int64_t to_integer(double number) {
    if (!(number > -9.2e18)) return INT64_MIN;
    return number > 9.2e18 ? INT64_MAX : (int64_t)number;
}

static bool is_number(lwi_gguf_kind kind) {
    return kind != LWI_GGUF_STRING && kind != LWI_GGUF_ARRAY;
}

double lwi_gguf_element(const lwi_gguf_pair *array, size_t i) {
    const lwi_gguf_kind kind = array->element;
    const uint8_t *at = array->data + i * lwi_gguf_number_bytes(kind);
    return is_real(kind) ? real_at(kind, at) : (double)integer_at(kind, at);
}

int64_t lwi_gguf_element_int(const lwi_gguf_pair *array, size_t i) {
    const lwi_gguf_kind kind = array->element;
    const uint8_t *at = array->data + i * lwi_gguf_number_bytes(kind);
    return is_real(kind) ? to_integer(real_at(kind, at)) : integer_at(kind, at);
}

int64_t lwi_gguf_int(const lwi_gguf *gguf, const char *key, int64_t absent) {
    const lwi_gguf_pair *pair = lwi_gguf_find(gguf, key);
    if (!pair || !is_number(pair->kind)) return absent;
    return is_real(pair->kind) ? to_integer(real_at(pair->kind, pair->data))
                               : integer_at(pair->kind, pair->data);
}

double lwi_gguf_number(const lwi_gguf *gguf, const char *key, double absent) {
    const lwi_gguf_pair *pair = lwi_gguf_find(gguf, key);
    if (!pair || !is_number(pair->kind)) return absent;
    return is_real(pair->kind) ? real_at(pair->kind, pair->data)
                               : (double)integer_at(pair->kind, pair->data);
}

lw_string lwi_gguf_string(const lwi_gguf *gguf, const char *key) {
    const lwi_gguf_pair *pair = lwi_gguf_find(gguf, key);
    if (!pair || pair->kind != LWI_GGUF_STRING) return (lw_string){NULL, 0};
    return (lw_string){(const char *)pair->data, pair->bytes};
}

lw_status lwi_gguf_strings(lwi_arena *arena, const lwi_gguf_pair *array,
                           const lw_string **strings) {
    lw_string *list = NULL;
    if (array->kind != LWI_GGUF_ARRAY || array->element != LWI_GGUF_STRING)
        return lwi_fail(LW_CORRUPT, "GGUF: key '%s' is not an array of strings", array->key);
    LW_TRY(lwi_arena_alloc(arena, array->count, sizeof *list, &list));
    lwi_gguf_bytes b = {.data = array->data, .size = array->bytes};
    for (size_t i = 0; i < array->count; i++)
        LW_TRY(lwi_gguf_text(&b, list + i));
    *strings = list;
    return LW_OK;
}
