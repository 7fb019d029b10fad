/* SPDX-License-Identifier: MIT
 *
 * One engine with one model in one process, driven by bench/compare through pipes.
 *
 *   worker ENGINE LIBRARY MODEL INPUTS THREADS
 *
 * It loads, runs three times, and prints "ready PEAK_KB LOAD FIRST LOAD FIRST": nanoseconds on the
 * wall, then those of the processor. Then it obeys:
 *   time WARM COUNT GROUP CLOCK  WARM runs to warm up, then COUNT times the nanoseconds of GROUP
 *                                runs (CLOCK: wall or cpu); answers when its threads rest
 *   idle MS                      a run, then a sleep: the processor time used meanwhile, in ns
 *   save FOLDER                  writes the outputs of the last run: N.txt (dtype, dims), N.bin
 * INPUTS is a folder that bench/compare wrote: index.txt has a line for each tensor,
 * "KIND DTYPE BYTES RANK DIMS... NAME" with KIND tensor, keys or values, its data is in N.bin. */
#include "engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const bench_engine *engine;

static int64_t now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

typedef struct moment {
    int64_t wall, cpu;
} moment;

/* The clock of the wall, which costs nothing, is the inner one: the other is a call of the system.
 */
static moment begin(void) {
    moment m;
    m.cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    m.wall = now(CLOCK_MONOTONIC);
    return m;
}

/* The time since then. */
static moment since(moment start) {
    moment m;
    m.wall = now(CLOCK_MONOTONIC) - start.wall;
    m.cpu = now(CLOCK_PROCESS_CPUTIME_ID) - start.cpu;
    return m;
}

static void rest(int64_t ns) {
    nanosleep(&(struct timespec){ns / 1000000000, ns % 1000000000}, NULL);
}

/* Waits until no thread of this process is busy (some pools spin after a run), so that the other
 * engine has the machine to itself; at most a second. A step is longer than a tick of the kernel
 * (10 ms at most), which is when the processor time of the other threads is counted. */
static void settle(void) {
    const int64_t step = 12000000, most = 80;
    for (int64_t i = 0; i < most; i++) {
        int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
        rest(step);
        if (now(CLOCK_PROCESS_CPUTIME_ID) - before < step / 10) return;
    }
}

static long peak_kb(void) {
    char line[256];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
    if (f != NULL) fclose(f);
    return kb;
}

static void *read_file(const char *folder, size_t index, size_t bytes) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%zu.bin", folder, index);
    char *data = aligned_alloc(64, (bytes / 64 + 1) * 64);
    FILE *f = fopen(path, "rb");
    bool whole = f != NULL && data != NULL && fread(data, 1, bytes, f) == bytes;
    if (f != NULL) fclose(f);
    return whole ? data : NULL;
}

/* Strings lie one after another in the file, each ended by a zero. */
static void point_at_strings(bench_tensor *t) {
    char *text = t->data;
    size_t count = 1;
    for (int i = 0; i < t->rank; i++)
        count *= (size_t)t->dims[i];
    const char **strings = calloc(count + 1, sizeof *strings);
    for (size_t i = 0; strings != NULL && i < count; i++, text += strlen(text) + 1)
        strings[i] = text;
    t->data = (void *)strings;
    t->bytes = count;
}

static bool read_tensor(const char *line, const char *folder, size_t index, bench_tensor *t,
                        const char **name) {
    int used = 0, step = 0;
    if (sscanf(line, "%d %zu %d%n", &t->dtype, &t->bytes, &t->rank, &used) != 3 || t->rank < 0 ||
        t->rank > BENCH_MAX_RANK)
        return false;
    for (int i = 0; i < t->rank; i++, used += step)
        if (sscanf(line + used, "%" SCNd64 "%n", &t->dims[i], &step) != 1) return false;
    *name = line + used + 1;
    t->data = read_file(folder, index, t->bytes);
    if (t->data != NULL && t->dtype == BENCH_STRING) point_at_strings(t);
    return t->data != NULL;
}

