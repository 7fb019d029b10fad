/* SPDX-License-Identifier: MIT
 * Hyperparameters of a Hugging Face folder by the names that GGUF files have for them: those of
 * gguf_keys.def, and what readers want to know of single families. */
#include "llm/gguf_pairs.h"

#include <lampwick/llm_weights.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    lwi_gguf_kind kind;
} keys[] = {
#define LWI_KEY(name, kind) {name, LWI_GGUF_##kind},
#include "llm/gguf_keys.def"
#undef LWI_KEY
};

/* A dimension of a tensor; 0: it is not there. */
static int64_t size_in(const lw_checkpoint *c, const char *name, int axis) {
    lw_checkpoint_tensor t = {.size = sizeof t};
    for (size_t i = 0; lw_checkpoint_get(c, i, &t) == LW_OK; i++)
        if (!strcmp(t.name, name)) return axis < t.rank ? t.dims[axis] : 0;
    return 0;
}

static bool is(lw_string text, const char *word) {
    return text.size == strlen(word) && !memcmp(text.data, word, text.size);
}

/* Llama 3's factors are a tensor. */
static lw_status put_rope_scaling(lwi_pairs *p, const lw_checkpoint *c) {
    static const char *const numbers[] = {
        ".rope.scaling.factor", ".rope.scaling.attn_factor", ".rope.scaling.yarn_beta_fast",
        ".rope.scaling.yarn_beta_slow", ".rope.scaling.yarn_log_multiplier"};
    static const char *const length = ".rope.scaling.original_context_length";
    const lw_string type = lw_checkpoint_text(c, "rope.scaling.type");
    double value = 0;
    if (!type.size || is(type, "llama3") || is(type, "default") || is(type, "proportional"))
        return LW_OK;
    LW_TRY(lwi_pairs_text(p, ".rope.scaling.type", type));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (lw_checkpoint_number(c, numbers[i] + 1, &value))
            LW_TRY(lwi_pairs_float(p, numbers[i], value));
    if (lw_checkpoint_number(c, "rope.scaling.yarn_truncate", &value))
        LW_TRY(lwi_pairs_int(p, ".rope.scaling.yarn_truncate", LWI_GGUF_BOOL, value != 0));
    if (lw_checkpoint_number(c, length + 1, &value) && value > 0 && value < UINT32_MAX)
        LW_TRY(lwi_pairs_int(p, length, LWI_GGUF_UINT32, (int64_t)value));
    return LW_OK;
}

/* Compressed keys and values are one head's, whose size has the rank in it; *done: the key is
 * among those that say so. */
static lw_status put_latent(lwi_pairs *p, const lw_checkpoint *c, const char *key, bool *done) {
    double rank = 0, turned = 0;
    const bool heads = !strcmp(key, ".attention.head_count_kv");
    *done =
        heads || !strcmp(key, ".attention.key_length") || !strcmp(key, ".attention.value_length");
    if (!lw_checkpoint_number(c, "attention.kv_lora_rank", &rank)) *done = false;
    if (!*done) return LW_OK;
    if (!lw_checkpoint_number(c, "rope.dimension_count", &turned) || !(rank >= 1 && rank < 1e6) ||
        !(turned >= 1 && turned < 1e6))
        return lwi_fail(LW_CORRUPT, "config.json: keys of rank %g, %g turned", rank, turned);
    const double value = heads ? 1 : rank + (key[11] == 'k' ? turned : 0);
    return lwi_pairs_int(p, key, LWI_GGUF_UINT32, (int64_t)value);
}

