/* SPDX-License-Identifier: MIT
 * What config.json of single families has beside what all have. */
#include "format/gguf/gguf_folder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LAYERS = 1 << 12 };

static lw_status put_size(const lwi_folder_work *w, lwi_buffer *b, const char *from,
                          const char *to) {
    return lwi_folder_put_number(b, to, (double)lwi_folder_size(w, from));
}

static lw_status put_word(lwi_buffer *b, const char *key, const char *word) {
    char text[LWI_FOLDER_NAME];
    snprintf(text, sizeof text, ",\n  \"%s\": \"%s\"", key, word);
    return lwi_buffer_text(b, text);
}

/* Readers ask for the type. */
static lw_status put_float(lwi_buffer *b, const char *key, double value) {
    LW_TRY(lwi_folder_put_number(b, key, value));
    return floor(value) == value ? lwi_buffer_text(b, ".0") : LW_OK;
}

/* A word for each layer. */
static lw_status put_layers(const lwi_folder_work *w, lwi_buffer *b,
                            bool (*is)(const lwi_folder_work *w, size_t layer), const char *yes,
                            const char *no) {
    const size_t layers = lwi_folder_size(w, "block_count");
    char text[LWI_FOLDER_NAME];
    LW_TRY(lwi_buffer_text(b, ",\n  \"layer_types\": ["));
    for (size_t i = 0; i < layers && i < MOST_LAYERS; i++) {
        snprintf(text, sizeof text, "%s\"%s\"", i ? ", " : "", is(w, i) ? yes : no);
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "]");
}

static bool layer_has(const lwi_folder_work *w, size_t layer, const char *tensor) {
    char name[LWI_FOLDER_NAME];
    snprintf(name, sizeof name, "blk.%zu.%s", layer, tensor);
    return lwi_folder_has(w, name);
}

static bool has_keys(const lwi_folder_work *w, size_t layer) {
    return layer_has(w, layer, "attn_k.weight");
}

/* ------------------------------------------------------------------ experts */

lw_status lwi_folder_deepseek(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t turned = lwi_folder_size(w, "rope.dimension_count");
    const size_t key = lwi_folder_size(w, "attention.key_length_mla");
    const size_t value = lwi_folder_size(w, "attention.value_length_mla");
    /* Older files have the sizes of whole heads under the usual keys. */
    const size_t whole = key ? key : lwi_folder_size(w, "attention.key_length");
    const bool third = !strcmp(w->family->model_type, "deepseek_v3");
    const bool groups = lwi_folder_size(w, "expert_group_count") > 1;
    if (!turned || whole <= turned)
        return lwi_fail(LW_CORRUPT, "heads of %zu elements, %zu turned", whole, turned);
    LW_TRY(put_size(w, b, "attention.head_count", "num_key_value_heads"));
    LW_TRY(lwi_folder_put_number(b, "qk_rope_head_dim", (double)turned));
    LW_TRY(lwi_folder_put_number(b, "qk_nope_head_dim", (double)(whole - turned)));
    LW_TRY(lwi_folder_put_number(
        b, "v_head_dim", (double)(value ? value : lwi_folder_size(w, "attention.value_length"))));
    if (!lwi_folder_size(w, "attention.q_lora_rank"))
        LW_TRY(lwi_buffer_text(b, ",\n  \"q_lora_rank\": null"));
    const bool summed = lwi_folder_number(w, "expert_weights_norm", third) != 0;
    LW_TRY(lwi_folder_put_flag(b, "norm_topk_prob", summed));
    LW_TRY(put_word(b, "scoring_func",
                    lwi_folder_number(w, "expert_gating_func", third ? 2 : 1) == 2 ? "sigmoid"
                                                                                   : "softmax"));
    return put_word(b, "topk_method",
                    third    ? "noaux_tc"
                    : groups ? "group_limited_greedy"
                             : "greedy");
}

lw_status lwi_folder_gpt_oss(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_size(w, b, "expert_used_count", "experts_per_token"));
    LW_TRY(put_size(w, b, "expert_feed_forward_length", "intermediate_size"));
    LW_TRY(put_float(b, "swiglu_alpha", lwi_folder_number(w, "swiglu_alpha", 1.702)));
    return put_float(b, "swiglu_limit", lwi_folder_number(w, "swiglu_limit", 7));
}

