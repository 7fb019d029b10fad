/* SPDX-License-Identifier: MIT
 * The merges of byte-pair encoding: a hash from two tokens to the rank of their merge and the token
 * that it makes. */
#ifndef LWI_MERGE_TABLE_H
#define LWI_MERGE_TABLE_H

#include "base/memory.h"

typedef struct lwi_merge {
    int32_t left, right; /* tokens; left -1: free */
    uint32_t rank;
    int32_t id;
} lwi_merge;

typedef struct lwi_merge_table {
    lwi_merge *slots;
    size_t mask;
} lwi_merge_table;

/* Room for count merges. */
lw_status lwi_merge_table_init(lwi_merge_table *table, lwi_arena *arena, size_t count);
/* Of a pair given twice the last counts. */
void lwi_merge_table_add(lwi_merge_table *table, lwi_merge merge);
/* Says that the pair will be looked for or added soon. */
void lwi_merge_prefetch(const lwi_merge_table *table, int32_t left, int32_t right);
/* NULL if the two do not merge. */
const lwi_merge *lwi_merge_find(const lwi_merge_table *table, int32_t left, int32_t right);

#endif
