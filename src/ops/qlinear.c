/* SPDX-License-Identifier: MIT */
#include "ops/qlinear.h"

#include <math.h>

lw_status lwi_q8_read(const lwi_call *c, size_t scale, size_t zero, lw_dtype dtype, lwi_q8 *q) {
    double number = 0;
    int64_t integer = 0;
    LW_TRY(lwi_in_number(c, scale, &number));
    if (lwi_has(c, zero)) LW_TRY(lwi_in_int(c, zero, &integer));
    *q = (lwi_q8){(float)number, (int)integer, lwi_dtype_is_signed(dtype)};
    return LW_OK;
}

void lwi_q8_table(lwi_q8 q, float factor, float table[256]) {
    for (int i = 0; i < 256; i++) {
        const int code = q.is_signed && i > 127 ? i - 256 : i;
        table[i] = (float)(code - q.zero) * factor;
    }
}

uint8_t lwi_q8_code(lwi_q8 q, float x) {
    const int low = q.is_signed ? -128 : 0, high = low + 255;
    const float code = nearbyintf(x / q.scale) + (float)q.zero;
    if (!(code > (float)low)) return (uint8_t)low; /* NaN too */
    return code < (float)high ? (uint8_t)(int)code : (uint8_t)high;
}

void lwi_q8_map(lwi_q8 from, lwi_q8 to, uint8_t map[256]) {
    float table[256];
    lwi_q8_table(from, from.scale, table);
    for (int i = 0; i < 256; i++)
        map[i] = lwi_q8_code(to, table[i]);
}
