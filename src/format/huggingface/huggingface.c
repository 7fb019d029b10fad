/* SPDX-License-Identifier: MIT */
#include "format/huggingface/huggingface.h"

#include "arch/architectures.h"
#include "format/huggingface/source.h"

#include <stdio.h>
#include <string.h>

static const lwi_hf_family families[] = {
#define LWI_FAMILY(type, architecture, form) {type, architecture, LWI_HF_##form},
#include "format/huggingface/families.def"
#undef LWI_FAMILY
};

bool lwi_is_huggingface(const char *path) { return lwi_hf_has_file(path, "config.json"); }

bool lwi_is_peft(const char *path) { return lwi_hf_has_file(path, "adapter_config.json"); }

static const lwi_hf_family *find_family(const char *type) {
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (!strcmp(families[i].model_type, type)) return families + i;
    return NULL;
}

/* A model that also sees or hears is read by the family of its part that makes text. */
static lw_status read_config(lwi_hf_source *s, const char *folder) {
    const lwi_json_item *root = NULL;
    LW_TRY(lwi_hf_read_json(s, folder, "config.json", &root));
    const lwi_json_item *inner = lwi_json_get(root, "text_config");
    const char *type = lwi_json_text(root, "model_type", "");
    char both[80];
    s->root = root;
    s->config = lwi_json_is(inner, LWI_JSON_OBJECT) ? inner : root;
    if (s->config == inner && !find_family(type))
        type = lwi_json_text(inner, "model_type", "llama");
    if (lwi_json_bool(s->config, "use_bidirectional_attention", false)) {
        snprintf(both, sizeof both, "%.50s, bidirectional", type);
        type = both;
    }
    s->family = find_family(type);
    if (s->family) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "config.json: the model_type '%.64s' is not known", type);
}

static bool tensor_at(void *state, size_t i, lwi_checkpoint_tensor *tensor) {
    const lwi_hf_source *s = state;
    if (i < s->n) *tensor = s->tensors[i];
    return i < s->n;
}

static int find(void *state, const char *name) {
    return lwi_strmap_get(&((const lwi_hf_source *)state)->index, name);
}

lw_status lwi_hf_add(lwi_hf_source *s, const lwi_checkpoint_tensor *tensor) {
    LW_TRY(lwi_arena_grow(&s->network->arena, &s->tensors, &s->capacity, s->n + 1,
                          sizeof *s->tensors));
    if (lwi_strmap_get(&s->index, tensor->name) >= 0)
        return lwi_fail(LW_CORRUPT, "two tensors are '%s'", tensor->name);
    s->tensors[s->n] = *tensor;
    return lwi_strmap_set(&s->index, tensor->name, (int)s->n++);
}

lw_status lwi_hf_read_folder(lwi_hf_source *s, const char *folder) {
    LW_TRY(read_config(s, folder));
    LW_TRY(lwi_hf_check_options(s));
    LW_TRY(lwi_hf_read_weights(s, folder, "model", "pytorch_model", &s->files));
    LW_TRY(lwi_hf_unquantize(s));
    LW_TRY(lwi_hf_translate(s));
    LW_TRY(lwi_hf_add_rope_factors(s));
    return lwi_hf_add_sentence_parts(s, folder);
}

static lw_status build(lwi_hf_source *s, const char *folder) {
    LW_TRY(lwi_hf_read_folder(s, folder));
    LW_TRY(lwi_network_metadata(s->network, "general.architecture", s->family->architecture));
    const lwi_checkpoint from = {.architecture = s->family->architecture,
                                 .state = s,
                                 .number = lwi_hf_number,
                                 .text = lwi_hf_text,
                                 .tensor = tensor_at,
                                 .find = find,
                                 .unpermuted = true};
    return lwi_architecture_build(s->network, &from);
}

lw_status lwi_huggingface_read(lwi_network *network, const char *folder) {
    lwi_hf_source s = {.network = network};
    network->format = "Hugging Face";
    network->ir_version = 4;
    lwi_safetensors_init(&s.files, &network->arena);
    lwi_strmap_init(&s.index, &network->arena.allocator);
    const lw_status status = build(&s, folder);
    lwi_safetensors_free(&s.files);
    lwi_strmap_free(&s.index);
    return status;
}
