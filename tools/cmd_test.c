/* SPDX-License-Identifier: MIT
 * lampwick test: runs test cases and prints TAP. Each case runs in a process of its own, so that a
 * crash or a hang in one does not end the others. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "session.h"
#include "system.h"
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
        const lwi_tolerance tolerance = {options->rtol, options->atol};
        char *fault = options->no_fork
                          ? lwi_run_case(test, tolerance, &options->engine)
                          : lwi_run_apart(test, tolerance, &options->engine, options->timeout);
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
