/* SPDX-License-Identifier: MIT
 * MatMul, a scale, a mask, Softmax and MatMul become lampwick.Attention, together with the
 * transposes around them. From Softmax the pass goes up to the first product:
 *
 *     Softmax(Add(Where(keep, Mul(MatMul(Q, K'), scale), otherwise), bias)) V
 *
 * where everything but Q, K' and V may be missing, there may be two biases, scales may also be
 * factors of Q and K', and K' is mostly a Transpose of K. */
#include "opt/passes.h"

#include "ops/op.h"

enum { BIASES = 2, INPUTS = 6 };

typedef struct found {
    int q, k, v, keep, y;
    int bias[BIASES];
    size_t n_bias;
    double scale;
    float otherwise;
    int rank;
    int64_t q_perm[4], k_perm[4], v_perm[4], y_perm[4];
    size_t gone[8]; /* nodes that compute only scores */
    size_t n_gone;
} found;

static bool remember(const lwi_rewrite *r, found *f, const lwi_node *node) {
    if (f->n_gone == sizeof f->gone / sizeof *f->gone) return false;
    f->gone[f->n_gone++] = (size_t)(node - r->graph->nodes);
    return true;
}

/* ------------------------------------------------------------------ scores */

/* The node multiplies its other input, *x, by a number. */
static bool is_factor(const lwi_rewrite *r, const lwi_node *node, int *x, double *factor) {
    const bool div = lwi_node_is(node, "", "Div");
    if (!div && !lwi_node_is(node, "", "Mul")) return false;
    const int a = lwi_input(r, node, 0), b = lwi_input(r, node, 1);
    double number = 0;
    const int rank = lwi_shape_of(r->shapes, node->outputs[0])->rank;
    if (lwi_constant_number(r, b, &number)) *x = a;
    else if (!div && lwi_constant_number(r, a, &number)) *x = b;
    else return false;
    *factor = div ? 1 / number : number;
    return number != 0 && lwi_shape_of(r->shapes, *x)->rank == rank;
}

static bool is_bias(const lwi_rewrite *r, int value, int rank) {
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    return s->dtype == LW_FLOAT32 && s->rank >= 0 && s->rank <= rank;
}

/* The value is a product of Q and K', maybe scaled and biased, that nobody else reads. */
static bool find_product(const lwi_rewrite *r, int value, found *f, int depth);

/* Either input of an Add may be the scores. */
static bool find_sum(const lwi_rewrite *r, lwi_node *add, found *f, int depth) {
    for (size_t i = 0; i < 2; i++) {
        found attempt = *f;
        const int scores = lwi_input(r, add, i), bias = lwi_input(r, add, 1 - i);
        if (attempt.n_bias == BIASES || !is_bias(r, bias, f->rank)) continue;
        attempt.bias[attempt.n_bias++] = bias;
        if (!find_product(r, scores, &attempt, depth - 1)) continue;
        *f = attempt;
        return true;
    }
    return false;
}

static bool find_choice(const lwi_rewrite *r, lwi_node *where, found *f, int depth) {
    const int keep = lwi_input(r, where, 0);
    const lwi_shape *s = lwi_shape_of(r->shapes, keep);
    double otherwise = 0;
    if (f->keep >= 0 || s->rank < 0 || s->rank > f->rank) return false;
    if (!lwi_constant_number(r, lwi_input(r, where, 2), &otherwise)) return false;
    f->keep = keep;
    f->otherwise = (float)otherwise;
    return find_product(r, lwi_input(r, where, 1), f, depth - 1);
}

static bool find_product(const lwi_rewrite *r, int value, found *f, int depth) {
    lwi_node *node = lwi_producer(r, value);
    int x = -1;
    double factor = 1;
    if (!node || depth == 0 || !lwi_only_reader(r, value) || !remember(r, f, node)) return false;
    if (lwi_shape_of(r->shapes, value)->rank != f->rank) return false;
    if (lwi_node_is(node, "", "MatMul")) {
        f->q = lwi_input(r, node, 0);
        f->k = lwi_input(r, node, 1);
        return true;
    }
    /* What is closer to the product comes first: a scale before a choice before a bias. */
    if (is_factor(r, node, &x, &factor)) {
        lwi_node *product = lwi_producer(r, x);
        if (!product || !lwi_node_is(product, "", "MatMul")) return false;
        f->scale *= factor;
        return find_product(r, x, f, depth - 1);
    }
    if (lwi_node_is(node, "", "Add")) return f->keep < 0 && find_sum(r, node, f, depth);
    return lwi_node_is(node, "", "Where") && find_choice(r, node, f, depth);
}

