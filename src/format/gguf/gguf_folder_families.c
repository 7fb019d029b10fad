/* SPDX-License-Identifier: MIT
 * What models are called in Hugging Face folders: one entry for each family, and what its tensors'
 * names are where they are not those of Llama. */
#include "format/gguf/gguf_folder.h"

#include "base/text_end.h"

#include <stdio.h>
#include <string.h>

typedef lwi_folder_name name;

static const name gemma[] = {{"post_attention_norm", "post_attention_layernorm", false},
                             {"ffn_norm", "pre_feedforward_layernorm", false},
                             {"post_ffw_norm", "post_feedforward_layernorm", false},
                             {0}};
static const name gemma4[] = {{"per_layer_token_embd", "model.embed_tokens_per_layer", true},
                              {"per_layer_model_proj", "model.per_layer_model_projection", true},
                              {"per_layer_proj_norm", "model.per_layer_projection_norm", true},
                              {"post_attention_norm", "post_attention_layernorm", false},
                              {"ffn_norm", "pre_feedforward_layernorm", false},
                              {"post_ffw_norm", "post_feedforward_layernorm", false},
                              {"post_ffw_norm_1", "post_feedforward_layernorm_1", false},
                              {"post_ffw_norm_2", "post_feedforward_layernorm_2", false},
                              {"pre_ffw_norm_2", "pre_feedforward_layernorm_2", false},
                              {"inp_gate", "per_layer_input_gate", false},
                              {"proj", "per_layer_projection", false},
                              {"post_norm", "post_per_layer_input_norm", false},
                              {"ffn_gate_inp", "router.proj", false},
                              {0}};
static const name olmo2[] = {{"post_attention_norm", "post_attention_layernorm", false},
                             {"post_ffw_norm", "post_feedforward_layernorm", false},
                             {0}};
static const name starcoder2[] = {
    {"ffn_up", "mlp.c_fc", false}, {"ffn_down", "mlp.c_proj", false}, {0}};
static const name phi[] = {{"output_norm", "model.final_layernorm", true},
                           {"attn_output", "self_attn.dense", false},
                           {"attn_q_norm", "self_attn.q_layernorm", false},
                           {"attn_k_norm", "self_attn.k_layernorm", false},
                           {"ffn_up", "mlp.fc1", false},
                           {"ffn_down", "mlp.fc2", false},
                           {0}};
static const name phi3[] = {
    {"attn_qkv", "self_attn.qkv_proj", false}, {"ffn_up", "mlp.gate_up_proj", false}, {0}};
static const name qwen2_moe[] = {{"ffn_gate_shexp", "mlp.shared_expert.gate_proj", false},
                                 {"ffn_up_shexp", "mlp.shared_expert.up_proj", false},
                                 {"ffn_down_shexp", "mlp.shared_expert.down_proj", false},
                                 {"ffn_gate_inp_shexp", "mlp.shared_expert_gate", false},
                                 {0}};
static const name gpt2[] = {{"token_embd", "transformer.wte", true},
                            {"position_embd", "transformer.wpe", true},
                            {"output_norm", "transformer.ln_f", true},
                            {"output", "lm_head", true},
                            {"attn_norm", "ln_1", false},
                            {"attn_qkv", "attn.c_attn", false},
                            {"attn_output", "attn.c_proj", false},
                            {"ffn_norm", "ln_2", false},
                            {"ffn_up", "mlp.c_fc", false},
                            {"ffn_down", "mlp.c_proj", false},
                            {0}};
static const name gpt_neox[] = {{"token_embd", "gpt_neox.embed_in", true},
                                {"output_norm", "gpt_neox.final_layer_norm", true},
                                {"output", "embed_out", true},
                                {"attn_norm", "input_layernorm", false},
                                {"attn_qkv", "attention.query_key_value", false},
                                {"attn_output", "attention.dense", false},
                                {"ffn_norm", "post_attention_layernorm", false},
                                {"ffn_up", "mlp.dense_h_to_4h", false},
                                {"ffn_down", "mlp.dense_4h_to_h", false},
                                {0}};
static const name bloom[] = {{"token_embd", "transformer.word_embeddings", true},
                             {"token_embd_norm", "transformer.word_embeddings_layernorm", true},
                             {"output_norm", "transformer.ln_f", true},
                             {"output", "lm_head", true},
                             {"attn_norm", "input_layernorm", false},
                             {"ffn_norm", "post_attention_layernorm", false},
                             {"attn_qkv", "self_attention.query_key_value", false},
                             {"attn_output", "self_attention.dense", false},
                             {"ffn_up", "mlp.dense_h_to_4h", false},
                             {"ffn_down", "mlp.dense_4h_to_h", false},
                             {0}};
static const name mpt[] = {{"token_embd", "transformer.wte", true},
                           {"output_norm", "transformer.norm_f", true},
                           {"output", "lm_head", true},
                           {"attn_norm", "norm_1", false},
                           {"ffn_norm", "norm_2", false},
                           {"attn_qkv", "attn.Wqkv", false},
                           {"attn_output", "attn.out_proj", false},
                           {"ffn_up", "ffn.up_proj", false},
                           {"ffn_down", "ffn.down_proj", false},
                           {0}};
static const name gptj[] = {{"token_embd", "transformer.wte", true},
                            {"output_norm", "transformer.ln_f", true},
                            {"output", "lm_head", true},
                            {"attn_norm", "ln_1", false},
                            {"attn_q", "attn.q_proj", false},
                            {"attn_k", "attn.k_proj", false},
                            {"attn_v", "attn.v_proj", false},
                            {"attn_output", "attn.out_proj", false},
                            {"ffn_up", "mlp.fc_in", false},
                            {"ffn_down", "mlp.fc_out", false},
                            {0}};
static const name gpt_neo[] = {{"token_embd", "transformer.wte", true},
                               {"position_embd", "transformer.wpe", true},
                               {"output_norm", "transformer.ln_f", true},
                               {"output", "lm_head", true},
                               {"attn_norm", "ln_1", false},
                               {"attn_q", "attn.attention.q_proj", false},
                               {"attn_k", "attn.attention.k_proj", false},
                               {"attn_v", "attn.attention.v_proj", false},
                               {"attn_output", "attn.attention.out_proj", false},
                               {"ffn_norm", "ln_2", false},
                               {"ffn_up", "mlp.c_fc", false},
                               {"ffn_down", "mlp.c_proj", false},
                               {0}};
