/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <signal.h>
#include <sys/resource.h>

double lwi_peak_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) ? 0 : (double)usage.ru_maxrss * 1024;
}

static volatile sig_atomic_t interrupted;
static void interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

void lwi_watch_interrupts(void) {
    const struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
}

bool lwi_was_interrupted(void) {
    const bool was = interrupted;
    interrupted = 0;
    return was;
}
