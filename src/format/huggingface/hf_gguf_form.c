/* SPDX-License-Identifier: MIT
 * Tensors in the form of GGUF files: rows of queries and keys in their order there, Gemma's norms
 * with the one that is added, vectors in float32, matrices in as many parts as there. */
#include "arch/architectures.h"

#include "base/text_end.h"
#include "arch/row_order.h"
#include "format/huggingface/source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What transformers keeps among the weights, though it is no weight. */
static bool is_buffer(const char *name) {
    return lwi_ends_with(name, ".inv_freq") || lwi_ends_with(name, ".masked_bias") ||
           lwi_ends_with(name, ".attn.bias") || lwi_ends_with(name, ".attention.bias") ||
           lwi_ends_with(name, "position_ids");
}

static bool has(lwi_hf_source *s, const char *name) { return lwi_strmap_get(&s->index, name) >= 0; }

/* What sees pictures, and layers that guess more than one token. */
static bool is_beside_text(const lwi_checkpoint_tensor *t) {
    static const char *const parts[] = {"vision_tower.",          "vision_model.", "visual.",
                                        "multi_modal_projector.", "mtp.",          "connector.",
                                        "image_newline"};
    const char *name = strncmp(t->name, "model.", 6) ? t->name : t->name + 6;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strncmp(name, parts[i], strlen(parts[i]))) return true;
    return false;
}

/* Encoders are trained with parts that guess left out words, for which nobody asks later; those of
 * T5 have copies of what is shared. */
static bool is_left_out(lwi_hf_source *s, const lwi_checkpoint_tensor *t) {
    static const char *const guessing[] = {"cls.predictions.", "cls.seq_relationship.", "lm_head.",
                                           "decoder."};
    if (lwi_hf_has_stacks(s))
        return t->rank == 0 && lwi_ends_with(t->name, "coder.embed_tokens.weight");
    if (t->rank > 0)
        return !strncmp(t->name, "output.", 7) ||
               (!strncmp(t->name, "cls.", 4) && !has(s, "cls.output.weight"));
    for (size_t i = 0; i < sizeof guessing / sizeof *guessing; i++)
        if (!strncmp(t->name, guessing[i], strlen(guessing[i]))) return true;
    return false;
}

static size_t size_of(lwi_hf_source *s, const char *key) {
    double value = 0;
    return lwi_hf_number(s, key, 0, &value) && value >= 0 && value < 1 << 20 ? (size_t)value : 0;
}

static lw_status to_floats(lwi_hf_source *s, lwi_checkpoint_tensor *t, float added) {
    const size_t n = t->bytes / t->type->bytes;
    float *floats = NULL;
    LW_TRY(lwi_arena_alloc(&s->network->arena, n, sizeof *floats, &floats));
    lwi_blocks_decode(t->type, t->data, n, floats);
    for (size_t i = 0; i < n; i++)
        floats[i] += added;
    t->type = lwi_block_type_find(LWI_BLOCK_F32);
    t->data = floats;
    t->bytes = n * sizeof *floats;
    return LW_OK;
}

static lw_status order_heads(lwi_hf_source *s, lwi_checkpoint_tensor *t, bool keys) {
    double heads = 0;
    const bool own = keys && lwi_hf_number(s, "attention.head_count_kv", 0, &heads);
    if (!own && !lwi_hf_number(s, "attention.head_count", 0, &heads)) heads = 0;
    if (!(heads >= 1 && heads <= 1 << 16))
        return lwi_fail(LW_CORRUPT, "config.json: %g heads", heads);
    return lwi_order_rows(&s->network->arena, t, (int64_t)heads, true);
}

/* [n] as [rows, columns], or [n, 1, columns]. */
static void fold(lwi_checkpoint_tensor *t, int64_t rows, int64_t columns) {
    t->rank = 2;
    t->dims[0] = rows;
    t->dims[1] = columns;
}

/* Recurrent layers: the state's matrix instead of its logarithm, kernels without the axis that is
 * always 1, and Mamba-2's vectors as matrices. */
