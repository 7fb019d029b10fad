/* SPDX-License-Identifier: MIT
 * What the fake driver of NVIDIA's cards and its runs need of fake_hopper.c. */
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

#endif
