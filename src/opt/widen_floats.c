/* SPDX-License-Identifier: MIT
 * A network of float16 or bfloat16 computes in float32 as a whole, instead of widening and rounding
 * around each operator: inputs are widened once, outputs rounded once. Large weights of products
 * stay as they are in the file until they are packed; other constants are widened here. */
#include "opt/passes.h"

#include "ops/op.h"
#include "ops/registry.h"

#include <string.h>

typedef struct widening {
    lwi_rewrite *r;
    lw_dtype from; /* float16 or bfloat16 */
    int *wide;     /* [slots there were] the float32 value in place of one; 0: none yet */
    size_t n_slots;
} widening;

static bool is_small(const widening *w, int value) {
    return value >= 0 && lwi_shape_of(w->r->shapes, value)->dtype == w->from;
}

static bool is_product(const lwi_node *node) {
    return lwi_node_is(node, "", "Conv") || lwi_node_is(node, "", "ConvTranspose") ||
           lwi_node_is(node, "", "MatMul") || lwi_node_is(node, "", "Gemm");
}

static bool is_view(const lwi_node *node) { return node->op->op->flags & LWI_VIEW; }

/* Operators that move elements of any type. */
static bool moves(const lwi_node *node) {
    static const char *const movers[] = {"Cast",  "Concat",    "Expand",       "Gather",
                                         "Pad",   "Resize",    "Slice",        "Split",
                                         "Tile",  "Transpose", "Where",        "MaxPool",
                                         "Shape", "Size",      "DepthToSpace", "SpaceToDepth"};
    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        if (lwi_node_is(node, "", movers[i])) return true;
    return is_view(node);
}

static bool touches(const widening *w, const lwi_node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (is_small(w, lwi_input(w->r, node, i))) return true;
    for (size_t k = 0; k < node->n_outputs; k++)
        if (is_small(w, node->outputs[k])) return true;
    return false;
}

/* The result's type must follow that of the inputs. */
static bool can_widen_node(const widening *w, const lwi_node *node) {
    for (size_t a = 0; a < node->n_attrs; a++)
        if (node->attrs[a].kind == LWI_ATTR_GRAPH) return false;
    if (!touches(w, node)) return true;
    if (*node->op->domain && strcmp(node->op->domain, "com.microsoft") != 0) return false;
    if (!moves(node) && !(node->op->op->flags & LWI_WIDEN)) return false;
    const int64_t to =
        lwi_attr_int(node, "to", 0); /* the text and the bits of a number would change */
    if (to && (!lwi_node_is(node, "", "Cast") || to == LW_STRING)) return false;
    for (size_t a = 0; a < node->n_attrs; a++)
        if (node->attrs[a].kind == LWI_ATTR_TENSOR || strstr(node->attrs[a].name, "dtype") ||
            strstr(node->attrs[a].name, "precision"))
            return false;
    return node->n_inputs > 0;
}

/* What only moves numbers does so faster as they are. */
static bool computes(const widening *w) {
    for (size_t i = 0; i < w->r->graph->n_nodes; i++) {
        const lwi_node *node = lwi_rewrite_node(w->r, i);
        if (node && touches(w, node) && node->op->op->flags & LWI_WIDEN) return true;
    }
    return false;
}

/* Every value's type must be known. */
static bool can_widen(const widening *w) {
    const lwi_graph *g = w->r->graph;
    if (g->parent) return false;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = lwi_rewrite_node(w->r, i);
        if (!node) continue;
        if (!can_widen_node(w, node)) return false;
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0 &&
                lwi_shape_of(w->r->shapes, node->outputs[k])->dtype == LW_DTYPE_NONE)
                return false;
    }
    return true;
}

/* ------------------------------------------------------------------- values */

static lw_status cast(widening *w, size_t before, int from, int to, lw_dtype dtype) {
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_insert(w->r, before, "", "Cast", &from, 1, &to, 1, &node));
    return lwi_node_set_int(w->r->graph->arena, node, "to", dtype);
}

static lw_status wide_value(widening *w, int like, int *value) {
    const lwi_shape s = *lwi_shape_of(w->r->shapes, like);
    return lwi_rewrite_value(w->r, "wide", LW_FLOAT32, s.rank, s.dims, value);
}

static lw_status widen_constant(widening *w, const lw_value *v, int *value) {
    void *copy = NULL;
    float *numbers = NULL;
    LW_TRY(lwi_arena_copy(&w->r->scratch, v->data, v->bytes, &copy));
    LW_TRY(lwi_arena_alloc(&w->r->scratch, v->count, sizeof *numbers, &numbers));
    lwi_widen(v->dtype, copy, 0, v->count, numbers);
    return lwi_rewrite_constant(w->r, "wide", LW_FLOAT32, v->rank, v->dims, numbers, value);
}