lw_status lwi_folder_llama4(const lwi_folder_work *w, lwi_buffer *b) {
    const double norms = lwi_folder_number(w, "expert_count", 0) != 128;
    LW_TRY(put_size(w, b, "expert_feed_forward_length", "intermediate_size"));
    LW_TRY(put_size(w, b, "feed_forward_length", "intermediate_size_mlp"));
    if (lwi_folder_size(w, "attention.temperature_length"))
        LW_TRY(put_size(w, b, "attention.temperature_length", "floor_scale"));
    LW_TRY(lwi_folder_put_flag(b, "use_qk_norm",
                               lwi_folder_number(w, "attention.use_qk_norm", norms) != 0));
    return lwi_folder_put_flag(b, "attn_temperature_tuning",
                               lwi_folder_number(w, "attention.temperature_tuning", 1) != 0);
}

/* Its class has a size of heads that few models have. */
lw_status lwi_folder_glm(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t width = lwi_folder_size(w, "embedding_length");
    const size_t heads = lwi_folder_size(w, "attention.head_count");
    if (lwi_folder_pair(w, "attention.key_length") || !heads) return LW_OK;
    return lwi_folder_put_number(b, "head_dim", (double)(width / heads));
}

lw_status lwi_folder_minimax(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_size(w, b, "expert_feed_forward_length", "intermediate_size"));
    return put_size(w, b, "rope.dimension_count", "rotary_dim");
}

/* Which is Granite with usual scores. */
lw_status lwi_folder_minicpm(const lwi_folder_work *w, lwi_buffer *b) {
    const double width = lwi_folder_number(w, "embedding_length", 1);
    const double heads = lwi_folder_number(w, "attention.head_count", 1);
    const double head = lwi_folder_number(w, "attention.key_length", width / heads);
    return head >= 1 ? lwi_folder_put_number(b, "attention_multiplier", 1 / sqrt(head)) : LW_OK;
}

static double least_of(const lwi_folder_work *w, const char *key) {
    const lwi_gguf_pair *pair = lwi_folder_pair(w, key);
    double least = lwi_folder_number(w, key, 0);
    for (size_t i = 0; pair && pair->kind == LWI_GGUF_ARRAY && i < pair->count; i++)
        least = fmin(least, lwi_gguf_element(pair, i));
    return least;
}

/* Of layers with and without a window, which are told from each other by the list of them. */
static double heads_of(const lwi_folder_work *w, bool windowed) {
    const lwi_gguf_pair *heads = lwi_folder_pair(w, "attention.head_count_kv");
    const lwi_gguf_pair *list = lwi_folder_pair(w, "attention.sliding_window_pattern");
    for (size_t i = 0; heads && list && heads->kind == LWI_GGUF_ARRAY &&
                       list->kind == LWI_GGUF_ARRAY && i < heads->count && i < list->count;
         i++)
        if ((lwi_gguf_element(list, i) != 0) == windowed) return lwi_gguf_element(heads, i);
    return lwi_folder_number(w, "attention.head_count_kv", 1);
}

/* Pairs of a full layer's heads that are turned, as a share. */
static double turned_share(const lwi_folder_work *w) {
    const lwi_gguf_tensor *t = lwi_gguf_find_tensor(&w->gguf, "rope_freqs.weight");
    size_t turned = 0;
    if (!t || t->type != LWI_BLOCK_F32 || t->rank != 1 || t->dims[0] < 1) return 1;
    for (size_t i = 0; i < (size_t)t->dims[0]; i++) {
        float factor;
        memcpy(&factor, (const uint8_t *)t->data + i * sizeof factor, sizeof factor);
        turned += factor < 1e20F;
    }
    return (double)turned / (double)t->dims[0];
}

