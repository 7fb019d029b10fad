/* SPDX-License-Identifier: MIT
 * One value where two ways of a branch meet. */
#ifndef LWI_TS_MERGE_H
#define LWI_TS_MERGE_H

#include "format/torchscript/ts_snapshot.h"

typedef struct lwi_ts_pair {
    lwi_ts_value sides[2], *to;    /* tensors or numbers, or one that is not initialised */
    const lwi_ts_object *lists[2]; /* or lists of different lengths, */
    lwi_ts_object *list;           /* which become one whose length depends on data; NULL: none */
    lwi_aten_kind row;             /* of its items */
    bool open;                     /* a size of an item is free */
    int ids[2];
    lw_dtype dtype;
    int rank, place; /* of the node's output; -1: the sides do not fit */
    int64_t dims[LW_MAX_RANK];
} lwi_ts_pair;

typedef struct lwi_ts_merge {
    lwi_ts_interp *in;
    lwi_ts_pair *pairs;
    size_t n_pairs, cap_pairs;
    struct lwi_ts_merged {
        const lwi_ts_object *sides[2];
        lwi_ts_object *merged;
    } * objects; /* that two became */
    size_t n_objects, cap_objects;
    size_t n_outputs;
} lwi_ts_merge;

/* *to becomes what x and y are together; tensors and numbers that differ only later, when the
 * branch's node is made. */
lw_status lwi_ts_merge_values(lwi_ts_merge *m, const lwi_ts_value *x, const lwi_ts_value *y,
                              lwi_ts_value *to);
/* *done: the lists, as they are on both ways, will become `list`, whose length depends on data. */
lw_status lwi_ts_merge_lists(lwi_ts_merge *m, const lwi_ts_object *x, const lwi_ts_object *y,
                             lwi_ts_object *list, bool *done);
/* Makes the node of the branch and sets what the pairs belong to. */
lw_status lwi_ts_merge_pairs(lwi_ts_merge *m, const lwi_aten_value *condition, lwi_ts_arm *then,
                             lwi_ts_arm *otherwise);

#endif
