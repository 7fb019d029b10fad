/* SPDX-License-Identifier: MIT */
#include "load_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <lampwick/media.h>

#include "input_dims.h"
#include "shape_text.h"
#include "text.h"

static bool fail(const lw_io_info *info) {
    lwi_complain("input %s: %s", info->name, lw_last_error());
    return false;
}

bool lwi_settle_dims(const lw_io_info *info, int64_t *dims, int *rank, size_t n) {
    size_t known = 1;
    int open = -1, opens = 0;
    if (*rank < 0) {
        *rank = 1;
        dims[0] = -1;
    }
    for (int i = 0; i < *rank; i++) {
        if (dims[i] < 0) {
            /* Of several, the last takes all: batch sizes come first. */
            if (open >= 0) dims[open] = 1;
            open = i;
            opens++;
        } else if (__builtin_mul_overflow(known, (size_t)dims[i], &known)) {
            known = 0;
            break;
        }
    }
    const bool fits = open < 0 ? known == n : known && n % known == 0;
    if (open >= 0 && fits) dims[open] = (int64_t)(n / known);
    lwi_shape_text type;
    if (!fits)
        lwi_complain("%zu elements do not fill input %s, which is %s; --shape gives its sizes", n,
                     info->name, lwi_type_of_info(info, &type));
    else if (opens > 1 && n > 1)
        fprintf(stderr,
                "lampwick: note: all but the last open dimension of %s are taken as 1; "
                "--shape says otherwise\n",
                info->name);
    return fits;
}

bool lwi_reshape_input(const lw_io_info *info, const int64_t *dims, int rank, lw_value **value) {
    lw_value *typed = NULL, *made;
    if (lw_tensor_dtype(*value) != info->dtype) {
        if (lw_tensor_convert(*value, info->dtype, &typed)) return fail(info);
        lw_value_free(*value);
        *value = typed;
    }
    if (lw_tensor_dtype(*value) == LW_STRING) return true;
    if (lw_tensor_new(info->dtype, rank, dims, &made)) return fail(info);
    if (lw_tensor_bytes(made) != lw_tensor_bytes(*value)) {
        lw_value_free(made);
        lwi_complain("input %s: the number of elements changed", info->name);
        return false;
    }
    if (lw_tensor_bytes(made))
        memcpy(lw_tensor_data(made), lw_tensor_data(*value), lw_tensor_bytes(made));
    lw_value_free(*value);
    *value = made;
    return true;
}

/* An array keeps its shape; its numbers get the input's type. */
static bool as_declared(const lw_io_info *info, lw_value **value) {
    const bool any = info->kind != LW_KIND_TENSOR || !info->dtype;
    if (any || lw_tensor_dtype(*value) == info->dtype) return true;
    lw_value *typed;
    if (lw_tensor_convert(*value, info->dtype, &typed)) return fail(info);
    lw_value_free(*value);
    *value = typed;
    return true;
}

static bool finish(bool good, const lw_io_info *info, lw_value **value) {
    if (!good) return fail(info);
    if (as_declared(info, value)) return true;
    lw_value_free(*value);
    return false;
}

static bool load_npz(const char *path, const char *member, const lw_io_info *info,
                     lw_value **value) {
    lw_media_npz *npz;
    if (lw_media_npz_open(path, &npz)) return fail(info);
    const char *wanted = member ? member : info->name;
    const size_t n = lw_media_npz_count(npz);
    size_t found = !member && n == 1 ? 0 : n;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(lw_media_npz_name(npz, i), wanted)) found = i;
    bool good = found < n;
    if (!good)
        lwi_complain("%s has no array '%s'; it has %zu, the first is '%s': %s=%s:MEMBER chooses",
                     path, wanted, n, n ? lw_media_npz_name(npz, 0) : "", info->name, path);
    else good = finish(!lw_media_npz_load(npz, found, value), info, value);
    lw_media_npz_close(npz);
    return good;
}

