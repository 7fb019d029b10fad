/* SPDX-License-Identifier: MIT
 * Einsum (ONNX 28): "ij,jk->ik" says which dimensions (labels) of the operands go together; labels
 * that are not in the output are summed over. "..." stands for dimensions that are broadcast. A
 * dimension of 1 goes with any other. The operands are multiplied from left to right. */
#include "ops/einsum.h"

#include <ctype.h>
#include <string.h>

enum {
    MAX_OPERANDS = 255,
    ELLIPSIS = 128
}; /* keys: a letter, or ELLIPSIS + place from the right */

typedef struct equation {
    lwi_einsum e;
    uint8_t keys[LWI_EINSUM_LABELS];
    uint8_t uses[LWI_EINSUM_LABELS]; /* 1, or 2 for more */
    int n_labels, n_ellipsis;        /* n_ellipsis: dimensions that "..." stands for */
    const char *text;
} equation;

static lw_status bad(const equation *q, const char *why) {
    return lwi_call_fail(q->e.call, LW_INVALID, "the equation '%.200s' %s", q->text, why);
}

/* The number of a label; a new one if add says so. */
static lw_status find_label(equation *q, uint8_t key, bool add, uint8_t *label) {
    for (int i = 0; i < q->n_labels; i++)
        if (q->keys[i] == key) return *label = (uint8_t)i, LW_OK;
    if (!add) return bad(q, "has a label in its output that no input has");
    if (q->n_labels == LWI_EINSUM_LABELS) return bad(q, "has more than 64 labels");
    q->keys[q->n_labels] = key;
    q->e.size[q->n_labels] = 1;
    *label = (uint8_t)q->n_labels++;
    return LW_OK;
}

/* One term: from *at up to a comma, an arrow or the end. "..." stands for n_ellipsis dimensions. */
static lw_status read_term(equation *q, const char **at, int n_ellipsis, bool add,
                           lwi_einsum_order *term) {
    bool seen = false;
    term->n = 0;
    for (const char *s = *at;; s++) {
        *at = s;
        if (*s == ' ') continue;
        if (*s == '\0' || *s == ',' || *s == '-') return LW_OK;
        const bool ellipsis = !strncmp(s, "...", 3);
        if (!ellipsis && !isalpha((unsigned char)*s)) return bad(q, "has an unexpected character");
        if (ellipsis && seen) return bad(q, "has \"...\" twice in one term");
        const int n = ellipsis ? n_ellipsis : 1;
        if (term->n + n > LW_MAX_RANK) return bad(q, "has a term with too many labels");
        for (int i = 0; i < n; i++) {
            const uint8_t key = (uint8_t)(ellipsis ? ELLIPSIS + n - 1 - i : *s);
            LW_TRY(find_label(q, key, add, &term->labels[term->n++]));
        }
        if (ellipsis) s += 2;
        seen = seen || ellipsis;
    }
}

/* Dimensions that "..." stands for in a term that is to have this rank; 0 if it has none. */
static int ellipsis_dims(const char *s, int rank) {
    bool found = false;
    for (; *s && *s != ',' && *s != '-'; s++) {
        rank -= isalpha((unsigned char)*s) != 0;
        if (*s == '.') found = true;
    }
    return found && rank > 0 ? rank : 0;
}

static lw_status add_dims(equation *q, size_t input, const lwi_einsum_order *term) {
    const lw_value *v = q->e.call->in[input];
    if (term->n != v->rank)
        return lwi_call_fail(q->e.call, LW_SHAPE,
                             "input %zu has rank %d, but the equation '%.200s' "
                             "gives it %d labels",
                             input, v->rank, q->text, term->n);
    for (int d = 0; d < term->n; d++) {
        const uint8_t l = term->labels[d];
        size_t *size = &q->e.size[l];
        const size_t dim = (size_t)v->dims[d];
        if (q->uses[l] < 2) q->uses[l]++;
        if (dim == *size || dim == 1) continue;
        if (*size != 1)
            return lwi_call_fail(q->e.call, LW_SHAPE,
                                 "dimension %d of input %zu is %zu, but its "
                                 "label '%c' is %zu elsewhere",
                                 d, input, dim, q->keys[l] < ELLIPSIS ? q->keys[l] : '.', *size);
        *size = dim;
    }
    return LW_OK;
}

