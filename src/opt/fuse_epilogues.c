/* SPDX-License-Identifier: MIT
 * A lampwick.Pointwise that is the only reader of a product or convolution becomes its epilogue: it
 * is applied to each block of the result while that is in the cache. Clamping alone needs no
 * program. */
#include "opt/passes.h"
#include "opt/pointwise_builder.h"

#include <math.h>
#include <string.h>

enum { OWN_INPUTS = 3 }; /* of lampwick.MatMul, Conv and ConvTranspose */

static bool is_product(const lwi_node *node) {
    return lwi_node_is(node, "lampwick", "Conv") ||
           lwi_node_is(node, "lampwick", "ConvTranspose") ||
           lwi_node_is(node, "lampwick", "MatMul");
}

/* All inputs are float32, and none makes the result larger than the product. */
static bool fits(const lwi_rewrite *r, const lwi_node *node, int product) {
    for (size_t k = 0; k < node->n_inputs; k++)
        if (lwi_shape_of(r->shapes, lwi_input(r, node, k))->dtype != LW_FLOAT32) return false;
    return lwi_shapes_equal(lwi_shape_of(r->shapes, product),
                            lwi_shape_of(r->shapes, node->outputs[0]));
}

/* The input of the Pointwise that is the result of such a product; the last one that was made. */
static bool find_product(const lwi_rewrite *r, const lwi_node *node, size_t *input) {
    const lwi_node *best = NULL;
    for (size_t k = 0; k < node->n_inputs; k++) {
        const int value = lwi_input(r, node, k);
        const lwi_node *maker = lwi_producer(r, value);
        if (!maker || !is_product(maker) || lwi_only_reader(r, value) != node) continue;
        if (lwi_node_attr(maker, "program") || lwi_node_attr(maker, "low") ||
            lwi_node_attr(maker, "high") || !fits(r, node, value))
            continue;
        if (best && maker < best) continue;
        best = maker;
        *input = k;
    }
    return best != NULL;
}

/* The product's result becomes input 0. */
static void renumber(lwi_program *p, size_t product) {
    for (size_t s = 0; s < p->n_steps; s++)
        for (size_t k = 0; k < lwi_pointwise_operands(p->steps[s].code); k++) {
            int *operand = &p->steps[s].operands[k];
            if (*operand == (int)product) *operand = 0;
            else if (*operand >= 0 && *operand < (int)product) ++*operand;
        }
}

/* The program only clamps: to [low, high]. */
static bool is_clamp(const lwi_program *p, float *low, float *high) {
    const lwi_program_step *s = p->steps;
    const int *o = s->operands;
    *low = -INFINITY;
    *high = INFINITY;
    if (p->n_steps != 1 || o[0] != 0) return false;
    switch (s->code) {
    case LWI_POINTWISE_relu:
        *low = 0;
        return true;
    case LWI_POINTWISE_at_least:
        if (o[1] < 0) *low = p->constants[-1 - o[1]];
        return o[1] < 0;
    case LWI_POINTWISE_at_most:
        if (o[1] < 0) *high = p->constants[-1 - o[1]];
        return o[1] < 0;
    case LWI_POINTWISE_clip:
        if (o[1] >= 0 || o[2] >= 0) return false;
        *low = p->constants[-1 - o[1]];
        *high = p->constants[-1 - o[2]];
        return *low <= *high;
    default:
        return false;
    }
}

static lw_status set_float(lwi_rewrite *r, lwi_node *node, const char *name, float f) {
    const lwi_attr attr = {.name = name, .kind = LWI_ATTR_FLOAT, .f = f};
    return lwi_node_set_attr(r->graph->arena, node, &attr);
}

static lw_status set_clamp(lwi_rewrite *r, lwi_node *node, float low, float high) {
    LW_TRY(set_float(r, node, "low", low));
    return set_float(r, node, "high", high);
}

static lw_status fuse(lwi_rewrite *r, size_t index, size_t input) {
    lwi_node *node = lwi_rewrite_node(r, index);
    lwi_node *product = lwi_producer(r, lwi_input(r, node, input));
    lwi_builder b = {.rewrite = r};
    int operands[LWI_PROGRAM_INPUTS];
    size_t n = 0;
    float low, high;
    LW_TRY(lwi_program_read(node, node->n_inputs, &b.program));
    renumber(&b.program, input);
    for (size_t k = 0; k < node->n_inputs; k++)
        if (k != input) operands[n++] = lwi_input(r, node, k);
    const int y = node->outputs[0];
    lwi_rewrite_remove(r, node);
    lwi_rewrite_set_output(r, product, 0, y);
    r->count++;
    if (n == 0 && is_clamp(&b.program, &low, &high)) return set_clamp(r, product, low, high);
    for (size_t k = 0; k < n; k++)
        LW_TRY(lwi_rewrite_set_input(r, product, OWN_INPUTS + k, operands[k]));
    return lwi_builder_write(&b, r, product);
}

lw_status lwi_pass_fuse_epilogues(lwi_rewrite *r) {
    for (size_t i = 0; i < r->graph->n_nodes; i++) {
        size_t input = 0;
        const lwi_node *node = lwi_rewrite_node(r, i);
        if (node && lwi_node_is(node, "lampwick", "Pointwise") && find_product(r, node, &input))
            LW_TRY(fuse(r, i, input));
    }
    return LW_OK;
}
