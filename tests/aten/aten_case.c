/* SPDX-License-Identifier: MIT
 * Reads cases: tensors of arguments are made as tests/torch/aten_cases.py makes them. */
#include "aten_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    lw_dtype dtype;
} dtypes[] = {{"f32", LW_FLOAT32},   {"f64", LW_FLOAT64},   {"f16", LW_FLOAT16},
              {"bf16", LW_BFLOAT16}, {"i64", LW_INT64},     {"i32", LW_INT32},
              {"i16", LW_INT16},     {"i8", LW_INT8},       {"u8", LW_UINT8},
              {"bool", LW_BOOL},     {"c64", LW_COMPLEX64}, {"c128", LW_COMPLEX128}};

lw_dtype aten_case_dtype(const char *name) {
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (!strcmp(dtypes[i].name, name)) return dtypes[i].dtype;
    return LW_DTYPE_NONE;
}

/* ------------------------------------------------------------------- tensors */

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static lw_status fill_random(lw_value *v, uint32_t state, double low, double high) {
    const double step = lwi_dtype_is_float(v->dtype) ? 32 : 1;
    for (size_t i = 0; i < v->count; i++) {
        double number = 0;
        if (v->dtype == LW_BOOL) number = (next(&state) >> 4) % 2;
        else number = low + next(&state) % (uint32_t)((high - low) * step) / step;
        LW_TRY(lw_tensor_set(v, i, number));
    }
    return LW_OK;
}

static lw_status fill_distinct(lw_value *v, uint32_t state, double low, double step) {
    uint32_t order[4096];
    if (v->count > 4096) return lwi_fail(LW_LIMIT, "a case with %zu elements", v->count);
    for (uint32_t i = 0; i < v->count; i++)
        order[i] = i;
    for (uint32_t i = (uint32_t)v->count; i-- > 1;) {
        const uint32_t j = next(&state) % (i + 1), swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
    for (size_t i = 0; i < v->count; i++)
        LW_TRY(lw_tensor_set(v, i, low + order[i] * step));
    return LW_OK;
}

static double number_of(const lwi_json_item *item) {
    if (item->kind == LWI_JSON_BOOL) return item->truth;
    if (item->kind == LWI_JSON_STRING) return strtod(item->text, NULL);
    return item->is_integer ? (double)item->integer : item->number;
}

static lw_status fill_listed(lw_value *v, const lwi_json_item *list) {
    if (!list || list->size != v->count) return lwi_fail(LW_CORRUPT, "elements are missing");
    for (size_t i = 0; i < v->count; i++)
        LW_TRY(lw_tensor_set(v, i, number_of(&list->items[i])));
    return LW_OK;
}

static lw_status fill_base64(lw_value *v, const char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t n = 0, n_bits = 0;
    for (; *text && *text != '='; text++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, *text) - digits);
        n_bits += 6;
        if (n_bits < 8) continue;
        n_bits -= 8;
        if (n < v->bytes) ((uint8_t *)v->data)[n] = (uint8_t)(bits >> n_bits);
        n++;
    }
    return n == v->bytes ? LW_OK : lwi_fail(LW_CORRUPT, "%zu bytes for %zu", n, v->bytes);
}

/* {"t": "f32 2x3 r7 -4 4"} */
static lw_status read_tensor(const lwi_json_item *item, lw_value **v) {
    char name[8] = "", shape[64] = "", how = 0;
    unsigned seed = 0;
    double p = 0, q = 0;
    int64_t dims[LW_MAX_RANK];
    int rank = 0;
    sscanf(lwi_json_text(item, "t", ""), "%7s %63s %c%u %lf %lf", name, shape, &how, &seed, &p, &q);
    for (char *s = shape; *s && *s != '-' && rank < LW_MAX_RANK; s += *s == 'x')
        dims[rank++] = strtol(s, &s, 10);
    const lw_dtype named = aten_case_dtype(name);
    const bool complex = named == LW_COMPLEX64 || named == LW_COMPLEX128;
    if (complex) dims[rank++] = 2;
    const lw_dtype dtype = named == LW_COMPLEX64 ? LW_FLOAT32 : complex ? LW_FLOAT64 : named;
    LW_TRY(lw_tensor_new(dtype, rank, dims, v));
    const uint32_t state = seed * 2654435761u + 12345u;
    if (how == 'r') return fill_random(*v, state, p, q);
    if (how == 'p') return fill_distinct(*v, state, p, q);
    if (how == 'v') return fill_listed(*v, lwi_json_get(item, "v"));
    const char *bytes = lwi_json_text(item, "b", NULL);
    return bytes ? fill_base64(*v, bytes) : LW_OK;
}

