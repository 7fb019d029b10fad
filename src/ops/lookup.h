/* SPDX-License-Identifier: MIT
 * Finding elements of a tensor in a list of keys: integers, floating-point numbers (a NaN equals
 * every NaN, 0 equals -0) or strings. */
#ifndef LWI_LOOKUP_H
#define LWI_LOOKUP_H

#include "ops/op.h"

/* An attribute that is a list (ints, floats, strings) or a tensor, as a tensor that borrows its
 * elements. False if there is no such attribute or it is empty. */
bool lwi_attr_list(const lwi_node *node, const char *name, lw_value *list);

typedef struct lwi_lookup {
    const lw_value *keys;
    uint32_t *slots; /* 1 + index of a key; 0: free */
    size_t mask;
} lwi_lookup;

typedef enum lwi_repeated { LWI_KEEP_FIRST, LWI_KEEP_LAST } lwi_repeated;

/* A table in the call's scratch memory; keys must live as long. */
lw_status lwi_lookup_make(lwi_call *call, const lw_value *keys, lwi_repeated repeated,
                          lwi_lookup *lookup);
/* In prepare: the same in memory that run may use. */
lw_status lwi_lookup_keep(lwi_call *call, const lw_value *keys, lwi_repeated repeated,
                          lwi_lookup *lookup);
/* The index of the key that equals element i of v; -1 if there is none. Both are strings, or both
 * are numbers of one kind (integer, floating point). */
int64_t lwi_lookup_find(const lwi_lookup *lookup, const lw_value *v, size_t i);

#endif
