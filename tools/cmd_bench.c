/* SPDX-License-Identifier: MIT
 * lampwick bench: time and memory of loading and running a model. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "session.h"
#include "feeds.h"
#include "json.h"
#include "measure.h"
#include "stopwatch.h"
#include "system.h"

typedef struct bench_options {
    lwi_texts inputs;
    lwi_input_options input;
    double seconds;
    int runs, warmup;
    const char *fill;
    bool json;
    lwi_engine engine;
} bench_options;

typedef struct result {
    double load, first; /* seconds */
    lwi_times times;
    lw_memory_info memory;
} result;

/* A line that is written over while the work goes on; only for people. */
static void show_progress(double done) {
    if (!isatty(STDERR_FILENO)) return;
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    const int filled = (int)(done * WIDTH);
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = 0;
    if (done >= 1) fprintf(stderr, "\r%*s\r", WIDTH + 2, "");
    else fprintf(stderr, "\r[%s]", bar);
}

static bool run_once(const lwi_session *session, const lw_io *inputs, size_t n, double *seconds) {
    lw_io *outputs;
    size_t count;
    const double start = lwi_seconds();
    if (lwi_session_run(session, inputs, n, &outputs, &count)) {
        lwi_complain("%s", lw_last_error());
        return false;
    }
    *seconds = lwi_seconds() - start;
    lwi_ios_free(outputs, count);
    return true;
}

static bool measure(const lwi_session *session, const lw_io *inputs, size_t n,
                    const bench_options *options, result *r) {
    double seconds;
    if (!run_once(session, inputs, n, &r->first)) return false;
    for (int i = 1; i < options->warmup; i++)
        if (!run_once(session, inputs, n, &seconds)) return false;
    const double start = lwi_seconds();
    for (;;) {
        const double spent = lwi_seconds() - start;
        const double done = options->runs ? (double)r->times.n / options->runs
                                          : spent / (options->seconds > 0 ? options->seconds : 1);
        if (r->times.n && done >= 1) break;
        show_progress(done < 1 ? done : 0.99);
        if (!run_once(session, inputs, n, &seconds)) return false;
        lwi_times_add(&r->times, seconds);
    }
    show_progress(1);
    r->memory = (lw_memory_info){.size = sizeof r->memory};
    return !lw_context_memory(session->context, &r->memory);
}

static void print_result(result *r, const bench_options *options) {
    lw_cpu_info cpu = {.size = sizeof cpu};
    const int threads = options->engine.threads ? options->engine.threads
                        : lw_cpu(&cpu) == LW_OK ? cpu.threads
                                                : 0;
    const double median = lwi_times_quantile(&r->times, 0.5);
    const double least = lwi_times_quantile(&r->times, 0),
                 most = lwi_times_quantile(&r->times, 0.9);
    if (options->json) {
        lwi_json json = {0};
        lwi_show_open(&json, '{');
        lwi_show_set_number(&json, "load_ms", r->load * 1e3);
        lwi_show_set_number(&json, "first_run_ms", r->first * 1e3);
        lwi_show_set_number(&json, "median_ms", median * 1e3);
        lwi_show_set_number(&json, "min_ms", least * 1e3);
        lwi_show_set_number(&json, "p90_ms", most * 1e3);
        lwi_show_set_integer(&json, "runs", (int64_t)r->times.n);
        lwi_show_set_integer(&json, "threads", threads);
        lwi_show_set_integer(&json, "arena_bytes", (int64_t)r->memory.arena);
        lwi_show_set_integer(&json, "block_bytes", (int64_t)r->memory.blocks);
        lwi_show_set_number(&json, "peak_bytes", lwi_peak_bytes());
        lwi_show_close(&json, '}');
        return;
    }
    printf("load       %.3f ms\nfirst run  %.3f ms\n", r->load * 1e3, r->first * 1e3);
    printf("run        median %.3f ms, min %.3f ms, p90 %.3f ms (%zu runs, %d thread%s)\n",
           median * 1e3, least * 1e3, most * 1e3, r->times.n, threads, threads == 1 ? "" : "s");
    printf("memory     activations %.2f MiB, process at most %.1f MiB\n",
           (double)(r->memory.arena + r->memory.blocks) / (1 << 20), lwi_peak_bytes() / (1 << 20));
}

static int run(const void *given, char **arguments, int n) {
    (void)n;
    const bench_options *options = given;
    lwi_session session;
    lwi_feeds feeds = {0};
    const lwi_fill rest = strcmp(options->fill, "zeros") ? LWI_RANDOM : LWI_ZEROS;
    result r = {0};
    const double start = lwi_seconds();
    if (lwi_session_open(arguments[0], &options->engine, &session))
        return lwi_complain("%s", lw_last_error());
    r.load = lwi_seconds() - start;
    const bool good = lwi_feed(session.model, &options->inputs, &options->input, &rest, &feeds) &&
                      measure(&session, feeds.ios, feeds.n, options, &r);
    if (good) print_result(&r, options);
    lwi_feeds_free(&feeds);
    lwi_times_free(&r.times);
    lwi_session_close(&session);
    return good ? LWI_EXIT_OK : LWI_EXIT_FAILURE;
}

static const bench_options defaults = {.seconds = 2, .warmup = 3, .fill = "random"};

#define AT(member) offsetof(bench_options, member)
static const lwi_option table[] = {
    LWI_FEED_OPTIONS(bench_options, inputs, input.shapes),
    {"seconds", 0, LWI_NUMBER, AT(seconds), "X", NULL, "how long to run (2)"},
    {"runs", 'n', LWI_COUNT, AT(runs), "N", NULL, "how often to run, instead"},
    {"warmup", 0, LWI_COUNT, AT(warmup), "N", NULL, "runs that do not count (3)"},
    {"fill", 0, LWI_TEXT, AT(fill), "WHAT", "random|zeros", "what the inputs hold (random)"},
    LWI_ENGINE_OPTIONS(bench_options, engine),
    {"json", 0, LWI_FLAG, AT(json), NULL, NULL, "print JSON"},
};

const lwi_command lwi_cmd_bench = {
    .name = "bench",
    .arguments = "MODEL",
    .summary = "time and memory",
    .about = "Runs a model again and again on made-up inputs and prints how long loading and "
             "running took, and the memory. Sizes that the model leaves open are 1 unless --shape "
             "gives them.",
    .examples = "lampwick bench net.onnx\n"
                "lampwick bench net.onnx --shape image=8x3x224x224 --threads 4 --json",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 1,
    .size = sizeof(bench_options),
    .defaults = &defaults,
    .run = run,
};
