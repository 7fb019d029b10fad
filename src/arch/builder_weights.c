/* SPDX-License-Identifier: MIT
 * Tensors of a checkpoint in an architecture's graph. */
#include "arch/builder.h"

#include <stdio.h>
#include <string.h>

/* "enc.blk.3." before a name inside a layer of an encoder. */
void lwi_build_full_name(const lwi_graph_builder *b, const char *name, char *full, size_t size) {
    const char *stack = b->stack ? b->stack : "";
    if (b->layer < 0) snprintf(full, size, "%s%s", b->apart ? stack : "", name);
    else snprintf(full, size, "%sblk.%d.%s", stack, b->layer, name);
}

bool lwi_build_has(lwi_graph_builder *b, const char *name) {
    char full[96];
    lwi_build_full_name(b, name, full, sizeof full);
    return b->from->find(b->from->state, full) >= 0;
}

bool lwi_build_tensor(lwi_graph_builder *b, const char *name, bool needed,
                      lwi_checkpoint_tensor *tensor) {
    char full[96];
    lwi_build_full_name(b, name, full, sizeof full);
    const int i = b->from->find(b->from->state, full);
    if (i >= 0 && b->from->tensor(b->from->state, (size_t)i, tensor)) {
        b->used[i] = true;
        return true;
    }
    if (needed) lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' is missing", full);
    return false;
}

int lwi_build_weight(lwi_graph_builder *b, const char *name, bool needed) {
    enum { MOST = 1 << 26 };
    lwi_checkpoint_tensor t;
    size_t count = 1;
    float *floats = NULL;
    if (b->status != LW_OK || !lwi_build_tensor(b, name, needed, &t)) return -1;
    for (int i = 0; i < t.rank; i++)
        count *= (size_t)t.dims[i];
    if (count > MOST) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' is too large for its place", t.name);
        return -1;
    }
    b->status = lwi_arena_alloc(b->graph->arena, count, sizeof *floats, &floats);
    if (b->status != LW_OK) return -1;
    lwi_blocks_decode(t.type, t.data, count, floats);
    return lwi_build_floats(b, t.rank, t.dims, floats);
}

static int blocks(lwi_graph_builder *b, const lwi_checkpoint_tensor *t, int rank,
                  const int64_t *dims, const void *data) {
    lw_value *value = NULL;
    int id = -1;
    if (b->status != LW_OK) return -1;
    b->status = lwi_network_tensor(b->network, LW_UINT8, rank, dims, data, &value);
    if (b->status == LW_OK) b->status = lwi_graph_constant(b->graph, t->name, value, &id);
    return b->status == LW_OK ? id : -1;
}

static int64_t row_bytes(const lwi_checkpoint_tensor *t) {
    const int64_t row = t->dims[t->rank - 1];
    return row / (int64_t)t->type->elements * (int64_t)t->type->bytes;
}

int lwi_build_blocks(lwi_graph_builder *b, const lwi_checkpoint_tensor *t) {
    int64_t dims[4];
    memcpy(dims, t->dims, sizeof dims);
    dims[t->rank - 1] = row_bytes(t);
    return blocks(b, t, t->rank, dims, t->data);
}

/* A matrix [rows, columns] whose rows from first to first + n are wanted (n < 0: all). */
static bool matrix(lwi_graph_builder *b, const char *name, lwi_checkpoint_tensor *t, int64_t first,
                   int64_t *n) {
    if (!lwi_build_tensor(b, name, true, t)) return false;
    if (t->rank > 2) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' is no matrix", t->name);
        return false;
    }
    if (t->rank == 1) {
        t->dims[1] = t->dims[0];
        t->dims[0] = 1;
        t->rank = 2;
    }
    if (*n < 0) *n = t->dims[0];
    if (first < 0 || *n < 1 || first > t->dims[0] - *n) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' has %lld rows, needed: %lld", t->name,
                       (long long)t->dims[0], (long long)(first + *n));
        return false;
    }
    return true;
}

static int bias(lwi_graph_builder *b, const char *name, int64_t first, int64_t n, int64_t rows) {
    char text[96];
    snprintf(text, sizeof text, "%s.bias", name);
    if (!lwi_build_has(b, text)) return -1;
    const int all = lwi_build_weight(b, text, true);
    if (b->status != LW_OK) return -1;
    const lw_value *value = b->graph->slots[all].constant;
    if ((int64_t)value->count != rows) {
        lwi_build_fail(b, LW_CORRUPT, "the tensor '%s' has %zu elements, expected: %lld", text,
                       value->count, (long long)rows);
        return -1;
    }
    return lwi_build_floats(b, 1, &n, (const float *)value->data + first);
}

/* NAME.scale, a factor for the whole product (NVFP4), or -1. NAME.input_scale is for engines that
 * quantise x by it. */
static int product_scale(lwi_graph_builder *b, const char *name) {
    char text[96];
    lwi_checkpoint_tensor unused;
    snprintf(text, sizeof text, "%s.input_scale", name);
    lwi_build_tensor(b, text, false, &unused);
    snprintf(text, sizeof text, "%s.scale", name);
    return lwi_build_weight(b, text, false);
}

int lwi_build_linear_part(lwi_graph_builder *b, int x, const char *name, int64_t first, int64_t n) {
    char text[96];
    lwi_checkpoint_tensor t;
    snprintf(text, sizeof text, "%s.weight", name);
    if (b->status != LW_OK || !matrix(b, text, &t, first, &n)) return -1;
    if (first == 0) lwi_build_observe(b, x, text, t.dims[1]);
    const int64_t row = row_bytes(&t);
    const int w = blocks(b, &t, 2, (int64_t[]){n, row}, (const char *)t.data + first * row);
    const bool ffn = strncmp(name, "ffn_", 4) == 0;
    const int add = bias(b, name, first, n, t.dims[0]);
    const int scale = ffn && b->unscaled ? -1 : product_scale(b, name);
    const bool last = scale >= 0 && !ffn; /* the factor of feed-forward is for the bias too */
    int y = lwi_build_fused(b, "BlockMatMul", 3, (int[]){x, w, last ? -1 : add});
    lwi_build_int(b, "format", (int64_t)t.type->id);
    lwi_build_int(b, "K", t.dims[1]);
    if (scale >= 0) y = lwi_build_mul(b, y, scale);
    if (last && add >= 0) y = lwi_build_add(b, y, add);
    /* an adapter of the embedding is not for logits, even if they come from the same weight */
    return strcmp(name, "token_embd") ? lwi_build_adapted(b, x, y, text, &t, first, n) : y;
}

int lwi_build_linear(lwi_graph_builder *b, int x, const char *name) {
    return lwi_build_linear_part(b, x, name, 0, -1);
}

int lwi_build_embedding(lwi_graph_builder *b, int ids, const char *name) {
    char text[96];
    lwi_checkpoint_tensor t;
    int64_t n = -1;
    snprintf(text, sizeof text, "%s.weight", name);
    if (b->status != LW_OK || !matrix(b, text, &t, 0, &n)) return -1;
    const int y = lwi_build_fused(b, "BlockGather", 2, (int[]){lwi_build_blocks(b, &t), ids});
    lwi_build_int(b, "format", (int64_t)t.type->id);
    lwi_build_int(b, "K", t.dims[1]);
    return lwi_build_adapted_rows(b, ids, y, text, &t);
}
