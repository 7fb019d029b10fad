/* SPDX-License-Identifier: MIT
 * lampwick/weights.h: files of weights, and their tensors as values. */
#include <lampwick/weights.h>

#include "base/file.h"
#include "base/strmap.h"
#include "files/weight_file.h"
#include "files/weight_writer.h"
#include "tensor/value.h"

#include <string.h>

struct lw_weights {
    lwi_arena arena;
    lwi_file file;
    lwi_weight_file all;
    lwi_strmap index;  /* by name */
    const char **ties; /* [all.n] the first tensor of the same elements, or NULL */
    lw_allocator allocator;
};

static lw_status index_names(lw_weights *w) {
    for (size_t i = 0; i < w->all.n; i++)
        LW_TRY(lwi_strmap_set(&w->index, w->all.tensors[i].name, (int)i));
    return LW_OK;
}

static lw_status read_weights(lw_weights *w, const void *data, size_t size,
                              const lw_weights_options *o) {
    const lwi_torch_options options = {o->key, o->keep_prefixes, o->any_class};
    LW_TRY(lwi_weight_file_read(&w->arena, data, size, &options, &w->all));
    LW_TRY(index_names(w));
    return lwi_weight_ties(&w->arena, &w->all, &w->ties);
}

static lw_status new_weights(const lw_weights_options *options, lw_weights_options *o,
                             lw_weights **weights) {
    lw_weights *w = NULL;
    if (options && options->size < sizeof *options)
        return lwi_fail(LW_INVALID, "lw_weights_options: size is %zu, expected at least %zu",
                        options->size, sizeof *options);
    if (options) *o = *options;
    const lw_allocator *allocator = o->allocator ? o->allocator : &lwi_malloc_allocator;
    LW_TRY(lwi_alloc_array(allocator, 1, sizeof *w, &w));
    w->allocator = *allocator;
    lwi_arena_init(&w->arena, allocator);
    lwi_strmap_init(&w->index, &w->allocator);
    *weights = w;
    return LW_OK;
}

lw_status lw_weights_open(const char *path, const lw_weights_options *options,
                          lw_weights **weights) {
    lw_weights *w = NULL;
    lw_weights_options o = {0};
    if (!path || !weights) return lwi_fail(LW_INVALID, "lw_weights_open: path or weights is NULL");
    LW_TRY(new_weights(options, &o, &w));
    lw_status status = lwi_file_map(path, &w->file);
    if (status == LW_OK) {
        status = read_weights(w, w->file.data, w->file.size, &o);
        if (status != LW_OK) status = lwi_fail_prefix(status, "%s", path);
    }
    if (status == LW_OK) *weights = w;
    else lw_weights_free(w);
    return status;
}

lw_status lw_weights_parse(const void *data, size_t size, const lw_weights_options *options,
                           lw_weights **weights) {
    lw_weights *w = NULL;
    lw_weights_options o = {0};
    if ((!data && size) || !weights)
        return lwi_fail(LW_INVALID, "lw_weights_parse: data or weights is NULL");
    LW_TRY(new_weights(options, &o, &w));
    const lw_status status = read_weights(w, data, size, &o);
    if (status == LW_OK) *weights = w;
    else lw_weights_free(w);
    return status;
}

void lw_weights_free(lw_weights *w) {
    if (!w) return;
    const lw_allocator allocator = w->allocator;
    lwi_strmap_free(&w->index);
    lwi_arena_free(&w->arena);
    lwi_file_unmap(&w->file);
    lwi_free(&allocator, w);
}

lw_status lw_weights_describe(const lw_weights *w, lw_weights_info *info) {
    if (!w || !info || info->size < sizeof *info)
        return lwi_fail(LW_INVALID, "lw_weights_describe: an argument is NULL or size not set");
    info->format = w->all.format;
    info->tensors = w->all.n;
    info->key = w->all.key;
    info->prefix = w->all.prefix;
    info->others = w->all.others;
    return LW_OK;
}

lw_status lw_weights_get(const lw_weights *w, size_t i, lw_weights_entry *entry) {
    if (!w || !entry || entry->size < sizeof *entry)
        return lwi_fail(LW_INVALID, "lw_weights_get: an argument is NULL or size not set");
    if (i >= w->all.n) return lwi_fail(LW_RANGE, "there are %zu tensors", w->all.n);
    const lwi_stored_tensor *t = w->all.tensors + i;
    const lwi_quantization *q = t->quantization;
    *entry = (lw_weights_entry){.size = entry->size,
                                .name = t->name,
                                .dtype = t->dtype,
                                .rank = t->rank,
                                .dims = t->dims,
                                .bytes = lwi_stored_bytes(t),
                                .shares = w->ties[i],
                                .quantized = q != NULL,
                                .axis = q ? q->axis : -1,
                                .scale = q ? q->scale : 0,
                                .zero_point = q ? q->zero_point : 0};
    return LW_OK;
}

lw_status lw_weights_find(const lw_weights *w, const char *name, size_t *i) {
    if (!w || !name || !i) return lwi_fail(LW_INVALID, "lw_weights_find: an argument is NULL");
    const int found = lwi_strmap_get(&w->index, name);
    if (found < 0) return lwi_fail(LW_NOT_FOUND, "there is no tensor '%s'", name);
    *i = (size_t)found;
    return LW_OK;
}

/* Elements of odd sizes do not occur. */
static bool is_aligned(const uint8_t *data, lw_dtype dtype) {
    return (uintptr_t)data % lwi_dtype_size(dtype) == 0;
}

static lw_status make_value(const lw_allocator *allocator, const lwi_stored_tensor *t,
                            lw_value **value) {
    const uint8_t *data = lwi_stored_in_place(t);
    if (data && is_aligned(data, t->dtype))
        return lw_tensor_wrap(t->dtype, t->rank, t->dims, (void *)(uintptr_t)data, value);
    lw_value *made = NULL;
    LW_TRY(lwi_tensor_make(allocator, t->dtype, t->rank, t->dims, &made));
    lwi_stored_copy(t, made->data);
    *value = made;
    return LW_OK;
}

lw_status lw_weights_tensor(const lw_weights *w, const char *name, lw_value **tensor) {
    size_t i = 0;
    if (!tensor) return lwi_fail(LW_INVALID, "lw_weights_tensor: tensor is NULL");
    LW_TRY(lw_weights_find(w, name, &i));
    return make_value(&w->allocator, w->all.tensors + i, tensor);
}

lw_status lw_weights_scales(const lw_weights *w, const char *name, lw_value **scales,
                            lw_value **zero_points) {
    size_t i = 0;
    lw_value *made = NULL;
    if (!scales || !zero_points) return lwi_fail(LW_INVALID, "lw_weights_scales: NULL");
    LW_TRY(lw_weights_find(w, name, &i));
    const lwi_quantization *q = w->all.tensors[i].quantization;
    if (!q || q->axis < 0)
        return lwi_fail(LW_NOT_FOUND, "tensor '%s' is not quantised along an axis", name);
    LW_TRY(make_value(&w->allocator, q->scales, &made));
    const lw_status status = make_value(&w->allocator, q->zero_points, zero_points);
    if (status == LW_OK) *scales = made;
    else lw_value_free(made);
    return status;
}

lw_status lw_weights_save(const lw_weights *w, const char *path) {
    if (!w || !path) return lwi_fail(LW_INVALID, "lw_weights_save: an argument is NULL");
    return lwi_weights_write(&w->all, w->ties, path);
}
