/* SPDX-License-Identifier: MIT
 * ScatterElements and ScatterND (ONNX 18): a copy of data in which updates replace, or are combined
 * with, what indices name. Updates are applied in their order, each rounded to the tensor's type.
 */
#include "ops/offsets.h"

#include <string.h>

typedef enum how { NONE, ADD, MUL, MAX, MIN } how;

static lw_status read_how(const lwi_call *c, how *h) {
    static const char *const names[] = {"none", "add", "mul", "max", "min"};
    const char *text = lwi_attr_string(c->node, "reduction", "none");
    for (int i = NONE; i <= MIN; i++)
        if (!strcmp(names[i], text)) {
            *h = (how)i;
            const lw_dtype t = c->in[0]->dtype;
            const bool complex = t == LW_COMPLEX64 || t == LW_COMPLEX128;
            if (*h == NONE || (t != LW_STRING && (!complex || *h <= MUL))) return LW_OK;
            return lwi_call_fail(c, LW_TYPE, "%s elements have no reduction '%s'", lw_dtype_name(t),
                                 text);
        }
    return lwi_call_fail(c, LW_INVALID, "there is no reduction '%s'", text);
}

/* ---------------------------------------------------------------- combining */

/* Integers wrap around: WIDE is unsigned for them. A NaN wins over any number. */
#define COMBINE(NAME, T, WIDE)                                                                     \
    static void NAME(how h, T *to, const T *from, size_t n) {                                      \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T a = to[i], b = from[i];                                                        \
            if (h == ADD) to[i] = (T)((WIDE)a + (WIDE)b);                                          \
            else if (h == MUL) to[i] = (T)((WIDE)a * (WIDE)b);                                     \
            else if (h == MAX) to[i] = b > a || b != b ? b : a;                                    \
            else to[i] = b < a || b != b ? b : a;                                                  \
        }                                                                                          \
    }
#define COMBINE_INTEGER(ID, T) COMBINE(combine_##T, T, uint64_t)
LWI_INTEGER_TYPES(COMBINE_INTEGER)
COMBINE(combine_float, float, float)
COMBINE(combine_double, double, double)

static void combine_bool(how h, bool *to, const bool *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = h == ADD || h == MAX ? to[i] || from[i] : to[i] && from[i];
}

static void combine_small(lw_dtype dtype, how h, void *to, const void *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float a, b;
        lwi_widen(dtype, to, i, 1, &a);
        lwi_widen(dtype, from, i, 1, &b);
        combine_float(h, &a, &b, 1);
        lwi_narrow(dtype, &a, 1, i, to);
    }
}

#define COMBINE_COMPLEX(NAME, T)                                                                   \
    static void NAME(how h, T *to, const T *from, size_t n) {                                      \
        for (size_t i = 0; i < n; i++, to += 2, from += 2) {                                       \
            const T real = to[0], imaginary = to[1];                                               \
            to[0] = h == ADD ? real + from[0] : real * from[0] - imaginary * from[1];              \
            to[1] = h == ADD ? imaginary + from[1] : real * from[1] + imaginary * from[0];         \
        }                                                                                          \
    }
COMBINE_COMPLEX(combine_complex64, float)
COMBINE_COMPLEX(combine_complex128, double)

static void combine(lw_dtype dtype, how h, void *to, const void *from, size_t n) {
    switch (dtype) {
#define CASE(ID, T)                                                                                \
    case ID:                                                                                       \
        combine_##T(h, to, from, n);                                                               \
        break;
        LWI_NUMBER_TYPES(CASE)
#undef CASE
    case LW_BOOL:
        combine_bool(h, to, from, n);
        break;
    case LW_COMPLEX64:
        combine_complex64(h, to, from, n);
        break;
    case LW_COMPLEX128:
        combine_complex128(h, to, from, n);
        break;
    default:
        combine_small(dtype, h, to, from, n);
        break;
    }
}

/* Updates `from` ... that go one after another to `to` ...; in elements. */
typedef struct stretch {
    size_t to, from, n;
} stretch;

/* Where n updates, each of `slice` elements, go: those that stay together are one stretch, unless
 * they are combined. */
static size_t join(const size_t *offsets, size_t n, size_t slice, how h, stretch *s) {
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t from = i * slice;
        stretch *last = made ? &s[made - 1] : NULL;
        if (last && h == NONE && last->to + last->n == offsets[i]) last->n += slice;
        else s[made++] = (stretch){offsets[i], from, slice};
    }
    return made;
}

static void scatter(const lwi_call *c, how h, const stretch *s, size_t n) {
    const lw_value *data = c->in[0], *updates = c->in[2];
    const size_t size = lwi_dtype_size(data->dtype);
    if (data->bytes) memcpy(c->out[0]->data, data->data, data->bytes);
    for (size_t i = 0; i < n; i++) {
        char *to = (char *)c->out[0]->data + s[i].to * size;
        const char *from = (const char *)updates->data + s[i].from * size;
        if (h == NONE && s[i].n == 1 && size == 4) memcpy(to, from, 4); /* no call for so little */
        else if (h == NONE && s[i].n == 1 && size == 8) memcpy(to, from, 8);
        else if (h == NONE) memcpy(to, from, s[i].n * size);
        else if (data->dtype == LW_FLOAT32 && s[i].n == 1)
            combine_float(h, (void *)to, (const void *)from, 1);
        else combine(data->dtype, h, to, from, s[i].n);
    }
}

