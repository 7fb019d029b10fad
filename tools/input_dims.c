/* SPDX-License-Identifier: MIT */
#include "input_dims.h"

#include <stdlib.h>
#include <string.h>

#include "language_inputs.h"
#include "session.h"
#include "shape_text.h"
#include "text.h"

/* What follows "NAME=" if the text begins so, else NULL. */
static const char *after_name(const char *text, const char *name) {
    const size_t n = strlen(name);
    return !strncmp(text, name, n) && text[n] == '=' ? text + n + 1 : NULL;
}

static const char *shape_for(const lw_io_info *info, const lwi_texts *shapes) {
    for (size_t i = 0; shapes && i < shapes->n; i++) {
        const char *shape = after_name(shapes->items[i], info->name);
        if (shape) return shape;
        if (!strchr(shapes->items[i], '=')) return shapes->items[i];
    }
    return NULL;
}

bool lwi_check_shapes(const lw_model *model, const lwi_texts *shapes) {
    const size_t n = lw_model_input_count(model);
    for (size_t i = 0; i < shapes->n; i++) {
        const char *text = shapes->items[i];
        bool found = n == 1 && !strchr(text, '=');
        for (size_t k = 0; k < n && !found; k++)
            found = after_name(text, lwi_input_info(model, k).name) != NULL;
        if (!found && !lwi_is_open(model)) {
            lwi_complain("--shape %s: give it as NAME=1x3x224x224 with the name of an input, such "
                         "as %s",
                         text, n ? lwi_input_info(model, 0).name : "(the model has none)");
            return false;
        }
    }
    return true;
}

bool lwi_input_dims(const lw_io_info *info, const lwi_texts *shapes, int64_t *dims, int *rank) {
    *rank = info->rank;
    for (int i = 0; i < info->rank; i++)
        dims[i] = info->dims[i];
    const char *shape = shape_for(info, shapes);
    if (!shape) return true;
    if (!lwi_shape_parse(shape, dims, rank)) {
        lwi_complain("'%s' is not a shape such as 1x3x224x224", shape);
        return false;
    }
    bool fits = info->rank < 0 || info->rank == *rank;
    for (int i = 0; i < info->rank && fits; i++)
        fits = info->dims[i] < 0 || info->dims[i] == dims[i];
    if (!fits) {
        lwi_shape_text declared;
        lwi_complain("the shape %s does not fit input %s, which is %s", shape, info->name,
                     lwi_type_of_info(info, &declared));
    }
    return fits;
}

/* Numbers in 0..1 that look random and are the same each time (Marsaglia, "Xorshift RNGs",
 * Journal of Statistical Software 8, 2003). */
static double next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) * 0x1p-53;
}

static bool is_float(lw_dtype dtype) {
    return dtype == LW_FLOAT32 || dtype == LW_FLOAT64 || dtype == LW_FLOAT16 ||
           dtype == LW_BFLOAT16;
}

static lw_status fill(lw_value *value, lwi_fill how) {
    const lw_dtype dtype = lw_tensor_dtype(value);
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    lw_status status = LW_OK;
    if (how == LWI_ZEROS || dtype == LW_STRING || dtype == LW_COMPLEX64 || dtype == LW_COMPLEX128)
        return LW_OK;
    for (size_t i = 0; i < lw_tensor_count(value) && !status; i++) {
        const double random = next_random(&state);
        status = lw_tensor_set(value, i,
                               how == LWI_ONES   ? 1
                               : is_float(dtype) ? random
                                                 : random >= 0.5);
    }
    return status;
}

static lw_status empty_strings(int rank, const int64_t *dims, lw_value **value) {
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, (size_t)dims[i], &n))
            return lw_fail(LW_LIMIT, "the shape has too many elements");
    const char **strings = lwi_resize(NULL, n, sizeof *strings);
    for (size_t i = 0; i < n; i++)
        strings[i] = "";
    const lw_status status = lw_tensor_strings(rank, dims, strings, NULL, value);
    free(strings);
    return status;
}

int64_t lwi_named_dim(const lw_model *model, const lwi_texts *shapes, const char *dim,
                      int64_t absent) {
    for (size_t i = 0; i < lw_model_input_count(model); i++) {
        const lw_io_info info = lwi_input_info(model, i);
        int64_t dims[LW_MAX_RANK];
        int rank = 0;
        const char *shape = shape_for(&info, shapes);
        if (!shape || !lwi_shape_parse(shape, dims, &rank)) continue;
        for (int d = 0; d < rank && d < info.rank; d++)
            if (info.dim_names && info.dim_names[d] && !strcmp(info.dim_names[d], dim))
                return dims[d];
    }
    return absent;
}

/* A dimension that is not fixed. Language models say how large a block of their cache is. */
static int64_t free_dim(const lw_model *model, const lw_io_info *info, const lwi_texts *shapes,
                        int dim) {
    const bool named = info->dim_names && dim < info->rank;
    const char *name = named ? info->dim_names[dim] : NULL;
    const bool language = lwi_is_language_model(model);
    if (language && dim == 1 && !strcmp(info->name, "cache"))
        return lwi_model_number(model, "lampwick.cache.elements", 1);
    if (!name) return 1;
    return lwi_named_dim(model, shapes, name, language ? lwi_language_dim(model, shapes, name) : 1);
}

bool lwi_fill_input(const lw_model *model, const lw_io_info *info, const lwi_texts *shapes,
                    lwi_fill how, lw_value **value) {
    int64_t dims[LW_MAX_RANK];
    int rank;
    if (info->kind != LW_KIND_TENSOR) {
        lwi_complain("input %s is not a tensor: it cannot be made up", info->name);
        return false;
    }
    if (!lwi_input_dims(info, shapes, dims, &rank)) return false;
    if (rank < 0) rank = 0;
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0) dims[i] = free_dim(model, info, shapes, i);
    const lw_dtype dtype = info->dtype ? info->dtype : LW_FLOAT32; /* any float type will do */
    lw_status status = dtype == LW_STRING ? empty_strings(rank, dims, value)
                                          : lw_tensor_new(dtype, rank, dims, value);
    if (!status) {
        const bool fits = how == LWI_RANDOM && lwi_is_language_model(model) &&
                          lwi_language_fill(model, info->name, shapes, *value);
        if (!fits) status = fill(*value, how);
        if (status) lw_value_free(*value);
    }
    if (status) lwi_complain("input %s: %s", info->name, lw_last_error());
    return !status;
}
