/* SPDX-License-Identifier: MIT
 * config.json from the hyperparameters of a GGUF file. */
#include "format/gguf/gguf_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = LWI_FOLDER_NAME };

static const struct {
    const char *from, *to;
} keys[] = {
#define LWI_KEY(from, to) {from, to},
#include "format/gguf/folder_keys.def"
};

const lwi_gguf_pair *lwi_folder_pair(const lwi_folder_work *w, const char *key) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", w->family->architecture, key);
    return lwi_gguf_find(&w->gguf, full);
}

double lwi_folder_number(const lwi_folder_work *w, const char *key, double absent) {
    const lwi_gguf_pair *pair = lwi_folder_pair(w, key);
    if (!pair) return absent;
    if (pair->kind != LWI_GGUF_ARRAY) return lwi_gguf_number(&w->gguf, pair->key, absent);
    double most = absent;
    for (size_t i = 0; pair->element != LWI_GGUF_STRING && i < pair->count; i++)
        if (i == 0 || lwi_gguf_element(pair, i) > most) most = lwi_gguf_element(pair, i);
    return most;
}

size_t lwi_folder_size(const lwi_folder_work *w, const char *key) {
    const double value = lwi_folder_number(w, key, 0);
    return value >= 1 && value <= 1 << 30 ? (size_t)value : 0;
}

bool lwi_folder_has(const lwi_folder_work *w, const char *tensor) {
    return lwi_gguf_find_tensor(&w->gguf, tensor) != NULL;
}

/* As few digits as give the same float. */
lw_status lwi_folder_put_number(lwi_buffer *b, const char *key, double value) {
    char text[NAME], digits[40];
    const bool whole = floor(value) == value && fabs(value) < 1e15;
    for (int n = 1; n <= 9; n++) {
        snprintf(digits, sizeof digits, "%.*g", n, value);
        if ((float)strtod(digits, NULL) == (float)value) break;
    }
    if (whole) snprintf(digits, sizeof digits, "%.0f", value);
    snprintf(text, sizeof text, ",\n  \"%s\": %s", key, digits);
    return lwi_buffer_text(b, text);
}

