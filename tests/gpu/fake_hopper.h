/* SPDX-License-Identifier: MIT
 * What Hopper's cards do beyond a warp: what the driver needs of it, and what kernels do, for those
 * that are compiled (fake_hopper.c) and for PTX (ptx_hopper.c). Places are those of the window of
 * shared memory. */
#ifndef FAKE_HOPPER_H
#define FAKE_HOPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_MAP_BYTES = 128 };

/* cuTensorMapEncodeTiled; modes: interleave, swizzle, promotion, fill. Returns what is wrong. */
const char *fake_encode_map(void *to, unsigned type, unsigned rank, const void *start,
                            const uint64_t *dims, const uint64_t *strides, const uint32_t *box,
                            const uint32_t *steps, const unsigned modes[4]);
/* Bytes of memory that boxes of a map may reach. */
size_t fake_map_span(const void *map);

/* Around the run of a group, with so many bytes of dynamic local memory. */
void fake_begin_group(unsigned local_bytes);
void fake_end_group(unsigned items);
/* Does one of the copies that are on their way; false: there is none. */
bool fake_finish_copy(void);
/* The group's dynamic memory. */
uint8_t *fake_ring(void);

#pragma GCC visibility push(default)
/* mbarrier.init; what makes it seen by copies; arrivals, which may announce bytes. */
void phase_open(uint32_t at, uint32_t count);
void phase_opened(void);
void phase_arrive(uint32_t at);
void phase_arrive_for(uint32_t at, uint32_t bytes);
/* cp.async.bulk.tensor of the box at (x, y, z). */
void copy_box(uint32_t to, const uint64_t *map, int x, int y, int z, uint32_t barrier);
#pragma GCC visibility pop
/* A phase of that parity is over when the present one has the other. */
bool fake_phase_is_over(uint32_t at, uint32_t parity);

/* wgmma of m64nNk16 by descriptors of A and B. */
typedef struct fake_product {
    uint64_t a, b;
    int n, is_bf16, turned;
} fake_product;
/* The item's part d [N / 2] of the sums: number e is in row lane / 4 of its warp's 16, or 8 below
 * for e % 4 of 2 and 3, column 8 (e / 4) + lane % 4 * 2 + e % 2. A lies along the sum. */
void fake_multiply(float *d, const fake_product *p, unsigned item);
/* wgmma.fence, mma_async, commit_group and wait_group for all but `left` groups. d is what
 * `multiply` is given. */
void fake_begin_products(unsigned item);
void fake_add_product(unsigned item, void *d, const fake_product *product);
void fake_commit_products(unsigned item);
void fake_finish_products(unsigned item, uint32_t left,
                          void multiply(void *d, const fake_product *p, unsigned item));
/* The d of product n of those that are not done, or NULL. */
const void *fake_product_left(unsigned item, int n);

#endif
