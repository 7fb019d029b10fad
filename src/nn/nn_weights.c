/* SPDX-License-Identifier: MIT */
#include "nn/nn_weights.h"

#include "files/weight_file.h"
#include "nn/nn_state.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct lwi_nn_file {
    struct lwi_nn_file *next;
    lwi_file file;
} lwi_nn_file;

void lwi_nn_weights_free(lwi_nn_weights *w) {
    for (lwi_nn_file *f = w->files; f; f = f->next)
        lwi_file_unmap(&f->file);
    w->files = NULL;
    lwi_strmap_free(&w->index);
}

/* The newest of a name counts. */
static lw_status add(lw_nn *nn, const char *name, const lwi_stored_tensor *stored,
                     const lw_value *value) {
    lwi_nn_weights *w = &nn->weights;
    lwi_arena *arena = lwi_nn_arena(nn);
    const int found = lwi_strmap_get(&w->index, name);
    if (found >= 0) {
        w->all[found] = (lwi_nn_weight){w->all[found].name, stored, value, NULL};
        return LW_OK;
    }
    LW_TRY(lwi_arena_grow(arena, &w->all, &w->capacity, w->n + 1, sizeof *w->all));
    w->all[w->n] = (lwi_nn_weight){.stored = stored, .value = value};
    LW_TRY(lwi_arena_string(arena, name, strlen(name), &w->all[w->n].name));
    LW_TRY(lwi_strmap_set(&w->index, w->all[w->n].name, (int)w->n));
    w->n++;
    return LW_OK;
}

void lw_nn_set(lw_nn *nn, const char *name, const lw_value *value) {
    if (!nn || lwi_nn_failed(nn, LW_OK)) return;
    if (!name || !value || lw_value_kind(value) != LW_KIND_TENSOR || value->dtype == LW_STRING)
        lwi_nn_fail(nn, LW_INVALID, "lw_nn_set: %s: a tensor of numbers is expected",
                    name ? name : "NULL");
    else lwi_nn_failed(nn, add(nn, name, NULL, value));
}

/* --------------------------------------------------------------------- files */

static lw_status add_tensors(lw_nn *nn, const lwi_file *file) {
    lwi_weight_file all;
    LW_TRY(lwi_weight_file_read(lwi_nn_arena(nn), file->data, file->size, NULL, &all));
    for (size_t i = 0; i < all.n; i++)
        LW_TRY(add(nn, all.tensors[i].name, &all.tensors[i], NULL));
    return LW_OK;
}

/* In place where the elements lie in order in the file. */
static lw_status read_value(lw_nn *nn, lwi_nn_weight *w) {
    const uint8_t *bytes = NULL;
    lw_value *value = NULL;
    if (w->value) return LW_OK;
    LW_TRY(lwi_stored_get(w->stored, lwi_nn_arena(nn), &bytes));
    LW_TRY(lwi_network_tensor(&nn->network, w->stored->dtype, w->stored->rank, w->stored->dims,
                              bytes, &value));
    w->value = value;
    return LW_OK;
}

static lw_status load(lw_nn *nn, const char *path) {
    lwi_nn_file *f = NULL;
    LW_TRY(lwi_arena_alloc(lwi_nn_arena(nn), 1, sizeof *f, &f));
    LW_TRY(lwi_file_map(path, &f->file));
    f->next = nn->weights.files;
    nn->weights.files = f;
    const lw_status status = add_tensors(nn, &f->file);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", path);
}

void lw_nn_load(lw_nn *nn, const char *path) {
    if (!nn || lwi_nn_failed(nn, LW_OK)) return;
    if (!path) lwi_nn_fail(nn, LW_INVALID, "lw_nn_load: path is NULL");
    else lwi_nn_failed(nn, load(nn, path));
}

/* --------------------------------------------------------------------- names */

void lw_nn_enter(lw_nn *nn, const char *format, ...) {
    va_list args;
    if (!nn || lwi_nn_failed(nn, LW_OK)) return;
    const size_t length = strlen(nn->prefix), room = sizeof nn->prefix - length;
    if (nn->depth == sizeof nn->entered / sizeof *nn->entered) {
        lwi_nn_fail(nn, LW_LIMIT, "lw_nn_enter: deeper than %zu", nn->depth);
        return;
    }
    va_start(args, format);
    const int n = vsnprintf(nn->prefix + length, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n + 1 >= room) {
        nn->prefix[length] = '\0';
        lwi_nn_fail(nn, LW_LIMIT, "lw_nn_enter: the name is longer than %zu", sizeof nn->prefix);
        return;
    }
    memcpy(nn->prefix + length + n, ".", 2);
    nn->entered[nn->depth++] = length;
}

void lw_nn_leave(lw_nn *nn) {
    if (!nn || lwi_nn_failed(nn, LW_OK)) return;
    if (nn->depth == 0) lwi_nn_fail(nn, LW_INVALID, "lw_nn_leave: nothing was entered");
    else nn->prefix[nn->entered[--nn->depth]] = '\0';
}

static lw_array *find(lw_nn *nn, const char *name, bool needed) {
    char full[1024];
    if (!nn || lwi_nn_failed(nn, LW_OK)) return NULL;
    snprintf(full, sizeof full, "%s%s", nn->prefix, name ? name : "");
    const int i = lwi_strmap_get(&nn->weights.index, full);
    if (i < 0 && needed) lwi_nn_fail(nn, LW_NOT_FOUND, "there is no parameter '%s'", full);
    if (i < 0) return NULL;
    lwi_nn_weight *w = &nn->weights.all[i];
    if (!w->array && !lwi_nn_failed(nn, read_value(nn, w)))
        w->array = lwi_nn_constant(nn, w->value);
    return w->array;
}

lw_array *lw_nn_parameter(lw_nn *nn, const char *name) { return find(nn, name, true); }

lw_array *lw_nn_find(lw_nn *nn, const char *name) { return find(nn, name, false); }

const char *lw_nn_unused(const lw_nn *nn, size_t index) {
    for (size_t i = 0; i < nn->weights.n; i++)
        if (!nn->weights.all[i].array && index-- == 0) return nn->weights.all[i].name;
    return NULL;
}
