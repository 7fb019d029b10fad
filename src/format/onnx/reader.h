/* SPDX-License-Identifier: MIT
 * What the parts of the ONNX door share. The messages are those of onnx.proto3 (ONNX 1.23); a part
 * gets the bytes of its message and puts what it makes into the network's arena. */
#ifndef LWI_ONNX_READER_H
#define LWI_ONNX_READER_H

#include "base/strmap.h"
#include "format/onnx/wire.h"
#include "graph/network.h"

enum {
    LWI_ONNX_OPSET = 28,        /* the newest that is known, ai.onnx */
    LWI_ONNX_NESTING = 64,      /* subgraphs, functions and types inside each other */
    LWI_ONNX_ATTRIBUTES = 1000, /* of a node or function */
    LWI_ONNX_NODES = 4000000    /* of all graphs, functions written out */
};

typedef struct lwi_onnx_function {
    const char *domain, *name, *overload;
    lwi_wire message;
} lwi_onnx_function;

typedef struct lwi_onnx {
    lwi_network *network;
    const char *path;  /* of the model; NULL: from memory */
    size_t model_size; /* bytes */
    lwi_onnx_function *functions;
    size_t n_functions;
    lwi_strmap function_index; /* by domain, name and overload */
    lwi_strmap external;       /* location of external data: index in network->files */
    lwi_graph **graphs;        /* all subgraphs, to be freed if reading fails */
    size_t n_graphs, cap_graphs;
    int depth;       /* graphs, functions and types that are being read */
    size_t n_nodes;  /* made so far */
    size_t n_calls;  /* of functions so far, for names */
    size_t expanded; /* bytes of functions read so far */
    size_t dense;    /* bytes of sparse tensors so far */
    char *name;      /* the last result of lwi_onnx_rename */
    size_t name_capacity;
} lwi_onnx;

/* Where a node stands: in the model, or in a function that is written out. */
typedef struct lwi_onnx_scope {
    const struct lwi_onnx_scope *caller; /* NULL: the model itself */
    const lwi_opset *opsets;
    size_t n_opsets;
    const lwi_onnx_function *function;
    lwi_wire node;        /* the NodeProto of the call, with its attributes */
    size_t number;        /* of the call */
    lwi_strmap formals;   /* names of the function's inputs and outputs: index in actuals */
    const char **actuals; /* names in the caller's graph; "": omitted */
} lwi_onnx_scope;

/* Goes one level deeper; LW_LIMIT if there are too many. Leave with depth--. */
lw_status lwi_onnx_enter(lwi_onnx *o, const char *what);

/* TensorProto. name and value point into the file where that is possible. */
lw_status lwi_onnx_tensor(lwi_onnx *o, lwi_wire message, lw_string *name, lw_value **value);
/* SparseTensorProto, made dense. */
lw_status lwi_onnx_sparse(lwi_onnx *o, lwi_wire message, lw_string *name, lw_value **value);
/* The bytes of a TensorProto whose data is in another file; size: what the shape asks for. */
lw_status lwi_onnx_external(lwi_onnx *o, lwi_wire tensor, size_t size, const uint8_t **data);
/* Memory of a value moves into the arena if it is not aligned for its element type. */
lw_status lwi_onnx_align(lwi_onnx *o, lw_value *value);

/* TypeProto */
lw_status lwi_onnx_type(lwi_onnx *o, lwi_wire message, lwi_type *type);

/* AttributeProto; kind LWI_ATTR_NONE: refers to an attribute of the function that the caller did
 * not give. Subgraphs get `graph` as their parent. */
lw_status lwi_onnx_attribute(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *graph,
                             lwi_wire message, lwi_attr *attr);

/* GraphProto */
lw_status lwi_onnx_graph(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *parent,
                         lwi_wire message, lwi_graph **graph);
/* A new graph that is freed if reading fails. */
lw_status lwi_onnx_new_graph(lwi_onnx *o, lwi_graph *parent, const char *name, lwi_graph **graph);
/* Defines the outputs of a list of nodes (field `id` of the message), then reads the nodes. */
lw_status lwi_onnx_nodes(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *graph,
                         lwi_wire message, uint32_t id);
/* Every value has one source. */
lw_status lwi_onnx_check_sources(const lwi_graph *graph);
/* NodeProto */
lw_status lwi_onnx_node(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *graph,
                        lwi_wire message);
/* Finds the operator of a node of newest form, checks it and appends it to the graph. */
lw_status lwi_onnx_emit(lwi_onnx *o, lwi_graph *graph, lwi_node *node, int64_t version);
/* The value of a Constant node's attribute. */
lw_status lwi_onnx_constant(lwi_onnx *o, const lwi_node *node, lw_value **value);

/* Version of the domain's operators in the scope; 0: not imported. */
int64_t lwi_onnx_version(const lwi_onnx_scope *scope, const char *domain);
/* OperatorSetIdProto */
lw_status lwi_onnx_opset(lwi_onnx *o, lwi_wire message, lwi_opset *opset);

/* The name in the graph of a name in the file, where functions have been written out. Valid until
 * the next call. */
lw_status lwi_onnx_rename(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_wire name,
                          const char **renamed);

/* Functions of the model (field 25). */
lw_status lwi_onnx_functions(lwi_onnx *o, lwi_wire model);
/* *function is NULL if there is none. */
lw_status lwi_onnx_find_function(lwi_onnx *o, const char *domain, const char *name,
                                 const char *overload, const lwi_onnx_function **function);
/* Writes out the call of a function. */
lw_status lwi_onnx_call(lwi_onnx *o, const lwi_onnx_scope *scope, lwi_graph *graph,
                        const lwi_onnx_function *function, lwi_wire node);

#endif
