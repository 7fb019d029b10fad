/* SPDX-License-Identifier: MIT
 * What kernels note of data that are wrong: the number of the node, in one int for a context.
 * Nodes are counted through all graphs, bodies among them. */
#include "run/device_memory.h"
#include "run/plan_device.h"

#include <string.h>

lw_status lwi_device_number(lw_context *c, const lwi_graph *g, int *first) {
    int next = 1;
    for (size_t i = 0; i < c->n_numbered; i++) {
        *first = c->numbered[i].first;
        if (c->numbered[i].graph == g) return LW_OK;
        next = *first + (int)c->numbered[i].graph->n_nodes;
    }
    LW_TRY(lwi_grow(&c->allocator, &c->numbered, &c->cap_numbered, c->n_numbered + 1,
                    sizeof *c->numbered));
    c->numbered[c->n_numbered++] = (lwi_numbered){g, next};
    *first = next;
    return LW_OK;
}

lw_status lwi_device_open_mistake(lw_context *c) {
    static const int32_t none = 0;
    if (c->mistake.handle) return LW_OK;
    LW_TRY(lwi_device_take(c, "a note of mistakes", "", sizeof none, &c->mistake));
    return c->device->api->upload(c->device, c->mistake.handle, 0, &none, sizeof none);
}

static const lwi_node *find_node(const lw_context *c, int32_t number) {
    for (size_t i = 0; i < c->n_numbered; i++) {
        const int64_t at = (int64_t)number - c->numbered[i].first;
        const lwi_graph *g = c->numbered[i].graph;
        if (at >= 0 && at < (int64_t)g->n_nodes) return &g->nodes[at];
    }
    return NULL;
}

lw_status lwi_device_find_mistake(lw_context *c) {
    static const int32_t none = 0;
    int32_t number = 0;
    if (!c->may_be_wrong) return LW_OK;
    c->may_be_wrong = false;
    LW_TRY(c->device->api->download(c->device, c->mistake.handle, 0, &number, sizeof number));
    const lwi_node *wrong = find_node(c, number);
    if (!wrong) return LW_OK;
    LW_TRY(c->device->api->upload(c->device, c->mistake.handle, 0, &none, sizeof none));
    if (!strcmp(wrong->op_type, "Inverse"))
        return lwi_node_fail(wrong, LW_INVALID, "a matrix of the batch has no inverse");
    return lwi_node_fail(wrong, LW_RANGE, "an index is out of range");
}

/* What its data did wrong is not the next run's. A device that is lost says so in that. */
void lwi_device_forget_mistake(lw_context *c) {
    static const int32_t none = 0;
    void *handle = c->mistake.handle;
    const lw_status status =
        handle ? c->device->api->upload(c->device, handle, 0, &none, sizeof none) : LW_OK;
    (void)status;
    c->may_be_wrong = false;
}
