/* SPDX-License-Identifier: MIT */
#include "opt/permute.h"

#include "ops/op.h"
#include "ops/registry.h"

#include <string.h>

/* -------------------------------------------------------------------- perms */

lwi_perm lwi_perm_channels_last(int rank) {
    lwi_perm p = {.rank = rank};
    for (int d = 1; d < rank; d++)
        p.at[d] = d == rank - 1 ? 1 : d + 1;
    return p;
}

lwi_perm lwi_perm_channels_first(int rank) {
    const lwi_perm last = lwi_perm_channels_last(rank);
    return lwi_perm_inverse(&last);
}

lwi_perm lwi_perm_inverse(const lwi_perm *perm) {
    lwi_perm p = {.rank = perm->rank};
    for (int d = 0; d < perm->rank; d++)
        p.at[perm->at[d]] = d;
    return p;
}

lwi_perm lwi_perm_compose(const lwi_perm *first, const lwi_perm *second) {
    lwi_perm p = {.rank = first->rank};
    for (int d = 0; d < first->rank; d++)
        p.at[d] = first->at[second->at[d]];
    return p;
}

bool lwi_perm_is_identity(const lwi_perm *perm) {
    for (int d = 0; d < perm->rank; d++)
        if (perm->at[d] != d) return false;
    return true;
}

bool lwi_perm_equal(const lwi_perm *a, const lwi_perm *b) {
    return a->rank == b->rank && !memcmp(a->at, b->at, (size_t)a->rank * sizeof *a->at);
}

static bool is_perm(const lwi_perm *p) {
    uint32_t seen = 0;
    for (int d = 0; d < p->rank; d++) {
        if (p->at[d] < 0 || p->at[d] >= p->rank) return false;
        seen |= 1u << p->at[d];
    }
    return seen == (1u << p->rank) - 1;
}

bool lwi_perm_of(const lwi_rewrite *r, const lwi_node *node, lwi_perm *perm) {
    if (!lwi_node_is(node, "", "Transpose")) return false;
    size_t n = 0;
    const int64_t *at = lwi_attr_ints(node, "perm", &n);
    const int rank = at ? (int)n : lwi_shape_of(r->shapes, lwi_input(r, node, 0))->rank;
    if (rank < 1 || rank > LW_MAX_RANK || n > LW_MAX_RANK) return false;
    *perm = (lwi_perm){.rank = rank};
    for (int d = 0; d < rank; d++)
        perm->at[d] = at ? at[d] : rank - 1 - d;
    return is_perm(perm);
}

/* ------------------------------------------------------------------- values */

static lw_status new_value(lwi_rewrite *r, int like, const lwi_perm *perm, int *value) {
    const lwi_shape *s = lwi_shape_of(r->shapes, like);
    int64_t dims[LW_MAX_RANK];
    if (s->rank != perm->rank) return lwi_rewrite_value(r, "transposed", s->dtype, -1, NULL, value);
    for (int d = 0; d < perm->rank; d++)
        dims[d] = s->dims[perm->at[d]];
    return lwi_rewrite_value(r, "transposed", s->dtype, perm->rank, dims, value);
}

static lw_status insert(lwi_rewrite *r, size_t before, int from, int to, const lwi_perm *perm) {
    lwi_node *node = NULL;
    LW_TRY(lwi_rewrite_insert(r, before, "", "Transpose", &from, 1, &to, 1, &node));
    return lwi_rewrite_set_ints(r, node, "perm", perm->at, (size_t)perm->rank);
}

lw_status lwi_permute(lwi_rewrite *r, size_t before, int value, const lwi_perm *perm, int *turned) {
    LW_TRY(new_value(r, value, perm, turned));
    return insert(r, before, value, *turned, perm);
}

lw_status lwi_permute_output(lwi_rewrite *r, size_t index, size_t k, const lwi_perm *perm) {
    const int old = r->graph->nodes[index].outputs[k];
    const lwi_perm back = lwi_perm_inverse(perm);
    int inner = -1;
    LW_TRY(new_value(r, old, &back, &inner));
    lwi_rewrite_set_output(r, &r->graph->nodes[index], k, inner);
    return insert(r, index, inner, old, perm);
}

/* Copies elements of v, whose dimensions are dims, in the new order. */
static void copy_elements(const lw_value *v, const int64_t *dims, const lwi_perm *perm,
                          const int64_t *to_dims, char *to) {
    const size_t size = lwi_dtype_size(v->dtype);
    size_t strides[LW_MAX_RANK], at[LW_MAX_RANK] = {0};
    lwi_strides(perm->rank, dims, strides);
    for (size_t i = 0; i < v->count; i++, to += size) {
        size_t from = 0;
        for (int d = 0; d < perm->rank; d++)
            from += at[d] * strides[perm->at[d]];
        memcpy(to, (const char *)v->data + from * size, size);
        for (int d = perm->rank - 1; d >= 0 && ++at[d] == (size_t)to_dims[d]; d--)
            at[d] = 0;
    }
}