/* The number for each layer: 0 for those without attention. */
static lw_status put_heads(lwi_pairs *p, const lw_checkpoint *c, const char *key) {
    enum { MOST = 1 << 12 };
    double layers = 0, heads = 0;
    uint32_t each[MOST];
    lw_checkpoint_number(c, "block_count", &layers);
    lw_checkpoint_number(c, key + 1, &heads);
    if (!(layers >= 1 && layers <= MOST && heads >= 1 && heads < 1e6))
        return lwi_fail(LW_CORRUPT, "config.json: %g heads in %g layers", heads, layers);
    for (size_t i = 0; i < (size_t)layers; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%zu.attn_k.weight", i);
        each[i] = size_in(c, name, 0) ? (uint32_t)heads : 0;
    }
    return lwi_pairs_numbers(p, key, LWI_GGUF_INT32, each, (size_t)layers);
}

/* A dimension in the first of the layers that have such a tensor. */
static int64_t size_in_layers(const lw_checkpoint *c, const char *name, int axis) {
    int64_t size = 0;
    for (size_t i = 0; i < 64 && !size; i++) {
        char full[64];
        snprintf(full, sizeof full, "blk.%zu.%s.weight", i, name);
        size = size_in(c, full, axis);
    }
    return size;
}

static lw_status put_size(lwi_pairs *p, const char *key, int64_t size) {
    return lwi_pairs_int(p, key, LWI_GGUF_UINT32, size);
}

/* LFM2's short convolutions. */
static lw_status put_lfm2(lwi_pairs *p, const lw_checkpoint *c) {
    if (strncmp(p->prefix, "lfm2", 4) != 0) return LW_OK;
    LW_TRY(put_heads(p, c, ".attention.head_count_kv"));
    return put_size(p, ".shortconv.l_cache", size_in_layers(c, "shortconv.conv", 1));
}

/* A truth for each layer, where config.json has a list of them. */
static lw_status put_layers(lwi_pairs *p, const lw_checkpoint *c, const char *key,
                            const char *from) {
    enum { MOST = 1 << 12 };
    uint8_t flags[MOST];
    double layers = 0, flag = 0;
    size_t n = 0;
    lw_checkpoint_number(c, "block_count", &layers);
    for (; n < MOST && (double)n < layers && lw_checkpoint_element(c, from, n, &flag); n++)
        flags[n] = flag != 0;
    return n && (double)n >= layers ? lwi_pairs_flags(p, key, flags, n) : LW_OK;
}

/* Which layers have a window. ModernBERT's files have a number under the same key. */
static lw_status put_windows(lwi_pairs *p, const lw_checkpoint *c) {
    double window = 0;
    if (!strcmp(p->prefix, "modern-bert") ||
        !lw_checkpoint_number(c, "attention.sliding_window", &window))
        return LW_OK;
    return put_layers(p, c, ".attention.sliding_window_pattern", "windowed_layers");
}

/* Which layers know positions. Other programs know SmolLM3's usual pattern only. */
static lw_status put_rotated(lwi_pairs *p, const lw_checkpoint *c) {
    if (strcmp(p->prefix, "smollm3") != 0 && strcmp(p->prefix, "llama4") != 0) return LW_OK;
    return put_layers(p, c, ".rotated_layers", "rotated_layers");
}

/* Gated delta nets. */
static lw_status put_delta(lwi_pairs *p, const lw_checkpoint *c) {
    double heads = 0;
    if (strncmp(p->prefix, "qwen35", 6) != 0 && strcmp(p->prefix, "qwen3next") != 0) return LW_OK;
    LW_TRY(put_size(p, ".ssm.conv_kernel", size_in_layers(c, "ssm_conv1d", 1)));
    LW_TRY(put_size(p, ".ssm.inner_size", size_in_layers(c, "ssm_out", 1)));
    lw_checkpoint_number(c, "ssm.time_step_rank", &heads);
    LW_TRY(put_size(p, ".ssm.time_step_rank", (int64_t)heads));
    LW_TRY(put_layers(p, c, ".attention.recurrent_layers", "attention.recurrent_layers"));
    return LW_OK;
}

