/* SPDX-License-Identifier: MIT */
#include "arch/architectures.h"
#include "files/gguf_parts.h"
#include "format/gguf/gguf.h"

#include <stdio.h>
#include <string.h>

enum { MOST_KEY = 128 };

typedef struct source {
    lwi_gguf gguf;
    char prefix[64]; /* "llama." */
} source;

static const lwi_gguf_pair *find_pair(const source *s, const char *key) {
    char full[MOST_KEY];
    const int n = snprintf(full, sizeof full, "%s%s", s->prefix, key);
    return n > 0 && (size_t)n < sizeof full ? lwi_gguf_find(&s->gguf, full) : NULL;
}

/* Which layers have a window: a list of truths, where a number means something else. */
static const lwi_gguf_pair *find_windows(const source *s) {
    const lwi_gguf_pair *pair = find_pair(s, "attention.sliding_window_pattern");
    return pair && pair->kind == LWI_GGUF_ARRAY ? pair : NULL;
}

static bool number(void *state, const char *key, size_t i, double *value) {
    const lwi_gguf_pair *pair =
        strcmp(key, "windowed_layers") ? find_pair(state, key) : find_windows(state);
    if (!pair || pair->kind == LWI_GGUF_STRING) return false;
    if (pair->kind != LWI_GGUF_ARRAY) {
        *value = lwi_gguf_number(&((const source *)state)->gguf, pair->key, 0);
        return true;
    }
    if (pair->element == LWI_GGUF_STRING || i >= pair->count) return false;
    *value = lwi_gguf_element(pair, i);
    return true;
}

static lw_string text(void *state, const char *key) {
    const lwi_gguf_pair *pair = find_pair(state, key);
    if (!pair || pair->kind != LWI_GGUF_STRING) return (lw_string){NULL, 0};
    return (lw_string){(const char *)pair->data, pair->bytes};
}

lwi_checkpoint_tensor lwi_gguf_checkpoint_tensor(const lwi_gguf_tensor *from) {
    lwi_checkpoint_tensor t = {.name = from->name,
                               .type = lwi_block_type_find(from->type),
                               .rank = from->rank,
                               .data = from->data,
                               .bytes = from->bytes};
    memcpy(t.dims, from->dims, sizeof t.dims);
    return t;
}

static bool tensor(void *state, size_t i, lwi_checkpoint_tensor *t) {
    const lwi_gguf *gguf = &((const source *)state)->gguf;
    if (i >= gguf->n_tensors) return false;
    *t = lwi_gguf_checkpoint_tensor(&gguf->tensors[i]);
    return true;
}

static int find(void *state, const char *name) {
    return lwi_strmap_get(&((const source *)state)->gguf.tensor_index, name);
}

static lw_status keep_part(void *network, lwi_file *file) {
    return lwi_network_keep_file(network, file);
}

static lw_status build(lwi_network *network, source *s, const char *path) {
    LW_TRY(lwi_gguf_read_parts(&s->gguf, path, keep_part, network));
    const lw_string name = lwi_gguf_string(&s->gguf, "general.architecture");
    const char *architecture = NULL;
    if (name.size == 0 || name.size > 40)
        return lwi_fail(LW_CORRUPT, "general.architecture is missing");
    LW_TRY(lwi_arena_string(&network->arena, name.data, name.size, &architecture));
    snprintf(s->prefix, sizeof s->prefix, "%s.", architecture);
    LW_TRY(lwi_network_metadata(network, "general.architecture", architecture));
    const lwi_checkpoint from = {.architecture = architecture,
                                 .state = s,
                                 .number = number,
                                 .text = text,
                                 .tensor = tensor,
                                 .find = find};
    return lwi_architecture_build(network, &from);
}

lw_status lwi_gguf_model_read(lwi_network *network, const void *data, size_t size,
                              const char *path) {
    source s;
    LW_TRY(lwi_gguf_read(&network->arena, data, size, &s.gguf));
    network->format = "GGUF";
    network->ir_version = 4;
    network->model_version = s.gguf.version;
    const lw_status status = build(network, &s, path);
    lwi_gguf_free(&s.gguf);
    return status;
}
