/* SPDX-License-Identifier: MIT */
#include "files/stored_tensor.h"

#include "base/checked.h"

#include <string.h>

/* A tensor that is repeated along an axis of stride 0 has more elements than its storage: up to
 * this many, that is believed. */
enum { MOST_REPEATED = 1 << 24 };

size_t lwi_stored_bits(lw_dtype dtype) {
    static const uint8_t bits[LW_DTYPE_COUNT] = {
#define BITS(name, value, text, bits) [name] = bits,
        LW_DTYPE_LIST(BITS)
#undef BITS
    };
    return bits[dtype];
}

static size_t element_bytes(const lwi_stored_tensor *t) { return lwi_stored_bits(t->dtype) / 8; }

void lwi_stored_row_major(lwi_stored_tensor *t) {
    int64_t stride = 1;
    for (int d = t->rank; d-- > 0;) {
        t->strides[d] = stride;
        if (t->dims[d] > 1 && !lwi_mul_i64(stride, t->dims[d], &stride)) stride = 0;
    }
}

static lw_status too_large(const lwi_stored_tensor *t) {
    return lwi_fail(LW_CORRUPT, "tensor '%s' has too many elements", t->name);
}

/* The number of elements, and the place of the last. */
static lw_status measure(const lwi_stored_tensor *t, size_t *count, size_t *last) {
    *count = 1;
    *last = t->offset;
    for (int d = 0; d < t->rank; d++)
        if (t->dims[d] == 0) *count = 0;
    for (int d = 0; d < t->rank; d++) {
        size_t reach = 0;
        if (t->dims[d] < 0 || t->strides[d] < 0)
            return lwi_fail(LW_CORRUPT, "tensor '%s': dimension %d has size %lld and stride %lld",
                            t->name, d, (long long)t->dims[d], (long long)t->strides[d]);
        if (*count == 0 || t->dims[d] == 1) continue;
        if (!lwi_mul_size(*count, (uint64_t)t->dims[d], count) ||
            !lwi_mul_size((uint64_t)t->dims[d] - 1, (uint64_t)t->strides[d], &reach) ||
            !lwi_add_size(*last, reach, last))
            return too_large(t);
    }
    return LW_OK;
}

static bool in_order(const lwi_stored_tensor *t) {
    uint64_t stride = 1;
    for (int d = t->rank; d-- > 0;) {
        if (t->dims[d] > 1 && (uint64_t)t->strides[d] != stride) return false;
        if (t->dims[d] > 1) stride *= (uint64_t)t->dims[d];
    }
    return true;
}

lw_status lwi_stored_check(const lwi_stored_tensor *t) {
    const size_t bits = lwi_stored_bits(t->dtype);
    size_t count = 0;
    size_t last = 0, held = t->storage_bytes / (bits < 8 ? 1 : bits / 8);
    LW_TRY(measure(t, &count, &last));
    if (count == 0) return LW_OK;
    if (bits < 8 && (!in_order(t) || t->offset))
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s' is a view of elements of %zu bits", t->name,
                        bits);
    if (bits < 8 && !lwi_mul_size(held, 8 / bits, &held)) return too_large(t);
    if (last >= held)
        return lwi_fail(LW_CORRUPT, "tensor '%s' reaches to element %zu of a storage with %zu",
                        t->name, last, held);
    if (count > held && count > MOST_REPEATED)
        return lwi_fail(LW_LIMIT, "tensor '%s' makes %zu elements of %zu", t->name, count, held);
    return LW_OK;
}

size_t lwi_stored_count(const lwi_stored_tensor *t) {
    size_t count = 1;
    for (int d = 0; d < t->rank; d++)
        if (t->dims[d] == 0) return 0;
    for (int d = 0; d < t->rank; d++)
        count *= (size_t)t->dims[d];
    return count;
}

size_t lwi_stored_bytes(const lwi_stored_tensor *t) {
    const size_t count = lwi_stored_count(t), bits = lwi_stored_bits(t->dtype);
    return bits < 8 ? (count + 8 / bits - 1) / (8 / bits) : count * (bits / 8);
}

const uint8_t *lwi_stored_in_place(const lwi_stored_tensor *t) {
    if (lwi_stored_count(t) == 0) return (const uint8_t *)"";
    if (t->swapped && element_bytes(t) > 1) return NULL;
    return in_order(t) ? t->storage + t->offset * element_bytes(t) : NULL;
}

static void gather(const lwi_stored_tensor *t, size_t size, uint8_t *to) {
    const uint8_t *from = t->storage + t->offset * size;
    int64_t at[LW_MAX_RANK] = {0}, place = 0;
    for (size_t i = lwi_stored_count(t); i-- > 0; to += size) {
        memcpy(to, from + (size_t)place * size, size);
        for (int d = t->rank; d-- > 0;) {
            place += t->strides[d];
            if (++at[d] < t->dims[d]) break;
            place -= t->strides[d] * t->dims[d];
            at[d] = 0;
        }
    }
}

/* The two halves of complex numbers are numbers of their own. */
static void swap(const lwi_stored_tensor *t, uint8_t *bytes) {
    const bool complex = t->dtype == LW_COMPLEX64 || t->dtype == LW_COMPLEX128;
    const size_t size = element_bytes(t) / (complex ? 2 : 1);
    for (uint8_t *end = bytes + lwi_stored_bytes(t); size > 1 && bytes < end; bytes += size)
        for (size_t i = 0; i < size / 2; i++) {
            const uint8_t byte = bytes[i];
            bytes[i] = bytes[size - 1 - i];
            bytes[size - 1 - i] = byte;
        }
}

void lwi_stored_copy(const lwi_stored_tensor *t, void *to) {
    if (lwi_stored_count(t) == 0) return;
    if (element_bytes(t) == 0) memcpy(to, t->storage, lwi_stored_bytes(t));
    else if (in_order(t))
        memcpy(to, t->storage + t->offset * element_bytes(t), lwi_stored_bytes(t));
    else gather(t, element_bytes(t), to);
    if (t->swapped) swap(t, to);
}

lw_status lwi_stored_get(const lwi_stored_tensor *t, lwi_arena *arena, const uint8_t **bytes) {
    uint8_t *made = NULL;
    *bytes = lwi_stored_in_place(t);
    if (*bytes) return LW_OK;
    LW_TRY(lwi_arena_alloc(arena, lwi_stored_bytes(t), 1, &made));
    lwi_stored_copy(t, made);
    *bytes = made;
    return LW_OK;
}
