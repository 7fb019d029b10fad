/* SPDX-License-Identifier: MIT
 * A libcuda.so.1 without a card, for tests. It checks what the driver would (contexts, handles,
 * bounds, parameters of kernels), does work of a stream only when it is waited for, as late as a
 * card may, and runs kernels on the processor: the same text, compiled for it. What FAKE_CUDA says
 * goes wrong (fake_cuda.c). */
#ifndef FAKE_CUDA_H
#define FAKE_CUDA_H

#include "backend/gpu/cuda_api.h"

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_MOST_PARAMETERS = 64 };

/* A kernel as PTX declares it: sizes and types of its parameters. */
struct CUfunc_st {
    char name[64];
    int n_parameters;
    bool is_float[FAKE_MOST_PARAMETERS];
    int bytes[FAKE_MOST_PARAMETERS];
    void (*code)(void); /* compiled for the processor */
};

/* The entry points of PTX; returns how many, and prints a sentence and returns -1 if it is none. */
int fake_read_ptx(const char *text, struct CUfunc_st *functions, int most);

/* Runs all groups of a launch; size: work items of a group. */
void fake_run(const struct CUfunc_st *function, const unsigned groups[3], unsigned size,
              const uint64_t *values);

#endif
