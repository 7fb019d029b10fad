/* SPDX-License-Identifier: MIT
 * The text of PTX: where its functions are, and what is in them, statement by statement. */
#include "ptx_module.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 256, MOST_RANGES = 16, MOST_OPERANDS = 300, MOST_STATEMENT = 8192 };

ptx_module *ptx_modules;

/* ------------------------------------------------------------------- a module */

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_' || c == '$'; }

static uint32_t lines_between(const char *from, const char *to) {
    uint32_t n = 0;
    for (const char *at = from; (at = memchr(at, '\n', (size_t)(to - at))); at++)
        n++;
    return n;
}

/* ".visible .entry name(" or ".func  (.param .b32 func_retval0) name(", with a body: what ends
 * with a semicolon before its brace is only announced. */
static bool read_header(const char *at, ptx_function *f) {
    const char *body = strchr(at, '{'), *end = strchr(at, ';'), *name = at, *open;
    if (!body || (end && end < body)) return false;
    f->is_kernel = strncmp(at, ".visible .entry", 15) == 0;
    f->start = at;
    name += strcspn(name, f->is_kernel ? "y" : "c") + 1;
    while (isspace((unsigned char)*name))
        name++;
    if (*name == '(') name = strchr(name, ')') + 1;
    while (isspace((unsigned char)*name))
        name++;
    open = name;
    while (is_name(*open))
        open++;
    if (open == name || (size_t)(open - name) >= sizeof f->name) return false;
    memcpy(f->name, name, (size_t)(open - name));
    return true;
}

ptx_module *ptx_read_module(const char *text) {
    ptx_module *m = calloc(1, sizeof *m);
    const char *at;
    uint32_t line = 1;
    if (!m || !(m->text = strdup(text))) abort();
    at = strstr(m->text, ".target ");
    if (!at || sscanf(at, ".target %15[a-z0-9_]", m->tier) != 1) return NULL;
    m->has_ring = strstr(m->text, ".extern .shared") != NULL;
    for (const char *last = m->text; *at; at++) {
        ptx_function f = {.module = m};
        const char *next = strchr(at, '\n');
        if (!next) break;
        if ((!strncmp(at, ".visible .entry", 15) || !strncmp(at, ".func", 5)) &&
            read_header(at, &f)) {
            line += lines_between(last, at);
            last = at;
            f.start_line = line;
            m->functions = realloc(m->functions, (size_t)(m->n_functions + 1) * sizeof f);
            if (!m->functions) abort();
            m->functions[m->n_functions++] = f;
        }
        at = next;
    }
    m->next = ptx_modules;
    ptx_modules = m;
    return m;
}

ptx_function *ptx_find_function(ptx_module *m, const char *name, size_t length) {
    for (int i = 0; i < m->n_functions; i++)
        if (strlen(m->functions[i].name) == length && !memcmp(m->functions[i].name, name, length))
            return &m->functions[i];
    return NULL;
}

/* ----------------------------------------------------------------- a function */

/* A name in a scope: a register, or a constant, such as where a variable lies. */
typedef struct known {
    char text[96];
    ptx_operand operand;
} known;

/* .reg .b32 %r<170>; */
typedef struct range {
    char prefix[8];
    uint32_t place, number, count;
    uint8_t bytes;
} range;

typedef struct label {
    const char *text;
    size_t length;
    uint32_t at;
} label;

typedef struct reader {
    ptx_function *f;
    const char *at;
    uint32_t line, statement_line;
    char statement[MOST_STATEMENT];
    known names[MOST_NAMES];
    int n_names, scopes[8], depth;
    range ranges[MOST_RANGES];
    int n_ranges;
    label *labels, *wanted; /* wanted: by branches, at: the instruction's number */
    int n_labels, n_wanted;
    ptx_operand operands[MOST_OPERANDS];
    int n_operands;
    int64_t offset;
} reader;

static _Noreturn void bad(const reader *r, const char *what) {
    fake_wrong("%s, line %u of %s: %s: %.200s", r->f->name, r->statement_line, r->f->module->tier,
               what, r->statement);
    abort();
}

static void *grown(void *all, size_t n, size_t bytes) {
    if (n & (n - 1)) return all;
    all = realloc(all, (n ? 2 * n : 1) * bytes);
    if (!all) abort();
    return all;
}

