/* SPDX-License-Identifier: MIT
 * FlexAttention, part by part: products, softmax, and the nodes of its subgraphs between them
 * (ops/flex_attention.c). */
#include "backend/gpu/gpu_parts.h"

#include <math.h>
#include <string.h>

enum { Q, K, V };

typedef struct flex {
    lwi_gpu_parts parts;
    lw_dtype dtype;   /* in which is computed: float32 or float64 */
    lw_dtype softmax; /* the subgraphs' type */
    int64_t batch, q_heads, heads, rows, columns;
} flex;

/* ------------------------------------------------------------- a subgraph's nodes */

static bool fits(const lwi_graph *g, const lwi_node *node) {
    return g->n_captures == 0 && node->n_inputs <= LWI_GPU_PART_VALUES &&
           node->n_outputs <= LWI_GPU_PART_VALUES && node->n_attrs < LWI_GPU_PART_ATTRS;
}

static lw_status add_node(flex *f, const lwi_node *node, lwi_gpu_value *values) {
    lwi_gpu_part part = {.domain = node->domain,
                         .op_type = node->op_type,
                         .n_in = node->n_inputs,
                         .n_out = node->n_outputs};
    memcpy(part.attrs, node->attrs, node->n_attrs * sizeof *part.attrs);
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0) part.in[i] = values[node->inputs[i]];
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) part.out[k] = &values[node->outputs[k]];
    return lwi_gpu_add(&f->parts, &part);
}

/* values: [n_slots] */
static lw_status add_nodes(flex *f, const lwi_graph *g, lwi_gpu_value *values) {
    for (size_t i = 0; i < g->n_slots; i++) {
        const lw_value *v = g->slots[i].constant;
        if (v && v->kind == LW_KIND_TENSOR && v->dtype != LW_STRING)
            LW_TRY(lwi_gpu_constant(&f->parts, v->dtype, v->rank, v->dims, v->data, &values[i]));
    }
    for (size_t i = 0; i < g->n_nodes && !f->parts.refused; i++) {
        f->parts.refused = !fits(g, &g->nodes[i]);
        LW_TRY(add_node(f, &g->nodes[i], values));
    }
    return LW_OK;
}

/* Scores or probabilities by the subgraph of an attribute, if there is one. */
static lw_status modify(flex *f, const char *attribute, lwi_gpu_value *scores) {
    const lwi_graph *g = lwi_attr_graph(f->parts.call->node, attribute);
    lwi_gpu_value *values = NULL, made = {0};
    if (!g || f->parts.refused) return LW_OK;
    LW_TRY(lwi_arena_alloc(f->parts.step->memory, g->n_slots + 1, sizeof *values, &values));
    memset(values, 0, (g->n_slots + 1) * sizeof *values);
    LW_TRY(lwi_gpu_add_cast(&f->parts, *scores, f->softmax, &values[g->inputs[0]]));
    LW_TRY(add_nodes(f, g, values));
    if (f->parts.refused) return LW_OK;
    const lwi_gpu_value out = values[g->outputs[0]];
    f->parts.refused = !out.value || out.value->count != scores->value->count;
    LW_TRY(lwi_gpu_add_cast(&f->parts, out, f->dtype, &made));
    *scores = made;
    return LW_OK;
}

/* ----------------------------------------------------------------------- products */

/* Heads that share keys lie one after the other: as more rows of one head. */
static lw_status take_heads(flex *f, lwi_gpu_value from, int64_t rows, lwi_gpu_value *to) {
    if (f->parts.refused) return LW_OK;
    const int64_t dims[4] = {f->batch, f->heads, rows,
                             (int64_t)from.value->count / (f->batch * f->heads * rows)};
    return lwi_gpu_part_of(&f->parts, from, 0, 4, dims, to);
}

static lw_status multiply(flex *f, lwi_gpu_value a, lwi_gpu_value b, bool turned,
                          lwi_gpu_value *y) {
    const lwi_gpu_part part = {.domain = turned ? "com.microsoft" : "",
                               .op_type = turned ? "FusedMatMul" : "MatMul",
                               .attrs = {lwi_gpu_attr_int(turned ? "transB" : NULL, 1)},
                               .in = {a, b},
                               .n_in = 2,
                               .out = {y},
                               .n_out = 1};
    return lwi_gpu_add(&f->parts, &part);
}

