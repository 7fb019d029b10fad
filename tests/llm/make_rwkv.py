#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small RWKV checkpoints with random weights, by the names of their authors, and the logits
that the authors' package gives for a prompt. Needs the packages torch and rwkv.

    make_rwkv.py FOLDER
"""
import json
import os
import pathlib
import subprocess
import sys

VOCABULARY, WIDTH, HEAD, INNER, LAYERS, RANK = 160, 64, 16, 96, 3, 8
IDS = [(7 * i * i + 3 * i + 5) % VOCABULARY for i in range(24)]
ROW, SQUARE, HEADS = (1, 1, WIDTH), (WIDTH, WIDTH), (WIDTH // HEAD, HEAD)
NORM = {"weight": (WIDTH,), "bias": (WIDTH,)}


def norms(*names):
    return {f"{n}.{part}": shape for n in names for part, shape in NORM.items()}


def layer6():
    return norms("ln1", "ln2", "att.ln_x") | {
        **{f"att.time_maa_{c}": ROW for c in "xwkvrg"}, "att.time_maa_w1": (WIDTH, 5 * RANK),
        "att.time_maa_w2": (5, RANK, WIDTH), "att.time_decay": ROW,
        "att.time_decay_w1": (WIDTH, RANK), "att.time_decay_w2": (RANK, WIDTH),
        "att.time_faaaa": HEADS, "ffn.time_maa_k": ROW, "ffn.time_maa_r": ROW,
        **{f"att.{n}.weight": SQUARE for n in ("receptance", "key", "value", "gate", "output")},
        "ffn.key.weight": (INNER, WIDTH), "ffn.receptance.weight": SQUARE,
        "ffn.value.weight": (WIDTH, INNER)}


def layer7():
    return norms("ln1", "ln2", "att.ln_x") | {
        **{f"att.x_{c}": ROW for c in "rwkvag"}, **{f"att.{c}0": ROW for c in "wav"},
        **{f"att.{c}1": (WIDTH, RANK) for c in "wavg"},
        **{f"att.{c}2": (RANK, WIDTH) for c in "wavg"}, "att.k_k": ROW, "att.k_a": ROW,
        "att.r_k": HEADS, "ffn.x_k": ROW, "ffn.key.weight": (INNER, WIDTH),
        **{f"att.{n}.weight": SQUARE for n in ("receptance", "key", "value", "output")},
        "ffn.value.weight": (WIDTH, INNER)}


def shapes(version):
    one = {6: layer6, 7: layer7}[version]()
    return {"emb.weight": (VOCABULARY, WIDTH), "head.weight": (VOCABULARY, WIDTH),
            **norms("ln_out", "blocks.0.ln0"),
            **{f"blocks.{i}.{n}": s for i in range(LAYERS) for n, s in one.items()}}


def make(folder, version):
    import numpy as np
    import torch
    from rwkv.model import RWKV
    torch.manual_seed(3)
    weights = {}
    for name, shape in shapes(version).items():
        norm = "ln" in name and name.endswith(".weight")
        size = 0.1 if norm else 1 if name == "emb.weight" else 0.3
        weights[name] = (1 if norm else 0) + size * torch.randn(shape)
    np.savez(folder / "weights.npz", **{n: w.numpy() for n, w in weights.items()})
    torch.save(weights, folder / "model.pth")
    model = RWKV(model=str(folder / "model" if version == 7 else folder / "model.pth"),
                 strategy="cpu fp32")
    logits, _ = model.forward(list(IDS), None, full_output=True)
    (folder / "ids.json").write_text(json.dumps(IDS))
    logits.numpy().astype("float32").tofile(folder / "logits.f32")


def main():
    """The package reads from the environment which version is meant, so each has a process."""
    out = pathlib.Path(sys.argv[1])
    if sys.argv[2:]:
        return make(out, int(sys.argv[2]))
    for version in (6, 7):
        folder = out / f"rwkv{version}"
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, __file__, str(folder), str(version)], check=True,
                       stdout=subprocess.DEVNULL,
                       env=os.environ | {"RWKV_V7_ON": "1" if version == 7 else "0",
                                         "RWKV_JIT_ON": "0", "RWKV_CUDA_ON": "0"})


main()