lw_status lwi_permute_constant(lwi_rewrite *r, int value, const lwi_perm *perm, int *turned) {
    const lw_value *v = lwi_constant(r, value);
    int64_t dims[LW_MAX_RANK], to_dims[LW_MAX_RANK];
    int above_one = 0;
    const int missing = perm->rank - v->rank;
    for (int d = 0; d < perm->rank; d++) {
        dims[d] = d < missing ? 1 : v->dims[d - missing];
        above_one += dims[d] > 1;
    }
    for (int d = 0; d < perm->rank; d++)
        to_dims[d] = dims[perm->at[d]];
    void *data = v->data;
    if (above_one > 1 && v->bytes) {
        LW_TRY(lwi_arena_alloc(r->graph->arena, v->bytes, 1, &data));
        copy_elements(v, dims, perm, to_dims, data);
    }
    lw_value *constant = NULL;
    LW_TRY(lwi_network_tensor(r->network, v->dtype, perm->rank, to_dims, data, &constant));
    LW_TRY(lwi_rewrite_value(r, "transposed", v->dtype, perm->rank, to_dims, turned));
    r->graph->slots[*turned].constant = constant;
    return LW_OK;
}

/* ------------------------------------------------------------ channels last */

/* Operators on 8-bit codes: those that have the layout as an attribute, and one that becomes
 * another. */
static const struct {
    const char *name, *domain, *becomes; /* domain NULL: its own */
} CODES[] = {{"ConvIntegerToFloat", NULL, "ConvIntegerToFloat"},
             {"MaxPool", "lampwick", "QLinearMaxPool"},
             {"QLinearAveragePool", NULL, "QLinearAveragePool"},
             {"QLinearConv", "lampwick", "QLinearConv"},
             {"QLinearGlobalAveragePool", NULL, "QLinearGlobalAveragePool"}};

static int find_codes(const lwi_node *node) {
    for (int i = 0; i < (int)(sizeof CODES / sizeof *CODES); i++)
        if (!strcmp(node->op->name, CODES[i].name)) return i;
    return -1;
}

bool lwi_can_turn(const lwi_rewrite *r, const lwi_node *node) {
    const lwi_shape *x = lwi_shape_of(r->shapes, lwi_input(r, node, 0));
    const bool codes = x->dtype == LW_INT8 || x->dtype == LW_UINT8;
    if (x->rank < 3) return false;
    if (*node->op->domain ? !codes : x->dtype != LW_FLOAT32 && !codes) return false;
    for (size_t k = 1; k < node->n_outputs; k++)
        if (node->outputs[k] >= 0) return false;
    if (codes) return find_codes(node) >= 0 && lwi_attr_int(node, "channels_last", 0) == 0;
    static const char *const turning[] = {"AveragePool",       "Conv",          "ConvTranspose",
                                          "GlobalAveragePool", "GlobalMaxPool", "LRN",
                                          "MaxPool",           "Resize"};
    for (size_t i = 0; i < sizeof turning / sizeof *turning; i++)
        if (!strcmp(node->op->name, turning[i])) return true;
    return false;
}

static lw_status become_last(lwi_rewrite *r, lwi_node *node, bool codes) {
    const int i = codes ? find_codes(node) : -1;
    node->n_outputs = 1;
    if (i < 0) {
        lwi_rewrite_become(r, node, "lampwick", node->op->name);
        return LW_OK;
    }
    lwi_rewrite_become(r, node, CODES[i].domain ? CODES[i].domain : node->op->domain,
                       CODES[i].becomes);
    if (!strcmp(CODES[i].becomes, "QLinearMaxPool")) return LW_OK;
    return lwi_node_set_int(r->graph->arena, node, "channels_last", 1);
}

lw_status lwi_turn(lwi_rewrite *r, size_t index) {
    const lwi_node *node = &r->graph->nodes[index];
    const int x = lwi_input(r, node, 0), rank = lwi_shape_of(r->shapes, x)->rank;
    const bool codes = lwi_shape_of(r->shapes, x)->dtype != LW_FLOAT32;
    const lwi_perm last = lwi_perm_channels_last(rank), first = lwi_perm_channels_first(rank);
    int turned = -1;
    LW_TRY(lwi_permute(r, index, x, &last, &turned));
    LW_TRY(lwi_permute_output(r, index, 0, &first));
    LW_TRY(lwi_rewrite_set_input(r, &r->graph->nodes[index], 0, turned));
    return become_last(r, &r->graph->nodes[index], codes);
}
