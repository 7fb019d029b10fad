/* SPDX-License-Identifier: MIT
 * Looking for what graphs take of the last axis of a tensor, by Slice, Split or Gather. */
#ifndef LWI_MATCH_PART_H
#define LWI_MATCH_PART_H

#include "opt/rewrite.h"

/* Elements start, start + step, ... of each row of x. pairs: x is [..., count, 2], whose last two
 * axes together are the row. */
typedef struct lwi_part {
    int x;
    int64_t start, step, count;
    bool pairs;
} lwi_part;

bool lwi_match_part(const lwi_rewrite *r, int value, lwi_part *part);
/* The same for a value [..., count, 1]: a part with a new axis at its end, or half of pairs. */
bool lwi_match_pair_part(const lwi_rewrite *r, int value, lwi_part *part);

/* The size of the value's last axis if it is fixed, else -1. */
int64_t lwi_row_size(const lwi_rewrite *r, int value);
/* The node works on the last axis of the value (attribute axis, absent: 0). */
bool lwi_is_last_axis(const lwi_rewrite *r, const lwi_node *node, int value);

#endif
