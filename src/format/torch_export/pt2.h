/* SPDX-License-Identifier: MIT
 * What the parts of the door share. JSON is read where it is needed: each reader checks what it
 * reads, and says where in the program something is wrong. */
#ifndef LWI_PT2_H
#define LWI_PT2_H

#include "aten/aten.h"
#include "base/json_read.h"
#include "files/stored_tensor.h"
#include "files/zip_file.h"

/* What names of a graph of the program stand for. Names of graphs inside nodes are their own. */
typedef struct lwi_pt2_names {
    lwi_strmap index;
    struct lwi_pt2_name {
        lwi_aten_value value;
        const char *stored; /* a weight or constant that nobody has asked for yet */
    } * items;
    size_t n, capacity;
    const lwi_json_item *graph;
    lwi_json_index types; /* tensor_values */
} lwi_pt2_names;

typedef struct lwi_pt2 {
    lwi_network *network;
    lwi_arena memory; /* of JSON and tables: it goes when the graph is made */
    lwi_zip zip;
    const char *root;  /* the folder that everything lies in */
    const char *model; /* the program's name */
    const lwi_json_item *program;
    lwi_json_index weights, constants; /* by name: where they lie and what they are */
    lwi_strmap saved;                  /* the same in archives of torch 2.7 and older */
    const lwi_stored_tensor **saved_tensors;
    size_t n_saved, cap_saved;
    lwi_aten a;
    lwi_pt2_names *names; /* of the graph that is being made */
    size_t depth;         /* of graphs within nodes */
    lwi_strmap written;   /* placeholders that are written to: 1 in place, 0 by the signature */
    struct lwi_pt2_state {
        int input;
        lw_value *held; /* in the file */
    } * states;
    size_t n_states, cap_states;
} lwi_pt2;

/* A dimension: fixed, or an expression of symbols with the size that it had in the example. */
typedef struct lwi_pt2_size {
    int64_t fixed;    /* -1: it is not */
    int64_t hint;     /* -1: none */
    const char *text; /* the expression, as sympy writes it */
} lwi_pt2_size;

typedef struct lwi_pt2_type {
    lw_dtype dtype;
    int rank;
    lwi_pt2_size sizes[LW_MAX_RANK];
} lwi_pt2_type;

/* --------------------------------------------------------------- pt2_archive */

/* A file of the archive, by its name under the root; NULL: there is none. */
const lwi_zip_entry *lwi_pt2_file(const lwi_pt2 *p, const char *folder, const char *name);
/* Finds the program and the tables of weights. */
lw_status lwi_pt2_open(lwi_pt2 *p);

/* ----------------------------------------------------------------- pt2_saved */

/* The program's name in an archive of torch 2.7 or older. */
extern const char lwi_pt2_saved_program[];
/* Finds the tensors of such an archive. */
lw_status lwi_pt2_read_saved(lwi_pt2 *p);

/* ------------------------------------------------------------------ pt2_type */

/* PyTorch's files number element types, memory formats and layouts in their own ways. */
lw_dtype lwi_pt2_dtype(int64_t number);
lw_status lwi_pt2_size_read(const lwi_json_item *item, lwi_pt2_size *size);
/* TensorMeta. */
lw_status lwi_pt2_type_read(const lwi_json_item *meta, lwi_pt2_type *type);
/* The symbol's name if the expression is just one, else NULL. In the arena. */
const char *lwi_pt2_symbol(lwi_arena *arena, const char *expression);

/* ---------------------------------------------------------------- pt2_stored */

/* A weight or constant of the archive, by name. */
bool lwi_pt2_has(const lwi_pt2 *p, const char *name);
lw_status lwi_pt2_constant(lwi_pt2 *p, const char *name, lwi_aten_value *value);

/* ----------------------------------------------------------------- pt2_names */

lw_status lwi_pt2_names_open(lwi_pt2 *p, const lwi_json_item *graph, lwi_pt2_names *names);
void lwi_pt2_names_close(lwi_pt2_names *names);
lw_status lwi_pt2_define(lwi_pt2 *p, const char *name, const lwi_aten_value *value);
lw_status lwi_pt2_define_stored(lwi_pt2 *p, const char *name, const char *stored);
lw_status lwi_pt2_find(lwi_pt2 *p, const char *name, lwi_aten_value *value);

/* -------------------------------------------------------------- pt2_argument */

lw_status lwi_pt2_argument(lwi_pt2 *p, const lwi_json_item *arg, lwi_aten_value *value);
/* What a node's output is called (TensorArgument, SymInt ...); NULL: nothing, or a list. */
const char *lwi_pt2_name_of(const lwi_json_item *arg);

/* ------------------------------------------------------------- pt2_signature */

/* Inputs before the nodes, outputs behind them. */
lw_status lwi_pt2_inputs(lwi_pt2 *p);
/* pt2_ranges.c: what their sizes may be. */
lw_status lwi_pt2_ranges(lwi_pt2 *p);
lw_status lwi_pt2_outputs(lwi_pt2 *p);

/* ----------------------------------------------------------------- pt2_state */

/* Adds to p->written what operators write to in place. */
lw_status lwi_pt2_find_written(lwi_pt2 *p);

/* ------------------------------------------------------------------ pt2_node */

/* All nodes of p->names->graph. */
lw_status lwi_pt2_nodes(lwi_pt2 *p);
/* Names a node's results; there may be more than it has names. */
lw_status lwi_pt2_results(lwi_pt2 *p, const lwi_json_item *node, size_t n,
                          const lwi_aten_value *results);
/* "torch.ops.aten.relu_.default" is "relu_" and "". false: it is no operator. */
bool lwi_pt2_operator(const char *target, char name[96], char overload[64]);

/* --------------------------------------------------------------- pt2_number */

/* Arithmetic of sizes: Python's operators, sym_size and the like. *done: it was one. */
lw_status lwi_pt2_number(lwi_pt2 *p, const lwi_json_item *node, bool *done);
/* There is such arithmetic. */
bool lwi_pt2_is_number(const char *target);

/* --------------------------------------------------------------- pt2_nested */

/* Nodes that hold graphs: cond, while_loop and those that change nothing in inference. */
lw_status lwi_pt2_nested(lwi_pt2 *p, const lwi_json_item *node, bool *done);
bool lwi_pt2_is_nested(const char *target);

/* ---------------------------------------------------------------- pt2_check */

/* Nodes that assert or say nothing else. */
bool lwi_pt2_is_silent(const char *target);
/* Lists all operators that are not supported, as issues or as one sentence. */
lw_status lwi_pt2_check_operators(lwi_pt2 *p);
/* Puts "node 'linear' (torch.ops.aten.linear.default, File ... line 3)" before a failure. */
lw_status lwi_pt2_at_node(const lwi_json_item *node, lw_status status);

#endif