lw_status lwi_folder_gemma4(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t full = lwi_folder_size(w, "attention.key_length");
    const lwi_gguf_tensor *own = lwi_gguf_find_tensor(&w->gguf, "per_layer_token_embd.weight");
    const double inner = least_of(w, "feed_forward_length");
    bool same = false; /* keys are values */
    for (size_t i = 0; i < lwi_folder_size(w, "block_count") && i < MOST_LAYERS; i++)
        same |= has_keys(w, i) && !layer_has(w, i, "attn_v.weight");
    LW_TRY(put_size(w, b, "attention.key_length_swa", "head_dim"));
    LW_TRY(lwi_folder_put_number(b, "global_head_dim", (double)full));
    LW_TRY(lwi_folder_put_number(b, "num_key_value_heads", heads_of(w, true)));
    LW_TRY(lwi_folder_put_number(b, "num_global_key_value_heads", heads_of(w, false)));
    LW_TRY(lwi_folder_put_flag(b, "attention_k_eq_v", same));
    LW_TRY(put_size(w, b, "attention.shared_kv_layers", "num_kv_shared_layers"));
    LW_TRY(put_size(w, b, "embedding_length_per_layer_input", "hidden_size_per_layer_input"));
    LW_TRY(lwi_folder_put_number(b, "vocab_size_per_layer_input",
                                 own && own->rank == 2 ? (double)own->dims[0] : 1));
    LW_TRY(lwi_folder_put_flag(b, "enable_moe_block", lwi_folder_size(w, "expert_count") > 0));
    if (lwi_folder_size(w, "expert_count"))
        LW_TRY(put_size(w, b, "expert_used_count", "top_k_experts"));
    LW_TRY(lwi_folder_put_number(b, "intermediate_size", inner));
    LW_TRY(lwi_folder_put_flag(b, "use_double_wide_mlp",
                               lwi_folder_number(w, "feed_forward_length", 0) > inner));
    LW_TRY(lwi_buffer_text(b, ",\n  \"rope_parameters\": {\"sliding_attention\": "
                              "{\"rope_type\": \"default\""));
    LW_TRY(lwi_folder_put_number(b, "rope_theta", lwi_folder_number(w, "rope.freq_base_swa", 1e4)));
    LW_TRY(lwi_buffer_text(b, "},\n  \"full_attention\": {\"rope_type\": \"proportional\""));
    LW_TRY(lwi_folder_put_number(b, "partial_rotary_factor", turned_share(w)));
    LW_TRY(lwi_folder_put_number(b, "rope_theta", lwi_folder_number(w, "rope.freq_base", 1e6)));
    return lwi_buffer_text(b, "}}");
}

/* -------------------------------------------------------------- older models */

static lw_status put_sizes(const lwi_folder_work *w, lwi_buffer *b, const char *const (*sizes)[2]) {
    for (; (*sizes)[0]; sizes++)
        LW_TRY(put_size(w, b, (*sizes)[0], (*sizes)[1]));
    return LW_OK;
}

lw_status lwi_folder_mpt(const lwi_folder_work *w, lwi_buffer *b) {
    static const char *const sizes[][2] = {{"embedding_length", "d_model"},
                                           {"attention.head_count", "n_heads"},
                                           {"block_count", "n_layers"},
                                           {"context_length", "max_seq_len"},
                                           {NULL, NULL}};
    const double steepest = lwi_folder_number(w, "attention.max_alibi_bias", 8);
    const double clamp = lwi_folder_number(w, "attention.clamp_kqv", 0);
    LW_TRY(put_sizes(w, b, sizes));
    LW_TRY(lwi_folder_put_number(b, "expansion_ratio",
                                 (double)lwi_folder_size(w, "feed_forward_length") /
                                     (double)lwi_folder_size(w, "embedding_length")));
    LW_TRY(lwi_buffer_text(b, ",\n  \"attn_config\": {\"alibi\": true"));
    LW_TRY(lwi_folder_put_number(b, "alibi_bias_max", steepest));
    if (clamp > 0) LW_TRY(lwi_folder_put_number(b, "clip_qkv", clamp));
    return lwi_buffer_text(b, "}");
}

static const char *const gpt_sizes[][2] = {{"embedding_length", "n_embd"},
                                           {"attention.head_count", "n_head"},
                                           {"block_count", "n_layer"},
                                           {"context_length", "n_positions"},
                                           {NULL, NULL}};

lw_status lwi_folder_gptj(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_sizes(w, b, gpt_sizes));
    return put_size(w, b, "rope.dimension_count", "rotary_dim");
}

lw_status lwi_folder_starcoder(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_sizes(w, b, gpt_sizes));
    return lwi_folder_put_flag(b, "multi_query", true);
}

