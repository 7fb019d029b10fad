/* SPDX-License-Identifier: MIT
 * What was run, at the end of the process. With coverage=FILE in FAKE_CARD, a line for each
 * function is added to the file: tier, kind, name, launches, number of instructions, and of each
 * whether it was run, as hexadecimal digits of four (tests/gpu/ptx_coverage.py). With
 * counters=FILE, one for each instruction that was run: tier, function, launches, line, opcode, how
 * often a warp did it, how often an item, and of those that reach memory how many sectors of 32
 * bytes, or passes over shared memory, that took and would take at best
 * (tests/gpu/ptx_counters.py). */
#include "ptx_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

enum { SECTOR = 32, BANKS = 32, BANK_BYTES = 4 };

static int compare(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* How many of n different numbers there are; they are sorted. */
static unsigned different(uint64_t *all, unsigned n) {
    unsigned found = 0;
    qsort(all, n, sizeof *all, compare);
    for (unsigned i = 0; i < n; i++)
        found += i == 0 || all[i] != all[i - 1];
    return found;
}

/* An access never crosses a sector: it is aligned and has at most 16 bytes. */
static void count_sectors(ptx_instruction *i, const uint64_t *addresses, unsigned n,
                          unsigned bytes) {
    uint64_t all[PTX_WARP];
    memcpy(all, addresses, n * sizeof *all);
    i->best += (different(all, n) * bytes + SECTOR - 1) / SECTOR;
    for (unsigned k = 0; k < n; k++)
        all[k] /= SECTOR;
    i->taken += different(all, n);
}

/* The most words that one bank must give. */
static unsigned passes(const uint64_t *addresses, unsigned n, unsigned bytes) {
    uint64_t words[PTX_WARP * 4];
    unsigned in_bank[BANKS] = {0}, most = 0, n_words = 0;
    const unsigned each = bytes < BANK_BYTES ? 1 : bytes / BANK_BYTES;
    for (unsigned k = 0; k < n; k++)
        for (unsigned e = 0; e < each; e++)
            words[n_words++] = addresses[k] / BANK_BYTES + e;
    qsort(words, n_words, sizeof *words, compare);
    for (unsigned k = 0; k < n_words; k++)
        if (k == 0 || words[k] != words[k - 1]) in_bank[words[k] % BANKS]++;
    for (unsigned b = 0; b < BANKS; b++)
        if (in_bank[b] > most) most = in_bank[b];
    return most;
}

/* Items that read 8 bytes each come in halves of a warp, those that read 16 in quarters. */
static void count_passes(ptx_instruction *i, const uint64_t *by_lane, uint32_t mask,
                         unsigned bytes) {
    const unsigned part = bytes == 16 ? 8 : bytes == 8 ? 16 : 32;
    for (unsigned first = 0; first < PTX_WARP; first += part) {
        uint64_t addresses[PTX_WARP];
        unsigned n = 0;
        for (unsigned l = first; l < first + part; l++)
            if (mask >> l & 1) addresses[n++] = by_lane[l];
        if (n == 0) continue;
        i->best++;
        i->taken += passes(addresses, n, bytes);
    }
}

static void count_access(const ptx_warp *w, ptx_instruction *i) {
    uint64_t by_lane[PTX_WARP], addresses[PTX_WARP];
    const unsigned bytes = (unsigned)i->opcode->bytes * i->opcode->vector;
    const int which = i->opcode->address;
    unsigned n = 0;
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (!(w->mask >> l & 1)) continue;
        by_lane[l] = ptx_get(w, &i->operands[i->n_to + which], l);
        if (which == 0) by_lane[l] += (uint64_t)i->offset;
        addresses[n++] = by_lane[l];
    }
    if (i->opcode->space == PTX_GLOBAL) count_sectors(i, addresses, n, bytes);
    else count_passes(i, by_lane, w->mask, bytes);
}

void ptx_count(const ptx_warp *w, ptx_instruction *i) {
    static int wanted = -1;
    if (wanted < 0) wanted = fake_says("counters");
    if (!wanted) return;
    i->items += (uint64_t)__builtin_popcount(w->mask);
    if (i->opcode->space == PTX_GLOBAL || i->opcode->space == PTX_SHARED) count_access(w, i);
}

/* ----------------------------------------------------------------------- at the end */

static void print_coverage(FILE *to, ptx_function *f) {
    ptx_read_function(f);
    fprintf(to, "%s %s %s %llu %u ", f->module->tier, f->is_kernel ? "kernel" : "function", f->name,
            (unsigned long long)f->launches, f->n_code);
    for (uint32_t n = 0; n < f->n_code; n += 4) {
        unsigned digit = 0;
        for (uint32_t k = 0; k < 4 && n + k < f->n_code; k++)
            digit |= (unsigned)(f->code[n + k].done > 0) << k;
        fprintf(to, "%x", digit);
    }
    fprintf(to, "\n");
}

static void print_counters(FILE *to, ptx_function *f) {
    for (uint32_t n = 0; n < f->n_code; n++) {
        const ptx_instruction *i = &f->code[n];
        if (i->done)
            fprintf(to, "%s %s %llu %u %s %llu %llu %llu %llu\n", f->module->tier, f->name,
                    (unsigned long long)f->launches, i->line, i->opcode->name,
                    (unsigned long long)i->done, (unsigned long long)i->items,
                    (unsigned long long)i->taken, (unsigned long long)i->best);
    }
}

/* For each function, at the end of the file that stands behind the word. */
static void print_all(const char *word, void print(FILE *, ptx_function *)) {
    const char *text = fake_setting(word);
    char path[1024];
    if (!text || !ptx_modules || sscanf(text, "%1023[^ ,]", path) != 1) return;
    FILE *to = fopen(path, "a");
    if (!to) fake_wrong("%s cannot be written", path);
    flock(fileno(to), LOCK_EX); /* until it is closed: others may add to it */
    for (const ptx_module *m = ptx_modules; m; m = m->next)
        for (int i = 0; i < m->n_functions; i++)
            print(to, &m->functions[i]);
    fclose(to);
}

__attribute__((destructor)) static void print_counted(void) {
    print_all("coverage", print_coverage);
    print_all("counters", print_counters);
}
