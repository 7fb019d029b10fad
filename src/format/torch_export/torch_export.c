/* SPDX-License-Identifier: MIT */
#include "format/torch_export/torch_export.h"

#include "format/torch_export/pt2.h"

#include <string.h>

static bool holds_program(const lwi_zip *zip) {
    for (size_t i = 0; i < zip->n; i++) {
        const char *rest = strchr(zip->entries[i].name, '/');
        if (!rest) rest = zip->entries[i].name;
        if (!strncmp(rest, "/models/", 8) || !strcmp(rest, "/archive_format") ||
            !strncmp(rest, "/data/aotinductor/", 18) || !strcmp(rest, lwi_pt2_saved_program))
            return true;
    }
    return false;
}

bool lwi_is_torch_export(const void *data, size_t size) {
    lwi_arena memory;
    lwi_zip zip;
    if (!lwi_is_zip(data, size)) return false;
    lwi_arena_init(&memory, &lwi_malloc_allocator);
    const bool is = lwi_zip_open(&memory, data, size, &zip) == LW_OK;
    const bool program = is && holds_program(&zip);
    if (is) lwi_zip_close(&zip);
    lwi_arena_free(&memory);
    return program;
}

static lw_status describe(lwi_pt2 *p) {
    lwi_network *n = p->network;
    const char *version = lwi_json_text(p->program, "torch_version", "");
    const lwi_json_item *schema = lwi_json_get(p->program, "schema_version");
    n->format = "torch.export";
    n->producer = "PyTorch";
    n->ir_version = lwi_json_int(schema, "major", 0);
    return lwi_arena_string(&n->arena, version, strlen(version), &n->producer_version);
}

static lw_status build(lwi_pt2 *p) {
    LW_TRY(lwi_pt2_check_operators(p));
    LW_TRY(lwi_pt2_inputs(p));
    LW_TRY(lwi_pt2_ranges(p));
    if (p->network->n_issues > 0) return LW_OK;
    const lw_status status = lwi_pt2_nodes(p);
    if (status != LW_OK) return lwi_network_issue(p->network, status);
    return lwi_pt2_outputs(p);
}

static lw_status build_graph(lwi_pt2 *p) {
    lwi_pt2_names names;
    const lwi_json_item *module = lwi_json_get(p->program, "graph_module");
    lw_status status = lwi_pt2_names_open(p, lwi_json_get(module, "graph"), &names);
    p->names = &names;
    if (status == LW_OK) status = lwi_aten_open(&p->a, p->network, "torch.export");
    if (status == LW_OK) {
        status = build(p);
        if (status != LW_OK && p->a.b.status == LW_OK) p->a.b.status = status;
        const lw_status closed = lwi_aten_close(&p->a);
        if (status == LW_OK && p->network->n_issues == 0) status = closed;
    }
    lwi_pt2_names_close(&names);
    return status;
}

static lw_status read_program(lwi_pt2 *p, const void *data, size_t size) {
    LW_TRY(lwi_zip_open(&p->memory, data, size, &p->zip));
    lw_status status = lwi_pt2_open(p);
    if (status == LW_OK) status = describe(p);
    if (status == LW_OK) status = build_graph(p);
    lwi_zip_close(&p->zip);
    return status;
}

lw_status lwi_torch_export_read(lwi_network *network, const void *data, size_t size) {
    lwi_pt2 p = {.network = network};
    lwi_arena_init(&p.memory, &network->arena.allocator);
    lwi_strmap_init(&p.written, &p.memory.allocator);
    lwi_strmap_init(&p.saved, &p.memory.allocator);
    const lw_status status = read_program(&p, data, size);
    lwi_strmap_free(&p.written);
    lwi_strmap_free(&p.saved);
    lwi_arena_free(&p.memory);
    return status;
}
