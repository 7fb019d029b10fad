/* SPDX-License-Identifier: MIT */
#include "shape_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(lwi_shape_text *text, const char *more, int most) {
    const size_t n = strlen(text->text);
    snprintf(text->text + n, sizeof text->text - n, "%.*s", most, more);
}

static void append_dim(lwi_shape_text *text, int i, int64_t dim, const char *name) {
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, dim);
    if (i) append(text, ",", 1);
    append(text, dim >= 0 ? number : name && *name ? name : "?", 28);
}

const char *lwi_shape_of(const lw_value *value, lwi_shape_text *text) {
    text->text[0] = 0;
    append(text, "[", 1);
    for (int i = 0; i < lw_tensor_rank(value); i++)
        append_dim(text, i, lw_tensor_dims(value)[i], NULL);
    append(text, "]", 1);
    return text->text;
}

static void append_info_shape(const lw_io_info *info, lwi_shape_text *text) {
    if (info->rank < 0) {
        append(text, "[...]", 5);
        return;
    }
    append(text, "[", 1);
    for (int i = 0; i < info->rank; i++)
        append_dim(text, i, info->dims[i], info->dim_names ? info->dim_names[i] : NULL);
    append(text, "]", 1);
}

const char *lwi_shape_of_info(const lw_io_info *info, lwi_shape_text *text) {
    text->text[0] = 0;
    append_info_shape(info, text);
    return text->text;
}

const char *lwi_type_of_info(const lw_io_info *info, lwi_shape_text *text) {
    const char *dtype = lw_dtype_name(info->dtype);
    if (info->kind == LW_KIND_TENSOR) {
        snprintf(text->text, sizeof text->text, "%s", dtype);
        append_info_shape(info, text);
    } else if (info->kind == LW_KIND_MAP) {
        snprintf(text->text, sizeof text->text, "map(%s,%s)", lw_dtype_name(info->key), dtype);
    } else {
        const char *outer = info->kind == LW_KIND_SEQUENCE ? "sequence" : "optional";
        if (info->element == LW_KIND_MAP)
            snprintf(text->text, sizeof text->text, "%s(map(%s,%s))", outer,
                     lw_dtype_name(info->key), dtype);
        else
            snprintf(text->text, sizeof text->text, "%s(%s%s%s)", outer,
                     info->element == LW_KIND_SEQUENCE ? "sequence(" : "", dtype,
                     info->element == LW_KIND_SEQUENCE ? ")" : "");
    }
    return text->text;
}

const char *lwi_type_of(const lw_value *value, lwi_shape_text *text) {
    const lw_kind kind = lw_value_kind(value);
    if (kind == LW_KIND_TENSOR) {
        lwi_shape_text shape;
        snprintf(text->text, sizeof text->text, "%s%.*s", lw_dtype_name(lw_tensor_dtype(value)),
                 (int)sizeof text->text - 20, lwi_shape_of(value, &shape));
    } else if (kind == LW_KIND_MAP) {
        snprintf(text->text, sizeof text->text, "map(%s,%s)",
                 lw_dtype_name(lw_tensor_dtype(lw_map_keys(value))),
                 lw_dtype_name(lw_tensor_dtype(lw_map_values(value))));
    } else {
        snprintf(text->text, sizeof text->text, "%s of %zu",
                 kind == LW_KIND_SEQUENCE ? "sequence" : "optional", lw_value_item_count(value));
    }
    return text->text;
}

bool lwi_shape_parse(const char *text, int64_t *dims, int *rank) {
    *rank = 0;
    while (*text) {
        char *end;
        errno = 0;
        const long long dim = strtoll(text, &end, 10);
        if (end == text || errno || dim < 0 || *rank == LW_MAX_RANK) return false;
        dims[(*rank)++] = dim;
        if (!*end) return true;
        if (*end != 'x' && *end != ',') return false;
        text = end + 1;
        if (!*text) return false;
    }
    return true;
}