/* The next statement: up to a semicolon, a brace alone, a label, or, of a directive, its line. */
static bool next_statement(reader *r) {
    size_t n = 0;
    int braces = 0;
    for (r->statement_line = 0; *r->at; r->at++) {
        if (r->at[0] == '/' && r->at[1] == '/') r->at += strcspn(r->at, "\n");
        const char c = *r->at;
        if (c == '\n') r->line++;
        if (isspace((unsigned char)c)) {
            if (n && r->statement[n - 1] != ' ') r->statement[n++] = ' ';
            continue;
        }
        if (!r->statement_line) r->statement_line = r->line;
        if (n + 2 > sizeof r->statement) bad(r, "a long statement");
        if (c == ';') break;
        r->statement[n++] = c;
        if (n == 1 && (c == '{' || c == '}')) break;
        braces += (c == '{') - (c == '}');
        if (c == ':' && !braces && r->at[1] != ':' && (n < 2 || r->statement[n - 2] != ':')) break;
    }
    if (*r->at) r->at++;
    while (n && r->statement[n - 1] == ' ')
        n--;
    r->statement[n] = 0;
    return n > 0 || *r->at;
}

/* ------------------------------------------------------- registers and constants */

static ptx_operand new_register(reader *r, uint8_t bytes) {
    ptx_operand o = {.bytes = bytes, .number = ++r->f->n_registers};
    r->f->words = (r->f->words + 15) & ~15U; /* lines of 64 bytes */
    o.place = r->f->words;
    r->f->words += bytes == 0 ? 1 : bytes == 8 ? 2 * PTX_WARP : PTX_WARP;
    return o;
}

static ptx_operand constant(uint64_t value, uint8_t bytes) {
    ptx_operand o = {.bytes = bytes, .fixed = aligned_alloc(64, 256)};
    if (!o.fixed) abort();
    for (int i = 0; i < PTX_WARP; i++) {
        if (bytes == 8) {
            o.fixed[2 * i] = (uint32_t)value;
            o.fixed[2 * i + 1] = (uint32_t)(value >> 32);
        } else o.fixed[i] = bytes == 2 ? (uint16_t)value : (uint32_t)value;
    }
    if (bytes == 0) o.fixed[0] = value ? PTX_ALL : 0;
    return o;
}

static void add_name(reader *r, const char *text, size_t length, ptx_operand operand) {
    if (r->n_names == MOST_NAMES || length >= sizeof r->names[0].text) bad(r, "too many names");
    known *n = &r->names[r->n_names++];
    memset(n->text, 0, sizeof n->text);
    memcpy(n->text, text, length);
    n->operand = operand;
}

static uint8_t type_bytes(const char *type) {
    const int bits = atoi(type + 2);
    return strncmp(type, ".pred", 5) == 0 ? 0 : (uint8_t)(bits / 8);
}

/* .reg .b32 %r<170> or .reg .b16 l, h */
static void read_registers(reader *r, const char *at) {
    const uint8_t bytes = type_bytes(at);
    at += strcspn(at, " ");
    while (*at) {
        while (*at == ' ' || *at == ',')
            at++;
        const size_t length = strcspn(at, "<, ");
        if (at[length] != '<') {
            add_name(r, at, length, new_register(r, bytes));
            at += length;
            continue;
        }
        range *g = &r->ranges[r->n_ranges++];
        if (r->n_ranges == MOST_RANGES || length >= sizeof g->prefix) bad(r, "registers");
        *g = (range){.bytes = bytes, .count = (uint32_t)atoi(at + length + 1)};
        memcpy(g->prefix, at, length);
        for (uint32_t i = 0; i < g->count; i++) {
            const ptx_operand o = new_register(r, bytes);
            if (i == 0) g->place = o.place;
            if (i == 0) g->number = o.number;
        }
        at += strcspn(at, ">") + 1;
    }
}

/* Words from one register of a range to the next. */
static uint32_t step_of(uint8_t bytes) {
    return bytes == 0 ? 16 : bytes == 8 ? 2 * PTX_WARP : PTX_WARP;
}

