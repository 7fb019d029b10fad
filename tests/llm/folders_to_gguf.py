#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes encoders and DeepSeek models among the folders of make_huggingface.py as GGUF files,
named.gguf in each folder, with the names that the gguf package has for their tensors.

    folders_to_gguf.py FOLDER
"""
import json
import pathlib
import sys

import gguf
import numpy as np

BERTS = dict.fromkeys(("bert", "roberta", "xlm-roberta", "camembert", "distilbert"),
                      gguf.MODEL_ARCH.BERT)
ARCHITECTURES = BERTS | {"nomic_bert": gguf.MODEL_ARCH.NOMIC_BERT,
                         "modernbert": gguf.MODEL_ARCH.MODERN_BERT,
                         "t5": gguf.MODEL_ARCH.T5ENCODER, "mt5": gguf.MODEL_ARCH.T5ENCODER,
                         "deepseek_v2": gguf.MODEL_ARCH.DEEPSEEK2,
                         "deepseek_v3": gguf.MODEL_ARCH.DEEPSEEK2}
SHIFTED = ("roberta", "xlm-roberta", "camembert")


def read_safetensors(path):
    data = path.read_bytes()
    n = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:8 + n]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            array = np.frombuffer(data[8 + n + begin:8 + n + end], np.float32)
            yield name, array.reshape(entry["shape"])


def first_of(config, *names):
    return next(config[n] for n in names if n in config)


def describe_encoder(w, config):
    kind = config["model_type"]
    w.add_layer_norm_eps(config.get("layer_norm_eps", config.get("norm_eps", 1e-12)))
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    if kind in ("t5", "mt5"):
        w.add_layer_norm_rms_eps(config["layer_norm_epsilon"])
        w.add_relative_attn_buckets_count(config["relative_attention_num_buckets"])
        w.add_uint32(f"{w.arch}.attention.relative_max_distance",
                     config["relative_attention_max_distance"])
        w.add_key_length(config["d_kv"])
        w.add_value_length(config["d_kv"])
    if kind == "nomic_bert":
        w.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    if kind == "modernbert":
        w.add_rope_freq_base(config["rope_parameters"]["full_attention"]["rope_theta"])
        w.add_sliding_window(config["local_attention"])


def describe_deepseek(w, config):
    rank, turned = config["kv_lora_rank"], config["qk_rope_head_dim"]
    rope = config["rope_parameters"]
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_head_count_kv(1)
    w.add_kv_lora_rank(rank)
    w.add_key_length(rank + turned)
    w.add_value_length(rank)
    w.add_key_length_mla(config["qk_nope_head_dim"] + turned)
    w.add_value_length_mla(config["v_head_dim"])
    w.add_rope_dimension_count(turned)
    w.add_rope_freq_base(rope["rope_theta"])
    w.add_expert_count(config["n_routed_experts"])
    w.add_expert_used_count(config["num_experts_per_tok"])
    w.add_expert_weights_scale(config["routed_scaling_factor"])
    w.add_expert_weights_norm(config["norm_topk_prob"])
    if config.get("topk_method") != "greedy":
        w.add_expert_group_count(config["n_group"])
        w.add_expert_group_used_count(config["topk_group"])
    w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID
                             if config["model_type"] == "deepseek_v3"
                             else gguf.ExpertGatingFuncType.SOFTMAX)
    if rope["rope_type"] == "yarn":
        w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        w.add_rope_scaling_factor(rope["factor"])
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        w.add_rope_scaling_yarn_log_mul(0.1 * rope["mscale_all_dim"])


def deepseek_tensors(tensors, config):
    """Experts stacked, and the matrix for keys and values in two."""
    stacks = {}
    for name, array in tensors:
        if name.endswith("kv_b_proj.weight"):
            heads = array.reshape(config["num_attention_heads"], -1, array.shape[1])
            keys, values = np.split(heads, [config["qk_nope_head_dim"]], axis=1)
            yield name.replace("kv_b_proj", "k_b_proj"), keys.transpose(0, 2, 1)
            yield name.replace("kv_b_proj", "v_b_proj"), values
        elif ".experts." in name:
            before, after = name.split(".experts.")
            number, after = after.split(".", 1)
            stacks.setdefault(f"{before}.experts.{after}", {})[int(number)] = array
        elif name.endswith("e_score_correction_bias"):
            yield name.replace("_bias", ".bias"), array
        else:
            yield name, array
    for name, experts in stacks.items():
        yield name, np.stack([experts[i] for i in sorted(experts)])


def write(folder, config):
    kind = config["model_type"]
    architecture = ARCHITECTURES[kind]
    layers = first_of(config, "num_hidden_layers", "n_layers", "num_layers")
    names = gguf.get_tensor_name_map(architecture, layers)
    first = config["pad_token_id"] + 1 if kind in SHIFTED else 0
    w = gguf.GGUFWriter(folder / "named.gguf", gguf.MODEL_ARCH_NAMES[architecture])
    w.add_context_length(config.get("max_position_embeddings", 512) - first)
    w.add_embedding_length(first_of(config, "hidden_size", "dim", "d_model"))
    w.add_feed_forward_length(first_of(config, "intermediate_size", "hidden_dim", "d_ff"))
    w.add_block_count(layers)
    w.add_head_count(first_of(config, "num_attention_heads", "n_heads", "num_heads"))
    deepseek = architecture == gguf.MODEL_ARCH.DEEPSEEK2
    (describe_deepseek if deepseek else describe_encoder)(w, config)
    tensors = read_safetensors(folder / "model.safetensors")
    for name, array in deepseek_tensors(tensors, config) if deepseek else tensors:
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known is None or name.startswith("pooler"):
            print(f"{folder.name}: {name} is left out")
            continue
        array = array[first:] if known == "position_embd.weight" else array
        w.add_tensor(known, np.ascontiguousarray(array))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    n = 0
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*/config.json")):
        config = json.loads(path.read_text())
        if path.parent.name.endswith("-again"):  # made of GGUF files by convert_test.py
            continue
        if config["model_type"] in ARCHITECTURES and not (path.parent / "scores.f32").exists():
            write(path.parent, config)
            n += 1
    print(f"{n} files")


main()
