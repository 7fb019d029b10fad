/* SPDX-License-Identifier: MIT
 * TreeEnsembleClassifier and TreeEnsembleRegressor (ai.onnx.ml 3): nodes are named by a tree id and
 * a node id. A tree starts at the first of its nodes in the list. */
#include "ops/lookup.h"
#include "ops/tree_ensemble.h"

#include <stdio.h>
#include <string.h>

/* Pairs of tree id and node id as strings of 16 bytes, for a lookup. */
static lw_status make_names(lwi_call *c, const int64_t *trees, const int64_t *ids, size_t n,
                            lw_value *names) {
    int64_t(*pairs)[2] = NULL;
    lw_string *strings = NULL;
    LW_TRY(lwi_scratch(c, n, sizeof *pairs, &pairs));
    LW_TRY(lwi_scratch(c, n, sizeof *strings, &strings));
    for (size_t i = 0; i < n; i++) {
        pairs[i][0] = trees[i], pairs[i][1] = ids[i];
        strings[i] = (lw_string){(const char *)pairs[i], sizeof *pairs};
    }
    return lwi_tensor_init(names, LW_STRING, 1, (const int64_t[]){(int64_t)n}, strings);
}

/* The index of a node by its name; SIZE_MAX if there is none. */
static size_t find_node(const lwi_lookup *lookup, int64_t tree, int64_t id) {
    const int64_t pair[2] = {tree, id};
    lw_string string = {(const char *)pair, sizeof pair};
    const lw_value name = {.dtype = LW_STRING, .data = &string, .count = 1};
    const int64_t found = lwi_lookup_find(lookup, &name, 0);
    return found < 0 ? SIZE_MAX : (size_t)found;
}

/* A list of ints with n elements; n 0: any number, which becomes n. */
static lw_status read_ints(const lwi_call *c, const char *prefix, const char *name, size_t *n,
                           const int64_t **list) {
    char full[64];
    size_t found = 0;
    snprintf(full, sizeof full, "%s_%s", prefix, name);
    *list = lwi_attr_ints(c->node, full, &found);
    if (!*list || found == 0 || (*n && found != *n))
        return lwi_call_fail(c, LW_INVALID, "%s has %zu elements, expected %zu", full, found, *n);
    *n = found;
    return LW_OK;
}

/* Numbers as a list of floats or, with the suffix _as_tensor, a tensor; n as above. */
static lw_status read_numbers(const lwi_call *c, const char *prefix, const char *name, size_t n,
                              lw_value *list) {
    char full[64];
    snprintf(full, sizeof full, "%s_%s", prefix, name);
    bool found = lwi_attr_list(c->node, full, list);
    snprintf(full, sizeof full, "%s_%s_as_tensor", prefix, name);
    found = found || lwi_attr_list(c->node, full, list);
    if (found && list->dtype != LW_STRING && list->count == n) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "%s_%s must have %zu elements", prefix, name, n);
}

