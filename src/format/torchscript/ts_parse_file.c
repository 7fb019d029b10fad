/* SPDX-License-Identifier: MIT
 * Functions and classes of a file. */
#include "format/torchscript/ts_parser.h"

#include <stdio.h>
#include <string.h>

static lw_status parse_param(lwi_ts_parser *p, lwi_ts_param *param) {
    lwi_ts_expr *e = NULL;
    LW_TRY(lwi_ts_accept_name(p, &param->name));
    LW_TRY(lwi_ts_variable(p, param->name, &param->slot));
    if (lwi_ts_accept(p, ":")) {
        LW_TRY(lwi_ts_parse_expr(p, &e));
        param->type = e;
    }
    if (lwi_ts_accept(p, "=")) {
        LW_TRY(lwi_ts_parse_expr(p, &e));
        param->fallback = e;
    }
    return lwi_ts_is(p, ")") ? LW_OK : lwi_ts_expect(p, ",");
}

static lw_status parse_params(lwi_ts_parser *p, lwi_ts_function *f) {
    bool keyword_only = false;
    LW_TRY(lwi_ts_expect(p, "("));
    while (!lwi_ts_accept(p, ")")) {
        if (lwi_ts_accept(p, "*")) {
            keyword_only = true;
            LW_TRY(lwi_ts_expect(p, ","));
            continue;
        }
        lwi_ts_param param = {.keyword_only = keyword_only};
        LW_TRY(parse_param(p, &param));
        LW_TRY(lwi_arena_grow(p->arena, &f->params, &f->cap_params, f->n_params + 1,
                              sizeof *f->params));
        f->params[f->n_params++] = param;
    }
    return LW_OK;
}

lw_status lwi_ts_parse_def(lwi_ts_parser *p, lwi_ts_function *f) {
    lwi_ts_expr *result = NULL;
    f->file = p->file;
    f->line = p->at->line;
    LW_TRY(lwi_ts_accept_name(p, &f->name));
    LW_TRY(parse_params(p, f));
    if (lwi_ts_accept(p, "->")) LW_TRY(lwi_ts_parse_expr(p, &result));
    f->result = result;
    return lwi_ts_parse_block(p, &f->body);
}

/* A function that is not inside another. */
static lw_status parse_function(lwi_ts_parser *p, lwi_ts_function **function) {
    lwi_ts_function *f = NULL;
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *f, &f));
    lwi_strmap_init(&p->variables, &p->arena->allocator);
    p->n_slots = 0;
    p->outermost = f;
    const lw_status status = lwi_ts_parse_def(p, f);
    lwi_strmap_free(&p->variables);
    f->n_slots = p->n_slots;
    *function = f;
    return status;
}

static lw_status full_name(lwi_ts_parser *p, const char *name, const char **full) {
    const size_t n = strlen(p->prefix) + 1 + strlen(name);
    char *text = NULL;
    LW_TRY(lwi_arena_alloc(p->arena, n + 1, 1, &text));
    snprintf(text, n + 1, "%s.%s", p->prefix, name);
    *full = text;
    return LW_OK;
}

static lw_status add_attribute(lwi_ts_parser *p, lwi_ts_class *c, lwi_ts_attribute a) {
    LW_TRY(lwi_arena_grow(p->arena, &c->attributes, &c->cap_attributes, c->n_attributes + 1,
                          sizeof *c->attributes));
    c->attributes[c->n_attributes++] = a;
    return LW_OK;
}

static lw_status end_line(lwi_ts_parser *p) {
    if (p->at->kind != LWI_TS_T_NEWLINE) return lwi_ts_unexpected(p, "the end of the line");
    p->at++;
    return LW_OK;
}

/* name : type, name : Final[type] = value, A = 1, __parameters__ = [...], __annotations__ = [],
 * __annotations__["0"] = type. */
static lw_status parse_attribute(lwi_ts_parser *p, lwi_ts_class *c) {
    lwi_ts_attribute a = {0};
    lwi_ts_expr *e = NULL;
    LW_TRY(lwi_ts_accept_name(p, &a.name));
    const bool annotation = strcmp(a.name, "__annotations__") == 0 && lwi_ts_accept(p, "[");
    if (annotation) {
        lw_string name = {0};
        if (p->at->kind != LWI_TS_T_STRING) return lwi_ts_unexpected(p, "a string");
        LW_TRY(lwi_ts_unescape(p->arena, p->at++, &name));
        LW_TRY(lwi_arena_string(p->arena, name.data, name.size, &a.name));
        LW_TRY(lwi_ts_expect(p, "]"));
        LW_TRY(lwi_ts_expect(p, "="));
    }
    if (annotation || lwi_ts_accept(p, ":")) {
        LW_TRY(lwi_ts_parse_expr(p, &e));
        a.type = e;
    }
    if (lwi_ts_accept(p, "=")) {
        LW_TRY(lwi_ts_parse_expr(p, &e));
        a.value = e;
    }
    LW_TRY(end_line(p));
    return *a.name == '_' && a.name[1] == '_' && !a.type ? LW_OK : add_attribute(p, c, a);
}

