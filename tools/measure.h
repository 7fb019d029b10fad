/* SPDX-License-Identifier: MIT
 * Statistics of measured times, and the time of each node. */
#ifndef LWI_MEASURE_H
#define LWI_MEASURE_H

#include <lampwick.h>

#include "session.h"

typedef struct lwi_times {
    double *items; /* seconds */
    size_t n, capacity;
} lwi_times;

void lwi_times_add(lwi_times *times, double seconds);
/* Sorts, then the value below which the fraction lies; 0 if there are none. */
double lwi_times_quantile(lwi_times *times, double fraction);
void lwi_times_free(lwi_times *times);

/* Median time of each node of the main graph over some runs. */
typedef struct lwi_node_time {
    double seconds;      /* of one run */
    uint64_t start, end; /* in the last run, nanoseconds */
    bool ran;
} lwi_node_time;
/* *nodes is new, of lw_model_describe's `nodes`; *runs_seconds is the median of whole runs.
 * Complains and returns false if a run fails. */
bool lwi_measure_nodes(const lwi_session *session, const lw_io *inputs, size_t n_inputs, int runs,
                       lwi_node_time **nodes, size_t *n, double *run_seconds);

#endif
