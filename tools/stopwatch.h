/* SPDX-License-Identifier: MIT
 * Seconds of a monotonic clock. */
#ifndef LWI_STOPWATCH_H
#define LWI_STOPWATCH_H

#include <time.h>

static inline double lwi_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#endif
