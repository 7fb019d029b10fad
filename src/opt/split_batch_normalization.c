/* SPDX-License-Identifier: MIT
 * BatchNormalization with constant parameters is a factor and a sum for each channel. As two nodes,
 * Mul and Add, they can be folded into what stands before them, or join other elementwise nodes. */
#include "opt/passes.h"

#include "ops/op.h"

#include <math.h>
#include <string.h>

enum { SCALE = 1, BIAS, MEAN, VARIANCE, PARAMETERS };

/* The parameters are float32 constants of as many channels. */
static bool read_parameters(const lwi_rewrite *r, const lwi_node *node,
                            const lw_value *parameters[PARAMETERS]) {
    for (size_t i = SCALE; i < PARAMETERS; i++) {
        const lw_value *v = parameters[i] = lwi_constant(r, lwi_input(r, node, i));
        if (!v || v->dtype != LW_FLOAT32 || v->rank != 1 || v->count == 0 || !v->data) return false;
        if (v->count != parameters[SCALE]->count) return false;
    }
    return true;
}

static bool is_candidate(const lwi_rewrite *r, const lwi_node *node) {
    if (!lwi_node_is(node, "", "BatchNormalization")) return false;
    const lwi_shape *x = lwi_shape_of(r->shapes, lwi_input(r, node, 0));
    for (size_t k = 1; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) return false;
    return x->dtype == LW_FLOAT32 && x->rank >= 2 && node->outputs[0] >= 0 &&
           lwi_attr_int(node, "training_mode", 0) == 0;
}

/* Constants may lie anywhere in a file. */
static double number(const lw_value *v, size_t i) {
    float f;
    memcpy(&f, (const char *)v->data + i * sizeof f, sizeof f);
    return (double)f;
}

static lw_status make_constants(lwi_rewrite *r, const lw_value *const *p, double epsilon, int rank,
                                int *factor, int *sum) {
    const size_t n = p[SCALE]->count;
    float *factors = NULL, *sums = NULL;
    int64_t dims[LW_MAX_RANK];
    LW_TRY(lwi_arena_alloc(&r->scratch, n, sizeof *factors, &factors));
    LW_TRY(lwi_arena_alloc(&r->scratch, n, sizeof *sums, &sums));
    for (size_t i = 0; i < n; i++) {
        const double f = number(p[SCALE], i) / sqrt(number(p[VARIANCE], i) + epsilon);
        factors[i] = (float)f;
        sums[i] = (float)(number(p[BIAS], i) - number(p[MEAN], i) * f);
    }
    for (int d = 0; d < rank - 1; d++)
        dims[d] = d == 0 ? (int64_t)n : 1;
    LW_TRY(lwi_rewrite_constant(r, "factor", LW_FLOAT32, rank - 1, dims, factors, factor));
    return lwi_rewrite_constant(r, "sum", LW_FLOAT32, rank - 1, dims, sums, sum);
}

static lw_status split(lwi_rewrite *r, size_t index, const lw_value *const *parameters) {
    lwi_node *node = lwi_rewrite_node(r, index);
    const int x = lwi_input(r, node, 0), y = node->outputs[0];
    const lwi_shape shape = *lwi_shape_of(r->shapes, x);
    const double epsilon = (double)lwi_attr_float(node, "epsilon", 1e-5f);
    int factor = -1, sum = -1, product = -1;
    LW_TRY(make_constants(r, parameters, epsilon, shape.rank, &factor, &sum));
    LW_TRY(lwi_rewrite_value(r, "scaled", shape.dtype, shape.rank, shape.dims, &product));
    lwi_rewrite_remove(r, lwi_rewrite_node(r, index));
    const int factors[] = {x, factor}, terms[] = {product, sum};
    LW_TRY(lwi_rewrite_insert(r, index, "", "Mul", factors, 2, &product, 1, &node));
    LW_TRY(lwi_rewrite_insert(r, index, "", "Add", terms, 2, &y, 1, &node));
    r->count++;
    return LW_OK;
}

lw_status lwi_pass_split_batch_normalization(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        const lw_value *parameters[PARAMETERS];
        const lwi_node *node = lwi_rewrite_node(r, i);
        if (node && is_candidate(r, node) && read_parameters(r, node, parameters))
            LW_TRY(split(r, i, parameters));
    }
    return LW_OK;
}
