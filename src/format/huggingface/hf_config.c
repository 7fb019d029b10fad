/* SPDX-License-Identifier: MIT
 * Hyperparameters from config.json. */
#include "format/huggingface/source.h"

#include <math.h>
#include <string.h>

static const char *const keys[][4] = {
#define LWI_KEY(key, first, second, third) {key, first, second, third},
#include "format/huggingface/config_keys.def"
#undef LWI_KEY
};

/* Keys that say nothing to some families, in whose configurations they are left over from others
 * (by the code of transformers 5.24). */
static const struct {
    const char *key, *model_types;
} left_over[] = {
    {"attn_logit_softcapping", "gemma3 gemma3_text"},
    {"layer_types", "phi3 qwen3_moe starcoder2"},
    {"max_window_layers", "qwen3_moe"},
    {"sliding_window", "arcee cohere deepseek_v2 deepseek_v3 falcon gemma gpt2 gpt_neox granite "
                       "granitemoe granitemoehybrid llama olmo olmo2 olmoe phi stablelm"},
    {"use_sliding_window", "cohere2 gemma2 gemma3 gemma3_text gpt_oss mistral mixtral phi3 "
                           "starcoder2"}};

static bool has_word(const char *words, const char *word, size_t n) {
    while (*words) {
        const size_t length = strcspn(words, " ");
        if (length == n && !memcmp(words, word, n)) return true;
        words += length + (words[length] == ' ');
    }
    return false;
}

static bool is_read(const lwi_hf_source *s, const char *key) {
    if (!s->family) return true;
    const char *type = s->family->model_type; /* what follows a comma is a form of it */
    for (size_t i = 0; i < sizeof left_over / sizeof *left_over; i++)
        if (!strcmp(left_over[i].key, key))
            return !has_word(left_over[i].model_types, type, strcspn(type, ","));
    return true;
}

const lwi_json_item *lwi_hf_config(const lwi_hf_source *s, const char *name) {
    const lwi_json_item *item = is_read(s, name) ? lwi_json_get(s->config, name) : NULL;
    return item && !lwi_json_is(item, LWI_JSON_NULL) ? item : NULL;
}

int64_t lwi_hf_first_position(const lwi_hf_source *s) {
    static const char *const seconds[] = {"bart", "mbart", "opt", "plbart"};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        if (!strcmp(s->family->model_type, seconds[i])) return 2;
    if (s->family->form != LWI_HF_SHIFTED) return 0;
    const lwi_json_item *padding = lwi_hf_config(s, "pad_token_id");
    if (!padding || !padding->is_integer || padding->integer < 0 || padding->integer > INT32_MAX)
        return 0;
    return padding->integer + 1;
}

const lwi_json_item *lwi_hf_rope(const lwi_hf_source *s, const char *name) {
    static const char *const places[] = {"rope_scaling", "rope_parameters"};
    for (size_t i = 0; i < 2 && is_read(s, name); i++) {
        const lwi_json_item *rope = lwi_hf_config(s, places[i]);
        const lwi_json_item *full = lwi_json_get(rope, "full_attention");
        const lwi_json_item *item = lwi_json_get(full ? full : rope, name);
        if (item && !lwi_json_is(item, LWI_JSON_NULL)) return item;
    }
    return NULL;
}

/* Of layers with a window. */
static const lwi_json_item *local_rope(const lwi_hf_source *s, const char *name) {
    return lwi_json_get(lwi_json_get(lwi_hf_config(s, "rope_parameters"), "sliding_attention"),
                        name);
}

static bool to_number(const lwi_json_item *item, double *value) {
    if (lwi_json_is(item, LWI_JSON_BOOL)) *value = item->truth;
    else if (lwi_json_is(item, LWI_JSON_NUMBER))
        *value = item->is_integer ? (double)item->integer : item->number;
    else return false;
    return true;
}

static bool find(const lwi_hf_source *s, const char *key, double *value) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t j = 1; j < 4 && keys[i][j] && !strcmp(keys[i][0], key); j++)
            if (to_number(lwi_hf_config(s, keys[i][j]), value)) return true;
    return false;
}

