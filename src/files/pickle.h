/* SPDX-License-Identifier: MIT
 * Python's pickles as trees. Nothing is run: what a pickle wants to be called becomes an item that
 * says so (the name of the function, the arguments, the state), and whoever reads the tree knows a
 * closed list of names. Items are shared where the pickle shares them, and may hold themselves:
 * readers bound how deep they go, and how often. */
#ifndef LWI_PICKLE_H
#define LWI_PICKLE_H

#include "base/memory.h"

#include <string.h>

typedef enum lwi_pickle_kind {
    LWI_PICKLE_NONE,
    LWI_PICKLE_BOOL,
    LWI_PICKLE_INT,  /* of 64 bits */
    LWI_PICKLE_LONG, /* one that does not fit: text has two's complement, low byte first */
    LWI_PICKLE_FLOAT,
    LWI_PICKLE_STRING,
    LWI_PICKLE_BYTES, /* in place: no zero follows */
    LWI_PICKLE_LIST,
    LWI_PICKLE_TUPLE,
    LWI_PICKLE_DICT, /* items: key, value, key, value ... */
    LWI_PICKLE_SET,
    LWI_PICKLE_GLOBAL, /* text: "module name" */
    LWI_PICKLE_CALL,   /* items: a GLOBAL, its arguments (a TUPLE); then the DICT, LIST or SET that
                          it was filled with, if it was */
    LWI_PICKLE_PERSISTENT /* items[0]: what a storage is known by */
} lwi_pickle_kind;

typedef struct lwi_pickle_item {
    lwi_pickle_kind kind;
    union {
        bool b;
        int64_t i;
        double f;
        lw_string text; /* a zero follows */
    };
    struct lwi_pickle_item **items;
    size_t n, capacity;
    struct lwi_pickle_item *state; /* of a CALL, what BUILD gave it; of a LIST of pairs that filled
                                      an OrderedDict, its DICT; else NULL */
} lwi_pickle_item;

/* Whether a pickle may hold a name; called: as a function, not as a class to make an object of. */
typedef bool lwi_pickle_rule(const char *name, bool called);

/* Reads one pickle, of protocols 0 to 5; *used: its bytes. file stands in messages. The data must
 * live as long as the arena. rule may be NULL: any name. LW_CORRUPT: it is no pickle.
 * LW_UNSUPPORTED: a name that the rule refuses, or an opcode that files of networks do not have. */
lw_status lwi_pickle_read(lwi_arena *arena, const char *file, const void *data, size_t size,
                          lwi_pickle_rule *rule, const lwi_pickle_item **root, size_t *used);

/* A string or name that is text. */
static inline bool lwi_pickle_is(const lwi_pickle_item *item, const char *text) {
    return (item->kind == LWI_PICKLE_STRING || item->kind == LWI_PICKLE_GLOBAL) &&
           item->text.size == strlen(text) && !memcmp(item->text.data, text, item->text.size);
}

/* A call of that name with at least n arguments: these, else NULL. */
static inline lwi_pickle_item *const *lwi_pickle_call(const lwi_pickle_item *item, const char *name,
                                                      size_t n) {
    if (item->kind != LWI_PICKLE_CALL || item->items[1]->n < n ||
        !lwi_pickle_is(item->items[0], name))
        return NULL;
    return item->items[1]->items;
}

/* The value of a key that is a string, in a DICT or a CALL that was filled as one; else NULL. */
const lwi_pickle_item *lwi_pickle_get(const lwi_pickle_item *dict, const char *key);
/* The DICT of either; NULL: it is none. */
const lwi_pickle_item *lwi_pickle_dict(const lwi_pickle_item *item);

#endif
