/* SPDX-License-Identifier: MIT
 * Files of weights in a folder: safetensors, else what torch.save wrote; one, or several that an
 * index names. */
#include "files/torch_file.h"
#include "format/huggingface/source.h"

#include <stdio.h>
#include <string.h>

enum { PATH = 4096, NAME = 128, MOST_PARTS = 1000 };

static bool join(const char *folder, const char *name, char path[PATH]) {
    const int n = snprintf(path, PATH, "%s/%s", folder, name);
    return n > 0 && n < PATH;
}

bool lwi_hf_has_file(const char *folder, const char *name) {
    char path[PATH];
    lwi_file file = {0};
    if (!join(folder, name, path) || lwi_file_map(path, &file) != LW_OK) return false;
    lwi_file_unmap(&file);
    return true;
}

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

/* ------------------------------------------------------------------ PyTorch */

static lw_status add_stored(const lwi_stored_tensor *from, lwi_safetensors *files) {
    lwi_safetensor t = {.name = from->name, .dtype = from->dtype, .rank = from->rank};
    if (from->rank > LWI_SAFETENSORS_RANK || from->quantization)
        return lwi_fail(LW_UNSUPPORTED, "tensor '%s' has rank %d or is quantised", t.name, t.rank);
    memcpy(t.dims, from->dims, (size_t)from->rank * sizeof *t.dims);
    t.bytes = lwi_stored_bytes(from);
    LW_TRY(lwi_stored_get(from, files->arena, &t.data));
    return lwi_safetensors_put(files, &t);
}

static lw_status add_torch(const lwi_file *file, lwi_safetensors *files) {
    lwi_torch_file torch;
    LW_TRY(lwi_torch_read(files->arena, file->data, file->size, NULL, &torch));
    for (size_t i = 0; i < torch.n; i++)
        LW_TRY(add_stored(torch.tensors + i, files));
    return LW_OK;
}

/* -------------------------------------------------------------------- files */

static lw_status read_one(lwi_hf_source *s, const char *folder, const char *name, bool torch,
                          lwi_safetensors *files) {
    char path[PATH];
    lwi_file file = {0};
    if (strchr(name, '/'))
        return lwi_fail(LW_CORRUPT, "weights in '%.200s' are not beside config.json", name);
    if (!join(folder, name, path)) return lwi_fail(LW_INVALID, "the path is too long");
    LW_TRY(lwi_file_map(path, &file));
    LW_TRY(lwi_network_keep_file(s->network, &file));
    const lw_status status =
        torch ? add_torch(&file, files) : lwi_safetensors_add(files, file.data, file.size);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", name);
}

/* The index names a file for each tensor; each file is read once. */
static lw_status read_parts(lwi_hf_source *s, const char *folder, const char *index, bool torch,
                            lwi_safetensors *files) {
    const lwi_json_item *root = NULL;
    const char *parts[MOST_PARTS];
    size_t n = 0;
    LW_TRY(lwi_hf_read_json(s, folder, index, &root));
    const lwi_json_item *map = lwi_json_get(root, "weight_map");
    for (size_t i = 0; map && i < map->size; i++) {
        const lwi_json_item *part = map->items + i;
        size_t known = 0;
        if (!lwi_json_is(part, LWI_JSON_STRING))
            return lwi_fail(LW_CORRUPT, "%s: no file for '%s'", index, part->key);
        while (known < n && strcmp(parts[known], part->text))
            known++;
        if (known < n) continue;
        if (n == MOST_PARTS) return lwi_fail(LW_LIMIT, "more than %d files of weights", MOST_PARTS);
        parts[n++] = part->text;
        LW_TRY(read_one(s, folder, part->text, torch, files));
    }
    if (n == 0) return lwi_fail(LW_CORRUPT, "%s names no files", index);
    return LW_OK;
}

/* If nothing is there, it is the safetensors file that is missing. */
lw_status lwi_hf_read_weights(lwi_hf_source *s, const char *folder, const char *stem,
                              const char *torch_stem, lwi_safetensors *files) {
    char name[4][NAME];
    snprintf(name[0], NAME, "%s.safetensors", stem);
    snprintf(name[1], NAME, "%s.safetensors.index.json", stem);
    snprintf(name[2], NAME, "%s.bin", torch_stem);
    snprintf(name[3], NAME, "%s.bin.index.json", torch_stem);
    for (int torch = 0; torch < 2; torch++) {
        const char *whole = name[2 * torch], *index = name[2 * torch + 1];
        if (lwi_hf_has_file(folder, whole)) return read_one(s, folder, whole, torch, files);
        if (lwi_hf_has_file(folder, index)) return read_parts(s, folder, index, torch, files);
    }
    return read_one(s, folder, name[0], false, files);
}
