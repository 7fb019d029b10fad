/* SPDX-License-Identifier: MIT
 * A launch: groups one after the other, their warps in turn. The items of a warp that stand at the
 * same instruction do it together; of those that stand apart, the ones that are furthest behind go
 * on, so that all meet again where their ways do. */
#include "ptx_module.h"

#include "fake_hopper.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WARPS = 32, MOST_PARAMETER_BYTES = 4096, MOST_SHARED = 48 << 10, NOWHERE = -1 };

ptx_launch ptx_now;
static ptx_warp warps[MOST_WARPS];
static unsigned n_warps;
static bool went_on; /* an item did something */

static unsigned lowest(uint32_t mask) { return (unsigned)__builtin_ctz(mask); }

/* The line of the text, for a message. */
static void copy_line(char *to, size_t room, const ptx_module *m, uint32_t line) {
    const char *at = m->text;
    for (uint32_t n = 1; n < line && at; n++)
        at = strchr(at, '\n') + 1;
    at += strspn(at, " \t");
    snprintf(to, room, "%.*s", (int)strcspn(at, "\n"), at);
    for (; *to; to++)
        if (*to == '\t') *to = ' ';
}

void ptx_wrong(const ptx_warp *w, int item, const char *format, ...) {
    const ptx_function *f = w->frame->function;
    const unsigned lane = item < 0 ? lowest(w->mask) : (unsigned)item;
    char what[256], text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    copy_line(text, sizeof text, f->module, w->now->line);
    fake_wrong("%s, item %u of group %u %u %u, line %u of %s.ptx (%s): %s", ptx_now.kernel->name,
               ptx_item(w, lane), ptx_now.place[0], ptx_now.place[1], ptx_now.place[2],
               w->now->line, f->module->tier, text, what);
    abort();
}

/* ------------------------------------------------------------------------ frames */

static uint32_t words_of(const ptx_function *f) {
    return ((f->words + 15) & ~15U) + ((f->n_registers + 16) & ~15U);
}

static void begin_frame(ptx_warp *w, ptx_frame *frame, ptx_function *f, uint32_t *words,
                        uint32_t mask) {
    *frame = (ptx_frame){.function = f, .words = words, .ready = mask};
    frame->written = words + ((f->words + 15) & ~15U);
    memset(frame->written, 0, (f->n_registers + 1) * sizeof *frame->written);
    frame->written[0] = PTX_ALL;
    frame->local_start = (w->local_used + 15) & ~15U;
    w->local_used = frame->local_start + f->local_bytes;
    if (w->local_used > PTX_STACK) fake_wrong("%s: deep calls", f->name);
}

static uint32_t written(const ptx_frame *f, const ptx_operand *o) { return f->written[o->number]; }

/* Registers that are read and were never written by an item. */
static void check_written(const ptx_warp *w, const ptx_instruction *i) {
    for (int n = 0; n < i->n_from; n++) {
        const uint32_t missing = w->mask & ~written(w->frame, &i->operands[i->n_to + n]);
        if (missing) ptx_wrong(w, (int)lowest(missing), "operand %d was never written", n + 1);
    }
}

static void set_written(ptx_frame *f, const ptx_operand *o, uint32_t mask, uint32_t bits) {
    if (o->number) f->written[o->number] = (f->written[o->number] & ~mask) | (bits & mask);
}

/* Of a register that is copied or chosen. */
static uint32_t copied(const ptx_warp *w, const ptx_instruction *i) {
    const ptx_operand *from = i->operands + i->n_to;
    uint32_t bits = written(w->frame, from);
    if (i->n_from < 3) return bits;
    const uint32_t chosen = *ptx_words(w, &from[2]),
                   missing = w->mask & ~written(w->frame, &from[2]);
    if (missing) ptx_wrong(w, (int)lowest(missing), "a choice by what was never written");
    return (bits & chosen) | (written(w->frame, &from[1]) & ~chosen);
}

static void run_frame(ptx_warp *w, ptx_frame *f);

