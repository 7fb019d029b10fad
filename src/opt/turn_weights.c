/* SPDX-License-Identifier: MIT
 * Where a network of convolutions ends, its channels are put first again, flattened, and multiplied
 * with weights. If those are few, copies of their rows are put in the order of the channels as they
 * lie instead, and take in what the channels are multiplied by and what is added to them before,
 * as BatchNormalization does: each element is touched once less, or twice. */
#include "opt/column_affine.h"
#include "opt/passes.h"
#include "opt/permute.h"

#include "ops/op.h"

#include <string.h>

enum {
    WEIGHTS = 1,
    BIAS = 2,             /* inputs of lampwick.MatMul */
    MOST_BYTES = 2 << 20, /* of weights that are worth a copy */
    MOST_COLUMNS = 64,    /* with more, turning the channels takes no time beside the product */
    MOST_AFFINES = 4,
};

/* Y = flatten(transpose(z), 1) W + bias, where z = x factor + term for each channel of x, the last
 * dimension. */
typedef struct tail {
    int x;                            /* the value */
    lwi_perm perm;                    /* of the Transpose */
    int64_t dims[LW_MAX_RANK];        /* of z; the first one may be unknown */
    size_t rows, columns;             /* of W */
    bool turned;                      /* W is [columns, rows] */
    lwi_affine affines[MOST_AFFINES]; /* the last one first */
    size_t n_affines;
} tail;

/* ------------------------------------------------------------------ finding */

/* W is such a constant. */
static bool read_weights(const lwi_rewrite *r, const lwi_node *node, tail *t) {
    const lw_value *w = lwi_constant(r, lwi_input(r, node, WEIGHTS));
    if (!w || w->dtype != LW_FLOAT32 || w->rank != 2 || !w->data || w->bytes > MOST_BYTES)
        return false;
    t->turned = lwi_attr_int(node, "transB", 0) != 0;
    t->rows = (size_t)w->dims[t->turned];
    t->columns = (size_t)w->dims[!t->turned];
    return t->columns > 0 && t->columns <= MOST_COLUMNS;
}

/* [N, ...] becomes [N, rows]. */
static bool flattens(const lwi_rewrite *r, const lwi_node *node, size_t rows) {
    if (!lwi_node_is(node, "", "Flatten") && !lwi_node_is(node, "", "Reshape")) return false;
    const lwi_shape *from = lwi_shape_of(r->shapes, lwi_input(r, node, 0));
    const lwi_shape *to = lwi_shape_of(r->shapes, node->outputs[0]);
    return from->rank > 2 && to->rank == 2 && to->dims[1] == (int64_t)rows &&
           from->dims[0] == to->dims[0];
}

static bool read_transpose(const lwi_rewrite *r, const lwi_node *node, tail *t) {
    if (!lwi_perm_of(r, node, &t->perm) || t->perm.at[0] != 0) return false;
    t->x = lwi_input(r, node, 0);
    const lwi_shape *x = lwi_shape_of(r->shapes, t->x);
    if (x->rank != t->perm.rank || x->rank < 3 || x->dtype != LW_FLOAT32) return false;
    size_t elements = 1;
    for (int d = 1; d < x->rank; d++) {
        if (x->dims[d] <= 0 || (size_t)x->dims[d] > t->rows) return false;
        elements *= (size_t)x->dims[d];
        if (elements > t->rows) return false;
    }
    memcpy(t->dims, x->dims, (size_t)x->rank * sizeof *t->dims);
    return elements == t->rows;
}

/* What makes x, as long as it is a line for each channel. */
static void read_affines(const lwi_rewrite *r, const lwi_node *reader, tail *t) {
    const int rank = t->perm.rank;
    while (t->n_affines < MOST_AFFINES) {
        const lwi_node *maker = lwi_producer(r, t->x);
        if (!maker || lwi_only_reader(r, t->x) != reader || maker->n_inputs != 2) return;
        const int first = lwi_input(r, maker, 0), second = lwi_input(r, maker, 1);
        const int source = lwi_constant(r, first) ? second : first;
        lwi_affine *a = &t->affines[t->n_affines];
        if (!lwi_shapes_equal(lwi_shape_of(r->shapes, source), lwi_shape_of(r->shapes, t->x)) ||
            !lwi_read_affine(r, maker, source, rank, t->dims[rank - 1], a))
            return;
        t->n_affines++;
        t->x = source;
        reader = maker;
    }
}

static bool find_tail(const lwi_rewrite *r, const lwi_node *node, tail *t) {
    *t = (tail){.x = -1};
    if (!node || !lwi_node_is(node, "lampwick", "MatMul") || !read_weights(r, node, t))
        return false;
    const int a = lwi_input(r, node, 0);
    const lwi_node *flatten = lwi_producer(r, a);
    if (!flatten || lwi_only_reader(r, a) != node || !flattens(r, flatten, t->rows)) return false;
    const int turned = lwi_input(r, flatten, 0);
    const lwi_node *transpose = lwi_producer(r, turned);
    if (!transpose || lwi_only_reader(r, turned) != flatten || !read_transpose(r, transpose, t))
        return false;
    const int bias = lwi_input(r, node, BIAS);
    if (bias < 0 || lwi_column_constant(r, bias, 1, (int64_t)t->columns))
        read_affines(r, transpose, t);
    return true;
}

/* ----------------------------------------------------------------- changing */

/* What becomes of the weights: row i is row from[i] of the old ones times factor[i % channels];
 * terms are what is added to each row's element of A. */
