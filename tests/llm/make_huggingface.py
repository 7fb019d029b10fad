#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small Hugging Face folders with random weights of every family that lampwick opens, and the
logits that PyTorch gives for a prompt, the states of an encoder's tokens, or a classifier's scores. Needs the packages torch and transformers.

    make_huggingface.py FOLDER [FAMILY...]
    make_huggingface.py FOLDER --random COUNT SEED     with settings that few folders have
"""
import json
import pathlib
import random
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import (BartForConditionalGeneration, M2M100ForConditionalGeneration, MarianMTModel,
                          MBartForConditionalGeneration, PegasusForConditionalGeneration,
                          AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForImageTextToText,
                          AutoModelForSequenceClassification, MT5EncoderModel,
                          MT5ForConditionalGeneration, T5EncoderModel, T5ForConditionalGeneration,
                          UMT5EncoderModel, UMT5ForConditionalGeneration)

BASE = dict(vocab_size=160, hidden_size=64, intermediate_size=96, num_hidden_layers=3,
            num_attention_heads=4, max_position_embeddings=128, bos_token_id=1, eos_token_id=2,
            pad_token_id=0)
GROUPED = dict(BASE, num_key_value_heads=2)
GEMMA = dict(GROUPED, head_dim=16, sliding_window=8, query_pre_attn_scalar=16)
GEMMA4 = dict(GROUPED, head_dim=16, global_head_dim=32, sliding_window=8,
              vocab_size_per_layer_input=160, final_logit_softcapping=30.0)
QWEN_MOE = dict(GROUPED, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=48,
                decoder_sparse_step=1)
DELTA = dict(linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=16,
             linear_value_head_dim=8)
MAMBA = dict(vocab_size=160, hidden_size=64, state_size=16, num_hidden_layers=3, bos_token_id=1,
             eos_token_id=2, pad_token_id=0)
LATENT = dict(BASE, num_key_value_heads=4, q_lora_rank=40, kv_lora_rank=32, qk_nope_head_dim=16, qk_rope_head_dim=8,
              v_head_dim=24, n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=48,
              n_shared_experts=2, first_k_dense_replace=1)


CHOICE = dict(BASE, n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=48,
              n_shared_experts=2, first_k_dense_replace=1, routed_scaling_factor=2.5)


def longrope(original):
    """The prompt has 24 tokens."""
    factors = [1 + 0.25 * i for i in range(8)]
    return dict(GROUPED, sliding_window=None, original_max_position_embeddings=original,
                rope_scaling=dict(rope_type="longrope", long_factor=factors,
                                  short_factor=[1 + (x - 1) / 4 for x in factors]))


NEMOTRON_H = dict(GROUPED, head_dim=16, ssm_state_size=16, mamba_num_heads=8, mamba_head_dim=8, n_groups=2,
                  chunk_size=8)
HYBRID = dict(GROUPED, layer_types=["linear_attention", "full_attention", "linear_attention"],
              mamba_n_heads=8, mamba_n_groups=2, mamba_d_state=16, mamba_chunk_size=8,
              shared_intermediate_size=80, embedding_multiplier=12.0, residual_multiplier=0.22,
              attention_multiplier=0.0625, logits_scaling=8.0)
# folder: (model_type, configuration)
FAMILIES = {
    "llama": ("llama", dict(GROUPED, rope_theta=50000.0)),
    "llama-rope-llama3": ("llama", dict(GROUPED, rope_scaling=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=32))),
    "llama-rope-yarn": ("llama", dict(GROUPED, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=32))),
    "llama-rope-linear": ("llama", dict(GROUPED, rope_scaling=dict(
        rope_type="linear", factor=4.0))),
    "mistral": ("mistral", dict(GROUPED, sliding_window=None)),
    "llama-rope-yarn-odd": ("llama", dict(GROUPED, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=32, attention_factor=1.3,
        beta_fast=16.0, beta_slow=2.0, truncate=False))),
    "mistral-window": ("mistral", dict(GROUPED, sliding_window=8)),
    "mixtral": ("mixtral", dict(GROUPED, num_local_experts=4, num_experts_per_tok=2,
                                sliding_window=None)),
    "qwen2": ("qwen2", dict(GROUPED, tie_word_embeddings=True)),
    "qwen2-window": ("qwen2", dict(GROUPED, use_sliding_window=True, sliding_window=8,
                                   max_window_layers=1)),
    "qwen2_moe": ("qwen2_moe", dict(QWEN_MOE, shared_expert_intermediate_size=80)),
    "qwen3": ("qwen3", dict(GROUPED, head_dim=32)),
    "qwen3_moe": ("qwen3_moe", dict(QWEN_MOE, head_dim=32, norm_topk_prob=True)),
    "qwen3_moe-sums": ("qwen3_moe", dict(QWEN_MOE, head_dim=32, norm_topk_prob=False)),
    "gemma": ("gemma", dict(BASE, num_key_value_heads=1, head_dim=16)),
    "gemma2": ("gemma2", GEMMA),
    "gemma2-uncapped": ("gemma2", dict(GEMMA, query_pre_attn_scalar=24, attn_logit_softcapping=None,
                                       final_logit_softcapping=None)),
    "gemma3": ("gemma3_text", dict(GEMMA, num_hidden_layers=7)),
    "gemma3-pictures": ("gemma3", dict(
        text_config=dict(GEMMA, num_hidden_layers=7), image_token_index=159, boi_token_index=158,
        eoi_token_index=157, mm_tokens_per_image=4, vision_config=dict(
            hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2,
            image_size=28, patch_size=14))),
    "gemma4": ("gemma4_text", dict(GEMMA4, num_hidden_layers=5, hidden_size_per_layer_input=8,
                                   num_kv_shared_layers=2, use_double_wide_mlp=True, layer_types=[
                                       "sliding_attention", "sliding_attention", "full_attention",
                                       "sliding_attention", "full_attention"])),
    "gemma4-experts": ("gemma4_text", dict(GEMMA4, num_hidden_layers=3, attention_k_eq_v=True, layer_types=[
                                               "sliding_attention", "full_attention", "full_attention"],
                                           num_global_key_value_heads=1, enable_moe_block=True,
                                           num_experts=4, top_k_experts=2, moe_intermediate_size=48,
                                           hidden_size_per_layer_input=0)),
    "phi": ("phi", dict(BASE, partial_rotary_factor=0.5)),
    "phi3": ("phi3", dict(GROUPED, sliding_window=None)),
    "phi3-short": ("phi3", longrope(64)),
    "phi3-long": ("phi3", longrope(16)),
    "gpt2": ("gpt2", dict(vocab_size=160, n_embd=64, n_layer=3, n_head=4, n_positions=128,
                          bos_token_id=1, eos_token_id=2)),
    "gpt_neox": ("gpt_neox", dict(BASE, rotary_pct=0.25, use_parallel_residual=True)),
    "gpt_neox-sequential": ("gpt_neox", dict(BASE, rotary_pct=0.5, use_parallel_residual=False)),
    "falcon": ("falcon", dict(BASE, multi_query=True, parallel_attn=True, bias=False,
                              new_decoder_architecture=False, alibi=False)),
    "falcon-new": ("falcon", dict(BASE, num_kv_heads=2, new_decoder_architecture=True, bias=False,
                                  alibi=False)),
    "falcon-sequential": ("falcon", dict(BASE, multi_query=True, parallel_attn=False, bias=True,
                                         new_decoder_architecture=False)),
    "starcoder2": ("starcoder2", dict(GROUPED, sliding_window=None)),
    "starcoder2-window": ("starcoder2", dict(GROUPED, sliding_window=8)),
    "stablelm": ("stablelm", dict(GROUPED, partial_rotary_factor=0.25, use_qkv_bias=True)),
    "stablelm-heads": ("stablelm", dict(GROUPED, partial_rotary_factor=0.25, qk_layernorm=True)),
    "olmo2": ("olmo2", GROUPED),
    "olmoe": ("olmoe", dict(GROUPED, num_experts=4, num_experts_per_tok=2)),
    "olmoe-clipped": ("olmoe", dict(GROUPED, num_experts=4, num_experts_per_tok=2, norm_topk_prob=True,
                                    clip_qkv=0.5)),
    "granite": ("granite", dict(GROUPED, embedding_multiplier=12.0, residual_multiplier=0.22,
                                attention_multiplier=0.0625, logits_scaling=8.0)),
    "minicpm": ("granite", dict(GROUPED, embedding_multiplier=12.0, logits_scaling=4.0,
                                residual_multiplier=1.4 / 3 ** 0.5, attention_multiplier=0.25)),
    "cohere": ("cohere", dict(GROUPED, logit_scale=0.0625)),
    "smollm3": ("smollm3", dict(GROUPED, num_hidden_layers=4)),
    "smollm3-listed": ("smollm3", dict(GROUPED, num_hidden_layers=4, no_rope_layers=[0, 1, 1, 1])),
    "arcee": ("arcee", GROUPED),
    "qwen3_next": ("qwen3_next", dict(QWEN_MOE, head_dim=16, num_hidden_layers=4,
                                      shared_expert_intermediate_size=80, **DELTA)),
    "qwen3_5": ("qwen3_5_text", dict(GROUPED, head_dim=32, num_hidden_layers=4, **DELTA)),
    "qwen3_5_moe": ("qwen3_5_moe_text", dict(
        QWEN_MOE, head_dim=32, shared_expert_intermediate_size=80,
        layer_types=["linear_attention", "full_attention", "linear_attention"], **DELTA)),
    "lfm2": ("lfm2", dict(GROUPED, num_hidden_layers=4, full_attn_idxs=[1, 3], conv_bias=True,
                          block_multiple_of=32)),
    "glm": ("glm", dict(GROUPED, head_dim=16)),
    "glm4": ("glm4", dict(GROUPED, head_dim=16, attention_bias=True)),
    "glm4_moe": ("glm4_moe", dict(CHOICE, num_key_value_heads=2, head_dim=16, use_qk_norm=True,
                                  attention_bias=True)),
    "dots1": ("dots1", dict(CHOICE, num_key_value_heads=2, head_dim=16)),
    "exaone4": ("exaone4", dict(GROUPED, num_hidden_layers=5, sliding_window=8,
                                sliding_window_pattern=4)),
    "exaone4-all": ("exaone4", dict(GROUPED, sliding_window=None, layer_types=["full_attention"] * 3)),
    "olmo": ("olmo", dict(GROUPED, clip_qkv=2.0)),
    "olmo3": ("olmo3", dict(GROUPED, num_hidden_layers=4, sliding_window=8, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=32))),
    "ernie4_5": ("ernie4_5", dict(GROUPED, head_dim=16)),
    "ernie4_5_moe": ("ernie4_5_moe", dict(GROUPED, moe_num_experts=4, moe_k=2, moe_layer_start_index=1,
                                          moe_intermediate_size=48, moe_num_shared_experts=2)),
    "hunyuan_v1_dense": ("hunyuan_v1_dense", dict(GROUPED, head_dim=16)),
    "hunyuan_v1_moe": ("hunyuan_v1_moe", dict(GROUPED, head_dim=16, num_experts=4, moe_topk=2)),
    "ministral3": ("ministral3", dict(GROUPED, head_dim=16, rope_parameters=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=16, rope_theta=1e4,
        mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.1))),
    "nemotron": ("nemotron", dict(GROUPED, partial_rotary_factor=0.5)),
    "bloom": ("bloom", dict(vocab_size=160, hidden_size=64, n_layer=3, n_head=4)),
    "bloom-odd": ("bloom", dict(vocab_size=160, hidden_size=60, n_layer=2, n_head=6)),
    "mpt": ("mpt", dict(vocab_size=160, d_model=64, n_layers=3, n_heads=4, max_seq_len=128,
                        attn_config=dict(clip_qkv=0.5))),
    "opt": ("opt", dict(BASE, ffn_dim=96, word_embed_proj_dim=64)),
    "gptj": ("gptj", dict(vocab_size=160, n_embd=64, n_layer=3, n_head=4, n_positions=128,
                          rotary_dim=8, tie_word_embeddings=False)),
    "gpt_neo": ("gpt_neo", dict(vocab_size=160, hidden_size=64, num_layers=3, num_heads=4,
                                max_position_embeddings=128, window_size=8,
                                attention_types=[[["global", "local", "global"], 1]])),
    "gpt_bigcode": ("gpt_bigcode", dict(vocab_size=160, n_embd=64, n_layer=3, n_head=4,
                                        n_positions=128)),
    "lfm2_moe": ("lfm2_moe", dict(GROUPED, num_hidden_layers=4, num_dense_layers=1, num_experts=4,
                                  num_experts_per_tok=2, moe_intermediate_size=48, conv_bias=False,
                                  routed_scaling_factor=2.0,
                                  layer_types=["conv", "full_attention", "conv", "full_attention"])),
    "minimax_m2": ("minimax_m2", dict(GROUPED, head_dim=16, rotary_dim=8, num_local_experts=4,
                                      num_experts_per_tok=2)),
    "internlm3": ("internlm3", dict(GROUPED, head_dim=16, qkv_bias=True, bias=True)),
    "seed_oss": ("seed_oss", dict(GROUPED, head_dim=32, attention_bias=True)),
    "mamba": ("mamba", dict(MAMBA, time_step_rank=6)),
    "granitemoehybrid": ("granitemoehybrid", dict(
        HYBRID, num_local_experts=4, num_experts_per_tok=2)),
    "granitemoehybrid-dense": ("granitemoehybrid", dict(
        HYBRID, num_local_experts=0, position_embedding_type="rope")),
    "nemotron_h": ("nemotron_h", dict(NEMOTRON_H, layers_block_type=[
        "linear_attention", "mlp", "full_attention", "linear_attention", "mlp"])),
    "nemotron_h-experts": ("nemotron_h", dict(NEMOTRON_H, n_routed_experts=4, num_experts_per_tok=2,
                                              moe_intermediate_size=48, routed_scaling_factor=2.5,
                                              moe_shared_expert_intermediate_size=40, layers_block_type=[
                                                  "linear_attention", "moe", "full_attention", "moe"])),
    "nemotron_h-latent": ("nemotron_h", dict(NEMOTRON_H, n_routed_experts=4, num_experts_per_tok=2,
                                             moe_intermediate_size=48, moe_latent_size=24,
                                             moe_shared_expert_intermediate_size=40, layers_block_type=[
                                                 "full_attention", "moe", "linear_attention"])),
    "jamba": ("jamba", dict(GROUPED, num_hidden_layers=4, num_experts=4, num_experts_per_tok=2,
                            expert_layer_period=2, expert_layer_offset=1, attn_layer_period=4,
                            attn_layer_offset=2, mamba_d_state=8, mamba_d_conv=4, mamba_dt_rank=6,
                            use_mamba_kernels=False)),
    "falcon_mamba": ("falcon_mamba", dict(MAMBA, time_step_rank=6, mixer_rms_eps=1e-4)),
    "mamba2": ("mamba2", dict(MAMBA, num_heads=8, head_dim=16, n_groups=2, chunk_size=8)),
    "cohere2": ("cohere2", dict(GROUPED, logit_scale=0.0625, num_hidden_layers=5,
                                sliding_window=8)),
    "granitemoe": ("granitemoe", dict(GROUPED, num_local_experts=4, num_experts_per_tok=2,
                                      embedding_multiplier=12.0, residual_multiplier=0.22,
                                      attention_multiplier=0.0625, logits_scaling=8.0)),
    "deepseek_v2": ("deepseek_v2", dict(LATENT, q_lora_rank=None, topk_method="greedy")),
    "deepseek_v2-groups": ("deepseek_v2", dict(
        LATENT, topk_method="group_limited_greedy", n_group=4, topk_group=2,
        routed_scaling_factor=16.0)),
    "deepseek_v3": ("deepseek_v3", dict(LATENT, n_group=4, topk_group=2)),
    "deepseek_v3-yarn": ("deepseek_v3", dict(LATENT, n_group=4, topk_group=2, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=32, mscale=1.0,
        mscale_all_dim=1.0))),
    "llama4": ("llama4_text", dict(GROUPED, head_dim=16, intermediate_size_mlp=80,
                                   num_hidden_layers=5, num_local_experts=4,
                                   interleave_moe_layer_step=2, attention_chunk_size=8,
                                   floor_scale=8)),
    "gpt_oss-mxfp4": ("gpt_oss", dict(GROUPED, head_dim=16, num_local_experts=4,
                                      num_experts_per_tok=2, sliding_window=8)),
    "rwkv": ("rwkv", dict(vocab_size=160, hidden_size=64, num_hidden_layers=4, context_length=128,
                          rescale_every=2, bos_token_id=1, eos_token_id=2)),
    "gpt_oss": ("gpt_oss", dict(GROUPED, head_dim=16, num_local_experts=4, num_experts_per_tok=2,
                                sliding_window=8)),
}
SECTIONS = dict(rope_type="default", rope_theta=1e4, mrope_section=[2, 3, 3])
CLIP = dict(model_type="clip_vision_model", hidden_size=32, intermediate_size=48,
            num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
SIGHTED = dict(depth=1, hidden_size=32, out_hidden_size=64, num_heads=2, intermediate_size=48,
               patch_size=14)
DEEP = dict(SIGHTED, deepstack_visual_indexes=[0], num_position_embeddings=16)
SPECIAL = dict(image_token_id=159, video_token_id=158, vision_start_token_id=157,
               vision_end_token_id=156)
PICTURES = {  # only their text is made
    "qwen2_vl": ("qwen2_vl", dict(
        SPECIAL, text_config=dict(GROUPED, rope_parameters=SECTIONS), vision_config=dict(
            depth=1, embed_dim=32, hidden_size=64, num_heads=2, patch_size=14))),
    "qwen2_5_vl": ("qwen2_5_vl", dict(
        SPECIAL, text_config=dict(GROUPED, rope_parameters=SECTIONS), vision_config=SIGHTED)),
    "qwen3_vl": ("qwen3_vl", dict(SPECIAL, text_config=dict(
        GROUPED, head_dim=16, rope_parameters=SECTIONS), vision_config=DEEP)),
    "qwen3_vl_moe": ("qwen3_vl_moe", dict(SPECIAL, text_config=dict(
        QWEN_MOE, head_dim=16, rope_parameters=SECTIONS), vision_config=DEEP)),
    "qwen3_vl_moe-turned": ("qwen3_vl_moe", dict(SPECIAL, text_config=dict(
        QWEN_MOE, head_dim=16, rope_parameters=SECTIONS), vision_config=DEEP)),
    "glm4v": ("glm4v", dict(SPECIAL, text_config=dict(GROUPED, rope_parameters=dict(
        SECTIONS, mrope_section=[2, 1, 1], partial_rotary_factor=0.5)), vision_config=SIGHTED)),
    "llava": ("llava", dict(image_token_index=159, text_config=dict(GROUPED, model_type="llama"),
                            vision_config=CLIP)),
    "mistral3": ("mistral3", dict(image_token_index=159, text_config=dict(
        GROUPED, model_type="mistral", head_dim=16, sliding_window=None), vision_config=dict(
            model_type="pixtral", hidden_size=32, intermediate_size=48, num_hidden_layers=1,
            num_attention_heads=2, image_size=28, patch_size=14))),
    "smolvlm": ("smolvlm", dict(image_token_id=159, text_config=dict(GROUPED, model_type="llama"), vision_config=dict(
        hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2,
        image_size=28, patch_size=14))),
}
# Settings that few folders have.
FAMILIES |= {
    "llama-quick-gelu": ("llama", dict(GROUPED, hidden_act="quick_gelu")),
    "llama-left-over": ("llama", dict(GROUPED, sliding_window=8)),
    "qwen3_moe-window": ("qwen3_moe", dict(QWEN_MOE, head_dim=32, use_sliding_window=True,
                                           sliding_window=8, max_window_layers=1)),
    "gpt2-tanh": ("gpt2", dict(vocab_size=160, n_embd=64, n_layer=3, n_head=4, n_positions=128,
                               bos_token_id=1, eos_token_id=2, activation_function="tanh")),
    "mamba-gelu": ("mamba", dict(MAMBA, time_step_rank=6, hidden_act="gelu_pytorch_tanh")),
    "mamba2-relu": ("mamba2", dict(MAMBA, num_heads=8, head_dim=16, n_groups=2, chunk_size=8,
                                   hidden_act="relu")),
    "qwen3_next-mish": ("qwen3_next", dict(QWEN_MOE, head_dim=16, num_hidden_layers=4,
                                           hidden_act="mish",
                                           shared_expert_intermediate_size=80, **DELTA)),
    "gemma3-capped": ("gemma3_text", dict(GEMMA, attn_logit_softcapping=1.0,
                                          final_logit_softcapping=5.0)),
    "gpt_oss-steep": ("gpt_oss", dict(GROUPED, head_dim=16, num_local_experts=4,
                                      num_experts_per_tok=2, sliding_window=8, swiglu_alpha=1.0,
                                      swiglu_limit=0.2)),
    "phi-rope-llama3": ("phi", dict(BASE, partial_rotary_factor=0.5, rope_scaling=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=32))),
    "llama-rope-yarn-slope": ("llama", dict(GROUPED, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=32, mscale_all_dim=0.5))),
    "gptj-tied": ("gptj", dict(vocab_size=160, n_embd=64, n_layer=2, n_head=4, n_positions=128,
                               rotary_dim=8, bos_token_id=1, eos_token_id=2,
                               tie_word_embeddings=True)),
    "deepseek_v3-epsilon": ("deepseek_v3", dict(LATENT, n_group=4, topk_group=2,
                                                rms_norm_eps=1e-2)),
    "llama4-listed": ("llama4_text", dict(
        GROUPED, head_dim=16, intermediate_size_mlp=80, num_hidden_layers=4, num_local_experts=4,
        interleave_moe_layer_step=2, attention_chunk_size=8, floor_scale=8,
        no_rope_layers=[0, 1, 1, 0], layer_types=["chunked_attention", "full_attention",
                                                  "chunked_attention", "full_attention"])),
}
NAMED = dict(BASE, layer_norm_eps=1e-12, type_vocab_size=2)
MODERN = {k: v for k, v in BASE.items() if k != "num_hidden_layers"}
T5 = dict(vocab_size=160, d_model=64, d_kv=16, d_ff=96, num_layers=3, num_heads=4,
          relative_attention_num_buckets=16, relative_attention_max_distance=20)
ENCODERS = {
    "bert": ("bert", NAMED),
    "roberta": ("roberta", dict(NAMED, pad_token_id=1)),
    "xlm-roberta": ("xlm-roberta", dict(NAMED, pad_token_id=1, type_vocab_size=1)),
    "camembert": ("camembert", dict(NAMED, pad_token_id=1)),
    "distilbert": ("distilbert", dict(vocab_size=160, dim=64, hidden_dim=96, n_layers=3, n_heads=4,
                                      max_position_embeddings=128)),
    "mpnet": ("mpnet", dict(NAMED, pad_token_id=1)),
    "nomic_bert": ("nomic_bert", NAMED),
    "modernbert": ("modernbert", dict(MODERN, num_hidden_layers=5, local_attention=8,
                                      cls_token_id=1, sep_token_id=2)),
    "gemma-embedding": ("gemma3_text", dict(GEMMA, num_hidden_layers=7,
                                            use_bidirectional_attention=True)),
    "t5": ("t5", T5),
    "mt5-gated": ("mt5", dict(T5, feed_forward_proj="gated-gelu")),
    "umt5": ("umt5", dict(T5, feed_forward_proj="gated-gelu")),
    "bert-sigmoid": ("bert", dict(NAMED, hidden_act="sigmoid")),
    "t5-gelu": ("t5", dict(T5, feed_forward_proj="gelu")),
}
CLASSIFIERS = {f"{name}-classes": (kind, dict(options, num_labels=3))
               for name, (kind, options) in ENCODERS.items() if name != "nomic_bert" and "t5" not in name and "gemma" not in name}
PAIRS = {  # encoders with a decoder
    "t5-text": (T5ForConditionalGeneration, dict(T5, num_decoder_layers=2)),
    "t5-text-untied": (T5ForConditionalGeneration, dict(T5, feed_forward_proj="gated-gelu",
                                                        tie_word_embeddings=False)),
    "mt5-text": (MT5ForConditionalGeneration, dict(T5, feed_forward_proj="gated-gelu")),
    "t5-text-silu": (T5ForConditionalGeneration, dict(T5, feed_forward_proj="gated-silu")),
    "umt5-text": (UMT5ForConditionalGeneration, dict(T5, feed_forward_proj="gated-gelu")),
}
BART = dict(vocab_size=160, d_model=64, encoder_layers=3, decoder_layers=2, encoder_attention_heads=4,
            decoder_attention_heads=4, encoder_ffn_dim=96, decoder_ffn_dim=80,
            max_position_embeddings=128, bos_token_id=0, pad_token_id=1, eos_token_id=2)
PAIRS |= {
    "bart-text": (BartForConditionalGeneration, dict(BART, forced_bos_token_id=None)),
    "mbart-text": (MBartForConditionalGeneration, dict(BART, scale_embedding=True)),
    "marian-text": (MarianMTModel, dict(BART, scale_embedding=True, activation_function="swish",
                                        pad_token_id=159)),
    "pegasus-text": (PegasusForConditionalGeneration, dict(BART, scale_embedding=True,
                                                           activation_function="relu")),
    "m2m_100-text": (M2M100ForConditionalGeneration, dict(BART, scale_embedding=True,
                                                          activation_function="relu")),
}
LOADERS = {"logits": AutoModelForCausalLM, "text": AutoModelForImageTextToText, "states": AutoModel,
           "scores": AutoModelForSequenceClassification,
           "t5": T5EncoderModel, "mt5": MT5EncoderModel, "umt5": UMT5EncoderModel}
FP4_VALUES = [s * x for s in (1.0, -1.0) for x in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)]
IDS = [(7 * i * i + 3 * i + 5) % 160 for i in range(24)]


def pack_experts(model):
    """Rounds experts to MXFP4, in place; by name and ending, the codes and exponents as gpt-oss's
    files have them."""
    values, packed = torch.tensor(FP4_VALUES), {}
    for name, weight in model.named_parameters():
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            continue
        groups = weight.transpose(1, 2).unflatten(-1, (-1, 32))
        exponents = groups.abs().amax(-1).clamp_min(1e-30).log2().floor() - 2
        scaled = groups * torch.exp2(-exponents).unsqueeze(-1)
        codes = (scaled.unsqueeze(-1) - values).abs().argmin(-1)
        weight.copy_((values[codes] * torch.exp2(exponents).unsqueeze(-1)).flatten(-2)
                     .transpose(1, 2))
        packed[name, "_blocks"] = (codes[..., ::2] | codes[..., 1::2] << 4).to(torch.uint8)
        packed[name, "_scales"] = (exponents + 127).to(torch.uint8)
    return packed


def add_layers(folder, states):
    """Two layers as sentence-transformers stores them; the states behind them."""
    kinds = ["Transformer", "Pooling", "Dense", "Dense", "Normalize"]
    names = ["", "1_Pooling", "2_Dense", "3_Dense", "4_Normalize"]
    (folder / "modules.json").write_text(json.dumps(
        [{"idx": i, "name": str(i), "path": names[i],
          "type": f"sentence_transformers.models.{kinds[i]}"} for i in range(5)]))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    for name, layer in (("2_Dense", torch.nn.Linear(64, 96)), ("3_Dense", torch.nn.Linear(96, 48))):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "config.json").write_text(json.dumps(
            {"activation_function": "torch.nn.modules.linear.Identity"}))
        save_file({"linear.weight": layer.weight.detach(), "linear.bias": layer.bias.detach()},
                  folder / name / "model.safetensors")
        states = layer(states).detach()
    return states


def make(folder, name, kind, options):
    torch.manual_seed(3)
    config = AutoConfig.for_model(kind, **options)
    if kind in LOADERS:
        model = LOADERS[kind](config)
    else:
        model = LOADERS["text" if folder.name in PICTURES else name].from_config(config, attn_implementation="eager")
    model = model.eval().float()
    with torch.no_grad():
        for parameter in model.parameters():  # norms and biases too
            parameter.mul_(1.5).add_(0.02 * torch.randn_like(parameter))
        for key, buffer in model.named_buffers():
            if key.endswith(("e_score_correction_bias", "expert_bias")):
                buffer.normal_(std=0.1)
        for key, buffer in model.named_buffers():
            if key.endswith("layer_scalar"):
                buffer.uniform_(0.5, 1.5)
        packed = pack_experts(model) if folder.name.endswith("mxfp4") else {}
        model.save_pretrained(folder)  # RWKV divides weights when it is first run
        types = [0] * 9 + [1] * (len(IDS) - 9) if getattr(config, "type_vocab_size", 0) == 2 else None
        more = {"token_type_ids": torch.tensor([types])} if types else {}
        result = model(torch.tensor([IDS]), **more)
    numbers = result.last_hidden_state if name == "states" else result.logits
    if folder.name == "gemma-embedding":
        numbers = add_layers(folder, numbers)
    if folder.name == "minicpm":  # as its authors call Granite's factors
        path = folder / "config.json"
        said = json.loads(path.read_text())
        path.write_text(json.dumps({k: v for k, v in said.items() if "multiplier" not in k} | dict(
            model_type="minicpm", scale_emb=12.0, scale_depth=1.4, dim_model_base=16)))
    if folder.name.endswith("turned"):  # as in the files of its authors
        path = folder / "model.safetensors"
        save_file({k: v.transpose(1, 2).contiguous() if ".experts." in k else v
                   for k, v in load_file(path).items()}, path)
    if packed:
        path = folder / "model.safetensors"
        plain = {k: v for k, v in load_file(path).items() if k not in {p[0] for p in packed}}
        save_file(plain | {key + end: value for (key, end), value in packed.items()}, path)
    (folder / "ids.json").write_text(json.dumps(IDS))
    if types:
        (folder / "types.json").write_text(json.dumps(types))
    numbers[0].numpy().astype("float32").tofile(folder / f"{name}.f32")


def make_pair(folder, kind, options):
    """A text made of a source: logits after given tokens, and the likeliest tokens."""
    torch.manual_seed(3)
    model = kind(kind.config_class(**options, decoder_start_token_id=0)).eval().float()
    with torch.no_grad():
        for parameter in (p for p in model.parameters() if p.requires_grad):  # no waves
            parameter.mul_(1.5).add_(0.02 * torch.randn_like(parameter))
        for key, buffer in model.named_buffers():
            if key == "final_logits_bias":
                buffer.normal_(std=0.1)
        model.save_pretrained(folder)
        source, tokens = torch.tensor([IDS]), torch.tensor([[0] + IDS[3:20] * 2])
        numbers = model(input_ids=source, decoder_input_ids=tokens).logits[0]
        likeliest = [0]
        for _ in range(12):
            made = model(input_ids=source, decoder_input_ids=torch.tensor([likeliest])).logits
            likeliest.append(int(made[0, -1].argmax()))
    (folder / "made.json").write_text(json.dumps(
        {"source": IDS, "tokens": tokens[0].tolist(), "likeliest": likeliest[1:]}))
    numbers.numpy().astype("float32").tofile(folder / "made.f32")


ACTIVATIONS = ("silu", "gelu", "gelu_new", "quick_gelu", "relu", "relu2", "mish", "sigmoid", "tanh")
ROPES = (dict(rope_type="linear", factor=2.0),
         dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16),
         dict(rope_type="yarn", factor=2.0, original_max_position_embeddings=32, beta_fast=16.0,
              mscale_all_dim=0.5),
         dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32, truncate=False,
              attention_factor=1.3, mscale=0.7, mscale_all_dim=1.0),
         dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=2.0,
              original_max_position_embeddings=32))
BOTH = (True, False)
SETTINGS = {
    "hidden_act": ACTIVATIONS, "hidden_activation": ACTIVATIONS, "activation": ACTIVATIONS,
    "activation_function": ACTIVATIONS, "rope_parameters": ROPES, "sliding_window": (5, 8, 16),
    "use_sliding_window": BOTH, "max_window_layers": (0, 1, 2), "tie_word_embeddings": BOTH,
    "attention_bias": BOTH, "mlp_bias": BOTH, "use_bias": BOTH, "conv_bias": BOTH,
    "use_qkv_bias": BOTH, "qk_layernorm": BOTH, "use_qk_norm": BOTH, "norm_topk_prob": BOTH,
    "rms_norm_eps": (1e-2, 1e-5), "layer_norm_eps": (1e-2, 1e-5), "num_key_value_heads": (1, 2, 4),
    "attention_multiplier": (0.1, 0.3), "logits_scaling": (2.0, 0.5), "logit_scale": (0.1, 2.0),
    "embedding_multiplier": (2.0, 0.5), "residual_multiplier": (0.5, 1.5),
    "final_logit_softcapping": (None, 1.0), "attn_logit_softcapping": (None, 1.0),
    "query_pre_attn_scalar": (8, 24), "floor_scale": (4, 16), "attn_scale": (0.1, 0.3),
    "attn_temperature_tuning": BOTH, "attention_chunk_size": (4, 16), "swiglu_limit": (0.2, 7.0),
    "vocab_size": (160, 167), "intermediate_size": (32, 100)}


def make_random(out, count, seed):
    """Families with some settings that transformers and lampwick both know; what transformers itself
    refuses is left out."""
    choose, kinds = random.Random(seed), list(FAMILIES.items())
    made = 0
    for i in range(count):
        name, (kind, options) = choose.choice(kinds)
        known = [k for k in SETTINGS if hasattr(AutoConfig.for_model(kind, **options), k) and
                 not (k == "rope_parameters" and "rotary_dim" in options)]
        more = {k: choose.choice(SETTINGS[k]) for k in choose.sample(known, min(3, len(known)))}
        if "mxfp4" in name or "pictures" in name:
            continue
        try:
            make(out / f"{i}-{name}", "logits", kind, options | more)
        except (ValueError, RuntimeError, TypeError, KeyError, AttributeError):
            continue
        (out / f"{i}-{name}" / "settings.json").write_text(json.dumps(more))
        made += 1
    print(f"{made} folders with random settings, seed {seed}")


def main():
    out = pathlib.Path(sys.argv[1])
    if sys.argv[2:3] == ["--random"]:
        return make_random(out, int(sys.argv[3]), int(sys.argv[4]))
    for numbers, families in (("logits", FAMILIES | PICTURES), ("states", ENCODERS),
                              ("scores", CLASSIFIERS)):
        for name, (kind, options) in families.items():
            if not sys.argv[2:] or name in sys.argv[2:]:
                make(out / name, numbers, kind, options)
    for name, (kind, options) in PAIRS.items():
        if not sys.argv[2:] or name in sys.argv[2:]:
            make_pair(out / name, kind, options)
    print(f"{len(FAMILIES)} families, {len(ENCODERS)} of encoders, "
          f"{len(CLASSIFIERS)} of classifiers, {len(PAIRS)} with a source")


main()
