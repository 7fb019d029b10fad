/* SPDX-License-Identifier: MIT
 * Threads that answer requests: reading JSON, rendering templates, running networks. */
#ifndef LWI_WORKERS_H
#define LWI_WORKERS_H

#include "base/memory.h"

typedef struct lwi_workers lwi_workers;

/* n threads, and room for `waiting` tasks. */
lw_status lwi_workers_start(int n, size_t waiting, lwi_workers **workers);
/* Runs what is waiting, then ends. */
void lwi_workers_stop(lwi_workers *workers);
/* run(task) soon, in one of the threads. LW_LIMIT: too many wait. */
lw_status lwi_workers_add(lwi_workers *workers, void (*run)(void *task), void *task);

#endif
