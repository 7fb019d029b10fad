/* SPDX-License-Identifier: MIT
 * Makes the nodes of an architecture's graph. Functions return the value that they add (its id).
 * After the first failure they do nothing, so that builders read like the formulas: the status is
 * looked at once, in the end. */
#ifndef LWI_BUILDER_H
#define LWI_BUILDER_H

#include "arch/checkpoint.h"
#include "graph/network.h"

typedef struct lwi_graph_builder {
    lwi_network *network;
    lwi_graph *graph;
    const lwi_checkpoint *from;
    lw_status status;
    size_t node; /* the last that was added */
    bool *used;  /* [n_tensors] */
    size_t n_tensors;
    int layer;         /* of names that begin with "blk."; -1: none */
    const char *stack; /* stands before "blk.": "enc."; NULL: nothing */
    bool apart;        /* and before other names too */
    bool unscaled;     /* factors of products in feed-forward networks are not used */
    bool permuted;     /* lwi_decoder_style.permuted */
    bool mixed;        /* attn_qkv has its rows in another order in Hugging Face's weights */
    bool own_form;     /* and so have others there */
} lwi_graph_builder;

lw_status lwi_build_open(lwi_graph_builder *b, lwi_network *network, const lwi_checkpoint *from);
/* Frees what building needed; records tensors that no node uses as metadata. */
lw_status lwi_build_close(lwi_graph_builder *b);

void lwi_build_fail(lwi_graph_builder *b, lw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---------------------------------------------------------- hyperparameters */

double lwi_build_number(lwi_graph_builder *b, const char *key, double absent);
double lwi_build_layer_number(lwi_graph_builder *b, const char *key, int layer, double absent);
/* Between least and most, or LW_CORRUPT. absent < least: the key must be there. */
int64_t lwi_build_size(lwi_graph_builder *b, const char *key, int64_t absent, int64_t least,
                       int64_t most);
/* Element `layer` of a list, or the only number. */
int64_t lwi_build_layer_size(lwi_graph_builder *b, const char *key, int layer, int64_t absent,
                             int64_t least, int64_t most);
bool lwi_build_text_is(lwi_graph_builder *b, const char *key, const char *text);

/* -------------------------------------------------------------------- graph */

/* An input; a dimension of -1 with its name is free. */
int lwi_build_input(lwi_graph_builder *b, const char *name, lw_dtype dtype, int rank,
                    const int64_t *dims, const char *const *dim_names);
/* Of any shape. */
void lwi_build_output(lwi_graph_builder *b, int value, lw_dtype dtype, const char *name);
/* A node with one output. */
int lwi_build(lwi_graph_builder *b, const char *op_type, size_t n, const int *inputs);
int lwi_build_fused(lwi_graph_builder *b, const char *op_type, size_t n, const int *inputs);
/* A node of any domain with n_out outputs; -1 each after a failure. */
void lwi_build_outputs(lwi_graph_builder *b, const char *domain, const char *op_type, size_t n,
                       const int *inputs, size_t n_out, int *outputs);
/* Attributes of the node that was added last. */
void lwi_build_int(lwi_graph_builder *b, const char *name, int64_t value);
void lwi_build_list(lwi_graph_builder *b, const char *name, size_t n, const int64_t *values);
void lwi_build_float(lwi_graph_builder *b, const char *name, double value);
void lwi_build_text(lwi_graph_builder *b, const char *name, const char *value);

int lwi_build_floats(lwi_graph_builder *b, int rank, const int64_t *dims, const float *data);
int lwi_build_scalar(lwi_graph_builder *b, double number);
int lwi_build_ints(lwi_graph_builder *b, size_t n, const int64_t *values);

int lwi_build_add(lwi_graph_builder *b, int x, int y);
int lwi_build_mul(lwi_graph_builder *b, int x, int y);
/* x itself where the factor is 1. */
int lwi_build_scale(lwi_graph_builder *b, int x, double factor);
int lwi_build_reshape(lwi_graph_builder *b, int x, size_t rank, const int64_t *dims);
/* Elements [first, first + n) of the last axis. */
int lwi_build_part(lwi_graph_builder *b, int x, int64_t first, int64_t n);
/* The indices of the k largest elements of each row. */
int lwi_build_top(lwi_graph_builder *b, int x, int64_t k);
/* cap * tanh(x / cap); x itself where cap is 0. */
int lwi_build_softcap(lwi_graph_builder *b, int x, double cap);

/* A number among the network's metadata. */
void lwi_build_note(lwi_graph_builder *b, const char *key, int64_t value);

/* ------------------------------------------------------------------ weights */

/* Tensors are named by what stands behind "enc." of an encoder and "blk.N." in a layer. */
/* With these in front. */
void lwi_build_full_name(const lwi_graph_builder *b, const char *name, char *full, size_t size);
bool lwi_build_has(lwi_graph_builder *b, const char *name);
/* false: there is none (and that is an error if it is needed) */
bool lwi_build_tensor(lwi_graph_builder *b, const char *name, bool needed,
                      lwi_checkpoint_tensor *tensor);
/* A tensor as float32 numbers, decoded here: for small ones. -1: there is none. */
int lwi_build_weight(lwi_graph_builder *b, const char *name, bool needed);
/* Blocks as they lie in the file: uint8 [rows, bytes of a row], or [n, rows, ...] of a stack. */
int lwi_build_blocks(lwi_graph_builder *b, const lwi_checkpoint_tensor *tensor);
/* x W^T + b with NAME.weight, and NAME.bias if it is there; x [tokens, in] -> [tokens, out]. */
int lwi_build_linear(lwi_graph_builder *b, int x, const char *name);
/* With rows [first, first + n) of the weight. */
int lwi_build_linear_part(lwi_graph_builder *b, int x, const char *name, int64_t first, int64_t n);
/* What adapters add to y, the product of x with rows [first, first + n) of the weight w, which is
 * named `weight` ("attn_q.weight"); to y, its product with chosen experts; to its rows by ids. */
int lwi_build_adapted(lwi_graph_builder *b, int x, int y, const char *weight,
                      const lwi_checkpoint_tensor *w, int64_t first, int64_t n);
int lwi_build_adapted_experts(lwi_graph_builder *b, int x, int y, const char *weight,
                              const lwi_checkpoint_tensor *w, int chosen);
int lwi_build_adapted_rows(lwi_graph_builder *b, int ids, int y, const char *weight,
                           const lwi_checkpoint_tensor *w);
/* Fails if there is an adapter for another architecture, or one that no weight has taken. */
void lwi_build_check_adapters(lwi_graph_builder *b);
/* Outputs for an importance matrix, if the network is to have them; x: what the weight's columns
 * are multiplied with. */
void lwi_build_observe(lwi_graph_builder *b, int x, const char *weight, int64_t columns);
void lwi_build_observe_experts(lwi_graph_builder *b, int x, const char *weight,
                               const lwi_checkpoint_tensor *w, int chosen);
/* Rows of NAME.weight by ids. */
int lwi_build_embedding(lwi_graph_builder *b, int ids, const char *name);

#endif