/* Q is scaled before the product, in the type of the numbers. */
static lw_status make_scores(flex *f, lwi_gpu_value *scores) {
    const lwi_call *c = f->parts.call;
    const double scale = lwi_node_attr(c->node, "scale")
                             ? (double)lwi_attr_float(c->node, "scale", 1)
                             : 1 / sqrt((double)c->in[Q]->dims[3]);
    const float narrow = (float)scale;
    const bool wide = f->dtype == LW_FLOAT64;
    lwi_gpu_value q = {0}, k = {0}, factor = {0}, scaled = {0}, rows = {0}, products = {0};
    LW_TRY(lwi_gpu_add_cast(&f->parts, lwi_gpu_input(&f->parts, Q), f->dtype, &q));
    LW_TRY(lwi_gpu_add_cast(&f->parts, lwi_gpu_input(&f->parts, K), f->dtype, &k));
    LW_TRY(lwi_gpu_constant(&f->parts, f->dtype, 0, NULL,
                            wide ? (const void *)&scale : (const void *)&narrow, &factor));
    LW_TRY(lwi_gpu_add_two(&f->parts, "Mul", q, factor, &scaled));
    LW_TRY(take_heads(f, scaled, f->rows, &rows));
    LW_TRY(multiply(f, rows, k, true, &products));
    const int64_t dims[4] = {f->batch, f->q_heads, c->in[Q]->dims[2], f->columns};
    return f->parts.refused ? LW_OK : lwi_gpu_part_of(&f->parts, products, 0, 4, dims, scores);
}

static lw_status mix(flex *f, lwi_gpu_value scores) {
    lwi_gpu_value v = {0}, rows = {0}, y = lwi_gpu_output(&f->parts, 0), mixed = {0}, as = {0};
    LW_TRY(lwi_gpu_add_cast(&f->parts, lwi_gpu_input(&f->parts, V), f->dtype, &v));
    LW_TRY(take_heads(f, scores, f->rows, &rows));
    if (y.value->dtype == f->dtype) return multiply(f, rows, v, false, &y);
    LW_TRY(multiply(f, rows, v, false, &mixed));
    if (f->parts.refused) return LW_OK;
    LW_TRY(lwi_gpu_part_of(&f->parts, mixed, 0, 4, y.value->dims, &as));
    return lwi_gpu_add_cast(&f->parts, as, y.value->dtype, &y);
}

static lw_status add_softmax(flex *f, lwi_gpu_value *scores) {
    lwi_gpu_value made = {0};
    const lwi_gpu_part part = {.domain = "",
                               .op_type = "Softmax",
                               .attrs = {lwi_gpu_attr_int("axis", -1)},
                               .in = {*scores},
                               .n_in = 1,
                               .out = {&made},
                               .n_out = 1};
    LW_TRY(lwi_gpu_add(&f->parts, &part));
    *scores = made;
    return LW_OK;
}

lw_status lwi_gpu_flex_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    const int64_t *q = c->in[Q]->dims, *k = c->in[K]->dims;
    const int64_t softmax = lwi_attr_int(c->node, "softmax_precision", c->in[Q]->dtype);
    flex f = {.parts = lwi_gpu_parts_of(c, step),
              .softmax = (lw_dtype)softmax,
              .dtype = softmax == LW_FLOAT64 ? LW_FLOAT64 : LW_FLOAT32,
              .batch = q[0],
              .q_heads = q[1],
              .heads = k[1],
              .rows = q[1] / k[1] * q[2],
              .columns = k[2]};
    lwi_gpu_value scores = {0};
    if (!lwi_gpu_moves(c) || c->in[Q]->count == 0 || c->in[K]->count == 0)
        return lwi_gpu_refuse(step, "its types");
    LW_TRY(make_scores(&f, &scores));
    LW_TRY(modify(&f, "score_mod", &scores));
    LW_TRY(add_softmax(&f, &scores));
    LW_TRY(modify(&f, "prob_mod", &scores));
    if (f.parts.refused)
        return lwi_gpu_refuse(step, "a node of its subgraphs, or a value from around them");
    LW_TRY(mix(&f, scores));
    return lwi_gpu_finish(&f.parts, taken);
}
