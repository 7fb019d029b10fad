/* SPDX-License-Identifier: MIT
 * Damages tokenizers: cut at every hundredth, random bits flipped, and each allocation failing in
 * turn. Each must load and work, or give an error with a sentence; a sanitizer sees the rest.
 *
 *     damaged_tokenizers FLIPS FAILURES FILE...
 */
#include "any_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker gives every call of malloc to __wrap_malloc (-Wl,--wrap=malloc). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static long calls, fails_at = -1;

void *__wrap_malloc(size_t size) { return calls++ == fails_at ? NULL : __real_malloc(size); }

typedef struct tally {
    int worked, refused, silent;
} tally;

static uint64_t next_random(uint64_t *state) { /* xorshift64* (Vigna 2016) */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static unsigned char *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    const long n = ftell(f);
    rewind(f);
    unsigned char *data = n >= 0 ? malloc((size_t)n + 1) : NULL;
    if (data) *size = fread(data, 1, (size_t)n, f);
    fclose(f);
    return data;
}

static lw_status try_bytes(const unsigned char *data, size_t size, tally *t) {
    lw_tokenizer *tokenizer = NULL;
    lw_status status = lw_tokenizer_load_memory(data, size, &tokenizer);
    if (status == LW_OK) status = use_tokenizer(tokenizer);
    lw_tokenizer_free(tokenizer);
    if (status == LW_OK) t->worked++;
    else t->refused++;
    t->silent += status != LW_OK && !*lw_last_error();
    return status;
}

/* A copy of exactly the right size, so that reading past its end is seen. */
static void try_copy(const unsigned char *data, size_t size, tally *t) {
    unsigned char *copy = malloc(size ? size : 1);
    if (!copy) return;
    memcpy(copy, data, size);
    const lw_status status = try_bytes(copy, size, t);
    (void)status; /* either is fine */
    free(copy);
}

static void damage(unsigned char *data, size_t size, int flips, tally *t) {
    uint64_t random = 88172645463325252u;
    for (size_t percent = 0; percent < 100; percent++)
        try_copy(data, size / 100 * percent + size % 100 * percent / 100, t);
    for (int i = 0; i < flips && size; i++) {
        /* Half of them where the structure is. */
        const size_t most = i % 2 && size > 4096 ? 4096 : size;
        const size_t at = next_random(&random) % most;
        const unsigned char bit = (unsigned char)(1u << next_random(&random) % 8);
        data[at] ^= bit;
        try_copy(data, size, t);
        data[at] ^= bit;
    }
}

/* Allocations fail one after another, in steps if there are many. */
static int fail(const unsigned char *data, size_t size, int failures, tally *t) {
    calls = 0;
    if (try_bytes(data, size, t) != LW_OK) return 0;
    const long all = calls, step = failures && all > failures ? all / failures : 1;
    int wrong = 0;
    for (long i = 0; failures && i < all; i += step) {
        calls = 0;
        fails_at = i;
        const lw_status status = try_bytes(data, size, t);
        fails_at = -1;
        wrong += status != LW_NO_MEMORY;
    }
    return wrong;
}

int main(int argc, char **argv) {
    int bad = 0;
    for (int i = 3; i < argc; i++) {
        size_t size = 0;
        unsigned char *data = read_file(argv[i], &size);
        tally t = {0, 0, 0};
        if (!data) {
            fprintf(stderr, "cannot read %s\n", argv[i]);
            return 1;
        }
        damage(data, size, (int)strtol(argv[1], NULL, 10), &t);
        const int wrong = fail(data, size, (int)strtol(argv[2], NULL, 10), &t);
        printf("%s: %d worked, %d refused, %d without a sentence, %d not out of memory\n", argv[i],
               t.worked, t.refused, t.silent, wrong);
        bad += t.silent + wrong;
        free(data);
    }
    return bad != 0;
}
