/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "stopwatch.h"
#include "text.h"

/* Runs in the child: sends the sentence, ends. exit() lets a leak checker look. */
static void be_child(int out, const lwi_test_case *test, lwi_tolerance tolerance,
                     const lwi_engine *engine) {
    char *fault = lwi_run_case(test, tolerance, engine);
    const char *sentence = fault ? fault : "";
    const size_t n = strlen(sentence);
    const bool sent = write(out, sentence, n) == (ssize_t)n;
    free(fault);
    exit(sent ? LWI_EXIT_OK : LWI_EXIT_FAILURE);
}

/* Reads the child's sentence until it ends or its time is over. True if it ended. */
static bool listen_to(int in, double until, char *sentence, size_t size) {
    size_t used = 0;
    for (;;) {
        const double left = until - lwi_seconds();
        struct pollfd fd = {in, POLLIN, 0};
        const int ready = left <= 0 ? 0 : poll(&fd, 1, left > 1e6 ? -1 : (int)(left * 1000) + 1);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        char piece[512];
        const ssize_t got = read(in, piece, sizeof piece);
        if (got <= 0) return true;
        for (ssize_t i = 0; i < got && used + 1 < size; i++)
            sentence[used++] = piece[i];
        sentence[used] = 0;
    }
}

static char *judge(bool ended, int status, double timeout, const char *sentence) {
    if (!ended) return lwi_text("took longer than %g s", timeout);
    if (WIFSIGNALED(status))
        return lwi_text("crashed: signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (*sentence) return lwi_text("%s", sentence);
    if (WEXITSTATUS(status)) return lwi_text("ended with status %d", WEXITSTATUS(status));
    return NULL;
}

char *lwi_run_apart(const lwi_test_case *test, lwi_tolerance tolerance, const lwi_engine *engine,
                    double timeout) {
    int ends[2];
    if (pipe(ends)) return lwi_text("no pipe: %s", strerror(errno));
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) {
        close(ends[0]);
        close(ends[1]);
        return lwi_text("no process: %s", strerror(errno));
    }
    if (!child) {
        close(ends[0]);
        be_child(ends[1], test, tolerance, engine);
    }
    close(ends[1]);
    char sentence[2048] = "";
    const bool ended = listen_to(ends[0], lwi_seconds() + timeout, sentence, sizeof sentence);
    close(ends[0]);
    int status = 0;
    /* A child that hangs after its pipe is closed is ended by the same clock. */
    if (!ended) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return judge(ended, status, timeout, sentence);
}
