/* SPDX-License-Identifier: MIT */
#include "llm/state_snapshots.h"

#include <string.h>

void lwi_state_snapshots_init(lwi_state_snapshots *s, const lw_allocator *allocator,
                              size_t elements) {
    *s = (lwi_state_snapshots){.allocator = *allocator, .elements = elements};
}

void lwi_state_snapshots_free(lwi_state_snapshots *s) {
    for (size_t i = 0; i < LWI_STATE_SNAPSHOTS; i++) {
        lwi_free(&s->allocator, s->items[i].tokens);
        lwi_free(&s->allocator, s->items[i].data);
    }
}

static bool begins(const lwi_state_snapshot *item, const int32_t *tokens, size_t most) {
    return item->n > 0 && item->n <= most &&
           memcmp(item->tokens, tokens, item->n * sizeof *tokens) == 0;
}

lwi_state_snapshot *lwi_state_snapshot_find(lwi_state_snapshots *s, const int32_t *tokens,
                                            size_t most) {
    lwi_state_snapshot *best = NULL;
    for (size_t i = 0; i < LWI_STATE_SNAPSHOTS; i++) {
        lwi_state_snapshot *item = s->items + i;
        if ((!best || item->n > best->n) && begins(item, tokens, most)) best = item;
    }
    if (best) best->used = ++s->clock;
    return best;
}

/* An empty one has never been used. */
static lwi_state_snapshot *oldest(lwi_state_snapshots *s) {
    lwi_state_snapshot *best = s->items;
    for (size_t i = 1; i < LWI_STATE_SNAPSHOTS; i++)
        if (s->items[i].used < best->used) best = s->items + i;
    return best;
}

void lwi_state_snapshot_keep(lwi_state_snapshots *s, const int32_t *tokens, size_t n,
                             const float *data) {
    lwi_state_snapshot *same = lwi_state_snapshot_find(s, tokens, n);
    if (same && same->n == n) return;
    lwi_state_snapshot *item = oldest(s);
    lwi_free(&s->allocator, item->tokens);
    item->tokens = NULL;
    item->n = 0;
    if (lwi_alloc_array(&s->allocator, n, sizeof *tokens, &item->tokens) != LW_OK) return;
    if (!item->data &&
        lwi_alloc_array(&s->allocator, s->elements, sizeof *data, &item->data) != LW_OK)
        return;
    memcpy(item->tokens, tokens, n * sizeof *tokens);
    memcpy(item->data, data, s->elements * sizeof *data);
    item->n = n;
    item->used = ++s->clock;
}
