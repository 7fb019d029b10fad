/* SPDX-License-Identifier: MIT
 * Random numbers by counter: number i of a sequence depends on its key and i alone, so that any
 * number of threads give the same sequence. Philox4x32-10: Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
#ifndef LWI_RANDOM_H
#define LWI_RANDOM_H

#include <stdint.h>

/* 128 random bits. */
void lwi_philox(uint64_t key, uint64_t counter, uint32_t bits[4]);
/* Number i of the sequence: uniform in [0, 1), with 53 random bits. */
double lwi_random_uniform(uint64_t key, uint64_t i);
/* Number i of the sequence: normal with mean 0 and deviation 1. */
double lwi_random_normal(uint64_t key, uint64_t i);
/* A key that nobody can foresee. */
uint64_t lwi_random_key(void);

#endif