static void call(ptx_warp *w, const ptx_instruction *i, uint32_t mask) {
    ptx_function *f = i->callee;
    ptx_frame *caller = w->frame, frame;
    const uint32_t used = w->local_used;
    ptx_read_function(f);
    uint32_t *words = aligned_alloc(64, words_of(f) * sizeof *words);
    if (!words) abort();
    if (f->n_parameters != i->n_from || f->has_result != (i->n_to == 1))
        ptx_wrong(w, -1, "a call of %s with other parameters", f->name);
    begin_frame(w, &frame, f, words, mask);
    for (int n = 0; n < i->n_from; n++) {
        const ptx_operand *from = &i->operands[i->n_to + n], *to = &f->parameters[n].place;
        if (from->bytes != to->bytes) ptx_wrong(w, -1, "parameter %d of %s", n, f->name);
        memcpy(words + to->place, ptx_words(w, from), PTX_WARP * to->bytes);
        frame.written[to->number] = written(caller, from);
    }
    w->frame = &frame;
    run_frame(w, &frame);
    if (frame.parked || w->at_barrier & mask || w->waiting & mask)
        ptx_wrong(w, -1, "a function in which items wait");
    w->frame = caller;
    w->now = i;
    w->mask = mask;
    if (f->has_result) {
        uint32_t *to = ptx_to(w, i, 0);
        const uint32_t step = f->result.bytes / 4;
        for (unsigned k = 0; k < PTX_WARP * step; k++)
            if (mask >> k / step & 1) to[k] = words[f->result.place + k];
        set_written(caller, &i->operands[0], mask, frame.written[f->result.number]);
    }
    w->local_used = used;
    free(words);
}

/* ------------------------------------------------------------------- instructions */

static uint32_t taken(const ptx_warp *w, const ptx_instruction *i) {
    if (!i->guarded) return w->mask;
    const uint32_t missing = w->mask & ~written(w->frame, &i->guard);
    if (missing) ptx_wrong(w, (int)lowest(missing), "a branch by what was never written");
    const uint32_t guard = *ptx_words(w, &i->guard);
    return w->mask & (i->guard_is_false ? ~guard : guard);
}

static void leave(ptx_warp *w, uint32_t mask, uint32_t at) {
    for (unsigned l = 0; l < PTX_WARP; l++)
        if (mask >> l & 1) w->frame->at[l] = at;
}

/* bar.sync id, or id and how many. */
static void arrive(ptx_warp *w, const ptx_instruction *i, uint32_t at) {
    const uint32_t id = *ptx_from(w, i, 0);
    const uint32_t count = i->n_from > 1 ? *ptx_from(w, i, 1) : ptx_now.size;
    if (id >= PTX_MOST_BARRIERS || count > ptx_now.size) ptx_wrong(w, -1, "a barrier");
    if (i->n_from > 1 && count % PTX_WARP) ptx_wrong(w, -1, "a barrier of a part of a warp");
    if (w->at_barrier && (w->barrier != id || w->barrier_line != i->line))
        ptx_wrong(w, -1, "a barrier while items of the warp wait at that of line %u",
                  w->barrier_line);
    w->barrier = id;
    w->barrier_count = count;
    w->barrier_line = i->line;
    w->at_barrier |= w->mask;
    w->frame->ready &= ~w->mask;
    leave(w, w->mask, at + 1);
}

/* All items of a warp are there, or those that are wait. */
static bool are_together(ptx_warp *w, uint32_t at) {
    ptx_frame *f = w->frame;
    for (unsigned l = 0; l < PTX_WARP; l++)
        if (f->parked >> l & 1 && f->at[l] == at) w->mask |= 1U << l;
    if (w->mask == PTX_ALL) {
        f->ready |= w->mask;
        f->parked &= ~w->mask;
        return true;
    }
    leave(w, w->mask, at);
    f->ready &= ~w->mask;
    f->parked |= w->mask;
    return false;
}

static void do_plain(ptx_warp *w, const ptx_instruction *i) {
    check_written(w, i);
    i->opcode->run(w, i, w->mask);
    for (int n = 0; n < i->n_to; n++)
        set_written(w->frame, &i->operands[n], w->mask, PTX_ALL);
}

/* Does the instruction at `at` for the warp's mask; the next one's number, or NOWHERE where these
 * items have left it. */
