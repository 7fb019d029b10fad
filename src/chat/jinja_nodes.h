/* SPDX-License-Identifier: MIT
 * A parsed template, and its tokens. */
#ifndef LWI_JINJA_NODES_H
#define LWI_JINJA_NODES_H

#include "base/strmap.h"
#include "chat/jinja.h"

typedef enum lwi_token_kind {
    LWI_T_DATA,
    LWI_T_VARIABLE_BEGIN,
    LWI_T_VARIABLE_END,
    LWI_T_BLOCK_BEGIN,
    LWI_T_BLOCK_END,
    LWI_T_NAME,
    LWI_T_STRING,
    LWI_T_INTEGER,
    LWI_T_FLOAT,
    LWI_T_OPERATOR, /* its characters are `op` */
    LWI_T_END
} lwi_token_kind;

typedef struct lwi_token {
    uint8_t kind; /* lwi_token_kind */
    uint32_t op;  /* '+', or two characters: '/' << 8 | '/' */
    int line;
    lwi_val value; /* data, name, string, number */
} lwi_token;
#define LWI_OP2(a, b) ((uint32_t)(a) << 8 | (uint32_t)(b))

typedef enum lwi_node_kind {
    /* expressions */
    LWI_N_CONSTANT,
    LWI_N_NAME,
    LWI_N_LIST,
    LWI_N_TUPLE,
    LWI_N_DICT, /* list: key, value, key, value */
    LWI_N_ATTRIBUTE,
    LWI_N_SUBSCRIPT, /* a[b] */
    LWI_N_SLICE,     /* a[b:c:d] */
    LWI_N_CALL,
    LWI_N_FILTER, /* a may be NULL: the text of a block */
    LWI_N_TEST,
    LWI_N_NOT,
    LWI_N_NEGATE,
    LWI_N_POSITIVE,
    LWI_N_AND,
    LWI_N_OR,
    LWI_N_BINARY,      /* op */
    LWI_N_CONCAT,      /* list */
    LWI_N_COMPARE,     /* a, then list of LWI_N_BINARY whose b is the operand */
    LWI_N_CONDITIONAL, /* b if a else c */
    /* statements */
    LWI_N_DATA,
    LWI_N_OUTPUT,
    LWI_N_IF,         /* a: test, body, c: the statement for else, or NULL */
    LWI_N_FOR,        /* a: target, b: what, c: filter or NULL, body, d: else (a block) */
    LWI_N_SET,        /* a: target, b: value */
    LWI_N_SET_BLOCK,  /* a: target, b: filter or NULL, body */
    LWI_N_MACRO,      /* name, list: parameters, body; b: their defaults (a tuple) */
    LWI_N_CALL_BLOCK, /* a: the call, b: the macro `caller` */
    LWI_N_FILTER_BLOCK,
    LWI_N_WITH,  /* list: target, value, target, value */
    LWI_N_BLOCK, /* body in a scope of its own */
    LWI_N_BREAK,
    LWI_N_CONTINUE,
    LWI_N_COUNT
} lwi_node_kind;

typedef struct lwi_node {
    uint8_t kind; /* lwi_node_kind */
    bool flag;    /* recursive; a negated test; a tuple's parentheses */
    bool uses_varargs, uses_kwargs, uses_caller;
    uint32_t op;
    int line;
    const char *name; /* interned */
    lwi_val constant;
    const struct lwi_node *a, *b, *c, *d;
    const struct lwi_node **list, **body;
    size_t count, body_count;
    const struct lwi_node **keywords; /* LWI_N_SET with name and b */
    size_t keyword_count;
    const struct lwi_node *star, *star_star; /* *args and **kwargs of a call */
    const char **hidden; /* names that are undefined where the scope of the body begins */
    size_t hidden_count;
} lwi_node;

/* Comparisons beyond the operators' characters. */
enum { LWI_OP_IN = 1, LWI_OP_NOT_IN = 2 };

typedef struct lwi_template {
    lwi_arena arena;
    lwi_strmap names; /* every name that the template uses, once */
    lwi_letter_case letters;
    const char **name_list;
    size_t name_count, name_capacity;
    const char *loop, *caller, *varargs, *kwargs;
    const lwi_node *root;
    char *source; /* with newlines as \n */
    size_t size;
} lwi_template;

