#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a small model with random blocks of each type that has few bits, and the same model with the
float32 numbers that the Python package gguf makes of them: the logits differ by the rounding of
activations to 8 bits. So does one whose weights have types that alternate, of which those of query,
key and value, and of gate and up, are computed together.

    block_types.py [--device NAME] liblampwick.so

On a device, logits are held against the processor's, of more types, and embeddings are blocks too. Where
sums in another order round an activation to the next integer, errors are like those of rounding.
"""
import argparse
import pathlib
import sys
import tempfile

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402

WIDTH, INNER, HEADS, VOCABULARY = 256, 512, 4, 100
# The place of a block's float16 and a number that makes weights of some 0.06.
SCALES = {"IQ1_S": (0, 8e-3), "IQ2_XXS": (0, 1.2e-3), "IQ2_XS": (0, 1.2e-3), "IQ2_S": (0, 1.2e-3),
          "IQ3_XXS": (0, 5e-4), "IQ3_S": (0, 5e-4), "IQ4_XS": (0, 5e-5), "TQ1_0": (52, 6e-2),
          "TQ2_0": (64, 6e-2), "Q3_K": (108, 1e-3), "Q6_K": (208, 5e-5), "IQ4_NL": (0, 1e-3),
          "IQ1_M": (None, 8e-3), "NVFP4": (None, None), "MXFP4": (None, None)}
# The others; of those that have minima too, a pair of places and numbers.
MORE = {"Q4_0": (0, 1e-2), "Q4_1": ((0, 2), (1e-2, -7e-2)), "Q5_0": (0, 5e-3),
        "Q5_1": ((0, 2), (5e-3, -7e-2)), "Q8_0": (0, 6e-4), "Q2_K": ((80, 82), (4e-3, 4e-3)),
        "Q4_K": ((0, 2), (2e-4, 1e-3)), "Q5_K": ((0, 2), (1e-4, 1e-3)), "Q8_K": (None, 6e-4)}


# Of integers and of floats, beside one another and in turns.
MIXED = {"blk.0.attn_q": "Q6_K", "blk.0.attn_k": "F32", "blk.0.attn_v": "IQ4_XS",
         "blk.0.ffn_gate": "F16", "blk.0.ffn_up": "F32"}


def random_blocks(kind, shape, rng):
    """[rows, bytes], or numbers"""
    if kind in (Type.F32, Type.F16):
        numbers = 0.06 * rng.standard_normal(shape, np.float32)
        return numbers.astype(np.float32 if kind == Type.F32 else np.float16)
    elements, size = GGML_QUANT_SIZES[kind]
    data = rng.integers(0, 256, (shape[0] * shape[1] // elements, size), dtype=np.uint8)
    at, scale = (SCALES | MORE)[kind.name]
    half = np.frombuffer(np.float16(np.ravel(scale)[0] or 0).tobytes(), np.uint8)
    if isinstance(at, tuple):
        for place, number in zip(at, scale):
            data[:, place:place + 2] = np.frombuffer(np.float16(number).tobytes(), np.uint8)
    elif at is not None:
        data[:, at:at + 2] = half
    elif kind == Type.Q8_K:
        data[:, :4] = np.frombuffer(np.float32(scale).tobytes(), np.uint8)
    elif kind == Type.IQ1_M:  # four bits in each of four words of small scales
        for word, nibble in enumerate((half[0] & 15, half[0] >> 4, half[1] & 15, half[1] >> 4)):
            data[:, 49 + 2 * word] = (data[:, 49 + 2 * word] & 15) | nibble << 4
    elif kind == Type.MXFP4:
        data[:, 0] = rng.integers(119, 125, len(data))
    else:  # four scales of 8 bits
        data[:, :4] = rng.integers(0x10, 0x18, (len(data), 4))
    return data.reshape(shape[0], -1)


def write(path, weights):
    w = gguf.GGUFWriter(path, "llama")
    w.add_context_length(64)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(INNER)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_block_count(1)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_vocab_size(VOCABULARY)
    for name, (data, kind) in weights.items():
        w.add_tensor(name + ".weight", data, raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def numbers_of(blocks, kind):
    if kind != Type.Q8_K:
        return quants.dequantize(blocks, kind).astype(np.float32)
    each = blocks.reshape(-1, GGML_QUANT_SIZES[kind][1])
    return each[:, :4].copy().view(np.float32) * each[:, 4:260].view(np.int8)


def write_pair(folder, kind_of, rng, embeddings=False):
    """The model with blocks of the types that weights have, and with their numbers."""
    shapes = {"output": (VOCABULARY, WIDTH)}
    shapes |= {f"blk.0.attn_{n}": (WIDTH, WIDTH) for n in ("q", "k", "v", "output")}
    shapes |= {"blk.0.ffn_gate": (INNER, WIDTH), "blk.0.ffn_up": (INNER, WIDTH),
               "blk.0.ffn_down": (WIDTH, INNER)}
    if embeddings:
        shapes["token_embd"] = (VOCABULARY, WIDTH)
    packed, plain = {}, {}
    for name, shape in shapes.items():
        kind = kind_of(name)
        blocks = random_blocks(kind, shape, rng)
        packed[name] = (blocks, kind)
        plain[name] = (numbers_of(blocks, kind).reshape(shape), None)
    rest = {n: np.ones(WIDTH, np.float32) for n in ("output_norm", "blk.0.attn_norm",
                                                    "blk.0.ffn_norm")}
    if not embeddings:
        rest["token_embd"] = rng.standard_normal((VOCABULARY, WIDTH), np.float32)
    rest = {n: (data, None) for n, data in rest.items()}
    write(folder / "blocks.gguf", packed | rest)
    write(folder / "numbers.gguf", plain | rest)


def check(library, name, kind_of, rng):
    tokens = rng.integers(0, VOCABULARY, 12).tolist()
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        write_pair(folder, kind_of, rng)
        blocks, slow = (Decoder(library, folder / "blocks.gguf", threads=n) for n in (1, 2))
        got, want = blocks.feed(tokens), Decoder(library, folder / "numbers.gguf").feed(tokens)
        by_token = np.concatenate([slow.feed([t]) for t in tokens])
    error = nmse(got, want)
    good = 1e-9 < error < 1e-3 and np.array_equal(got, by_token)
    print(f"{'ok ' if good else 'BAD'} {name:8} nmse {error:.1e}, "
          f"batch equal {np.array_equal(got, by_token)}")
    return good


def check_device(library, name, device, rng):
    """Prompts of one tile and of several, and a token at a time."""
    tokens = rng.integers(0, VOCABULARY, 90).tolist()
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        write_pair(folder, lambda _: Type[name], rng, embeddings=True)
        here = Decoder(library, folder / "blocks.gguf", threads=1)
        there = Decoder(library, folder / "blocks.gguf", device=device)
        parts = [tokens[:5], tokens[5:85]] + [[t] for t in tokens[85:]]
        errors = [nmse(there.feed(part), here.feed(part)) for part in parts]
    good = max(errors) < 1e-3
    print(f"{'ok ' if good else 'BAD'} {name:8} on {device} nmse {max(errors):.1e}", flush=True)
    return good


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("library")
    arguments.add_argument("--device")
    a = arguments.parse_args()
    library, rng = lampwick.Library(a.library), np.random.default_rng(3)
    if a.device:
        names = [*SCALES, *MORE]
        failed = sum(not check_device(library, name, a.device, rng) for name in names)
        print(f"{len(names)} types, {failed} differ")
        sys.exit(failed > 0)
    failed = sum(not check(library, name, lambda _, name=name: Type[name], rng) for name in SCALES)
    failed += not check(library, "in turns", lambda name: Type[MIXED.get(name, "Q6_K")], rng)
    print(f"{len(SCALES)} types and their mixture, {failed} differ")
    sys.exit(failed > 0)


main()