static lw_status check_updates(const lwi_call *c, int rank, const int64_t *dims) {
    const lw_value *updates = c->in[2];
    if (updates->rank == rank &&
        (rank == 0 || !memcmp(updates->dims, dims, (size_t)rank * sizeof *dims)))
        return LW_OK;
    char found[LWI_SHAPE_TEXT], expected[LWI_SHAPE_TEXT];
    return lwi_call_fail(c, LW_SHAPE, "updates has shape %s, expected %s",
                         lwi_shape_text(updates->rank, updates->dims, found),
                         lwi_shape_text(rank, dims, expected));
}

/* --------------------------------------------------------------- operators */

static lw_status infer(lwi_call *c) {
    how h;
    LW_TRY(read_how(c, &h));
    return lwi_out_like(c, 0, c->in[0]);
}

/* How many updates there are, how large, and where they go. */
typedef lw_status finder(lwi_call *c, size_t *n, size_t *slice, size_t **offsets);

static lw_status find_elements(lwi_call *c, size_t *n, size_t *slice, size_t **offsets) {
    const lw_value *indices = c->in[1];
    int axis = 0;
    *n = indices->count;
    *slice = 1;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), c->in[0]->rank, &axis));
    LW_TRY(check_updates(c, indices->rank, indices->dims));
    return lwi_element_offsets(c, c->in[0], indices, axis, offsets);
}

static lw_status find_slices(lwi_call *c, size_t *n, size_t *slice, size_t **offsets) {
    const lw_value *indices = c->in[1], *updates = c->in[2];
    int rank = 0;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_tuple_dims(c, c->in[0], indices, 0, &rank, dims));
    LW_TRY(check_updates(c, rank, dims));
    *n = 0;
    *slice = 1;
    if (updates->count == 0) return LW_OK;
    *n = 1;
    for (int d = 0; d < indices->rank - 1; d++)
        *n *= (size_t)indices->dims[d];
    *slice = updates->count / *n;
    return lwi_tuple_offsets(c, c->in[0], indices, 0, offsets);
}

typedef struct prepared {
    stretch *stretches;
    size_t n;
    how h;
} prepared;

/* Memory for the stretches comes from take. */
static lw_status plan(lwi_call *c, finder *find, prepared *p,
                      lw_status (*take)(lwi_call *c, size_t n, size_t size, void *block)) {
    size_t *offsets = NULL, n = 0, slice = 1;
    LW_TRY(read_how(c, &p->h));
    LW_TRY(find(c, &n, &slice, &offsets));
    stretch *all = NULL;
    LW_TRY(lwi_scratch(c, n, sizeof *all, &all));
    p->n = join(offsets, n, slice, p->h, all);
    LW_TRY(take(c, p->n, sizeof *all, &p->stretches));
    if (p->n) memcpy(p->stretches, all, p->n * sizeof *all);
    return LW_OK;
}

/* Constant indices are looked at once. */
static lw_status prepare(lwi_call *c, finder *find) {
    prepared *p = NULL;
    if (!lwi_is_constant(c, 1) || !lwi_known(c, 1)) return LW_OK;
    LW_TRY(lwi_prepare(c, sizeof *p, &p));
    return plan(c, find, p, lwi_kept);
}

static lw_status run(lwi_call *c, finder *find) {
    prepared made;
    const prepared *p = c->prepared ? c->prepared : &made;
    if (!c->prepared) LW_TRY(plan(c, find, &made, lwi_scratch));
    scatter(c, p->h, p->stretches, p->n);
    return LW_OK;
}

/* Single floats are combined without stretches, of which they would be one each. */
static lw_status combine_floats(lwi_call *c, how h) {
    size_t *offsets = NULL, n = 0, slice = 1;
    LW_TRY(find_elements(c, &n, &slice, &offsets));
    const lw_value *data = c->in[0];
    float *y = c->out[0]->data;
    const float *updates = c->in[2]->data;
    if (data->bytes) memcpy(y, data->data, data->bytes);
    for (size_t i = 0; i < n; i++)
        combine_float(h, y + offsets[i], updates + i, 1);
    return LW_OK;
}

static lw_status prepare_elements(lwi_call *c) { return prepare(c, find_elements); }
static lw_status run_elements(lwi_call *c) {
    const lw_value *data = c->in[0];
    how h;
    LW_TRY(read_how(c, &h));
    if (!c->prepared && h != NONE && data->dtype == LW_FLOAT32) return combine_floats(c, h);
    if (c->prepared || h != NONE || lwi_dtype_size(data->dtype) > 8) return run(c, find_elements);
    int axis = 0;
    LW_TRY(lwi_axis(c, lwi_attr_int(c->node, "axis", 0), data->rank, &axis));
    LW_TRY(check_updates(c, c->in[1]->rank, c->in[1]->dims));
    if (data->bytes) memcpy(c->out[0]->data, data->data, data->bytes);
    return lwi_move_elements(c, data, c->in[1], axis, true, c->out[0]->data, c->in[2]->data);
}
static lw_status prepare_nd(lwi_call *c) { return prepare(c, find_slices); }
static lw_status run_nd(lwi_call *c) { return run(c, find_slices); }

const lwi_op lwi_op_scatter_elements = {
    .infer = infer, .prepare = prepare_elements, .run = run_elements};
const lwi_op lwi_op_scatter_nd = {.infer = infer, .prepare = prepare_nd, .run = run_nd};
