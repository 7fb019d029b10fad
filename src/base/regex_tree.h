/* SPDX-License-Identifier: MIT
 * What regex_parse.c makes of a pattern, for regex.c. */
#ifndef LWI_REGEX_TREE_H
#define LWI_REGEX_TREE_H

#include "base/memory.h"

typedef struct lwi_regex_range {
    uint32_t low, high;
} lwi_regex_range;

/* A set of code points. */
typedef struct lwi_regex_class {
    lwi_regex_range *ranges;
    size_t n, capacity;
    bool negated;
    bool fold; /* upper and lower case are the same */
} lwi_regex_class;

typedef enum lwi_regex_kind {
    LWI_REGEX_CLASS,
    LWI_REGEX_SEQUENCE, /* children one after the other; none: matches nothing at all, "" */
    LWI_REGEX_ALTERNATIVES,
    LWI_REGEX_REPEAT, /* the child min to max times; max -1: any number */
    LWI_REGEX_TEXT_BEGIN,
    LWI_REGEX_TEXT_END,
    LWI_REGEX_LINE_BEGIN,
    LWI_REGEX_LINE_END,
    LWI_REGEX_WORD_EDGE,
    LWI_REGEX_NO_WORD_EDGE
} lwi_regex_kind;

typedef struct lwi_regex_node {
    lwi_regex_kind kind;
    struct lwi_regex_node *child, *next; /* first child, next sibling */
    lwi_regex_class *set;
    int min, max;
} lwi_regex_node;

enum { LWI_REGEX_REPEAT_MAX = 1000, LWI_REGEX_DEPTH_MAX = 200 };

lw_status lwi_regex_parse(lwi_arena *arena, const char *pattern, size_t size,
                          lwi_regex_node **tree);

#endif