static const name opt[] = {{"token_embd", "model.decoder.embed_tokens", true},
                           {"output_norm", "model.decoder.final_layer_norm", true},
                           {"output", "lm_head", true},
                           {"attn_norm", "self_attn_layer_norm", false},
                           {"attn_q", "self_attn.q_proj", false},
                           {"attn_k", "self_attn.k_proj", false},
                           {"attn_v", "self_attn.v_proj", false},
                           {"attn_output", "self_attn.out_proj", false},
                           {"ffn_norm", "final_layer_norm", false},
                           {"ffn_up", "fc1", false},
                           {"ffn_down", "fc2", false},
                           {0}};
static const name mpnet[] = {{"token_embd", "embeddings.word_embeddings", true},
                             {"token_embd_norm", "embeddings.LayerNorm", true},
                             {"attn_rel_b", "encoder.relative_attention_bias", true},
                             {"cls", "pooler.dense", true},
                             {"attn_q", "attention.attn.q", false},
                             {"attn_k", "attention.attn.k", false},
                             {"attn_v", "attention.attn.v", false},
                             {"attn_output", "attention.attn.o", false},
                             {"attn_output_norm", "attention.LayerNorm", false},
                             {"ffn_up", "intermediate.dense", false},
                             {"ffn_down", "output.dense", false},
                             {"layer_output_norm", "output.LayerNorm", false},
                             {0}};
static const name mpnet_head[] = {
    {"cls", "classifier.dense", true}, {"cls.output", "classifier.out_proj", true}, {0}};
static const name falcon[] = {{"token_embd", "transformer.word_embeddings", true},
                              {"output_norm", "transformer.ln_f", true},
                              {"output", "lm_head", true},
                              {"attn_norm", "input_layernorm", false},
                              {"ffn_norm", "post_attention_layernorm", false},
                              {"attn_qkv", "self_attention.query_key_value", false},
                              {"attn_output", "self_attention.dense", false},
                              {"ffn_up", "mlp.dense_h_to_4h", false},
                              {"ffn_down", "mlp.dense_4h_to_h", false},
                              {0}};
static const name falcon_new[] = {{"token_embd", "transformer.word_embeddings", true},
                                  {"output_norm", "transformer.ln_f", true},
                                  {"output", "lm_head", true},
                                  {"attn_norm", "ln_mlp", false},
                                  {"attn_norm_2", "ln_attn", false},
                                  {"attn_qkv", "self_attention.query_key_value", false},
                                  {"attn_output", "self_attention.dense", false},
                                  {"ffn_up", "mlp.dense_h_to_4h", false},
                                  {"ffn_down", "mlp.dense_4h_to_h", false},
                                  {0}};
static const name bert[] = {{"token_embd", "embeddings.word_embeddings", true},
                            {"position_embd", "embeddings.position_embeddings", true},
                            {"token_types", "embeddings.token_type_embeddings", true},
                            {"token_embd_norm", "embeddings.LayerNorm", true},
                            {"cls", "pooler.dense", true},
                            {"attn_q", "attention.self.query", false},
                            {"attn_k", "attention.self.key", false},
                            {"attn_v", "attention.self.value", false},
                            {"attn_output", "attention.output.dense", false},
                            {"attn_output_norm", "attention.output.LayerNorm", false},
                            {"ffn_up", "intermediate.dense", false},
                            {"ffn_down", "output.dense", false},
                            {"layer_output_norm", "output.LayerNorm", false},
                            {0}};
static const name distilbert[] = {{"token_embd", "embeddings.word_embeddings", true},
                                  {"position_embd", "embeddings.position_embeddings", true},
                                  {"token_embd_norm", "embeddings.LayerNorm", true},
                                  {"attn_q", "attention.q_lin", false},
                                  {"attn_k", "attention.k_lin", false},
                                  {"attn_v", "attention.v_lin", false},
                                  {"attn_output", "attention.out_lin", false},
                                  {"attn_output_norm", "sa_layer_norm", false},
                                  {"ffn_up", "ffn.lin1", false},
                                  {"ffn_down", "ffn.lin2", false},
                                  {"layer_output_norm", "output_layer_norm", false},
                                  {0}};
static const name nomic[] = {{"token_embd", "embeddings.word_embeddings", true},
                             {"token_types", "embeddings.token_type_embeddings", true},
                             {"token_embd_norm", "emb_ln", true},
                             {"attn_qkv", "attn.Wqkv", false},
                             {"attn_output", "attn.out_proj", false},
                             {"attn_output_norm", "norm1", false},
                             {"ffn_up", "mlp.fc11", false},
                             {"ffn_gate", "mlp.fc12", false},
                             {"ffn_down", "mlp.fc2", false},
                             {"layer_output_norm", "norm2", false},
                             {0}};
static const name modern[] = {{"token_embd", "embeddings.tok_embeddings", true},
                              {"token_embd_norm", "embeddings.norm", true},
                              {"output_norm", "final_norm", true},
                              {"attn_norm", "attn_norm", false},
                              {"attn_qkv", "attn.Wqkv", false},
                              {"attn_output", "attn.Wo", false},
                              {"ffn_norm", "mlp_norm", false},
                              {"ffn_up", "mlp.Wi", false},
                              {"ffn_down", "mlp.Wo", false},
                              {0}};
/* Of classifiers, beside those; no prefix stands before them. */
static const name bert_head[] = {{"cls.output", "classifier", true}, {0}};
static const name distilbert_head[] = {
    {"cls", "pre_classifier", true}, {"cls.output", "classifier", true}, {0}};
static const name modern_head[] = {{"cls", "head.dense", true},
                                   {"cls.norm", "head.norm", true},
                                   {"cls.output", "classifier", true},
                                   {0}};

static const name deepseek[] = {{"attn_q_a", "self_attn.q_a_proj", false},
                                {"attn_q_a_norm", "self_attn.q_a_layernorm", false},
                                {"attn_q_b", "self_attn.q_b_proj", false},
                                {"attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa", false},
                                {"attn_kv_a_norm", "self_attn.kv_a_layernorm", false},
                                {"attn_kv_b", "self_attn.kv_b_proj", false},
                                {"ffn_gate_shexp", "mlp.shared_experts.gate_proj", false},
                                {"ffn_up_shexp", "mlp.shared_experts.up_proj", false},
                                {"ffn_down_shexp", "mlp.shared_experts.down_proj", false},
                                {0}};
static const name glm4[] = {{"post_attention_norm", "post_self_attn_layernorm", false},
                            {"post_ffw_norm", "post_mlp_layernorm", false},
                            {"ffn_up", "mlp.gate_up_proj", false},
                            {0}};
static const name glm4_moe[] = {{"post_attention_norm", "post_attention_layernorm", false},
                                {"ffn_gate_shexp", "mlp.shared_experts.gate_proj", false},
                                {"ffn_up_shexp", "mlp.shared_experts.up_proj", false},
                                {"ffn_down_shexp", "mlp.shared_experts.down_proj", false},
                                {0}};
