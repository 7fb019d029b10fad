/* SPDX-License-Identifier: MIT
 * Common subexpressions: of two nodes with the same operator, inputs and attributes, the second
 * one goes and its readers read the outputs of the first. Small constants are the same if they say
 * the same. */
#include "opt/passes.h"

#include "base/hash.h"
#include "ops/registry.h"

#include <string.h>

/* Tensors with more bytes are not compared. */
enum { LARGEST_TENSOR = 1 << 14 };

static uint64_t mix(uint64_t hash, uint64_t x) {
    hash = (hash ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static bool same_bytes(const void *a, const void *b, size_t n) {
    return n == 0 || !memcmp(a, b, n);
}

static bool same_string(lw_string a, lw_string b) {
    return a.size == b.size && same_bytes(a.data, b.data, a.size);
}

static bool same_tensor(const lw_value *a, const lw_value *b) {
    if (a == b) return true;
    if (a->kind != LW_KIND_TENSOR || b->kind != LW_KIND_TENSOR || a->dtype != b->dtype)
        return false;
    if (a->dtype == LW_STRING || a->bytes > LARGEST_TENSOR || !lwi_same_shape(a, b)) return false;
    return same_bytes(a->data, b->data, a->bytes);
}

/* A constant that is compared by what it is; NULL: by its place. */
static const lw_value *small_constant(const lwi_rewrite *r, int value) {
    const lw_value *c = lwi_constant(r, value);
    const bool small = c && c->kind == LW_KIND_TENSOR && c->dtype != LW_STRING && c->data &&
                       c->bytes <= LARGEST_TENSOR;
    return small ? c : NULL;
}

static uint64_t hash_of(const lwi_rewrite *r, const lwi_node *node) {
    uint64_t hash = mix((uintptr_t)node->op, node->n_outputs);
    for (size_t i = 0; i < node->n_inputs; i++) {
        const lw_value *c = small_constant(r, lwi_input(r, node, i));
        hash =
            mix(hash, c ? lwi_hash(c->dtype, c->data, c->bytes) : (uint64_t)lwi_input(r, node, i));
    }
    return mix(hash, node->n_attrs);
}

static bool same_input(const lwi_rewrite *r, int a, int b) {
    if (a == b) return true;
    const lw_value *left = small_constant(r, a), *right = small_constant(r, b);
    return left && right && same_tensor(left, right);
}

static bool same_strings(const lwi_attr *a, const lwi_attr *b) {
    for (size_t i = 0; i < a->n; i++)
        if (!same_string(a->strings[i], b->strings[i])) return false;
    return true;
}

static bool same_value(const lwi_attr *a, const lwi_attr *b) {
    if (a->kind != b->kind || a->n != b->n) return false;
    switch (a->kind) {
    case LWI_ATTR_FLOAT:
        return same_bytes(&a->f, &b->f, sizeof a->f);
    case LWI_ATTR_INT:
        return a->i == b->i;
    case LWI_ATTR_STRING:
        return same_string(a->s, b->s);
    case LWI_ATTR_TENSOR:
        return same_tensor(a->tensor, b->tensor);
    case LWI_ATTR_FLOATS:
        return same_bytes(a->floats, b->floats, a->n * sizeof *a->floats);
    case LWI_ATTR_INTS:
        return same_bytes(a->ints, b->ints, a->n * sizeof *a->ints);
    case LWI_ATTR_STRINGS:
        return same_strings(a, b);
    default:
        return false;
    }
}

static bool same_node(const lwi_rewrite *r, const lwi_node *a, const lwi_node *b) {
    if (a->op != b->op || a->n_inputs != b->n_inputs || a->n_outputs != b->n_outputs) return false;
    if (a->n_attrs != b->n_attrs) return false;
    for (size_t i = 0; i < a->n_inputs; i++)
        if (!same_input(r, lwi_input(r, a, i), lwi_input(r, b, i))) return false;
    for (size_t k = 0; k < a->n_outputs; k++)
        if (a->outputs[k] < 0 && b->outputs[k] >= 0) return false;
    for (size_t i = 0; i < a->n_attrs; i++) {
        const lwi_attr *other = lwi_node_attr(b, a->attrs[i].name);
        if (!other || !same_value(&a->attrs[i], other)) return false;
    }
    return true;
}

static bool can_share(const lwi_rewrite *r, const lwi_node *node) {
    if (node->op->op->flags & LWI_RANDOM || node->n_inputs == 0) return false;
    for (size_t k = 0; k < node->n_outputs; k++)
        if (lwi_is_pinned(r, node->outputs[k])) return false;
    return true;
}

static void share(lwi_rewrite *r, lwi_node *first, lwi_node *second) {
    for (size_t k = 0; k < second->n_outputs; k++)
        if (second->outputs[k] >= 0) lwi_rewrite_forward(r, second->outputs[k], first->outputs[k]);
    lwi_rewrite_remove(r, second);
    r->count++;
}

lw_status lwi_pass_share_equals(lwi_rewrite *r) {
    const size_t n = r->graph->n_nodes;
    size_t size = 16, *table = NULL; /* open addressing: number of a node + 1 */
    while (size < 2 * n)
        size *= 2;
    LW_TRY(lwi_arena_alloc(&r->scratch, size, sizeof *table, &table));
    for (size_t i = 0; i < n; i++) {
        lwi_node *node = lwi_rewrite_node(r, i);
        if (!node) continue;
        size_t at = hash_of(r, node) & (size - 1);
        while (table[at] && !same_node(r, lwi_rewrite_node(r, table[at] - 1), node))
            at = (at + 1) & (size - 1);
        if (!table[at]) table[at] = i + 1;
        else if (can_share(r, node)) share(r, lwi_rewrite_node(r, table[at] - 1), node);
    }
    return LW_OK;
}
