/* SPDX-License-Identifier: MIT
 * Unique (ONNX 28; the older com.microsoft form has one output less): the different elements of a
 * tensor, or its different slices along an axis, in ascending order or in that of their first
 * occurrence. NaN counts as equal to NaN and larger than every number. */
#include "base/half.h"
#include "base/sort_keys.h"
#include "ops/op.h"

#include <string.h>

typedef int (*comparer)(const void *a, const void *b);

#define COMPARE(DTYPE, T)                                                                          \
    static int compare_##T(const void *a, const void *b) {                                         \
        const T x = *(const T *)a, y = *(const T *)b;                                              \
        if (x == y) return 0;                                                                      \
        if (x != x || y != y) return (x != x) - (y != y);                                          \
        return x < y ? -1 : 1;                                                                     \
    }
LWI_NUMBER_TYPES(COMPARE)

static int compare_f16(const void *a, const void *b) {
    const float x = lwi_f16_to_f32(*(const uint16_t *)a), y = lwi_f16_to_f32(*(const uint16_t *)b);
    return compare_float(&x, &y);
}

static int compare_bf16(const void *a, const void *b) {
    const float x = lwi_bf16_to_f32(*(const uint16_t *)a);
    const float y = lwi_bf16_to_f32(*(const uint16_t *)b);
    return compare_float(&x, &y);
}

static int compare_complex64(const void *a, const void *b) {
    const int first = compare_float(a, b);
    return first ? first : compare_float((const float *)a + 1, (const float *)b + 1);
}

static int compare_complex128(const void *a, const void *b) {
    const int first = compare_double(a, b);
    return first ? first : compare_double((const double *)a + 1, (const double *)b + 1);
}

static int compare_strings(const void *a, const void *b) {
    const lw_string *x = a, *y = b;
    const size_t n = x->size < y->size ? x->size : y->size;
    const int order = n ? memcmp(x->data, y->data, n) : 0;
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

#define CASE(DTYPE, T) [DTYPE] = compare_##T,
static const comparer COMPARERS[LW_DTYPE_COUNT] = {LWI_NUMBER_TYPES(CASE)[LW_BOOL] =
                                                       compare_uint8_t,
                                                   [LW_FLOAT16] = compare_f16,
                                                   [LW_BFLOAT16] = compare_bf16,
                                                   [LW_COMPLEX64] = compare_complex64,
                                                   [LW_COMPLEX128] = compare_complex128,
                                                   [LW_STRING] = compare_strings};

/* Slice i holds the elements [o, i, k] of an array [outer, n, inner]. */
typedef struct slices {
    const char *x;
    size_t outer, n, inner, item;
    comparer compare;
} slices;

static int compare_slices(const slices *s, size_t a, size_t b) {
    for (size_t o = 0; o < s->outer; o++)
        for (size_t k = 0; k < s->inner; k++) {
            const char *row = s->x + (o * s->n * s->inner + k) * s->item;
            const size_t step = s->inner * s->item;
            const int order = s->compare(row + a * step, row + b * step);
            if (order) return order;
        }
    return 0;
}

/* Merge sort from the bottom up: stable, so equal slices stay in order. */
static size_t *sort_slices(const slices *s, size_t *from, size_t *to) {
    for (size_t i = 0; i < s->n; i++)
        from[i] = i;
    for (size_t width = 1; width < s->n; width *= 2) {
        for (size_t begin = 0; begin < s->n; begin += 2 * width) {
            const size_t left = s->n - begin, middle = begin + (left < width ? left : width);
            const size_t end = begin + (left < 2 * width ? left : 2 * width);
            for (size_t a = begin, b = middle, i = begin; i < end; i++) {
                const bool second =
                    a == middle || (b < end && compare_slices(s, from[a], from[b]) > 0);
                to[i] = from[second ? b++ : a++];
            }
        }
        size_t *swapped = from;
        from = to;
        to = swapped;
    }
    return from;
}

/* Single numbers are sorted by keys in their order. False if there are none for the type. */
#define KEYS(DTYPE, T, KEY)                                                                        \
    case DTYPE:                                                                                    \
        for (size_t i = 0; i < s->n; i++) {                                                        \
            const T x = ((const T *)s->x)[i];                                                      \
            items[i] = (lwi_keyed){KEY, i};                                                        \
        }                                                                                          \
        break;
static bool sort_numbers(const slices *s, lw_dtype dtype, lwi_keyed *items, size_t *order) {
    switch (dtype) {
        KEYS(LW_FLOAT32, float, lwi_key_of_float(x))
        KEYS(LW_INT32, int32_t, (uint32_t)x ^ 0x80000000u)
        KEYS(LW_INT64, int64_t, (uint64_t)x ^ (uint64_t)INT64_MIN)
    default:
        return false;
    }
    lwi_sort_keys(items, items + s->n, s->n, (int)s->item);
    for (size_t i = 0; i < s->n; i++)
        order[i] = items[i].place;
    return true;
}

static lw_status sort(lwi_call *c, const slices *s, size_t *work, size_t **order) {
    if (s->outer == 1 && s->inner == 1) {
        lwi_keyed *items = NULL;
        *order = work;
        LW_TRY(lwi_scratch(c, s->n, 2 * sizeof *items, &items));
        if (sort_numbers(s, c->in[0]->dtype, items, work)) return LW_OK;
    }
    *order = sort_slices(s, work, work + s->n);
    return LW_OK;
}

/* The groups of equal slices, in the order of the output. */
typedef struct groups {
    size_t n;
    size_t *first; /* of each group: its first slice */
    size_t *count;
    size_t *of; /* of each slice: its group */
} groups;

static void find_groups(const slices *s, const size_t *order, groups *g) {
    g->n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i == 0 || compare_slices(s, order[i - 1], order[i]) != 0) {
            g->first[g->n] = order[i];
            g->count[g->n++] = 0;
        }
        g->count[g->n - 1]++;
        g->of[order[i]] = g->n - 1;
    }
}

