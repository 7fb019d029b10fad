#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the encoders among the folders of make_huggingface.py as GGUF files, model.gguf in each
folder, with the names that the gguf package has for their tensors.

    encoders_to_gguf.py FOLDER
"""
import json
import pathlib
import sys

import gguf
import numpy as np

ARCHITECTURES = {"nomic_bert": gguf.MODEL_ARCH.NOMIC_BERT, "modernbert": gguf.MODEL_ARCH.MODERN_BERT}
SHIFTED = ("roberta", "xlm-roberta", "camembert")


def read_safetensors(path):
    data = path.read_bytes()
    n = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:8 + n]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            array = np.frombuffer(data[8 + n + begin:8 + n + end], np.float32)
            yield name, array.reshape(entry["shape"])


def write(folder, config):
    kind = config["model_type"]
    architecture = ARCHITECTURES.get(kind, gguf.MODEL_ARCH.BERT)
    layers = config.get("num_hidden_layers") or config["n_layers"]
    names = gguf.get_tensor_name_map(architecture, layers)
    first = config["pad_token_id"] + 1 if kind in SHIFTED else 0
    w = gguf.GGUFWriter(folder / "model.gguf", gguf.MODEL_ARCH_NAMES[architecture])
    w.add_context_length(config["max_position_embeddings"] - first)
    w.add_embedding_length(config.get("hidden_size") or config["dim"])
    w.add_feed_forward_length(config.get("intermediate_size") or config["hidden_dim"])
    w.add_block_count(layers)
    w.add_head_count(config.get("num_attention_heads") or config["n_heads"])
    w.add_layer_norm_eps(config.get("layer_norm_eps", config.get("norm_eps", 1e-12)))
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    if kind == "nomic_bert":
        w.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    if kind == "modernbert":
        w.add_rope_freq_base(config["rope_parameters"]["full_attention"]["rope_theta"])
        w.add_sliding_window(config["local_attention"])
    for name, array in read_safetensors(folder / "model.safetensors"):
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known is None or name.startswith("pooler"):
            print(f"{folder.name}: {name} is left out")
            continue
        w.add_tensor(known, array[first:] if known == "position_embd.weight" else array)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    folders = [p.parent for p in sorted(pathlib.Path(sys.argv[1]).glob("*/states.f32"))]
    for folder in folders:
        write(folder, json.loads((folder / "config.json").read_text()))
    print(f"{len(folders)} encoders")


main()
