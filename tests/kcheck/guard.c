/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

char *kc_guard(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *all = mmap(NULL, bytes + 2 * page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED || mprotect(all, page, PROT_NONE) ||
        mprotect(all + page + bytes, page, PROT_NONE))
        return NULL;
    return all + page;
}

static void (*tell_of)(int signal);

/* Printing is not allowed here, but the process is lost anyhow. */
static void crashed(int signal) {
    tell_of(signal);
    _exit(1);
}

void kc_when_crashed(void (*tell)(int signal)) {
    tell_of = tell;
    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGILL, crashed);
}
