/* SPDX-License-Identifier: MIT
 * A hash table with open addressing. Hashes: FNV-1a for strings; the mixing function of splitmix64
 * (Steele et al. 2014) for numbers. */
#include "ops/lookup.h"

#include <string.h>

bool lwi_attr_list(const lwi_node *node, const char *name, lw_value *list) {
    const lwi_attr *a = lwi_node_attr(node, name);
    if (!a) return false;
    if (a->kind == LWI_ATTR_TENSOR) {
        const lw_value *t = a->tensor;
        return lwi_tensor_init(list, t->dtype, t->rank, t->dims, t->data) == LW_OK && list->count;
    }
    size_t n = 0;
    const int64_t *ints = lwi_attr_ints(node, name, &n);
    const float *floats = ints ? NULL : lwi_attr_floats(node, name, &n);
    const lw_string *strings = ints || floats ? NULL : lwi_attr_strings(node, name, &n);
    const lw_dtype dtype = ints ? LW_INT64 : floats ? LW_FLOAT32 : LW_STRING;
    const void *from = ints ? (const void *)ints : floats ? (const void *)floats : strings;
    void *data = NULL; /* a borrowed tensor is not written to */
    memcpy(&data, &from, sizeof data);
    return from && n &&
           lwi_tensor_init(list, dtype, 1, (const int64_t[]){(int64_t)n}, data) == LW_OK;
}

/* Equal numbers have equal bits. */
static uint64_t number_bits(const lw_value *v, size_t i) {
    if (!lwi_dtype_is_float(v->dtype)) return (uint64_t)lwi_get_int(v, i);
    double d = lwi_get_double(v, i);
    if (d == 0) return 0;
    if (d != d) return UINT64_MAX;
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static uint64_t hash(const lw_value *v, size_t i) {
    if (v->dtype == LW_STRING) {
        const lw_string *s = (const lw_string *)v->data + i;
        uint64_t h = UINT64_C(0xcbf29ce484222325);
        for (size_t k = 0; k < s->size; k++)
            h = (h ^ (unsigned char)s->data[k]) * UINT64_C(0x100000001b3);
        return h ^ h >> 32;
    }
    uint64_t h = number_bits(v, i) + UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

static bool equal(const lw_value *a, size_t i, const lw_value *b, size_t k) {
    if (a->dtype != LW_STRING) return number_bits(a, i) == number_bits(b, k);
    const lw_string *x = (const lw_string *)a->data + i, *y = (const lw_string *)b->data + k;
    return x->size == y->size && (x->size == 0 || !memcmp(x->data, y->data, x->size));
}

/* Slots for all keys, in memory that `take` gives. */
static lw_status make(lwi_call *c, const lw_value *keys, lwi_repeated repeated, lwi_lookup *l,
                      lw_status (*take)(lwi_call *c, size_t n, size_t size, void *block)) {
    size_t capacity = 4;
    if (keys->count > UINT32_MAX / 4)
        return lwi_call_fail(c, LW_LIMIT, "%zu keys are too many", keys->count);
    while (capacity < 2 * keys->count)
        capacity *= 2;
    *l = (lwi_lookup){.keys = keys, .mask = capacity - 1};
    LW_TRY(take(c, capacity, sizeof *l->slots, &l->slots));
    memset(l->slots, 0, capacity * sizeof *l->slots);
    for (size_t i = 0; i < keys->count; i++) {
        size_t at = hash(keys, i) & l->mask;
        while (l->slots[at] && !equal(keys, l->slots[at] - 1, keys, i))
            at = (at + 1) & l->mask;
        if (!l->slots[at] || repeated == LWI_KEEP_LAST) l->slots[at] = (uint32_t)i + 1;
    }
    return LW_OK;
}

lw_status lwi_lookup_make(lwi_call *c, const lw_value *keys, lwi_repeated repeated, lwi_lookup *l) {
    return make(c, keys, repeated, l, lwi_scratch);
}

lw_status lwi_lookup_keep(lwi_call *c, const lw_value *keys, lwi_repeated repeated, lwi_lookup *l) {
    return make(c, keys, repeated, l, lwi_kept);
}

int64_t lwi_lookup_find(const lwi_lookup *l, const lw_value *v, size_t i) {
    for (size_t at = hash(v, i) & l->mask; l->slots[at]; at = (at + 1) & l->mask)
        if (equal(l->keys, l->slots[at] - 1, v, i)) return (int64_t)l->slots[at] - 1;
    return -1;
}
