#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Low-rank adapters on small models (make_tiny.py): logits are those of models whose weights numpy
has changed, W + scale * B A.

    lora_test.py liblampwick-llm.so lampwick TINY
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import llm_library
import numpy as np
from gguf import GGMLQuantizationType as Type
from llm_sessions import lib, logits_of, open_model
from make_tiny import HEADS, KV, hf_name, tensors, write_folder, write_gguf, write_safetensors

COMMAND, TINY = sys.argv[2], pathlib.Path(sys.argv[3])
PROMPT = [5, 9, 30, 2, 17, 8, 5, 9]
RANK, ALPHA = 4, 6.0
check = llm_library.Checks()
rng = np.random.default_rng(11)


def halves(weights, names):
    """Random A and B for the named weights."""
    made = {}
    for name in names:
        shape = weights[name].T.shape if name == "token_embd" else weights[name].shape
        out, n = (shape[:-2] + (shape[-2], RANK)), (shape[:-2] + (RANK, shape[-1]))
        made[name] = (rng.standard_normal(n, np.float32) * np.float32(0.2),
                      rng.standard_normal(out, np.float32) * np.float32(0.2))
    return made


def merge(weights, adapter, scale, order=None):
    merged = dict(weights)
    for name, (a, b) in adapter.items():
        delta = np.float32(scale) * (b @ a)
        if name == "token_embd":
            delta = delta.T
        merged[name] = merged[name] + (order(name, delta) if order else delta)
    return merged


