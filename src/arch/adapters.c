/* SPDX-License-Identifier: MIT */
#include "arch/adapters.h"

#include <math.h>
#include <string.h>

lw_status lwi_adapters_of(lwi_network *network, lwi_adapters **all) {
    if (!network->adapters) {
        LW_TRY(lwi_arena_alloc(&network->arena, 1, sizeof **all, &network->adapters));
        *network->adapters = (lwi_adapters){.arena = &network->arena};
    }
    *all = network->adapters;
    return LW_OK;
}

static lw_status item_of(lwi_adapters *all, const char *weight, lwi_adapter **item) {
    for (size_t i = all->first; i < all->n; i++)
        if (!strcmp(all->items[i].name, weight)) {
            *item = all->items + i;
            return LW_OK;
        }
    LW_TRY(lwi_arena_grow(all->arena, &all->items, &all->capacity, all->n + 1, sizeof **item));
    *item = all->items + all->n;
    **item = (lwi_adapter){0};
    LW_TRY(lwi_arena_string(all->arena, weight, strlen(weight), &(*item)->name));
    all->n++;
    return LW_OK;
}

lw_status lwi_adapters_add(lwi_adapters *all, const char *weight, bool is_b,
                           const lwi_checkpoint_tensor *tensor) {
    lwi_adapter *item = NULL;
    if (tensor->rank != 2 && tensor->rank != 3)
        return lwi_fail(LW_CORRUPT, "the adapter's tensor '%s' is no matrix", tensor->name);
    LW_TRY(item_of(all, weight, &item));
    lwi_checkpoint_tensor *to = is_b ? &item->b : &item->a;
    if (to->name) return lwi_fail(LW_CORRUPT, "the adapter has two of '%s'", tensor->name);
    *to = *tensor;
    return LW_OK;
}

lw_status lwi_adapters_close(lwi_adapters *all, const char *architecture, bool unpermuted,
                             double scale, double alpha, bool by_root) {
    if (all->n == all->first) return lwi_fail(LW_CORRUPT, "the adapter has no tensors");
    for (; all->first < all->n; all->first++) {
        lwi_adapter *item = all->items + all->first;
        const lwi_checkpoint_tensor *a = &item->a, *b = &item->b;
        if (!a->name || !b->name)
            return lwi_fail(LW_CORRUPT, "the adapter has only one half for '%s'", item->name);
        const bool rows = !strcmp(item->name, "token_embd.weight");
        const int64_t rank = b->dims[b->rank - 1];
        if (a->rank != b->rank || a->dims[a->rank - (rows ? 1 : 2)] != rank || rank < 1 ||
            (a->rank == 3 && a->dims[0] != b->dims[0]))
            return lwi_fail(LW_CORRUPT, "the adapter's two halves for '%s' do not fit", item->name);
        const double by = by_root ? sqrt((double)rank) : (double)rank;
        item->scale = (float)(alpha != 0 ? scale * alpha / by : scale);
        item->architecture = architecture;
        item->unpermuted = unpermuted;
    }
    return LW_OK;
}
