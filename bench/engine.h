/* SPDX-License-Identifier: MIT
 *
 * What bench/worker asks of an engine: load a model, run it on given inputs, show the outputs.
 * A function that fails returns false after it has printed a sentence on stderr. */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_MAX_RANK = 16, BENCH_MAX_IO = 1024, BENCH_STRING = 8 };

/* dtype: the numbers of ONNX's TensorProto.DataType. Strings: data is an array of char pointers,
 * and bytes counts those. */
typedef struct bench_tensor {
    int dtype, rank;
    int64_t dims[BENCH_MAX_RANK];
    void *data;
    size_t bytes;
} bench_tensor;

typedef struct bench_input {
    char *name;
    bool map; /* keys in tensor, values in values */
    bench_tensor tensor, values;
} bench_input;

typedef struct bench_engine {
    /* The library only: not part of the load time. */
    bool (*open)(const char *library, int threads);
    bool (*load)(const char *model, const bench_input *inputs, size_t n);
    bool (*run)(void);
    size_t (*outputs)(void);
    /* Output i of the last run, borrowed; false if it is not a plain tensor. */
    bool (*output)(size_t i, bench_tensor *tensor);
    void (*close)(void); /* what is kept for the next process is written; NULL: nothing */
} bench_engine;

extern const bench_engine bench_lampwick, bench_onnxruntime;

#endif
