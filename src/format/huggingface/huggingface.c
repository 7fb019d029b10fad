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

enum { PATH = 4096, MOST_PARTS = 1000 };

static bool join(const char *folder, const char *name, char path[PATH]) {
    const int n = snprintf(path, PATH, "%s/%s", folder, name);
    return n > 0 && n < PATH;
}

static bool has_file(const char *folder, const char *name) {
    char path[PATH];
    lwi_file file = {0};
    if (!join(folder, name, path) || lwi_file_map(path, &file) != LW_OK) return false;
    lwi_file_unmap(&file);
    return true;
}

bool lwi_is_huggingface(const char *path) { return has_file(path, "config.json"); }

bool lwi_is_peft(const char *path) { return has_file(path, "adapter_config.json"); }

lw_status lwi_hf_read_json(lwi_hf_source *s, const char *folder, const char *name,
                           const lwi_json_item **root) {
    char path[PATH];
    lwi_file file = {0};
    const lwi_json_limits limits = {.python_numbers = true};
    if (!join(folder, name, path)) return lwi_fail(LW_INVALID, "the path is too long");
    LW_TRY(lwi_file_map(path, &file));
    const lw_status status =
        lwi_json_parse(&s->network->arena, (const char *)file.data, file.size, &limits, root);
    lwi_file_unmap(&file);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", name);
}

static lw_status read_config(lwi_hf_source *s, const char *folder) {
    const lwi_json_item *root = NULL;
    LW_TRY(lwi_hf_read_json(s, folder, "config.json", &root));
    const lwi_json_item *inner = lwi_json_get(root, "text_config");
    const char *type = lwi_json_text(root, "model_type", "");
    char both[80];
    s->config = lwi_json_is(inner, LWI_JSON_OBJECT) ? inner : root;
    if (lwi_json_bool(s->config, "use_bidirectional_attention", false)) {
        snprintf(both, sizeof both, "%.50s, bidirectional", type);
        type = both;
    }
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (!strcmp(families[i].model_type, type)) s->family = families + i;
    if (s->family) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "config.json: the model_type '%.64s' is not known", type);
}

lw_status lwi_hf_read_weights(lwi_hf_source *s, const char *folder, const char *name) {
    char path[PATH];
    lwi_file file = {0};
    if (strchr(name, '/'))
        return lwi_fail(LW_CORRUPT, "weights in '%.200s' are not beside config.json", name);
    if (!join(folder, name, path)) return lwi_fail(LW_INVALID, "the path is too long");
    LW_TRY(lwi_file_map(path, &file));
    LW_TRY(lwi_network_keep_file(s->network, &file));
    const lw_status status = lwi_safetensors_add(&s->files, file.data, file.size);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", name);
}

/* The index names a file for each tensor; each file is read once. */
static lw_status read_parts(lwi_hf_source *s, const char *folder) {
    const lwi_json_item *root = NULL;
    const char *parts[MOST_PARTS];
    size_t n = 0;
    LW_TRY(lwi_hf_read_json(s, folder, "model.safetensors.index.json", &root));
    const lwi_json_item *map = lwi_json_get(root, "weight_map");
    for (size_t i = 0; map && i < map->size; i++) {
        const lwi_json_item *part = map->items + i;
        size_t known = 0;
        if (!lwi_json_is(part, LWI_JSON_STRING))
            return lwi_fail(LW_CORRUPT, "model.safetensors.index.json: no file for '%s'",
                            part->key);
        while (known < n && strcmp(parts[known], part->text))
            known++;
        if (known < n) continue;
        if (n == MOST_PARTS) return lwi_fail(LW_LIMIT, "more than %d files of weights", MOST_PARTS);
        parts[n++] = part->text;
        LW_TRY(lwi_hf_read_weights(s, folder, part->text));
    }
    if (n == 0) return lwi_fail(LW_CORRUPT, "model.safetensors.index.json names no files");
    return LW_OK;
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
    char path[PATH];
    lwi_file file = {0};
    LW_TRY(read_config(s, folder));
    const bool whole =
        join(folder, "model.safetensors", path) && lwi_file_map(path, &file) == LW_OK;
    lwi_file_unmap(&file);
    LW_TRY(whole ? lwi_hf_read_weights(s, folder, "model.safetensors") : read_parts(s, folder));
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
