/* SPDX-License-Identifier: MIT
 * A DequantizeLinear moves behind operators that only move elements or choose among them, so that
 * these work on codes. A scale is positive, so the largest code is the largest number. */
#include "opt/passes.h"
#include "opt/quantized.h"

#include "ops/registry.h"

#include <string.h>

static bool only_moves(const lwi_node *node) {
    static const char *const names[] = {"DepthToSpace", "Expand",  "Flatten",   "Gather",
                                        "MaxPool",      "Reshape", "Slice",     "SpaceToDepth",
                                        "Squeeze",      "Tile",    "Transpose", "Unsqueeze"};
    if (*node->op->domain) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(node->op->name, names[i])) return true;
    return false;
}

/* out is made of codes now, which a new DequantizeLinear turns into what out was. */
static lw_status sink(lwi_rewrite *r, size_t i, const lwi_quantized *q) {
    const int out = r->graph->nodes[i].outputs[0];
    const lwi_shape shape = *lwi_shape_of(r->shapes, out);
    int inputs[3] = {-1, q->scale, q->zero};
    lwi_node *made = NULL;
    LW_TRY(lwi_rewrite_value(r, "codes", q->dtype, shape.rank, shape.dims, &inputs[0]));
    lwi_node *before = lwi_producer(r, lwi_input(r, &r->graph->nodes[i], 0));
    LW_TRY(lwi_rewrite_set_input(r, &r->graph->nodes[i], 0, q->codes));
    if (!lwi_is_read(r, before->outputs[0])) lwi_rewrite_remove(r, before);
    lwi_rewrite_set_output(r, &r->graph->nodes[i], 0, inputs[0]);
    r->count++;
    return lwi_rewrite_insert(r, i, "", "DequantizeLinear", inputs, q->zero < 0 ? 2 : 3, &out, 1,
                              &made);
}

lw_status lwi_pass_sink_dequantize(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        lwi_quantized q;
        const lwi_node *node = lwi_rewrite_node(r, i);
        if (!node || !only_moves(node) || node->outputs[0] < 0) continue;
        if (node->n_outputs > 1 && node->outputs[1] >= 0) continue;
        if (!lwi_dequantized(r, lwi_input(r, node, 0), &q) || !q.single || q.dtype == LW_INT32)
            continue;
        if (lwi_constant(r, q.codes) || lwi_shape_of(r->shapes, node->outputs[0])->rank < 0)
            continue;
        LW_TRY(sink(r, i, &q));
    }
    return LW_OK;
}
