/* SPDX-License-Identifier: MIT */
#include "text/merge_table.h"

static size_t place_of(int32_t left, int32_t right) {
    uint64_t h = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    h *= UINT64_C(0x9fb21c651e98df25);
    return (size_t)(h ^ h >> 32);
}

static lwi_merge *slot_of(const lwi_merge_table *table, int32_t left, int32_t right) {
    for (size_t i = place_of(left, right) & table->mask;; i = (i + 1) & table->mask) {
        lwi_merge *slot = table->slots + i;
        if (slot->left < 0 || (slot->left == left && slot->right == right)) return slot;
    }
}

lw_status lwi_merge_table_init(lwi_merge_table *table, lwi_arena *arena, size_t count) {
    size_t slots = 16;
    while (slots < count + count / 2)
        slots *= 2;
    LW_TRY(lwi_arena_alloc(arena, slots, sizeof *table->slots, &table->slots));
    table->mask = slots - 1;
    for (size_t i = 0; i < slots; i++)
        table->slots[i].left = -1;
    return LW_OK;
}

void lwi_merge_table_add(lwi_merge_table *table, lwi_merge merge) {
    *slot_of(table, merge.left, merge.right) = merge;
}

void lwi_merge_prefetch(const lwi_merge_table *table, int32_t left, int32_t right) {
    __builtin_prefetch(table->slots + (place_of(left, right) & table->mask));
}

const lwi_merge *lwi_merge_find(const lwi_merge_table *table, int32_t left, int32_t right) {
    const lwi_merge *slot = slot_of(table, left, right);
    return slot->left < 0 ? NULL : slot;
}