/* ---------------------------------------------------------------- operands */

static void no_perm(int rank, int64_t perm[4]) {
    for (int i = 0; i < rank; i++)
        perm[i] = i;
}

/* The order that a Transpose of so many axes makes; NULL: the node is something else. */
static const int64_t *order_of(const lwi_node *node, int rank) {
    size_t n = 0;
    unsigned seen = 0;
    if (!node || !lwi_node_is(node, "", "Transpose")) return NULL;
    const int64_t *perm = lwi_attr_ints(node, "perm", &n);
    for (size_t i = 0; perm && i < n && i < 4; i++)
        if (perm[i] >= 0 && perm[i] < rank) seen |= 1u << perm[i];
    return n == (size_t)rank && seen == (1u << rank) - 1 ? perm : NULL;
}

/* Leaves out a Transpose, with perm[] after it. */
static void skip_transpose(const lwi_rewrite *r, int rank, int *value, int64_t perm[4],
                           bool keeps_last) {
    const lwi_node *node = lwi_producer(r, *value);
    const int64_t *given = order_of(node, rank);
    int64_t both[4] = {0};
    if (!given) return;
    for (int i = 0; i < rank; i++)
        both[i] = given[perm[i]];
    if (keeps_last && both[rank - 1] != rank - 1) return;
    for (int i = 0; i < rank; i++)
        perm[i] = both[i];
    *value = lwi_input(r, node, 0);
}

/* Unsqueeze of axis 0 after a Transpose becomes a Transpose after Unsqueeze. */
static lw_status swap_unsqueeze(lwi_rewrite *r, size_t before, int rank, int *value,
                                int64_t perm[4], bool keeps_last) {
    const lwi_node *node = lwi_producer(r, *value);
    double axis = 1;
    if (rank != 4 || !node || !lwi_node_is(node, "", "Unsqueeze")) return LW_OK;
    const int axes = lwi_input(r, node, 1), inner = lwi_input(r, node, 0);
    const lwi_node *transpose = lwi_producer(r, inner);
    const int64_t *given = order_of(transpose, 3);
    if (!given || !lwi_constant_number(r, axes, &axis) || axis != 0) return LW_OK;
    const lwi_shape *s = lwi_shape_of(r->shapes, lwi_input(r, transpose, 0));
    int64_t moved[4] = {0}, dims[4] = {1}, both[4] = {0};
    if (s->rank != 3) return LW_OK;
    for (int i = 0; i < 3; i++) {
        moved[i + 1] = given[i] + 1;
        dims[i + 1] = s->dims[i];
    }
    for (int i = 0; i < 4; i++)
        both[i] = moved[perm[i]];
    if (keeps_last && both[3] != 3) return LW_OK;
    const int inputs[2] = {lwi_input(r, transpose, 0), axes};
    int made = -1;
    lwi_node *unsqueeze = NULL;
    LW_TRY(lwi_rewrite_value(r, "heads", LW_FLOAT32, 4, dims, &made));
    LW_TRY(lwi_rewrite_insert(r, before, "", "Unsqueeze", inputs, 2, &made, 1, &unsqueeze));
    for (int i = 0; i < 4; i++)
        perm[i] = both[i];
    *value = made;
    return LW_OK;
}

static void skip_factor(const lwi_rewrite *r, int *value, double *scale) {
    const lwi_node *node = lwi_producer(r, *value);
    double factor = 1;
    int x = -1;
    if (!node || !is_factor(r, node, &x, &factor)) return;
    *scale *= factor;
    *value = x;
}

static lw_status find_operands(lwi_rewrite *r, size_t before, found *f) {
    const int n = f->rank;
    no_perm(n, f->q_perm);
    no_perm(n, f->k_perm);
    no_perm(n, f->v_perm);
    f->k_perm[n - 2] = n - 1;
    f->k_perm[n - 1] = n - 2;
    skip_factor(r, &f->q, &f->scale);
    skip_factor(r, &f->k, &f->scale);
    skip_transpose(r, n, &f->q, f->q_perm, true);
    skip_transpose(r, n, &f->k, f->k_perm, false);
    skip_transpose(r, n, &f->v, f->v_perm, true);
    skip_factor(r, &f->q, &f->scale);
    skip_factor(r, &f->k, &f->scale);
    LW_TRY(swap_unsqueeze(r, before, n, &f->q, f->q_perm, true));
    LW_TRY(swap_unsqueeze(r, before, n, &f->k, f->k_perm, false));
    return swap_unsqueeze(r, before, n, &f->v, f->v_perm, true);
}

