/* SPDX-License-Identifier: MIT
 * What sentence-transformers puts beside a model that makes vectors: how states are pooled, and
 * linear layers that follow. modules.json lists these parts, each with a folder of its own. */
#include "base/file.h"
#include "format/huggingface/source.h"

#include <stdio.h>
#include <string.h>

enum { PATH = 4096, MOST_DENSE = 2 };

/* The part of a kind's last word. */
static bool is_kind(const lwi_json_item *part, const char *kind) {
    const char *type = lwi_json_text(part, "type", ""), *dot = strrchr(type, '.');
    return !strcmp(dot ? dot + 1 : type, kind);
}

static lw_status part_folder(const lwi_json_item *part, const char **folder) {
    *folder = lwi_json_text(part, "path", "");
    if (**folder && **folder != '.' && !strchr(*folder, '/')) return LW_OK;
    return lwi_fail(LW_CORRUPT, "modules.json: '%.100s' is no folder beside config.json", *folder);
}

/* Pooling averages at most, so that a layer without activation may come before it as well. */
static lw_status check_dense(lwi_hf_source *s, const char *folder, const char *part) {
    char name[256];
    const lwi_json_item *config = NULL;
    snprintf(name, sizeof name, "%.200s/config.json", part);
    LW_TRY(lwi_hf_read_json(s, folder, name, &config));
    const char *activation = lwi_json_text(config, "activation_function", "Identity");
    const char *dot = strrchr(activation, '.');
    if (!strcmp(dot ? dot + 1 : activation, "Identity")) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "%s: a layer with the activation '%.100s'", name, activation);
}

static lw_status add_tensor(lwi_hf_source *s, const lwi_safetensors *files, const char *from,
                            const char *to) {
    const lwi_safetensor *tensor = lwi_safetensors_find(files, from);
    lwi_checkpoint_tensor t;
    if (!tensor) return LW_OK;
    LW_TRY(lwi_hf_view(tensor, &t));
    LW_TRY(lwi_arena_string(&s->network->arena, to, strlen(to), &t.name));
    return lwi_hf_add(s, &t);
}

/* Tensors dense_2 and dense_3, as GGUF calls them. */
static lw_status add_dense(lwi_hf_source *s, const char *folder, const char *part, int number) {
    char path[PATH], weight[32], bias[32];
    lwi_safetensors files;
    LW_TRY(check_dense(s, folder, part));
    const int n = snprintf(path, sizeof path, "%s/%s", folder, part);
    if (n < 0 || n >= PATH) return lwi_fail(LW_INVALID, "the path is too long");
    snprintf(weight, sizeof weight, "dense_%d.weight", number);
    snprintf(bias, sizeof bias, "dense_%d.bias", number);
    lwi_safetensors_init(&files, &s->network->arena);
    lw_status status = lwi_hf_read_weights(s, path, "model", "pytorch_model", &files);
    if (status == LW_OK) status = add_tensor(s, &files, "linear.weight", weight);
    if (status == LW_OK) status = add_tensor(s, &files, "linear.bias", bias);
    lwi_safetensors_free(&files);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", part);
}

static lw_status add_part(lwi_hf_source *s, const char *folder, const lwi_json_item *part,
                          int *dense) {
    const char *name = NULL;
    char config[256];
    if (is_kind(part, "Pooling")) {
        LW_TRY(part_folder(part, &name));
        snprintf(config, sizeof config, "%.200s/config.json", name);
        return lwi_hf_read_json(s, folder, config, &s->pooling);
    }
    if (!is_kind(part, "Dense")) return LW_OK;
    LW_TRY(part_folder(part, &name));
    if (*dense == MOST_DENSE)
        return lwi_fail(LW_UNSUPPORTED, "modules.json: more than %d layers", MOST_DENSE);
    return add_dense(s, folder, name, 2 + (*dense)++);
}

lw_status lwi_hf_add_sentence_parts(lwi_hf_source *s, const char *folder) {
    const lwi_json_item *list = NULL;
    int dense = 0;
    const lw_status status = lwi_hf_read_json(s, folder, "modules.json", &list);
    if (status != LW_OK) return status == LW_NOT_FOUND ? LW_OK : status;
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++)
        LW_TRY(add_part(s, folder, list->items + i, &dense));
    return LW_OK;
}
