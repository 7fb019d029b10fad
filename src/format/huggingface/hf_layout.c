/* SPDX-License-Identifier: MIT
 * Tensors that lie otherwise than architectures want them. */
#include "format/huggingface/source.h"

#include <math.h>
#include <string.h>

static lw_status new_data(lwi_hf_source *s, lwi_checkpoint_tensor *t, uint8_t **to) {
    return lwi_arena_alloc(&s->network->arena, t->bytes, 1, to);
}

static void turn(lwi_checkpoint_tensor *t, uint8_t *to) {
    const size_t rows = (size_t)t->dims[0], columns = (size_t)t->dims[1], size = t->type->bytes;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            memcpy(to + (j * rows + i) * size, (const uint8_t *)t->data + (i * columns + j) * size,
                   size);
    t->dims[0] = (int64_t)columns;
    t->dims[1] = (int64_t)rows;
    t->data = to;
}

/* GPT-2's Conv1D keeps [in, out]. */
lw_status lwi_hf_turn(lwi_hf_source *s, lwi_checkpoint_tensor *t) {
    uint8_t *to = NULL;
    LW_TRY(new_data(s, t, &to));
    turn(t, to);
    return LW_OK;
}

/* The first files of Qwen3-VL have their experts as [experts, in, out]: the width says so. */
lw_status lwi_hf_turn_experts(lwi_hf_source *s, lwi_checkpoint_tensor *t) {
    double width = 0;
    const bool down = strstr(t->name, ".ffn_down");
    lwi_hf_number(s, "embedding_length", 0, &width);
    if (t->rank != 3 || t->dims[0] < 1 || (double)t->dims[down ? 1 : 2] == width ||
        (double)t->dims[down ? 2 : 1] != width)
        return LW_OK;
    lwi_checkpoint_tensor one = *t;
    const size_t bytes = t->bytes / (size_t)t->dims[0];
    uint8_t *to = NULL;
    LW_TRY(new_data(s, t, &to));
    for (int64_t i = 0; i < t->dims[0]; i++) {
        one.rank = 2;
        one.dims[0] = t->dims[1];
        one.dims[1] = t->dims[2];
        one.data = (const uint8_t *)t->data + (size_t)i * bytes;
        turn(&one, to + (size_t)i * bytes);
    }
    t->data = to;
    t->dims[1] = one.dims[0];
    t->dims[2] = one.dims[1];
    return LW_OK;
}

static double number(lwi_hf_source *s, const char *key, double absent) {
    double value = absent;
    lwi_hf_number(s, key, 0, &value);
    return value;
}

/* Rows of groups: `each` heads of queries, one of keys, one of values. All queries come first, then
 * all keys, then all values. */
lw_status lwi_hf_unmix(lwi_hf_source *s, lwi_checkpoint_tensor *t) {
    const double heads = number(s, "attention.head_count", 0);
    const double kv = number(s, "attention.head_count_kv", heads);
    const size_t rows = (size_t)t->dims[0], n = (size_t)fmin(fmax(heads, 0), 1e6);
    const size_t groups = (size_t)fmin(fmax(kv, 0), 1e6);
    if (groups == 1) return LW_OK;
    if (n == 0 || groups == 0 || n % groups || rows % (n + 2 * groups))
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %zu rows for %zu and %zu heads", t->name, rows,
                        n, groups);
    const size_t each = n / groups, head = rows / (n + 2 * groups) * (t->bytes / rows);
    uint8_t *to = NULL;
    LW_TRY(new_data(s, t, &to));
    for (size_t g = 0; g < groups; g++) {
        const uint8_t *from = (const uint8_t *)t->data + g * (each + 2) * head;
        memcpy(to + g * each * head, from, each * head);
        memcpy(to + (n + g) * head, from + each * head, head);
        memcpy(to + (n + groups + g) * head, from + (each + 1) * head, head);
    }
    t->data = to;
    return LW_OK;
}

lw_status lwi_hf_shift(lwi_hf_source *s, lwi_checkpoint_tensor *t) {
    const int64_t first = lwi_hf_first_position(s), rows = t->dims[0];
    if (first == 0) return LW_OK;
    if (t->rank != 2 || first >= rows)
        return lwi_fail(LW_CORRUPT, "tensor '%s' has %lld rows, the first position's is %lld",
                        t->name, (long long)rows, (long long)first);
    const size_t row = t->bytes / (size_t)rows;
    t->data = (const uint8_t *)t->data + (size_t)first * row;
    t->bytes -= (size_t)first * row;
    t->dims[0] -= first;
    return LW_OK;
}