static lw_status to_recurrent(lwi_hf_source *s, lwi_checkpoint_tensor *t) {
    const bool second = !strcmp(s->family->architecture, "mamba2") ||
                        !strcmp(s->family->architecture, "nemotron_h") ||
                        !strcmp(s->family->architecture, "granitehybrid");
    const int64_t groups = (int64_t)size_of(s, "ssm.group_count");
    const bool kernel =
        (lwi_ends_with(t->name, ".ssm_conv1d.weight") || lwi_ends_with(t->name, ".conv.weight")) &&
        t->rank == 3 && t->dims[1] == 1;
    if (kernel || lwi_ends_with(t->name, ".ssm_a")) LW_TRY(to_floats(s, t, 0));
    if (kernel) fold(t, t->dims[0], t->dims[2]);
    for (size_t i = 0; lwi_ends_with(t->name, ".ssm_a") && i < t->bytes / sizeof(float); i++)
        ((float *)(uintptr_t)t->data)[i] = -expf(((const float *)t->data)[i]);
    if (!second || t->rank != 1) return LW_OK;
    if (lwi_ends_with(t->name, ".ssm_a") || lwi_ends_with(t->name, ".ssm_d"))
        fold(t, t->dims[0], 1);
    if (!lwi_ends_with(t->name, ".ssm_norm.weight")) return LW_OK;
    if (groups < 1 || t->dims[0] % groups)
        return lwi_fail(LW_CORRUPT, "tensor '%s': %lld groups", t->name, (long long)groups);
    fold(t, groups, t->dims[0] / groups);
    return LW_OK;
}

static lw_status to_gguf(lwi_hf_source *s, const lwi_decoder_style *style,
                         lwi_checkpoint_tensor *t) {
    const char *family = s->family->architecture;
    const bool less_one = (!strncmp(family, "gemma", 5) && strcmp(family, "gemma4") != 0) ||
                          !strncmp(family, "qwen35", 6) || !strcmp(family, "qwen3next") ||
                          !strcmp(family, "nemotron");
    const bool q = strstr(t->name, ".attn_q."), k = strstr(t->name, ".attn_k.");
    if (style->permuted && (q || k)) LW_TRY(order_heads(s, t, k));
    const bool row = lwi_ends_with(t->name, ".exp_probs_b.bias") || !strcmp(t->name, "logits.bias");
    if (row && t->rank == 2 && t->dims[0] == 1) {
        t->rank = 1; /* ERNIE's, BART's */
        t->dims[0] = t->dims[1];
    }
    const bool norm =
        lwi_ends_with(t->name, "norm.weight") && !lwi_ends_with(t->name, ".ssm_norm.weight");
    if (t->rank == 1) LW_TRY(to_floats(s, t, less_one && norm ? 1 : 0));
    const bool recurrent = strstr(t->name, ".ssm_") || strstr(t->name, ".shortconv.");
    return recurrent ? to_recurrent(s, t) : LW_OK;
}

/* One of the two parts of a matrix that makes keys and values of a small vector: [heads, value,
 * rank], or [heads, rank, key]. */
static lw_status add_latent(lwi_hf_source *s, const lwi_checkpoint_tensor *t, bool keys,
                            size_t heads, size_t first, size_t rows) {
    const size_t all = (size_t)t->dims[0] / heads, rank = (size_t)t->dims[1];
    const size_t size = t->type->bytes;
    lwi_checkpoint_tensor part = *t;
    char name[128];
    uint8_t *to = NULL;
    LW_TRY(lwi_arena_alloc(&s->network->arena, heads * rows * rank, size, &to));
    for (size_t i = 0; i < heads * rows * rank; i++) {
        const size_t row = i / rank % rows, column = i % rank, head = i / (rank * rows);
        const size_t at = keys ? (head * rank + column) * rows + row : i;
        memcpy(to + at * size,
               (const uint8_t *)t->data + ((head * all + first + row) * rank + column) * size,
               size);
    }
    snprintf(name, sizeof name, "%.*s.attn_%c_b.weight",
             (int)(strstr(t->name, ".attn_kv_b") - t->name), t->name, keys ? 'k' : 'v');
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &part.name));
    part.rank = 3;
    part.dims[0] = (int64_t)heads;
    part.dims[1] = (int64_t)(keys ? rank : rows);
    part.dims[2] = (int64_t)(keys ? rows : rank);
    part.data = to;
    part.bytes = heads * rows * rank * size;
    return lwi_hf_add(s, &part);
}

/* GGUF has these matrices in two parts; they lose their names. */
static lw_status split_latents(lwi_hf_source *s) {
    const size_t heads = size_of(s, "attention.head_count"), n = s->n;
    const size_t value = size_of(s, "attention.value_length_mla");
    const size_t key = size_of(s, "attention.key_length_mla"),
                 turned = size_of(s, "rope.dimension_count");
    for (size_t i = 0; i < n; i++) {
        const lwi_checkpoint_tensor t = s->tensors[i];
        if (t.rank != 2 || !strstr(t.name, ".attn_kv_b.weight")) continue;
        if (!heads || !value || key <= turned ||
            t.dims[0] != (int64_t)(heads * (key - turned + value)))
            return lwi_fail(LW_CORRUPT, "tensor '%s' has %lld rows", t.name, (long long)t.dims[0]);
        LW_TRY(add_latent(s, &t, true, heads, 0, key - turned));
        LW_TRY(add_latent(s, &t, false, heads, key - turned, value));
        s->tensors[i].name = NULL;
    }
    return LW_OK;
}