static const name hunyuan[] = {{"attn_q_norm", "self_attn.query_layernorm", false},
                               {"attn_k_norm", "self_attn.key_layernorm", false},
                               {"ffn_gate_inp", "mlp.gate.wg", false},
                               {"ffn_gate_shexp", "mlp.shared_mlp.gate_proj", false},
                               {"ffn_up_shexp", "mlp.shared_mlp.up_proj", false},
                               {"ffn_down_shexp", "mlp.shared_mlp.down_proj", false},
                               {0}};
static const name seed_oss[] = {{"post_attention_norm", "post_attention_layernorm", false}, {0}};
static const name gpt_oss[] = {{"post_attention_norm", "post_attention_layernorm", false},
                               {"ffn_gate_inp", "mlp.router", false},
                               {0}};
static const name llama4[] = {{"ffn_gate", "feed_forward.gate_proj", false},
                              {"ffn_up", "feed_forward.up_proj", false},
                              {"ffn_down", "feed_forward.down_proj", false},
                              {"ffn_gate_inp", "feed_forward.router", false},
                              {"ffn_gate_shexp", "feed_forward.shared_expert.gate_proj", false},
                              {"ffn_up_shexp", "feed_forward.shared_expert.up_proj", false},
                              {"ffn_down_shexp", "feed_forward.shared_expert.down_proj", false},
                              {0}};
static const name lfm2[] = {{"token_embd_norm", "model.embedding_norm", true},
                            {"output_norm", "model.embedding_norm", true},
                            {"attn_norm", "operator_norm", false},
                            {"attn_output", "self_attn.out_proj", false},
                            {"attn_q_norm", "self_attn.q_layernorm", false},
                            {"attn_k_norm", "self_attn.k_layernorm", false},
                            {"ffn_norm", "ffn_norm", false},
                            {"ffn_gate", "feed_forward.w1", false},
                            {"ffn_up", "feed_forward.w3", false},
                            {"ffn_down", "feed_forward.w2", false},
                            {"shortconv.in_proj", "conv.in_proj", false},
                            {"shortconv.conv", "conv.conv", false},
                            {"shortconv.out_proj", "conv.out_proj", false},
                            {0}};
static const name mamba[] = {{"token_embd", "backbone.embeddings", true},
                             {"output_norm", "backbone.norm_f", true},
                             {"output", "lm_head", true},
                             {"attn_norm", "norm", false},
                             {"ssm_in", "mixer.in_proj", false},
                             {"ssm_conv1d", "mixer.conv1d", false},
                             {"ssm_x", "mixer.x_proj", false},
                             {"ssm_dt", "mixer.dt_proj", false},
                             {"ssm_out", "mixer.out_proj", false},
                             {0}};
static const name nemotron_h[] = {{"token_embd", "backbone.embeddings", true},
                                  {"output_norm", "backbone.norm_f", true},
                                  {"output", "lm_head", true},
                                  {"attn_norm", "norm", false},
                                  {"attn_q", "mixer.q_proj", false},
                                  {"attn_k", "mixer.k_proj", false},
                                  {"attn_v", "mixer.v_proj", false},
                                  {"attn_output", "mixer.o_proj", false},
                                  {"ssm_in", "mixer.in_proj", false},
                                  {"ssm_out", "mixer.out_proj", false},
                                  {"ssm_conv1d", "mixer.conv1d", false},
                                  {"ffn_up", "mixer.up_proj", false},
                                  {"ffn_down", "mixer.down_proj", false},
                                  {"ffn_gate_inp", "mixer.gate", false},
                                  {"ffn_up_shexp", "mixer.shared_experts.up_proj", false},
                                  {"ffn_down_shexp", "mixer.shared_experts.down_proj", false},
                                  {"ffn_latent_down", "mixer.fc1_latent_proj", false},
                                  {"ffn_latent_up", "mixer.fc2_latent_proj", false},
                                  {0}};
static const name jamba[] = {{"output_norm", "model.final_layernorm", true},
                             {"ffn_norm", "pre_ff_layernorm", false},
                             {"ssm_in", "mamba.in_proj", false},
                             {"ssm_x", "mamba.x_proj", false},
                             {"ssm_dt", "mamba.dt_proj", false},
                             {"ssm_dt_norm", "mamba.dt_layernorm", false},
                             {"ssm_b_norm", "mamba.b_layernorm", false},
                             {"ssm_c_norm", "mamba.c_layernorm", false},
                             {"ssm_conv1d", "mamba.conv1d", false},
                             {"ssm_out", "mamba.out_proj", false},
                             {"ffn_gate", "feed_forward.gate_proj", false},
                             {"ffn_up", "feed_forward.up_proj", false},
                             {"ffn_down", "feed_forward.down_proj", false},
                             {"ffn_gate_inp", "feed_forward.router", false},
                             {0}};
static const name granite_moe[] = {{"ffn_gate_inp", "block_sparse_moe.router.layer", false},
                                   {"ssm_in", "mamba.in_proj", false},
                                   {"ssm_conv1d", "mamba.conv1d", false},
                                   {"ssm_out", "mamba.out_proj", false},
                                   {0}};
static const name delta[] = {{"post_attention_norm", "post_attention_layernorm", false},
                             {"ssm_in", "linear_attn.in_proj_qkvz", false},
                             {"ssm_ba", "linear_attn.in_proj_ba", false},
                             {"ssm_norm", "linear_attn.norm", false},
                             {"ssm_out", "linear_attn.out_proj", false},
                             {"ffn_gate_shexp", "mlp.shared_expert.gate_proj", false},
                             {"ffn_up_shexp", "mlp.shared_expert.up_proj", false},
                             {"ffn_down_shexp", "mlp.shared_expert.down_proj", false},
                             {"ffn_gate_inp_shexp", "mlp.shared_expert_gate", false},
                             {0}};
static const name rwkv[] = {{"token_embd", "rwkv.embeddings", true},
                            {"token_embd_norm", "rwkv.blocks.0.pre_ln", true},
                            {"output_norm", "rwkv.ln_out", true},
                            {"output", "head", true},
                            {"attn_norm", "ln1", false},
                            {"attn_norm_2", "ln2", false},
                            {"time_mix_key", "attention.key", false},
                            {"time_mix_value", "attention.value", false},
                            {"time_mix_receptance", "attention.receptance", false},
                            {"time_mix_output", "attention.output", false},
                            {"channel_mix_key", "feed_forward.key", false},
                            {"channel_mix_value", "feed_forward.value", false},
                            {"channel_mix_receptance", "feed_forward.receptance", false},
                            {0}};