/* An input or constant is widened for the first who reads it; the rest share that. */
static lw_status widen_given(widening *w, size_t reader, int value, bool lazily, int *wide) {
    const lw_value *v = lwi_constant(w->r, value);
    if (w->wide[value] == 0 || (v && lazily)) {
        if (v && !lazily) {
            LW_TRY(widen_constant(w, v, wide));
        } else {
            LW_TRY(wide_value(w, value, wide));
            LW_TRY(cast(w, reader, value, *wide, LW_FLOAT32));
        }
        if (!(v && lazily)) w->wide[value] = *wide;
    } else {
        *wide = w->wide[value];
    }
    return LW_OK;
}

static bool is_given(const widening *w, int value) {
    return !lwi_producer(w->r, value) || w->r->graph->slots[value].constant;
}

static lw_status widen_inputs(widening *w, size_t index) {
    const size_t n = w->r->graph->nodes[index].n_inputs;
    for (size_t i = 0; i < n; i++) {
        const lwi_node *node = &w->r->graph->nodes[index];
        int value = lwi_input(w->r, node, i), wide = -1;
        if (value < 0 || (size_t)value >= w->n_slots || !is_small(w, value)) continue;
        if (is_given(w, value))
            LW_TRY(widen_given(w, index, value, i == 1 && is_product(node), &wide));
        else wide = w->wide[value] ? w->wide[value] : value;
        LW_TRY(lwi_rewrite_set_input(w->r, &w->r->graph->nodes[index], i, wide));
    }
    return LW_OK;
}

/* An output of the graph keeps its type: it is rounded from the new value. */
static lw_status widen_output(widening *w, size_t index, size_t k) {
    const int value = w->r->graph->nodes[index].outputs[k];
    if (value < 0 || (size_t)value >= w->n_slots || !is_small(w, value)) return LW_OK;
    if (!lwi_is_pinned(w->r, value)) return LW_OK;
    int wide = -1;
    LW_TRY(wide_value(w, value, &wide));
    w->wide[value] = wide;
    lwi_rewrite_set_output(w->r, &w->r->graph->nodes[index], k, wide);
    return cast(w, index, wide, value, w->from);
}

static lw_status widen_node(widening *w, size_t index) {
    lwi_node *node = &w->r->graph->nodes[index];
    LW_TRY(widen_inputs(w, index));
    node = &w->r->graph->nodes[index];
    if (lwi_node_is(node, "", "Cast") && lwi_attr_int(node, "to", 0) == (int64_t)w->from)
        LW_TRY(lwi_node_set_int(w->r->graph->arena, node, "to", LW_FLOAT32));
    for (size_t k = 0; k < w->r->graph->nodes[index].n_outputs; k++)
        LW_TRY(widen_output(w, index, k));
    w->r->count++;
    return LW_OK;
}

/* What lies between inputs and outputs is float32 now. */
static void retype(widening *w) {
    const lwi_graph *g = w->r->graph;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const lwi_node *node = lwi_rewrite_node(w->r, i);
        for (size_t k = 0; node && k < node->n_outputs; k++)
            if (is_small(w, node->outputs[k]) && !lwi_is_pinned(w->r, node->outputs[k]))
                w->r->shapes->of[node->outputs[k]].dtype = LW_FLOAT32;
    }
}

/* What was float32 before has a reason to be: a device that computes with 16 bits keeps it so. */
static void mark_wide(const widening *w) {
    for (size_t s = 0; s < w->n_slots; s++)
        if (lwi_shape_of(w->r->shapes, (int)s)->dtype == LW_FLOAT32)
            w->r->graph->slots[s].wide = true;
}

/* Of two types that a network has, neither is right for all. */
static void note_type(widening *w, bool first) {
    if (first) mark_wide(w);
    w->r->network->floats = first ? w->from : LW_DTYPE_NONE;
}

static lw_status widen(lwi_rewrite *r, lw_dtype from) {
    widening w = {.r = r, .from = from, .n_slots = r->graph->n_slots};
    const size_t n = r->graph->n_nodes;
    if (!computes(&w) || !can_widen(&w)) return LW_OK;
    LW_TRY(lwi_arena_alloc(&r->scratch, w.n_slots, sizeof *w.wide, &w.wide));
    note_type(&w, r->count == 0);
    for (size_t i = 0; i < n; i++)
        if (lwi_rewrite_node(r, i) && touches(&w, lwi_rewrite_node(r, i)))
            LW_TRY(widen_node(&w, i));
    retype(&w);
    return LW_OK;
}

lw_status lwi_pass_widen_floats(lwi_rewrite *r) {
    LW_TRY(widen(r, LW_FLOAT16));
    return widen(r, LW_BFLOAT16);
}