def write_adapter(path, adapter, architecture="llama", alpha=ALPHA, kind="lora", general="adapter"):
    w = gguf.GGUFWriter(path, architecture)
    w.add_type(general)
    w.add_string("adapter.type", kind)
    w.add_float32("adapter.lora.alpha", alpha)
    for name, (a, b) in adapter.items():
        w.add_tensor(name + ".weight.lora_a", np.ascontiguousarray(a.T) if name == "token_embd" else a)
        w.add_tensor(name + ".weight.lora_b", b)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_peft(folder, adapter, **config):
    folder.mkdir(exist_ok=True)
    arrays = {}
    for name, (a, b) in adapter.items():
        module = "base_model.model." + hf_name(name).removesuffix(".weight")
        if name == "token_embd":
            arrays[module + ".lora_embedding_A"], arrays[module + ".lora_embedding_B"] = a, b
        else:
            arrays[module + ".lora_A.weight"], arrays[module + ".lora_B.weight"] = a, b
    write_safetensors(folder / "adapter_model.safetensors", arrays)
    (folder / "adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "bias": "none", **config}))


def to_pairs(name, delta):
    """Rows of queries and keys in GGUF's order."""
    heads = {"attn_q": HEADS, "attn_k": KV}.get(name.split(".")[-1])
    if not heads:
        return delta
    return delta.reshape(heads, 2, -1, delta.shape[1]).swapaxes(1, 2).reshape(delta.shape)


def to_halves(name, delta):
    heads = {"attn_q": HEADS, "attn_k": KV}.get(name.split(".")[-1])
    if not heads:
        return delta
    return delta.reshape(heads, -1, 2, delta.shape[1]).swapaxes(1, 2).reshape(delta.shape)


def same(name, got, want, base, near=2e-5):
    far = np.abs(got - want).max() / np.abs(want).max()
    changed = np.abs(want - base).max() / np.abs(base).max()
    check(name, far < near and changed > 0.01, (far, changed))


class Models:
    """Files with other weights than those of make_tiny.py."""

    def __init__(self, folder):
        self.folder, self.n = folder, 0

    def logits(self, kind, weights):
        self.n += 1
        path = self.folder / f"merged{self.n}"
        if kind == "folder":
            write_folder(path, weights)
        else:
            write_gguf(path, Type.F32, weights=weights)
        return logits_of(path, PROMPT)


def test_files(folder):
    weights, models = tensors(np.random.default_rng(1)), Models(folder)
    every = [n for n in weights if "norm" not in n]
    adapter, second = halves(weights, every), halves(weights, every[2:5])
    file, other, peft = folder / "a.gguf", folder / "second.gguf", folder / "peft"
    write_adapter(file, adapter)
    write_adapter(other, second, alpha=0)
    write_peft(peft, adapter)
    scale = ALPHA / RANK
    for kind, own, foreign, order in (("f32.gguf", file, peft, to_pairs),
                                      ("folder", peft, file, to_halves)):
        base = logits_of(TINY / kind, PROMPT)
        for name, path, factor, way in (("its own form", own, 1, None), ("half", own, 0.5, None),
                                        ("the other form", foreign, 1, order)):
            want = models.logits(kind, merge(weights, adapter, scale * factor, way))
            same(f"{kind}, {name}", logits_of(TINY / kind, PROMPT, [(path, factor)]), want, base)
        want = models.logits(kind, merge(merge(weights, adapter, scale / 2, None if own == file
                                               else order), second, -0.7,
                                         None if own == file else order))
        same(f"{kind}, two", logits_of(TINY / kind, PROMPT, [(file, 0.5), (other, -0.7)]), want, base)
        want = models.logits(kind, merge(weights, adapter, scale))
        if kind == "f32.gguf":
            same("beside quantised weights", logits_of(TINY / "q8_0.gguf", PROMPT, [(file, 1)]),
                 want, base, 0.05)
    write_peft(peft, adapter, use_rslora=True)
    want = models.logits("folder", merge(weights, adapter, ALPHA / RANK ** 0.5))
    same("rank-stabilised", logits_of(TINY / "folder", PROMPT, [(peft, 1)]), want, base)


def test_experts(folder):
    weights = tensors(np.random.default_rng(1), experts=4)
    adapter = halves(weights, [n for n in weights if "exps" in n or "gate_inp" in n])
    write_adapter(folder / "experts.gguf", adapter)
    write_gguf(folder / "e.gguf", Type.F32, 4)
    write_gguf(folder / "m4.gguf", Type.F32, 4, weights=merge(weights, adapter, ALPHA / RANK))
    same("experts", logits_of(folder / "e.gguf", PROMPT, [(folder / "experts.gguf", 1)]),
         logits_of(folder / "m4.gguf", PROMPT), logits_of(folder / "e.gguf", PROMPT))


def open_error(adapter):
    return lib.lw_last_error().decode() if open_model(TINY / "f32.gguf", [(adapter, 1)])[0] else ""


def test_errors(folder):
    weights = tensors(np.random.default_rng(1))
    adapter = halves(weights, ["blk.0.attn_q", "blk.0.ffn_up"])

    def refused(name, path, *words):
        said = open_error(path)
        check(name, said and all(w in said for w in words), said)

    bad = folder / "bad.gguf"
    write_adapter(bad, adapter, architecture="gemma3")
    refused("another architecture", bad, "gemma3")
    write_adapter(bad, adapter, kind="control_vector")
    refused("another kind", bad, "adapter.type")
    write_adapter(bad, adapter, general="model")
    refused("a model", bad, "general.type")
    a, b = adapter["blk.0.ffn_up"]
    write_adapter(bad, {"blk.0.ffn_up": (a[:, 1:], b)})
    refused("another size", bad, "ffn_up", "size")
    write_adapter(bad, {"blk.0.ffn_up": (a[1:], b)})
    refused("halves that do not fit", bad, "ffn_up", "halves")
    write_adapter(bad, {"blk.7.ffn_up": (a, b)})
    refused("no such layer", bad, "blk.7.ffn_up")
    write_adapter(bad, {})
    refused("nothing", bad, "no tensors")
    refused("no file", folder / "none.gguf", "none.gguf")
    refused("a folder of something else", TINY / "folder", "folder")
    for name, config in (("dora", {"use_dora": True}), ("saved", {"modules_to_save": ["lm_head"]}),
                         ("patterns", {"alpha_pattern": {"q_proj": 3}}),
                         ("kind", {"peft_type": "LOHA"}), ("biases", {"bias": "all"})):
        write_peft(folder / "bad", adapter, **config)
        refused("PEFT: " + name, folder / "bad", "adapter_config.json")
    write_peft(folder / "bad", adapter)
    whole = (folder / "bad" / "adapter_model.safetensors").read_bytes()
    for size in range(0, len(whole), len(whole) // 40):
        (folder / "bad" / "adapter_model.safetensors").write_bytes(whole[:size])
        check(f"{size} bytes", open_error(folder / "bad"))


def test_command(folder):
    def generate(*options):
        done = subprocess.run([COMMAND, "generate", str(TINY / "f32.gguf"), "t4t5", "-n", "20",
                               "--temperature", "0", "--ignore-end", *options], text=True,
                              capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else done.stderr
    lora = str(folder / "a.gguf")
    check("--lora", generate("--lora", lora) != generate())
    check("--lora =0", generate("--lora", lora + "=0") == generate())
    check("two of them", generate("--lora", lora + "=0.5", "--lora", lora + "=0.5") ==
          generate("--lora", lora))
    check("none", "lampwick: " in generate("--lora", "/nonexistent"))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        test_files(folder)
        test_experts(folder)
        test_errors(folder)
        test_command(folder)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
