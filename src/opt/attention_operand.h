/* SPDX-License-Identifier: MIT
 * Where the queries, keys and values of attention come from: recognize_attention leaves out what
 * only moves, scales or repeats them. */
#ifndef LWI_ATTENTION_OPERAND_H
#define LWI_ATTENTION_OPERAND_H

#include "opt/rewrite.h"

/* A value; transposed by perm, and each of its heads taken `repeat` times, it is the operand, in
 * the order batch, heads, length, size (rank 3: no heads). */
typedef struct lwi_operand {
    int value, rank;
    int64_t perm[4], repeat;
    bool moves_last;  /* perm may move the last axis */
    bool keeps_heads; /* repetitions stay in the graph */
} lwi_operand;

lwi_operand lwi_operand_of(int value, int rank);
/* Goes up to where the operand comes from. scale: factors on the way are multiplied into it; NULL:
 * there may be none. New nodes stand before node number `before`. */
lw_status lwi_find_operand(lwi_rewrite *r, size_t before, lwi_operand *operand, double *scale);

/* The node multiplies its other input, *x, by a number. */
bool lwi_is_factor(const lwi_rewrite *r, const lwi_node *node, int *x, double *factor);
/* The order that a Transpose of so many axes makes; NULL: the node is something else. */
const int64_t *lwi_order_of(const lwi_node *node, int rank);

#endif