/* Gates or ups of all experts, which a file has one behind the other for each. */
static lw_status add_half(lwi_hf_source *s, const lwi_checkpoint_tensor *t, bool up) {
    lwi_checkpoint_tensor half = *t;
    const size_t experts = (size_t)t->dims[0], bytes = t->bytes / experts / 2;
    char name[128];
    uint8_t *to = NULL;
    LW_TRY(lwi_arena_alloc(&s->network->arena, experts, bytes, &to));
    for (size_t i = 0; i < experts; i++)
        memcpy(to + i * bytes, (const uint8_t *)t->data + (2 * i + up) * bytes, bytes);
    snprintf(name, sizeof name, "%.*s.ffn_%s_exps.weight",
             (int)(strstr(t->name, ".ffn_gate_up_exps") - t->name), t->name, up ? "up" : "gate");
    LW_TRY(lwi_arena_string(&s->network->arena, name, strlen(name), &half.name));
    half.dims[1] /= 2;
    half.data = to;
    half.bytes = experts * bytes;
    return lwi_hf_add(s, &half);
}

/* Granite's part that all tokens go through: the upper half of a matrix are gates, and where there
 * are no experts it is the whole feed-forward network. */
static lw_status name_shared(lwi_hf_source *s, lwi_checkpoint_tensor *t, const char *part) {
    char name[128];
    const char *end = size_of(s, "expert_count") ? "_shexp" : "";
    snprintf(name, sizeof name, "%.*s.ffn_%s%s.weight", (int)(strstr(t->name, ".ffn_") - t->name),
             t->name, part, end);
    return lwi_arena_string(&s->network->arena, name, strlen(name), &t->name);
}

static lw_status split_shared(lwi_hf_source *s) {
    const size_t n = s->n;
    for (size_t i = 0; i < n && !strcmp(s->family->architecture, "granitehybrid"); i++) {
        lwi_checkpoint_tensor t = s->tensors[i];
        if (!t.name || t.rank != 2 || !strstr(t.name, "_shexp.weight")) continue;
        const bool down = strstr(t.name, ".ffn_down");
        if (!down && t.dims[0] % 2)
            return lwi_fail(LW_CORRUPT, "tensor '%s' has %lld rows", t.name, (long long)t.dims[0]);
        t.dims[0] /= down ? 1 : 2;
        t.bytes /= down ? 1 : 2;
        lwi_checkpoint_tensor gate = t;
        if (!down) {
            t.data = (const uint8_t *)t.data + t.bytes;
            LW_TRY(name_shared(s, &gate, "gate"));
            LW_TRY(lwi_hf_add(s, &gate));
        }
        LW_TRY(name_shared(s, &t, down ? "down" : "up"));
        s->tensors[i] = t;
    }
    return LW_OK;
}

static lw_status split_experts(lwi_hf_source *s) {
    const size_t n = strcmp(s->family->architecture, "gemma4") ? s->n : 0;
    for (size_t i = 0; i < n; i++) {
        const lwi_checkpoint_tensor t = s->tensors[i];
        if (!t.name || t.rank != 3 || !strstr(t.name, ".ffn_gate_up_exps.weight")) continue;
        if (t.dims[0] < 1 || t.dims[1] % 2)
            return lwi_fail(LW_CORRUPT, "tensor '%s' has %lld rows", t.name, (long long)t.dims[1]);
        LW_TRY(add_half(s, &t, false));
        LW_TRY(add_half(s, &t, true));
        s->tensors[i].name = NULL;
    }
    return LW_OK;
}

lw_status lwi_hf_arrange(lwi_hf_source *s) {
    const lwi_decoder_style *style = lwi_architecture_style(s->family->architecture);
    size_t n = 0;
    if (!style)
        return lwi_fail(LW_UNSUPPORTED, "models of the family '%s' cannot be converted yet",
                        s->family->architecture);
    LW_TRY(split_latents(s));
    LW_TRY(split_experts(s));
    LW_TRY(split_shared(s));
    LW_TRY(lwi_hf_arrange_delta(s));
    for (size_t i = 0; i < s->n; i++) {
        lwi_checkpoint_tensor *t = s->tensors + i;
        if (!t->name) continue;
        if (t->rank == 0 && (is_buffer(t->name) || is_beside_text(t))) continue;
        if (style->encoder && is_left_out(s, t)) continue;
        if (t->rank == 0) return lwi_fail(LW_UNSUPPORTED, "tensor '%s' is not known", t->name);
        LW_TRY(to_gguf(s, style, t));
        s->tensors[n++] = *t;
    }
    s->n = n;
    return LW_OK;
}
