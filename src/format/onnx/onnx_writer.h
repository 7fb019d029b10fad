/* SPDX-License-Identifier: MIT
 * What the parts of the ONNX writer share. */
#ifndef LWI_ONNX_WRITER_H
#define LWI_ONNX_WRITER_H

#include "base/file_writer.h"
#include "base/strmap.h"
#include "format/onnx/onnx_write.h"
#include "format/onnx/wire_write.h"

/* A graph as it is written. */
typedef struct lwi_onnx_frame {
    const lwi_graph *graph;
    const lw_value *known;   /* as in lwi_onnx_source; of the main graph only */
    const char **names;      /* [slots] unique in the model; a captured value has the outer one's */
    bool *used;              /* [slots] by a node that is written, or an output */
    bool *written;           /* [nodes] their outputs are not known */
    const char **node_names; /* [nodes] unique in the model; "" for none */
    const char **copies;     /* [outputs] name of an Identity's output that stands for it; NULL */
} lwi_onnx_frame;

typedef struct lwi_onnx_writer {
    const lwi_onnx_source *source;
    lwi_arena arena;
    lwi_wire_out wire;
    lwi_onnx_frame *frames; /* in the order in which graphs are visited */
    size_t n_frames, cap_frames;
    size_t next_frame;
    lwi_strmap taken;       /* names of values */
    lwi_strmap taken_nodes; /* names of nodes */
    size_t n_made;          /* names made up */
    lwi_opset *opsets;
    size_t n_opsets, cap_opsets;
    /* Weights beside the model. */
    bool beside;
    const char *location;     /* the name of the file, without folders */
    lwi_file_writer *weights; /* NULL: counting */
    uint64_t weight_bytes;    /* so far */
} lwi_onnx_writer;

/* Frames, names and opsets of the graph and of those in it (onnx_write_survey.c). */
lw_status lwi_onnx_survey(lwi_onnx_writer *w, const lwi_graph *graph, const lwi_onnx_frame *outer);
/* The constant that slot i is, or is known to be; NULL: none. */
const lw_value *lwi_onnx_constant_of(const lwi_onnx_frame *frame, int slot);
/* The oldest version of the operator's domain, from 13 on, that has what the node uses
 * (onnx_form.c). */
int64_t lwi_onnx_form_version(const lwi_onnx_frame *frame, const lwi_node *node);

/* TensorProto, TypeProto (onnx_write_tensor.c). may_lie_beside: its bytes may be in the file of
 * weights. */
void lwi_onnx_put_tensor(lwi_onnx_writer *w, uint32_t id, const char *name, const lw_value *value,
                         bool may_lie_beside);
void lwi_onnx_put_type(lwi_onnx_writer *w, uint32_t id, const lwi_type *type);
/* GraphProto */
void lwi_onnx_put_graph(lwi_onnx_writer *w, uint32_t id);

#endif