/* Tokens of the source, in the template's arena. */
lw_status lwi_tokenize(lwi_template *template, const lwi_token **tokens, size_t *count);
lw_status lwi_parse_template(lwi_template *template);
/* Finds the hidden names of all scopes. */
lw_status lwi_settle_scopes(lwi_template *template, lwi_node *root);
/* The one copy of a name; NULL if add is false and the template does not have it. */
lw_status lwi_intern(lwi_template *template, const char *text, size_t size, const char **name);
const char *lwi_known_name(const lwi_template *template, const char *name);

/* ------------------------------------------------------------------- parser */

enum { LWI_PARSE_DEPTH = 200 };

typedef struct lwi_parser {
    lwi_template *template;
    const lwi_token *at;
    unsigned depth, loops;
    lwi_node *macro; /* the innermost */
} lwi_parser;

lw_status lwi_parse_wrong(const lwi_parser *p, const char *expected);
lw_status lwi_new_node(lwi_parser *p, lwi_node_kind kind, lwi_node **node);
bool lwi_at_op(const lwi_parser *p, uint32_t op);
bool lwi_at_word(const lwi_parser *p, const char *word);
bool lwi_skip_op(lwi_parser *p, uint32_t op);
bool lwi_skip_word(lwi_parser *p, const char *word);
lw_status lwi_expect_op(lwi_parser *p, uint32_t op, const char *shown);
lw_status lwi_expect_name(lwi_parser *p, const char **name);
/* A growing list of nodes. */
typedef struct lwi_node_list {
    const lwi_node **items;
    size_t count, capacity;
} lwi_node_list;
lw_status lwi_add_node(lwi_parser *p, lwi_node_list *list, const lwi_node *node);

lw_status lwi_parse_expression(lwi_parser *p, bool conditional, lwi_node **node);
/* One expression, or a tuple without parentheses. `stop`: a word that ends it, or NULL. */
lw_status lwi_parse_tuple(lwi_parser *p, bool conditional, const char *stop, lwi_node **node);
lw_status lwi_parse_target(lwi_parser *p, bool attributes, lwi_node **node);
/* filters after a value: "| a | b"; first: without the first bar. */
lw_status lwi_parse_filters(lwi_parser *p, bool first, lwi_node *on, lwi_node **node);

/* -------------------------------------------------------------------- scopes */

typedef struct lwi_binding {
    const char *name; /* interned */
    lwi_val value;
} lwi_binding;

typedef struct lwi_scope {
    struct lwi_scope *parent;
    lwi_binding *items;
    size_t count, capacity;
} lwi_scope;

typedef struct lwi_macro {
    const lwi_node *node;
    lwi_scope *scope; /* where it was defined */
} lwi_macro;

typedef struct lwi_loop {
    lwi_list items;
    size_t index;
    unsigned depth;
    const lwi_node *node;
    lwi_scope *scope; /* around it */
    lwi_val changed;  /* what `changed` was last given */
    bool asked;
} lwi_loop;

/* a[b:c:d] of an evaluated a; a call, with the macro `caller` or NULL; filters on the text of a
 * block. */
lw_status lwi_slice(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val object,
                    lwi_val *value);
lw_status lwi_evaluate_call(lwi_jinja *run, lwi_scope *scope, const lwi_node *node,
                            const lwi_val *caller, lwi_val *value);
lw_status lwi_evaluate_filter(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val on,
                              lwi_val *value);

/* The scope of a node's body. */
lw_status lwi_new_scope(lwi_jinja *run, lwi_scope *parent, const lwi_node *node, lwi_scope **scope);
lw_status lwi_bind(lwi_jinja *run, lwi_scope *scope, const char *name, lwi_val value);
lwi_val lwi_look_up(lwi_jinja *run, const lwi_scope *scope, const char *name);
lw_status lwi_assign(lwi_jinja *run, lwi_scope *scope, const lwi_node *target, lwi_val value);
lw_status lwi_jinja_execute(lwi_jinja *run, lwi_scope *scope, const lwi_node *const *body,
                            size_t count);
lw_status lwi_call_macro(lwi_jinja *run, const lwi_macro *macro, const lwi_args *args,
                         lwi_val *result);
lw_status lwi_run_loop(lwi_jinja *run, lwi_scope *scope, const lwi_node *node, lwi_val what,
                       unsigned depth);
lw_status lwi_loop_attribute(lwi_jinja *run, lwi_loop *loop, lwi_val name, lwi_val *value);

#endif