/* .shared .align 4 .b8 name[N], .local .align 8 .b8 name[N] */
static void read_variable(reader *r, const char *at, bool shared) {
    uint32_t align, bytes, *used = shared ? &r->f->shared_bytes : &r->f->local_bytes;
    char text[96];
    if (sscanf(at, " .align %u .b8 %95[^[ ][%u]", &align, text, &bytes) != 3) bad(r, "a variable");
    *used = (*used + align - 1) / align * align;
    const ptx_operand o = shared ? constant(PTX_SHARED_START + *used, 8)
                                 : (ptx_operand){.place = PTX_STACK_POINTER, .bytes = PTX_SPECIAL};
    if (!shared && *used) bad(r, "two local variables");
    add_name(r, text, strlen(text), o);
    *used += bytes;
}

/* .param .b64 param0, in a call */
static void read_call_parameter(reader *r, const char *at) {
    const uint8_t bytes = type_bytes(at);
    at += strcspn(at, " ");
    while (*at == ' ')
        at++;
    add_name(r, at, strlen(at), new_register(r, bytes));
}

/* ---------------------------------------------------------------------- operands */

/* Numbers in the text: 0f3F800000, 0d..., -12, 0x1f. The width is that of what it is for. */
static bool read_number(const char *at, uint64_t *value) {
    char *end;
    if (at[0] == '0' && (at[1] == 'f' || at[1] == 'd')) *value = strtoull(at + 2, &end, 16);
    else if (isdigit((unsigned char)at[0])) *value = strtoull(at, &end, 0);
    else if (at[0] == '-') *value = (uint64_t)strtoll(at, &end, 0);
    else return false;
    return true;
}

static bool find_register(const reader *r, const char *at, size_t length, ptx_operand *o) {
    const size_t letters = 1 + strcspn(at + 1, "0123456789");
    for (int i = 0; i < r->n_ranges && letters < length; i++) {
        const range *g = &r->ranges[i];
        if (strlen(g->prefix) != letters || strncmp(g->prefix, at, letters) != 0) continue;
        const uint32_t n = (uint32_t)atoi(at + letters);
        if (n >= g->count) return false;
        *o = (ptx_operand){
            .place = g->place + n * step_of(g->bytes), .number = g->number + n, .bytes = g->bytes};
        return true;
    }
    return false;
}

static bool find_name(const reader *r, const char *at, size_t length, ptx_operand *o) {
    for (int i = r->n_names - 1; i >= 0; i--)
        if (strlen(r->names[i].text) == length && !memcmp(r->names[i].text, at, length)) {
            *o = r->names[i].operand;
            return true;
        }
    return false;
}

static const char *const special_names[] = {"%tid.x",   "%ntid.x",  "%ctaid.x",
                                            "%ctaid.y", "%ctaid.z", NULL}; /* ptx_special */

static void add_operand(reader *r, const char *at, size_t length) {
    ptx_operand *o = &r->operands[r->n_operands];
    uint64_t value;
    if (r->n_operands == MOST_OPERANDS) bad(r, "too many operands");
    *o = (ptx_operand){0};
    if (at[0] == '%' && find_register(r, at, length, o)) r->n_operands++;
    else if (find_name(r, at, length, o)) r->n_operands++;
    else if (read_number(at, &value)) {
        *o = constant(value, 8);
        r->n_operands++;
    } else if (length == 1 && *at == '_') {
        o->bytes = PTX_NOTHING;
        r->n_operands++;
    } else {
        for (int i = 0; special_names[i]; i++)
            if (strlen(special_names[i]) == length && !memcmp(special_names[i], at, length)) {
                *o = (ptx_operand){.place = (uint32_t)i, .bytes = PTX_SPECIAL};
                r->n_operands++;
                return;
            }
        bad(r, "an operand that is not known");
    }
}

/* Operands in their order, braces and brackets left out; the one with an offset has it in r. */
static void read_operands(reader *r, const char *at) {
    static const char between[] = " ,{}[]";
    r->n_operands = 0;
    r->offset = 0;
    while (*(at += strspn(at, between))) {
        size_t length = strcspn(at, " ,{}[]+");
        add_operand(r, at, length);
        at += length;
        if (*at != '+') continue;
        r->offset = atoll(at + 1);
        at += strcspn(at, between);
    }
}

/* ------------------------------------------------------------------ instructions */

static ptx_instruction *new_instruction(reader *r) {
    ptx_function *f = r->f;
    f->code = grown(f->code, f->n_code, sizeof *f->code);
    f->code[f->n_code] = (ptx_instruction){.line = r->statement_line};
    return &f->code[f->n_code++];
}

