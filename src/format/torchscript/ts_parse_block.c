/* SPDX-License-Identifier: MIT
 * Statements and blocks. */
#include "format/torchscript/ts_parser.h"

#include <string.h>

static lw_status end_line(lwi_ts_parser *p) {
    if (p->at->kind != LWI_TS_T_NEWLINE) return lwi_ts_unexpected(p, "the end of the line");
    p->at++;
    return LW_OK;
}

/* Names become variables; attributes and elements stay what they are. */
static lw_status set_targets(lwi_ts_parser *p, lwi_ts_stmt *s) {
    for (size_t i = 0; i < s->n_targets; i++) {
        lwi_ts_expr *t = s->targets[i];
        if (t->kind == LWI_TS_NAME) LW_TRY(lwi_ts_variable(p, t->name, &t->slot));
        else if (t->kind != LWI_TS_ATTR && t->kind != LWI_TS_INDEX)
            return lwi_fail(LW_CORRUPT, "%s:%u: a value is given to what can hold none", p->file,
                            t->line);
    }
    return LW_OK;
}

/* x += y as x = x + y; old files may have it. */
static const char *augmented(lwi_ts_parser *p) {
    static const char *const marks[] = {"+", "-", "*", "/"};
    static const char *const names[] = {"add_", "sub_", "mul_", "div_"};
    const lwi_ts_token *next = p->at + (p->at->kind != LWI_TS_T_END);
    if (next->kind != LWI_TS_T_MARK || next->size != 1 || *next->text != '=') return NULL;
    for (int i = 0; i < 4; i++)
        if (lwi_ts_accept(p, marks[i])) return names[i];
    return NULL;
}

static lw_status parse_assigned(lwi_ts_parser *p, lwi_ts_stmt *s, bool trailing) {
    bool ignored = false;
    const char *name = augmented(p);
    if (name) return lwi_fail(LW_UNSUPPORTED, "%s:%u: %.3s by assignment", p->file, s->line, name);
    LW_TRY(lwi_ts_expect(p, "="));
    s->kind = LWI_TS_ASSIGN;
    LW_TRY(lwi_ts_parse_exprs(p, &s->values, &s->n_values, &ignored));
    s->unpack = s->n_values == 1 && (s->n_targets > 1 || trailing);
    if (!s->unpack && s->n_values != s->n_targets)
        return lwi_fail(LW_CORRUPT, "%s:%u: %zu values for %zu names", p->file, s->line,
                        s->n_values, s->n_targets);
    return set_targets(p, s);
}

static lw_status parse_simple(lwi_ts_parser *p, lwi_ts_stmt *s) {
    bool trailing = false;
    lwi_ts_expr *type = NULL;
    LW_TRY(lwi_ts_parse_exprs(p, &s->targets, &s->n_targets, &trailing));
    if (lwi_ts_accept(p, ":")) LW_TRY(lwi_ts_parse_expr(p, &type));
    if (p->at->kind != LWI_TS_T_NEWLINE) LW_TRY(parse_assigned(p, s, trailing));
    else if (type || s->n_targets != 1) return lwi_ts_unexpected(p, "'='");
    else {
        s->kind = LWI_TS_EVAL;
        s->values = s->targets;
        s->n_values = 1;
        s->n_targets = 0;
    }
    return end_line(p);
}

static lw_status one_value(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->n_values = 1;
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *s->values, &s->values));
    return lwi_ts_parse_expr(p, &s->values[0]);
}

static lw_status one_target(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->n_targets = 1;
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *s->targets, &s->targets));
    /* of what binds as strongly as a comparison, only "in" follows, which is not part of it */
    if (p->at->kind != LWI_TS_T_NAME) return lwi_ts_unexpected(p, "a name");
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof **s->targets, &s->targets[0]));
    s->targets[0]->line = p->at->line;
    LW_TRY(lwi_ts_accept_name(p, &s->targets[0]->name));
    return set_targets(p, s);
}

static lw_status parse_if(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->kind = LWI_TS_IF;
    LW_TRY(one_value(p, s));
    LW_TRY(lwi_ts_parse_block(p, &s->body));
    return lwi_ts_accept(p, "else") ? lwi_ts_parse_block(p, &s->otherwise) : LW_OK;
}

static lw_status parse_while(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->kind = LWI_TS_WHILE;
    LW_TRY(one_value(p, s));
    return lwi_ts_parse_block(p, &s->body);
}

static lw_status parse_for(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->kind = LWI_TS_FOR;
    LW_TRY(one_target(p, s));
    LW_TRY(lwi_ts_expect(p, "in"));
    LW_TRY(one_value(p, s));
    return lwi_ts_parse_block(p, &s->body);
}

static lw_status parse_with(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->kind = LWI_TS_WITH;
    LW_TRY(one_value(p, s));
    if (lwi_ts_accept(p, "as")) LW_TRY(one_target(p, s));
    return lwi_ts_parse_block(p, &s->body);
}

static lw_status parse_return(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->kind = LWI_TS_RETURN;
    if (p->at->kind != LWI_TS_T_NEWLINE) LW_TRY(one_value(p, s));
    return end_line(p);
}

/* A function inside a function sees its variables. */
static lw_status parse_inner(lwi_ts_parser *p, lwi_ts_stmt *s) {
    s->kind = LWI_TS_DEF;
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *s->function, &s->function));
    s->function->around = p->outermost;
    LW_TRY(lwi_ts_parse_def(p, s->function));
    lwi_ts_expr *name = NULL;
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *name, &name));
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *s->targets, &s->targets));
    name->name = s->function->name;
    s->targets[0] = name;
    s->n_targets = 1;
    return set_targets(p, s);
}

static lw_status parse_stmt(lwi_ts_parser *p, lwi_ts_stmt *s) {
    static const struct {
        const char *word;
        lw_status (*parse)(lwi_ts_parser *p, lwi_ts_stmt *s);
    } kinds[] = {{"if", parse_if},     {"while", parse_while},   {"for", parse_for},
                 {"with", parse_with}, {"return", parse_return}, {"def", parse_inner}};
    s->line = p->at->line;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (lwi_ts_accept(p, kinds[i].word)) return kinds[i].parse(p, s);
    return parse_simple(p, s);
}

static lw_status add_stmt(lwi_ts_parser *p, lwi_ts_block *block) {
    lwi_ts_stmt s = {0};
    LW_TRY(parse_stmt(p, &s));
    if (block->n == block->cap)
        LW_TRY(lwi_arena_grow(p->arena, &block->stmts, &block->cap, block->n * 2 + 4,
                              sizeof *block->stmts));
    block->stmts[block->n++] = s;
    return LW_OK;
}

lw_status lwi_ts_parse_block(lwi_ts_parser *p, lwi_ts_block *block) {
    const int depth = p->depth;
    LW_TRY(lwi_ts_expect(p, ":"));
    LW_TRY(lwi_ts_deeper(p));
    if (p->at->kind != LWI_TS_T_NEWLINE) {
        if (lwi_ts_accept(p, "pass")) return end_line(p);
        return add_stmt(p, block);
    }
    p->at++;
    if (p->at->kind != LWI_TS_T_INDENT) return lwi_ts_unexpected(p, "a deeper line");
    p->at++;
    while (p->at->kind != LWI_TS_T_DEDENT) {
        if (lwi_ts_accept(p, "pass")) LW_TRY(end_line(p));
        else LW_TRY(add_stmt(p, block));
    }
    p->at++;
    p->depth = depth;
    return LW_OK;
}