/* Elements of a head that are turned: a share of it, or a number. */
static bool turned(const lwi_hf_source *s, double *value) {
    double share = 1, head = 0, width = 0, heads = 1;
    if (to_number(lwi_hf_config(s, "qk_rope_head_dim"), value) ||
        to_number(lwi_hf_config(s, "rotary_dim"), value))
        return true;
    if (!to_number(lwi_hf_config(s, "partial_rotary_factor"), &share) &&
        !to_number(lwi_hf_config(s, "rotary_pct"), &share) &&
        !to_number(lwi_hf_rope(s, "partial_rotary_factor"), &share))
        return false;
    if (!find(s, "attention.key_length", &head)) {
        if (!find(s, "embedding_length", &width) || !find(s, "attention.head_count", &heads) ||
            heads < 1)
            return false;
        head = floor(width / heads);
    }
    *value = floor(head * share);
    return true;
}

static bool is_qwen(const lwi_hf_source *s) { return !strncmp(s->family->model_type, "qwen", 4); }

/* There is none where the configuration says that it is not used; Qwen's say so if it is. */
static bool window(const lwi_hf_source *s, double *value) {
    if (is_read(s, "use_sliding_window") &&
        !lwi_json_bool(s->config, "use_sliding_window", !is_qwen(s)))
        return false;
    return to_number(lwi_hf_config(s, "sliding_window"), value) ||
           to_number(lwi_hf_config(s, "local_attention"), value) ||
           to_number(lwi_hf_config(s, "window_size"), value) ||
           to_number(lwi_hf_config(s, "attention_chunk_size"), value);
}

/* Which layers have a window, one by one; old configurations of Qwen tell the first one. */
static bool windowed_layer(const lwi_hf_source *s, size_t i, double *value) {
    const lwi_json_item *kinds = lwi_hf_config(s, "layer_types");
    double first = 0;
    if (!kinds) kinds = lwi_hf_config(s, "attention_layers"); /* GPT-Neo's */
    if (!kinds && is_qwen(s) && to_number(lwi_hf_config(s, "max_window_layers"), &first)) {
        *value = (double)i >= first;
        return true;
    }
    if (!lwi_json_is(kinds, LWI_JSON_ARRAY) || i >= kinds->size ||
        !lwi_json_is(kinds->items + i, LWI_JSON_STRING))
        return false;
    *value = strcmp(kinds->items[i].text, "full_attention") != 0 &&
             strcmp(kinds->items[i].text, "global") != 0;
    return true;
}

/* Which layers know positions, one by one. */
static bool rotated_layer(const lwi_hf_source *s, size_t i, double *value) {
    const lwi_json_item *list = lwi_hf_config(s, "no_rope_layers");
    return lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size && to_number(list->items + i, value);
}

/* Gemma's is told by what queries are divided by, squared. */
static bool attention_scale(const lwi_hf_source *s, double *value) {
    double squared = 0;
    if (to_number(lwi_hf_config(s, "attention_multiplier"), value)) return true;
    if (!to_number(lwi_hf_config(s, "query_pre_attn_scalar"), &squared) || !(squared > 0))
        return false;
    *value = 1 / sqrt(squared);
    return true;
}

/* 0, no cap, where the configuration of a family that has one has a null. */
static bool softcap(const lwi_hf_source *s, const char *key, double *value) {
    *value = 0;
    return (!strcmp(s->family->architecture, "gemma2") &&
            lwi_json_is(lwi_json_get(s->config, key), LWI_JSON_NULL)) ||
           to_number(lwi_hf_config(s, key), value);
}

/* In the order of GGUF's pooling_type. */
static bool pooling(const lwi_hf_source *s, double *value) {
    static const char *const kinds[][2] = {{"pooling_mode_mean_tokens", "mean"},
                                           {"pooling_mode_cls_token", "cls"},
                                           {"pooling_mode_lasttoken", "lasttoken"}};
    const char *mode = lwi_json_text(s->pooling, "pooling_mode", "");
    for (size_t i = 0; i < 3; i++) {
        if (!lwi_json_bool(s->pooling, kinds[i][0], false) && strcmp(mode, kinds[i][1])) continue;
        *value = (double)(i + 1);
        return true;
    }
    return false;
}

/* DeepSeek's heads have a part that is turned and one that is not. */
static bool latent_key(const lwi_hf_source *s, double *value) {
    double turned_part = 0;
    if (!to_number(lwi_hf_config(s, "qk_nope_head_dim"), value) ||
        !to_number(lwi_hf_config(s, "qk_rope_head_dim"), &turned_part))
        return false;
    *value += turned_part;
    return true;
}

