/* SPDX-License-Identifier: MIT */
#include "llm/state_slots.h"

#include "base/checked.h"

#include <string.h>

void lwi_state_slots_init(lwi_state_slots *s, const lw_allocator *allocator, size_t elements) {
    *s = (lwi_state_slots){.allocator = *allocator, .elements = elements};
}

void lwi_state_slots_free(lwi_state_slots *s) {
    lw_value_free(s->value);
    lwi_free(&s->allocator, s->data);
    lwi_free(&s->allocator, s->taken);
}

static size_t bytes_of(const lwi_state_slots *s, size_t n) {
    return n * s->elements * sizeof *s->data;
}

static void replace(lwi_state_slots *s, float *data, bool *taken, size_t n, lw_value *value) {
    if (s->n) {
        memcpy(data, s->data, s->n * s->elements * sizeof *data);
        memcpy(taken, s->taken, s->n * sizeof *taken);
    }
    lwi_state_slots_free(s);
    s->data = data;
    s->taken = taken;
    s->n = n;
    s->value = value;
}

/* Twice as many, so that plans for the new shape are rarely made; pages that no session writes to
 * cost nothing. */
static lw_status grow(lwi_state_slots *s) {
    const size_t n = s->n ? 2 * s->n : 1;
    size_t elements = 0, bytes = 0;
    void *data = NULL;
    bool *taken = NULL;
    lw_value *value = NULL;
    if (n > INT32_MAX || !lwi_mul_size(s->elements, n, &elements) ||
        !lwi_mul_size(elements, sizeof(float), &bytes))
        return lwi_fail(LW_LIMIT, "the state of %zu sessions is too large", n);
    lw_status status = lwi_alloc(&s->allocator, bytes, &data);
    if (status == LW_OK) status = lwi_alloc_array(&s->allocator, n, sizeof *taken, &taken);
    if (status == LW_OK)
        status = lw_tensor_wrap(LW_FLOAT32, 2, (int64_t[]){(int64_t)n, (int64_t)s->elements}, data,
                                &value);
    /* What is on the device goes by way of the old data. */
    if (status == LW_OK && s->n)
        status = lw_context_read_input(s->context, "state", 0, s->data, bytes_of(s, s->n));
    if (status == LW_OK)
        status = lw_context_write_input(s->context, "state", bytes, 0, s->n ? s->data : data,
                                        bytes_of(s, s->n));
    if (status == LW_OK) {
        replace(s, data, taken, n, value);
        return LW_OK;
    }
    lw_value_free(value);
    lwi_free(&s->allocator, data);
    lwi_free(&s->allocator, taken);
    return status;
}

lw_status lwi_state_slot_take(lwi_state_slots *s, int32_t *slot) {
    size_t i = 0;
    while (i < s->n && s->taken[i])
        i++;
    if (i == s->n) LW_TRY(grow(s));
    s->taken[i] = true;
    *slot = (int32_t)i;
    return LW_OK;
}

lw_status lwi_state_slot_fetch(const lwi_state_slots *s, int32_t slot) {
    const size_t first = (size_t)slot * s->elements;
    return lw_context_read_input(s->context, "state", first * sizeof *s->data, s->data + first,
                                 bytes_of(s, 1));
}

lw_status lwi_state_slot_put(const lwi_state_slots *s, int32_t slot) {
    const size_t first = (size_t)slot * s->elements;
    return lw_context_write_input(s->context, "state", bytes_of(s, s->n), first * sizeof *s->data,
                                  s->data + first, bytes_of(s, 1));
}

void lwi_state_slot_give(lwi_state_slots *s, int32_t slot) {
    if (slot >= 0) s->taken[slot] = false;
}
