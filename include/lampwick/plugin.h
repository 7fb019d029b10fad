/* SPDX-License-Identifier: MIT
 * Plug-ins: engines of vendors that run parts of a graph (docs/plugins.md).
 *
 * A plug-in is a shared library that exports lw_plugin_entry. It needs no library of lampwick, only
 * this header. lampwick asks it about each node, puts the nodes that it claims into parts that are
 * as large as can be (no value leaves a part and comes back), and hands over each part as an ONNX
 * model whose sizes are all fixed; what depends on sizes alone has been computed before. The
 * plug-in makes a program of it, which is run as one node.
 *
 * All functions of one state are called by one thread at a time; those of different states may be
 * called at the same time. What they get is borrowed for the call. A function that fails tells why
 * by fail(status, sentence) of the setup and returns the status. Nothing may be thrown, printed or
 * ended. */
#ifndef LAMPWICK_PLUGIN_H
#define LAMPWICK_PLUGIN_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever what stands below does. */
#define LW_PLUGIN_VERSION 1

typedef struct lw_plugin_option {
    const char *key, *value; /* of "key=value"; value "" for "key" alone */
} lw_plugin_option;

/* What a state is opened with; it lives until the state is closed. */
typedef struct lw_plugin_setup {
    size_t size;
    const lw_plugin_option *options; /* the plug-in refuses keys that it does not know */
    size_t n_options;
    const char *cache; /* a folder for what was compiled; NULL: nothing is kept */
    lw_status (*fail)(lw_status status, const char *sentence); /* returns status */
} lw_plugin_setup;

typedef struct lw_plugin_tensor {
    const char *name;    /* in the ONNX model */
    lw_dtype dtype;      /* LW_DTYPE_NONE: not known, or no tensor */
    int rank;            /* -1: not known */
    const int64_t *dims; /* [rank]; negative: not fixed (in claims only) */
    size_t bytes;
    void *data; /* in claims: of a constant, else NULL. In compile: NULL */
} lw_plugin_tensor;

/* Numbers as in ONNX's AttributeProto.AttributeType. */
typedef enum lw_plugin_attribute_kind {
    LW_PLUGIN_FLOAT = 1,
    LW_PLUGIN_INT = 2,
    LW_PLUGIN_STRING = 3,
    LW_PLUGIN_FLOATS = 6,
    LW_PLUGIN_INTS = 7
} lw_plugin_attribute_kind;

typedef struct lw_plugin_attribute {
    const char *name;
    lw_plugin_attribute_kind kind;
    int64_t i;
    float f;
    const char *s;
    const int64_t *ints; /* [n] */
    const float *floats; /* [n] */
    size_t n;
} lw_plugin_attribute;

typedef struct lw_plugin_node {
    size_t size;
    const char *name, *op_type, *domain; /* domain "" is ai.onnx; the newest form of the operator */
    const lw_plugin_tensor *inputs, *outputs; /* name "": left out */
    size_t n_inputs, n_outputs;
    const lw_plugin_attribute *attributes; /* of the kinds above */
    size_t n_attributes;
} lw_plugin_node;

typedef struct lw_plugin_graph {
    size_t size;
    const void *onnx; /* a serialized ModelProto; NULL for LW_PLUGIN_WHOLE */
    size_t onnx_bytes;
    char key[17]; /* a hash of it, for a name in the cache; "" for LW_PLUGIN_WHOLE */
    const lw_plugin_tensor *inputs, *outputs; /* all sizes are fixed */
    size_t n_inputs, n_outputs;
} lw_plugin_graph;

/* The plug-in's programs were compiled before, of whole models: it gets no ONNX model, and a graph
 * of which it does not run every node is refused. Its inputs and outputs are the model's, in order.
 */
#define LW_PLUGIN_WHOLE 1u

typedef struct lw_plugin {
    size_t size;
    uint32_t version; /* LW_PLUGIN_VERSION that it was compiled with */
    unsigned flags;
    const char *name; /* "migraphx" */
    /* Opens the vendor's library, and the device. LW_NOT_FOUND if there is none. */
    lw_status (*open)(const lw_plugin_setup *setup, void **state);
    void (*close)(void *state);
    /* Whether it runs such a node; if not, *reason may tell why (static, or living as long as the
     * state). */
    bool (*claims)(void *state, const lw_plugin_node *node, const char **reason);
    lw_status (*compile)(void *state, const lw_plugin_graph *graph, void **program);
    /* Inputs and outputs in the order of the graph's, with data to read and memory to fill. */
    lw_status (*run)(void *program, const lw_plugin_tensor *inputs,
                     const lw_plugin_tensor *outputs);
    void (*release)(void *program);
} lw_plugin;

#if defined(_WIN32)
#define LW_PLUGIN_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define LW_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define LW_PLUGIN_EXPORT
#endif

/* The one symbol of a plug-in: its table, or NULL if it cannot work with a lampwick of this
 * LW_PLUGIN_VERSION. */
LW_PLUGIN_EXPORT const lw_plugin *lw_plugin_entry(uint32_t version);

#ifdef __cplusplus
}
#endif
#endif
