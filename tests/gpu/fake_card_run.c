/* SPDX-License-Identifier: MIT
 * Work items as fibers: at a barrier the next one goes on, and what a warp does together waits for
 * its 32 items. */
#include "fake_card.h"
#include "fake_hopper.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 1024, MOST_EXCHANGED = 32, BARRIERS = 16 };
enum {
    LINE = 64,
    STACK = (1 << 16) + 5 * LINE
}; /* the ends of stacks do not share lines of caches */

/* Why an item does not go on. AT_MEETING + n: at barrier n of those for some of the items. */
typedef enum state { READY, AT_BARRIER, AT_EXCHANGE, POLLING, DONE, AT_MEETING } state;

typedef struct group {
    void *back, *items[MOST_ITEMS]; /* the stacks of those that do not run */
    state states[MOST_ITEMS];
    unsigned exchanges[MOST_ITEMS]; /* of an item so far */
    _Alignas(16) uint8_t exchanged[2][MOST_ITEMS * MOST_EXCHANGED];
    unsigned place[3], size, item;
    unsigned meetings[BARRIERS]; /* how many items meet there */
    bool went_on;                /* an item that polled, or any other */
    const fake_kernel *function;
    const uint64_t *values;
} group;

static group *g; /* one at a time, as local memory is one at a time */
static unsigned char *stacks;

/* Kernels of tiers lie in other libraries. */
#pragma GCC visibility push(default)
unsigned get_local_id(unsigned axis);
unsigned get_group_id(unsigned axis);
unsigned long get_local_size(unsigned axis);
void barrier(unsigned fence);
#pragma GCC visibility pop

unsigned get_local_id(unsigned axis) { return axis ? 0 : g->item; }
unsigned get_group_id(unsigned axis) { return g->place[axis]; }
unsigned long get_local_size(unsigned axis) { return axis ? 1 : g->size; }

#if !defined(__x86_64__)
#error "fibers are written for x86-64"
#endif

/* Goes on with another stack, on which lie the registers that a call keeps and where to return to;
 * those of this one are kept on it, and *from says where. swapcontext also asks the system for the
 * signals' mask, twice as long as all that a kernel does between two barriers. */
void fake_switch(void **from, void *to);
__asm__(".text\n.hidden fake_switch\n.globl fake_switch\n.type fake_switch, @function\n"
        "fake_switch:\n"
        "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\n"
        "ret\n.size fake_switch, .-fake_switch\n");

enum { KEPT = 6 };

/* A stack whose first switch begins main, which never returns. */
static void *new_stack(unsigned char *stack, void (*main)(void)) {
    void **top = (void **)(stack + STACK) - KEPT - 2; /* main begins 8 beside a multiple of 16 */
    memset(top, 0, (KEPT + 2) * sizeof *top);
    memcpy(&top[KEPT], &main, sizeof main);
    return top;
}

static void stop(state why) {
    const unsigned item = g->item;
    g->states[item] = why;
    fake_switch(&g->items[item], g->back);
}

void barrier(unsigned fence) {
    (void)fence;
    stop(AT_BARRIER);
}

void fake_meet(unsigned id, unsigned count) {
    if (id >= BARRIERS || count > g->size || count % FAKE_WARP) abort();
    g->meetings[id] = count;
    stop((state)(AT_MEETING + id));
}

void fake_poll(void) { stop(POLLING); }
void fake_went_on(void) { g->went_on = true; }

unsigned fake_item(void) { return g->item; }
unsigned fake_lane(void) { return g->item % FAKE_WARP; }

const void *fake_exchange(const void *mine, size_t bytes) {
    const unsigned first = g->item - fake_lane();
    uint8_t *all = g->exchanged[g->exchanges[g->item]++ % 2] + (size_t)first * MOST_EXCHANGED;
    if (bytes > MOST_EXCHANGED) abort();
    memcpy(all + fake_lane() * bytes, mine, bytes);
    stop(AT_EXCHANGE);
    return all;
}

/* Any function of integers and floats, by the calling convention of x86-64 (System V) and AArch64:
 * the first integers and floats in registers, the others in their order on the stack; registers
 * and places that a function does not have do no harm. */