/* How angles are shared among time and axes of pictures. */
static lw_status put_sections(lwi_pairs *p, const lw_checkpoint *c) {
    static const char *const families[] = {"qwen35", "qwen35moe", "qwen2vl", "qwen3vl",
                                           "qwen3vlmoe"};
    static const uint8_t usual[3] = {11, 11, 10};
    uint32_t sections[4] = {0};
    bool has = false;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        has |= !strcmp(p->prefix, families[i]);
    if (!has) return LW_OK;
    for (size_t i = 0; i < 3; i++) {
        double n = 0;
        sections[i] =
            lw_checkpoint_element(c, "rope.dimension_sections", i, &n) && n >= 0 && n < 1e6
                ? (uint32_t)n
                : usual[i];
    }
    return lwi_pairs_numbers(p, ".rope.dimension_sections", LWI_GGUF_INT32, sections, 4);
}

/* Granite 4: layers as Mamba-2's and others with attention, experts beside what all go through. */
static lw_status put_granite(lwi_pairs *p, const lw_checkpoint *c) {
    double groups = 1, states = 0, finetuned = 0;
    if (strcmp(p->prefix, "granitehybrid") != 0) return LW_OK;
    lw_checkpoint_number(c, "ssm.state_size", &states);
    lw_checkpoint_number(c, "ssm.group_count", &groups);
    lw_checkpoint_number(c, "rope.scaling.finetuned", &finetuned);
    const int64_t shared = size_in_layers(c, "ffn_up_shexp", 0);
    const int64_t channels = size_in_layers(c, "ssm_conv1d", 0);
    LW_TRY(put_heads(p, c, ".attention.head_count_kv"));
    LW_TRY(lwi_pairs_int(p, ".rope.scaling.finetuned", LWI_GGUF_BOOL, finetuned != 0));
    LW_TRY(put_size(p, ".ssm.conv_kernel", size_in_layers(c, "ssm_conv1d", 1)));
    LW_TRY(put_size(p, ".ssm.inner_size", channels - (int64_t)(2 * groups * states)));
    LW_TRY(
        put_size(p, ".ssm.time_step_rank",
                 size_in_layers(c, "ssm_in", 0) - 2 * channels + (int64_t)(2 * groups * states)));
    return shared ? put_size(p, ".expert_shared_feed_forward_length", shared) : LW_OK;
}

/* Inner sizes of dense layers and of experts, as the tensors have them: config.json calls them in
 * many ways, or leaves them out. */
static lw_status put_feed_forward(lwi_pairs *p, const lw_checkpoint *c) {
    static const struct {
        const char *key, *tensor;
        int axis;
    } sizes[] = {{".feed_forward_length", "ffn_down", 1},
                 {".expert_feed_forward_length", "ffn_down_exps", 2}};
    for (size_t i = 0; i < 2; i++) {
        double said = 0;
        const int64_t size = size_in_layers(c, sizes[i].tensor, sizes[i].axis);
        if (i == 0 && (!strcmp(p->prefix, "gemma4") || !strncmp(p->prefix, "nemotron_h", 10)))
            continue;
        if (size) LW_TRY(put_size(p, sizes[i].key, size));
        else if (lw_checkpoint_number(c, sizes[i].key + 1, &said) && said >= 0 && said < 1e9)
            LW_TRY(put_size(p, sizes[i].key, (int64_t)said));
    }
    return LW_OK;
}

static bool is_hybrid(const char *prefix) {
    return !strncmp(prefix, "nemotron_h", 10) || !strcmp(prefix, "jamba");
}

