/* SPDX-License-Identifier: MIT
 * What a door (format/...) makes of a file: the graph, and what the file says about itself. */
#ifndef LWI_NETWORK_H
#define LWI_NETWORK_H

#include "base/file.h"
#include "graph/graph.h"

typedef struct lwi_opset {
    const char *domain;
    int64_t version;
} lwi_opset;

typedef struct lwi_metadata {
    const char *key, *value;
} lwi_metadata;

/* An input of a run, for a graph that is made for it. */
typedef struct lwi_given {
    const char *name;
    lw_dtype dtype;
    int rank;
    int64_t dims[LW_MAX_RANK]; /* -1: free */
    int64_t examples[LW_MAX_RANK];
    const char *dim_names[LW_MAX_RANK]; /* NULL: none */
    bool known;                         /* a number whose value the graph may be made for: */
    int64_t value;
} lwi_given;

typedef struct lwi_network lwi_network;

/* What a door leaves whose file says too little about the inputs: it makes a graph for given ones.
 * Lives in the arena of the network that has it. */
typedef struct lwi_maker {
    /* Values that do not decide what the graph is become unknown. */
    lw_status (*make)(const struct lwi_maker *maker, lwi_given *givens, size_t n,
                      lwi_network *network);
    void (*free)(struct lwi_maker *maker); /* what is not in the arena */
} lwi_maker;

struct lwi_network {
    lwi_arena arena; /* holds everything below, all zero-terminated strings */
    lwi_graph *graph;
    const char *format, *producer, *producer_version, *doc; /* "" if not given */
    int64_t ir_version, model_version;
    lwi_opset *opsets;
    size_t n_opsets, cap_opsets;
    lwi_metadata *metadata;
    size_t n_metadata, cap_metadata;
    const char **issues; /* what lampwick cannot run, a sentence each */
    size_t n_issues, cap_issues;
    lwi_file *files; /* mapped: the model's own first, then external data */
    size_t n_files, cap_files;
    lw_dtype floats; /* what the network's numbers were before they were widened: float16 or
                        bfloat16 (opt/widen_floats.c); NONE: they were not, or there were both */
    bool observe;    /* the door is to add outputs for an importance matrix */
    struct lwi_adapters *adapters; /* that the door is to apply (arch/adapters.h); NULL: none */
    lwi_maker
        *maker; /* the graph tells only of inputs and outputs, as far as they are known; NULL */
    void (*release)(void *released); /* called when the network is freed; NULL: nothing is */
    void *released;
    bool collect; /* an unsupported operator becomes an issue and loading goes on */
};

void lwi_network_init(lwi_network *network, const lw_allocator *allocator, bool collect);
/* Unmaps files, frees constants that have storage, frees the arena. */
void lwi_network_free(lwi_network *network);
/* Records this thread's last error as an issue and returns LW_OK if issues are collected and the
 * status is one that looking goes on after (LW_UNSUPPORTED); returns status otherwise. */
lw_status lwi_network_issue(lwi_network *network, lw_status status);
lw_status lwi_network_opset(lwi_network *network, const char *domain, int64_t version);
lw_status lwi_network_metadata(lwi_network *network, const char *key, const char *value);
/* Keeps a mapped file; on failure the file is unmapped. */
lw_status lwi_network_keep_file(lwi_network *network, lwi_file *file);
/* Gives back the pages of mapped files that hold the data: it is not needed soon. */
void lwi_network_forget(const lwi_network *network, const void *data, size_t size);
/* A constant in the arena that borrows data (from a mapped file or the arena itself). */
lw_status lwi_network_tensor(lwi_network *network, lw_dtype dtype, int rank, const int64_t *dims,
                             const void *data, lw_value **value);

#endif