#define T5_ATTENTION                                                                               \
    {"output_norm", "encoder.final_layer_norm", true}, {"token_embd", "shared", true},             \
        {"output", "lm_head", true}, {"attn_norm", "layer.0.layer_norm", false},                   \
        {"attn_q", "layer.0.SelfAttention.q", false},                                              \
        {"attn_k", "layer.0.SelfAttention.k", false},                                              \
        {"attn_v", "layer.0.SelfAttention.v", false},                                              \
        {"attn_o", "layer.0.SelfAttention.o", false}, {                                            \
        "attn_rel_b", "layer.0.SelfAttention.relative_attention_bias", false                       \
    }
static const name t5[] = {T5_ATTENTION,
                          {"ffn_norm", "layer.1.layer_norm", false},
                          {"ffn_up", "layer.1.DenseReluDense.wi", false},
                          {"ffn_down", "layer.1.DenseReluDense.wo", false},
                          {0}};
static const name t5_gated[] = {T5_ATTENTION,
                                {"ffn_norm", "layer.1.layer_norm", false},
                                {"ffn_gate", "layer.1.DenseReluDense.wi_0", false},
                                {"ffn_up", "layer.1.DenseReluDense.wi_1", false},
                                {"ffn_down", "layer.1.DenseReluDense.wo", false},
                                {0}};
#define T5_CROSS                                                                                   \
    {"output_norm", "decoder.final_layer_norm", true}, T5_ATTENTION,                               \
        {"cross_attn_norm", "layer.1.layer_norm", false},                                          \
        {"cross_attn_q", "layer.1.EncDecAttention.q", false},                                      \
        {"cross_attn_k", "layer.1.EncDecAttention.k", false},                                      \
        {"cross_attn_v", "layer.1.EncDecAttention.v", false},                                      \
        {"cross_attn_o", "layer.1.EncDecAttention.o", false}, {                                    \
        "cross_attn_rel_b", "layer.1.EncDecAttention.relative_attention_bias", false               \
    }
static const name t5_decoder[] = {T5_CROSS,
                                  {"ffn_norm", "layer.2.layer_norm", false},
                                  {"ffn_up", "layer.2.DenseReluDense.wi", false},
                                  {"ffn_down", "layer.2.DenseReluDense.wo", false},
                                  {0}};
static const name t5_gated_decoder[] = {T5_CROSS,
                                        {"ffn_norm", "layer.2.layer_norm", false},
                                        {"ffn_gate", "layer.2.DenseReluDense.wi_0", false},
                                        {"ffn_up", "layer.2.DenseReluDense.wi_1", false},
                                        {"ffn_down", "layer.2.DenseReluDense.wo", false},
                                        {0}};
#undef T5_ATTENTION
#undef T5_CROSS
#define WHISPER_LAYER                                                                              \
    {"attn_norm", "self_attn_layer_norm", false}, {"attn_q", "self_attn.q_proj", false},           \
        {"attn_k", "self_attn.k_proj", false}, {"attn_v", "self_attn.v_proj", false},              \
        {"attn_output", "self_attn.out_proj", false}, {"ffn_norm", "final_layer_norm", false},     \
        {"ffn_up", "fc1", false}, {                                                                \
        "ffn_down", "fc2", false                                                                   \
    }
static const name whisper[] = {{"conv1", "model.encoder.conv1", true},
                               {"conv2", "model.encoder.conv2", true},
                               {"position_embd", "model.encoder.embed_positions", true},
                               {"output_norm", "model.encoder.layer_norm", true},
                               WHISPER_LAYER,
                               {0}};
static const name whisper_decoder[] = {{"token_embd", "model.decoder.embed_tokens", true},
                                       {"position_embd", "model.decoder.embed_positions", true},
                                       {"output_norm", "model.decoder.layer_norm", true},
                                       {"output", "proj_out", true},
                                       {"cross_attn_norm", "encoder_attn_layer_norm", false},
                                       {"cross_attn_q", "encoder_attn.q_proj", false},
                                       {"cross_attn_k", "encoder_attn.k_proj", false},
                                       {"cross_attn_v", "encoder_attn.v_proj", false},
                                       {"cross_attn_output", "encoder_attn.out_proj", false},
                                       WHISPER_LAYER,
                                       {0}};
#undef WHISPER_LAYER
#define BART_OUTSIDE(part)                                                                         \
    {"token_embd", "model.shared", true}, {"output", "lm_head", true},                             \
        {"position_embd", "model." part ".embed_positions", true},                                 \
        {"token_embd_norm", "model." part ".layernorm_embedding", true}, {                         \
        "output_norm", "model." part ".layer_norm", true                                           \
    }
#define BART_LAYER                                                                                 \
    {"attn_norm", "self_attn_layer_norm", false},                                                  \
        {"attn_output_norm", "self_attn_layer_norm", false},                                       \
        {"attn_q", "self_attn.q_proj", false}, {"attn_k", "self_attn.k_proj", false},              \
        {"attn_v", "self_attn.v_proj", false}, {"attn_output", "self_attn.out_proj", false},       \
        {"ffn_norm", "final_layer_norm", false}, {"layer_output_norm", "final_layer_norm", false}, \
        {"ffn_up", "fc1", false}, {                                                                \
        "ffn_down", "fc2", false                                                                   \
    }
static const name bart[] = {BART_OUTSIDE("encoder"), BART_LAYER, {0}};
static const name bart_decoder[] = {BART_OUTSIDE("decoder"),
                                    {"cross_attn_norm", "encoder_attn_layer_norm", false},
                                    {"cross_attn_output_norm", "encoder_attn_layer_norm", false},
                                    {"cross_attn_q", "encoder_attn.q_proj", false},
                                    {"cross_attn_k", "encoder_attn.k_proj", false},
                                    {"cross_attn_v", "encoder_attn.v_proj", false},
                                    {"cross_attn_output", "encoder_attn.out_proj", false},
                                    BART_LAYER,
                                    {0}};
#undef BART_OUTSIDE
#undef BART_LAYER
static const name gemma_states[] = {{"token_embd", "embed_tokens", true},
                                    {"output_norm", "norm", true},
                                    {"post_attention_norm", "post_attention_layernorm", false},
                                    {"ffn_norm", "pre_feedforward_layernorm", false},
                                    {"post_ffw_norm", "post_feedforward_layernorm", false},
                                    {0}};

