/* SPDX-License-Identifier: MIT
 * WebAssembly without threads: whoever gives a job does it. */
#include "base/thread_pool.h"

lw_status lwi_thread_pool_enter(void) { return LW_OK; }

void lwi_thread_pool_leave(void) {}

void lwi_thread_pool_run(int threads, size_t n, void (*task)(void *arg, size_t i), void *arg) {
    (void)threads;
    for (size_t i = 0; i < n; i++)
        task(arg, i);
}
