/* SPDX-License-Identifier: MIT
 * A run before the first one, whose outputs nobody sees: afterwards the memory of nodes is at hand
 * and touched, and caches are warm. */
#ifndef LWI_REHEARSE_H
#define LWI_REHEARSE_H

#include "run/context.h"

/* Whether a run would do no harm: it draws no random numbers, writes to no input (operators that
 * do, like PagedAttention, are LWI_RANDOM), and inputs and the arena are not too large. */
bool lwi_can_rehearse(const lwi_plan *plan, const lw_value *const *inputs);
/* Whether a brief run that has taken place n times since `start` is to do so once more. */
bool lwi_once_more(int n, uint64_t start);
/* Runs the plan for some milliseconds at most. A failure means nothing. */
void lwi_rehearse(lwi_plan *plan, const lw_value *const *inputs);
/* Makes the plan's part of the arena and touches it. */
lw_status lwi_touch_arena(lwi_plan *plan);

#endif