/* Tensors that are made otherwise. */
typedef lwi_folder_joint joint;
static const joint deepseek_joints[] = {
    {"attn_k_b.weight", "attn_v_b.weight", "self_attn.kv_b_proj.weight", lwi_folder_latent},
    {"exp_probs_b.bias", NULL, "mlp.gate.e_score_correction_bias", lwi_folder_copy},
    {0}};
static const joint choice_joints[] = {
    {"exp_probs_b.bias", NULL, "mlp.gate.e_score_correction_bias", lwi_folder_copy}, {0}};
static const joint ernie_joints[] = {
    {"exp_probs_b.bias", NULL, "mlp.moe_statics.e_score_correction_bias", lwi_folder_row}, {0}};
static const joint gpt_oss_joints[] = {
    {"attn_sinks.weight", NULL, "self_attn.sinks", lwi_folder_copy},
    {"ffn_gate_exps.weight", "ffn_up_exps.weight", "mlp.experts.gate_up_proj",
     lwi_folder_turn_alternating},
    {"ffn_gate_exps.bias", "ffn_up_exps.bias", "mlp.experts.gate_up_proj_bias",
     lwi_folder_turn_alternating},
    {"ffn_down_exps.weight", NULL, "mlp.experts.down_proj", lwi_folder_turn},
    {"ffn_down_exps.bias", NULL, "mlp.experts.down_proj_bias", lwi_folder_copy},
    {0}};
static const joint llama4_joints[] = {
    {"ffn_gate_exps.weight", "ffn_up_exps.weight", "feed_forward.experts.gate_up_proj",
     lwi_folder_turn_halves},
    {"ffn_down_exps.weight", NULL, "feed_forward.experts.down_proj", lwi_folder_turn},
    {0}};
static const joint lfm2_joints[] = {
    {"shortconv.conv.weight", NULL, "conv.conv.weight", lwi_folder_kernel}, {0}};
static const joint mamba_joints[] = {
    {"ssm_a", NULL, "mixer.A_log", lwi_folder_log},
    {"ssm_d", NULL, "mixer.D", lwi_folder_copy},
    {"ssm_conv1d.weight", NULL, "mixer.conv1d.weight", lwi_folder_kernel},
    {0}};
static const joint mamba2_joints[] = {
    {"ssm_a", NULL, "mixer.A_log", lwi_folder_log_vector},
    {"ssm_d", NULL, "mixer.D", lwi_folder_vector},
    {"ssm_dt.bias", NULL, "mixer.dt_bias", lwi_folder_copy},
    {"ssm_norm.weight", NULL, "mixer.norm.weight", lwi_folder_vector},
    {"ssm_conv1d.weight", NULL, "mixer.conv1d.weight", lwi_folder_kernel},
    {0}};
static const joint granite_joints[] = {
    {"ssm_a", NULL, "mamba.A_log", lwi_folder_log_vector},
    {"ssm_d", NULL, "mamba.D", lwi_folder_vector},
    {"ssm_dt.bias", NULL, "mamba.dt_bias", lwi_folder_copy},
    {"ssm_norm.weight", NULL, "mamba.norm.weight", lwi_folder_vector},
    {"ssm_conv1d.weight", NULL, "mamba.conv1d.weight", lwi_folder_kernel},
    {"ffn_gate_exps.weight", "ffn_up_exps.weight", "block_sparse_moe.input_linear.weight",
     lwi_folder_stack},
    {"ffn_down_exps.weight", NULL, "block_sparse_moe.output_linear.weight", lwi_folder_copy},
    {"ffn_gate_shexp.weight", "ffn_up_shexp.weight", "shared_mlp.input_linear.weight",
     lwi_folder_stack},
    {"ffn_down_shexp.weight", NULL, "shared_mlp.output_linear.weight", lwi_folder_copy},
    {"ffn_gate.weight", "ffn_up.weight", "shared_mlp.input_linear.weight", lwi_folder_stack},
    {"ffn_down.weight", NULL, "shared_mlp.output_linear.weight", lwi_folder_copy},
    {0}};
static const joint marian_joints[] = {{"logits.bias", NULL, "final_logits_bias", lwi_folder_row},
                                      {0}};
static const joint bart_joints[] = {
    {"logits.bias", NULL, "final_logits_bias", lwi_folder_row},
    {"enc.position_embd.weight", NULL, "model.encoder.embed_positions.weight", lwi_folder_shifted},
    {"dec.position_embd.weight", NULL, "model.decoder.embed_positions.weight", lwi_folder_shifted},
    {0}};
static const joint opt_joints[] = {
    {"position_embd.weight", NULL, "model.decoder.embed_positions.weight", lwi_folder_shifted},
    {0}};
static const joint mpnet_joints[] = {
    {"position_embd.weight", NULL, "embeddings.position_embeddings.weight", lwi_folder_shifted},
    {0}};
static const joint lfm2_moe_joints[] = {
    {"shortconv.conv.weight", NULL, "conv.conv.weight", lwi_folder_kernel},
    {"exp_probs_b.bias", NULL, "feed_forward.expert_bias", lwi_folder_copy},
    {0}};
static const joint minimax_joints[] = {
    {"exp_probs_b.bias", NULL, "block_sparse_moe.e_score_correction_bias", lwi_folder_copy}, {0}};
static const joint gemma4_joints[] = {
    {"layer_output_scale.weight", NULL, "layer_scalar", lwi_folder_copy},
    {"ffn_gate_inp.scale", NULL, "router.scale", lwi_folder_copy},
    {"ffn_down_exps.scale", NULL, "router.per_expert_scale", lwi_folder_copy},
    {"ffn_gate_up_exps.weight", NULL, "experts.gate_up_proj", lwi_folder_copy},
    {"ffn_gate_exps.weight", "ffn_up_exps.weight", "experts.gate_up_proj", lwi_folder_stack},
    {"ffn_down_exps.weight", NULL, "experts.down_proj", lwi_folder_copy},
    {0}};
static const joint nemotron_joints[] = {
    {"ssm_a", NULL, "mixer.A_log", lwi_folder_log_vector},
    {"ssm_d", NULL, "mixer.D", lwi_folder_vector},
    {"ssm_dt.bias", NULL, "mixer.dt_bias", lwi_folder_copy},
    {"ssm_norm.weight", NULL, "mixer.norm.weight", lwi_folder_vector},
    {"ssm_conv1d.weight", NULL, "mixer.conv1d.weight", lwi_folder_kernel},
    {"exp_probs_b.bias", NULL, "mixer.gate.e_score_correction_bias", lwi_folder_copy},
    {0}};
static const joint jamba_joints[] = {
    {"ssm_a", NULL, "mamba.A_log", lwi_folder_log},
    {"ssm_d", NULL, "mamba.D", lwi_folder_copy},
    {"ssm_conv1d.weight", NULL, "mamba.conv1d.weight", lwi_folder_kernel},
    {0}};