/* --------------------------------------------------------------------- cases */

static lw_status read_inputs(aten_case *c, const lwi_json_item *item) {
    if (lwi_json_get(item, "t")) {
        if (c->n_inputs == MAX_TENSORS) return lwi_fail(LW_LIMIT, "too many tensors");
        LW_TRY(read_tensor(item, &c->inputs[c->n_inputs]));
        c->n_inputs++;
        return LW_OK;
    }
    if (item->kind != LWI_JSON_ARRAY && item->kind != LWI_JSON_OBJECT) return LW_OK;
    for (size_t i = 0; i < item->size; i++)
        LW_TRY(read_inputs(c, &item->items[i]));
    return LW_OK;
}

/* A number stands for itself, as a tensor of rank 0. */
static lw_status read_output(aten_case *c, const lwi_json_item *item) {
    lw_value **v = &c->outputs[c->n_outputs];
    c->has_data[c->n_outputs] = true;
    if (item->kind == LWI_JSON_OBJECT) {
        c->has_data[c->n_outputs] = lwi_json_get(item, "b") != NULL;
        return read_tensor(item, v);
    }
    if (item->kind == LWI_JSON_NULL) return LW_OK;
    const lw_dtype dtype = item->kind == LWI_JSON_BOOL ? LW_BOOL
                           : item->is_integer          ? LW_INT64
                                                       : LW_FLOAT64;
    LW_TRY(lw_tensor_new(dtype, 0, NULL, v));
    return lw_tensor_set(*v, 0, number_of(item));
}

lw_status aten_case_read(aten_case *c, const char *line, size_t size) {
    *c = (aten_case){.op = "?"};
    lwi_arena_init(&c->memory, &lwi_malloc_allocator);
    LW_TRY(lwi_json_parse(&c->memory, line, size, NULL, &c->line));
    c->op = lwi_json_text(c->line, "op", "?");
    const char *start = c->op;
    static const char *const spaces[] = {"torchvision", "transformers"}; /* others are aten's */
    const char *space = "";
    for (size_t i = 0; i < 2; i++) {
        const size_t length = strlen(spaces[i]);
        if (strncmp(c->op, spaces[i], length) != 0 || c->op[length] != '.') continue;
        space = spaces[i];
        start = c->op + length + 1;
    }
    const size_t n = strcspn(start, ".");
    snprintf(c->name, sizeof c->name, "%s%s%.*s", space, *space ? "::" : "", (int)n, start);
    snprintf(c->overload, sizeof c->overload, "%s", start[n] ? start + n + 1 : "");
    c->tolerance = lwi_json_number(c->line, "tol", 1e-5);
    const lwi_json_item *args = lwi_json_get(c->line, "args"), *out = lwi_json_get(c->line, "out");
    if (!args || !out) return lwi_fail(LW_CORRUPT, "no case");
    LW_TRY(read_inputs(c, args));
    for (size_t i = 0; i < out->size && i < MAX_TENSORS; i++, c->n_outputs++)
        LW_TRY(read_output(c, &out->items[i]));
    return LW_OK;
}

void aten_case_free(aten_case *c) {
    for (size_t i = 0; i < c->n_inputs; i++)
        lw_value_free(c->inputs[i]);
    for (size_t i = 0; i < c->n_outputs; i++)
        lw_value_free(c->outputs[i]);
    lwi_arena_free(&c->memory);
}

/* --------------------------------------------------------------------- graph */

static lwi_aten_value input(lwi_aten *a, const aten_case *c, size_t i, bool free_sizes,
                            bool complex) {
    static const char *const names[LW_MAX_RANK] = {NULL};
    const lw_value *v = c->inputs[i];
    int64_t dims[LW_MAX_RANK], examples[LW_MAX_RANK];
    char name[16];
    for (int d = 0; d < v->rank; d++) {
        examples[d] = v->dims[d];
        dims[d] = free_sizes && v->dims[d] > 1 && !(complex && d == v->rank - 1) ? -1 : v->dims[d];
    }
    snprintf(name, sizeof name, "x%zu", i);
    const lwi_aten_value x = lwi_aten_input(a, name, v->dtype, v->rank, dims, names, examples);
    if (x.kind == LWI_ATEN_TENSOR) x.tensor->complex = complex;
    return x;
}

