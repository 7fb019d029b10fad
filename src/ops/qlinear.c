/* SPDX-License-Identifier: MIT */
#include "ops/qlinear.h"

lw_status lwi_q8_read(const lwi_call *c, size_t scale, size_t zero, lw_dtype dtype, lwi_q8 *q) {
    double factor = 0, origin = 0;
    LW_TRY(lwi_in_number(c, scale, &factor));
    if (lwi_has(c, zero)) LW_TRY(lwi_in_number(c, zero, &origin));
    *q = (lwi_q8){.scale = (float)factor, .zero = (float)origin};
    lwi_code_range(dtype, &q->low, &q->high);
    return LW_OK;
}

void lwi_q8_table(lwi_q8 q, float factor, float table[256]) {
    for (int i = 0; i < 256; i++)
        table[i] = ((float)lwi_q8_number(q, (uint8_t)i) - q.zero) * factor;
}

void lwi_q8_map(lwi_q8 from, lwi_q8 to, uint8_t map[256]) {
    float table[256];
    lwi_q8_table(from, from.scale, table);
    for (int i = 0; i < 256; i++)
        map[i] = lwi_q8_code(to, table[i]);
}
