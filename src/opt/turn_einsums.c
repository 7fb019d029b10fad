/* SPDX-License-Identifier: MIT
 * Einsum of two float32 tensors is a matrix product when one label is summed over, one belongs to
 * each operand alone, and all others go through both to the output: Transpose (where an operand's
 * order asks for it), MatMul, Transpose. Other passes and kernels know those. Einsum of one tensor
 * is ReduceSum, Transpose. */
#include "opt/passes.h"

#include "ops/op.h"

#include <ctype.h>
#include <string.h>

typedef struct term {
    int n;
    char labels[LW_MAX_RANK];
} term;

typedef struct product {
    term in[2], out;
    char batch[LW_MAX_RANK]; /* in the order of the output */
    int n_batch;
    char rows, columns, summed;
} product;

/* Reads letters up to `stop`; NULL for anything else, otherwise what comes after. */
static const char *read_term(const char *s, const char *stop, term *t) {
    t->n = 0;
    for (; *s && strncmp(s, stop, strlen(stop)) != 0; s++) {
        if (*s == ' ') continue;
        if (!isalpha((unsigned char)*s) || t->n == LW_MAX_RANK) return NULL;
        if (t->n && memchr(t->labels, *s, (size_t)t->n)) return NULL;
        t->labels[t->n++] = *s;
    }
    return strncmp(s, stop, strlen(stop)) ? NULL : s + strlen(stop);
}

static bool has(const term *t, char label) {
    return t->n && memchr(t->labels, label, (size_t)t->n) != NULL;
}

/* Puts the labels in their places; false if there are none or several for a place. */
static bool sort_labels(product *p) {
    for (int i = 0; i < p->out.n; i++) {
        const char l = p->out.labels[i];
        char *place = has(&p->in[0], l) ? &p->rows : &p->columns;
        if (!has(&p->in[0], l) && !has(&p->in[1], l)) return false;
        if (has(&p->in[0], l) && has(&p->in[1], l)) {
            p->batch[p->n_batch++] = l;
        } else {
            if (*place) return false;
            *place = l;
        }
    }
    for (int i = 0; i < p->in[0].n; i++) {
        const char l = p->in[0].labels[i];
        if (has(&p->out, l)) continue;
        if (p->summed || !has(&p->in[1], l)) return false;
        p->summed = l;
    }
    for (int i = 0; i < p->in[1].n; i++)
        if (!has(&p->out, p->in[1].labels[i]) && p->in[1].labels[i] != p->summed) return false;
    return p->rows && p->columns && p->summed;
}

static bool read_output(const char *s, term *out) {
    for (; *s; s++) {
        if (*s == ' ') continue;
        if (!isalpha((unsigned char)*s) || out->n == LW_MAX_RANK || has(out, *s)) return false;
        out->labels[out->n++] = *s;
    }
    return true;
}

static bool read_equation(const lwi_node *node, product *p) {
    *p = (product){0};
    const char *s = read_term(lwi_attr_string(node, "equation", ""), ",", &p->in[0]);
    if (s) s = read_term(s, "->", &p->in[1]);
    return s && read_output(s, &p->out) && sort_labels(p);
}

static int64_t size_of(const term *t, const lwi_shape *shape, char label) {
    const char *at = memchr(t->labels, label, (size_t)t->n);
    return shape->dims[at - t->labels];
}

/* The sizes of the label that is summed over agree: Einsum would spread one of them, if it is 1. */
static bool shapes_fit(const lwi_rewrite *r, const lwi_node *node, const product *p) {
    const lwi_shape *shape[2];
    for (size_t i = 0; i < 2; i++) {
        shape[i] = lwi_shape_of(r->shapes, lwi_input(r, node, i));
        if (shape[i]->dtype != LW_FLOAT32 || shape[i]->rank != p->in[i].n) return false;
    }
    return size_of(&p->in[0], shape[0], p->summed) == size_of(&p->in[1], shape[1], p->summed);
}

/* The value with its dimensions in the order of `wanted`, which has the labels of `has`. */
static lw_status turn(lwi_rewrite *r, size_t before, int from, const term *labels,
                      const term *wanted, int *to) {
    int64_t perm[LW_MAX_RANK], dims[LW_MAX_RANK];
    const lwi_shape shape = *lwi_shape_of(r->shapes, from);
    *to = from;
    if (!memcmp(labels->labels, wanted->labels, (size_t)wanted->n)) return LW_OK;
    for (int d = 0; d < wanted->n; d++) {
        const char *at = memchr(labels->labels, wanted->labels[d], (size_t)labels->n);
        perm[d] = at - labels->labels;
        dims[d] = shape.dims[perm[d]];
    }
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_value(r, "turned", shape.dtype, shape.rank, dims, to));
    LW_TRY(lwi_rewrite_insert(r, before, "", "Transpose", &from, 1, to, 1, &node));
    return lwi_rewrite_set_ints(r, node, "perm", perm, (size_t)wanted->n);
}

static term order_of(const product *p, char first, char second) {
    term t = {.n = p->n_batch};
    memcpy(t.labels, p->batch, (size_t)p->n_batch);
    t.labels[t.n++] = first;
    t.labels[t.n++] = second;
    return t;
}

