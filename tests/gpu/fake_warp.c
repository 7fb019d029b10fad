/* SPDX-License-Identifier: MIT
 * What the 32 items of a warp do together (kernels/tier.k), after the PTX ISA (fake_mma.c). It is
 * written from those pages alone, so that kernels are held against them. */
#include "fake_card.h"
#include "fake_mma.h"

#include "base/half.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARP = 32, MOST_COPIES = 64, MOST_ITEMS = 1024 };

/* Kernels of tiers lie in other libraries. */
#pragma GCC visibility push(default)
void load_matrices(uint32_t *to, const uint16_t *row);
void load_matrices_turned(uint32_t *to, const uint16_t *row);
void multiply_f16_k8(float *d, const uint32_t *a, uint32_t b);
void multiply_f16_k16(float *d, const uint32_t *a, const uint32_t *b);
void multiply_bf16_k16(float *d, const uint32_t *a, const uint32_t *b);
void multiply_s8_m8_k16(int *d, uint32_t a, uint32_t b);
void multiply_s8_k16(int *d, const uint32_t *a, uint32_t b);
void multiply_s8_k32(int *d, const uint32_t *a, const uint32_t *b);
float exchange_float(float v, int mask);
float quick_exp2(float v);
uint32_t pack_f16(float low, float high);
uint32_t pack_bf16(float low, float high);
void start_copy(uint16_t *to, const uint16_t *from);
void finish_copies(void);
void commit_copies(void);
void finish_older_copies(void);
#pragma GCC visibility pop

static void need_aligned(const void *address, const char *what) {
    if ((uintptr_t)address % 16 == 0) return;
    fprintf(stderr, "fake libcuda: %s: an address that is no multiple of 16\n", what);
    abort();
}

/* ------------------------------------------------------------------- ldmatrix */

/* Item 8 i + r has given the address of row r of matrix i. */
static void load(uint32_t *to, const uint16_t *row, int turned) {
    const uint16_t *const *rows;
    need_aligned(row, "ldmatrix");
    rows = (const uint16_t *const *)fake_exchange(&row, sizeof row);
    for (int i = 0; i < 4; i++)
        to[i] = fake_matrix_part(rows + 8 * i, (int)fake_lane(), turned);
}

void load_matrices(uint32_t *to, const uint16_t *row) { load(to, row, 0); }
void load_matrices_turned(uint32_t *to, const uint16_t *row) { load(to, row, 1); }

/* ------------------------------------------------------------------------ mma */

static void multiply(float *d, fake_fragments mine, int depth, double value(uint32_t)) {
    const fake_fragments *warp = fake_exchange(&mine, sizeof mine);
    fake_multiply_floats(d, warp, (int)fake_lane(), depth, value);
}

void multiply_f16_k8(float *d, const uint32_t *a, uint32_t b) {
    multiply(d, (fake_fragments){{a[0], a[1], 0, 0}, {b, 0}}, 8, fake_half);
}

void multiply_f16_k16(float *d, const uint32_t *a, const uint32_t *b) {
    multiply(d, (fake_fragments){{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, 16, fake_half);
}

void multiply_bf16_k16(float *d, const uint32_t *a, const uint32_t *b) {
    multiply(d, (fake_fragments){{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, 16, fake_brain);
}

static void multiply_bytes(int *d, fake_fragments mine, int rows, int depth) {
    const fake_fragments *warp = fake_exchange(&mine, sizeof mine);
    fake_multiply_bytes(d, warp, (int)fake_lane(), rows, depth);
}

void multiply_s8_m8_k16(int *d, uint32_t a, uint32_t b) {
    multiply_bytes(d, (fake_fragments){{a}, {b}}, 8, 16);
}

void multiply_s8_k16(int *d, const uint32_t *a, uint32_t b) {
    multiply_bytes(d, (fake_fragments){{a[0], a[1]}, {b}}, 16, 16);
}

void multiply_s8_k32(int *d, const uint32_t *a, const uint32_t *b) {
    multiply_bytes(d, (fake_fragments){{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, 16, 32);
}

/* --------------------------------------------------------- shfl.sync.bfly, cvt */

float exchange_float(float v, int mask) {
    return ((const float *)fake_exchange(&v, sizeof v))[fake_lane() ^ (unsigned)mask];
}

float quick_exp2(float v) { return exp2f(v); }

uint32_t pack_f16(float low, float high) {
    return lwi_f32_to_f16(low) | (uint32_t)lwi_f32_to_f16(high) << 16;
}

uint32_t pack_bf16(float low, float high) {
    return lwi_f32_to_bf16(low) | (uint32_t)lwi_f32_to_bf16(high) << 16;
}

/* ------------------------------------------------------------------- cp.async */

static struct copies {
    struct {
        uint16_t *to;
        const uint16_t *from;
        int commits; /* before it */
    } each[MOST_COPIES];
    int n, commits;
} copies[MOST_ITEMS];

/* Done as late as a card may. */
void start_copy(uint16_t *to, const uint16_t *from) {
    struct copies *c = &copies[fake_item()];
    need_aligned(to, "cp.async");
    need_aligned(from, "cp.async");
    if (c->n == MOST_COPIES) abort();
    c->each[c->n].to = to;
    c->each[c->n].commits = c->commits;
    c->each[c->n++].from = from;
}

/* Those that were started before that many commits. */
static void finish(struct copies *c, int commits) {
    int left = 0;
    for (int i = 0; i < c->n; i++)
        if (c->each[i].commits < commits) memcpy(c->each[i].to, c->each[i].from, 16);
        else c->each[left++] = c->each[i];
    c->n = left;
}

void commit_copies(void) { copies[fake_item()].commits++; }

void finish_older_copies(void) {
    struct copies *c = &copies[fake_item()];
    finish(c, c->commits - 1);
}

void finish_copies(void) {
    commit_copies();
    finish(&copies[fake_item()], copies[fake_item()].commits);
}
