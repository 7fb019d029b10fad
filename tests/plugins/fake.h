/* SPDX-License-Identifier: MIT
 * What libraries made for tests share: they stand for a vendor's, check how they are called, and
 * let lampwick compute. A wrong call ends the process with a sentence, so that no test passes by
 * luck. */
#ifndef FAKE_H
#define FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run_onnx.h"

#define FAKE __attribute__((visibility("default")))

#define CHECK(truth)                                                                               \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fprintf(stderr, "fake library: %s: wrong call: not %s\n", __func__, #truth);           \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

/* The function that the test wants to fail. */
static inline int fake_fails(const char *function) {
    const char *wanted = getenv("FAKE_FAILS");
    return wanted && !strcmp(wanted, function);
}

/* Things that were made and have not been destroyed; it is checked at the end of the process. */
static int fake_alive;

static inline void *fake_make(size_t size) {
    void *made = calloc(1, size);
    CHECK(made);
    fake_alive++;
    return made;
}

static inline void fake_destroy(void *made) {
    CHECK(made && fake_alive > 0);
    fake_alive--;
    free(made);
}

__attribute__((destructor)) static void fake_count(void) {
    if (fake_alive == 0) return;
    fprintf(stderr, "fake library: %d things were not destroyed\n", fake_alive);
    _exit(98);
}

/* The offline file of tests: a word of eight letters, then an ONNX model. */
static inline lw_status fake_read(const char *word, const void *data, size_t size,
                                  run_onnx *engine) {
    if (size < 8 || memcmp(data, word, 8) != 0) return LW_CORRUPT;
    return run_onnx_open(engine, (const char *)data + 8, size - 8);
}

/* Declared types of a model: all sizes must be fixed. */
static inline lw_io_info fake_info(const run_onnx *engine, size_t i, int output) {
    lw_io_info info = {.size = sizeof info};
    const lw_status status =
        output ? lw_model_output(engine->model, i, &info) : lw_model_input(engine->model, i, &info);
    CHECK(status == LW_OK && info.rank >= 0);
    for (int d = 0; d < info.rank; d++)
        CHECK(info.dims[d] > 0);
    return info;
}

static inline size_t fake_count_of(const lw_io_info *info) {
    size_t n = 1;
    for (int d = 0; d < info->rank; d++)
        n *= (size_t)info->dims[d];
    return n;
}

static inline size_t fake_bytes(const lw_io_info *info) {
    return fake_count_of(info) * (size_t)lw_dtype_bits(info->dtype) / 8;
}

#endif