static lw_status rewrite(lwi_rewrite *r, size_t index, const product *p) {
    const lwi_node *old = lwi_rewrite_node(r, index);
    int in[2] = {lwi_input(r, old, 0), lwi_input(r, old, 1)}, y = old->outputs[0], made = y;
    const lwi_shape shape = *lwi_shape_of(r->shapes, y);
    lwi_rewrite_remove(r, lwi_rewrite_node(r, index));
    const term left = order_of(p, p->rows, p->summed), right = order_of(p, p->summed, p->columns);
    const term result = order_of(p, p->rows, p->columns);
    LW_TRY(turn(r, index, in[0], &p->in[0], &left, &in[0]));
    LW_TRY(turn(r, index, in[1], &p->in[1], &right, &in[1]));
    const bool turned = memcmp(result.labels, p->out.labels, (size_t)result.n) != 0;
    int64_t perm[LW_MAX_RANK], dims[LW_MAX_RANK];
    for (int d = 0; d < result.n; d++) {
        const char *at = memchr(result.labels, p->out.labels[d], (size_t)result.n);
        perm[d] = at - result.labels;
        dims[perm[d]] = shape.rank == result.n ? shape.dims[d] : -1;
    }
    if (turned)
        LW_TRY(lwi_rewrite_value(r, "product", LW_FLOAT32, shape.rank == result.n ? result.n : -1,
                                 dims, &made));
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_insert(r, index, "", "MatMul", in, 2, &made, 1, &node));
    r->count++;
    if (!turned) return LW_OK;
    LW_TRY(lwi_rewrite_insert(r, index, "", "Transpose", &made, 1, &y, 1, &node));
    return lwi_rewrite_set_ints(r, node, "perm", perm, (size_t)result.n);
}

/* -------------------------------------------------------------------- sums */

typedef struct sum {
    term in, kept, out; /* kept: the labels of out in the order of in */
    int64_t axes[LW_MAX_RANK];
    size_t n_axes;
} sum;

static bool read_sum(const lwi_rewrite *r, const lwi_node *node, sum *s) {
    *s = (sum){0};
    const char *at = read_term(lwi_attr_string(node, "equation", ""), "->", &s->in);
    const lwi_shape *shape = lwi_shape_of(r->shapes, lwi_input(r, node, 0));
    if (!at || !read_output(at, &s->out) || shape->dtype != LW_FLOAT32 || shape->rank != s->in.n)
        return false;
    for (int d = 0; d < s->in.n; d++)
        if (has(&s->out, s->in.labels[d])) s->kept.labels[s->kept.n++] = s->in.labels[d];
        else s->axes[s->n_axes++] = d;
    return s->n_axes > 0 && s->kept.n == s->out.n;
}

static lw_status rewrite_sum(lwi_rewrite *r, size_t index, const sum *s) {
    const lwi_node *old = lwi_rewrite_node(r, index);
    const lwi_shape shape = *lwi_shape_of(r->shapes, lwi_input(r, old, 0));
    int in[2] = {lwi_input(r, old, 0), -1}, y = old->outputs[0], made = y;
    int64_t dims[LW_MAX_RANK], perm[LW_MAX_RANK];
    for (int d = 0; d < s->out.n; d++) {
        const char *at = memchr(s->in.labels, s->kept.labels[d], (size_t)s->in.n);
        dims[d] = shape.dims[at - s->in.labels];
        at = memchr(s->kept.labels, s->out.labels[d], (size_t)s->kept.n);
        perm[d] = at - s->kept.labels;
    }
    lwi_rewrite_remove(r, lwi_rewrite_node(r, index));
    const bool turned = s->out.n && memcmp(s->kept.labels, s->out.labels, (size_t)s->out.n) != 0;
    const int64_t n_axes = (int64_t)s->n_axes;
    LW_TRY(lwi_rewrite_constant(r, "axes", LW_INT64, 1, &n_axes, s->axes, &in[1]));
    if (turned) LW_TRY(lwi_rewrite_value(r, "sum", LW_FLOAT32, s->out.n, dims, &made));
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_insert(r, index, "", "ReduceSum", in, 2, &made, 1, &node));
    LW_TRY(lwi_node_set_int(r->graph->arena, node, "keepdims", 0));
    r->count++;
    if (!turned) return LW_OK;
    LW_TRY(lwi_rewrite_insert(r, index, "", "Transpose", &made, 1, &y, 1, &node));
    return lwi_rewrite_set_ints(r, node, "perm", perm, (size_t)s->out.n);
}

lw_status lwi_pass_turn_einsums(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        product p;
        sum s;
        const lwi_node *node = lwi_rewrite_node(r, i);
        if (!node || !lwi_node_is(node, "", "Einsum") || node->outputs[0] < 0) continue;
        if (node->n_inputs == 1 && read_sum(r, node, &s)) LW_TRY(rewrite_sum(r, i, &s));
        else if (node->n_inputs == 2 && read_equation(node, &p) && shapes_fit(r, node, &p))
            LW_TRY(rewrite(r, i, &p));
    }
    return LW_OK;
}