static int64_t step(ptx_warp *w, uint32_t at) {
    ptx_frame *f = w->frame;
    ptx_instruction *i = &f->function->code[at];
    w->now = i;
    if (at >= f->function->n_code) fake_wrong("%s: no end", f->function->name);
    if ((i->opcode->flow == PTX_TOGETHER || i->opcode->flow == PTX_PRODUCT) && !are_together(w, at))
        return NOWHERE;
    i->done++;
    ptx_count(w, i);
    switch (i->opcode->flow) {
    case PTX_PLAIN:
    case PTX_TOGETHER:
        do_plain(w, i);
        return at + 1;
    case PTX_PRODUCT:
        check_written(w, i);
        i->opcode->run(w, i, w->mask);
        return at + 1;
    case PTX_COPIES: {
        const uint32_t bits = copied(w, i);
        i->opcode->run(w, i, w->mask);
        set_written(f, &i->operands[0], w->mask, bits);
        return at + 1;
    }
    case PTX_BRANCH: {
        const uint32_t those = taken(w, i);
        if (those == w->mask) return i->target;
        if (those == 0) return at + 1;
        leave(w, those, i->target);
        leave(w, w->mask & ~those, at + 1);
        return NOWHERE;
    }
    case PTX_CALL:
        call(w, i, w->mask);
        return at + 1;
    case PTX_RETURN:
        f->ready &= ~w->mask;
        return NOWHERE;
    case PTX_BARRIER:
        check_written(w, i);
        arrive(w, i, at);
        return NOWHERE;
    case PTX_WAITS:
        check_written(w, i);
        i->opcode->run(w, i, w->mask);
        set_written(f, &i->operands[0], w->go_on, PTX_ALL);
        leave(w, w->go_on, at + 1);
        leave(w, w->mask & ~w->go_on, at);
        w->waiting |= w->mask & ~w->go_on;
        f->ready &= ~(w->mask & ~w->go_on);
        return NOWHERE;
    }
    return NOWHERE;
}

/* The items that are furthest behind; *other: where the next ones are. */
static uint32_t behind(const ptx_frame *f, uint32_t *at, uint32_t *other) {
    uint32_t mask = 0;
    *at = *other = UINT32_MAX;
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (!(f->ready >> l & 1)) continue;
        if (f->at[l] < *at) {
            *other = *at;
            *at = f->at[l];
            mask = 0;
        } else if (f->at[l] > *at && f->at[l] < *other) *other = f->at[l];
        if (f->at[l] == *at) mask |= 1U << l;
    }
    return mask;
}

static void run_frame(ptx_warp *w, ptx_frame *f) {
    uint32_t at, other;
    while (f->ready) {
        const uint32_t mask = behind(f, &at, &other);
        int64_t next = at;
        w->mask = mask;
        do
            next = step(w, (uint32_t)next);
        while (next != NOWHERE && next < other);
        if (next != NOWHERE) leave(w, w->mask, (uint32_t)next);
    }
    if (f->parked) {
        w->mask = f->parked;
        w->now = &f->function->code[f->at[lowest(f->parked)]];
        ptx_wrong(w, -1, "%d of 32 items reach what a warp does together",
                  __builtin_popcount(f->parked));
    }
}

/* ------------------------------------------------------------------------ groups */

static void begin_warp(ptx_warp *w, unsigned number) {
    const unsigned first = number * PTX_WARP, left = ptx_now.size - first;
    const size_t room = words_of(ptx_now.function) * sizeof *w->words;
    if (!w->local) w->local = malloc((size_t)PTX_WARP * PTX_STACK);
    if (w->room < room) {
        free(w->words);
        w->words = aligned_alloc(64, (room + 63) & ~(size_t)63);
        w->room = room;
    }
    if (!w->local || !w->words) abort();
    w->number = number;
    w->items = left >= PTX_WARP ? PTX_ALL : (1U << left) - 1;
    w->at_barrier = w->waiting = w->local_used = w->has_waited = 0;
    w->frame = &w->bottom;
    ptx_begin_copies(w);
    begin_frame(w, &w->bottom, ptx_now.function, w->words, w->items);
}

/* All items run until they wait or are done. */
static void run_warps(void) {
    for (unsigned n = 0; n < n_warps; n++) {
        ptx_warp *w = &warps[n];
        const uint32_t waited = w->waiting;
        went_on |= w->frame->ready != 0;
        w->frame->ready |= waited;
        w->waiting = 0;
        run_frame(w, w->frame);
        went_on |= waited != w->waiting;
    }
}

static unsigned count_at(unsigned id) {
    unsigned n = 0;
    for (unsigned k = 0; k < n_warps; k++)
        if (warps[k].barrier == id) n += (unsigned)__builtin_popcount(warps[k].at_barrier);
    return n;
}

static void open_barriers(void) {
    for (unsigned k = 0; k < n_warps; k++) {
        const unsigned id = warps[k].barrier;
        if (!warps[k].at_barrier || count_at(id) < warps[k].barrier_count) continue;
        went_on = true;
        if (warps[k].barrier_count == ptx_now.size) ptx_pass_barrier();
        for (unsigned n = 0; n < n_warps; n++) {
            if (warps[n].barrier != id) continue;
            warps[n].bottom.ready |= warps[n].at_barrier;
            warps[n].at_barrier = 0;
        }
    }
}