/* Which layers have attention, Mamba or a feed-forward network. */
static lw_status put_hybrid(lwi_pairs *p, const lw_checkpoint *c) {
    enum { MOST = 1 << 12 };
    uint32_t inner[MOST];
    double layers = 0, groups = 1, states = 0;
    if (!is_hybrid(p->prefix)) return LW_OK;
    const bool second = *p->prefix == 'n';
    const int64_t channels = size_in_layers(c, "ssm_conv1d", 0);
    lw_checkpoint_number(c, "block_count", &layers);
    lw_checkpoint_number(c, "ssm.state_size", &states);
    lw_checkpoint_number(c, "ssm.group_count", &groups);
    const int64_t rest = second ? (int64_t)(2 * groups * states) : 0;
    LW_TRY(put_heads(p, c, ".attention.head_count_kv"));
    LW_TRY(put_size(p, ".ssm.conv_kernel", size_in_layers(c, "ssm_conv1d", 1)));
    LW_TRY(put_size(p, ".ssm.inner_size", channels - rest));
    LW_TRY(put_size(p, ".ssm.time_step_rank",
                    second ? size_in_layers(c, "ssm_in", 0) - 2 * channels + rest
                           : size_in_layers(c, "ssm_dt", 1)));
    for (size_t i = 0; second && i < MOST && (double)i < layers; i++) {
        char name[2][64];
        snprintf(name[0], sizeof *name, "blk.%zu.ffn_down.weight", i);
        snprintf(name[1], sizeof *name, "blk.%zu.ffn_down_exps.weight", i);
        const int64_t dense = size_in(c, name[0], 1);
        inner[i] = (uint32_t)(dense ? dense : size_in(c, name[1], 2));
    }
    if (!second || !(layers >= 1 && layers <= MOST)) return LW_OK;
    return lwi_pairs_numbers(p, ".feed_forward_length", LWI_GGUF_INT32, inner, (size_t)layers);
}

/* Gemma 4's sizes differ by layer. */
static lw_status put_gemma4(lwi_pairs *p, const lw_checkpoint *c) {
    enum { MOST = 1 << 12 };
    uint32_t heads[MOST], inner[MOST];
    double layers = 0, value = 0;
    if (strcmp(p->prefix, "gemma4") != 0) return LW_OK;
    lw_checkpoint_number(c, "block_count", &layers);
    if (!(layers >= 1 && layers <= MOST))
        return lwi_fail(LW_CORRUPT, "config.json: %g layers", layers);
    for (size_t i = 0; i < (size_t)layers; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%zu.ffn_down.weight", i);
        inner[i] = (uint32_t)size_in(c, name, 1);
        heads[i] = lw_checkpoint_element(c, "attention.head_count_kv", i, &value) && value >= 1 &&
                           value < 1e6
                       ? (uint32_t)value
                       : 1;
    }
    LW_TRY(lwi_pairs_numbers(p, ".attention.head_count_kv", LWI_GGUF_INT32, heads, (size_t)layers));
    return lwi_pairs_numbers(p, ".feed_forward_length", LWI_GGUF_INT32, inner, (size_t)layers);
}

/* What Mamba's layers do not have, though config.json may use the word for something else. */
static bool is_of_others(const char *key) {
    return !strncmp(key, ".attention.head_", 16) || !strncmp(key, ".attention.key_", 15) ||
           !strncmp(key, ".attention.value_", 17);
}

static lw_status put_numbers(lwi_pairs *p, const lw_checkpoint *c) {
    const bool mixed = !strncmp(p->prefix, "lfm2", 4) || !strcmp(p->prefix, "gemma4") ||
                       !strcmp(p->prefix, "granitehybrid") || is_hybrid(p->prefix);
    const bool mamba = !strncmp(p->prefix, "mamba", 5);
    double experts = 0;
    lw_checkpoint_number(c, "expert_count", &experts);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[64];
        double value = 0;
        bool done = false;
        snprintf(key, sizeof key, ".%s", keys[i].name);
        LW_TRY(put_latent(p, c, key, &done));
        if (done || (mamba && is_of_others(key)) ||
            (mixed && !strcmp(key, ".attention.head_count_kv")) ||
            (experts == 0 && !strcmp(key, ".expert_used_count")))
            continue;
        if (!lw_checkpoint_number(c, keys[i].name, &value)) continue;
        if (keys[i].kind == LWI_GGUF_FLOAT32) LW_TRY(lwi_pairs_float(p, key, value));
        else if (value >= 0 && value <= UINT32_MAX && floor(value) == value)
            LW_TRY(lwi_pairs_int(p, key, keys[i].kind, (int64_t)value));
        else return lwi_fail(LW_CORRUPT, "config.json: %s is %g", keys[i].name, value);
    }
    if (!mamba) LW_TRY(put_feed_forward(p, c));
    const lw_string activation = lw_checkpoint_text(c, "hidden_activation");
    if (activation.size) LW_TRY(lwi_pairs_text(p, ".hidden_activation", activation));
    return put_rope_scaling(p, c);
}