static void want_label(reader *r, const char *text) {
    const size_t length = strcspn(text, " ");
    const label l = {strndup(text, length), length, r->f->n_code - 1};
    r->wanted = grown(r->wanted, (size_t)r->n_wanted, sizeof l);
    r->wanted[r->n_wanted++] = l;
}

/* Operands as the form has them, constants in the width that is wanted. */
static void finish(reader *r, ptx_instruction *i, const ptx_opcode *opcode) {
    const char *letters = opcode->operands, *gap = strchr(letters, ' ');
    const int n_to = gap ? (int)(gap - letters) : 0;
    i->opcode = opcode;
    i->offset = r->offset;
    i->n_to = (uint16_t)n_to;
    i->n_from = (uint16_t)(r->n_operands - n_to);
    i->operands = malloc((size_t)(r->n_operands + 1) * sizeof *i->operands);
    if (!i->operands) abort();
    memcpy(i->operands, r->operands, (size_t)r->n_operands * sizeof *i->operands);
    for (int n = 0; n < r->n_operands; n++) {
        ptx_operand *o = &i->operands[n];
        const char letter = letters[n < n_to ? n : n + 1];
        if (o->fixed && strchr("phrq", letter))
            *o = constant(o->fixed[0] | (uint64_t)o->fixed[1] << 32, ptx_letter_bytes(letter));
    }
    for (int n = 0; n < n_to; n++)
        if (i->operands[n].fixed) bad(r, "a result that is no register");
}

/* call.uni (retval0), name, ( param0, param1 ) */
static void read_call(reader *r, const char *at) {
    ptx_instruction *i = new_instruction(r);
    static const ptx_opcode calls = {.name = "call.uni", .flow = PTX_CALL};
    char text[MOST_STATEMENT];
    strcpy(text, at);
    char *result = strchr(text, '('), *name = text + strspn(text, " ,"), *end;
    int n_to = 0;
    r->n_operands = 0;
    if (result && result == name) {
        end = strchr(result, ')');
        add_operand(r, result + 1, (size_t)(end - result - 1));
        n_to = 1;
        name = end + 1;
    }
    name += strspn(name, " ,");
    end = name + strcspn(name, " ,");
    i->callee = ptx_find_function(r->f->module, name, (size_t)(end - name));
    if (!i->callee || i->callee->is_kernel) bad(r, "a function that is not there");
    for (char *p = strchr(end, '('); p && *(p += strspn(p, " ,()"));) {
        const size_t length = strcspn(p, " ,()");
        add_operand(r, p, length);
        p += length;
    }
    i->opcode = &calls;
    i->n_to = (uint16_t)n_to;
    i->n_from = (uint16_t)(r->n_operands - n_to);
    i->operands = malloc((size_t)(r->n_operands + 1) * sizeof *i->operands);
    if (!i->operands) abort();
    memcpy(i->operands, r->operands, (size_t)r->n_operands * sizeof *i->operands);
}

/* @%p bra L; @!%p bra L; bra.uni L */
static bool read_branch(reader *r, const char *at) {
    static const ptx_opcode branches = {.name = "bra", .flow = PTX_BRANCH};
    ptx_operand guard = {0};
    const bool guarded = *at == '@', is_false = at[1] == '!';
    if (guarded) {
        at += 1 + is_false;
        const size_t length = strcspn(at, " ");
        if (!find_register(r, at, length, &guard) || guard.bytes != 0) bad(r, "a guard");
        at += length + 1;
    }
    if (strncmp(at, "bra ", 4) != 0 && strncmp(at, "bra.uni ", 8) != 0) {
        if (guarded) bad(r, "a guard of what is no branch");
        return false;
    }
    ptx_instruction *i = new_instruction(r);
    i->opcode = &branches;
    i->guard = guard;
    i->guarded = guarded;
    i->guard_is_false = is_false;
    want_label(r, strchr(at, ' ') + 1);
    return true;
}

static void read_instruction(reader *r) {
    const char *at = r->statement;
    const size_t length = strcspn(at, " ");
    if (read_branch(r, at)) return;
    if (!strncmp(at, "call.uni", 8)) {
        read_call(r, at + 8);
        return;
    }
    read_operands(r, at + length);
    const bool special = r->n_operands == 2 && r->operands[1].bytes == PTX_SPECIAL;
    const ptx_opcode *opcode = special ? ptx_find_opcode("mov.special", 11, r->operands, 2)
                                       : ptx_find_opcode(at, length, r->operands, r->n_operands);
    if (!opcode) bad(r, "an instruction that is not known");
    r->f->is_early |= strcmp(opcode->name, "griddepcontrol.wait") == 0;
    finish(r, new_instruction(r), opcode);
}

