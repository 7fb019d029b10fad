/* SPDX-License-Identifier: MIT
 * Orders of dimensions, as ONNX's Transpose has them: dimension i of the result is dimension
 * perm[i] of the input. Made by turn_convolutions.c and moved by move_transposes.c. */
#ifndef LWI_PERMUTE_H
#define LWI_PERMUTE_H

#include "opt/rewrite.h"

typedef struct lwi_perm {
    int rank;
    int64_t at[LW_MAX_RANK];
} lwi_perm;

lwi_perm lwi_perm_channels_last(int rank);  /* N C D1 D2 ... to N D1 D2 ... C */
lwi_perm lwi_perm_channels_first(int rank); /* back */
lwi_perm lwi_perm_inverse(const lwi_perm *perm);
/* What Transpose by `first`, then by `second`, does. */
lwi_perm lwi_perm_compose(const lwi_perm *first, const lwi_perm *second);
bool lwi_perm_is_identity(const lwi_perm *perm);
bool lwi_perm_equal(const lwi_perm *a, const lwi_perm *b);
/* The order of a Transpose node; false if node is none, or its rank is not known. */
bool lwi_perm_of(const lwi_rewrite *r, const lwi_node *node, lwi_perm *perm);

/* A new value that a new Transpose node, before node number `before`, makes of `value`. */
lw_status lwi_permute(lwi_rewrite *r, size_t before, int value, const lwi_perm *perm, int *turned);
/* Output k of node `index` becomes a new value, *inner, in the order of dimensions that perm leads
 * to the old one from: a new Transpose node makes the old output of it. */
lw_status lwi_permute_output(lwi_rewrite *r, size_t index, size_t k, const lwi_perm *perm);
/* The constant in another order. Fewer dimensions than perm has count as if dimensions of 1 stood
 * before them. What has one dimension above 1 only is not copied. */
lw_status lwi_permute_constant(lwi_rewrite *r, int value, const lwi_perm *perm, int *turned);
enum { LWI_PERMUTE_MOST = 1 << 20 }; /* bytes of a constant that is worth a copy */

/* The operator with a form for channels last (domain lampwick, or an attribute), on float32 or
 * 8-bit codes, that node `index` is: it becomes that, between two Transpose nodes. False if it has
 * none. */
bool lwi_can_turn(const lwi_rewrite *r, const lwi_node *node);
lw_status lwi_turn(lwi_rewrite *r, size_t index);

#endif
