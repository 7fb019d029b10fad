#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes GGUF files with random weights in the shapes of known language models, for measuring speed,
which does not depend on the weights. The vocabulary is made up: token N is the text "tN ".

    bench/make_language_models.py FOLDER [SHAPE] [TYPE...]     needs the packages gguf and numpy
"""
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES

# name: (width, feed-forward, layers, heads, key heads, vocabulary)
SHAPES = {"15M": (288, 768, 6, 6, 6, 32000), "110M": (768, 2048, 12, 12, 12, 32000),
          "1B": (2048, 5632, 22, 32, 4, 32000)}
# Where a block has float16 scales; their values are made small, so that nothing overflows.
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82],
          "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0],
          "IQ4_XS": [0], "IQ1_S": [0], "IQ1_M": [], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0],
          "IQ3_XXS": [0], "IQ3_S": [0], "TQ1_0": [52], "TQ2_0": [64], "MXFP4": [], "NVFP4": []}
SCALE = np.frombuffer(np.float16(0.0004).tobytes(), np.uint8)
TYPES = list(HALVES) + ["F16", "BF16", "F32"]


def set_scales(kind, data):
    """Blocks [rows, blocks, bytes] of random bytes get scales."""
    for at in HALVES[kind.name]:
        data[:, :, at:at + 2] = SCALE
    if kind == Type.MXFP4:  # an exponent: 2^-7
        data[:, :, 0] = 120
    if kind == Type.NVFP4:  # four of type E4M3: 2^-7
        data[:, :, :4] = 4
    if kind == Type.IQ1_M:  # the upper nibbles of four 16-bit words
        for i, byte in enumerate(range(49, 56, 2)):
            nibble = SCALE[i // 2] >> i % 2 * 4 & 15
            data[:, :, byte] = data[:, :, byte] & 15 | nibble << 4


def matrix(rng, kind, rows, columns):
    if kind == Type.F32:
        return rng.standard_normal((rows, columns), np.float32) * np.float32(0.02)
    if kind == Type.F16:
        return rng.standard_normal((rows, columns), np.float32).astype(np.float16) * np.float16(0.02)
    if kind == Type.BF16:
        numbers = rng.standard_normal((rows, columns), np.float32) * np.float32(0.02)
        return (numbers.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    elements, size = GGML_QUANT_SIZES[kind]
    data = rng.integers(0, 256, (rows, columns // elements, size), dtype=np.uint8)
    set_scales(kind, data)
    return data.reshape(rows, -1)


def add(writer, rng, name, kind, rows, columns):
    writer.add_tensor(name, matrix(rng, kind, rows, columns), raw_dtype=kind)


def vocabulary(writer, n):
    texts = ["<unk>", "<s>", "</s>"] + [f"t{i} " for i in range(3, n)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores([-float(i) for i in range(n)])
    writer.add_token_types([2, 3, 3] + [1] * (n - 3))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)


def make(path, shape, kind):
    width, inner, layers, heads, kv, n = SHAPES[shape]
    rng = np.random.default_rng(1)
    w = gguf.GGUFWriter(path, "llama")
    w.add_context_length(2048)
    w.add_embedding_length(width)
    w.add_block_count(layers)
    w.add_feed_forward_length(inner)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_dimension_count(width // heads)
    vocabulary(w, n)
    norm = np.ones(width, np.float32)
    add(w, rng, "token_embd.weight", kind, n, width)
    w.add_tensor("output_norm.weight", norm)
    add(w, rng, "output.weight", kind, n, width)
    small = width // heads * kv
    for i in range(layers):
        for name, rows, columns in (("attn_q", width, width), ("attn_k", small, width),
                                    ("attn_v", small, width), ("attn_output", width, width),
                                    ("ffn_gate", inner, width), ("ffn_up", inner, width),
                                    ("ffn_down", width, inner)):
            add(w, rng, f"blk.{i}.{name}.weight", kind, rows, columns)
        w.add_tensor(f"blk.{i}.attn_norm.weight", norm)
        w.add_tensor(f"blk.{i}.ffn_norm.weight", norm)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for shape in sys.argv[2:3] or SHAPES:
        for name in sys.argv[3:] or TYPES:
            kind = Type[name]
            if SHAPES[shape][0] % GGML_QUANT_SIZES[kind][0] == 0:
                make(folder / f"{shape}-{name}.gguf", shape, kind)


main()
