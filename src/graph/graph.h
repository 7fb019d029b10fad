/* SPDX-License-Identifier: MIT
 * The graph: values, nodes, attributes. One vocabulary, ONNX's operators in their newest form.
 * Everything lives in the model's arena and is immutable once the model is loaded. */
#ifndef LWI_GRAPH_H
#define LWI_GRAPH_H

#include "base/strmap.h"
#include "tensor/value.h"

typedef struct lwi_graph lwi_graph;
typedef struct lwi_op_entry lwi_op_entry; /* ops/registry.h */

/* Values as in ONNX's AttributeProto.AttributeType. */
typedef enum lwi_attr_kind {
    LWI_ATTR_NONE = 0,
    LWI_ATTR_FLOAT = 1,
    LWI_ATTR_INT = 2,
    LWI_ATTR_STRING = 3,
    LWI_ATTR_TENSOR = 4,
    LWI_ATTR_GRAPH = 5,
    LWI_ATTR_FLOATS = 6,
    LWI_ATTR_INTS = 7,
    LWI_ATTR_STRINGS = 8,
    LWI_ATTR_TENSORS = 9,
    LWI_ATTR_GRAPHS = 10,
    LWI_ATTR_TYPE = 13,
    LWI_ATTR_PART = 100 /* a graph that a plug-in runs: it captures nothing, and no pass sees it */
} lwi_attr_kind;

/* The declared type of a value; dims has -1 and dim_names where a dimension is not fixed. */
typedef struct lwi_type {
    lw_kind kind;    /* of the value */
    lw_kind element; /* of what a sequence or optional holds; a map's values */
    lw_dtype dtype;  /* of the tensor (inside); a map's values; LW_DTYPE_NONE: any float type */
    lw_dtype key;    /* of a map's keys */
    bool declared;
    int rank; /* -1: unknown */
    const int64_t *dims;
    const char *const *dim_names;
} lwi_type;

typedef struct lwi_attr {
    const char *name;
    lwi_attr_kind kind;
    size_t n; /* of lists */
    union {
        float f;
        int64_t i;
        lw_string s;
        lw_value *tensor;
        lwi_graph *graph;
        const float *floats;
        const int64_t *ints;
        const lw_string *strings;
        lw_value *const *tensors;
        lwi_type type;
    };
} lwi_attr;

typedef struct lwi_node {
    const char *name;   /* "" if it has none */
    const char *domain; /* "" is ai.onnx */
    const char *op_type;
    const char *overload;
    const lwi_op_entry *op; /* NULL while not resolved or not known */
    int *inputs;            /* value ids; -1: omitted */
    int *outputs;
    size_t n_inputs, n_outputs;
    lwi_attr *attrs;
    size_t n_attrs, cap_attrs;
} lwi_node;

/* A value inside a graph. */
typedef struct lwi_slot {
    const char *name;
    lwi_type type;      /* as declared, if it was */
    lw_value *constant; /* initializer; NULL otherwise */
    bool wide;          /* float32 in a network of 16-bit floats (lwi_network.floats) */
} lwi_slot;

/* A subgraph's value that is one of the enclosing graph's. */
typedef struct lwi_capture {
    int outer, inner;
} lwi_capture;

/* What sizes of inputs with a name may be. */
typedef struct lwi_size_range {
    const char *name; /* as in dim_names */
    int64_t least, most;
} lwi_size_range;

struct lwi_graph {
    const char *name;
    lwi_graph *parent; /* NULL: a model's main graph */
    lwi_arena *arena;  /* the model's */
    lwi_slot *slots;
    size_t n_slots, cap_slots;
    lwi_node *nodes;
    size_t n_nodes, cap_nodes;
    int *inputs, *outputs; /* value ids */
    size_t n_inputs, n_outputs;
    lwi_capture *captures;
    size_t n_captures, cap_captures;
    bool open_defaults; /* constants of inputs may be replaced by whoever runs the graph */
    const lwi_size_range *ranges; /* [n_ranges] of names that stand for one size each */
    size_t n_ranges;
    lwi_strmap names; /* of slots; freed by lwi_graph_seal */
    /* Set by lwi_graph_lifetimes: */
    int *last_use;      /* [n_slots] node after which the value is not needed; n_nodes: an output
                           of the graph; -1: never used */
    size_t *dead_first; /* [n_nodes + 1] values that die after node i are dead[dead_first[i]] to */
    int *dead;          /* dead[dead_first[i + 1] - 1] */
};

lw_status lwi_graph_new(lwi_arena *arena, lwi_graph *parent, const char *name, lwi_graph **graph);
/* The id of the value of that name: in this graph, or captured from one around it. -1: none. A
 * capture that is not there yet is added. */
lw_status lwi_graph_find(lwi_graph *graph, const char *name, int *id);
/* A new value; LW_CORRUPT if the graph has that name already. "" makes an unnamed one. */
lw_status lwi_graph_define(lwi_graph *graph, const char *name, int *id);
/* The value of the name in this graph, made if there is none (for inputs of nodes that are
 * defined further down). */
lw_status lwi_graph_intern(lwi_graph *graph, const char *name, int *id);
/* A constant with a name that no other value has, made from prefix. */
lw_status lwi_graph_constant(lwi_graph *graph, const char *prefix, lw_value *value, int *id);
/* A value with a name that no other value has. */
lw_status lwi_graph_temporary(lwi_graph *graph, const char *prefix, int *id);
/* Copies *node (its arrays are kept as they are) to the end of the list. */
lw_status lwi_graph_append(lwi_graph *graph, const lwi_node *node);
/* Frees what is needed for building only, here and in all subgraphs. */
void lwi_graph_seal(lwi_graph *graph);
/* Orders nodes so that each stands after those it needs; LW_CORRUPT on a cycle. Stable. */
lw_status lwi_graph_sort(lwi_graph *graph);

/* Finds out which values die where, here and in all subgraphs. */
lw_status lwi_graph_lifetimes(lwi_graph *graph);

/* Calls fn for every value of its graph that the node reads, by itself or through the captures of
 * its subgraphs. */
void lwi_node_each_read(const lwi_node *node, void (*fn)(void *arg, int value), void *arg);

/* NULL if the node has no such attribute. */
const lwi_attr *lwi_node_attr(const lwi_node *node, const char *name);
/* Adds or replaces; the arrays in *attr are kept as they are. */
lw_status lwi_node_set_attr(lwi_arena *arena, lwi_node *node, const lwi_attr *attr);
lw_status lwi_node_set_int(lwi_arena *arena, lwi_node *node, const char *name, int64_t value);
void lwi_node_remove_attr(lwi_node *node, const char *name);
/* Makes the node have at least n inputs, the new ones omitted, and sets input n - 1. */
lw_status lwi_node_set_input(lwi_arena *arena, lwi_node *node, size_t index, int id);

#endif
