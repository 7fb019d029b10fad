/* SPDX-License-Identifier: MIT
 * Drivers without a card, for tests: libcuda.so.1, and with FAKE_HIP libamdhip64.so. They check
 * what the driver would (contexts, handles, bounds, parameters of kernels), do work of a stream
 * only when it is waited for, as late as a card may, and run kernels on the processor: the same
 * text, compiled for it. What FAKE_CARD says goes wrong (fake_card.c). */
#ifndef FAKE_CARD_H
#define FAKE_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(FAKE_HIP)
#define FAKE_LIBRARY "fake libamdhip64"
#else
#define FAKE_LIBRARY "fake libcuda"
#endif

enum { FAKE_MOST_PARAMETERS = 64, FAKE_WARP = 32 };

struct ptx_function;

/* A kernel as PTX or a code object declares it: sizes and types of its parameters. */
typedef struct fake_kernel {
    char name[64];
    int n_parameters;
    bool is_float[FAKE_MOST_PARAMETERS];
    int bytes[FAKE_MOST_PARAMETERS]; /* 4, 8, or those of a map, which kernels get the place of */
    void (*code)(void);              /* compiled for the processor */
    struct ptx_function *ptx;        /* or as PTX (ptx_module.h) */
    /* Runs all groups of a launch; size: work items of a group; local: bytes of dynamic local
     * memory. */
    void (*run)(const struct fake_kernel *kernel, const unsigned groups[3], unsigned size,
                unsigned local, const uint64_t *values);
} fake_kernel;

/* The kernels of what a driver is given; returns how many, and prints a sentence and returns -1 if
 * it is no such thing. */
int fake_read_ptx(const char *text, fake_kernel *kernels, int most);
int fake_read_code_object(const uint8_t *elf, fake_kernel *kernels, int most);
/* For which processor a code object is, as a number of the ELF header. */
uint32_t fake_processor_of(const uint8_t *elf);
/* Finds the kernel's code: in this library, or for a tier (sm_80) in the one with its kernels;
 * false: there is none. */
bool fake_find_code(fake_kernel *kernel, const char *tier);

/* Runs a kernel's code. */
void fake_run(const fake_kernel *kernel, const unsigned groups[3], unsigned size, unsigned local,
              const uint64_t *values);

/* Until the kernel that runs next waits for launches before it, such a launch is not done; whether
 * it has not waited yet. */
void fake_do_before(void (*task)(void *arg), void *arg);
bool fake_has_before(void);
#pragma GCC visibility push(default)
void wait_for_launches(void);
#pragma GCC visibility pop

/* For fake_warp.c: the item that runs, and its place in its warp. */
unsigned fake_item(void);
unsigned fake_lane(void);
/* What all 32 items of the warp give, when they have given it; valid until the next but one. */
const void *fake_exchange(const void *mine, size_t bytes);
/* The item waits until `count` items of the group have come to barrier number id. */
void fake_meet(unsigned id, unsigned count);
/* The item waits for something that others do: called again and again, until it is there; then the
 * other. */
void fake_poll(void);
void fake_went_on(void);
/* The word "hasty" is in FAKE_CARD. */
bool fake_is_hasty(void);

/* For libraries that lie beside the driver and use it (fake_cublas_lt.c). */
enum { FAKE_TASK_PLACES = 5, FAKE_TASK_BYTES = 256 };

/* Work in a stream; it reads and writes memory of the card between places. */
typedef struct fake_task {
    void (*run)(const void *what, const uint64_t places[FAKE_TASK_PLACES]);
    _Alignas(16) uint8_t what[FAKE_TASK_BYTES];
    uint64_t places[FAKE_TASK_PLACES]; /* 0: none */
    size_t bytes[FAKE_TASK_PLACES];
} fake_task;

#pragma GCC visibility push(default)
/* The card whose context is current; ends the process where there is none. */
int fake_current_card(const char *name);
void fake_add_task(const char *name, void *stream, const fake_task *task);
/* The allocation of a card that these bytes are in, or NULL. */
const uint8_t *fake_find_memory(const void *place, size_t bytes, size_t *size);
/* Whether a word is in FAKE_CARD. */
bool fake_says(const char *word);
/* What stands behind "word=" there, "" behind the word alone, or NULL. */
const char *fake_setting(const char *word);
/* Ends the process with a sentence. */
void fake_wrong(const char *format, ...);
#pragma GCC visibility pop

#endif
