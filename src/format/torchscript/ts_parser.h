/* SPDX-License-Identifier: MIT
 * The parser at a token of a file. */
#ifndef LWI_TS_PARSER_H
#define LWI_TS_PARSER_H

#include "format/torchscript/ts_lexer.h"
#include "format/torchscript/ts_syntax.h"

typedef struct lwi_ts_parser {
    lwi_arena *arena;
    lwi_ts_program *program;
    const char *file, *prefix;
    const lwi_ts_token *at;
    int depth;
    lwi_strmap variables; /* of the function at hand, to slots */
    int n_slots;
    const lwi_ts_function *outermost; /* the function at hand */
} lwi_ts_parser;

/* "expected ... instead of the token at hand" */
lw_status lwi_ts_unexpected(const lwi_ts_parser *p, const char *expected);
bool lwi_ts_is(const lwi_ts_parser *p, const char *text); /* a mark or name */
bool lwi_ts_accept(lwi_ts_parser *p, const char *text);
lw_status lwi_ts_expect(lwi_ts_parser *p, const char *text);
lw_status lwi_ts_accept_name(lwi_ts_parser *p, const char **name);
/* The variable's slot, a new one if it has none. */
lw_status lwi_ts_variable(lwi_ts_parser *p, const char *name, int *slot);
lw_status lwi_ts_deeper(lwi_ts_parser *p);

lw_status lwi_ts_parse_expr(lwi_ts_parser *p, lwi_ts_expr **expr);
/* One or more with commas between, maybe one at the end (*trailing). */
lw_status lwi_ts_parse_exprs(lwi_ts_parser *p, lwi_ts_expr ***exprs, size_t *n, bool *trailing);

/* ts_parse_block.c: the lines of a function behind its colon. */
lw_status lwi_ts_parse_block(lwi_ts_parser *p, lwi_ts_block *block);
/* ts_parse_file.c: what follows "def". */
lw_status lwi_ts_parse_def(lwi_ts_parser *p, lwi_ts_function *function);

#endif
