/* SPDX-License-Identifier: MIT
 *     kcheck [--short] [--level NAME] [--bench] [FAMILY ...]
 * Prints a line for each family and level; a failure names the sizes and the number of the case.
 * The status is 1 if anything failed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "guard.h"

#define KCHECK(name) extern const kc_check kc_##name;
#include "checks.def"
#undef KCHECK
static const kc_check *const CHECKS[] = {
#define KCHECK(name) &kc_##name,
#include "checks.def"
#undef KCHECK
};

enum { MOST_FAILURES = 5, SEED = 1 };

static struct {
    const kc_check *check;
    const char *level;
    kc_case now;
    size_t failures;  /* of the check at the level */
    bool any, failed; /* was checked or measured; has failed */
} state;

static void describe(FILE *to) {
    fprintf(to, "%s at %s, sizes", state.check->name, state.level);
    for (int i = 0; i < KC_DIMS && state.check->large[i]; i++)
        fprintf(to, " %zu", state.now.size[i]);
}

void kc_fail(const char *format, ...) {
    va_list args;
    state.failed = true;
    if (++state.failures > MOST_FAILURES) return;
    printf("FAIL ");
    describe(stdout);
    printf(": ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void kc_stop(const char *why) {
    fprintf(stderr, "kcheck: %s\n", why);
    exit(2);
}

static void crashed(int signal) {
    fprintf(stderr, "FAIL signal %d in ", signal);
    describe(stderr);
    fprintf(stderr, "\n");
}

static void run_case(const size_t *size, uint64_t number) {
    kc_case *c = &state.now;
    memcpy(c->size, size, sizeof c->size);
    c->buffers = 0;
    c->special = number % 8 == 7;
    c->random = SEED + (number << 32);
    state.check->check(c);
}

/* Every combination of small sizes. */
static size_t run_small(size_t number) {
    const kc_check *k = state.check;
    size_t size[KC_DIMS] = {0};
    for (int d = 0; d < KC_DIMS;) {
        run_case(size, number++);
        for (d = 0; d < KC_DIMS; d++) {
            if (k->large[d] && size[d] < k->small[d]) {
                size[d]++;
                break;
            }
            size[d] = 0;
        }
    }
    return number;
}

/* Sizes of every magnitude. */
static void run_random(size_t cases, size_t number) {
    for (size_t i = 0; i < cases; i++) {
        kc_case random = {.random = SEED + i};
        size_t size[KC_DIMS] = {0};
        for (int d = 0; d < KC_DIMS; d++) {
            size_t most = state.check->large[d];
            while (most > 16 && kc_below(&random, 2))
                most /= 2;
            size[d] = most ? 1 + kc_below(&random, most) : 0;
        }
        run_case(size, number + i);
    }
}

static void check(const kc_check *k, lwi_isa isa, bool brief) {
    state.check = k;
    state.level = lwi_isa_name(isa);
    state.failures = 0;
    state.now = (kc_case){.kernels = lwi_kernels_of(isa), .base = lwi_kernels_of(LWI_ISA_BASE)};
    const size_t number = run_small(0), cases = brief ? 100 : 1000;
    run_random(cases, number);
    if (state.failures)
        printf("%-16s %-12s %zu cases failed\n", k->name, state.level, state.failures);
    else printf("%-16s %-12s ok, %zu cases\n", k->name, state.level, number + cases);
}

static bool wanted(const char *name, char *const *names) {
    if (!*names) return true;
    for (; *names; names++)
        if (!strcmp(*names, name)) return true;
    return false;
}

int main(int argc, char **argv) {
    bool brief = false, bench = false;
    const char *level = NULL;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "--short")) brief = true;
        else if (!strcmp(argv[i], "--bench")) bench = true;
        else if (!strcmp(argv[i], "--level") && i + 1 < argc) level = argv[++i];
        else kc_stop("usage: kcheck [--short] [--level NAME] [--bench] [FAMILY ...]");
    }
    kc_when_crashed(crashed);
    for (size_t f = 0; f < sizeof CHECKS / sizeof *CHECKS; f++)
        for (lwi_isa isa = 0; isa < LWI_ISAS; isa++) {
            const kc_check *k = CHECKS[f];
            if (!lwi_cpu_has(isa) || !wanted(k->name, argv + i)) continue;
            if (level && strcmp(level, lwi_isa_name(isa))) continue;
            state.any = true;
            const kc_timing t = {lwi_kernels_of(isa), lwi_isa_name(isa), k->name};
            if (!bench) check(k, isa, brief);
            else if (k->bench) k->bench(&t);
            fflush(stdout);
        }
    if (!state.any) kc_stop("no such family, or this processor does not have the level");
    return state.failed ? 1 : 0;
}