/* Numbers the groups by their first occurrence. work: n of groups, twice. */
static void order_by_occurrence(const slices *s, groups *g, size_t *work) {
    size_t *rank = work, *count = work + g->n, n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (g->first[g->of[i]] == i) rank[g->of[i]] = n++;
    for (size_t k = 0; k < g->n; k++)
        count[rank[k]] = g->count[k];
    for (size_t i = s->n; i-- > 0;)
        g->of[i] = rank[g->of[i]];
    for (size_t i = s->n; i-- > 0;)
        g->first[g->of[i]] = i;
    for (size_t k = 0; k < g->n; k++)
        g->count[k] = count[k];
}

static lw_status write_list(lwi_call *c, size_t i, const size_t *list, size_t n) {
    if (i >= c->n_out || !c->out[i]) return LW_OK;
    LW_TRY(lwi_out(c, i, LW_INT64, 1, (const int64_t[]){(int64_t)n}));
    for (size_t k = 0; k < n; k++)
        ((int64_t *)c->out[i]->data)[k] = (int64_t)list[k];
    return LW_OK;
}

static lw_status write_slices(lwi_call *c, const slices *s, const groups *g, int axis) {
    const lw_value *x = c->in[0];
    int64_t dims[LW_MAX_RANK] = {(int64_t)g->n};
    for (int d = 0; axis >= 0 && d < x->rank; d++)
        dims[d] = d == axis ? (int64_t)g->n : x->dims[d];
    LW_TRY(lwi_out(c, 0, x->dtype, axis < 0 ? 1 : x->rank, dims));
    if (!c->out[0] || !c->out[0]->count) return LW_OK;
    const size_t block = s->inner * s->item;
    for (size_t o = 0; o < s->outer; o++)
        for (size_t k = 0; k < g->n; k++)
            memcpy((char *)c->out[0]->data + (o * g->n + k) * block,
                   s->x + (o * s->n + g->first[k]) * block, block);
    return LW_OK;
}

/* positions: where each first occurs is an output, as in ONNX's own form. */
static lw_status find_unique(lwi_call *c, bool sorted, bool positions) {
    const lw_value *x = c->in[0];
    int axis = -1;
    slices s = {.x = x->data,
                .outer = 1,
                .n = x->count,
                .inner = 1,
                .item = lwi_dtype_size(x->dtype),
                .compare = COMPARERS[x->dtype]};
    if (lwi_node_attr(c->node, "axis")) {
        LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), x->rank, &axis));
        lwi_split_axis(x, axis, &s.outer, &s.n, &s.inner);
        if (x->count == 0) s.outer = 0; /* slices without elements are all equal */
    }
    size_t *work = NULL, *order = NULL;
    LW_TRY(lwi_scratch(c, s.n, 7 * sizeof *work, &work));
    groups g = {.first = work + 2 * s.n, .count = work + 3 * s.n, .of = work + 4 * s.n};
    LW_TRY(sort(c, &s, work, &order));
    find_groups(&s, order, &g);
    if (!sorted) order_by_occurrence(&s, &g, work + 5 * s.n);
    LW_TRY(write_slices(c, &s, &g, axis));
    if (positions) LW_TRY(write_list(c, 1, g.first, g.n));
    LW_TRY(write_list(c, 1 + positions, g.of, s.n));
    return write_list(c, 2 + positions, g.count, g.n);
}

static lw_status run(lwi_call *c) {
    return find_unique(c, lwi_attr_int(c->node, "sorted", 1) != 0, true);
}

static lw_status run_microsoft(lwi_call *c) { return find_unique(c, false, false); }

const lwi_op lwi_op_unique = {.run = run};
const lwi_op lwi_op_microsoft_unique = {.run = run_microsoft};
