/* SPDX-License-Identifier: MIT
 * What commands ask of the system: system.c and run_apart.c for POSIX, system_wasi.c for
 * WebAssembly. */
#ifndef LWI_SYSTEM_H
#define LWI_SYSTEM_H

#include "test_case.h"

/* The most memory that this process had at a time; 0: not known. */
double lwi_peak_bytes(void);

/* From now on, an interrupt from the keyboard does not end the command, but is noted. */
void lwi_watch_interrupts(void);
/* Whether there was one since the last call. */
bool lwi_was_interrupted(void);

/* lwi_run_case in a process of its own, where the system has such: a crash, and a run that takes
 * longer than `timeout` seconds, are faults like others. */
char *lwi_run_apart(const lwi_test_case *test, lwi_tolerance tolerance, const lwi_engine *engine,
                    double timeout);

#endif
