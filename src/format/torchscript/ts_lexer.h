/* SPDX-License-Identifier: MIT
 * Tokens of TorchScript's source; the depth of lines becomes tokens, as in Python. */
#ifndef LWI_TS_LEXER_H
#define LWI_TS_LEXER_H

#include "base/memory.h"

typedef enum lwi_ts_token_kind {
    LWI_TS_T_END,
    LWI_TS_T_NEWLINE,
    LWI_TS_T_INDENT,
    LWI_TS_T_DEDENT,
    LWI_TS_T_NAME,
    LWI_TS_T_INT,
    LWI_TS_T_FLOAT,
    LWI_TS_T_IMAGINARY, /* without its j */
    LWI_TS_T_STRING,    /* with its quotes */
    LWI_TS_T_MARK
} lwi_ts_token_kind;

typedef struct lwi_ts_token {
    lwi_ts_token_kind kind;
    uint32_t line, size;
    const char *text;
} lwi_ts_token;

typedef struct lwi_ts_tokens {
    lwi_ts_token *items; /* the last is LWI_TS_T_END */
    size_t n, cap;
} lwi_ts_tokens;

lw_status lwi_ts_lex(lwi_arena *arena, const char *file, const char *source, size_t size,
                     lwi_ts_tokens *tokens);
/* What a string token stands for. */
lw_status lwi_ts_unescape(lwi_arena *arena, const lwi_ts_token *token, lw_string *text);

#endif
