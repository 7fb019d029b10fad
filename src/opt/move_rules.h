/* SPDX-License-Identifier: MIT
 * One step of move_transposes.c: a node whose input 0, at least, is made by a Transpose reads that
 * one's input instead, and its outputs are transposed. */
#ifndef LWI_MOVE_RULES_H
#define LWI_MOVE_RULES_H

#include "opt/permute.h"

typedef struct lwi_move {
    lwi_rewrite *r;
    size_t index;  /* of the node */
    lwi_perm perm; /* of the Transpose */
} lwi_move;

/* NULL if no Transpose moves through the operator. A rule sets *moved if it has changed the graph;
 * otherwise all is as before. */
typedef lw_status lwi_move_rule(const lwi_move *m, bool *moved);
lwi_move_rule *lwi_move_rule_of(const lwi_node *node);

lwi_move_rule lwi_move_view;          /* move_view.c */
lwi_move_rule lwi_move_normalization; /* move_normalization.c */

/* Input i comes from a Transpose with the same order; *source is what that reads. */
bool lwi_move_source(const lwi_move *m, size_t i, int *source);
static inline lwi_node *lwi_move_node(const lwi_move *m) { return &m->r->graph->nodes[m->index]; }
/* Sets input 0 to the source, and transposes output k. */
lw_status lwi_move_first(const lwi_move *m);

#endif