static lw_status read_mode(const lwi_call *c, const lw_string *text, uint8_t *mode) {
    static const char *const names[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", "",           "LEAF"};
    for (uint8_t i = 0; i < 8; i++)
        if (strlen(names[i]) == text->size && !memcmp(names[i], text->data, text->size))
            if (text->size) return *mode = i, LW_OK;
    return lwi_call_fail(c, LW_INVALID, "nodes_modes has '%.*s'",
                         (int)(text->size < 40 ? text->size : 40), text->data);
}

static lw_status read_nodes(lwi_call *c, const int64_t *trees, lwi_forest *f, lwi_lookup *lookup,
                            lw_value *names) {
    const int64_t *ids, *yes, *no, *features, *missing = NULL;
    size_t n = f->n_nodes, n_modes = 0;
    lw_value values;
    const lw_string *modes = lwi_attr_strings(c->node, "nodes_modes", &n_modes);
    LW_TRY(read_ints(c, "nodes", "nodeids", &n, &ids));
    LW_TRY(read_ints(c, "nodes", "truenodeids", &n, &yes));
    LW_TRY(read_ints(c, "nodes", "falsenodeids", &n, &no));
    LW_TRY(read_ints(c, "nodes", "featureids", &n, &features));
    LW_TRY(read_numbers(c, "nodes", "values", n, &values));
    if (lwi_node_attr(c->node, "nodes_missing_value_tracks_true"))
        LW_TRY(read_ints(c, "nodes", "missing_value_tracks_true", &n, &missing));
    if (n_modes != n) return lwi_call_fail(c, LW_INVALID, "nodes_modes has %zu elements", n_modes);
    LW_TRY(make_names(c, trees, ids, n, names));
    LW_TRY(lwi_lookup_make(c, names, LWI_KEEP_FIRST, lookup));
    for (size_t i = 0; i < n; i++) {
        lwi_tree_node *node = &f->nodes[i];
        *node = (lwi_tree_node){.split = lwi_get_double(&values, i),
                                .feature = features[i] < 0 ? SIZE_MAX : (size_t)features[i],
                                .missing_is_yes = missing && missing[i]};
        LW_TRY(read_mode(c, &modes[i], &node->mode));
        if (node->mode == LWI_TREE_LEAF) continue;
        node->yes = find_node(lookup, trees[i], yes[i]);
        node->no = find_node(lookup, trees[i], no[i]);
    }
    return LW_OK;
}

/* Gives each leaf its weights, in the order of the list. Weights of other nodes do not count. */
static lw_status read_weights(lwi_call *c, const char *prefix, const lwi_lookup *lookup,
                              lwi_forest *f) {
    const int64_t *trees, *ids, *targets;
    size_t n = 0, *node_of = NULL, total = 0;
    lw_value weights;
    LW_TRY(read_ints(c, prefix, "ids", &n, &targets));
    LW_TRY(read_ints(c, prefix, "treeids", &n, &trees));
    LW_TRY(read_ints(c, prefix, "nodeids", &n, &ids));
    LW_TRY(read_numbers(c, prefix, "weights", n, &weights));
    LW_TRY(lwi_scratch(c, n, sizeof *node_of, &node_of));
    LW_TRY(lwi_kept(c, n, sizeof *f->weights, &f->weights));
    for (size_t i = 0; i < n; i++) {
        node_of[i] = find_node(lookup, trees[i], ids[i]);
        if (node_of[i] == SIZE_MAX)
            return lwi_call_fail(c, LW_INVALID,
                                 "a weight belongs to node %lld of tree %lld, which "
                                 "does not exist",
                                 (long long)ids[i], (long long)trees[i]);
        if (f->nodes[node_of[i]].mode == LWI_TREE_LEAF) f->nodes[node_of[i]].no++;
    }
    for (size_t i = 0; i < f->n_nodes; i++) {
        lwi_tree_node *node = &f->nodes[i];
        if (node->mode != LWI_TREE_LEAF) continue;
        node->yes = total;
        total += node->no;
        node->no = node->yes; /* grows again below */
    }
    for (size_t i = 0; i < n; i++) {
        lwi_tree_node *node = &f->nodes[node_of[i]];
        if (node->mode != LWI_TREE_LEAF) continue;
        f->weights[node->no++] = (lwi_tree_weight){targets[i] < 0 ? SIZE_MAX : (size_t)targets[i],
                                                   lwi_get_double(&weights, i)};
    }
    return LW_OK;
}

lw_status lwi_forest_read(lwi_call *c, const char *prefix, lwi_forest *f) {
    const int64_t *trees;
    lwi_lookup lookup, first;
    lw_value names, tree_list;
    f->n_nodes = 0;
    LW_TRY(read_ints(c, "nodes", "treeids", &f->n_nodes, &trees));
    LW_TRY(lwi_kept(c, f->n_nodes, sizeof *f->nodes, &f->nodes));
    LW_TRY(lwi_kept(c, f->n_nodes, sizeof *f->roots, &f->roots));
    LW_TRY(read_nodes(c, trees, f, &lookup, &names));
    LW_TRY(read_weights(c, prefix, &lookup, f));
    if (!lwi_attr_list(c->node, "nodes_treeids", &tree_list)) return LW_OK;
    LW_TRY(lwi_lookup_make(c, &tree_list, LWI_KEEP_FIRST, &first));
    f->n_roots = 0;
    for (size_t i = 0; i < f->n_nodes; i++)
        if (lwi_lookup_find(&first, &tree_list, i) == (int64_t)i) f->roots[f->n_roots++] = i;
    return LW_OK;
}
