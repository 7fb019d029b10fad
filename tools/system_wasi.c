/* SPDX-License-Identifier: MIT
 * A module of WebAssembly has no signals and no other processes. */
#include "system.h"

/* Linear memory never shrinks; its pages have 64 KiB. */
double lwi_peak_bytes(void) { return (double)__builtin_wasm_memory_size(0) * 65536; }

void lwi_watch_interrupts(void) {}

bool lwi_was_interrupted(void) { return false; }

char *lwi_run_apart(const lwi_test_case *test, lwi_tolerance tolerance, const lwi_engine *engine,
                    double timeout) {
    (void)timeout;
    return lwi_run_case(test, tolerance, engine);
}