/* Without "->": the dimensions of "...", then the labels that are used once, in order. */
static void implied_output(const equation *q, lwi_einsum_order *out) {
    out->n = 0;
    for (int key = ELLIPSIS + q->n_ellipsis - 1; key >= ELLIPSIS; key--)
        for (int i = 0; i < q->n_labels; i++)
            if (q->keys[i] == key) out->labels[out->n++] = (uint8_t)i;
    for (int key = 'A'; key <= 'z'; key++)
        for (int i = 0; i < q->n_labels; i++)
            if (q->keys[i] == key && q->uses[i] == 1) out->labels[out->n++] = (uint8_t)i;
}

static lw_status read_output(equation *q, const char *at, lwi_einsum_order *out) {
    if (*at == '\0') {
        implied_output(q, out);
        return out->n <= LW_MAX_RANK ? LW_OK : bad(q, "has too many output labels");
    }
    if (strncmp(at, "->", 2) != 0) return bad(q, "has more terms than there are inputs");
    at += 2;
    LW_TRY(read_term(q, &at, q->n_ellipsis, false, out));
    if (*at) return bad(q, "goes on after its output");
    uint64_t seen = 0;
    for (int i = 0; i < out->n; i++) {
        if (seen >> out->labels[i] & 1) return bad(q, "has a label twice in its output");
        seen |= UINT64_C(1) << out->labels[i];
    }
    return LW_OK;
}

/* terms may be NULL. */
static lw_status read_equation(lwi_call *c, equation *q, lwi_einsum_order *terms,
                               lwi_einsum_order *out) {
    *q = (equation){.e.call = c, .text = lwi_attr_string(c->node, "equation", "")};
    const char *at = q->text;
    if (c->n_in > MAX_OPERANDS) return bad(q, "has too many operands");
    for (size_t i = 0; i < c->n_in; i++) {
        lwi_einsum_order term;
        if (!c->in[i]) return lwi_call_fail(c, LW_INVALID, "input %zu is missing", i);
        if (i > 0 && *at++ != ',') return bad(q, "has fewer terms than there are inputs");
        const int n_ellipsis = ellipsis_dims(at, c->in[i]->rank);
        if (n_ellipsis > q->n_ellipsis) q->n_ellipsis = n_ellipsis;
        LW_TRY(read_term(q, &at, n_ellipsis, true, &term));
        LW_TRY(add_dims(q, i, &term));
        if (terms) terms[i] = term;
    }
    return read_output(q, at, out);
}

static lw_status infer(lwi_call *c) {
    equation q;
    lwi_einsum_order out;
    LW_TRY(read_equation(c, &q, NULL, &out));
    int64_t dims[LW_MAX_RANK];
    for (int i = 0; i < out.n; i++)
        dims[i] = (int64_t)q.e.size[out.labels[i]];
    return lwi_out(c, 0, c->in[0]->dtype, out.n, dims);
}

#define LOAD_INTEGER(DTYPE, T)                                                                     \
    case DTYPE:                                                                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = (uint64_t)((const T *)from)[i];                                                \
        break;
static void load(lw_dtype dtype, const void *from, size_t n, uint64_t *to) {
    switch ((int)dtype) { LWI_INTEGER_TYPES(LOAD_INTEGER) }
}

#define STORE_INTEGER(DTYPE, T)                                                                    \
    case DTYPE:                                                                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            ((T *)to)[i] = (T)from[i];                                                             \
        break;
static void store_integers(lw_dtype dtype, const uint64_t *from, size_t n, void *to) {
    switch ((int)dtype) { LWI_INTEGER_TYPES(STORE_INTEGER) }
}

