/* SPDX-License-Identifier: MIT */
#include "text/spm_wire.h"

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

static lw_status cut_off(void) {
    return lwi_fail(LW_CORRUPT, "SentencePiece: the model is cut off or malformed");
}

static lw_status varint(lw_string *m, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!m->size) return cut_off();
        const uint8_t byte = (uint8_t)*m->data++;
        m->size--;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return LW_OK;
    }
    return cut_off();
}

static lw_status take(lw_string *m, uint64_t n, lw_string *bytes) {
    if (n > m->size) return cut_off();
    *bytes = (lw_string){m->data, (size_t)n};
    m->data += n;
    m->size -= (size_t)n;
    return LW_OK;
}

static lw_status fixed(lw_string *m, unsigned n, uint64_t *value) {
    lw_string bytes = {NULL, 0};
    LW_TRY(take(m, n, &bytes));
    *value = 0;
    for (unsigned i = 0; i < n; i++)
        *value |= (uint64_t)(uint8_t)bytes.data[i] << 8 * i;
    return LW_OK;
}

lw_status lwi_spm_next(lw_string *message, lwi_spm_field *field, bool *more) {
    uint64_t tag = 0, size = 0;
    *more = message->size > 0;
    if (!*more) return LW_OK;
    LW_TRY(varint(message, &tag));
    *field = (lwi_spm_field){.number = (uint32_t)(tag >> 3)};
    if (tag >> 35 || !field->number) return cut_off();
    switch (tag & 7) {
    case VARINT:
        return varint(message, &field->integer);
    case FIXED64:
        return fixed(message, 8, &field->integer);
    case FIXED32:
        return fixed(message, 4, &field->integer);
    case LENGTH:
        LW_TRY(varint(message, &size));
        field->has_bytes = true;
        return take(message, size, &field->bytes);
    default:
        return cut_off();
    }
}
