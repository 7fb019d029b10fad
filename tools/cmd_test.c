/* SPDX-License-Identifier: MIT
 * lampwick test: runs test cases and prints TAP. Each case runs in a process of its own, so that a
 * crash or a hang in one does not end the others. */
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "commands.h"
#include "session.h"
#include "stopwatch.h"
#include "test_case.h"
#include "text.h"

typedef struct test_options {
    double rtol, atol, timeout;
    bool quiet, no_fork;
    const char *skip;
    lwi_engine engine;
} test_options;

/* The reason for which the case is skipped; NULL if it is not. The line "NAME: REASON" names it;
 * NAME may hold * and ?. */
static const char *skip_reason(char *const *lines, const char *name) {
    for (size_t i = 0; lines && lines[i]; i++) {
        const size_t n = strcspn(lines[i], ": \t");
        char *pattern = lwi_text("%.*s", (int)n, lines[i]);
        const bool match = !fnmatch(pattern, name, 0);
        free(pattern);
        if (match) return lines[i] + n + strspn(lines[i] + n, ": \t");
    }
    return NULL;
}

/* Lines that are neither empty nor comments; *text holds them. */
static bool read_skips(const char *path, char **text, char ***lines) {
    uint8_t *data;
    size_t size, n = 0;
    if (!lwi_read_file(path, &data, &size)) {
        lwi_complain("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    *text = lwi_text("%.*s", (int)size, (char *)data);
    free(data);
    *lines = lwi_resize(NULL, 1, sizeof **lines);
    char *rest = *text, *line;
    while ((line = strsep(&rest, "\n"))) {
        if (!*line || *line == '#') continue;
        *lines = lwi_resize(*lines, n + 2, sizeof **lines);
        (*lines)[n++] = line;
    }
    (*lines)[n] = NULL;
    return true;
}

/* Runs in the child: sends the sentence, ends. exit() lets a leak checker look. */
static void be_child(int out, const lwi_test_case *test, const test_options *options) {
    char *fault =
        lwi_run_case(test, (lwi_tolerance){options->rtol, options->atol}, &options->engine);
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

static char *run_forked(const lwi_test_case *test, const test_options *options) {
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
        be_child(ends[1], test, options);
    }
    close(ends[1]);
    char sentence[2048] = "";
    const bool ended =
        listen_to(ends[0], lwi_seconds() + options->timeout, sentence, sizeof sentence);
    close(ends[0]);
    int status = 0;
    /* A child that hangs after its pipe is closed is ended by the same clock. */
    if (!ended) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return judge(ended, status, options->timeout, sentence);
}

static void print_result(size_t number, const lwi_test_case *test, const char *fault, bool quiet) {
    if (!fault) {
        if (!quiet) printf("ok %zu - %s\n", number, test->name);
        return;
    }
    printf("not ok %zu - %s # ", number, test->name);
    for (; *fault; fault++)
        putchar(*fault == '\n' || *fault == '\r' ? ' ' : *fault);
    putchar('\n');
}

static int run_cases(const lwi_test_cases *cases, char *const *skips, const test_options *options) {
    size_t passed = 0, failed = 0, skipped = 0;
    for (size_t i = 0; i < cases->n; i++) {
        const lwi_test_case *test = &cases->items[i];
        const char *reason = skip_reason(skips, test->name);
        if (reason) {
            if (!options->quiet) printf("ok %zu - %s # SKIP %s\n", i + 1, test->name, reason);
            skipped++;
            continue;
        }
        char *fault = options->no_fork
                          ? lwi_run_case(test, (lwi_tolerance){options->rtol, options->atol},
                                         &options->engine)
                          : run_forked(test, options);
        print_result(i + 1, test, fault, options->quiet);
        fflush(stdout);
        if (fault) failed++;
        else passed++;
        free(fault);
    }
    printf("1..%zu\n%zu passed, %zu failed, %zu skipped\n", cases->n, passed, failed, skipped);
    return failed ? LWI_EXIT_FAILURE : LWI_EXIT_OK;
}

static int run(const void *given, char **folders, int n) {
    const test_options *options = given;
    lwi_test_cases cases = {0};
    char *text = NULL, **skips = NULL;
    int code = LWI_EXIT_OK;
    for (int i = 0; i < n && !code; i++)
        if (!lwi_find_cases(folders[i], &cases))
            code = lwi_complain("cannot read the folder %s: %s", folders[i], strerror(errno));
    if (!code && !cases.n)
        code = lwi_complain("no test cases in %s: a case is a folder with model.onnx and "
                            "test_data_set_0",
                            folders[0]);
    if (!code && options->skip && !read_skips(options->skip, &text, &skips))
        code = LWI_EXIT_FAILURE;
    if (!code) code = run_cases(&cases, skips, options);
    lwi_free_cases(&cases);
    free(text);
    free(skips);
    return code;
}

static const test_options defaults = {.rtol = 1e-3, .atol = 1e-7, .timeout = 60};

#define AT(member) offsetof(test_options, member)
static const lwi_option table[] = {
    {"rtol", 0, LWI_NUMBER, AT(rtol), "X", NULL, "relative tolerance (0.001)"},
    {"atol", 0, LWI_NUMBER, AT(atol), "X", NULL, "absolute tolerance (1e-7)"},
    {"skip", 0, LWI_TEXT, AT(skip), "FILE", NULL, "lines NAME: REASON of cases to leave out"},
    {"quiet", 'q', LWI_FLAG, AT(quiet), NULL, NULL, "print failures and the summary only"},
    LWI_ENGINE_OPTIONS(test_options, engine),
    {"timeout", 0, LWI_NUMBER, AT(timeout), "SECONDS", NULL, "for each case (60)"},
    {"no-fork", 0, LWI_FLAG, AT(no_fork), NULL, NULL, "run in this process, for a debugger"},
};

const lwi_command lwi_cmd_test = {
    .name = "test",
    .arguments = "DIR...",
    .summary = "run ONNX test cases",
    .about = "Runs every test case in and below the folders and prints TAP. A case is a folder "
             "with a model and test_data_set_N/input_K.pb and output_K.pb, or with inputs.npz and "
             "outputs.npz, or one of ONNX's light models.",
    .examples = "lampwick test onnx/backend/test/data/node\n"
                "lampwick test --quiet --skip tests/skip.txt cases",
    LWI_OPTIONS(table),
    .least = 1,
    .most = -1,
    .size = sizeof(test_options),
    .defaults = &defaults,
    .run = run,
};
