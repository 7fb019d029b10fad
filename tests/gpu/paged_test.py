#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prompts of language models on cards with tensor cores, with the driver of tests/gpu/fake_card.c: logits
are those of the processor, as nearly as what is multiplied allows, for heads of all sizes, caches of all
types, windows, capped scores, sinks and slopes, for several sequences at once in blocks that lie
anywhere, in one range and in several.

    LD_LIBRARY_PATH=build/tests/fake_cuda FAKE_CARD=capability=80 tests/gpu/paged_test.py \\
        build/liblampwick.so CAPABILITY
"""
import pathlib
import sys
import tempfile

import gguf
import numpy as np

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "models"), str(TESTS / "llm")]
import lampwick  # noqa: E402
from checks import check, finish  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402

WIDTH, INNER, VOCABULARY, POSITIONS = 32, 32, 40, 32
# Differences that roundings make: of float16; of a sum of two bfloat16, of which 16 bits are left; of
# float32 where a card has no bfloat16 and does as others.
CACHES = {"f32": (np.float32, 1e-9), "f16": (np.float16, 2e-6), "q8": (np.uint8, 4e-6)}
UNROUNDED = 1e-12  # which sums in float32 alone stay below
# A name: architecture, heads, those of keys, elements of a head (and of a value), what else there is.
MODELS = {
    "plain": ("llama", 4, 2, 64, {}),
    "five to one": ("llama", 5, 1, 72, {}),
    "sinks": ("llama", 6, 2, 128, {"sinks": True}),
    "widest": ("llama", 3, 1, 256, {}),
    "window": ("gemma3", 4, 2, 64, {"attention.sliding_window": 19, "attn_logit_softcapping": 2.0, "sinks": True}),
    "wide window": ("gemma3", 4, 4, 256, {"attention.sliding_window": 33, "attn_logit_softcapping": 2.0}),
    "slopes": ("mpt", 3, 3, 136, {}),
}


def write_model(path, architecture, heads, kv, size, more):
    rng = np.random.default_rng(5)
    w = gguf.GGUFWriter(path, architecture)
    w.add_context_length(2048)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(INNER)
    w.add_block_count(1)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_key_length(size)
    w.add_value_length(size)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_layer_norm_eps(1e-5)
    for key, number in more.items():
        if isinstance(number, float):
            w.add_float32(f"{architecture}.{key}", number)
        elif key != "sinks":
            w.add_uint32(f"{architecture}.{key}", number)
    w.add_tokenizer_model("llama")
    w.add_token_list(["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(3, VOCABULARY)])
    w.add_token_scores([0.0] * VOCABULARY)
    w.add_token_types([2, 3, 3] + [1] * (VOCABULARY - 3))
    shapes = {"token_embd": (VOCABULARY, WIDTH), "output": (VOCABULARY, WIDTH), "attn_q": (heads * size, WIDTH),
              "attn_k": (kv * size, WIDTH), "attn_v": (kv * size, WIDTH), "attn_output": (WIDTH, heads * size),
              "ffn_gate": (INNER, WIDTH), "ffn_up": (INNER, WIDTH), "ffn_down": (WIDTH, INNER)}
    if architecture == "mpt":
        del shapes["ffn_gate"]
    for name, shape in shapes.items():
        block = "" if name in ("token_embd", "output") else "blk.0."
        scale = 0.3 if name in ("attn_q", "attn_k") else shape[1] ** -0.5
        w.add_tensor(f"{block}{name}.weight", rng.standard_normal(shape, np.float32) * np.float32(scale))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        w.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
    if "sinks" in more:
        w.add_tensor("blk.0.attn_sinks.weight", rng.standard_normal(heads).astype(np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


class Sequences:
    """Some of them at once, on blocks that each has somewhere."""

    def __init__(self, library, path, cache, n, blocks, device=None):
        self.one = Decoder(library, path, cache, device=device, blocks=n * blocks)
        self.table = np.random.default_rng(3).permutation(n * blocks).astype(np.int32).reshape(n, blocks)
        self.at = [0] * n

    def feed(self, tokens, sequences):
        positions = []
        for s in sequences:
            positions.append(self.at[s])
            self.at[s] += 1
        n = len(tokens)
        return self.one.model.run({"tokens": np.array(tokens, np.int32), "positions": np.array(positions, np.int32),
                                   "sequences": np.array(sequences, np.int32), "outputs": np.arange(n, dtype=np.int32),
                                   "cache": self.one.memory["cache"], "blocks": self.table})[0]


def errors(library, path, cache, blocks):
    """Of a prompt, more of it, one token, and two sequences with their tokens in no order."""
    rng = np.random.default_rng(1)
    for n, parts in ((1, [[0] * 70, [0], [0] * 25]), (2, [[0] * 20 + [1] * 30, [0, 1, 1, 0, 1] * 4])):
        here, there = (Sequences(library, path, cache, n, blocks, device) for device in (None, "cuda:0"))
        for part in parts:
            tokens = rng.integers(3, VOCABULARY, len(part)).tolist()
            yield nmse(there.feed(tokens, part), here.feed(tokens, part))
        here.one.model.close()
        there.one.model.close()


def main():
    library, capability = lampwick.Library(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        for name, model in MODELS.items():
            path = pathlib.Path(folder) / f"{name}.gguf"
            write_model(path, *model)
            for (kind, (cache, bound)), blocks in zip(CACHES.items(), (4, 48, 4)):
                worst = max(errors(library, path, cache, blocks))
                check(f"{name}, {kind}, {blocks} blocks", worst < bound, worst)
                tensor_cores = capability >= (80 if kind == "f32" else 75)
                check(f"{name}, {kind}, kernel", (worst > UNROUNDED) == tensor_cores, worst)
    finish()


main()
