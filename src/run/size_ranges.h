/* SPDX-License-Identifier: MIT */
#ifndef LWI_SIZE_RANGES_H
#define LWI_SIZE_RANGES_H

#include "graph/graph.h"

/* inputs: [n_inputs] of their declared types; NULL where none is given. LW_SHAPE, with a sentence
 * that names the size, where one is out of its range or differs from input to input. */
lw_status lwi_check_size_ranges(const lwi_graph *graph, const lw_value **inputs);

#endif