typedef struct change {
    size_t channels;
    uint32_t *from;
    double *factors, *terms;
} change;

static lw_status find_rows(lwi_rewrite *r, const tail *t, change *c) {
    const int rank = t->perm.rank;
    size_t at[LW_MAX_RANK] = {0}, strides[LW_MAX_RANK] = {0}, stride = 1;
    for (int d = rank - 1; d > 0; d--) { /* of dimensions of z in the old rows */
        strides[t->perm.at[d]] = stride;
        stride *= (size_t)t->dims[t->perm.at[d]];
    }
    LW_TRY(lwi_arena_alloc(&r->scratch, t->rows, sizeof *c->from, &c->from));
    for (size_t i = 0; i < t->rows; i++) {
        for (int d = 1; d < rank; d++)
            c->from[i] += (uint32_t)(at[d] * strides[d]);
        for (int d = rank - 1; d > 0 && ++at[d] == (size_t)t->dims[d]; d--)
            at[d] = 0;
    }
    return LW_OK;
}

static lw_status find_line(lwi_rewrite *r, const tail *t, change *c) {
    c->channels = (size_t)t->dims[t->perm.rank - 1];
    LW_TRY(lwi_arena_alloc(&r->scratch, c->channels, sizeof *c->factors, &c->factors));
    LW_TRY(lwi_arena_alloc(&r->scratch, c->channels, sizeof *c->terms, &c->terms));
    for (size_t i = 0; i < c->channels; i++) {
        c->factors[i] = 1;
        for (size_t k = 0; k < t->n_affines; k++) {
            c->terms[i] += c->factors[i] * lwi_affine_term(&t->affines[k], i);
            c->factors[i] *= lwi_affine_factor(&t->affines[k], i);
        }
    }
    return LW_OK;
}

/* A column of the new weights, whose elements are `row` apart; returns what the terms come to. */
static double make_column(const change *c, const char *old, size_t rows, size_t row, float *made) {
    const size_t channels = c->channels, step = row * sizeof(float);
    const double *const factors = c->factors, *const terms = c->terms;
    const uint32_t *from = c->from;
    double sum = 0;
    for (size_t i = 0; i < rows; i += channels, from += channels)
        for (size_t k = 0; k < channels; k++, made += row) {
            float w; /* constants may lie anywhere in a file */
            memcpy(&w, old + from[k] * step, sizeof w);
            *made = (float)(factors[k] * (double)w);
            sum += terms[k] * (double)w;
        }
    return sum;
}

/* The new weights; sums: what the terms come to in each column. */
static lw_status make_weights(lwi_rewrite *r, const tail *t, const change *c, const lw_value *old,
                              double *sums, int *made) {
    void *data = NULL;
    const size_t row = t->turned ? 1 : t->columns, column = t->turned ? t->rows : 1;
    LW_TRY(lwi_rewrite_weights(r, "weights", LW_FLOAT32, 2, old->dims, &data, made));
    float *numbers = data;
    for (size_t n = 0; n < t->columns; n++)
        sums[n] = make_column(c, (const char *)old->data + n * column * sizeof *numbers, t->rows,
                              row, numbers + n * column);
    lwi_network_forget(r->network, old->data, old->bytes);
    return LW_OK;
}

static lw_status add_bias(lwi_rewrite *r, size_t index, const tail *t, const double *sums) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const int old = lwi_input(r, node, BIAS);
    const int64_t columns = (int64_t)t->columns;
    const lw_value *bias = old < 0 ? NULL : lwi_column_constant(r, old, 1, columns);
    const double alpha = (double)lwi_attr_float(node, "alpha", 1);
    float numbers[MOST_COLUMNS];
    int made = -1;
    for (size_t n = 0; n < t->columns; n++)
        numbers[n] = (float)((bias ? lwi_column_at(bias, n) : 0) + alpha * sums[n]);
    LW_TRY(lwi_rewrite_constant(r, "bias", LW_FLOAT32, 1, &columns, numbers, &made));
    return lwi_rewrite_set_input(r, lwi_rewrite_node(r, index), BIAS, made);
}

static lw_status flatten(lwi_rewrite *r, size_t index, const tail *t) {
    const int64_t dims[] = {t->dims[0], (int64_t)t->rows};
    int flat = -1;
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_value(r, "flat", LW_FLOAT32, 2, dims, &flat));
    LW_TRY(lwi_rewrite_insert(r, index, "", "Flatten", &t->x, 1, &flat, 1, &node));
    return lwi_rewrite_set_input(r, lwi_rewrite_node(r, index), 0, flat);
}

static lw_status turn(lwi_rewrite *r, size_t index, const tail *t) {
    const lw_value *old = lwi_constant(r, lwi_input(r, lwi_rewrite_node(r, index), WEIGHTS));
    change c = {0};
    double sums[MOST_COLUMNS] = {0};
    int made = -1;
    LW_TRY(find_rows(r, t, &c));
    LW_TRY(find_line(r, t, &c));
    LW_TRY(make_weights(r, t, &c, old, sums, &made));
    LW_TRY(lwi_rewrite_set_input(r, lwi_rewrite_node(r, index), WEIGHTS, made));
    if (t->n_affines) LW_TRY(add_bias(r, index, t, sums));
    r->count++;
    return flatten(r, index, t);
}

lw_status lwi_pass_turn_weights(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        tail t;
        if (find_tail(r, lwi_rewrite_node(r, i), &t)) LW_TRY(turn(r, i, &t));
    }
    return LW_OK;
}
