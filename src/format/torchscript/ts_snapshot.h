/* SPDX-License-Identifier: MIT
 * What the program knew before a branch, to be taken up again behind it. */
#ifndef LWI_TS_SNAPSHOT_H
#define LWI_TS_SNAPSHOT_H

#include "format/torchscript/ts_interp.h"

/* A tensor or object, as it is at the end of a branch that changed it. */
typedef struct lwi_ts_written {
    lwi_aten_tensor *tensor;
    lwi_aten_value after;
} lwi_ts_written;

typedef struct lwi_ts_snapshot {
    lwi_ts_value *slots;
    lwi_aten_tensor *newest, *tensors; /* the newest of [n_tensors] copies */
    size_t n_tensors, mark;
    unsigned branch;
} lwi_ts_snapshot;

/* What a branch left. */
typedef struct lwi_ts_arm {
    lwi_aten_scope *scope; /* paused; NULL: none */
    lwi_ts_value *slots;
    lwi_ts_saved *objects; /* .before is what they are behind the branch */
    size_t n_objects;
    lwi_ts_written *tensors;
    size_t n_tensors;
    bool raised, used; /* used: a node has the graph */
} lwi_ts_arm;

/* Begins a branch; the caller begins its graph. */
lw_status lwi_ts_save(lwi_ts_interp *in, lwi_ts_snapshot *before);
/* Makes views of the branch stand by themselves, and notes what was changed. */
lw_status lwi_ts_note(lwi_ts_interp *in, const lwi_ts_snapshot *before, lwi_ts_arm *arm);
/* Everything is as it was before; the caller leaves the graph. */
void lwi_ts_go_back(lwi_ts_interp *in, const lwi_ts_snapshot *before);

#endif
