/* SPDX-License-Identifier: MIT
 * MatMul, a scale, a mask, Softmax and MatMul become lampwick.Attention, together with the
 * transposes around them. From Softmax the pass goes up to the first product:
 *
 *     Softmax(Add(Where(keep, Mul(MatMul(Q, K'), scale), otherwise), bias)) V
 *
 * where everything but Q, K' and V may be missing, there may be two biases, scales may also be
 * factors of Q and K', and K' is mostly a Transpose of K. Heads that were repeated, since several
 * queries share a key (Ainslie et al. 2023, arXiv 2305.13245), are read where they are. */
#include "opt/attention_operand.h"
#include "opt/match.h"
#include "opt/passes.h"

#include "ops/op.h"

enum { BIASES = 2, INPUTS = 6 };

typedef struct found {
    lwi_operand q, k, v;
    int keep, y;
    int bias[BIASES];
    size_t n_bias;
    double scale;
    float otherwise;
    int rank;
    int64_t y_perm[4];
    bool nan_zero;
    size_t gone[12]; /* nodes that compute only scores */
    size_t n_gone;
} found;

static bool remember(const lwi_rewrite *r, found *f, const lwi_node *node) {
    if (f->n_gone == sizeof f->gone / sizeof *f->gone) return false;
    f->gone[f->n_gone++] = (size_t)(node - r->graph->nodes);
    return true;
}

/* ------------------------------------------------------------------ scores */

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
        f->q = lwi_operand_of(lwi_input(r, node, 0), f->rank);
        f->k = lwi_operand_of(lwi_input(r, node, 1), f->rank);
        f->k.perm[f->rank - 2] = f->rank - 1;
        f->k.perm[f->rank - 1] = f->rank - 2;
        f->k.moves_last = true;
        return true;
    }
    /* What is closer to the product comes first: a scale before a choice before a bias. */
    if (lwi_is_factor(r, node, &x, &factor)) {
        lwi_node *product = lwi_producer(r, x);
        if (!product || !lwi_node_is(product, "", "MatMul")) return false;
        f->scale *= factor;
        return find_product(r, x, f, depth - 1);
    }
    if (lwi_node_is(node, "", "Add")) return f->keep < 0 && find_sum(r, node, f, depth);
    return lwi_node_is(node, "", "Where") && find_choice(r, node, f, depth);
}

/* ---------------------------------------------------------------- operands */

/* Keys and values are repeated alike, or not at all. */
static lw_status find_operands(lwi_rewrite *r, size_t before, found *f) {
    const lwi_operand k = f->k, v = f->v;
    const double scale = f->scale;
    LW_TRY(lwi_find_operand(r, before, &f->k, &f->scale));
    LW_TRY(lwi_find_operand(r, before, &f->v, NULL));
    if (f->k.repeat != f->v.repeat) {
        f->k = k;
        f->v = v;
        f->scale = scale;
        f->k.keeps_heads = f->v.keeps_heads = true;
        LW_TRY(lwi_find_operand(r, before, &f->k, &f->scale));
        LW_TRY(lwi_find_operand(r, before, &f->v, NULL));
    }
    f->q.keeps_heads = true;
    return lwi_find_operand(r, before, &f->q, &f->scale);
}

/* Y as it is, or transposed at once. */
static void find_output(const lwi_rewrite *r, lwi_node *mix, found *f) {
    const lwi_node *next = lwi_only_reader(r, mix->outputs[0]);
    const int64_t *given = lwi_order_of(next, f->rank);
    f->y = mix->outputs[0];
    for (int i = 0; i < f->rank; i++)
        f->y_perm[i] = i;
    if (!given || given[f->rank - 1] != f->rank - 1) return;
    for (int i = 0; i < f->rank; i++)
        f->y_perm[i] = given[i];
    f->y = next->outputs[0];
    remember(r, f, next);
}

/* --------------------------------------------------------------- rewriting */

static bool is_softmax_of_rows(const lwi_rewrite *r, const lwi_node *node, int rank) {
    const int64_t axis = lwi_attr_int(node, "axis", -1);
    return (axis == -1 || axis == rank - 1) &&
           lwi_shape_of(r->shapes, node->outputs[0])->dtype == LW_FLOAT32;
}

static bool same_rank(const lwi_rewrite *r, int value, int rank) {
    const lwi_shape *s = lwi_shape_of(r->shapes, value);
    return s->rank == rank && s->dtype == LW_FLOAT32;
}

/* Softmax that gives 0 where it would give NaN is Where(IsNaN(p), 0, p). */
static lwi_node *find_softmax(const lwi_rewrite *r, lwi_node *node, found *f) {
    if (!lwi_node_is(node, "", "Where")) return node;
    const int p = lwi_input(r, node, 2), nan = lwi_input(r, node, 0);
    double zero = 1;
    if (lwi_match_unary(r, nan, "IsNaN") != p || lwi_only_reader(r, nan) != node ||
        !lwi_constant_number(r, lwi_input(r, node, 1), &zero) || zero != 0)
        return NULL;
    lwi_node *softmax = lwi_producer(r, p);
    if (!softmax || lwi_is_pinned(r, p) || lwi_read_count(r, p) != 2) return NULL;
    f->nan_zero = true;
    remember(r, f, node);
    remember(r, f, lwi_producer(r, nan));
    return softmax;
}

static bool find(const lwi_rewrite *r, lwi_node *node, found *f) {
    *f = (found){.scale = 1, .keep = -1, .bias = {-1, -1}};
    lwi_node *softmax = find_softmax(r, node, f);
    if (!softmax || !lwi_node_is(softmax, "", "Softmax")) return false;
    const int scores = lwi_input(r, softmax, 0);
    f->rank = lwi_shape_of(r->shapes, scores)->rank;
    if ((f->rank != 3 && f->rank != 4) || !is_softmax_of_rows(r, softmax, f->rank)) return false;
    lwi_node *mix = lwi_only_reader(r, node->outputs[0]);
    if (!mix || !lwi_node_is(mix, "", "MatMul") || lwi_input(r, mix, 0) != node->outputs[0])
        return false;
    if (!remember(r, f, softmax) || !remember(r, f, mix) || !find_product(r, scores, f, 6))
        return false;
    f->v = lwi_operand_of(lwi_input(r, mix, 1), f->rank);
    find_output(r, mix, f);
    return same_rank(r, f->q.value, f->rank) && same_rank(r, f->k.value, f->rank) &&
           same_rank(r, f->v.value, f->rank);
}

static lw_status set_float(lwi_rewrite *r, lwi_node *node, const char *name, float x) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_FLOAT, .f = x};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

static lw_status set_int(lwi_rewrite *r, lwi_node *node, const char *name, int64_t x) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_INT, .i = x};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

static lw_status replace(lwi_rewrite *r, size_t index, found *f) {
    const size_t n = (size_t)f->rank;
    const int inputs[INPUTS] = {f->q.value, f->k.value, f->v.value,
                                f->bias[0], f->bias[1], f->keep};
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
    if (f->k.repeat > 1) LW_TRY(set_int(r, node, "repeat", f->k.repeat));
    if (f->nan_zero) LW_TRY(set_int(r, node, "nan_zero", 1));
    LW_TRY(lwi_rewrite_set_ints(r, node, "q_perm", f->q.perm, n));
    LW_TRY(lwi_rewrite_set_ints(r, node, "k_perm", f->k.perm, n));
    LW_TRY(lwi_rewrite_set_ints(r, node, "v_perm", f->v.perm, n));
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
