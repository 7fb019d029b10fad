/* SPDX-License-Identifier: MIT
 * The key of an operator's random numbers: its seed, or one that differs from run to run. */
#ifndef LWI_RANDOM_KEY_H
#define LWI_RANDOM_KEY_H

#include "base/random.h"
#include "ops/op.h"

#include <string.h>

/* A seed of kind float counts by its bits. */
static inline uint64_t lwi_node_random_key(const lwi_node *node) {
    const lwi_attr *seed = lwi_node_attr(node, "seed");
    if (!seed) return lwi_random_key();
    if (seed->kind == LWI_ATTR_INT) return (uint64_t)seed->i;
    return lwi_float_bits(seed->f);
}

#endif
