/* SPDX-License-Identifier: MIT
 * Damages tokenizers: cut at every hundredth, random bits flipped, and each allocation failing in
 * turn. Each must load and work, or give an error with a sentence; a sanitizer sees the rest.
 *
 *     damaged_tokenizers FLIPS FAILURES FILE...
 */
#include "any_text.h"

#include "../robust/damage.h"

/* The linker gives every call of malloc to __wrap_malloc (-Wl,--wrap=malloc). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static long calls, fails_at = -1;

void *__wrap_malloc(size_t size) { return calls++ == fails_at ? NULL : __real_malloc(size); }

typedef struct tally {
    int worked, refused, silent;
} tally;

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

static void try_damage(void *arg, const unsigned char *data, size_t size) {
    const lw_status status = try_bytes(data, size, arg);
    (void)status; /* either is fine */
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
        if (!data) return 1;
        try_damaged(data, size, (int)strtol(argv[1], NULL, 10), try_damage, &t);
        const int wrong = fail(data, size, (int)strtol(argv[2], NULL, 10), &t);
        printf("%s: %d worked, %d refused, %d without a sentence, %d not out of memory\n", argv[i],
               t.worked, t.refused, t.silent, wrong);
        bad += t.silent + wrong;
        free(data);
    }
    return bad != 0;
}
