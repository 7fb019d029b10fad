/* SPDX-License-Identifier: MIT
 * config.json from the hyperparameters of a GGUF file. */
#include "format/gguf/gguf_folder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = LWI_FOLDER_NAME };

static const struct {
    const char *from, *to;
} keys[] = {
#define LWI_KEY(from, to) {from, to},
#include "format/gguf/folder_keys.def"
};

double lwi_folder_number(const lwi_folder_work *w, const char *key, double absent) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", w->family->architecture, key);
    return lwi_gguf_number(&w->gguf, full, absent);
}

static lw_status put_number(lwi_buffer *b, const char *key, double value) {
    char text[NAME];
    const bool whole = floor(value) == value && fabs(value) < 1e15;
    snprintf(text, sizeof text, whole ? ",\n  \"%s\": %.0f" : ",\n  \"%s\": %.9g", key, value);
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
    LW_TRY(put_number(b, "factor", (double)factors[t->dims[0] - 1]));
    LW_TRY(put_number(b, "original_max_position_embeddings", length));
    return lwi_buffer_text(b, "}");
}

static lw_status put_scaling(const lwi_folder_work *w, lwi_buffer *b) {
    char key[NAME];
    snprintf(key, sizeof key, "%s.rope.scaling.type", w->family->architecture);
    const lw_string type = lwi_gguf_string(&w->gguf, key);
    const lwi_gguf_tensor *factors = lwi_gguf_find_tensor(&w->gguf, "rope_freqs.weight");
    if (factors) return put_llama3(w, b, factors);
    if (!type.size || (type.size == 4 && !memcmp(type.data, "none", 4))) return LW_OK;
    LW_TRY(lwi_buffer_text(b, ",\n  \"rope_scaling\": {\"rope_type\": "));
    LW_TRY(lwi_buffer_json_string(b, type.data, type.size));
    LW_TRY(put_number(b, "factor", lwi_folder_number(w, "rope.scaling.factor", 1)));
    const double length = lwi_folder_number(w, "rope.scaling.original_context_length", 0);
    if (length > 0) LW_TRY(put_number(b, "original_max_position_embeddings", length));
    return lwi_buffer_text(b, "}");
}

lw_status lwi_folder_config(const lwi_folder_work *w, lwi_buffer *b) {
    char text[2 * NAME];
    const lwi_gguf_tensor *embedding = lwi_gguf_find_tensor(&w->gguf, "token_embd.weight");
    const bool tied = !lwi_gguf_find_tensor(&w->gguf, "output.weight");
    const bool bias = lwi_gguf_find_tensor(&w->gguf, "blk.0.attn_q.bias");
    const bool normed = lwi_folder_number(w, "expert_weights_norm", 1) != 0;
    if (!embedding || embedding->rank != 2)
        return lwi_fail(LW_CORRUPT, "there is no token_embd.weight");
    snprintf(
        text, sizeof text,
        "{\n  \"architectures\": [\"%s\"],\n  \"model_type\": \"%s\",\n  \"hidden_act\": \"%s\",\n"
        "  \"tie_word_embeddings\": %s,\n  \"attention_bias\": %s%s",
        w->family->class, w->family->model_type, w->family->activation, tied ? "true" : "false",
        bias ? "true" : "false",
        !w->family->experts ? ""
        : normed            ? ",\n  \"norm_topk_prob\": true"
                            : ",\n  \"norm_topk_prob\": false");
    LW_TRY(lwi_buffer_text(b, text));
    LW_TRY(put_number(b, "vocab_size", (double)embedding->dims[0]));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const double value = lwi_folder_number(w, keys[i].from, NAN);
        if (isfinite(value)) LW_TRY(put_number(b, keys[i].to, value));
    }
    static const char *const ends_of[][2] = {{"tokenizer.ggml.bos_token_id", "bos_token_id"},
                                             {"tokenizer.ggml.eos_token_id", "eos_token_id"}};
    for (size_t i = 0; i < 2; i++) {
        const int64_t id = lwi_gguf_int(&w->gguf, ends_of[i][0], -1);
        if (id >= 0) LW_TRY(put_number(b, ends_of[i][1], (double)id));
    }
    LW_TRY(put_scaling(w, b));
    return lwi_buffer_text(b, "\n}\n");
}