static lw_status parse_member(lwi_ts_parser *p, lwi_ts_class *c) {
    if (lwi_ts_accept(p, "pass")) return end_line(p);
    if (!lwi_ts_accept(p, "def")) return parse_attribute(p, c);
    LW_TRY(lwi_arena_grow(p->arena, &c->methods, &c->cap_methods, c->n_methods + 1,
                          sizeof *c->methods));
    LW_TRY(parse_function(p, &c->methods[c->n_methods]));
    c->n_methods++;
    return LW_OK;
}

static lw_status parse_class(lwi_ts_parser *p, lwi_ts_class *c) {
    const char *name = NULL;
    c->base = "";
    LW_TRY(lwi_ts_accept_name(p, &name));
    LW_TRY(full_name(p, name, &c->name));
    if (lwi_ts_accept(p, "(") && !lwi_ts_accept(p, ")")) {
        LW_TRY(lwi_ts_accept_name(p, &c->base));
        LW_TRY(lwi_ts_expect(p, ")"));
    }
    LW_TRY(lwi_ts_expect(p, ":"));
    LW_TRY(end_line(p));
    if (p->at->kind != LWI_TS_T_INDENT) return LW_OK;
    p->at++;
    while (p->at->kind != LWI_TS_T_DEDENT)
        LW_TRY(parse_member(p, c));
    p->at++;
    return LW_OK;
}

static lw_status add_class(lwi_ts_parser *p) {
    lwi_ts_program *all = p->program;
    lwi_ts_class *c = NULL;
    LW_TRY(lwi_arena_alloc(p->arena, 1, sizeof *c, &c));
    LW_TRY(parse_class(p, c));
    LW_TRY(lwi_arena_grow(p->arena, &all->classes, &all->cap_classes, all->n_classes + 1,
                          sizeof *all->classes));
    LW_TRY(lwi_strmap_set(&all->class_names, c->name, (int)all->n_classes));
    all->classes[all->n_classes++] = c;
    return LW_OK;
}

static lw_status add_function(lwi_ts_parser *p) {
    lwi_ts_program *all = p->program;
    lwi_ts_function *f = NULL;
    const char *name = NULL;
    LW_TRY(parse_function(p, &f));
    LW_TRY(full_name(p, f->name, &name));
    LW_TRY(lwi_arena_grow(p->arena, &all->functions, &all->cap_functions, all->n_functions + 1,
                          sizeof *all->functions));
    LW_TRY(lwi_strmap_set(&all->function_names, name, (int)all->n_functions));
    all->functions[all->n_functions++] = f;
    return LW_OK;
}

static void skip_line(lwi_ts_parser *p) {
    while (p->at->kind != LWI_TS_T_NEWLINE && p->at->kind != LWI_TS_T_END)
        p->at++;
    p->at += p->at->kind == LWI_TS_T_NEWLINE;
}

lw_status lwi_ts_parse(lwi_ts_program *program, const char *file, const char *prefix,
                       const char *source, size_t size) {
    lwi_ts_tokens tokens = {0};
    LW_TRY(lwi_ts_lex(program->arena, file, source, size, &tokens));
    lwi_ts_parser p = {program->arena, program, file, prefix, tokens.items, .n_slots = 0};
    while (p.at->kind != LWI_TS_T_END) {
        if (p.at->kind == LWI_TS_T_NEWLINE) p.at++;
        else if (lwi_ts_is(&p, "import") || lwi_ts_is(&p, "op_version_set")) skip_line(&p);
        else if (lwi_ts_accept(&p, "class")) LW_TRY(add_class(&p));
        else if (lwi_ts_accept(&p, "def")) LW_TRY(add_function(&p));
        else return lwi_ts_unexpected(&p, "a class or function");
    }
    return LW_OK;
}

void lwi_ts_program_init(lwi_ts_program *program, lwi_arena *arena) {
    *program = (lwi_ts_program){.arena = arena};
    lwi_strmap_init(&program->class_names, &arena->allocator);
    lwi_strmap_init(&program->function_names, &arena->allocator);
}

void lwi_ts_program_free(lwi_ts_program *program) {
    lwi_strmap_free(&program->class_names);
    lwi_strmap_free(&program->function_names);
}

const lwi_ts_class *lwi_ts_find_class(const lwi_ts_program *program, const char *name) {
    const int i = lwi_strmap_get(&program->class_names, name);
    return i < 0 ? NULL : program->classes[i];
}

const lwi_ts_function *lwi_ts_find_function(const lwi_ts_program *program, const char *name) {
    const int i = lwi_strmap_get(&program->function_names, name);
    return i < 0 ? NULL : program->functions[i];
}

const lwi_ts_function *lwi_ts_find_method(const lwi_ts_class *class, const char *name) {
    for (size_t i = 0; i < class->n_methods; i++)
        if (strcmp(class->methods[i]->name, name) == 0) return class->methods[i];
    return NULL;
}