/* A tenth of it, as GGUF has it. */
static bool yarn_slope(const lwi_hf_source *s, const char *name, double *value) {
    if (!to_number(lwi_hf_rope(s, name), value)) return false;
    *value *= 0.1;
    return true;
}

static bool is_rope_type(const lwi_hf_source *s, const char *name) {
    const lw_string type = lwi_hf_text((void *)(uintptr_t)s, "rope.scaling.type");
    return type.size == strlen(name) && !memcmp(type.data, name, type.size);
}

/* What a graph makes of YaRN's angles by itself. */
static double yarn_magnitude(const lwi_hf_source *s) {
    double factor = 1, slope = 0, own = 0;
    if (!is_rope_type(s, "yarn")) return 1;
    if (!to_number(lwi_hf_rope(s, "factor"), &factor) || !(factor > 1)) return 1;
    if (!yarn_slope(s, "mscale_all_dim", &slope) || !(slope > 0)) return 1 + 0.1 * log(factor);
    if (!yarn_slope(s, "mscale", &own)) own = slope;
    return (1 + own * log(factor)) / (1 + slope * log(factor));
}

/* Angles of LongRoPE are scaled by how far the context was stretched. YaRN's two slopes count in
 * transformers only if both are there. */
static bool rope_magnitude(const lwi_hf_source *s, double *value) {
    double context = 0, original = 0, factor = 0, own = 0;
    if (to_number(lwi_hf_rope(s, "attention_factor"), value)) {
        *value /= yarn_magnitude(s);
        return true;
    }
    if (is_rope_type(s, "yarn") && lwi_hf_rope(s, "mscale_all_dim") &&
        !yarn_slope(s, "mscale", &own)) {
        if (!to_number(lwi_hf_rope(s, "factor"), &factor) || !(factor > 1)) return false;
        *value = (1 + 0.1 * log(factor)) / yarn_magnitude(s);
        return true;
    }
    lwi_hf_number((void *)(uintptr_t)s, "context_length", 0, &context);
    lwi_hf_number((void *)(uintptr_t)s, "rope.scaling.original_context_length", 0, &original);
    if (!lwi_hf_rope(s, "long_factor") || !(context >= 1) || !(original > 1)) return false;
    if (!to_number(lwi_hf_rope(s, "factor"), &factor)) factor = context / original;
    *value = factor > 1 ? sqrt(1 + log(factor) / log(original)) : 1;
    return true;
}

/* Groups count only where the method of choice looks at them. */
static bool expert_groups(const lwi_hf_source *s, const char *name, double *value) {
    return strcmp(lwi_json_text(s->config, "topk_method", ""), "greedy") != 0 &&
           to_number(lwi_hf_config(s, name), value);
}

static bool gating(const lwi_hf_source *s, double *value) {
    static const char *const families[] = {"deepseek_v3", "dots1",      "glm4_moe",
                                           "lfm2_moe",    "minimax_m2", "nemotron_h"};
    bool sigmoid = !strcmp(lwi_json_text(s->config, "scoring_func", ""), "sigmoid");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        sigmoid |= !strcmp(s->family->model_type, families[i]);
    *value = 2;
    return sigmoid;
}

static bool is_multi_query(const lwi_hf_source *s) {
    const lwi_json_item *multi = lwi_hf_config(s, "multi_query");
    const lwi_json_item *newer = lwi_hf_config(s, "new_decoder_architecture");
    return lwi_json_is(multi, LWI_JSON_BOOL) && multi->truth &&
           !(lwi_json_is(newer, LWI_JSON_BOOL) && newer->truth);
}

/* What Gemma 4 says of its layers that see all: a number of its own, or under the first such layer.
 */
static bool of_full_layers(const lwi_hf_source *s, const char *whole, const char *each,
                           double *value) {
    const lwi_json_item *layers = lwi_hf_config(s, "per_layer_config");
    if (to_number(lwi_hf_config(s, whole), value)) return true;
    for (size_t i = 0; lwi_json_is(layers, LWI_JSON_OBJECT) && i < layers->size; i++)
        if (to_number(lwi_json_get(layers->items + i, each), value)) return true;
    return false;
}

