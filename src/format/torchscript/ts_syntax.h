/* SPDX-License-Identifier: MIT
 * The printed source of TorchScript as a tree. torch.jit.save writes what its compiler made of a
 * program: a small part of Python with one statement for each step, without break, comprehensions
 * or early returns. Types stand in the tree as the expressions that they are written as. */
#ifndef LWI_TS_SYNTAX_H
#define LWI_TS_SYNTAX_H

#include "base/memory.h"
#include "base/strmap.h"

enum {
    LWI_TS_DEPTH = 200,           /* of expressions and of blocks in each other, at most */
    LWI_TS_SOURCE_LIMIT = 1 << 28 /* bytes of one file */
};

typedef enum lwi_ts_expr_kind {
    LWI_TS_NAME,      /* name, slot */
    LWI_TS_INT,       /* i */
    LWI_TS_FLOAT,     /* f */
    LWI_TS_IMAGINARY, /* f */
    LWI_TS_STRING,    /* text */
    LWI_TS_TRUE,
    LWI_TS_FALSE,
    LWI_TS_NONE,
    LWI_TS_LIST,    /* items */
    LWI_TS_TUPLE,   /* items */
    LWI_TS_DICT,    /* items: key, value, key, value ... */
    LWI_TS_ATTR,    /* items[0].name */
    LWI_TS_CALL,    /* items[0](items[1], keywords[2]=items[2] ...) */
    LWI_TS_INDEX,   /* items[0][items[1]] */
    LWI_TS_SLICE,   /* items[0][items[1]:items[2]:items[3]]; NULL: omitted */
    LWI_TS_TERNARY, /* items[1] if items[0] else items[2] */
} lwi_ts_expr_kind;

typedef struct lwi_ts_expr lwi_ts_expr;
struct lwi_ts_expr {
    lwi_ts_expr_kind kind;
    uint32_t line;
    int slot;              /* of the function's variables */
    const char *name;      /* of a function of torch where the call was written as an operator */
    const char **keywords; /* [n_items] NULL where an argument has none; NULL: none has */
    lwi_ts_expr **items;
    size_t n_items;
    union {
        int64_t i;
        double f;
        lw_string text;
    };
};

typedef struct lwi_ts_stmt lwi_ts_stmt;
typedef struct lwi_ts_function lwi_ts_function;
typedef struct lwi_ts_block {
    lwi_ts_stmt *stmts;
    size_t n, cap;
} lwi_ts_block;

typedef enum lwi_ts_stmt_kind {
    LWI_TS_ASSIGN, /* targets = values, side by side; unpack: the one value's items */
    LWI_TS_EVAL,   /* values[0] */
    LWI_TS_IF,     /* values[0], body, otherwise */
    LWI_TS_WHILE,  /* values[0], body */
    LWI_TS_FOR,    /* targets[0] in values[0] */
    LWI_TS_WITH,   /* values[0] as targets[0], body */
    LWI_TS_RETURN, /* values[0]; none */
    LWI_TS_DEF,    /* function */
} lwi_ts_stmt_kind;

struct lwi_ts_stmt {
    lwi_ts_stmt_kind kind;
    uint32_t line;
    bool unpack;
    lwi_ts_expr **targets, **values;
    size_t n_targets, n_values;
    lwi_ts_block body, otherwise;
    lwi_ts_function *function;
};

typedef struct lwi_ts_param {
    const char *name;
    int slot;
    bool keyword_only;
    const lwi_ts_expr *type, *fallback; /* NULL: none */
} lwi_ts_param;

struct lwi_ts_function {
    const char *name, *file;
    uint32_t line;
    lwi_ts_param *params;
    size_t n_params, cap_params;
    const lwi_ts_expr *result;
    lwi_ts_block body;
    int n_slots;                   /* of variables, parameters first */
    const lwi_ts_function *around; /* whose variables a function inside it shares; NULL */
};

typedef struct lwi_ts_attribute {
    const char *name;
    const lwi_ts_expr *type, *value; /* NULL: none */
} lwi_ts_attribute;

typedef struct lwi_ts_class {
    const char *name, *base; /* with the file's prefix; "Module", "NamedTuple" ... or "" */
    lwi_ts_attribute *attributes;
    size_t n_attributes, cap_attributes;
    lwi_ts_function **methods;
    size_t n_methods, cap_methods;
} lwi_ts_class;

typedef struct lwi_ts_program {
    lwi_arena *arena;
    lwi_ts_class **classes;
    size_t n_classes, cap_classes;
    lwi_ts_function **functions;
    size_t n_functions, cap_functions;
    lwi_strmap class_names, function_names; /* with prefixes, to the above */
} lwi_ts_program;

void lwi_ts_program_init(lwi_ts_program *program, lwi_arena *arena);
void lwi_ts_program_free(lwi_ts_program *program);
/* Adds what a file defines. prefix: "__torch__.torch.nn"; the source is read in place. */
lw_status lwi_ts_parse(lwi_ts_program *program, const char *file, const char *prefix,
                       const char *source, size_t size);
/* NULL: there is none. */
const lwi_ts_class *lwi_ts_find_class(const lwi_ts_program *program, const char *name);
const lwi_ts_function *lwi_ts_find_function(const lwi_ts_program *program, const char *name);
const lwi_ts_function *lwi_ts_find_method(const lwi_ts_class *class, const char *name);

#endif
