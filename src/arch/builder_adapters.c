/* SPDX-License-Identifier: MIT
 * The products of low-rank adapters beside those of the weights that they change. */
#include "arch/adapters.h"
#include "arch/builder.h"
#include "arch/row_order.h"

#include <string.h>

static lwi_adapters *all_of(const lwi_graph_builder *b) { return b->network->adapters; }

void lwi_build_check_adapters(lwi_graph_builder *b) {
    const lwi_adapters *all = all_of(b);
    for (size_t i = 0; all && i < all->n; i++) {
        const lwi_adapter *item = all->items + i;
        if (item->architecture && strcmp(item->architecture, b->from->architecture) != 0)
            lwi_build_fail(b, LW_INVALID, "the adapter is for '%s'", item->architecture);
        if (!item->used)
            lwi_build_fail(b, LW_UNSUPPORTED, "the adapter changes '%s', which has no place here",
                           item->name);
    }
}

/* The next adapter of the weight from *i on. */
static lwi_adapter *next(lwi_graph_builder *b, const char *weight, size_t *i) {
    char full[96];
    lwi_adapters *all = all_of(b);
    if (!all || b->status != LW_OK) return NULL;
    lwi_build_full_name(b, weight, full, sizeof full);
    for (; *i < all->n; (*i)++)
        if (!strcmp(all->items[*i].name, full)) {
            all->items[*i].used = true;
            return all->items + (*i)++;
        }
    return NULL;
}

/* ------------------------------------------------------------- order of rows */

static int64_t heads_of(lwi_graph_builder *b, const char *weight) {
    const int64_t heads =
        lwi_build_layer_size(b, "attention.head_count", b->layer, 1, 1, INT32_MAX);
    if (strcmp(weight, "attn_k.weight") != 0) return heads;
    return lwi_build_layer_size(b, "attention.head_count_kv", b->layer, heads, 1, INT32_MAX);
}

/* Rows of B in the order of the model's weight. */
static void order_rows(lwi_graph_builder *b, const char *weight, const lwi_adapter *item,
                       lwi_checkpoint_tensor *t) {
    const bool qk = !strcmp(weight, "attn_q.weight") || !strcmp(weight, "attn_k.weight");
    const bool mixed = b->mixed && item->unpermuted && !strcmp(weight, "attn_qkv.weight");
    if (mixed || (b->own_form && item->unpermuted != b->from->unpermuted))
        lwi_build_fail(b, LW_UNSUPPORTED,
                       "the adapter's rows are in another order than those of '%s'", item->name);
    if (qk && b->permuted && item->unpermuted != b->from->unpermuted && b->status == LW_OK)
        b->status = lwi_order_rows(b->graph->arena, t, heads_of(b, weight), item->unpermuted);
}

/* ------------------------------------------------------------------ products */

static int multiply(lwi_graph_builder *b, int x, const lwi_checkpoint_tensor *t, int chosen) {
    const int w = lwi_build_blocks(b, t);
    const int y = lwi_build_fused(b, chosen < 0 ? "BlockMatMul" : "BlockMatMulExperts",
                                  chosen < 0 ? 2 : 3, (int[]){x, w, chosen});
    lwi_build_int(b, "format", (int64_t)t->type->id);
    lwi_build_int(b, "K", t->dims[t->rank - 1]);
    return y;
}

static bool fits(lwi_graph_builder *b, const lwi_adapter *item, const lwi_checkpoint_tensor *w) {
    const int last = w->rank - 1;
    const bool rows = !strcmp(item->name, "token_embd.weight");
    const int64_t out = w->dims[rows ? last : last - 1], in = w->dims[rows ? last - 1 : last];
    const int64_t has = item->a.dims[rows ? last - 1 : last];
    const bool same = item->a.rank == w->rank && has == in && item->b.dims[last - 1] == out &&
                      (w->rank < 3 || item->a.dims[0] == w->dims[0]);
    if (!same)
        lwi_build_fail(b, LW_CORRUPT, "the adapter of '%s' is for a weight of another size",
                       item->name);
    return same;
}

int lwi_build_adapted(lwi_graph_builder *b, int x, int y, const char *weight,
                      const lwi_checkpoint_tensor *w, int64_t first, int64_t n) {
    const lwi_adapter *item = NULL;
    for (size_t i = 0; (item = next(b, weight, &i));) {
        if (!fits(b, item, w)) return -1;
        lwi_checkpoint_tensor part = item->b;
        order_rows(b, weight, item, &part);
        const size_t row = part.bytes / (size_t)part.dims[0];
        part.data = (const uint8_t *)part.data + (size_t)first * row;
        part.dims[0] = n;
        const int thin = lwi_build_scale(b, multiply(b, x, &item->a, -1), (double)item->scale);
        y = lwi_build_add(b, y, multiply(b, thin, &part, -1));
    }
    return y;
}

int lwi_build_adapted_experts(lwi_graph_builder *b, int x, int y, const char *weight,
                              const lwi_checkpoint_tensor *w, int chosen) {
    const lwi_adapter *item = NULL;
    for (size_t i = 0; (item = next(b, weight, &i));) {
        if (!fits(b, item, w)) return -1;
        const int thin = lwi_build_scale(b, multiply(b, x, &item->a, chosen), (double)item->scale);
        y = lwi_build_add(b, y, multiply(b, thin, &item->b, chosen));
    }
    return y;
}

int lwi_build_adapted_rows(lwi_graph_builder *b, int ids, int y, const char *weight,
                           const lwi_checkpoint_tensor *w) {
    const lwi_adapter *item = NULL;
    for (size_t i = 0; (item = next(b, weight, &i));) {
        if (!fits(b, item, w)) return -1;
        const lwi_checkpoint_tensor *a = &item->a;
        const int rows = lwi_build_fused(b, "BlockGather", 2, (int[]){lwi_build_blocks(b, a), ids});
        lwi_build_int(b, "format", (int64_t)a->type->id);
        lwi_build_int(b, "K", a->dims[1]);
        const int thin = lwi_build_scale(b, rows, (double)item->scale);
        y = lwi_build_add(b, y, multiply(b, thin, &item->b, -1));
    }
    return y;
}