/* Kinds of layers, each in a row of its own. */
lw_status lwi_folder_gpt_neo(const lwi_folder_work *w, lwi_buffer *b) {
    const lwi_gguf_pair *list = lwi_folder_pair(w, "attention.sliding_window_pattern");
    const size_t layers = lwi_folder_size(w, "block_count");
    const bool listed = list && list->kind == LWI_GGUF_ARRAY && list->element != LWI_GGUF_STRING;
    LW_TRY(put_size(w, b, "block_count", "num_layers"));
    LW_TRY(put_size(w, b, "attention.head_count", "num_heads"));
    LW_TRY(lwi_buffer_text(b, ",\n  \"attention_types\": ["));
    for (size_t i = 0; i < layers && i < MOST_LAYERS; i++) {
        const bool windowed = listed ? i < list->count && lwi_gguf_element(list, i) != 0 : i % 2;
        LW_TRY(lwi_buffer_text(b, i ? ", [[\"" : "[[\""));
        LW_TRY(lwi_buffer_text(b, windowed ? "local\"], 1]" : "global\"], 1]"));
    }
    return lwi_buffer_text(b, "]");
}

lw_status lwi_folder_opt(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_size(w, b, "feed_forward_length", "ffn_dim"));
    return put_size(w, b, "embedding_length", "word_embed_proj_dim");
}

/* ---------------------------------------------------------------- recurrent */

lw_status lwi_folder_lfm2(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_layers(w, b, has_keys, "full_attention", "conv"));
    LW_TRY(lwi_folder_put_flag(b, "block_auto_adjust_ff_dim", false));
    LW_TRY(lwi_folder_put_flag(b, "conv_bias", lwi_folder_has(w, "blk.0.shortconv.conv.bias")));
    return put_size(w, b, "shortconv.l_cache", "conv_L_cache");
}

lw_status lwi_folder_lfm2_moe(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(lwi_folder_lfm2(w, b));
    LW_TRY(put_size(w, b, "leading_dense_block_count", "num_dense_layers"));
    return lwi_folder_put_flag(b, "use_expert_bias", true);
}

static lw_status put_state_space(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t inner = lwi_folder_size(w, "ssm.inner_size");
    const size_t width = lwi_folder_size(w, "embedding_length");
    const double epsilon = lwi_folder_number(w, "attention.layer_norm_rms_epsilon", 1e-5);
    if (!inner || !width) return lwi_fail(LW_CORRUPT, "layers of %zu of %zu", inner, width);
    LW_TRY(lwi_folder_put_number(b, "intermediate_size", (double)inner));
    LW_TRY(put_size(w, b, "ssm.state_size", "state_size"));
    LW_TRY(put_size(w, b, "ssm.conv_kernel", "conv_kernel"));
    LW_TRY(lwi_folder_put_number(b, "expand", (double)inner / (double)width));
    LW_TRY(lwi_folder_put_number(b, "layer_norm_epsilon", epsilon));
    LW_TRY(lwi_folder_put_flag(b, "use_conv_bias", lwi_folder_has(w, "blk.0.ssm_conv1d.bias")));
    return lwi_folder_put_flag(b, "use_bias", lwi_folder_has(w, "blk.0.ssm_in.bias"));
}

lw_status lwi_folder_mamba(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_state_space(w, b));
    if (w->family->says)
        LW_TRY(
            lwi_folder_put_number(b, "mixer_rms_eps", lwi_folder_number(w, "mixer_rms_eps", 1e-6)));
    return put_size(w, b, "ssm.time_step_rank", "time_step_rank");
}

lw_status lwi_folder_mamba2(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t heads = lwi_folder_size(w, "ssm.time_step_rank");
    const size_t inner = lwi_folder_size(w, "ssm.inner_size");
    if (!heads || inner % heads) return lwi_fail(LW_CORRUPT, "%zu heads in %zu", heads, inner);
    LW_TRY(put_state_space(w, b));
    LW_TRY(put_size(w, b, "ssm.group_count", "n_groups"));
    LW_TRY(lwi_folder_put_number(b, "num_heads", (double)heads));
    return lwi_folder_put_number(b, "head_dim", (double)(inner / heads));
}