static bool load_bytes(const char *path, const lw_io_info *info, int64_t *dims, int rank,
                       lw_value **value) {
    uint8_t *data;
    size_t size;
    if (!lwi_read_file(path, &data, &size)) {
        lwi_complain("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    bool good;
    if (lwi_ends_with(path, ".pb")) {
        good = finish(!lw_onnx_value_parse(data, size, info->kind, value), info, value);
    } else {
        const size_t bits = (size_t)lw_dtype_bits(info->dtype);
        good = info->dtype != LW_STRING && bits >= 8;
        if (!good) lwi_complain("input %s cannot be read from raw bytes", info->name);
        good = good && lwi_settle_dims(info, dims, &rank, size / (bits / 8));
        if (good && (good = !lw_tensor_new(info->dtype, rank, dims, value) || fail(info)) && size)
            memcpy(lw_tensor_data(*value), data, lw_tensor_bytes(*value));
    }
    free(data);
    return good;
}

static bool has_ending(const char *path, const char *const *endings) {
    const size_t n = strlen(path);
    for (; *endings; endings++)
        if (n > strlen(*endings) && !strcasecmp(path + n - strlen(*endings), *endings)) return true;
    return false;
}

static bool load_file(const char *path, const char *member, const lw_io_info *info,
                      const lwi_input_options *options, int64_t *dims, int rank, lw_value **value) {
    static const char *const pictures[] = {".png",  ".jpg", ".jpeg", ".webp", ".tif",
                                           ".tiff", ".jp2", ".j2k",  ".bmp",  ".ppm",
                                           ".pgm",  ".pbm", ".pnm",  NULL};
    static const char *const sounds[] = {".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3", NULL};
    if (lwi_ends_with(path, ".npy")) return finish(!lw_media_npy_load(path, value), info, value);
    if (lwi_ends_with(path, ".npz")) return load_npz(path, member, info, value);
    /* A flat input of bytes is for ImageDecoder: it takes the file itself. */
    if (has_ending(path, pictures) && !(info->dtype == LW_UINT8 && rank == 1))
        return lwi_load_picture(path, info, options, dims, rank, value);
    if (has_ending(path, sounds)) return lwi_load_sound(path, info, options, dims, rank, value);
    return load_bytes(path, info, dims, rank, value);
}

static bool parse_number(const char *text, char **end, double *number) {
    if (!strncmp(text, "true", 4) || !strncmp(text, "false", 5)) {
        *number = *text == 't';
        *end = (char *)(uintptr_t)text + (*text == 't' ? 4 : 5);
        return true;
    }
    *number = strtod(text, end);
    return *end != text;
}

/* "1,2.5,-3" to new numbers; false if the text is something else. */
static bool parse_numbers(const char *text, double **numbers, size_t *n) {
    *numbers = NULL;
    *n = 0;
    for (;;) {
        char *end;
        double number;
        if (!parse_number(text, &end, &number)) break;
        *numbers = lwi_resize(*numbers, *n + 1, sizeof **numbers);
        (*numbers)[(*n)++] = number;
        if (!*end) return true;
        if (*end != ',') break;
        text = end + 1;
    }
    free(*numbers);
    return false;
}

static bool make_numbers(const double *numbers, size_t n, const lw_io_info *info, int64_t *dims,
                         int rank, lw_value **value) {
    if (!lwi_settle_dims(info, dims, &rank, n)) return false;
    if (lw_tensor_new(info->dtype, rank, dims, value)) return fail(info);
    for (size_t i = 0; i < n; i++)
        if (lw_tensor_set(*value, i, numbers[i])) {
            lw_value_free(*value);
            return fail(info);
        }
    return true;
}

static bool make_string(const char *text, const lw_io_info *info, int64_t *dims, int rank,
                        lw_value **value) {
    if (!lwi_settle_dims(info, dims, &rank, 1)) return false;
    return !lw_tensor_strings(rank, dims, &text, NULL, value) || fail(info);
}

static bool exists(const char *path) {
    struct stat info;
    return !stat(path, &info);
}

bool lwi_load_input(const char *source, const lw_model *model, const lw_io_info *info,
                    const lwi_input_options *options, lw_value **value) {
    int64_t dims[LW_MAX_RANK];
    int rank;
    if (!lwi_input_dims(info, &options->shapes, dims, &rank)) return false;
    if (!strcmp(source, "@zeros"))
        return lwi_fill_input(model, info, &options->shapes, LWI_ZEROS, value);
    if (!strcmp(source, "@ones"))
        return lwi_fill_input(model, info, &options->shapes, LWI_ONES, value);
    if (!strcmp(source, "@random"))
        return lwi_fill_input(model, info, &options->shapes, LWI_RANDOM, value);
    if (exists(source)) return load_file(source, NULL, info, options, dims, rank, value);
    const char *colon = strrchr(source, ':');
    if (colon) {
        char *path = lwi_text("%.*s", (int)(colon - source), source);
        const bool there = exists(path);
        const bool good = there && load_file(path, colon + 1, info, options, dims, rank, value);
        free(path);
        if (there) return good;
    }
    if (info->kind == LW_KIND_TENSOR && info->dtype == LW_STRING)
        return make_string(source, info, dims, rank, value);
    double *numbers;
    size_t n;
    if (parse_numbers(source, &numbers, &n)) {
        const bool good = make_numbers(numbers, n, info, dims, rank, value);
        free(numbers);
        return good;
    }
    lwi_complain("input %s: '%s' is not a file, and not numbers such as 1,2,3 or @zeros, @ones, "
                 "@random",
                 info->name, source);
    return false;
}