enum { INTEGERS = 6 };
typedef void (*call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, float, float,
                     float, float, float, float, float, float, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
enum { FLOATS = 8, PLACES = 40 };

static float as_float(uint64_t bits) {
    union {
        uint32_t u;
        float f;
    } value = {.u = (uint32_t)bits};
    return value.f;
}

static void call_kernel(const fake_kernel *f, const uint64_t *values) {
    uint64_t i[INTEGERS] = {0}, s[PLACES] = {0};
    float x[FLOATS] = {0};
    int n_i = 0, n_x = 0, n_s = 0;
    for (int p = 0; p < f->n_parameters; p++) {
        if (f->is_float[p] && n_x < FLOATS) x[n_x++] = as_float(values[p]);
        else if (!f->is_float[p] && n_i < INTEGERS) i[n_i++] = values[p];
        else if (n_s < PLACES) s[n_s++] = values[p];
        else {
            fprintf(stderr, FAKE_LIBRARY ": %s has too many parameters\n", f->name);
            abort();
        }
    }
    ((call)f->code)(i[0], i[1], i[2], i[3], i[4], i[5], x[0], x[1], x[2], x[3], x[4], x[5], x[6],
                    x[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11],
                    s[12], s[13], s[14], s[15], s[16], s[17], s[18], s[19], s[20], s[21], s[22],
                    s[23], s[24], s[25], s[26], s[27], s[28], s[29], s[30], s[31], s[32], s[33],
                    s[34], s[35], s[36], s[37], s[38], s[39]);
}

static void item_main(void) {
    call_kernel(g->function, g->values);
    stop(DONE);
}

static void start_items(void) {
    for (unsigned i = 0; i < g->size; i++) {
        g->states[i] = READY;
        g->exchanges[i] = 0;
        g->items[i] = new_stack(stacks + (size_t)i * STACK, item_main);
    }
}

static unsigned count(unsigned from, unsigned to, state wanted) {
    unsigned n = 0;
    for (unsigned i = from; i < to; i++)
        n += g->states[i] == wanted;
    return n;
}

static void need_all(unsigned n, unsigned of, const char *where) {
    if (n == 0 || n == of) return;
    fprintf(stderr, FAKE_LIBRARY ": %s: %u of %u work items reach %s\n", g->function->name, n, of,
            where);
    abort();
}

/* The items of a warp run to their next barrier or their end. */
static void run_warp(unsigned from, unsigned to) {
    do {
        for (unsigned i = from; i < to; i++) {
            g->item = i;
            if (g->states[i] == AT_EXCHANGE) g->states[i] = READY;
            if (g->states[i] == READY) fake_switch(&g->back, g->items[i]);
        }
        need_all(count(from, to, AT_EXCHANGE), FAKE_WARP, "what a warp does together");
    } while (count(from, to, AT_EXCHANGE));
}

static void wake(state from) {
    for (unsigned i = 0; i < g->size; i++)
        if (g->states[i] == from) g->states[i] = READY;
}

static void hold_meetings(void) {
    for (unsigned id = 0; id < BARRIERS; id++) {
        const state waits = (state)(AT_MEETING + id);
        const unsigned n = count(0, g->size, waits);
        if (n == 0 || n < g->meetings[id]) continue;
        need_all(n, g->meetings[id], "a barrier for fewer");
        wake(waits);
        g->went_on = true;
    }
}

/* Nothing goes on by itself: a copy is done, if there is one on its way. */
static void unblock(void) {
    if (fake_finish_copy()) return;
    need_all(count(0, g->size, AT_BARRIER), g->size, "a barrier");
    fprintf(stderr, FAKE_LIBRARY ": %s: %u work items wait for ever\n", g->function->name,
            g->size - count(0, g->size, DONE));
    abort();
}

/* All items run until they wait or are done; false: all are done. */
static bool run_on(void) {
    g->went_on = count(0, g->size, READY) > 0;
    wake(POLLING);
    for (unsigned i = 0; i < g->size; i += FAKE_WARP)
        run_warp(i, i + FAKE_WARP < g->size ? i + FAKE_WARP : g->size);
    if (count(0, g->size, DONE) == g->size) return false;
    if (count(0, g->size, AT_BARRIER) == g->size) wake(AT_BARRIER);
    else hold_meetings();
    if (!g->went_on) unblock();
    return true;
}

static void run_group(unsigned local) {
    fake_begin_group(local);
    start_items();
    while (run_on())
        ;
    fake_end_group(g->size);
}

/* What was launched before the kernel that runs, and waits until that wants it to be done. */
static void (*before)(void *arg);
static void *before_arg;

void fake_do_before(void (*task)(void *arg), void *arg) {
    before = task;
    before_arg = arg;
}

bool fake_has_before(void) { return before != NULL; }

/* The other launch runs with stacks of its own. */
void wait_for_launches(void) {
    void (*task)(void *arg) = before;
    group *own = g;
    unsigned char *own_stacks = stacks;
    if (!task) return;
    before = NULL;
    g = NULL;
    stacks = NULL;
    task(before_arg);
    free(g);
    free(stacks);
    g = own;
    stacks = own_stacks;
}

void fake_run(const fake_kernel *function, const unsigned groups[3], unsigned size, unsigned local,
              const uint64_t *values) {
    if (!g) g = calloc(1, sizeof *g);
    if (!stacks) stacks = aligned_alloc(LINE, (size_t)MOST_ITEMS * STACK);
    if (!g || !stacks || size > MOST_ITEMS) abort();
    g->function = function;
    g->values = values;
    g->size = size;
    for (g->place[2] = 0; g->place[2] < groups[2]; g->place[2]++)
        for (g->place[1] = 0; g->place[1] < groups[1]; g->place[1]++)
            for (g->place[0] = 0; g->place[0] < groups[0]; g->place[0]++)
                run_group(local);
}

/* This library, which the program may have opened for itself alone, or the one of a tier beside it.
 */
static void *open_kernels(const char *tier) {
    Dl_info info;
    char path[4096];
    if (!dladdr((void *)(uintptr_t)fake_find_code, &info)) return NULL;
    if (!tier) return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    const char *name = strrchr(info.dli_fname, '/');
    const int folder = name ? (int)(name - info.dli_fname) : 0;
    snprintf(path, sizeof path, "%.*s/libkernels_%s.so", folder, info.dli_fname, tier);
    return dlopen(path, RTLD_NOW);
}

bool fake_find_code(fake_kernel *kernel, const char *tier) {
    void *kernels = open_kernels(tier);
    void *code = kernels ? dlsym(kernels, kernel->name) : NULL;
    memcpy(&kernel->code, &code, sizeof code);
    return code != NULL;
}