lw_status lwi_folder_granite(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t heads = lwi_folder_size(w, "ssm.time_step_rank");
    const size_t inner = lwi_folder_size(w, "ssm.inner_size");
    const size_t width = lwi_folder_size(w, "embedding_length");
    const size_t shared = lwi_folder_size(w, "expert_shared_feed_forward_length");
    if (!heads || !width || inner % heads)
        return lwi_fail(LW_CORRUPT, "%zu heads in %zu of %zu", heads, inner, width);
    LW_TRY(put_layers(w, b, has_keys, "full_attention", "linear_attention"));
    LW_TRY(put_word(b, "position_embedding_type",
                    lwi_folder_number(w, "rope.scaling.finetuned", 0) != 0 ? "rope" : "nope"));
    LW_TRY(lwi_folder_put_number(
        b, "shared_intermediate_size",
        (double)(shared ? shared : lwi_folder_size(w, "feed_forward_length"))));
    LW_TRY(put_size(w, b, "ssm.state_size", "mamba_d_state"));
    LW_TRY(put_size(w, b, "ssm.group_count", "mamba_n_groups"));
    LW_TRY(put_size(w, b, "ssm.conv_kernel", "mamba_d_conv"));
    LW_TRY(lwi_folder_put_number(b, "mamba_n_heads", (double)heads));
    LW_TRY(lwi_folder_put_number(b, "mamba_d_head", (double)(inner / heads)));
    LW_TRY(lwi_folder_put_number(b, "mamba_expand", (double)inner / (double)width));
    if (!lwi_folder_size(w, "expert_count"))
        LW_TRY(lwi_folder_put_number(b, "num_local_experts", 0));
    return lwi_folder_put_flag(b, "mamba_proj_bias", false);
}

/* Which part each layer is. */
static lw_status put_parts(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(lwi_buffer_text(b, ",\n  \"layers_block_type\": ["));
    for (size_t i = 0; i < lwi_folder_size(w, "block_count") && i < MOST_LAYERS; i++) {
        const char *part = layer_has(w, i, "ssm_in.weight")         ? "linear_attention"
                           : layer_has(w, i, "ffn_gate_inp.weight") ? "moe"
                           : layer_has(w, i, "ffn_up.weight")       ? "mlp"
                                                                    : "full_attention";
        char text[LWI_FOLDER_NAME];
        snprintf(text, sizeof text, "%s\"%s\"", i ? ", " : "", part);
        LW_TRY(lwi_buffer_text(b, text));
    }
    return lwi_buffer_text(b, "]");
}

lw_status lwi_folder_nemotron_h(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t heads = lwi_folder_size(w, "ssm.time_step_rank");
    const size_t inner = lwi_folder_size(w, "ssm.inner_size");
    const size_t latent = lwi_folder_size(w, "moe_latent_size");
    const size_t dense = lwi_folder_size(w, "feed_forward_length");
    if (!heads || inner % heads) return lwi_fail(LW_CORRUPT, "%zu heads in %zu", heads, inner);
    LW_TRY(put_parts(w, b));
    LW_TRY(lwi_folder_put_number(
        b, "layer_norm_epsilon",
        lwi_folder_number(w, "attention.layer_norm_rms_epsilon",
                          lwi_folder_number(w, "attention.layer_norm_epsilon", 1e-5))));
    LW_TRY(put_word(b, "mlp_hidden_act", "relu2"));
    LW_TRY(lwi_folder_put_number(b, "intermediate_size", (double)dense));
    LW_TRY(put_size(w, b, "ssm.state_size", "ssm_state_size"));
    LW_TRY(put_size(w, b, "ssm.group_count", "n_groups"));
    LW_TRY(put_size(w, b, "ssm.conv_kernel", "conv_kernel"));
    LW_TRY(lwi_folder_put_number(b, "mamba_num_heads", (double)heads));
    LW_TRY(lwi_folder_put_number(b, "mamba_head_dim", (double)(inner / heads)));
    if (latent) LW_TRY(lwi_folder_put_number(b, "moe_latent_size", (double)latent));
    if (!lwi_folder_size(w, "expert_count")) return LW_OK;
    return put_size(w, b, "expert_shared_feed_forward_length",
                    "moe_shared_expert_intermediate_size");
}

/* Layers with attention, and with experts, come at regular places. */
static void find_period(const lwi_folder_work *w, const char *tensor, size_t *period,
                        size_t *offset) {
    size_t n = 0, at[2] = {0};
    const size_t layers = lwi_folder_size(w, "block_count");
    for (size_t i = 0; i < layers && i < MOST_LAYERS && n < 2; i++)
        if (layer_has(w, i, tensor)) at[n++] = i;
    *offset = at[0];
    *period = n == 2 ? at[1] - at[0] : layers > 1 ? layers : 1;
}

