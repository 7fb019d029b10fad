/* SPDX-License-Identifier: MIT
 * Types of tensors: element types, sizes and symbols. */
#include "format/torch_export/pt2.h"

#include <string.h>

lw_dtype lwi_pt2_dtype(int64_t number) {
    static const lw_dtype types[] = {
        [1] = LW_UINT8,           [2] = LW_INT8,           [3] = LW_INT16,
        [4] = LW_INT32,           [5] = LW_INT64,          [6] = LW_FLOAT16,
        [7] = LW_FLOAT32,         [8] = LW_FLOAT64,        [10] = LW_COMPLEX64,
        [11] = LW_COMPLEX128,     [12] = LW_BOOL,          [13] = LW_BFLOAT16,
        [28] = LW_UINT16,         [29] = LW_FLOAT8E4M3FN,  [30] = LW_FLOAT8E5M2,
        [31] = LW_FLOAT8E4M3FNUZ, [32] = LW_FLOAT8E5M2FNUZ};
    if (number < 0 || (size_t)number >= sizeof types / sizeof *types) return LW_DTYPE_NONE;
    return types[number];
}

/* {"as_int": 3} or {"as_expr": {"expr_str": "...", "hint": {"as_int": 3}}} */
lw_status lwi_pt2_size_read(const lwi_json_item *item, lwi_pt2_size *size) {
    const lwi_json_item *expression = lwi_json_get(item, "as_expr");
    *size = (lwi_pt2_size){.fixed = lwi_json_int(item, "as_int", -1), .hint = -1};
    if (expression) {
        size->fixed = -1;
        size->text = lwi_json_text(expression, "expr_str", "");
        size->hint = lwi_json_int(lwi_json_get(expression, "hint"), "as_int", -1);
        return LW_OK;
    }
    if (size->fixed < 0)
        return lwi_fail(LW_CORRUPT, "a size is neither a number nor an expression");
    size->hint = size->fixed;
    return LW_OK;
}

lw_status lwi_pt2_type_read(const lwi_json_item *meta, lwi_pt2_type *type) {
    const lwi_json_item *sizes = lwi_json_get(meta, "sizes");
    const int64_t number = lwi_json_int(meta, "dtype", -1);
    *type = (lwi_pt2_type){.dtype = lwi_pt2_dtype(number)};
    if (type->dtype == LW_DTYPE_NONE)
        return lwi_fail(LW_UNSUPPORTED, "element type %lld of torch.export is not supported",
                        (long long)number);
    if (!lwi_json_is(sizes, LWI_JSON_ARRAY)) return lwi_fail(LW_CORRUPT, "a tensor has no sizes");
    if (sizes->size > LW_MAX_RANK)
        return lwi_fail(LW_LIMIT, "a tensor has %zu dimensions, at most %d fit", sizes->size,
                        LW_MAX_RANK);
    type->rank = (int)sizes->size;
    for (int d = 0; d < type->rank; d++)
        LW_TRY(lwi_pt2_size_read(&sizes->items[d], &type->sizes[d]));
    return LW_OK;
}

static bool is_name(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return n > 0;
}

/* "Symbol('s77', positive=True, integer=True)", or "s77" of older files */
const char *lwi_pt2_symbol(lwi_arena *arena, const char *text) {
    static const char start[] = "Symbol('";
    const char *name = NULL;
    size_t n = strlen(text);
    if (!strncmp(text, start, sizeof start - 1)) {
        text += sizeof start - 1;
        n = strcspn(text, "'");
        if (strchr(text, ')') != text + strlen(text) - 1) return NULL;
    }
    if (!is_name(text, n) || lwi_arena_string(arena, text, n, &name) != LW_OK) return NULL;
    return name;
}
