/* SPDX-License-Identifier: MIT
 * Nodes whose results follow from shapes and constants alone are computed before any run: when
 * shapes are propagated through a graph, for its passes or for a plan. */
#ifndef LWI_KNOWN_H
#define LWI_KNOWN_H

#include "ops/call.h"

/* Computes the node for good, into the arena, if all that it depends on is there and small; its
 * outputs are prepared (embedded, without data), and declared unless the operator has no infer.
 * false: it cannot be known, and the outputs are as before. */
bool lwi_know(lwi_call *call, lwi_arena *memory);

#endif