static bool gemma4_heads(const lwi_hf_source *s, const char *key, size_t layer, double *value) {
    double windowed = 1;
    if (strcmp(s->family->architecture, "gemma4") != 0) return false;
    if (!strcmp(key, "attention.key_length_swa") || !strcmp(key, "attention.value_length_swa") ||
        !strcmp(key, "rope.dimension_count_swa"))
        return to_number(lwi_hf_config(s, "head_dim"), value);
    if (!strcmp(key, "attention.key_length") || !strcmp(key, "attention.value_length") ||
        !strcmp(key, "rope.dimension_count")) {
        *value = 512;
        (void)of_full_layers(s, "global_head_dim", "head_dim", value);
        return true;
    }
    if (strcmp(key, "attention.head_count_kv") != 0 || !windowed_layer(s, layer, &windowed) ||
        windowed != 0 || !lwi_json_bool(s->config, "attention_k_eq_v", false))
        return false;
    return of_full_layers(s, "num_global_key_value_heads", "num_key_value_heads", value);
}

/* Nemotron-H's layers are listed. */
static bool layers_listed(const lwi_hf_source *s, double *value) {
    const lwi_json_item *list = lwi_hf_config(s, "layers_block_type");
    if (!lwi_json_is(list, LWI_JSON_ARRAY)) list = lwi_hf_config(s, "hybrid_override_pattern");
    if (strcmp(s->family->architecture, "nemotron_h") != 0 || !list) return false;
    *value = (double)list->size;
    return lwi_json_is(list, LWI_JSON_ARRAY) || lwi_json_is(list, LWI_JSON_STRING);
}

/* MPT's options of attention are in an object of their own. */
static bool mpt_attention(const lwi_hf_source *s, const char *key, double *value) {
    static const char *const keys_there[][2] = {{"attention.clamp_kqv", "clip_qkv"},
                                                {"attention.scale", "softmax_scale"},
                                                {"attention.max_alibi_bias", "alibi_bias_max"}};
    const lwi_json_item *options = lwi_hf_config(s, "attn_config");
    for (size_t i = 0; options && i < 3; i++)
        if (!strcmp(key, keys_there[i][0]))
            return to_number(lwi_json_get(options, keys_there[i][1]), value);
    return false;
}

/* MiniCPM's factors are made of others. */
static bool minicpm_factor(const lwi_hf_source *s, const char *key, double *value) {
    double layers = 1, width = 0, base = 0;
    if (strcmp(s->family->architecture, "minicpm") != 0) return false;
    if (!strcmp(key, "embedding_scale")) return to_number(lwi_hf_config(s, "scale_emb"), value);
    if (!find(s, "block_count", &layers) || !find(s, "embedding_length", &width)) return false;
    if (!strcmp(key, "residual_scale") && to_number(lwi_hf_config(s, "scale_depth"), value)) {
        *value /= sqrt(layers);
        return true;
    }
    if (strcmp(key, "logit_scale") || !to_number(lwi_hf_config(s, "dim_model_base"), &base))
        return false;
    *value = width / base;
    return base > 0;
}

/* Positions that are waves, and which one is the first. */
static bool position_waves(const lwi_hf_source *s, double *value) {
    *value = 1;
    return !strcmp(s->family->model_type, "marian") || !strcmp(s->family->model_type, "pegasus") ||
           !strcmp(s->family->model_type, "m2m_100");
}

static bool position_first(const lwi_hf_source *s, double *value) {
    *value = 2;
    return !strcmp(s->family->model_type, "m2m_100");
}

/* By the square root of the width, where the configuration says so. */
static bool embedding_scale(const lwi_hf_source *s, double *value) {
    if (!lwi_json_bool(s->config, "scale_embedding", false) || !find(s, "embedding_length", value))
        return find(s, "embedding_scale", value);
    *value = sqrt(*value);
    return true;
}

/* 1: layer i is recurrent, 0: it has attention. */
static bool layer_type(const lwi_hf_source *s, size_t i, double *value) {
    const lwi_json_item *types = lwi_hf_config(s, "layer_types");
    if (!lwi_json_is(types, LWI_JSON_ARRAY) || i >= types->size ||
        !lwi_json_is(types->items + i, LWI_JSON_STRING))
        return false;
    *value = !strcmp(types->items[i].text, "linear_attention");
    return true;
}

static bool rope_section(const lwi_hf_source *s, size_t i, double *value) {
    const lwi_json_item *sections = lwi_hf_rope(s, "mrope_section");
    return lwi_json_is(sections, LWI_JSON_ARRAY) && i < sections->size &&
           to_number(sections->items + i, value);
}

