/* SPDX-License-Identifier: MIT
 * A float that may lie anywhere, as constants do in a file. */
#ifndef LWI_KERN_LOOSE_FLOAT_H
#define LWI_KERN_LOOSE_FLOAT_H

typedef float lwi_loose __attribute__((aligned(1)));

#endif
