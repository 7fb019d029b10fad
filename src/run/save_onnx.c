/* SPDX-License-Identifier: MIT
 * lw_model_save_onnx. The passes make operators of lampwick's own, so a model that went through
 * them is read once more without. */
#include "format/onnx/onnx_write.h"
#include "opt/shapes.h"
#include "run/model.h"

#include <string.h>

/* Outputs that the file gave no type get the one that the operators infer: readers ask for it. */
static lw_status find_types(const lw_model *m, lwi_shapes *shapes, lw_value *known) {
    lwi_graph *g = m->network.graph;
    LW_TRY(lwi_shapes_find(shapes, g, NULL));
    for (size_t i = 0; i < g->n_outputs; i++) {
        const int id = g->outputs[i];
        const lwi_shape *s = lwi_shape_of(shapes, id);
        if (g->slots[id].type.declared || g->slots[id].constant || !s->dtype || s->rank < 0)
            continue;
        LW_TRY(lwi_tensor_init(&known[id], s->dtype, 0, NULL, NULL));
        known[id].fixed = LWI_VARIES;
        known[id].rank = s->rank;
        for (int d = 0; d < s->rank; d++)
            known[id].dims[d] = -1; /* what shapes say of sizes is no proof */
    }
    return LW_OK;
}

static bool lacks_types(const lwi_graph *g) {
    for (size_t i = 0; i < g->n_outputs; i++)
        if (!g->slots[g->outputs[i]].type.declared) return true;
    return false;
}

static lw_status write_typed(const lw_model *m, lwi_onnx_source *source, const char *path,
                             bool beside) {
    lwi_shapes shapes = {.n = 0};
    lw_value *known = NULL;
    lwi_arena_init(&shapes.memory, &m->allocator);
    lw_status status =
        lwi_arena_alloc(&shapes.memory, source->graph->n_slots, sizeof *known, &known);
    if (status == LW_OK) status = find_types(m, &shapes, known);
    source->known = known;
    if (status == LW_OK) status = lwi_onnx_write_file(source, path, beside);
    lwi_shapes_free(&shapes);
    return status;
}

static lw_status write_graph(const lw_model *m, const char *path, bool beside) {
    lwi_onnx_source source = {
        .network = &m->network, .graph = m->network.graph, .allocator = &m->allocator};
    return lacks_types(m->network.graph) ? write_typed(m, &source, path, beside)
                                         : lwi_onnx_write_file(&source, path, beside);
}

lw_status lw_model_save_onnx(const lw_model *model, const char *path,
                             const lw_onnx_options *options) {
    lw_model *plain = NULL;
    if (!model || !path) return lwi_fail(LW_INVALID, "lw_model_save_onnx: model or path is NULL");
    if (options && options->size < sizeof *options)
        return lwi_fail(LW_INVALID, "lw_onnx_options: size is %zu, expected at least %zu",
                        options->size, sizeof *options);
    if (model->network.maker)
        return lwi_fail(LW_UNSUPPORTED, "a TorchScript file has a graph only for given inputs");
    const bool beside = options && options->weights_beside;
    if (!lwi_model_has_passed(model) || !lwi_model_can_reread(model))
        return write_graph(model, path, beside);
    LW_TRY(lwi_model_reread(model, &plain));
    const lw_status status = write_graph(plain, path, beside);
    lw_model_free(plain);
    return status;
}
