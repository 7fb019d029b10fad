#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes small GGUF files with random weights, for tests that damage them, and a Hugging Face folder
with the same weights as the first.

    make_tiny.py FOLDER
"""
import json
import pathlib
import sys

import gguf
import numpy as np
import tiny_recurrent
import tiny_t5
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES

WIDTH, INNER, HEADS, KV, VOCABULARY = 32, 64, 4, 2, 40
NAMES = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
         "ffn_norm": "post_attention_layernorm"}


def tensors(rng, experts=0):
    """Name and array of a layer and what is around it; float32."""
    half = WIDTH // HEADS * KV
    shapes = {"token_embd": (VOCABULARY, WIDTH), "output": (VOCABULARY, WIDTH),
              "blk.0.attn_q": (WIDTH, WIDTH), "blk.0.attn_k": (half, WIDTH),
              "blk.0.attn_v": (half, WIDTH), "blk.0.attn_output": (WIDTH, WIDTH)}
    for name, shape in (("gate", (INNER, WIDTH)), ("up", (INNER, WIDTH)), ("down", (WIDTH, INNER))):
        shapes[f"blk.0.ffn_{name}" + ("_exps" if experts else "")] = \
            (experts, *shape) if experts else shape
    if experts:
        shapes["blk.0.ffn_gate_inp"] = (experts, WIDTH)
    size = np.float32(0.2 * (32 / WIDTH) ** 0.5)
    made = {n: rng.standard_normal(s, np.float32) * size for n, s in shapes.items()}
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        made[name] = np.ones(WIDTH, np.float32)
    return made


def begin(path, architecture):
    """What all files have in their header."""
    w = gguf.GGUFWriter(path, architecture)
    w.add_context_length(64)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(INNER)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_tokenizer_model("llama")
    w.add_token_list(["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(3, VOCABULARY)])
    w.add_token_scores([0.0] * VOCABULARY)
    w.add_token_types([2, 3, 3] + [1] * (VOCABULARY - 3))
    return w


def end(w):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_gguf(path, kind, experts=0, architecture="llama", stretched=False, weights=None):
    w = begin(path, architecture)
    if stretched:
        w.add_rope_scaling_orig_ctx_len(40)
        for name, slope in (("short", 0.1), ("long", 1.0)):
            w.add_tensor(f"rope_factors_{name}.weight",
                         (1 + slope * np.arange(WIDTH // HEADS // 2)).astype(np.float32))
    w.add_block_count(1)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV)
    if experts:
        w.add_expert_count(experts)
        w.add_expert_used_count(2)
    for name, data in (weights or tensors(np.random.default_rng(1), experts)).items():
        if data.ndim > 1 and data.shape[-1] % GGML_QUANT_SIZES[kind][0] == 0:
            w.add_tensor(name + ".weight", gguf.quants.quantize(data, kind), raw_dtype=kind)
        else:
            w.add_tensor(name + ".weight", data)
    end(w)


def write_recurrent(path, architecture):
    arrays, numbers = tiny_recurrent.tensors(architecture)
    w = begin(path, architecture)
    for key, number in numbers.items():
        w.add_uint32(f"{architecture}.{key}", number)
    for name, data in arrays.items():
        w.add_tensor(name, data)
    end(w)


def write_encoder(path):
    """BERT with one layer."""
    rng, width = np.random.default_rng(5), WIDTH
    w = gguf.GGUFWriter(path, "bert")
    w.add_context_length(64)
    w.add_embedding_length(width)
    w.add_block_count(1)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    w.add_layer_norm_eps(1e-12)
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    w.add_tokenizer_model("bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    w.add_token_list(special + [f"\u2581t{i}" for i in range(5, VOCABULARY)])
    w.add_token_types([3, 2, 3, 3, 3] + [1] * (VOCABULARY - 5))
    w.add_pad_token_id(0)
    w.add_unk_token_id(1)
    w.add_uint32("tokenizer.ggml.cls_token_id", 2)
    w.add_sep_token_id(3)
    shapes = {"token_embd": (VOCABULARY, width), "position_embd": (64, width),
              "token_types": (2, width), "blk.0.ffn_up": (INNER, width),
              "blk.0.ffn_down": (width, INNER)}
    shapes |= {f"blk.0.attn_{n}": (width, width) for n in ("q", "k", "v", "output")}
    made = {f"{n}.weight": rng.standard_normal(s, np.float32) * 0.2 for n, s in shapes.items()}
    for name in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        made[f"{name}.weight"] = np.ones(width, np.float32)
    for name, data in made.items():
        w.add_tensor(name, data.astype(np.float32))
        if name.startswith("blk") or name.endswith("norm.weight"):
            bias = rng.standard_normal(data.shape[0], np.float32) * np.float32(0.1)
            w.add_tensor(name.replace(".weight", ".bias"), bias)
    end(w)


def hf_name(name):
    plain = {"token_embd": "model.embed_tokens", "output": "lm_head", "output_norm": "model.norm"}
    return (plain.get(name) or "model.layers.0." + NAMES[name.split(".")[2]]) + ".weight"


def write_safetensors(path, arrays):
    header, at = {}, 0
    for name, data in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(data.shape),
                        "data_offsets": [at, at + data.nbytes]}
        at += data.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text +
                     b"".join(a.tobytes() for a in arrays.values()))


def write_folder(folder, weights=None):
    folder.mkdir(exist_ok=True)
    config = {"model_type": "llama", "hidden_size": WIDTH, "intermediate_size": INNER,
              "num_hidden_layers": 1, "num_attention_heads": HEADS, "num_key_value_heads": KV,
              "vocab_size": VOCABULARY, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
              "rope_theta": 10000.0, "hidden_act": "silu"}
    (folder / "config.json").write_text(json.dumps(config))
    weights = weights or tensors(np.random.default_rng(1))
    arrays = {hf_name(n): a for n, a in weights.items()}
    write_safetensors(folder / "model.safetensors", arrays)


def write_wide(folder):
    """Rows that blocks of 256 divide."""
    global WIDTH, INNER
    folder.mkdir(exist_ok=True)
    WIDTH, INNER = 256, 512
    write_gguf(folder / "f32.gguf", Type.F32)
    write_gguf(folder / "experts.gguf", Type.F16, experts=4)


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    write_gguf(out / "f32.gguf", Type.F32)
    write_gguf(out / "q8_0.gguf", Type.Q8_0)
    write_gguf(out / "q4_0.gguf", Type.Q4_0)
    write_gguf(out / "experts.gguf", Type.F16, experts=4)
    write_gguf(out / "gemma3.gguf", Type.F16, architecture="gemma3")
    for architecture in tiny_recurrent.MODELS:
        write_recurrent(out / f"{architecture}.gguf", architecture)
    write_gguf(out / "stretched.gguf", Type.F32, stretched=True)
    write_encoder(out / "encoder.gguf")
    tiny_t5.write(out / "t5.gguf", False)
    tiny_t5.write(out / "t5-gated.gguf", True)
    write_folder(out / "folder")
    write_wide(out / "wide")


if __name__ == "__main__":
    main()
