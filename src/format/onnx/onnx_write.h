/* SPDX-License-Identifier: MIT
 * The way back: a graph becomes a serialized ModelProto (onnx.proto3, ONNX 1.23). The opset is the
 * oldest, from 13 on, that has all that the nodes use, so that many readers take the file. */
#ifndef LWI_ONNX_WRITE_H
#define LWI_ONNX_WRITE_H

#include "base/byte_buffer.h"
#include "graph/network.h"

typedef struct lwi_onnx_source {
    const lwi_network *network; /* for producer, texts and metadata; NULL: none are written */
    const lwi_graph *graph;
    /* [slots of graph] What is known beyond what the graph says: types and shapes, of constants
     * the data. dtype LW_DTYPE_NONE: nothing. NULL: nothing of all. */
    const lw_value *known;
    const lw_allocator *allocator;
} lwi_onnx_source;

/* LW_UNSUPPORTED names an operator that has no form in ONNX. */
lw_status lwi_onnx_write_buffer(const lwi_onnx_source *source, lwi_buffer *buffer);
/* beside: weights lie in a file "<path>.data"; they do in any case if they need more than 2 GB. */
lw_status lwi_onnx_write_file(const lwi_onnx_source *source, const char *path, bool beside);

#endif
