/* SPDX-License-Identifier: MIT
 * States of recurrent models after texts that other sessions may begin with: copies, since a state
 * goes on with its session. */
#ifndef LWI_STATE_SNAPSHOTS_H
#define LWI_STATE_SNAPSHOTS_H

#include "base/memory.h"

typedef struct lwi_state_snapshot {
    int32_t *tokens; /* [n] */
    size_t n;        /* 0: there is none */
    float *data;
    uint64_t used; /* when, counted */
} lwi_state_snapshot;

enum { LWI_STATE_SNAPSHOTS = 8 };

typedef struct lwi_state_snapshots {
    lw_allocator allocator;
    size_t elements; /* of a state */
    lwi_state_snapshot items[LWI_STATE_SNAPSHOTS];
    uint64_t clock;
} lwi_state_snapshots;

void lwi_state_snapshots_init(lwi_state_snapshots *s, const lw_allocator *allocator,
                              size_t elements);
void lwi_state_snapshots_free(lwi_state_snapshots *s);
/* Keeps a copy in the place of the one that was not used for the longest time; where there is no
 * memory, none. */
void lwi_state_snapshot_keep(lwi_state_snapshots *s, const int32_t *tokens, size_t n,
                             const float *data);
/* The longest one whose tokens, at most `most`, are these; NULL: there is none. */
lwi_state_snapshot *lwi_state_snapshot_find(lwi_state_snapshots *s, const int32_t *tokens,
                                            size_t most);

#endif
