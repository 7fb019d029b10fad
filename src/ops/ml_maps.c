/* SPDX-License-Identifier: MIT
 * Operators of ai.onnx.ml 1 that make or read maps: ZipMap, DictVectorizer, CastMap. */
#include "ops/lookup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ ZipMap */

/* A map from the keys to one row of x. */
static lw_status make_map(lwi_call *c, lw_value *keys, const lw_value *x, size_t row,
                          lw_value **map) {
    const lw_allocator *a = &c->host->allocator;
    const size_t n = keys->count;
    LW_TRY(lwi_value_make(a, LW_KIND_MAP, x->dtype, 2, map));
    (*map)->items[0] = lwi_value_ref(keys);
    LW_TRY(lwi_tensor_make(a, x->dtype, 1, (const int64_t[]){(int64_t)n}, &(*map)->items[1]));
    if (n) memcpy((*map)->items[1]->data, (const float *)x->data + row * n, n * sizeof(float));
    return LW_OK;
}

static lw_status fill_maps(lwi_call *c, lw_value *keys, lw_value *maps) {
    for (size_t row = 0; row < maps->n_items; row++)
        LW_TRY(make_map(c, keys, c->in[0], row, &maps->items[row]));
    return lwi_out_value(c, 0, maps);
}

static lw_status run_zip_map(lwi_call *c) {
    const lw_value *x = c->in[0];
    lw_value labels, *keys = NULL, *maps = NULL;
    LW_TRY(lwi_need_rank(c, 0, 1, 2));
    if (!lwi_attr_list(c->node, "classlabels_int64s", &labels) &&
        !lwi_attr_list(c->node, "classlabels_strings", &labels))
        return lwi_call_fail(c, LW_INVALID, "there are no class labels");
    if ((size_t)x->dims[x->rank - 1] != labels.count)
        return lwi_call_fail(c, LW_SHAPE, "there are %zu labels for %lld columns", labels.count,
                             (long long)x->dims[x->rank - 1]);
    LW_TRY(lwi_value_clone(&c->host->allocator, &labels, &keys));
    const size_t rows = x->rank == 2 ? (size_t)x->dims[0] : 1;
    lw_status status = lwi_value_make(&c->host->allocator, LW_KIND_SEQUENCE, x->dtype, rows, &maps);
    if (status == LW_OK) status = fill_maps(c, keys, maps);
    lwi_value_release(maps);
    lwi_value_release(keys);
    return status;
}

/* ---------------------------------------------------------- DictVectorizer */

static lw_status check_map(const lwi_call *c) {
    const lw_value *map = c->in[0];
    if (map->n_items == 2 && map->items[0] && map->items[1] &&
        map->items[0]->count == map->items[1]->count)
        return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "the map's keys and values do not fit together");
}

static lw_status find_vocabulary(const lwi_call *c, lw_value *vocabulary) {
    if (lwi_attr_list(c->node, "string_vocabulary", vocabulary) ||
        lwi_attr_list(c->node, "int64_vocabulary", vocabulary))
        return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "there is no vocabulary");
}

static lw_status infer_vectorizer(lwi_call *c) {
    lw_value vocabulary;
    LW_TRY(find_vocabulary(c, &vocabulary));
    return lwi_out(c, 0, c->in[0]->dtype, 2, (const int64_t[]){1, (int64_t)vocabulary.count});
}

typedef struct vectorizer {
    lw_value vocabulary;
    lwi_lookup lookup;
} vectorizer;

static lw_status prepare_vectorizer(lwi_call *c) {
    vectorizer *v = NULL;
    LW_TRY(lwi_prepare(c, sizeof *v, &v));
    LW_TRY(find_vocabulary(c, &v->vocabulary));
    return lwi_lookup_keep(c, &v->vocabulary, LWI_KEEP_LAST, &v->lookup);
}

static lw_status run_vectorizer(lwi_call *c) {
    const vectorizer *v = c->prepared;
    LW_TRY(check_map(c));
    const lw_value *keys = c->in[0]->items[0], *values = c->in[0]->items[1];
    lw_value *y = c->out[0];
    if ((keys->dtype == LW_STRING) != (v->vocabulary.dtype == LW_STRING))
        return lwi_call_fail(c, LW_TYPE, "the vocabulary's and the map's keys differ in type");
    const size_t item = lwi_dtype_size(values->dtype);
    memset(y->data, 0, y->bytes);
    for (size_t i = 0; values->dtype == LW_STRING && i < y->count; i++)
        ((lw_string *)y->data)[i] = (lw_string){"", 0};
    for (size_t i = 0; i < keys->count; i++) {
        const int64_t at = lwi_lookup_find(&v->lookup, keys, i);
        if (at >= 0)
            memcpy((char *)y->data + (size_t)at * item, (const char *)values->data + i * item,
                   item);
    }
    return LW_OK;
}