static lwi_aten_value argument(lwi_aten *a, const aten_case *c, const lwi_json_item *item,
                               size_t *next_input, bool free_sizes) {
    lwi_aten_value items[MAX_TENSORS];
    size_t n = 0;
    switch ((lwi_json_kind)item->kind) {
    case LWI_JSON_NULL:
        return lwi_aten_none();
    case LWI_JSON_BOOL:
        return lwi_aten_bool(item->truth);
    case LWI_JSON_NUMBER:
        return item->is_integer ? lwi_aten_int(item->integer) : lwi_aten_float(item->number);
    case LWI_JSON_STRING:
        return lwi_aten_string((lw_string){item->text, item->size});
    case LWI_JSON_ARRAY:
        for (; n < item->size && n < MAX_TENSORS; n++)
            items[n] = argument(a, c, &item->items[n], next_input, free_sizes);
        return lwi_aten_list(a, n, items);
    case LWI_JSON_OBJECT:
        break;
    }
    const char *dtype = lwi_json_text(item, "dtype", NULL);
    const char *number = lwi_json_text(item, "float", NULL);
    if (dtype) return lwi_aten_int(lwi_aten_dtype_to_c10(aten_case_dtype(dtype)));
    if (number) return lwi_aten_float(strtod(number, NULL));
    const bool complex = lwi_json_text(item, "t", "")[0] == 'c';
    return input(a, c, (*next_input)++, free_sizes, complex);
}

static void add_output(lwi_aten *a, const lwi_aten_value *v, size_t *n) {
    char name[16];
    if (v->kind == LWI_ATEN_LIST) {
        for (size_t i = 0; i < v->list.n; i++)
            add_output(a, &v->list.items[i], n);
        return;
    }
    snprintf(name, sizeof name, "y%zu", (*n)++);
    if (v->kind != LWI_ATEN_NONE) lwi_aten_output(a, v, name);
}

lw_status aten_case_build(aten_case *c, lwi_network *network, bool free_sizes, size_t *n_outputs) {
    const lwi_json_item *given = lwi_json_get(c->line, "args");
    lwi_aten a;
    lwi_aten_argument args[LWI_ATEN_ARGS];
    lwi_aten_value results[LWI_ATEN_RESULTS];
    size_t next_input = 0, n = 0;
    LW_TRY(lwi_aten_open(&a, network, "test"));
    for (; n < given->size && n < LWI_ATEN_ARGS; n++)
        args[n] = (lwi_aten_argument){given->items[n].key,
                                      argument(&a, c, &given->items[n], &next_input, free_sizes)};
    lwi_aten_call(&a, c->name, c->overload, n, args, results);
    size_t last = LWI_ATEN_RESULTS;
    while (last > 0 && results[last - 1].kind == LWI_ATEN_NONE)
        last--;
    *n_outputs = 0;
    for (size_t i = 0; i < last; i++)
        add_output(&a, &results[i], n_outputs);
    return lwi_aten_close(&a);
}

/* ---------------------------------------------------------------- comparison */

static bool close_to(double x, double y, double scale, double tolerance) {
    if (isnan(x) || isnan(y)) return isnan(x) && isnan(y);
    if (isinf(x) || isinf(y)) return x == y;
    return fabs(x - y) <= tolerance * (fabs(y) + scale);
}

lw_status aten_case_compare(const aten_case *c, size_t i, const lw_value *v) {
    const lw_value *want = c->outputs[i];
    char got_shape[LWI_SHAPE_TEXT], shape[LWI_SHAPE_TEXT];
    if (!want) return LW_OK;
    if (v->dtype != want->dtype || !lwi_same_shape(v, want))
        return lwi_fail(LW_SHAPE, "output %zu is type %d %s, PyTorch's type %d %s", i, v->dtype,
                        lwi_shape_text(v->rank, v->dims, got_shape), want->dtype,
                        lwi_shape_text(want->rank, want->dims, shape));
    double scale = 0;
    for (size_t k = 0; k < v->count && c->has_data[i]; k++)
        if (isfinite(lw_tensor_get(want, k))) scale = fmax(scale, fabs(lw_tensor_get(want, k)));
    const bool floats = lwi_dtype_is_float(v->dtype);
    for (size_t k = 0; k < v->count && c->has_data[i]; k++) {
        const double x = lw_tensor_get(v, k), y = lw_tensor_get(want, k);
        if (!close_to(x, y, floats ? 0.1 * scale + 1e-3 : 0, floats ? c->tolerance : 0))
            return lwi_fail(LW_INTERNAL, "output %zu, element %zu is %.9g, PyTorch's %.9g", i, k, x,
                            y);
    }
    return LW_OK;
}

bool aten_case_lines(const char *path, void (*run)(void *arg, const char *line, size_t size),
                     void *arg) {
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n = 0;
    if (!file) return false;
    while ((n = getline(&line, &room, file)) > 0)
        run(arg, line, (size_t)n);
    free(line);
    fclose(file);
    return true;
}
