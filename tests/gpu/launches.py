#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists what a card is given for one token of a language model: the launches of one layer, in their
order, with their grids and the bytes of the constants that they read. The model is of the sizes of
Llama 3.2 1B, all of it zeros; the card is that of tests/gpu/fake_card.c, with kernels that do nothing.

    launches.py build/lampwick build/tests/fake_cuda [--type Q4_K] [--capability 90] [--all]
                                                     [--most N]     more in a layer are a failure
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES

WIDTH, INNER, HEADS, KV, LAYERS, VOCABULARY, CONTEXT = 2048, 8192, 32, 8, 3, 4096, 4096


def write(path, kind, mixed):
    """mixed: values and what goes back to the width are Q6_K, as in files of Q4_K_M."""
    w = gguf.GGUFWriter(path, "llama")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(INNER)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_block_count(LAYERS)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV)
    w.add_tokenizer_model("llama")
    w.add_token_list(["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(3, VOCABULARY)])
    w.add_token_scores([0.0] * VOCABULARY)
    w.add_token_types([2, 3, 3] + [1] * (VOCABULARY - 3))
    kv = WIDTH // HEADS * KV
    shapes = {"token_embd": (VOCABULARY, WIDTH), "output": (VOCABULARY, WIDTH)}
    norms = ["output_norm"]
    for i in range(LAYERS):
        shapes |= {f"blk.{i}.{name}": shape for name, shape in
                   (("attn_q", (WIDTH, WIDTH)), ("attn_k", (kv, WIDTH)), ("attn_v", (kv, WIDTH)),
                    ("attn_output", (WIDTH, WIDTH)), ("ffn_gate", (INNER, WIDTH)),
                    ("ffn_up", (INNER, WIDTH)), ("ffn_down", (WIDTH, INNER)))}
        norms += [f"blk.{i}.attn_norm", f"blk.{i}.ffn_norm"]
    for name, (n, k) in shapes.items():
        own = Type.Q6_K if mixed and re.search("attn_v|ffn_down|output$", name) else kind
        elements, size = GGML_QUANT_SIZES[own]
        w.add_tensor(name + ".weight", np.zeros((n, k // elements * size), np.uint8), raw_dtype=own)
    for name in norms:
        w.add_tensor(name + ".weight", np.ones(WIDTH, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def launches(options, model, tokens):
    env = dict(os.environ, LD_LIBRARY_PATH=options.cards, FAKE_CARD=f"list idle capability={options.capability}")
    done = subprocess.run([options.program, "generate", model, "t4t5", "-n", str(tokens), "--device", "cuda:0",
                           "--ignore-end", "--temperature", "0", "--context", str(CONTEXT)],
                          env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"launches.py: {done.stderr[-2000:]}")
    return [line[7:] for line in done.stderr.splitlines() if line.startswith("launch ")]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("program")
    p.add_argument("cards")
    p.add_argument("--type", default="Q4_K")
    p.add_argument("--mixed", action="store_true", help="as files of Q4_K_M are")
    p.add_argument("--capability", default="90")
    p.add_argument("--all", action="store_true", help="of all layers, not one")
    p.add_argument("--most", type=int)
    options = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.gguf"
        write(model, Type[options.type], options.mixed)
        # The first run of a plan launches one by one.
        token = launches(options, model, 2)[len(launches(options, model, 1)):]
    layers = [i for i, line in enumerate(token) if line.startswith("paged_attend ")]
    if len(layers) != LAYERS:
        sys.exit(f"launches.py: {len(layers)} layers instead of {LAYERS}")
    own = layers[2] - layers[1]
    print("\n".join(token if options.all else token[layers[0] + 1:layers[1] + 1]))
    print(f"{own} launches in a layer, {len(token) - LAYERS * own} beside layers")
    sys.exit(options.most is not None and own > options.most)


main()