/* Sizes of Mamba's layers, and that there is neither attention nor a feed-forward network. */
static lw_status put_mamba(lwi_pairs *p, const lw_checkpoint *c) {
    double groups = 0, states = 0, own = 0;
    if (strncmp(p->prefix, "mamba", 5) != 0) return LW_OK;
    const bool second = p->prefix[5] == '2';
    lw_checkpoint_number(c, "ssm.state_size", &states);
    lw_checkpoint_number(c, "ssm.group_count", &groups);
    const int64_t channels = size_in(c, "blk.0.ssm_conv1d.weight", 0);
    const struct {
        const char *key;
        int64_t value;
    } sizes[] = {{".context_length", 1 << 20},
                 {".feed_forward_length", 0},
                 {".attention.head_count", 0},
                 {".ssm.conv_kernel", size_in(c, "blk.0.ssm_conv1d.weight", 1)},
                 {".ssm.inner_size", channels - (second ? (int64_t)(2 * groups * states) : 0)},
                 {".ssm.time_step_rank",
                  second ? size_in(c, "blk.0.ssm_a", 0) : size_in(c, "blk.0.ssm_dt.weight", 1)}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        LW_TRY(lwi_pairs_int(p, sizes[i].key, LWI_GGUF_UINT32, sizes[i].value));
    if (!lw_checkpoint_number(c, "mixer_rms_eps", &own)) return LW_OK;
    LW_TRY(lwi_pairs_float(p, ".mixer_rms_eps", own));
    return lwi_pairs_int(p, ".ssm.dt_b_c_rms", LWI_GGUF_BOOL, 1);
}

/* What readers want to know of encoders. */
static lw_status put_encoder(lwi_pairs *p, const lw_checkpoint *c) {
    double value = 0;
    const int64_t types = size_in(c, "token_types.weight", 0);
    if (!strncmp(p->prefix, "t5", 2)) {
        if (!lw_checkpoint_number(c, "context_length", &value))
            LW_TRY(lwi_pairs_int(p, ".context_length", LWI_GGUF_UINT32, 512));
        if (!lw_checkpoint_number(c, "scaled_output", &value)) return LW_OK;
        return lwi_pairs_int(p, ".scaled_output", LWI_GGUF_BOOL, value != 0);
    }
    if (!strstr(p->prefix, "bert")) return LW_OK;
    LW_TRY(lwi_pairs_int(p, ".attention.causal", LWI_GGUF_BOOL, 0));
    if (types) LW_TRY(lwi_pairs_int(p, "tokenizer.ggml.token_type_count", LWI_GGUF_UINT32, types));
    static const char *const texts[] = {".classifier_activation", ".classifier_pooling"};
    for (size_t i = 0; i < 2; i++) {
        const lw_string text = lw_checkpoint_text(c, texts[i] + 1);
        if (text.size) LW_TRY(lwi_pairs_text(p, texts[i], text));
    }
    return LW_OK;
}

lw_status lwi_pairs_hyperparameters(lwi_pairs *p, const lw_checkpoint *c) {
    LW_TRY(put_numbers(p, c));
    LW_TRY(put_encoder(p, c));
    LW_TRY(put_mamba(p, c));
    LW_TRY(put_windows(p, c));
    LW_TRY(put_rotated(p, c));
    LW_TRY(put_delta(p, c));
    LW_TRY(put_sections(p, c));
    LW_TRY(put_granite(p, c));
    LW_TRY(put_gemma4(p, c));
    LW_TRY(put_hybrid(p, c));
    return put_lfm2(p, c);
}
