/* SPDX-License-Identifier: MIT
 * Damaged bytes: cut at every hundredth, random bits flipped. */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t next_random(uint64_t *state) { /* xorshift64* (Vigna 2016) */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* NULL, with a line on stderr, if it cannot be read. To be freed. */
static inline unsigned char *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    long n = -1;
    if (f && !fseek(f, 0, SEEK_END)) n = ftell(f);
    unsigned char *data = n >= 0 ? malloc((size_t)n + 1) : NULL;
    if (data) {
        rewind(f);
        *size = fread(data, 1, (size_t)n, f);
    } else {
        fprintf(stderr, "cannot read %s\n", path);
    }
    if (f) fclose(f);
    return data;
}

/* Calls attempt on a copy of exactly the right size, so that reading past its end is seen. */
static inline void try_copy(const unsigned char *data, size_t size,
                            void (*attempt)(void *arg, const unsigned char *data, size_t size),
                            void *arg) {
    unsigned char *copy = malloc(size ? size : 1);
    if (!copy) return;
    memcpy(copy, data, size);
    attempt(arg, copy, size);
    free(copy);
}

/* Half of the flips are where the structure of most formats is: in the first 4096 bytes. */
static inline void try_damaged(unsigned char *data, size_t size, int flips,
                               void (*attempt)(void *arg, const unsigned char *data, size_t size),
                               void *arg) {
    uint64_t random = 88172645463325252u;
    for (size_t percent = 0; percent < 100; percent++)
        try_copy(data, size / 100 * percent + size % 100 * percent / 100, attempt, arg);
    for (int i = 0; i < flips && size; i++) {
        const size_t most = i % 2 && size > 4096 ? 4096 : size;
        const size_t at = next_random(&random) % most;
        const unsigned char bit = (unsigned char)(1u << next_random(&random) % 8);
        data[at] ^= bit;
        try_copy(data, size, attempt, arg);
        data[at] ^= bit;
    }
}

#endif