/* Llama 3's stretching of slow waves, as config.json describes it. */
static double llama3_factor(double speed, double factor, double length) {
    const double low = 1, high = 4, turns = length * speed / (2 * M_PI);
    if (turns < low) return factor;
    if (turns > high) return 1;
    const double smooth = (turns - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
}

/* GGUF files have the factors themselves: the length is one that gives them. */
static bool find_length(const lwi_folder_work *w, const lwi_gguf_tensor *t, const float *factors,
                        double *length) {
    const double base = lwi_folder_number(w, "rope.freq_base", 10000);
    const size_t half = (size_t)t->dims[0];
    for (*length = 16; *length <= 1 << 24; *length *= 2) {
        size_t same = 0;
        while (same < half && fabs((double)factors[same] -
                                   llama3_factor(pow(base, -(double)same / (double)half),
                                                 (double)factors[half - 1], *length)) < 1e-4)
            same++;
        if (same == half) return true;
    }
    return false;
}

static lw_status put_llama3(const lwi_folder_work *w, lwi_buffer *b, const lwi_gguf_tensor *t) {
    enum { MOST = 1 << 12 };
    float factors[MOST];
    double length = 0;
    if (t->type != LWI_BLOCK_F32 || t->rank != 1 || t->dims[0] < 1 || t->dims[0] > MOST)
        return lwi_fail(LW_CORRUPT, "rope_freqs.weight is no list of factors");
    memcpy(factors, t->data, (size_t)t->dims[0] * sizeof *factors);
    if (!find_length(w, t, factors, &length))
        return lwi_fail(LW_UNSUPPORTED, "rope_freqs.weight has factors that no config.json gives");
    LW_TRY(lwi_buffer_text(b, ",\n  \"rope_scaling\": {\"rope_type\": \"llama3\", "
                              "\"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0"));
    LW_TRY(lwi_folder_put_number(b, "factor", (double)factors[t->dims[0] - 1]));
    LW_TRY(lwi_folder_put_number(b, "original_max_position_embeddings", length));
    return lwi_buffer_text(b, "}");
}

/* LongRoPE's factors. */
static lw_status put_factors(const lwi_folder_work *w, lwi_buffer *b, const char *name,
                             const char *key) {
    const lwi_gguf_tensor *t = lwi_gguf_find_tensor(&w->gguf, name);
    if (!t || t->type != LWI_BLOCK_F32 || t->rank != 1 || t->dims[0] > 1 << 15)
        return lwi_fail(LW_CORRUPT, "%s is no list of factors", name);
    char text[NAME];
    snprintf(text, sizeof text, ", \"%s\": [", key);
    LW_TRY(lwi_buffer_text(b, text));
    for (int64_t i = 0; i < t->dims[0]; i++) {
        float factor;
        memcpy(&factor, (const uint8_t *)t->data + (size_t)i * sizeof factor, sizeof factor);
        snprintf(text, sizeof text, "%s%.9g", i ? ", " : "", (double)factor);
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "]");
}

static lw_status put_longrope(const lwi_folder_work *w, lwi_buffer *b) {
    const double length = lwi_folder_number(w, "rope.scaling.original_context_length", 4096);
    LW_TRY(lwi_folder_put_number(b, "original_max_position_embeddings", length));
    LW_TRY(lwi_buffer_text(b, ",\n  \"rope_scaling\": {\"rope_type\": \"longrope\""));
    const double magnitude = lwi_folder_number(w, "rope.scaling.attn_factor", 0);
    if (magnitude > 0) LW_TRY(lwi_folder_put_number(b, "attention_factor", magnitude));
    LW_TRY(put_factors(w, b, "rope_factors_short.weight", "short_factor"));
    LW_TRY(put_factors(w, b, "rope_factors_long.weight", "long_factor"));
    return lwi_buffer_text(b, "}");
}

/* GGUF has a tenth of DeepSeek's factor. gpt-oss does not round the borders (arch/arch_gpt_oss.c).
 */
static lw_status put_yarn(const lwi_folder_work *w, lwi_buffer *b) {
    const double slope = lwi_folder_number(w, "rope.scaling.yarn_log_multiplier", 0);
    const double fast = lwi_folder_number(w, "rope.scaling.yarn_beta_fast", 0);
    const double slow = lwi_folder_number(w, "rope.scaling.yarn_beta_slow", 0);
    const double grown = lwi_folder_number(w, "attention.temperature_scale", 0);
    if (grown > 0 && !strcmp(w->family->architecture, "mistral3"))
        LW_TRY(lwi_folder_put_number(b, "llama_4_scaling_beta", grown));
    if (fast > 0) LW_TRY(lwi_folder_put_number(b, "beta_fast", fast));
    if (slow > 0) LW_TRY(lwi_folder_put_number(b, "beta_slow", slow));
    if (slope > 0) {
        LW_TRY(lwi_folder_put_number(b, "mscale", 10 * slope));
        LW_TRY(lwi_folder_put_number(b, "mscale_all_dim", 10 * slope));
    }
    const double more = lwi_folder_number(w, "rope.scaling.attn_factor", 1);
    const double stretch = log(fmax(1, lwi_folder_number(w, "rope.scaling.factor", 1)));
    if (more > 0 && more != 1) /* times what YaRN's angles have by themselves */
        LW_TRY(lwi_folder_put_number(b, "attention_factor",
                                     more * (slope > 0 ? 1 : 1 + 0.1 * stretch)));
    const bool whole = strcmp(w->family->architecture, "gpt-oss") != 0;
    const bool truncate = lwi_folder_number(w, "rope.scaling.yarn_truncate", whole) != 0;
    return truncate ? LW_OK : lwi_folder_put_flag(b, "truncate", false);
}

static lw_status put_scaling(const lwi_folder_work *w, lwi_buffer *b) {
    char key[NAME];
    snprintf(key, sizeof key, "%s.rope.scaling.type", w->family->architecture);
    const lw_string type = lwi_gguf_string(&w->gguf, key);
    const lwi_gguf_tensor *factors = lwi_gguf_find_tensor(&w->gguf, "rope_freqs.weight");
    if (w->family->own == lwi_folder_gemma4) return LW_OK; /* there already */
    if (factors) return put_llama3(w, b, factors);
    if (lwi_gguf_find_tensor(&w->gguf, "rope_factors_long.weight")) return put_longrope(w, b);
    if (!type.size || (type.size == 4 && !memcmp(type.data, "none", 4))) return LW_OK;
    LW_TRY(lwi_buffer_text(b, ",\n  \"rope_scaling\": {\"rope_type\": "));
    LW_TRY(lwi_buffer_json_string(b, type.data, type.size));
    LW_TRY(lwi_folder_put_number(b, "factor", lwi_folder_number(w, "rope.scaling.factor", 1)));
    const double length = lwi_folder_number(w, "rope.scaling.original_context_length", 0);
    if (length > 0) LW_TRY(lwi_folder_put_number(b, "original_max_position_embeddings", length));
    LW_TRY(put_yarn(w, b));
    return lwi_buffer_text(b, "}");
}

/* Elements of a head that are turned, as a share of it. */
static lw_status put_share(const lwi_folder_work *w, lwi_buffer *b) {
    const double turned = lwi_folder_number(w, "rope.dimension_count", 0);
    const double heads = lwi_folder_number(w, "attention.head_count", 1);
    const double head = lwi_folder_number(w, "attention.key_length",
                                          lwi_folder_number(w, "embedding_length", 0) / heads);
    if (w->family->own == lwi_folder_gemma4) return LW_OK;
    if (w->family->own == lwi_folder_deepseek || !(turned >= 1 && head >= turned)) return LW_OK;
    LW_TRY(lwi_folder_put_number(b, "partial_rotary_factor", turned / head));
    return lwi_folder_put_number(b, "rotary_pct", turned / head);
}

/* The window, and which layers have it, one by one. */
static lw_status put_windows(const lwi_folder_work *w, lwi_buffer *b) {
    const lwi_gguf_pair *list = lwi_folder_pair(w, "attention.sliding_window_pattern");
    const char *kind = w->family->windowed ? w->family->windowed : "sliding_attention";
    char text[NAME];
    const double layers = lwi_folder_number(w, "block_count", 0);
    const int every = w->family->full_every;
    const bool listed = list && list->kind == LWI_GGUF_ARRAY && list->element != LWI_GGUF_STRING;
    const double window = lwi_folder_number(w, "attention.sliding_window", 0);
    if (!(window > 0)) return LW_OK;
    LW_TRY(
        lwi_folder_put_number(b, w->family->window ? w->family->window : "sliding_window", window));
    if (!strncmp(w->family->model_type, "qwen", 4))
        LW_TRY(lwi_folder_put_flag(b, "use_sliding_window", true));
    if ((!every && !listed) || w->family->own == lwi_folder_gpt_neo) return LW_OK;
    LW_TRY(lwi_buffer_text(b, ",\n  \"layer_types\": ["));
    for (size_t i = 0; (double)i < layers && i < 1 << 12; i++) {
        const bool windowed = listed ? i < list->count && lwi_gguf_element(list, i) != 0
                                     : (i + 1) % (size_t)every != 0;
        snprintf(text, sizeof text, "%s\"%s\"", i ? ", " : "", windowed ? kind : "full_attention");
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "]");
}

/* Which layers know positions, where the file lists them. */
static lw_status put_rotated(const lwi_folder_work *w, lwi_buffer *b) {
    const lwi_gguf_pair *list = lwi_folder_pair(w, "rotated_layers");
    if (!list || list->kind != LWI_GGUF_ARRAY || list->element == LWI_GGUF_STRING) return LW_OK;
    LW_TRY(lwi_buffer_text(b, ",\n  \"no_rope_layers\": ["));
    for (size_t i = 0; i < list->count && i < 1 << 12; i++) {
        if (i) LW_TRY(lwi_buffer_text(b, ", "));
        LW_TRY(lwi_buffer_text(b, lwi_gguf_element(list, i) != 0 ? "1" : "0"));
    }
    return lwi_buffer_text(b, "]");
}

/* The largest Gemma 2 and 3 scale their scores by the width (arch_gemma.c). */
static lw_status put_gemma(const lwi_folder_work *w, lwi_buffer *b) {
    const double layers = lwi_folder_number(w, "block_count", 0);
    const double heads = lwi_folder_number(w, "attention.head_count", 1);
    const double width = lwi_folder_number(w, "embedding_length", 0);
    const bool second = !strcmp(w->family->architecture, "gemma2");
    if (!second && strcmp(w->family->architecture, "gemma3") != 0) return LW_OK;
    const double key = lwi_folder_number(w, "attention.key_length", width / heads);
    const double scale = lwi_folder_number(w, "attention.scale", 0);
    const double usual = layers == (second ? 46 : 62) ? width / heads : key;
    return lwi_folder_put_number(b, "query_pre_attn_scalar",
                                 scale > 0 ? round(1 / (scale * scale)) : usual);
}

lw_status lwi_folder_put_flag(lwi_buffer *b, const char *key, bool value) {
    char text[NAME];
    snprintf(text, sizeof text, ",\n  \"%s\": %s", key, value ? "true" : "false");
    return lwi_buffer_text(b, text);
}

/* What is seen from which tensors there are. */
static lw_status put_flags(const lwi_folder_work *w, lwi_buffer *b) {
    const bool separate = lwi_folder_has(w, "blk.0.attn_q.bias"),
               packed = lwi_folder_has(w, "blk.0.attn_qkv.bias");
    const bool inner = lwi_folder_has(w, "blk.0.ffn_up.bias"),
               one = lwi_folder_has(w, "blk.0.ffn_norm.weight");
    LW_TRY(lwi_folder_put_flag(b, "tie_word_embeddings", !lwi_folder_has(w, "output.weight")));
    LW_TRY(lwi_folder_put_flag(b, "attention_bias", separate || packed));
    LW_TRY(lwi_folder_put_flag(b, "mlp_bias", inner));
    LW_TRY(lwi_folder_put_flag(b, "use_bias", inner));
    LW_TRY(lwi_folder_put_flag(b, "use_qkv_bias", separate));
    LW_TRY(lwi_folder_put_flag(b, "use_qk_norm", lwi_folder_has(w, "blk.0.attn_q_norm.weight")));
    LW_TRY(lwi_folder_put_flag(b, "qk_layernorm", lwi_folder_has(w, "blk.0.attn_q_norm.weight")));
    if (w->family->experts && w->family->own != lwi_folder_deepseek &&
        w->family->own != lwi_folder_jamba)
        LW_TRY(lwi_folder_put_flag(b, "norm_topk_prob",
                                   lwi_folder_number(w, "expert_weights_norm", 1) != 0));
    if (!strcmp(w->family->architecture, "falcon")) {
        const double heads = lwi_folder_number(w, "attention.head_count_kv", 1);
        LW_TRY(lwi_folder_put_flag(b, "bias", packed));
        LW_TRY(lwi_folder_put_flag(b, "alibi", false));
        LW_TRY(lwi_folder_put_flag(b, "parallel_attn",
                                   lwi_folder_number(w, "use_parallel_residual", 1) != 0));
        LW_TRY(lwi_folder_put_flag(b, "multi_query", heads == 1));
        return lwi_folder_put_flag(b, "new_decoder_architecture", w->family->mixed);
    }
    return lwi_folder_put_flag(
        b, "use_parallel_residual",
        lwi_folder_number(w, "use_parallel_residual",
                          !strcmp(w->family->architecture, "gptneox") || !one) != 0);
}

static lw_status put_classes(const lwi_folder_work *w, lwi_buffer *b) {
    const lwi_gguf_tensor *t = lwi_gguf_find_tensor(&w->gguf, "cls.output.weight");
    char text[NAME];
    if (!w->classifies) return LW_OK;
    LW_TRY(lwi_buffer_text(b, ",\n  \"id2label\": {"));
    for (int64_t i = 0; i < (t->rank > 1 ? t->dims[0] : 1) && i < 1 << 16; i++) {
        snprintf(text, sizeof text, "%s\"%lld\": \"LABEL_%lld\"", i ? ", " : "", (long long)i,
                 (long long)i);
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "}");
}

static lw_status put_text(const lwi_folder_work *w, lwi_buffer *b, const char *from,
                          const char *absent, const char *to) {
    char key[NAME];
    snprintf(key, sizeof key, "%s.%s", w->family->architecture, from);
    lw_string text = lwi_gguf_string(&w->gguf, key);
    if (!text.size && !absent) return LW_OK;
    if (!text.size) text = (lw_string){absent, strlen(absent)};
    snprintf(key, sizeof key, ",\n  \"%s\": ", to);
    LW_TRY(lwi_buffer_text(b, key));
    return lwi_buffer_json_string(b, text.data, text.size);
}

static lw_status put_texts(const lwi_folder_work *w, lwi_buffer *b) {
    static const char *const activations[] = {"hidden_act", "hidden_activation",
                                              "activation_function", "activation"};
    char text[2 * NAME];
    snprintf(text, sizeof text, "{\n  \"architectures\": [\"%s\"],\n  \"model_type\": \"%s\"",
             w->classifies ? w->family->classifier : w->family->class, w->family->model_type);
    LW_TRY(lwi_buffer_text(b, text));
    for (size_t i = 0; i < 4; i++)
        LW_TRY(put_text(w, b, "hidden_activation", w->family->activation, activations[i]));
    return put_text(w, b, "classifier_pooling", NULL, "classifier_pooling");
}

static bool is_float(const lwi_folder_work *w, const char *key) {
    const lwi_gguf_pair *pair = lwi_folder_pair(w, key);
    return pair && (pair->kind == LWI_GGUF_FLOAT32 || pair->kind == LWI_GGUF_FLOAT64);
}

static bool is_without(const lwi_folder_work *w, const char *key) {
    const char *const *names = w->family->without;
    while (names && *names && strcmp(*names, key) != 0)
        names++;
    return names && *names;
}

/* A cap of 0 is none. */
static lw_status put_cap(lwi_buffer *b, const char *key) {
    char text[NAME];
    snprintf(text, sizeof text, ",\n  \"%s\": null", key);
    return lwi_buffer_text(b, text);
}

static lw_status put_numbers(const lwi_folder_work *w, lwi_buffer *b) {
    const bool encoder = !w->family->like_llama && strstr(w->family->architecture, "bert");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const double value = lwi_folder_number(w, keys[i].from, NAN);
        if (is_without(w, keys[i].from)) continue;
        if (value == 0 && strstr(keys[i].from, "_softcapping")) {
            LW_TRY(put_cap(b, keys[i].to));
            continue;
        }
        if (isfinite(value)) LW_TRY(lwi_folder_put_number(b, keys[i].to, value));
        if (isfinite(value) && floor(value) == value && is_float(w, keys[i].from))
            LW_TRY(lwi_buffer_text(b, ".0")); /* readers ask for the type */
    }
    static const char *const ends_of[][2] = {{"tokenizer.ggml.bos_token_id", "bos_token_id"},
                                             {"tokenizer.ggml.eos_token_id", "eos_token_id"},
                                             {"tokenizer.ggml.padding_token_id", "pad_token_id"}};
    for (size_t i = 0; i < 3; i++) {
        const int64_t id = lwi_gguf_int(&w->gguf, ends_of[i][0], -1);
        if (id >= 0) LW_TRY(lwi_folder_put_number(b, ends_of[i][1], (double)id));
        else if (i == 2)
            LW_TRY(lwi_buffer_text(b, encoder ? ",\n  \"pad_token_id\": 0"
                                      : w->family->own == lwi_folder_bart ||
                                              w->family->own == lwi_folder_mpnet
                                          ? ",\n  \"pad_token_id\": 1"
                                          : ",\n  \"pad_token_id\": null"));
    }
    const lwi_gguf_tensor *types = lwi_gguf_find_tensor(&w->gguf, "token_types.weight");
    return types ? lwi_folder_put_number(b, "type_vocab_size",
                                         types->rank > 1 ? (double)types->dims[0] : 1)
                 : LW_OK;
}

lw_status lwi_folder_config(const lwi_folder_work *w, lwi_buffer *b) {
    const lwi_gguf_tensor *embedding = lwi_gguf_find_tensor(&w->gguf, "token_embd.weight");
    if (!embedding || embedding->rank != 2)
        return lwi_fail(LW_CORRUPT, "there is no token_embd.weight");
    LW_TRY(put_texts(w, b));
    LW_TRY(put_flags(w, b));
    LW_TRY(lwi_folder_put_number(b, "vocab_size", (double)embedding->dims[0]));
    LW_TRY(put_numbers(w, b));
    LW_TRY(put_share(w, b));
    LW_TRY(put_windows(w, b));
    LW_TRY(put_rotated(w, b));
    LW_TRY(put_gemma(w, b));
    LW_TRY(put_classes(w, b));
    if (w->family->own) LW_TRY(w->family->own(w, b));
    LW_TRY(put_scaling(w, b));
    return lwi_buffer_text(b, "\n}\n");
}
