/* SPDX-License-Identifier: MIT
 * Operators of old opsets become those of the newest, so that kernels know one form only. Each
 * change between versions is a line in upgrade.def and a small function, which goes by what the
 * node has rather than by its version, so that files that mix forms load too. Where the newest
 * form needs several nodes, all but the last are appended to the graph and the node becomes the
 * last one: its outputs stay. */
#ifndef LWI_ONNX_UPGRADE_H
#define LWI_ONNX_UPGRADE_H

#include "format/onnx/reader.h"

typedef struct lwi_upgrade {
    lwi_onnx *onnx;
    lwi_graph *graph;
    lwi_node *node;  /* changed in place; appended to the graph afterwards */
    int64_t version; /* the one the node was written for */
} lwi_upgrade;

/* Applies what upgrade.def lists for the node. */
lw_status lwi_onnx_upgrade(lwi_upgrade *u);

#define LWI_UPGRADE(domain, op, below, function) lw_status lwi_upgrade_##function(lwi_upgrade *u);
#include "format/onnx/upgrade.def"
#undef LWI_UPGRADE

/* --------------------------------------------- what upgrades are made of (upgrade_build.c) */

/* The value id of input i; -1 if omitted. */
static inline int lwi_upgrade_in(const lwi_upgrade *u, size_t i) {
    return i < u->node->n_inputs ? u->node->inputs[i] : -1;
}
/* New constants. rank 0 or 1; a scalar has n = 1. */
lw_status lwi_upgrade_ints(lwi_upgrade *u, const int64_t *values, size_t n, int rank, int *id);
lw_status lwi_upgrade_floats(lwi_upgrade *u, const float *values, size_t n, int *id);
/* A list [n] of the element type of another value, which may be found out only in the run. */
lw_status lwi_upgrade_like(lwi_upgrade *u, int like, const float *values, size_t n, int *id);
/* The same, a scalar. */
lw_status lwi_upgrade_number(lwi_upgrade *u, int like, float value, int *id);
/* Appends a node of newest form with one output, which is new. attr: one integer attribute, or
 * NULL. Inputs: n ids. */
lw_status lwi_upgrade_emit(lwi_upgrade *u, const char *op, const int *inputs, size_t n,
                           const char *attr, int64_t value, int *output);
/* Appends a node whose one output is a value that is there already. */
lw_status lwi_upgrade_emit_to(lwi_upgrade *u, const char *op, const int *inputs, size_t n,
                              int output);
/* Turns the node into another operator: inputs replaced, attributes dropped. */
lw_status lwi_upgrade_become(lwi_upgrade *u, const char *op, const int *inputs, size_t n);
/* Replaces a string attribute's value. */
lw_status lwi_upgrade_set_string(lwi_upgrade *u, const char *name, const char *value);
/* The list of an attribute (one integer counts as a list) becomes constant input `index`. */
lw_status lwi_upgrade_to_input(lwi_upgrade *u, const char *name, size_t index);

/* The element type of a value, where it follows from what has been read so far, else
 * LW_DTYPE_NONE (upgrade_type.c). */
lw_dtype lwi_upgrade_dtype(const lwi_graph *graph, int id);

#endif
