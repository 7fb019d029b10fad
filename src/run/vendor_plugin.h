/* SPDX-License-Identifier: MIT
 * The side of a context that deals with a plug-in (lampwick/plugin.h): opening it, choosing its
 * parts of the graph, its programs. */
#ifndef LWI_VENDOR_PLUGIN_H
#define LWI_VENDOR_PLUGIN_H

#include "graph/network.h"
#include "opt/shapes.h"

#include "lampwick/plugin.h"

/* Who runs a node of the graph as it was loaded. */
typedef struct lwi_node_note {
    const char *name, *op_type;
    char part[16]; /* "part 3"; "": the processor */
    const char *reason;
} lwi_node_note;

/* A compiled part. */
typedef struct lwi_part_program {
    uint64_t key; /* hash of what it was compiled from */
    size_t bytes;
    void *program;
} lwi_part_program;

typedef struct lwi_vendor_plugin {
    lwi_arena arena; /* holds all below */
    const lw_plugin *table;
    void *state; /* NULL: not open */
    bool opened;
    lw_plugin_setup setup;
    lwi_node_note *notes; /* of the main graph, then of bodies */
    size_t n_notes, cap_notes, n_parts;
    lwi_part_program *programs;
    size_t n_programs, cap_programs;
} lwi_vendor_plugin;

/* Loads and opens the plug-in that the options of a context name. */
lw_status lwi_plugin_open(const lw_context_options *options, const lw_allocator *allocator,
                          lwi_vendor_plugin **plugin);
void lwi_plugin_close(lwi_vendor_plugin *plugin);
void lwi_plugin_forget_programs(lwi_vendor_plugin *plugin);

/* Puts the nodes that the plug-in claims into parts, each of which becomes one node
 * (run/partition.c); bodies likewise. Without fallback, LW_UNSUPPORTED if one is left. */
lw_status lwi_partition(lwi_vendor_plugin *plugin, lwi_network *network, bool fallback);
/* What a plug-in is told of a node (run/plugin_node.c); the arena holds it. */
lw_status lwi_plugin_describe(lwi_arena *arena, const lwi_graph *graph, const lwi_shapes *shapes,
                              const lwi_node *node, lw_plugin_node *described);

#endif
