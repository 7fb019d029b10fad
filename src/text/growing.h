/* SPDX-License-Identifier: MIT
 * Texts and lists that grow while a text is encoded. */
#ifndef LWI_GROWING_H
#define LWI_GROWING_H

#include "base/memory.h"

#include <string.h>

typedef struct lwi_growing {
    char *data;
    size_t size, capacity;
} lwi_growing;

/* Room for n more bytes. */
static inline lw_status lwi_growing_reserve(lwi_growing *text, size_t n) {
    if (n <= text->capacity - text->size) return LW_OK;
    return lwi_grow(&lwi_malloc_allocator, &text->data, &text->capacity, text->size + n, 1);
}

static inline lw_status lwi_growing_add(lwi_growing *text, const char *data, size_t n) {
    LW_TRY(lwi_growing_reserve(text, n));
    if (n) memcpy(text->data + text->size, data, n);
    text->size += n;
    return LW_OK;
}

static inline void lwi_growing_free(lwi_growing *text) {
    lwi_free(&lwi_malloc_allocator, text->data);
}

typedef struct lwi_ids {
    int32_t *items;
    size_t n, capacity;
} lwi_ids;

static inline lw_status lwi_ids_add(lwi_ids *ids, int32_t id) {
    if (ids->n == ids->capacity)
        LW_TRY(lwi_grow(&lwi_malloc_allocator, &ids->items, &ids->capacity, ids->n + 1,
                        sizeof *ids->items));
    ids->items[ids->n++] = id;
    return LW_OK;
}

/* Parts of a text, by their places in it. */
typedef struct lwi_span {
    size_t begin, end;
} lwi_span;

typedef struct lwi_spans {
    lwi_span *items;
    size_t n, capacity;
} lwi_spans;

/* Empty spans are left out. */
static inline lw_status lwi_spans_add(lwi_spans *spans, size_t begin, size_t end) {
    if (begin >= end) return LW_OK;
    if (spans->n == spans->capacity)
        LW_TRY(lwi_grow(&lwi_malloc_allocator, &spans->items, &spans->capacity, spans->n + 1,
                        sizeof *spans->items));
    spans->items[spans->n++] = (lwi_span){begin, end};
    return LW_OK;
}

#endif
