/* SPDX-License-Identifier: MIT
 * What models are called in Hugging Face folders: one entry for each family, and what its tensors'
 * names are where they are not those of Llama. */
#include "format/gguf/gguf_folder.h"

#include <string.h>

typedef lwi_folder_name name;

static const name gemma[] = {{"post_attention_norm", "post_attention_layernorm", false},
                             {"ffn_norm", "pre_feedforward_layernorm", false},
                             {"post_ffw_norm", "post_feedforward_layernorm", false},
                             {0}};
static const name olmo2[] = {{"post_attention_norm", "post_attention_layernorm", false},
                             {"post_ffw_norm", "post_feedforward_layernorm", false},
                             {0}};
static const name starcoder2[] = {
    {"ffn_up", "mlp.c_fc", false}, {"ffn_down", "mlp.c_proj", false}, {0}};
static const name phi[] = {{"output_norm", "model.final_layernorm", true},
                           {"attn_output", "self_attn.dense", false},
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
static const name falcon[] = {{"token_embd", "transformer.word_embeddings", true},
                              {"output_norm", "transformer.ln_f", true},
                              {"output", "lm_head", true},
                              {"attn_norm", "input_layernorm", false},
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

#define LLAMA .layers = "model.layers.", .like_llama = true, .activation = "silu"
static const lwi_folder_family families[] = {
    {"llama", "llama", "LlamaForCausalLM", LLAMA},
    {"llama", "mixtral", "MixtralForCausalLM", LLAMA, .experts = "block_sparse_moe"},
    {"arcee", "arcee", "ArceeForCausalLM", .layers = "model.layers.", .like_llama = true,
     .activation = "relu2"},
    {"command-r", "cohere", "CohereForCausalLM", LLAMA},
    {"cohere2", "cohere2", "Cohere2ForCausalLM", LLAMA, .full_every = 4},
    {"granite", "granite", "GraniteForCausalLM", LLAMA},
    {"olmo2", "olmo2", "Olmo2ForCausalLM", LLAMA, .names = olmo2},
    {"olmoe", "olmoe", "OlmoeForCausalLM", LLAMA, .experts = "mlp"},
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
    {"gpt2", "gpt2", "GPT2LMHeadModel", .layers = "transformer.h.", .names = gpt2,
     .activation = "gelu_new", .turned = true},
    {"gptneox", "gpt_neox", "GPTNeoXForCausalLM", .layers = "gpt_neox.layers.", .names = gpt_neox,
     .activation = "gelu", .mixed = true},
    {"falcon", "falcon", "FalconForCausalLM", .layers = "transformer.h.", .names = falcon,
     .activation = "gelu"},
    {"falcon", "falcon", "FalconForCausalLM", .layers = "transformer.h.", .names = falcon_new,
     .activation = "gelu", .mixed = true, .has = "blk.0.attn_norm_2.weight"},
    {"bert", "distilbert", "DistilBertModel", .layers = "transformer.layer.", .names = distilbert,
     .activation = "gelu", .classifier = "DistilBertForSequenceClassification",
     .prefix = "distilbert.", .head = distilbert_head},
    {"bert", "bert", "BertModel", .layers = "encoder.layer.", .names = bert, .activation = "gelu",
     .classifier = "BertForSequenceClassification", .prefix = "bert.", .head = bert_head,
     .has = "token_types.weight"},
    {"nomic-bert", "nomic_bert", "NomicBertModel", .layers = "encoder.layers.", .names = nomic,
     .activation = "silu"},
    {"modern-bert", "modernbert", "ModernBertModel", .layers = "layers.", .names = modern,
     .activation = "gelu", .classifier = "ModernBertForSequenceClassification", .prefix = "model.",
     .head = modern_head},
};

/* The last one that fits: those that need a tensor stand behind those that do not. */
const lwi_folder_family *lwi_folder_family_of(const lwi_gguf *gguf) {
    const lw_string architecture = lwi_gguf_string(gguf, "general.architecture");
    const bool experts = lwi_gguf_find_tensor(gguf, "blk.0.ffn_gate_inp.weight");
    const lwi_folder_family *found = NULL;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const lwi_folder_family *f = families + i;
        if (strlen(f->architecture) == architecture.size &&
            !memcmp(f->architecture, architecture.data, architecture.size) &&
            experts == (f->experts != NULL) && (!f->has || lwi_gguf_find_tensor(gguf, f->has)))
            found = f;
    }
    return found;
}