static void store(const lwi_einsum *e, const void *from, lw_value *to) {
    const size_t n = to->count;
    if (e->dtype != LW_UINT64) {
        memcpy(to->data, from, n * (e->dtype == LW_FLOAT32 ? sizeof(float) : sizeof(double)));
        return;
    }
    store_integers(to->dtype, from, n, to->data);
}

/* A label that stands twice in a term walks along the diagonal. */
static lw_status open_operand(const lwi_einsum *e, size_t input, const lwi_einsum_order *term,
                              lwi_einsum_operand *o) {
    const lw_value *v = e->call->in[input];
    size_t strides[LW_MAX_RANK];
    uint64_t *data = NULL;
    *o = (lwi_einsum_operand){.data = v->data};
    if (e->dtype == LW_UINT64) {
        LW_TRY(lwi_scratch(e->call, v->count, sizeof *data, &data));
        load(v->dtype, v->data, v->count, data);
        o->data = data;
    }
    lwi_strides(v->rank, v->dims, strides);
    for (int d = 0; d < term->n; d++) {
        o->set |= UINT64_C(1) << term->labels[d];
        if (v->dims[d] != 1) o->stride[term->labels[d]] += strides[d];
    }
    return LW_OK;
}

lw_status lwi_einsum_sum_read(lwi_call *c, lwi_einsum_sum *sum) {
    equation q;
    lwi_einsum_order terms[LWI_EINSUM_OPERANDS], out;
    int places[LWI_EINSUM_LABELS];
    LW_TRY(read_equation(c, &q, terms, &out));
    *sum = (lwi_einsum_sum){.n_out = out.n, .n_summed = q.n_labels - out.n};
    for (int l = 0; l < q.n_labels; l++)
        places[l] = -1;
    for (int k = 0; k < out.n; k++)
        places[out.labels[k]] = k;
    for (int l = 0, next = out.n; l < q.n_labels; l++) {
        if (places[l] < 0) places[l] = next++;
        sum->dims[places[l]] = q.e.size[l];
    }
    for (size_t i = 0; i < c->n_in; i++) {
        const lw_value *v = c->in[i];
        size_t strides[LW_MAX_RANK];
        lwi_strides(v->rank, v->dims, strides);
        for (int d = 0; d < terms[i].n; d++)
            if (v->dims[d] != 1) sum->strides[i][places[terms[i].labels[d]]] += strides[d];
    }
    return LW_OK;
}

lw_status lwi_einsum_run(lwi_call *c, lwi_einsum_multiply_f32 *multiply_f32) {
    equation q;
    lwi_einsum_order *terms = NULL, out;
    LW_TRY(lwi_scratch(c, c->n_in, sizeof *terms, &terms));
    LW_TRY(read_equation(c, &q, terms, &out));
    const lw_dtype dtype = c->in[0]->dtype;
    q.e.dtype = lwi_dtype_is_float(dtype) ? dtype : LW_UINT64;
    q.e.multiply_f32 = multiply_f32;
    lwi_einsum_operand result, next, packed;
    LW_TRY(open_operand(&q.e, 0, &terms[0], &result));
    for (size_t i = 1; i < c->n_in; i++) {
        uint64_t keep = 0;
        for (int k = 0; k < out.n; k++)
            keep |= UINT64_C(1) << out.labels[k];
        for (size_t later = i + 1; later < c->n_in; later++)
            for (int k = 0; k < terms[later].n; k++)
                keep |= UINT64_C(1) << terms[later].labels[k];
        LW_TRY(open_operand(&q.e, i, &terms[i], &next));
        const lwi_einsum_operand left = result;
        LW_TRY(lwi_einsum_multiply(&q.e, &left, &next, keep, &result));
    }
    LW_TRY(lwi_einsum_pack(&q.e, &result, &out, &packed));
    store(&q.e, packed.data, c->out[0]);
    return LW_OK;
}

static lw_status run(lwi_call *c) { return lwi_einsum_run(c, NULL); }

const lwi_op lwi_op_einsum = {.infer = infer, .run = run, .flags = LWI_WIDEN};
