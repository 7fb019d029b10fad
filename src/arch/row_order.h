/* SPDX-License-Identifier: MIT
 * Rows of queries and keys: Hugging Face's weights turn element i of a head with element half + i,
 * those of some families in GGUF files neighbours. */
#ifndef LWI_ROW_ORDER_H
#define LWI_ROW_ORDER_H

#include "arch/checkpoint.h"
#include "base/memory.h"

/* A copy, in the arena, with the rows of each head in the other order. LW_CORRUPT if the heads do
 * not divide the rows. */
lw_status lwi_order_rows(lwi_arena *arena, lwi_checkpoint_tensor *tensor, int64_t heads,
                         bool to_pairs);

#endif