static const joint next_joints[] = {
    {"attn_qkv.weight", "attn_gate.weight", "linear_attn.in_proj_qkvz.weight",
     lwi_folder_projection},
    {"ssm_a", NULL, "linear_attn.A_log", lwi_folder_log},
    {"ssm_dt.bias", NULL, "linear_attn.dt_bias", lwi_folder_copy},
    {"ssm_conv1d.weight", NULL, "linear_attn.conv1d.weight", lwi_folder_kernel},
    {0}};
static const joint qwen35_joints[] = {
    {"attn_qkv.weight", NULL, "linear_attn.in_proj_qkv.weight", lwi_folder_tiled},
    {"attn_gate.weight", NULL, "linear_attn.in_proj_z.weight", lwi_folder_tiled},
    {"ssm_alpha.weight", NULL, "linear_attn.in_proj_a.weight", lwi_folder_tiled},
    {"ssm_beta.weight", NULL, "linear_attn.in_proj_b.weight", lwi_folder_tiled},
    {"ssm_dt.bias", NULL, "linear_attn.dt_bias", lwi_folder_tiled},
    {"ssm_a", NULL, "linear_attn.A_log", lwi_folder_tiled_log},
    {"ssm_conv1d.weight", NULL, "linear_attn.conv1d.weight", lwi_folder_tiled_kernel},
    {"ssm_out.weight", NULL, "linear_attn.out_proj.weight", lwi_folder_tiled_columns},
    {0}};
static const joint rwkv_joints[] = {
    {"time_mix_decay.weight", NULL, "attention.time_decay", lwi_folder_copy},
    {"time_mix_first.weight", NULL, "attention.time_first", lwi_folder_copy},
    {"time_mix_lerp_k.weight", NULL, "attention.time_mix_key", lwi_folder_copy},
    {"time_mix_lerp_v.weight", NULL, "attention.time_mix_value", lwi_folder_copy},
    {"time_mix_lerp_r.weight", NULL, "attention.time_mix_receptance", lwi_folder_copy},
    {"channel_mix_lerp_k.weight", NULL, "feed_forward.time_mix_key", lwi_folder_copy},
    {"channel_mix_lerp_r.weight", NULL, "feed_forward.time_mix_receptance", lwi_folder_copy},
    {0}};
static const char *const latent_keys[] = {"attention.key_length", "attention.head_count_kv", NULL};
static const char *const inner_keys[] = {"feed_forward_length", NULL};
static const char *const mamba_keys[] = {"feed_forward_length", "attention.head_count",
                                         "attention.layer_norm_epsilon", NULL};
static const char *const gemma4_keys[] = {"attention.key_length", "attention.head_count_kv",
                                          "feed_forward_length", NULL};
static const char *const nemotron_keys[] = {"feed_forward_length", "block_count",
                                            "attention.layer_norm_epsilon", NULL};
static const char *const whisper_keys[] = {"attention.layer_norm_epsilon", "feed_forward_length",
                                           "block_count", NULL};
static const char *const epsilon_keys[] = {"attention.layer_norm_epsilon", NULL};

