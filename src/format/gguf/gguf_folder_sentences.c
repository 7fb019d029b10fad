/* SPDX-License-Identifier: MIT
 * What sentence-transformers wants beside a model that makes vectors: modules.json, a folder that
 * says how states are pooled, and one for each layer behind. */
#include "format/gguf/gguf_folder.h"

#include <stdio.h>
#include <sys/stat.h>

enum { PATH = 4096 };

static lw_status put_line(lwi_file_writer *to, const char *text) {
    size_t n = 0;
    while (text[n])
        n++;
    return lwi_file_writer_add(to, text, n);
}

static bool has_layer(const lwi_folder_work *w, int number) {
    for (size_t i = 0; i < w->n; i++)
        if (w->items[i].part == number) return true;
    return false;
}

static lw_status put_module(lwi_file_writer *to, int index, const char *folder, const char *kind) {
    char text[256];
    snprintf(text, sizeof text,
             "%s\n  {\"idx\": %d, \"name\": \"%d\", \"path\": \"%s\", "
             "\"type\": \"sentence_transformers.models.%s\"}",
             index ? "," : "[", index, index, folder, kind);
    return put_line(to, text);
}

static lw_status put_modules(lwi_folder_work *w, lwi_file_writer *to) {
    char folder[32];
    int n = 0;
    LW_TRY(put_module(to, n++, "", "Transformer"));
    LW_TRY(put_module(to, n++, "1_Pooling", "Pooling"));
    for (int i = 2; i <= 3; i++) {
        snprintf(folder, sizeof folder, "%d_Dense", i);
        if (has_layer(w, i)) LW_TRY(put_module(to, n++, folder, "Dense"));
    }
    snprintf(folder, sizeof folder, "%d_Normalize", n);
    LW_TRY(put_module(to, n, folder, "Normalize"));
    return put_line(to, "\n]\n");
}

/* In the order of GGUF's pooling_type. */
static lw_status put_pooling(lwi_folder_work *w, lwi_file_writer *to) {
    static const char *const modes[] = {"mean_tokens", "cls_token", "lasttoken"};
    const size_t kind = lwi_folder_size(w, "pooling_type");
    char text[128];
    snprintf(text, sizeof text, "{\n  \"word_embedding_dimension\": %zu",
             lwi_folder_size(w, "embedding_length"));
    LW_TRY(put_line(to, text));
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, ",\n  \"pooling_mode_%s\": %s", modes[i],
                 i + 1 == (kind ? kind : 1) ? "true" : "false");
        LW_TRY(put_line(to, text));
    }
    return put_line(to, "\n}\n");
}

static lw_status put_dense(lwi_folder_work *w, lwi_file_writer *to) {
    const lwi_folder_item *weight = NULL;
    bool bias = false;
    char text[256];
    for (size_t i = 0; i < w->n; i++) {
        if (w->items[i].part != w->part) continue;
        if (w->items[i].rank == 2) weight = w->items + i;
        else bias = true;
    }
    if (!weight) return lwi_fail(LW_CORRUPT, "dense_%d has no matrix", w->part);
    snprintf(text, sizeof text,
             "{\n  \"in_features\": %lld,\n  \"out_features\": %lld,\n  \"bias\": %s,\n"
             "  \"activation_function\": \"torch.nn.modules.linear.Identity\"\n}\n",
             (long long)weight->dims[1], (long long)weight->dims[0], bias ? "true" : "false");
    return put_line(to, text);
}

static lw_status open_part(const char *folder, const char *name, char path[PATH]) {
    const int n = snprintf(path, PATH, "%s/%s", folder, name);
    if (n < 0 || n >= PATH) return lwi_fail(LW_IO, "the path '%.60s...' is too long", folder);
    mkdir(path, 0777); /* it may be there */
    return LW_OK;
}

static lw_status write_dense(lwi_folder_work *w, const char *folder, int number) {
    char name[32], path[PATH];
    snprintf(name, sizeof name, "%d_Dense", number);
    LW_TRY(open_part(folder, name, path));
    w->part = number;
    lw_status status = lwi_folder_write(path, "config.json", w, put_dense);
    if (status == LW_OK)
        status = lwi_folder_write(path, "model.safetensors", w, lwi_folder_put_weights);
    w->part = 0;
    return status;
}

lw_status lwi_folder_sentences(lwi_folder_work *w, const char *folder) {
    char path[PATH];
    const size_t kind = lwi_folder_size(w, "pooling_type");
    if (!(kind >= 1 && kind <= 3) && !has_layer(w, 2)) return LW_OK;
    LW_TRY(open_part(folder, "1_Pooling", path));
    LW_TRY(lwi_folder_write(path, "config.json", w, put_pooling));
    for (int i = 2; i <= 3; i++)
        if (has_layer(w, i)) LW_TRY(write_dense(w, folder, i));
    return lwi_folder_write(folder, "modules.json", w, put_modules);
}
