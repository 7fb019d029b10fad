/* SPDX-License-Identifier: MIT
 * ModelProto */
#include "format/onnx/onnx.h"
#include "format/onnx/reader.h"

#include <string.h>

enum {
    IR_VERSION = 1,
    PRODUCER_NAME = 2,
    PRODUCER_VERSION = 3,
    MODEL_VERSION = 5,
    DOC_STRING = 6,
    GRAPH = 7,
    OPSET_IMPORT = 8,
    METADATA_PROPS = 14
};
enum { NEWEST_IR = 14 };

lw_status lwi_onnx_opset(lwi_onnx *o, lwi_wire w, lwi_opset *opset) {
    enum { DOMAIN_NAME = 1, VERSION = 2 };
    lwi_field f;
    *opset = (lwi_opset){"", 0};
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == DOMAIN_NAME) LW_TRY(lwi_field_name(&f, &o->network->arena, &opset->domain));
        if (f.id == VERSION) LW_TRY(lwi_field_int(&f, &opset->version));
    }
    if (!strcmp(opset->domain, "ai.onnx")) opset->domain = "";
    if (*opset->domain || opset->version <= LWI_ONNX_OPSET) return LW_OK;
    return lwi_network_issue(o->network,
                             lwi_fail(LW_UNSUPPORTED,
                                      "opset %lld is newer than %d, the newest that lampwick knows",
                                      (long long)opset->version, LWI_ONNX_OPSET));
}

int64_t lwi_onnx_version(const lwi_onnx_scope *scope, const char *domain) {
    for (size_t i = 0; i < scope->n_opsets; i++)
        if (!strcmp(scope->opsets[i].domain, domain)) return scope->opsets[i].version;
    return 0;
}

static lw_status read_opset(lwi_onnx *o, lwi_wire w) {
    lwi_opset opset;
    LW_TRY(lwi_onnx_opset(o, w, &opset));
    return lwi_network_opset(o->network, opset.domain, opset.version);
}

static lw_status read_metadata(lwi_onnx *o, lwi_wire w) {
    enum { KEY = 1, VALUE = 2 };
    const char *key = "", *value = "";
    lwi_field f;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        if (f.id == KEY) LW_TRY(lwi_field_text(&f, &o->network->arena, &key));
        if (f.id == VALUE) LW_TRY(lwi_field_text(&f, &o->network->arena, &value));
    }
    return lwi_network_metadata(o->network, key, value);
}

static lw_status read_field(lwi_onnx *o, const lwi_field *f, lwi_wire *graph) {
    lwi_network *n = o->network;
    lwi_wire body = {NULL, NULL};
    switch (f->id) {
    case IR_VERSION:
        return lwi_field_int(f, &n->ir_version);
    case MODEL_VERSION:
        return lwi_field_int(f, &n->model_version);
    case PRODUCER_NAME:
        return lwi_field_text(f, &n->arena, &n->producer);
    case PRODUCER_VERSION:
        return lwi_field_text(f, &n->arena, &n->producer_version);
    case DOC_STRING:
        return lwi_field_text(f, &n->arena, &n->doc);
    case GRAPH:
        return lwi_field_body(f, graph);
    case OPSET_IMPORT:
        LW_TRY(lwi_field_body(f, &body));
        return read_opset(o, body);
    case METADATA_PROPS:
        LW_TRY(lwi_field_body(f, &body));
        return read_metadata(o, body);
    default:
        return LW_OK;
    }
}

static lw_status read_fields(lwi_onnx *o, lwi_wire w, lwi_wire *graph) {
    lwi_network *n = o->network;
    lwi_field f;
    while (w.at < w.end) {
        LW_TRY(lwi_wire_next(&w, &f));
        LW_TRY(read_field(o, &f, graph));
    }
    if (!graph->at) return lwi_fail(LW_CORRUPT, "it has no graph");
    if (n->ir_version < 1) return lwi_fail(LW_CORRUPT, "it has no IR version");
    if (n->ir_version > NEWEST_IR)
        LW_TRY(lwi_network_issue(
            n, lwi_fail(LW_UNSUPPORTED,
                        "IR version %lld is newer than %d, the newest that lampwick "
                        "knows",
                        (long long)n->ir_version, NEWEST_IR)));
    if (n->n_opsets || n->ir_version >= 3) return LW_OK;
    return lwi_network_opset(n, "", 1); /* before IR version 3 there was only one */
}

static lw_status read_model(lwi_onnx *o, lwi_wire message) {
    lwi_network *n = o->network;
    lwi_wire graph = {NULL, NULL};
    const lw_status status = read_fields(o, message, &graph);
    if (status == LW_CORRUPT) return lwi_fail_prefix(status, "this is not a whole ONNX model");
    LW_TRY(status);
    LW_TRY(lwi_onnx_functions(o, message));
    const lwi_onnx_scope scope = {.opsets = n->opsets, .n_opsets = n->n_opsets};
    return lwi_onnx_graph(o, &scope, NULL, graph, &n->graph);
}

/* Reading goes on after something that is not supported, so that the error can say how much more
 * there is. */
static lw_status read_whole(lwi_onnx *o, lwi_wire message) {
    lwi_network *n = o->network;
    const bool collect = n->collect;
    n->collect = true;
    const lw_status status = read_model(o, message);
    n->collect = collect;
    if (status != LW_OK || collect || n->n_issues == 0) return status;
    if (n->n_issues == 1) return lwi_fail(LW_UNSUPPORTED, "%s", n->issues[0]);
    return lwi_fail(LW_UNSUPPORTED, "%s (and %zu more that cannot be run)", n->issues[0],
                    n->n_issues - 1);
}

lw_status lwi_onnx_read(lwi_network *network, const void *data, size_t size, const char *path) {
    const lw_allocator *allocator = &network->arena.allocator;
    lwi_onnx o = {.network = network, .path = path, .model_size = size};
    lwi_strmap_init(&o.external, allocator);
    lwi_strmap_init(&o.function_index, allocator);
    network->format = "ONNX";
    const uint8_t *bytes = data;
    const lw_status status = read_whole(&o, (lwi_wire){bytes, bytes + size});
    for (size_t i = 0; status != LW_OK && i < o.n_graphs; i++)
        lwi_graph_seal(o.graphs[i]);
    lwi_free(allocator, o.graphs);
    lwi_free(allocator, o.name);
    lwi_strmap_free(&o.external);
    lwi_strmap_free(&o.function_index);
    return status;
}
