/* SPDX-License-Identifier: MIT
 * What kcheck asks of the system: guard.c for POSIX, guard_wasi.c for WebAssembly, where pages
 * cannot be closed and only what lies outside of all memory ends the module. */
#ifndef KCHECK_GUARD_H
#define KCHECK_GUARD_H

#include <stddef.h>

/* Memory between two pages that cannot be touched, never freed; NULL: there is none. */
char *kc_guard(size_t bytes);
/* Calls `tell` with the signal's number, before the process ends, when a kernel has touched one. */
void kc_when_crashed(void (*tell)(int signal));

#endif