/* Nobody goes on by itself: a copy is done, if there is one on its way. */
static void unblock(void) {
    if (fake_finish_copy()) return;
    for (unsigned k = 0; k < n_warps; k++) {
        ptx_warp *w = &warps[k];
        if (!(w->at_barrier | w->waiting)) continue;
        w->mask = w->at_barrier | w->waiting;
        if (w->at_barrier)
            ptx_wrong(w, -1, "%u of %u items reach the barrier of line %u", count_at(w->barrier),
                      w->barrier_count, w->barrier_line);
        ptx_wrong(w, -1, "an item waits for ever");
    }
}

static bool anyone_is_left(void) {
    for (unsigned k = 0; k < n_warps; k++)
        if (warps[k].at_barrier | warps[k].waiting | warps[k].bottom.ready) return true;
    return false;
}

static void run_group(void) {
    fake_begin_group(ptx_now.local);
    ptx_begin_group();
    memset(ptx_now.shared, 0xff, ptx_now.shared_bytes);
    for (unsigned n = 0; n < n_warps; n++)
        begin_warp(&warps[n], n);
    while (anyone_is_left()) {
        went_on = false;
        run_warps();
        open_barriers();
        if (!went_on && anyone_is_left()) unblock();
    }
    fake_end_group(ptx_now.size);
}

/* ------------------------------------------------------------------------ launches */

/* griddepcontrol.wait: the launch before this one is done now, if it was not. It has all that is
 * here for itself; what this one had comes back. */
void ptx_wait_for_launches(ptx_warp *w) {
    static ptx_warp own_warps[MOST_WARPS];
    const ptx_launch own = ptx_now;
    const unsigned own_n = n_warps;
    uint8_t shared[MOST_SHARED], parameters[MOST_PARAMETER_BYTES];
    if (!fake_has_before()) return;
    if (own.function->has_ring || ptx_has_copies()) ptx_wrong(w, -1, "a wait while copies go on");
    memcpy(own_warps, warps, sizeof warps);
    memcpy(shared, own.shared, own.shared_bytes);
    memcpy(parameters, own.parameters, own.function->parameter_bytes);
    memset(warps, 0, sizeof warps);
    wait_for_launches();
    for (int n = 0; n < MOST_WARPS; n++) {
        free(warps[n].words);
        free(warps[n].local);
    }
    memcpy(warps, own_warps, sizeof warps);
    ptx_now = own;
    n_warps = own_n;
    went_on = true;
    memcpy(own.shared, shared, own.shared_bytes);
    memcpy(own.parameters, parameters, own.function->parameter_bytes);
    ptx_pass_barrier();
}

static void place_shared(const ptx_function *f, unsigned local) {
    static _Alignas(1024) uint8_t memory[MOST_SHARED];
    if (f->shared_bytes > sizeof memory) fake_wrong("%s: too much shared memory", f->name);
    if (local && !f->has_ring) fake_wrong("%s: dynamic memory that it does not have", f->name);
    ptx_now.shared = f->has_ring ? fake_ring() : memory;
    ptx_now.shared_bytes = f->has_ring ? local : f->shared_bytes;
}

static void set_parameters(const ptx_function *f, const fake_kernel *kernel,
                           const uint64_t *values) {
    static _Alignas(64) uint8_t bytes[MOST_PARAMETER_BYTES];
    if (f->n_parameters != kernel->n_parameters || f->parameter_bytes > sizeof bytes)
        fake_wrong("%s: other parameters", f->name);
    for (int n = 0; n < f->n_parameters; n++) {
        const ptx_parameter *p = &f->parameters[n];
        const void *value = p->bytes == FAKE_MAP_BYTES ? (void *)(uintptr_t)values[n] : &values[n];
        memcpy(bytes + p->offset, value, p->bytes);
    }
    ptx_now.parameters = bytes;
}

void ptx_run(const fake_kernel *kernel, const unsigned groups[3], unsigned size, unsigned local,
             const uint64_t *values) {
    ptx_function *f = kernel->ptx;
    ptx_read_function(f);
    f->launches++;
    ptx_now = (ptx_launch){.kernel = kernel, .function = f, .size = size, .local = local};
    memcpy(ptx_now.groups, groups, sizeof ptx_now.groups);
    n_warps = (size + PTX_WARP - 1) / PTX_WARP;
    place_shared(f, local);
    set_parameters(f, kernel, values);
    ptx_begin_launch();
    unsigned *at = ptx_now.place;
    for (at[2] = 0; at[2] < groups[2]; at[2]++)
        for (at[1] = 0; at[1] < groups[1]; at[1]++)
            for (at[0] = 0; at[0] < groups[0]; at[0]++)
                run_group();
}