/* ------------------------------------------------------------ rotary factors */

static lw_status add_floats(lwi_hf_source *s, const char *name, const float *data, size_t n) {
    const lwi_checkpoint_tensor t = {.name = name,
                                     .type = lwi_block_type_find(LWI_BLOCK_F32),
                                     .rank = 1,
                                     .dims = {(int64_t)n},
                                     .data = data,
                                     .bytes = n * sizeof *data};
    return lwi_hf_add(s, &t);
}

static lw_status add_list(lwi_hf_source *s, const char *key, const char *name) {
    const lwi_json_item *list = lwi_hf_rope(s, key);
    float *data = NULL;
    if (!lwi_json_is(list, LWI_JSON_ARRAY) || list->size == 0) return LW_OK;
    LW_TRY(lwi_arena_alloc(&s->network->arena, list->size, sizeof *data, &data));
    for (size_t i = 0; i < list->size; i++) {
        const lwi_json_item *x = list->items + i;
        if (!lwi_json_is(x, LWI_JSON_NUMBER))
            return lwi_fail(LW_CORRUPT, "config.json: %s is no list of numbers", key);
        data[i] = (float)(x->is_integer ? (double)x->integer : x->number);
    }
    return add_floats(s, name, data, list->size);
}

static double rope_number(const lwi_hf_source *s, const char *key, double absent) {
    const lwi_json_item *x = lwi_hf_rope(s, key);
    if (!lwi_json_is(x, LWI_JSON_NUMBER)) return absent;
    return x->is_integer ? (double)x->integer : x->number;
}

/* Llama 3.1: slow waves are stretched by the factor, fast ones are not, those between are blended.
 */
static float llama3_factor(const lwi_hf_source *s, double speed) {
    const double factor = rope_number(s, "factor", 8), low = rope_number(s, "low_freq_factor", 1);
    const double high = rope_number(s, "high_freq_factor", 4);
    const double turns =
        rope_number(s, "original_max_position_embeddings", 8192) * speed / (2 * M_PI);
    if (turns < low) return (float)factor;
    if (turns > high || high <= low) return 1;
    const double smooth = (turns - low) / (high - low);
    return (float)(1 / ((1 - smooth) / factor + smooth));
}

/* Gemma 4: pairs beyond a share of the head are not turned, which is to say very slowly. */
static lw_status add_proportional(lwi_hf_source *s) {
    enum { MOST = 1 << 15 };
    const double head = number(s, "attention.key_length", 0);
    const double share = rope_number(s, "partial_rotary_factor", 1);
    float *data = NULL;
    if (!(head >= 2 && head <= MOST && share >= 0 && share <= 1))
        return lwi_fail(LW_CORRUPT, "config.json: %g of heads of %g elements", share, head);
    const size_t half = (size_t)head / 2, turned = (size_t)(share * head) / 2;
    LW_TRY(lwi_arena_alloc(&s->network->arena, half, sizeof *data, &data));
    for (size_t i = 0; i < half; i++)
        data[i] = i < turned ? 1 : 1e30F;
    return add_floats(s, "rope_freqs.weight", data, half);
}

lw_status lwi_hf_add_rope_factors(lwi_hf_source *s) {
    enum { MOST = 1 << 15 };
    const lw_string type = lwi_hf_text(s, "rope.scaling.type");
    LW_TRY(add_list(s, "short_factor", "rope_factors_short.weight"));
    LW_TRY(add_list(s, "long_factor", "rope_factors_long.weight"));
    if (type.size == 12 && !memcmp(type.data, "proportional", 12)) return add_proportional(s);
    if (type.size != 6 || memcmp(type.data, "llama3", 6)) return LW_OK;
    const double width = number(s, "embedding_length", 0),
                 heads = number(s, "attention.head_count", 1);
    const double head =
        number(s, "rope.dimension_count",
               number(s, "attention.key_length", heads >= 1 ? floor(width / heads) : 0));
    const double base = number(s, "rope.freq_base", 10000);
    if (!(head >= 2 && head <= MOST && base > 1))
        return lwi_fail(LW_CORRUPT, "config.json: heads of %g elements", head);
    const size_t half = (size_t)head / 2;
    float *data = NULL;
    LW_TRY(lwi_arena_alloc(&s->network->arena, half, sizeof *data, &data));
    for (size_t i = 0; i < half; i++)
        data[i] = llama3_factor(s, pow(base, -(double)i / (double)half));
    return add_floats(s, "rope_freqs.weight", data, half);
}
