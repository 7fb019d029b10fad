/* SPDX-License-Identifier: MIT
 * Grammars over bytes. A rule is a network of states whose transitions take a byte, go on, or call
 * a rule; where a match stands is a set of pairs of a state and a stack of the states to return to.
 * Code points become sequences of byte ranges, so that tokens may cut characters. */
#ifndef LWI_GRAMMAR_STATES_H
#define LWI_GRAMMAR_STATES_H

#include "base/memory.h"

typedef enum lwi_state_kind {
    LWI_S_BYTE,   /* low..high, then next */
    LWI_S_SPLIT,  /* next or other */
    LWI_S_CALL,   /* rule `other`, then next */
    LWI_S_RETURN, /* from the rule */
    LWI_S_FAIL    /* nothing matches */
} lwi_state_kind;

typedef struct lwi_grammar_state {
    uint8_t kind, low, high; /* kind: lwi_state_kind */
    uint32_t next, other;
} lwi_grammar_state;

/* The tree of a rule's right side. */
typedef enum lwi_rule_kind {
    LWI_R_EMPTY,
    LWI_R_RANGES, /* code points: pairs of first and last, sorted */
    LWI_R_SEQUENCE,
    LWI_R_CHOICE,
    LWI_R_REPEAT, /* the only child, low to high times; high UINT32_MAX: no limit */
    LWI_R_RULE    /* low: its number */
} lwi_rule_kind;

typedef struct lwi_rule {
    uint8_t kind; /* lwi_rule_kind */
    uint32_t low, high;
    const struct lwi_rule **children;
    uint32_t (*ranges)[2];
    size_t count; /* of children or ranges */
} lwi_rule;

struct lw_grammar {
    lwi_arena arena;
    lwi_grammar_state *states;
    size_t state_count, state_capacity;
    uint32_t *starts; /* of each rule */
    const lwi_rule **rules;
    const char **names;
    size_t rule_count, rule_capacity, name_capacity;
    uint32_t root;
};
struct lw_grammar;
typedef struct lw_grammar lwi_grammar;

enum { LWI_MOST_STATES = 1 << 20, LWI_MOST_RULE_DEPTH = 100 };

/* Rules from GBNF. */
lw_status lwi_grammar_parse(lwi_grammar *grammar, const char *text, size_t size);
/* States of all rules; refuses left recursion. */
lw_status lwi_grammar_compile(lwi_grammar *grammar);
/* Ways that lead to no end are cut off; LW_UNSUPPORTED: all of them. */
lw_status lwi_grammar_prune(lwi_grammar *grammar);

#endif
