/* SPDX-License-Identifier: MIT
 * Gated delta nets (Qwen3-Next, Qwen3.5) in the form of GGUF files. Heads of values share heads of
 * queries and keys. Qwen3-Next's one projection has queries, keys, values and gates by head of
 * keys; files have two, all heads of a kind together. Qwen3.5's heads of values stand by head of
 * keys [keys, each]; files have them as [each, keys]. */
#include "format/huggingface/source.h"

#include "base/text_end.h"

#include <stdio.h>
#include <string.h>

typedef struct sizes {
    size_t heads, keys, each; /* heads of values; of keys; of values for one of keys */
    size_t key, value;        /* elements of a head */
} sizes;

static size_t number(const lwi_hf_source *s, const char *name) {
    const lwi_json_item *item = lwi_hf_config(s, name);
    const bool good = item && item->is_integer && item->integer > 0 && item->integer < 1 << 20;
    return good ? (size_t)item->integer : 0;
}

static lw_status read_sizes(const lwi_hf_source *s, sizes *z) {
    z->heads = number(s, "linear_num_value_heads");
    z->keys = number(s, "linear_num_key_heads");
    z->key = number(s, "linear_key_head_dim");
    z->value = number(s, "linear_value_head_dim");
    if (!z->heads || !z->keys || !z->key || !z->value || z->heads % z->keys)
        return lwi_fail(LW_CORRUPT, "config.json: %zu heads of %zu values for %zu of %zu keys",
                        z->heads, z->value, z->keys, z->key);
    z->each = z->heads / z->keys;
    return LW_OK;
}

static lw_status wrong_size(const lwi_checkpoint_tensor *t, const sizes *z) {
    return lwi_fail(LW_CORRUPT, "tensor '%s' does not fit %zu heads of %zu values", t->name,
                    z->heads, z->value);
}

/* --------------------------------------------------------------- Qwen3-Next */

/* Rows [first, first + n) of each group of `group` rows; what stands behind them in `to`. */
static uint8_t *take(const lwi_checkpoint_tensor *t, size_t group, size_t first, size_t n,
                     uint8_t *to) {
    const size_t rows = (size_t)t->dims[0], row = t->bytes / rows;
    for (size_t at = first; at < rows; at += group, to += n * row)
        memcpy(to, (const uint8_t *)t->data + at * row, n * row);
    return to;
}

/* "blk.3.ssm_in.weight": the same with another part. */
static lw_status name_part(lwi_hf_source *s, lwi_checkpoint_tensor *t, const char *part) {
    char name[128];
    snprintf(name, sizeof name, "%.*s.%s.weight", (int)(strstr(t->name, ".ssm_in") - t->name),
             t->name, part);
    return lwi_arena_string(&s->network->arena, name, strlen(name), &t->name);
}

static lw_status split_projection(lwi_hf_source *s, lwi_checkpoint_tensor *t, const sizes *z,
                                  lwi_checkpoint_tensor *gate) {
    const size_t values = z->each * z->value, group = 2 * (z->key + values);
    const size_t rows = z->keys * (2 * z->key + values);
    uint8_t *to = NULL;
    *gate = *t;
    if (t->rank != 2 || t->dims[0] != (int64_t)(z->keys * group)) return wrong_size(t, z);
    const size_t row = t->bytes / (size_t)t->dims[0];
    LW_TRY(lwi_arena_alloc(&s->network->arena, t->bytes, 1, &to));
    gate->dims[0] = (int64_t)(z->keys * values);
    gate->bytes = z->keys * values * row;
    gate->data = to + rows * row;
    uint8_t *end = take(t, group, 0, z->key, to);
    end = take(t, group, z->key, z->key, end);
    end = take(t, group, 2 * z->key, values, end);
    take(t, group, 2 * z->key + values, values, end);
    t->dims[0] = (int64_t)rows;
    t->bytes = rows * row;
    t->data = to;
    LW_TRY(name_part(s, gate, "attn_gate"));
    return name_part(s, t, "attn_qkv");
}

/* ------------------------------------------------------------------ Qwen3.5 */

/* Pieces of `size` bytes, one for each head of values. */
static void tile(const sizes *z, const uint8_t *from, size_t size, uint8_t *to) {
    for (size_t k = 0; k < z->keys; k++)
        for (size_t e = 0; e < z->each; e++)
            memcpy(to + (e * z->keys + k) * size, from + (k * z->each + e) * size, size);
}

/* Rows behind the first so many are of heads of values, so many each. */
static lw_status tile_rows(lwi_hf_source *s, lwi_checkpoint_tensor *t, const sizes *z, size_t first,
                           size_t each) {
    uint8_t *to = NULL;
    if (t->dims[0] != (int64_t)(first + z->heads * each)) return wrong_size(t, z);
    const size_t row = t->bytes / (size_t)t->dims[0];
    LW_TRY(lwi_arena_alloc(&s->network->arena, t->bytes, 1, &to));
    memcpy(to, t->data, first * row);
    tile(z, (const uint8_t *)t->data + first * row, each * row, to + first * row);
    t->data = to;
    return LW_OK;
}

static lw_status tile_columns(lwi_hf_source *s, lwi_checkpoint_tensor *t, const sizes *z) {
    uint8_t *to = NULL;
    if (t->rank != 2 || t->dims[1] != (int64_t)(z->heads * z->value)) return wrong_size(t, z);
    const size_t rows = (size_t)t->dims[0], row = t->bytes / rows;
    LW_TRY(lwi_arena_alloc(&s->network->arena, t->bytes, 1, &to));
    for (size_t i = 0; i < rows; i++)
        tile(z, (const uint8_t *)t->data + i * row, row / z->heads, to + i * row);
    t->data = to;
    return LW_OK;
}

static lw_status tile_heads(lwi_hf_source *s, lwi_checkpoint_tensor *t, const sizes *z) {
    static const struct {
        const char *end;
        bool keys, single; /* queries and keys come first; a row for each head */
    } parts[] = {{".attn_qkv.weight", true, false},   {".ssm_conv1d.weight", true, false},
                 {".attn_gate.weight", false, false}, {".ssm_alpha.weight", false, true},
                 {".ssm_beta.weight", false, true},   {".ssm_a", false, true},
                 {".ssm_dt.bias", false, true}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (lwi_ends_with(t->name, parts[i].end))
            return tile_rows(s, t, z, parts[i].keys ? 2 * z->keys * z->key : 0,
                             parts[i].single ? 1 : z->value);
    return lwi_ends_with(t->name, ".ssm_out.weight") ? tile_columns(s, t, z) : LW_OK;
}

lw_status lwi_hf_arrange_delta(lwi_hf_source *s) {
    const bool next = !strcmp(s->family->architecture, "qwen3next");
    const size_t n = s->n;
    sizes z;
    if (!next && strncmp(s->family->architecture, "qwen35", 6) != 0) return LW_OK;
    LW_TRY(read_sizes(s, &z));
    for (size_t i = 0; i < n; i++) {
        lwi_checkpoint_tensor *t = s->tensors + i;
        if (!t->name || t->rank == 0) continue;
        if (!next) LW_TRY(tile_heads(s, t, &z));
        else if (lwi_ends_with(t->name, ".ssm_in.weight")) {
            lwi_checkpoint_tensor gate = {0};
            LW_TRY(split_projection(s, t, &z, &gate));
            LW_TRY(lwi_hf_add(s, &gate)); /* tensors may move */
        }
    }
    return LW_OK;
}
