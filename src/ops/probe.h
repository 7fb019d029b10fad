/* SPDX-License-Identifier: MIT
 * What types and shapes a graph's values have for one choice of sizes: the operators' own infer
 * functions are run node by node, and what follows from shapes and constants alone is computed. */
#ifndef LWI_PROBE_H
#define LWI_PROBE_H

#include "ops/op.h"

typedef struct lwi_prober {
    const lwi_graph *graph; /* which may grow */
    lwi_arena memory;
    lw_value **values; /* [cap] NULL: not known */
    size_t cap;
    const lw_value **in; /* of the node at hand */
    lw_value **out;
    bool *declared;
    size_t cap_in, cap_out, cap_declared;
    lwi_host host;
} lwi_prober;

void lwi_prober_init(lwi_prober *p, const lwi_graph *graph);
void lwi_prober_free(lwi_prober *p);
/* A value without data. */
lw_status lwi_probe_give(lwi_prober *p, int id, lw_dtype dtype, int rank, const int64_t *dims);
/* A value as it is: a constant. NULL: it is not known. */
lw_status lwi_probe_set(lwi_prober *p, int id, const lw_value *value);
/* Finds the node's outputs; they stay unknown where an input is, where they depend on data or where
 * infer fails. *inferred:
 * what infer said, LW_OK where it was not asked. The status is that of memory. */
lw_status lwi_probe_node(lwi_prober *p, const lwi_node *node, lw_status *inferred);

/* NULL: not known. Its data is NULL where it is not known. */
static inline const lw_value *lwi_probed(const lwi_prober *p, int id) {
    return id >= 0 && (size_t)id < p->cap ? p->values[id] : NULL;
}

#endif
