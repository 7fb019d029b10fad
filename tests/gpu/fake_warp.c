/* SPDX-License-Identifier: MIT
 * What the 32 items of a warp do together (kernels/tier.k), after the PTX ISA: section "Warp Level
 * Matrix Instructions", "Matrix Fragments for mma.m16n8k8", ".m16n8k16", ".m8n8k16" and
 * ".m16n8k32", "ldmatrix". It is written from those pages alone, so that kernels are held against
 * them. */
#include "fake_card.h"

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
static void load(uint32_t *to, const uint16_t *row, bool turned) {
    const uint16_t *const *rows;
    need_aligned(row, "ldmatrix");
    rows = (const uint16_t *const *)fake_exchange(&row, sizeof row);
    const unsigned lane = fake_lane(), line = lane / 4, column = lane % 4 * 2;
    for (unsigned i = 0; i < 4; i++) {
        const uint16_t *const *matrix = rows + 8 * i;
        const uint32_t low = turned ? matrix[column][line] : matrix[line][column];
        const uint32_t high = turned ? matrix[column + 1][line] : matrix[line][column + 1];
        to[i] = low | high << 16;
    }
}

void load_matrices(uint32_t *to, const uint16_t *row) { load(to, row, false); }
void load_matrices_turned(uint32_t *to, const uint16_t *row) { load(to, row, true); }

/* ------------------------------------------------------------------------ mma */

typedef struct registers {
    uint32_t a[4], b[2];
} registers;

static double half(uint32_t bits) { return lwi_f16_to_f32((uint16_t)bits); }
static double brain(uint32_t bits) { return lwi_bf16_to_f32((uint16_t)bits); }

/* Element (row, k) of A: it is a_i of item 4 (row % 8) + k % 8 / 2, where i counts rows 0 and 8
 * before columns 0 and 8. */
static uint32_t element_a(const registers *warp, int row, int k) {
    const registers *item = &warp[row % 8 * 4 + k % 8 / 2];
    return item->a[row / 8 + k / 8 * 2] >> k % 2 * 16 & 0xffff;
}

/* Element (k, column) of B: of item 4 column + k % 8 / 2. */
static uint32_t element_b(const registers *warp, int k, int column) {
    const registers *item = &warp[column * 4 + k % 8 / 2];
    return item->b[k / 8] >> k % 2 * 16 & 0xffff;
}

/* c_i of an item is in row item / 4, or 8 below it for i = 2 and 3, column item % 4 * 2 + i % 2. */
static void multiply(float *d, const registers *mine, int depth, double value(uint32_t)) {
    const registers *warp = fake_exchange(mine, sizeof *mine);
    const int lane = (int)fake_lane();
    for (int i = 0; i < 4; i++) {
        double sum = (double)d[i];
        for (int k = 0; k < depth; k++)
            sum += value(element_a(warp, lane / 4 + i / 2 * 8, k)) *
                   value(element_b(warp, k, lane % 4 * 2 + i % 2));
        d[i] = (float)sum;
    }
}

void multiply_f16_k8(float *d, const uint32_t *a, uint32_t b) {
    multiply(d, &(registers){{a[0], a[1], 0, 0}, {b, 0}}, 8, half);
}

void multiply_f16_k16(float *d, const uint32_t *a, const uint32_t *b) {
    multiply(d, &(registers){{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, 16, half);
}

void multiply_bf16_k16(float *d, const uint32_t *a, const uint32_t *b) {
    multiply(d, &(registers){{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, 16, brain);
}

/* Four signed bytes in a word. Element (row, k) of A [8 or 16, 16 or 32] is in the register of rows
 * row / 8 and of k / 16 (rows first), of item 4 (row % 8) + k % 16 / 4; (k, column) of B likewise
 * of item 4 column + k % 16 / 4. c_i as above. */
static void multiply_bytes(int *d, const registers *mine, int rows, int depth) {
    const registers *warp = fake_exchange(mine, sizeof *mine);
    const int lane = (int)fake_lane();
    for (int i = 0; i < rows / 4; i++) {
        const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        uint32_t sum = (uint32_t)d[i];
        for (int k = 0; k < depth; k++) {
            const uint32_t a = warp[row % 8 * 4 + k % 16 / 4].a[row / 8 + k / 16 * (rows / 8)];
            const uint32_t b = warp[column * 4 + k % 16 / 4].b[k / 16];
            sum += (uint32_t)((int8_t)(a >> k % 4 * 8) * (int8_t)(b >> k % 4 * 8));
        }
        d[i] = (int)sum;
    }
}

void multiply_s8_m8_k16(int *d, uint32_t a, uint32_t b) {
    multiply_bytes(d, &(registers){{a}, {b}}, 8, 16);
}

void multiply_s8_k16(int *d, const uint32_t *a, uint32_t b) {
    multiply_bytes(d, &(registers){{a[0], a[1]}, {b}}, 16, 16);
}

void multiply_s8_k32(int *d, const uint32_t *a, const uint32_t *b) {
    multiply_bytes(d, &(registers){{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, 16, 32);
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