/* ----------------------------------------------------------------- CastMap */

/* Element i of the map's values as a number; text that is none is 0. */
static double number_of(const lw_value *values, size_t i) {
    if (values->dtype != LW_STRING) return lwi_get_double(values, i);
    const lw_string *s = (const lw_string *)values->data + i;
    char text[64] = "";
    if (s->size < sizeof text && s->size) memcpy(text, s->data, s->size);
    return strtod(text, NULL);
}

/* Element `to` of y from element `from` of the map's values. */
static lw_status cast_element(lwi_call *c, const lw_value *values, size_t from, size_t to) {
    lw_value *y = c->out[0];
    if (y->dtype != LW_STRING) {
        const double number = number_of(values, from);
        return lw_tensor_set(y, to, y->dtype == LW_INT64 ? trunc(number) : number);
    }
    lw_string *string = (lw_string *)y->data + to;
    if (values->dtype == LW_STRING) return *string = ((lw_string *)values->data)[from], LW_OK;
    char text[400];
    const int n = snprintf(text, sizeof text, "%f", lwi_get_double(values, from));
    return lwi_string(c, text, (size_t)n, string);
}

static lw_status find_dtype(const lwi_call *c, lw_dtype *dtype) {
    const char *to = lwi_attr_string(c->node, "cast_to", "TO_FLOAT");
    *dtype = !strcmp(to, "TO_FLOAT") ? LW_FLOAT32 : !strcmp(to, "TO_INT64") ? LW_INT64 : LW_STRING;
    if (*dtype != LW_STRING || !strcmp(to, "TO_STRING")) return LW_OK;
    return lwi_call_fail(c, LW_INVALID, "cast_to '%.40s' is not known", to);
}

typedef struct entry {
    int64_t key;
    size_t index;
} entry;

static int compare_entries(const void *a, const void *b) {
    const int64_t x = ((const entry *)a)->key, y = ((const entry *)b)->key;
    return (x > y) - (x < y);
}

/* All values, in the order of their keys. */
static lw_status cast_dense(lwi_call *c, lw_dtype dtype) {
    const lw_value *keys = c->in[0]->items[0], *values = c->in[0]->items[1];
    entry *entries = NULL;
    LW_TRY(lwi_scratch(c, keys->count, sizeof *entries, &entries));
    for (size_t i = 0; i < keys->count; i++)
        entries[i] = (entry){lwi_get_int(keys, i), i};
    qsort(entries, keys->count, sizeof *entries, compare_entries);
    LW_TRY(lwi_out(c, 0, dtype, 2, (const int64_t[]){1, (int64_t)keys->count}));
    for (size_t i = 0; i < keys->count; i++)
        LW_TRY(cast_element(c, values, entries[i].index, i));
    return LW_OK;
}

/* Each value at the index that its key is. */
static lw_status cast_sparse(lwi_call *c, lw_dtype dtype) {
    const lw_value *keys = c->in[0]->items[0], *values = c->in[0]->items[1];
    const int64_t n = lwi_attr_int(c->node, "max_map", 1);
    if (n < 0) return lwi_call_fail(c, LW_RANGE, "max_map is %lld", (long long)n);
    LW_TRY(lwi_out(c, 0, dtype, 2, (const int64_t[]){1, n}));
    lw_value *y = c->out[0];
    if (y->bytes) memset(y->data, 0, y->bytes);
    for (size_t i = 0; dtype == LW_STRING && i < y->count; i++)
        ((lw_string *)y->data)[i] = (lw_string){"", 0};
    for (size_t i = 0; i < keys->count; i++) {
        const int64_t key = lwi_get_int(keys, i);
        if (key < 0 || key >= n)
            return lwi_call_fail(c, LW_RANGE, "key %lld is not below max_map, %lld", (long long)key,
                                 (long long)n);
        LW_TRY(cast_element(c, values, i, (size_t)key));
    }
    return LW_OK;
}

static lw_status run_cast_map(lwi_call *c) {
    const char *form = lwi_attr_string(c->node, "map_form", "DENSE");
    lw_dtype dtype;
    LW_TRY(check_map(c));
    LW_TRY(find_dtype(c, &dtype));
    if (c->in[0]->items[0]->dtype != LW_INT64)
        return lwi_call_fail(c, LW_TYPE, "the keys are not int64");
    if (!strcmp(form, "DENSE")) return cast_dense(c, dtype);
    if (!strcmp(form, "SPARSE")) return cast_sparse(c, dtype);
    return lwi_call_fail(c, LW_INVALID, "map_form '%.40s' is not DENSE or SPARSE", form);
}

const lwi_op lwi_op_zip_map = {.run = run_zip_map};
const lwi_op lwi_op_dict_vectorizer = {
    .infer = infer_vectorizer, .prepare = prepare_vectorizer, .run = run_vectorizer};
const lwi_op lwi_op_cast_map = {.run = run_cast_map};
