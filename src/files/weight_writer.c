/* SPDX-License-Identifier: MIT */
#include "files/weight_writer.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- ties */

static int compare(const void *a, const void *b, size_t n) {
    const int order = memcmp(a, b, n);
    return order < 0 ? -1 : order > 0;
}

static const uint8_t *first_byte(const lwi_stored_tensor *t) {
    return t->storage + t->offset * lwi_stored_bits(t->dtype) / 8;
}

/* Equal ones stand for the same elements in the same order. */
static int by_elements(const lwi_stored_tensor *x, const lwi_stored_tensor *y) {
    const size_t n = sizeof *x->dims * (size_t)x->rank;
    if (first_byte(x) != first_byte(y))
        return (uintptr_t)first_byte(x) < (uintptr_t)first_byte(y) ? -1 : 1;
    if (x->dtype != y->dtype) return x->dtype < y->dtype ? -1 : 1;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    if (x->quantization != y->quantization)
        return (uintptr_t)x->quantization < (uintptr_t)y->quantization ? -1 : 1;
    const int order = compare(x->dims, y->dims, n);
    return order ? order : compare(x->strides, y->strides, n);
}

static int by_elements_then_place(const void *a, const void *b) {
    const lwi_stored_tensor *x = *(const lwi_stored_tensor *const *)a;
    const lwi_stored_tensor *y = *(const lwi_stored_tensor *const *)b;
    const int order = by_elements(x, y);
    return order ? order : x < y ? -1 : x > y;
}

lw_status lwi_weight_ties(lwi_arena *arena, const lwi_weight_file *file, const char ***ties) {
    const lwi_stored_tensor **sorted = NULL, *first = NULL;
    LW_TRY(lwi_arena_alloc(arena, file->n, sizeof **ties, ties));
    LW_TRY(lwi_arena_alloc(arena, file->n, sizeof *sorted, &sorted));
    for (size_t i = 0; i < file->n; i++)
        sorted[i] = file->tensors + i;
    qsort(sorted, file->n, sizeof *sorted, by_elements_then_place);
    for (size_t i = 0; i < file->n; i++) {
        if (!first || by_elements(first, sorted[i]) || !lwi_stored_count(first)) first = sorted[i];
        else (*ties)[sorted[i] - file->tensors] = first->name;
    }
    return LW_OK;
}

/* ------------------------------------------------------------------ numbers */

lw_dtype lwi_written_type(const lwi_stored_tensor *t) {
    return t->quantization ? LW_FLOAT32 : t->dtype;
}

size_t lwi_written_size(const lwi_stored_tensor *t) {
    return t->quantization ? lwi_stored_count(t) * sizeof(float) : lwi_stored_bytes(t);
}

static double number_at(lw_dtype dtype, const uint8_t *bytes, size_t i) {
    const size_t bits = lwi_stored_bits(dtype);
    int64_t wide;
    int32_t narrow;
    float real;
    double longer;
    switch (dtype) {
    case LW_UINT4:
    case LW_UINT2:
        return bytes[i * bits / 8] >> i * bits % 8 & ((1 << bits) - 1);
    case LW_UINT8:
        return bytes[i];
    case LW_INT8:
        return (int8_t)bytes[i];
    case LW_INT32:
        return memcpy(&narrow, bytes + i * sizeof narrow, sizeof narrow), narrow;
    case LW_INT64:
        return memcpy(&wide, bytes + i * sizeof wide, sizeof wide), (double)wide;
    case LW_FLOAT32:
        return memcpy(&real, bytes + i * sizeof real, sizeof real), (double)real;
    case LW_FLOAT64:
        return memcpy(&longer, bytes + i * sizeof longer, sizeof longer), longer;
    default:
        return 0;
    }
}

/* In float32, as PyTorch's dequantize does. With scales that are float32 the zero points are floats
 * that are taken off after scaling. */
static lw_status dequantize(const lwi_stored_tensor *t, lwi_arena *arena, const uint8_t **bytes) {
    const lwi_quantization *q = t->quantization;
    const uint8_t *from = NULL, *scales = NULL, *zeros = NULL;
    const size_t n = lwi_stored_count(t);
    float *to = NULL;
    size_t inner = 1;
    LW_TRY(lwi_stored_get(t, arena, &from));
    if (q->axis >= 0) LW_TRY(lwi_stored_get(q->scales, arena, &scales));
    if (q->axis >= 0) LW_TRY(lwi_stored_get(q->zero_points, arena, &zeros));
    LW_TRY(lwi_arena_alloc(arena, n, sizeof *to, &to));
    for (int d = q->axis + 1; q->axis >= 0 && d < t->rank; d++)
        inner *= (size_t)t->dims[d];
    for (size_t i = 0; i < n; i++) {
        const size_t c = q->axis < 0 ? 0 : i / inner % (size_t)t->dims[q->axis];
        const float scale = (float)(scales ? number_at(q->scales->dtype, scales, c) : q->scale);
        const float zero =
            (float)(zeros ? number_at(q->zero_points->dtype, zeros, c) : (double)q->zero_point);
        to[i] = ((float)number_at(t->dtype, from, i) - zero) * scale;
    }
    *bytes = (const uint8_t *)to;
    return LW_OK;
}

lw_status lwi_written_bytes(const lwi_stored_tensor *t, lwi_arena *arena, const uint8_t **bytes) {
    return t->quantization ? dequantize(t, arena, bytes) : lwi_stored_get(t, arena, bytes);
}

/* ------------------------------------------------------------------- files */

static bool ends(const char *path, const char *with) {
    const size_t n = strlen(path), m = strlen(with);
    return n > m && !strcmp(path + n - m, with);
}

lw_status lwi_weights_write(const lwi_weight_file *file, const char *const *ties,
                            const char *path) {
    lwi_file_writer to;
    const bool torch = ends(path, ".pth") || ends(path, ".pt") || ends(path, ".bin");
    if (!torch && !ends(path, ".safetensors"))
        return lwi_fail(LW_UNSUPPORTED, "'%s' ends with none of .safetensors, .pth, .pt and .bin",
                        path);
    LW_TRY(lwi_file_writer_open(path, &to));
    return lwi_file_writer_close(&to, torch ? lwi_torch_write(file, ties, &to)
                                            : lwi_safetensors_write(file, &to));
}