/* Y as it is, or transposed at once. */
static void find_output(const lwi_rewrite *r, lwi_node *mix, found *f) {
    const lwi_node *next = lwi_only_reader(r, mix->outputs[0]);
    const int64_t *given = order_of(next, f->rank);
    f->y = mix->outputs[0];
    no_perm(f->rank, f->y_perm);
    if (!given || given[f->rank - 1] != f->rank - 1) return;
    for (int i = 0; i < f->rank; i++)
        f->y_perm[i] = given[i];
    f->y = next->outputs[0];
    remember(r, f, next);
}

/* --------------------------------------------------------------- rewriting */

static bool is_softmax_of_rows(const lwi_rewrite *r, const lwi_node *node, int rank) {
    if (!lwi_node_is(node, "", "Softmax")) return false;
    const int64_t axis = lwi_attr_int(node, "axis", -1);
    return (axis == -1 || axis == rank - 1) &&
           lwi_shape_of(r->shapes, node->outputs[0])->dtype == LW_FLOAT32;
}

static bool same_rank(const lwi_rewrite *r, int value, int rank) {
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    return s->rank == rank && s->dtype == LW_FLOAT32;
}

static bool find(const lwi_rewrite *r, lwi_node *softmax, found *f) {
    *f = (found){.scale = 1, .keep = -1, .bias = {-1, -1}};
    const int scores = lwi_input(r, softmax, 0);
    f->rank = lwi_shape_of(r->shapes, scores)->rank;
    if ((f->rank != 3 && f->rank != 4) || !is_softmax_of_rows(r, softmax, f->rank)) return false;
    lwi_node *mix = lwi_only_reader(r, softmax->outputs[0]);
    if (!mix || !lwi_node_is(mix, "", "MatMul") || lwi_input(r, mix, 0) != softmax->outputs[0])
        return false;
    if (!remember(r, f, softmax) || !remember(r, f, mix) || !find_product(r, scores, f, 6))
        return false;
    f->v = lwi_input(r, mix, 1);
    find_output(r, mix, f);
    return same_rank(r, f->q, f->rank) && same_rank(r, f->k, f->rank) &&
           same_rank(r, f->v, f->rank);
}

static lw_status set_float(lwi_rewrite *r, lwi_node *node, const char *name, float x) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_FLOAT, .f = x};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

static lw_status replace(lwi_rewrite *r, size_t index, found *f) {
    const size_t n = (size_t)f->rank;
    const int inputs[INPUTS] = {f->q, f->k, f->v, f->bias[0], f->bias[1], f->keep};
    size_t n_inputs = INPUTS;
    while (inputs[n_inputs - 1] < 0)
        n_inputs--;
    for (size_t i = 0; i < f->n_gone; i++)
        lwi_rewrite_remove(r, lwi_rewrite_node(r, f->gone[i]));
    lwi_node *node = NULL;
    LW_TRY(
        lwi_rewrite_insert(r, index, "lampwick", "Attention", inputs, n_inputs, &f->y, 1, &node));
    LW_TRY(set_float(r, node, "scale", (float)f->scale));
    if (f->keep >= 0) LW_TRY(set_float(r, node, "otherwise", f->otherwise));
    LW_TRY(lwi_rewrite_set_ints(r, node, "q_perm", f->q_perm, n));
    LW_TRY(lwi_rewrite_set_ints(r, node, "k_perm", f->k_perm, n));
    LW_TRY(lwi_rewrite_set_ints(r, node, "v_perm", f->v_perm, n));
    return lwi_rewrite_set_ints(r, node, "y_perm", f->y_perm, n);
}

lw_status lwi_pass_recognize_attention(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        found f;
        if (!node || !find(r, node, &f)) continue;
        LW_TRY(find_operands(r, i, &f));
        LW_TRY(replace(r, i, &f));
        r->count++;
    }
    return LW_OK;
}