bool lwi_hf_number(void *state, const char *key, size_t i, double *value) {
    const lwi_hf_source *s = state;
    if (!strcmp(key, "rope.dimension_sections")) return rope_section(s, i, value);
    if (!strcmp(key, "rope.scaling.finetuned")) {
        *value = !strcmp(lwi_json_text(s->config, "position_embedding_type", ""), "rope");
        return true;
    }
    if (!strcmp(key, "attention.recurrent_layers")) return layer_type(s, i, value);
    if (!strcmp(key, "windowed_layers")) return windowed_layer(s, i, value);
    if (!strcmp(key, "rotated_layers")) return rotated_layer(s, i, value);
    if (gemma4_heads(s, key, i, value)) return true;
    if (mpt_attention(s, key, value) || minicpm_factor(s, key, value)) return true;
    if (!strcmp(key, "attention.scale")) return attention_scale(s, value);
    if (strstr(key, "_logit_softcapping")) return softcap(s, key, value);
    if (!strcmp(key, "scaled_output") && !strcmp(s->family->model_type, "mt5")) {
        *value = 0;
        return true;
    }
    if (!strcmp(key, "position_waves")) return position_waves(s, value);
    if (!strcmp(key, "position_first")) return position_first(s, value);
    if (!strcmp(key, "embedding_scale")) return embedding_scale(s, value);
    if (!strcmp(key, "pooling_type")) return pooling(s, value);
    if (!strcmp(key, "attention.key_length_mla")) return latent_key(s, value);
    if (!strcmp(key, "attention.latent_norm_rms_epsilon")) {
        *value = 1e-6;
        return lwi_hf_config(s, "kv_lora_rank") != NULL;
    }
    if (!strcmp(key, "rope.scaling.yarn_log_multiplier"))
        return yarn_slope(s, "mscale_all_dim", value);
    if (!strcmp(key, "rope.scaling.yarn_own_multiplier")) return yarn_slope(s, "mscale", value);
    if (!strcmp(key, "expert_group_count")) return expert_groups(s, "n_group", value);
    if (!strcmp(key, "expert_group_used_count")) return expert_groups(s, "topk_group", value);
    if (!strcmp(key, "expert_gating_func")) return gating(s, value);
    if (!strcmp(key, "attention.temperature_scale") &&
        to_number(lwi_hf_rope(s, "llama_4_scaling_beta"), value))
        return true;
    if (!strcmp(key, "rope.dimension_count")) return turned(s, value);
    if (!strcmp(key, "attention.sliding_window")) return window(s, value);
    if (!strcmp(key, "rope.scaling.factor")) return to_number(lwi_hf_rope(s, "factor"), value);
    if (!strcmp(key, "rope.scaling.attn_factor")) return rope_magnitude(s, value);
    if (!strcmp(key, "rope.scaling.original_context_length"))
        return to_number(lwi_hf_rope(s, "original_max_position_embeddings"), value) ||
               to_number(lwi_hf_config(s, "original_max_position_embeddings"), value);
    if (!strcmp(key, "rope.scaling.yarn_truncate"))
        return to_number(lwi_hf_rope(s, "truncate"), value);
    if (!strcmp(key, "rope.scaling.yarn_beta_fast"))
        return to_number(lwi_hf_rope(s, "beta_fast"), value);
    if (!strcmp(key, "rope.scaling.yarn_beta_slow"))
        return to_number(lwi_hf_rope(s, "beta_slow"), value);
    if (!strcmp(key, "attention.head_count_kv") && is_multi_query(s)) {
        *value = 1;
        return true;
    }
    if (!strcmp(key, "block_count") && layers_listed(s, value)) return true;
    if (find(s, key, value)) {
        if (!strcmp(key, "context_length") && s->family->form == LWI_HF_SHIFTED)
            *value -= (double)lwi_hf_first_position(s);
        return true;
    }
    if (!strcmp(key, "rope.freq_base_swa")) return to_number(local_rope(s, "rope_theta"), value);
    return !strcmp(key, "rope.freq_base") && to_number(lwi_hf_rope(s, "rope_theta"), value);
}

/* T5's stands behind "gated-", and is the approximation there; the first Gemma's says "gelu" where
 * the approximation is meant. */