static bool read_inputs(const char *folder, bench_input *inputs, size_t *n) {
    char path[4096], line[4096], kind[16];
    snprintf(path, sizeof path, "%s/index.txt", folder);
    FILE *f = fopen(path, "r");
    bool fine = f != NULL;
    for (size_t index = 0; fine && fgets(line, sizeof line, f) != NULL; index++) {
        line[strcspn(line, "\n")] = '\0';
        int used = 0;
        const char *name = NULL;
        fine = sscanf(line, "%15s%n", kind, &used) == 1 && *n < BENCH_MAX_IO;
        if (fine && strcmp(kind, "values") == 0) {
            fine = *n > 0 && read_tensor(line + used, folder, index, &inputs[*n - 1].values, &name);
        } else if (fine) {
            bench_input *input = &inputs[(*n)++];
            input->map = strcmp(kind, "keys") == 0;
            fine = read_tensor(line + used, folder, index, &input->tensor, &name);
            input->name = fine ? strdup(name) : NULL;
        }
    }
    if (f != NULL) fclose(f);
    return fine;
}

static bool do_time(const char *line) {
    long warm = 0, count = 0, group = 0;
    char clock_name[8] = "";
    if (sscanf(line, "time %ld %ld %ld %7s", &warm, &count, &group, clock_name) != 4) return false;
    clockid_t clock = strcmp(clock_name, "cpu") == 0 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    int64_t *times = calloc((size_t)count + 1, sizeof *times);
    bool fine = times != NULL;
    for (long i = 0; fine && i < warm; i++)
        fine = engine->run();
    for (long i = 0; fine && i < count; i++) {
        int64_t start = now(clock);
        for (long k = 0; fine && k < group; k++)
            fine = engine->run();
        times[i] = now(clock) - start;
    }
    settle();
    for (long i = 0; fine && i < count; i++)
        printf("%" PRId64 " ", times[i]);
    printf("\n");
    free(times);
    return fine;
}

static bool do_idle(const char *line) {
    long ms = 0;
    if (sscanf(line, "idle %ld", &ms) != 1 || !engine->run()) return false;
    int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
    rest((int64_t)ms * 1000000);
    printf("%" PRId64 "\n", now(CLOCK_PROCESS_CPUTIME_ID) - before);
    return true;
}

static bool save_output(const char *folder, size_t i, const bench_tensor *t) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%zu.txt", folder, i);
    FILE *f = fopen(path, "w");
    if (f == NULL) return false;
    fprintf(f, "%d", t->dtype);
    for (int d = 0; d < t->rank; d++)
        fprintf(f, " %" PRId64, t->dims[d]);
    fclose(f);
    snprintf(path, sizeof path, "%s/%zu.bin", folder, i);
    f = fopen(path, "wb");
    bool fine = f != NULL && fwrite(t->data, 1, t->bytes, f) == t->bytes;
    return f != NULL && fclose(f) == 0 && fine;
}

static bool do_save(const char *folder) {
    size_t saved = 0;
    for (size_t i = 0; i < engine->outputs(); i++) {
        bench_tensor t = {0};
        if (engine->output(i, &t) && !save_output(folder, i, &t)) return false;
        saved++;
    }
    printf("%zu\n", saved);
    return true;
}

static bool obey(char *line) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "time ", 5) == 0) return do_time(line);
    if (strncmp(line, "idle ", 5) == 0) return do_idle(line);
    if (strncmp(line, "save ", 5) == 0) return do_save(line + 5);
    return false;
}

int main(int argc, char **argv) {
    static bench_input inputs[BENCH_MAX_IO];
    size_t n = 0;
    if (argc != 6) return 2;
    engine = strcmp(argv[1], "lampwick") == 0 ? &bench_lampwick : &bench_onnxruntime;
    if (!engine->open(argv[2], atoi(argv[5])) || !read_inputs(argv[4], inputs, &n)) {
        fprintf(stderr, "%s: cannot open the library or read the inputs\n", argv[1]);
        return 1;
    }
    moment start = begin();
    bool fine = engine->load(argv[3], inputs, n);
    const moment load = since(start);
    start = begin();
    fine = fine && engine->run();
    const moment first = since(start);
    fine = fine && engine->run() && engine->run();
    settle();
    if (!fine) return 1;
    printf("ready %ld %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", peak_kb(), load.wall,
           first.wall, load.cpu, first.cpu);
    fflush(stdout);
    char line[4096];
    while (fine && fgets(line, sizeof line, stdin) != NULL) {
        fine = obey(line);
        fflush(stdout);
    }
    if (engine->close != NULL) engine->close();
    return fine ? 0 : 1;
}
