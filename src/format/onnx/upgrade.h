/* SPDX-License-Identifier: MIT
 * Operators of old opsets become those of the newest, so that kernels know one form only. Each
 * change between versions is a line in upgrade.def and a small function. */
#ifndef LWI_ONNX_UPGRADE_H
#define LWI_ONNX_UPGRADE_H

#include "format/onnx/reader.h"

typedef struct lwi_upgrade {
    lwi_onnx *onnx;
    lwi_graph *graph;
    lwi_node *node;  /* changed in place; appended to the graph afterwards */
    int64_t version; /* the one the node was written for */
    bool replaced;   /* nodes that do all its work have been appended: it is dropped */
} lwi_upgrade;

/* Applies what upgrade.def lists for the node. */
lw_status lwi_onnx_upgrade(lwi_upgrade *u, bool *replaced);

#endif