static lw_string activation(const lwi_hf_source *s, const lwi_json_item *item) {
    static const lw_string approximate = {"gelu_new", 8};
    const lwi_json_item *t5 = lwi_hf_config(s, "feed_forward_proj");
    if (lwi_json_is(t5, LWI_JSON_STRING)) {
        const size_t skip = !strncmp(t5->text, "gated-", 6) ? 6 : 0;
        if (!strcmp(t5->text, "gated-gelu")) return approximate;
        return (lw_string){t5->text + skip, t5->size - skip};
    }
    if (!lwi_json_is(item, LWI_JSON_STRING)) return (lw_string){NULL, 0};
    if (!strcmp(s->family->model_type, "gemma") && !strcmp(item->text, "gelu")) return approximate;
    return (lw_string){item->text, item->size};
}

lw_string lwi_hf_text(void *state, const char *key) {
    const lwi_hf_source *s = state;
    static const char *const activations[] = {"hidden_activation", "hidden_act",
                                              "activation_function", "activation"};
    const lwi_json_item *item = NULL;
    if (!strcmp(key, "hidden_activation")) {
        for (size_t i = 0; i < 4 && !item; i++)
            item = lwi_hf_config(s, activations[i]);
        return activation(s, item);
    }
    if (!strcmp(key, "classifier_activation") && !strcmp(s->family->model_type, "distilbert"))
        return (lw_string){"relu", 4};
    if (!strcmp(key, "classifier_activation") || !strcmp(key, "classifier_pooling"))
        item = lwi_hf_config(s, key);
    if (!strcmp(key, "rope.scaling.type")) item = lwi_hf_rope(s, "rope_type");
    if (!strcmp(key, "rope.scaling.type") && !item) item = lwi_hf_rope(s, "type");
    if (!lwi_json_is(item, LWI_JSON_STRING)) return (lw_string){NULL, 0};
    return (lw_string){item->text, item->size};
}

/* Other ways to stretch positions; "dynamic" and "mrope" do nothing to texts that the context
 * holds. */
static lw_status check_rope(const lwi_hf_source *s) {
    static const char *const known[] = {"default",  "linear", "dynamic", "yarn",        "llama3",
                                        "longrope", "su",     "mrope",   "proportional"};
    const lw_string type = lwi_hf_text((void *)(uintptr_t)s, "rope.scaling.type");
    bool found = !type.size;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found |= is_rope_type(s, known[i]);
    if (!found)
        return lwi_fail(LW_UNSUPPORTED, "config.json: the rope_type '%.64s' is not supported",
                        type.data);
    const lwi_json_item *local = local_rope(s, "rope_type");
    if (lwi_json_is(local, LWI_JSON_STRING) && strcmp(local->text, "default") != 0)
        return lwi_fail(LW_UNSUPPORTED,
                        "config.json: the rope_type '%.64s' of layers with a window is not "
                        "supported",
                        local->text);
    return LW_OK;
}

lw_status lwi_hf_check_options(const lwi_hf_source *s) {
    static const struct {
        const char *name;
        bool usual;
    } options[] = {{"alibi", false},
                   {"scale_attn_by_inverse_layer_idx", false},
                   {"rope_interleave", true},
                   {"scale_attn_weights", true}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (lwi_json_bool(s->config, options[i].name, options[i].usual) != options[i].usual)
            return lwi_fail(LW_UNSUPPORTED, "config.json: %s is %s, which is not supported",
                            options[i].name, options[i].usual ? "false" : "true");
    if (strstr(s->family->architecture, "bert") && lwi_json_bool(s->config, "is_decoder", false))
        return lwi_fail(LW_UNSUPPORTED,
                        "config.json: is_decoder is true, which is not supported: this family's "
                        "tokens see those behind them");
    const lwi_json_item *steps = lwi_hf_config(s, "time_step_limit"); /* Mamba 2's: 0 to infinity */
    double least = 0, most = INFINITY;
    if (lwi_json_is(steps, LWI_JSON_ARRAY) && steps->size == 2) {
        (void)to_number(steps->items, &least);
        (void)to_number(steps->items + 1, &most);
    }
    if (least > 0 || most < 1e30)
        return lwi_fail(LW_UNSUPPORTED, "config.json: a time_step_limit is not supported");
    const char *positions = lwi_json_text(s->config, "position_embedding_type", "");
    if (!strncmp(positions, "relative_key", 12))
        return lwi_fail(LW_UNSUPPORTED,
                        "config.json: position_embedding_type '%.64s' is not supported", positions);
    return check_rope(s);
}
