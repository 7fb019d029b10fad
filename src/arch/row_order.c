/* SPDX-License-Identifier: MIT */
#include "arch/row_order.h"

#include <string.h>

lw_status lwi_order_rows(lwi_arena *arena, lwi_checkpoint_tensor *t, int64_t heads, bool to_pairs) {
    const size_t rows = (size_t)t->dims[0], n = heads > 0 ? (size_t)heads : 1;
    if (rows == 0 || rows % n || rows / n % 2)
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %zu rows for %zu heads", t->name, rows, n);
    const size_t row = t->bytes / rows, head = rows / n, half = head / 2;
    uint8_t *to = NULL;
    LW_TRY(lwi_arena_alloc(arena, t->bytes, 1, &to));
    for (size_t i = 0; i < rows; i++) {
        const size_t at = i % head, halves = i - at + at % 2 * half + at / 2;
        const size_t from = to_pairs ? halves : i, put = to_pairs ? i : halves;
        memcpy(to + put * row, (const uint8_t *)t->data + from * row, row);
    }
    t->data = to;
    return LW_OK;
}