lw_status lwi_folder_jamba(const lwi_folder_work *w, lwi_buffer *b) {
    size_t period = 1, offset = 0;
    find_period(w, "attn_q.weight", &period, &offset);
    LW_TRY(lwi_folder_put_number(b, "attn_layer_period", (double)period));
    LW_TRY(lwi_folder_put_number(b, "attn_layer_offset", (double)offset));
    find_period(w, "ffn_gate_inp.weight", &period, &offset);
    LW_TRY(lwi_folder_put_number(b, "expert_layer_period", (double)period));
    LW_TRY(lwi_folder_put_number(b, "expert_layer_offset", (double)offset));
    LW_TRY(put_size(w, b, "ssm.state_size", "mamba_d_state"));
    LW_TRY(put_size(w, b, "ssm.conv_kernel", "mamba_d_conv"));
    LW_TRY(put_size(w, b, "ssm.time_step_rank", "mamba_dt_rank"));
    LW_TRY(lwi_folder_put_flag(b, "use_mamba_kernels", false));
    return lwi_folder_put_number(b, "mamba_expand",
                                 (double)lwi_folder_size(w, "ssm.inner_size") /
                                     (double)lwi_folder_size(w, "embedding_length"));
}

static bool has_delta(const lwi_folder_work *w, size_t layer) {
    return layer_has(w, layer, "ssm_out.weight");
}

lw_status lwi_folder_delta(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t heads = lwi_folder_size(w, "ssm.time_step_rank");
    const size_t inner = lwi_folder_size(w, "ssm.inner_size");
    if (!heads || inner % heads) return lwi_fail(LW_CORRUPT, "%zu heads in %zu", heads, inner);
    LW_TRY(put_layers(w, b, has_delta, "linear_attention", "full_attention"));
    LW_TRY(put_size(w, b, "ssm.group_count", "linear_num_key_heads"));
    LW_TRY(put_size(w, b, "ssm.state_size", "linear_key_head_dim"));
    LW_TRY(put_size(w, b, "ssm.conv_kernel", "linear_conv_kernel_dim"));
    LW_TRY(lwi_folder_put_number(b, "linear_num_value_heads", (double)heads));
    return lwi_folder_put_number(b, "linear_value_head_dim", (double)(inner / heads));
}

lw_status lwi_folder_rwkv(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_size(w, b, "context_length", "context_length"));
    LW_TRY(put_size(w, b, "embedding_length", "attention_hidden_size"));
    return put_size(w, b, "rescale_every_n_layers", "rescale_every");
}

/* ----------------------------------------------------------------- encoders */

/* Positions begin behind that of the padding token. */
lw_status lwi_folder_mpnet(const lwi_folder_work *w, lwi_buffer *b) {
    LW_TRY(put_size(w, b, "attention.relative_buckets_count", "relative_attention_num_buckets"));
    return lwi_folder_put_number(b, "max_position_embeddings",
                                 (double)(lwi_folder_size(w, "context_length") + 2));
}

/* Rows of a matrix; 0: it is not there. */
static size_t rows_of(const lwi_folder_work *w, const char *tensor) {
    const lwi_gguf_tensor *t = lwi_gguf_find_tensor(&w->gguf, tensor);
    return t ? (size_t)t->dims[0] : 0;
}

/* Sizes of an encoder and a decoder that are apart. */
static lw_status put_stacks(const lwi_folder_work *w, lwi_buffer *b, const char *decoder) {
    static const char *const sizes[][2] = {
        {"embedding_length", "d_model"},
        {"encoder.block_count", "encoder_layers"},
        {"decoder.block_count", "decoder_layers"},
        {"encoder.block_count", "num_hidden_layers"},
        {"encoder.attention.head_count", "encoder_attention_heads"},
        {"attention.head_count", "decoder_attention_heads"}};
    char name[LWI_FOLDER_NAME];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        LW_TRY(put_size(w, b, sizes[i][0], sizes[i][1]));
    LW_TRY(
        lwi_folder_put_number(b, "encoder_ffn_dim", (double)rows_of(w, "enc.blk.0.ffn_up.weight")));
    snprintf(name, sizeof name, "%sblk.0.ffn_up.weight", decoder);
    return lwi_folder_put_number(b, "decoder_ffn_dim", (double)rows_of(w, name));
}

