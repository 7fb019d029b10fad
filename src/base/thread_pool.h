/* SPDX-License-Identifier: MIT
 * One pool of threads for the process. It is made when the first user that wants more than one
 * thread comes and ends with the last one, so that nothing is left behind at exit or dlclose.
 * Idle threads look for work for a tenth of a millisecond, then sleep. */
#ifndef LWI_THREAD_POOL_H
#define LWI_THREAD_POOL_H

#include "base/memory.h"

/* Counts a user in; LW_NO_MEMORY if threads could not be started. */
lw_status lwi_thread_pool_enter(void);
void lwi_thread_pool_leave(void);
/* task(arg, i) for each i in [0, n), on at most `threads` threads, this one among them. If the
 * pool is busy with someone else's work, this thread does all. */
void lwi_thread_pool_run(int threads, size_t n, void (*task)(void *arg, size_t i), void *arg);

#endif