static void read_label(reader *r) {
    const size_t length = strlen(r->statement) - 1;
    const label l = {strndup(r->statement, length), length, r->f->n_code};
    r->labels = grown(r->labels, (size_t)r->n_labels, sizeof l);
    r->labels[r->n_labels++] = l;
}

static bool starts(const reader *r, const char *with) {
    return strncmp(r->statement, with, strlen(with)) == 0;
}

static void read_statement(reader *r) {
    const char *s = r->statement;
    if (*s == 0 || starts(r, ".pragma")) return;
    if (*s == '{') r->scopes[r->depth++] = r->n_names;
    else if (*s == '}') r->n_names = r->scopes[--r->depth];
    else if (starts(r, ".reg ")) read_registers(r, s + 5);
    else if (starts(r, ".shared ")) read_variable(r, s + 7, true);
    else if (starts(r, ".local ")) read_variable(r, s + 6, false);
    else if (starts(r, ".param ")) read_call_parameter(r, s + 7);
    else if (s[strlen(s) - 1] == ':') read_label(r);
    else if (*s == '.') bad(r, "a directive that is not known");
    else read_instruction(r);
    if (r->depth > 7) bad(r, "deep scopes");
}

/* .param .u64 name, or .param .align 64 .b8 name[128] */
static void read_parameter(reader *r, const char *at) {
    ptx_function *f = r->f;
    ptx_parameter p = {0};
    uint32_t align;
    if (sscanf(at, ".param .align %u .b8 %95[^[][%u]", &align, p.name, &p.bytes) != 3) {
        char type[16];
        if (sscanf(at, ".param %15s %95[A-Za-z0-9_]", type, p.name) != 2) bad(r, "a parameter");
        align = p.bytes = type_bytes(type);
    }
    p.offset = (f->parameter_bytes + align - 1) / align * align;
    f->parameter_bytes = p.offset + p.bytes;
    p.place = f->is_kernel ? constant(p.offset, 8) : new_register(r, (uint8_t)p.bytes);
    f->parameters = grown(f->parameters, (size_t)f->n_parameters, sizeof p);
    f->parameters[f->n_parameters++] = p;
    add_name(r, p.name, strlen(p.name), p.place);
}

/* What stands before the body. */
static void read_head(reader *r) {
    const char *body = strchr(r->f->start, '{'), *at = r->f->start;
    char type[16], name[96];
    if (sscanf(at, ".func (.param %15s %95[a-z0-9_])", type, name) == 2) {
        r->f->result = new_register(r, type_bytes(type));
        r->f->has_result = true;
        add_name(r, name, strlen(name), r->f->result);
        at = strchr(at, ')');
    }
    while ((at = strstr(at, ".param")) && at < body)
        read_parameter(r, at++);
    r->line += lines_between(r->f->start, body);
    r->at = body + 1;
}

static void set_targets(reader *r) {
    for (int w = 0; w < r->n_wanted; w++) {
        int i = 0;
        while (i < r->n_labels && strcmp(r->labels[i].text, r->wanted[w].text) != 0)
            i++;
        if (i == r->n_labels) bad(r, "a label that is not there");
        r->f->code[r->wanted[w].at].target = r->labels[i].at;
        free((void *)r->wanted[w].text);
    }
    for (int i = 0; i < r->n_labels; i++)
        free((void *)r->labels[i].text);
    free(r->labels);
    free(r->wanted);
}

void ptx_read_function(ptx_function *f) {
    if (f->is_read) return;
    reader *r = calloc(1, sizeof *r);
    if (!r) abort();
    f->is_read = true;
    r->f = f;
    r->line = f->start_line;
    if (f->module->has_ring) add_name(r, "lampwick_ring", 13, constant(PTX_SHARED_START, 8));
    read_head(r);
    r->scopes[r->depth++] = r->n_names;
    while (r->depth && next_statement(r))
        read_statement(r);
    if (r->depth) bad(r, "an end that is missing");
    set_targets(r);
    f->has_ring = f->module->has_ring && f->shared_bytes == 0;
    free(r);
}
