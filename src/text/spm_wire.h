/* SPDX-License-Identifier: MIT
 * The wire format of protocol buffers, as far as SentencePiece's models need it. */
#ifndef LWI_SPM_WIRE_H
#define LWI_SPM_WIRE_H

#include "base/status.h"

typedef struct lwi_spm_field {
    uint32_t number;
    uint64_t integer; /* a varint, or the bits of a fixed field */
    lw_string bytes;  /* of a field with a length */
    bool has_bytes;
} lwi_spm_field;

/* The next field; *more is false at the end. LW_CORRUPT. */
lw_status lwi_spm_next(lw_string *message, lwi_spm_field *field, bool *more);

#endif