lw_status lwi_folder_bart(const lwi_folder_work *w, lwi_buffer *b) {
    static const char *const ids[][2] = {{"decoder_start_token_id", "decoder_start_token_id"},
                                         {"decoder_second_token_id", "forced_bos_token_id"}};
    LW_TRY(put_stacks(w, b, "dec."));
    LW_TRY(
        lwi_folder_put_flag(b, "scale_embedding", lwi_folder_number(w, "embedding_scale", 1) != 1));
    LW_TRY(lwi_folder_put_flag(b, "is_encoder_decoder", true));
    for (size_t i = 0; i < 2; i++)
        if (lwi_folder_pair(w, ids[i][0])) LW_TRY(put_size(w, b, ids[i][0], ids[i][1]));
    return lwi_folder_pair(w, ids[1][0]) ? LW_OK
                                         : lwi_buffer_text(b, ",\n  \"forced_bos_token_id\": null");
}

/* "gated-gelu" means the approximation, which has a name of its own elsewhere. */
static lw_status put_t5_activation(lwi_buffer *b, lw_string name, bool gated) {
    char text[64];
    if (!name.size) name = gated ? (lw_string){"gelu", 4} : (lw_string){"relu", 4};
    if (gated && name.size == 8 && !memcmp(name.data, "gelu_new", 8)) name.size = 4;
    if (name.size > 32) return lwi_fail(LW_CORRUPT, "an activation's name is too long");
    snprintf(text, sizeof text, "%s%.*s", gated ? "gated-" : "", (int)name.size, name.data);
    return put_word(b, "feed_forward_proj", text);
}

lw_status lwi_folder_t5(const lwi_folder_work *w, lwi_buffer *b) {
    const bool gated = lwi_folder_has(w, "enc.blk.0.ffn_gate.weight");
    const bool tied = !lwi_folder_has(w, "output.weight");
    const bool decodes = lwi_folder_has(w, "dec.output_norm.weight");
    const size_t layers = lwi_folder_size(w, "block_count");
    const size_t decoder = lwi_folder_size(w, "decoder_block_count");
    const double epsilon = lwi_folder_number(w, "attention.layer_norm_rms_epsilon", 1e-6);
    char key[LWI_FOLDER_NAME];
    snprintf(key, sizeof key, "%s.hidden_activation", w->family->architecture);
    const lw_string act = lwi_gguf_string(&w->gguf, key);
    LW_TRY(put_t5_activation(b, act, gated));
    LW_TRY(lwi_folder_put_flag(b, "is_encoder_decoder", decodes));
    LW_TRY(lwi_folder_put_flag(b, "scale_decoder_outputs",
                               lwi_folder_number(w, "scaled_output", tied) != 0));
    LW_TRY(put_size(w, b, "embedding_length", "d_model"));
    LW_TRY(put_size(w, b, "attention.key_length", "d_kv"));
    LW_TRY(put_size(w, b, "feed_forward_length", "d_ff"));
    LW_TRY(put_size(w, b, "attention.head_count", "num_heads"));
    LW_TRY(put_size(w, b, "decoder_start_token_id", "decoder_start_token_id"));
    LW_TRY(lwi_folder_put_number(b, "num_layers", (double)layers));
    LW_TRY(lwi_folder_put_number(b, "num_decoder_layers", (double)(decoder ? decoder : layers)));
    LW_TRY(lwi_folder_put_number(b, "layer_norm_epsilon", epsilon));
    LW_TRY(put_size(w, b, "attention.relative_buckets_count", "relative_attention_num_buckets"));
    const double far = lwi_folder_number(w, "attention.relative_max_distance", 128);
    return lwi_folder_put_number(b, "relative_attention_max_distance", far);
}

lw_status lwi_folder_bidirectional(const lwi_folder_work *w, lwi_buffer *b) {
    const size_t width = lwi_folder_size(w, "embedding_length");
    const double head = lwi_folder_number(w, "attention.key_length", (double)width);
    LW_TRY(lwi_folder_put_number(b, "query_pre_attn_scalar", head));
    return lwi_folder_put_flag(b, "use_bidirectional_attention", true);
}

lw_status lwi_folder_whisper(const lwi_folder_work *w, lwi_buffer *b) {
    static const char *const sizes[][2] = {{"audio.bands", "num_mel_bins"},
                                           {"audio.context_length", "max_source_positions"},
                                           {"context_length", "max_target_positions"}};
    LW_TRY(put_stacks(w, b, ""));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        LW_TRY(put_size(w, b, sizes[i][0], sizes[i][1]));
    if (!lwi_folder_pair(w, "decoder_start_token_id")) return LW_OK;
    return put_size(w, b, "decoder_start_token_id", "decoder_start_token_id");
}
