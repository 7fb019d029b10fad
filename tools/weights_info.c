/* SPDX-License-Identifier: MIT */
#include "weights_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lampwick/weights.h>

#include "json.h"
#include "shape_text.h"
#include "text.h"

bool lwi_has_only_weights(const char *path) {
    static const char *const ends[] = {".safetensors", ".pth", ".bin", ".ckpt", ".th"};
    const size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n > strlen(ends[i]) && !strcmp(path + n - strlen(ends[i]), ends[i])) return true;
    return false;
}

static uint64_t count_of(const lw_weights_entry *e) {
    uint64_t n = 1;
    for (int d = 0; d < e->rank; d++)
        n *= (uint64_t)e->dims[d];
    return n;
}

static uint64_t count_parameters(const lw_weights *weights, size_t n) {
    uint64_t count = 0;
    lw_weights_entry e = {.size = sizeof e};
    for (size_t i = 0; i < n; i++)
        if (!lw_weights_get(weights, i, &e) && !e.shares) count += count_of(&e);
    return count;
}

static const char *type_of(const lw_weights_entry *e, lwi_shape_text *text) {
    static const char *const no_names[LW_MAX_RANK];
    const lw_io_info info = {.size = sizeof info,
                             .kind = LW_KIND_TENSOR,
                             .dtype = e->dtype,
                             .rank = e->rank,
                             .dims = e->dims,
                             .dim_names = no_names};
    return lwi_type_of_info(&info, text);
}

static void print_entry(const lw_weights_entry *e) {
    lwi_shape_text type;
    fputs("  ", stdout);
    lwi_print_text(e->name, 300);
    printf(" %s", type_of(e, &type));
    if (e->quantized && e->axis < 0)
        printf(" quantised: scale %g, zero point %" PRId64, e->scale, e->zero_point);
    else if (e->quantized) printf(" quantised along axis %d", e->axis);
    if (e->shares) {
        fputs(" = ", stdout);
        lwi_print_text(e->shares, 300);
    }
    putchar('\n');
}

static void print_all(const lw_weights *weights, const lw_weights_info *info) {
    lw_weights_entry e = {.size = sizeof e};
    printf("format       %s\n", info->format);
    if (*info->key) printf("taken        "), lwi_print_text(info->key, 200), putchar('\n');
    if (*info->prefix) printf("taken off    "), lwi_print_text(info->prefix, 200), putchar('\n');
    if (info->others) printf("passed over  %zu values that are no tensors\n", info->others);
    printf("parameters   %" PRIu64 "\n", count_parameters(weights, info->tensors));
    printf("tensors      %zu\n", info->tensors);
    for (size_t i = 0; i < info->tensors; i++)
        if (!lw_weights_get(weights, i, &e)) print_entry(&e);
}

static void show_entry(lwi_json *json, const lw_weights_entry *e) {
    lwi_show_open(json, '{');
    lwi_show_set_text(json, "name", e->name);
    lwi_show_set_text(json, "type", lw_dtype_name(e->dtype));
    lwi_show_key(json, "shape");
    lwi_show_open(json, '[');
    for (int d = 0; d < e->rank; d++)
        lwi_show_integer(json, e->dims[d]);
    lwi_show_close(json, ']');
    if (e->quantized && e->axis < 0) {
        lwi_show_set_number(json, "scale", e->scale);
        lwi_show_set_integer(json, "zero_point", e->zero_point);
    } else if (e->quantized) {
        lwi_show_set_integer(json, "axis", e->axis);
    }
    if (e->shares) lwi_show_set_text(json, "shares", e->shares);
    lwi_show_close(json, '}');
}

static void show_all(const lw_weights *weights, const lw_weights_info *info) {
    lwi_json json = {0};
    lw_weights_entry e = {.size = sizeof e};
    lwi_show_open(&json, '{');
    lwi_show_set_text(&json, "format", info->format);
    lwi_show_set_text(&json, "key", info->key);
    lwi_show_set_text(&json, "prefix", info->prefix);
    lwi_show_set_integer(&json, "others", (int64_t)info->others);
    lwi_show_set_integer(&json, "parameters", (int64_t)count_parameters(weights, info->tensors));
    lwi_show_key(&json, "tensors");
    lwi_show_open(&json, '[');
    for (size_t i = 0; i < info->tensors; i++)
        if (!lw_weights_get(weights, i, &e)) show_entry(&json, &e);
    lwi_show_close(&json, ']');
    lwi_show_close(&json, '}');
}

lw_status lwi_weights_info(const char *path, const char *key, bool json) {
    lw_weights *weights = NULL;
    lw_weights_info info = {.size = sizeof info};
    const lw_weights_options options = {.size = sizeof options, .key = key, .any_class = true};
    lw_status status = lw_weights_open(path, &options, &weights);
    if (status == LW_OK) status = lw_weights_describe(weights, &info);
    if (status == LW_OK && json) show_all(weights, &info);
    else if (status == LW_OK) print_all(weights, &info);
    lw_weights_free(weights);
    return status;
}