#define LLAMA .layers = "model.layers.", .like_llama = true, .activation = "silu"
static const lwi_folder_family families[] = {
    {"llama", "llama", "LlamaForCausalLM", LLAMA},
    {"llama", "mistral", "MistralForCausalLM", LLAMA, .says = "attention.sliding_window"},
    {"llama", "mixtral", "MixtralForCausalLM", LLAMA, .experts = "block_sparse_moe"},
    {"arcee", "arcee", "ArceeForCausalLM", .layers = "model.layers.", .like_llama = true,
     .activation = "relu2"},
    {"command-r", "cohere", "CohereForCausalLM", LLAMA},
    {"cohere2", "cohere2", "Cohere2ForCausalLM", LLAMA, .full_every = 4},
    {"granite", "granite", "GraniteForCausalLM", LLAMA},
    {"olmo2", "olmo2", "Olmo2ForCausalLM", LLAMA, .names = olmo2},
    {"olmoe", "olmoe", "OlmoeForCausalLM", LLAMA, .experts = "mlp"},
    {"olmo2", "olmo3", "Olmo3ForCausalLM", LLAMA, .names = olmo2, .full_every = 4,
     .says = "attention.sliding_window"},
    {"olmo", "olmo", "OlmoForCausalLM", LLAMA},
    {"chatglm", "glm", "GlmForCausalLM", LLAMA, .names = glm4, .own = lwi_folder_glm},
    {"glm4", "glm4", "Glm4ForCausalLM", LLAMA, .names = glm4, .own = lwi_folder_glm},
    {"glm4moe", "glm4_moe", "Glm4MoeForCausalLM", LLAMA, .names = glm4_moe, .experts = "mlp",
     .with_or_without = true, .joints = choice_joints},
    {"dots1", "dots1", "Dots1ForCausalLM", LLAMA, .names = deepseek, .experts = "mlp",
     .with_or_without = true, .joints = choice_joints},
    {"exaone4", "exaone4", "Exaone4ForCausalLM", LLAMA, .names = olmo2, .full_every = 4},
    {"ernie4_5", "ernie4_5", "Ernie4_5ForCausalLM", LLAMA},
    {"ernie4_5-moe", "ernie4_5_moe", "Ernie4_5_MoeForCausalLM", LLAMA, .names = deepseek,
     .experts = "mlp", .with_or_without = true, .joints = ernie_joints},
    {"hunyuan-dense", "hunyuan_v1_dense", "HunYuanDenseV1ForCausalLM", LLAMA, .names = hunyuan},
    {"hunyuan-moe", "hunyuan_v1_moe", "HunYuanMoEV1ForCausalLM", LLAMA, .names = hunyuan,
     .experts = "mlp"},
    {"mistral3", "ministral3", "Ministral3ForCausalLM", LLAMA},
    {"nemotron", "nemotron", "NemotronForCausalLM", .layers = "model.layers.", .like_llama = true,
     .activation = "relu2", .added = 1},
    {"seed_oss", "seed_oss", "SeedOssForCausalLM", LLAMA, .names = seed_oss},
    {"qwen2vl", "qwen2", "Qwen2ForCausalLM", LLAMA},
    {"qwen3vl", "qwen3", "Qwen3ForCausalLM", LLAMA},
    {"qwen3vlmoe", "qwen3_moe", "Qwen3MoeForCausalLM", LLAMA, .experts = "mlp"},
    {"qwen2", "qwen2", "Qwen2ForCausalLM", LLAMA},
    {"qwen2moe", "qwen2_moe", "Qwen2MoeForCausalLM", LLAMA, .names = qwen2_moe, .experts = "mlp"},
    {"qwen3", "qwen3", "Qwen3ForCausalLM", LLAMA},
    {"qwen3moe", "qwen3_moe", "Qwen3MoeForCausalLM", LLAMA, .experts = "mlp"},
    {"smollm3", "smollm3", "SmolLM3ForCausalLM", LLAMA},
    {"stablelm", "stablelm", "StableLmForCausalLM", LLAMA},
    {"phi3", "phi3", "Phi3ForCausalLM", LLAMA, .names = phi3},
    {"starcoder2", "starcoder2", "Starcoder2ForCausalLM", .layers = "model.layers.",
     .like_llama = true, .names = starcoder2, .activation = "gelu_pytorch_tanh"},
    {"phi2", "phi", "PhiForCausalLM", .layers = "model.layers.", .like_llama = true, .names = phi,
     .activation = "gelu_new"},
#define GEMMA .layers = "model.layers.", .like_llama = true, .activation = "gelu_pytorch_tanh"
    {"gemma", "gemma", "GemmaForCausalLM", GEMMA, .added = 1},
    {"gemma2", "gemma2", "Gemma2ForCausalLM", GEMMA, .names = gemma, .added = 1, .full_every = 2},
    {"gemma3", "gemma3_text", "Gemma3ForCausalLM", GEMMA, .names = gemma, .added = 1,
     .full_every = 6},
    {"gemma4", "gemma4_text", "Gemma4ForCausalLM", GEMMA, .names = gemma4, .with_or_without = true,
     .full_every = 6, .joints = gemma4_joints, .without = gemma4_keys, .own = lwi_folder_gemma4},
    {"gpt2", "gpt2", "GPT2LMHeadModel", .layers = "transformer.h.", .names = gpt2,
     .activation = "gelu_new", .turned = true},
    {"gptneox", "gpt_neox", "GPTNeoXForCausalLM", .layers = "gpt_neox.layers.", .names = gpt_neox,
     .activation = "gelu", .mixed = true},
    {"falcon", "falcon", "FalconForCausalLM", .layers = "transformer.h.", .names = falcon,
     .activation = "gelu"},
    {"falcon", "falcon", "FalconForCausalLM", .layers = "transformer.h.", .names = falcon_new,
     .activation = "gelu", .mixed = true, .has = "blk.0.attn_norm_2.weight"},
    {"bloom", "bloom", "BloomForCausalLM", .layers = "transformer.h.", .names = bloom,
     .activation = "gelu_new", .mixed = true},
    {"mpt", "mpt", "MptForCausalLM", .layers = "transformer.blocks.", .names = mpt,
     .activation = "gelu", .own = lwi_folder_mpt},
    {"gptj", "gptj", "GPTJForCausalLM", .layers = "transformer.h.", .names = gptj,
     .activation = "gelu_new", .own = lwi_folder_gptj},
    {"gptneo", "gpt_neo", "GPTNeoForCausalLM", .layers = "transformer.h.", .names = gpt_neo,
     .activation = "gelu_new", .window = "window_size", .own = lwi_folder_gpt_neo},
    {"starcoder", "gpt_bigcode", "GPTBigCodeForCausalLM", .layers = "transformer.h.", .names = gpt2,
     .activation = "gelu_pytorch_tanh", .own = lwi_folder_starcoder},
    {"opt", "opt", "OPTForCausalLM", .layers = "model.decoder.layers.", .names = opt,
     .activation = "relu", .joints = opt_joints, .own = lwi_folder_opt},
    {"mpnet", "mpnet", "MPNetModel", .layers = "encoder.layer.", .names = mpnet,
     .activation = "gelu", .joints = mpnet_joints, .classifier = "MPNetForSequenceClassification",
     .prefix = "mpnet.", .head = mpnet_head, .own = lwi_folder_mpnet},
    {"bert", "distilbert", "DistilBertModel", .layers = "transformer.layer.", .names = distilbert,
     .activation = "gelu", .classifier = "DistilBertForSequenceClassification",
     .prefix = "distilbert.", .head = distilbert_head},
    {"bert", "bert", "BertModel", .layers = "encoder.layer.", .names = bert, .activation = "gelu",
     .classifier = "BertForSequenceClassification", .prefix = "bert.", .head = bert_head,
     .has = "token_types.weight"},
    {"nomic-bert", "nomic_bert", "NomicBertModel", .layers = "encoder.layers.", .names = nomic,
     .activation = "silu"},
    {"deepseek2", "deepseek_v2", "DeepseekV2ForCausalLM", LLAMA, .names = deepseek,
     .experts = "mlp", .with_or_without = true, .joints = deepseek_joints, .without = latent_keys,
     .own = lwi_folder_deepseek},
    {"deepseek2", "deepseek_v3", "DeepseekV3ForCausalLM", LLAMA, .names = deepseek,
     .experts = "mlp", .with_or_without = true, .joints = deepseek_joints, .without = latent_keys,
     .has = ".exp_probs_b.bias", .own = lwi_folder_deepseek},
    {"gpt-oss", "gpt_oss", "GptOssForCausalLM", LLAMA, .names = gpt_oss, .with_or_without = true,
     .full_every = 2, .joints = gpt_oss_joints, .without = inner_keys, .own = lwi_folder_gpt_oss},
    {"llama4", "llama4_text", "Llama4ForCausalLM", LLAMA, .names = llama4, .with_or_without = true,
     .full_every = 4, .joints = llama4_joints, .without = inner_keys,
     .window = "attention_chunk_size", .windowed = "chunked_attention", .own = lwi_folder_llama4},
    {"lfm2", "lfm2", "Lfm2ForCausalLM", LLAMA, .names = lfm2, .joints = lfm2_joints,
     .without = epsilon_keys, .own = lwi_folder_lfm2},
    {"lfm2moe", "lfm2_moe", "Lfm2MoeForCausalLM", LLAMA, .names = lfm2, .experts = "feed_forward",
     .with_or_without = true, .joints = lfm2_moe_joints, .without = epsilon_keys,
     .own = lwi_folder_lfm2_moe},
    {"minimax-m2", "minimax_m2", "MiniMaxM2ForCausalLM", LLAMA, .experts = "block_sparse_moe",
     .joints = minimax_joints, .own = lwi_folder_minimax},
    {"minicpm", "granite", "GraniteForCausalLM", LLAMA, .own = lwi_folder_minicpm},
    {"mamba", "mamba", "MambaForCausalLM", .layers = "backbone.layers.", .names = mamba,
     .activation = "silu", .joints = mamba_joints, .without = mamba_keys, .own = lwi_folder_mamba},
    {"mamba", "falcon_mamba", "FalconMambaForCausalLM", .layers = "backbone.layers.",
     .names = mamba, .activation = "silu", .joints = mamba_joints, .without = mamba_keys,
     .says = "ssm.dt_b_c_rms", .own = lwi_folder_mamba},
    {"mamba2", "mamba2", "Mamba2ForCausalLM", .layers = "backbone.layers.", .names = mamba,
     .activation = "silu", .joints = mamba2_joints, .without = mamba_keys,
     .own = lwi_folder_mamba2},
#define NEMOTRON                                                                                   \
    .layers = "backbone.layers.", .names = nemotron_h, .activation = "relu2",                      \
    .joints = nemotron_joints, .without = nemotron_keys, .own = lwi_folder_nemotron_h,             \
    .with_or_without = true
    {"nemotron_h", "nemotron_h", "NemotronHForCausalLM", NEMOTRON},
    {"nemotron_h_moe", "nemotron_h", "NemotronHForCausalLM", NEMOTRON, .experts = "mixer",
     .named_experts = true},
    {"jamba", "jamba", "JambaForCausalLM", LLAMA, .names = jamba, .experts = "feed_forward",
     .named_experts = true, .with_or_without = true, .joints = jamba_joints,
     .own = lwi_folder_jamba},
    {"granitemoe", "granitemoe", "GraniteMoeForCausalLM", LLAMA, .names = granite_moe,
     .with_or_without = true, .joints = granite_joints},
    {"granitehybrid", "granitemoehybrid", "GraniteMoeHybridForCausalLM", LLAMA,
     .names = granite_moe, .with_or_without = true, .joints = granite_joints,
     .own = lwi_folder_granite},
    {"qwen3next", "qwen3_next", "Qwen3NextForCausalLM", LLAMA, .names = delta, .added = 1,
     .experts = "mlp", .joints = next_joints, .own = lwi_folder_delta},
    {"qwen35", "qwen3_5_text", "Qwen3_5ForCausalLM", LLAMA, .names = delta, .added = 1,
     .joints = qwen35_joints, .own = lwi_folder_delta},
    {"qwen35moe", "qwen3_5_moe_text", "Qwen3_5MoeForCausalLM", LLAMA, .names = delta, .added = 1,
     .experts = "mlp", .joints = qwen35_joints, .own = lwi_folder_delta},
    {"rwkv4", "rwkv", "RwkvForCausalLM", .layers = "rwkv.blocks.", .names = rwkv,
     .activation = "relu", .joints = rwkv_joints, .own = lwi_folder_rwkv},
    {"gemma-embedding", "gemma3_text", "Gemma3TextModel", .layers = "layers.", .like_llama = true,
     .activation = "gelu_pytorch_tanh", .names = gemma_states, .added = 1, .full_every = 6,
     .own = lwi_folder_bidirectional},
#define T5 .layers = "encoder.block.", .decoder_layers = "decoder.block.", .own = lwi_folder_t5
#define PLAIN T5, .names = t5, .decoder_names = t5_decoder
#define GATED T5, .names = t5_gated, .decoder_names = t5_gated_decoder
    {"t5", "t5", "T5ForConditionalGeneration", PLAIN},
    {"t5", "t5", "T5ForConditionalGeneration", GATED, .has = "enc.blk.0.ffn_gate.weight"},
    {"t5", "umt5", "UMT5ForConditionalGeneration", GATED, .has = "enc.blk.1.attn_rel_b.weight"},
    {"t5encoder", "t5", "T5EncoderModel", PLAIN},
    {"t5encoder", "t5", "T5EncoderModel", GATED, .has = "enc.blk.0.ffn_gate.weight"},
    {"t5encoder", "umt5", "UMT5EncoderModel", GATED, .has = "enc.blk.1.attn_rel_b.weight"},
    {"whisper", "whisper", "WhisperForConditionalGeneration", .layers = "model.encoder.layers.",
     .names = whisper, .decoder_layers = "model.decoder.layers.", .decoder_names = whisper_decoder,
     .bare_decoder = true, .activation = "gelu", .without = whisper_keys,
     .own = lwi_folder_whisper},
#define BART                                                                                       \
    .layers = "model.encoder.layers.", .names = bart, .decoder_layers = "model.decoder.layers.",   \
    .decoder_names = bart_decoder, .activation = "gelu", .without = whisper_keys,                  \
    .own = lwi_folder_bart
#define BEHIND .has = "enc.blk.0.attn_output_norm.weight"
    {"bart", "mbart", "MBartForConditionalGeneration", BART, .joints = bart_joints},
    {"bart", "pegasus", "PegasusForConditionalGeneration", BART, .joints = marian_joints,
     .says = "position_waves"},
    {"bart", "m2m_100", "M2M100ForConditionalGeneration", BART, .says = "position_first"},
    {"bart", "bart", "BartForConditionalGeneration", BART, .joints = bart_joints, BEHIND},
    {"bart", "marian", "MarianMTModel", BART, .joints = marian_joints, BEHIND,
     .says = "position_waves"},
    {"modern-bert", "modernbert", "ModernBertModel", .layers = "layers.", .names = modern,
     .activation = "gelu", .window = "local_attention",
     .classifier = "ModernBertForSequenceClassification", .prefix = "model.", .head = modern_head},
};

static bool has_one(const lwi_gguf *gguf, const char *end) {
    for (size_t i = 0; i < gguf->n_tensors; i++)
        if (lwi_ends_with(gguf->tensors[i].name, end)) return true;
    return false;
}

static bool says(const lwi_gguf *gguf, const lwi_folder_family *f) {
    char key[LWI_FOLDER_NAME];
    snprintf(key, sizeof key, "%s.%s", f->architecture, f->says);
    return lwi_gguf_int(gguf, key, 0) != 0;
}

/* The last one that fits: those that need something stand behind those that do not. */
const lwi_folder_family *lwi_folder_family_of(const lwi_gguf *gguf) {
    const lw_string architecture = lwi_gguf_string(gguf, "general.architecture");
    const bool experts = has_one(gguf, ".ffn_gate_inp.weight");
    const lwi_folder_family *found = NULL;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const lwi_folder_family *f = families + i;
        if (strlen(f->architecture) == architecture.size &&
            !memcmp(f->architecture, architecture.data, architecture.size) &&
            (f->with_or_without || experts == (f->experts != NULL)) &&
            (!f->has || has_one(gguf, f->has)) && (!f->says || says(gguf, f)))
            found = f;
    }
    return found;
}
