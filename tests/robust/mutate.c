/* SPDX-License-Identifier: MIT
 * Damages model files: cut at every hundredth, and random bits flipped. Each damaged file must
 * load and run, or give an error with a sentence; a sanitizer sees the rest.
 *
 *     mutate FLIPS MODEL...
 */
#include "any_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct tally {
    int ran, refused;
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

/* A copy of exactly the right size, so that reading past its end is seen. */
static int try_model(const unsigned char *data, size_t size, tally *t) {
    unsigned char *copy = malloc(size ? size : 1);
    if (!copy) return 1;
    memcpy(copy, data, size);
    lw_model *model = NULL;
    lw_status status = lw_model_load_memory(copy, size, NULL, &model);
    if (status == LW_OK) status = run_on_anything(model, NULL);
    lw_model_free(model);
    free(copy);
    if (status == LW_OK) t->ran++;
    else t->refused++;
    return status != LW_OK && status != LW_UNSUPPORTED && status != LW_LIMIT &&
           !strlen(lw_last_error());
}

static int mutate(const char *path, int flips) {
    size_t size = 0;
    unsigned char *data = read_file(path, &size);
    if (!data) {
        fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    tally t = {0, 0};
    int bad = 0;
    for (size_t percent = 0; percent < 100; percent++)
        bad += try_model(data, size * percent / 100, &t);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < flips && size; i++) {
        const size_t at = next_random(&random) % size;
        const unsigned char bit = (unsigned char)(1u << next_random(&random) % 8);
        data[at] ^= bit;
        bad += try_model(data, size, &t);
        data[at] ^= bit;
    }
    printf("%s: %d ran, %d refused, %d without a sentence\n", path, t.ran, t.refused, bad);
    free(data);
    return bad;
}

int main(int argc, char **argv) {
    int bad = 0;
    for (int i = 2; i < argc; i++)
        bad += mutate(argv[i], (int)strtol(argv[1], NULL, 10));
    return bad != 0;
}
