#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Quantises small models: the Python package gguf must read the files, with the types of tensors
that are expected, and their logits must be near the originals. Where the data for language models
is there, types and bytes are compared with files that llama.cpp made.

    quantize_test.py liblampwick-llm.so lampwick TINY [FOLDER]
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy as np
import score_test as base
from gguf_file import read_gguf
from score_test import check

# Bounds for the normalised squared error of logits of a random model, which has no redundancy: they
# find files that are wrong; how good the blocks are is for encode.py and llama.cpp's files to tell.
TYPES = {"F32": 1e-12, "F16": 1e-5, "BF16": 5e-4, "Q8_0": 3e-3, "Q6_K": 1e-2, "Q5_K_M": 5e-2,
         "Q5_K_S": 5e-2, "Q5_0": 6e-2, "Q5_1": 5e-2, "Q4_K_M": 0.15, "Q4_K_S": 0.15, "Q4_0": 0.2,
         "Q4_1": 0.15, "IQ4_NL": 0.15, "IQ4_XS": 0.15, "Q3_K_L": 0.4, "Q3_K_M": 0.4, "Q3_K_S": 0.5,
         "Q2_K": 0.8, "Q2_K_S": 1}
# Of a codebook or three values, in mixes of our own.
FEW_BITS = {"IQ3_M": 0.5, "IQ3_S": 0.5, "IQ3_XXS": 0.8, "IQ2_M": 1.2, "IQ2_S": 1.5, "IQ2_XS": 1.5,
            "IQ2_XXS": 2, "IQ1_M": 3, "IQ1_S": 3, "TQ1_0": 5, "TQ2_0": 5, "MXFP4": 0.4}
TYPES |= FEW_BITS
# Type of most tensors, of attn_v, ffn_down and attn_output in a model of one layer.
MIXES = {"Q4_K_M": ("Q4_K", "Q6_K", "Q6_K", "Q4_K"), "Q4_K_S": ("Q4_K", "Q5_K", "Q4_K", "Q4_K"),
         "Q5_K_M": ("Q5_K", "Q6_K", "Q6_K", "Q5_K"), "Q5_K_S": ("Q5_K",) * 4,
         "Q3_K_L": ("Q3_K", "Q5_K", "Q5_K", "Q5_K"), "Q3_K_M": ("Q3_K", "Q5_K", "Q4_K", "Q4_K"),
         "Q3_K_S": ("Q3_K",) * 4, "Q2_K": ("Q2_K", "Q3_K", "Q3_K", "Q3_K"),
         "Q2_K_S": ("Q2_K",) * 4}
NARROW = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0", "Q3_K": "IQ4_NL", "Q2_K": "IQ4_NL",
          "IQ4_XS": "IQ4_NL"}
PARTS = ("attn_q", "attn_qkv", "attn_output", "attn_v", "ffn_down")
# In a model of 32 layers with 4 heads of queries for one of values: type of most tensors, of
# attn_qkv and attn_output, then layers of attn_v and of ffn_down with more bits.
THIRDS = {*range(4), *range(6, 28, 3), *range(28, 32)}
LAYERS = {"Q2_K": ("Q2_K", "Q2_K", "Q3_K", ("Q4_K", range(32), ""), ("Q3_K", range(32), "")),
          "Q2_K_S": ("Q2_K", "Q2_K", "Q2_K", ("Q4_K", range(32), ""), ("Q4_K", range(4), "Q2_K")),
          "Q3_K_S": ("Q3_K",) * 3 + (("", (), "Q3_K"),) * 2,
          "Q3_K_M": ("Q3_K", "Q4_K", "Q4_K", ("Q5_K", range(2), "Q4_K"),
                     ("Q5_K", range(2), "Q4_K")),
          "Q3_K_L": ("Q3_K", "Q4_K", "Q5_K") + (("Q5_K", range(32), ""),) * 2,
          "IQ4_XS": ("IQ4_XS",) * 3 + (("Q5_K", range(32), ""), ("Q5_K", range(4), "IQ4_XS")),
          "IQ4_NL": ("IQ4_NL",) * 3 + (("Q5_K", range(32), ""), ("Q5_K", range(4), "IQ4_NL")),
          "Q4_K_S": ("Q4_K",) * 3 + (("Q5_K", range(4), "Q4_K"),) * 2,
          "Q4_K_M": ("Q4_K", "Q5_K", "Q4_K") + (("Q6_K", THIRDS, "Q4_K"),) * 2,
          "Q5_K_M": ("Q5_K", "Q6_K", "Q5_K") + (("Q6_K", THIRDS, "Q5_K"),) * 2}
BYTES_SAME = {"F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"}


def quantize(source, to, kind):
    return subprocess.run([sys.argv[2], "quantize", source, to, kind], capture_output=True,
                          text=True)


def logits(path, tokens):
    model = base.Model(path)
    session = model.session()
    vocabulary = next(t for t in read_gguf(path).tensors
                      if t.name == "token_embd.weight").shape[1]
    rows = np.stack([base.logits_after(session, t, int(vocabulary)) for t in tokens])
    base.lib.lw_session_free(session)
    model.close()
    return rows.astype(np.float64)


def nmse(got, want):
    return ((got - want) ** 2).sum() / (want ** 2).sum()


def expected(name, kind, wide):
    most, value, down, attention = MIXES.get(kind, (kind,) * 4)
    if "norm" in name or "gate_inp" in name:
        return "F32"
    if name == "output.weight" and kind not in ("F32", "F16", "BF16", "Q8_0"):
        result = "Q6_K"
    else:
        parts = {"attn_v": value, "ffn_down": down, "attn_output": attention}
        result = next((parts[p] for p in parts if p in name), most)
    return result if wide else NARROW.get(result, result)


def test_model(path, folder, wide):
    tokens = np.random.default_rng(3).integers(3, 40, 20).tolist()
    want, source = logits(path, tokens), read_gguf(path)
    for kind, bound in TYPES.items():
        to = folder / f"{kind}.gguf"
        run = quantize(path, to, kind)
        check(f"{path} {kind}", run.returncode == 0, run.stderr)
        reader = read_gguf(to)
        for before, tensor in zip(source.tensors, reader.tensors, strict=True):
            note = (path.name, kind, tensor.name, tensor.tensor_type.name)
            router = "gate_inp" in tensor.name
            check("name and shape", before.name == tensor.name and
                  before.shape.tolist() == tensor.shape.tolist(), note)
            check("type", kind in FEW_BITS or tensor.tensor_type == before.tensor_type if router else
                  kind in FEW_BITS or
                  tensor.tensor_type.name == expected(tensor.name, kind, wide), note)
            if tensor.tensor_type.name in BYTES_SAME and not router:
                floats = gguf.quants.dequantize(before.data, before.tensor_type)
                same = gguf.quants.quantize(floats, tensor.tensor_type)
                check("bytes", np.array_equal(same.view(np.uint8), tensor.data.view(np.uint8)),
                      note)
        kept = [k for k in source.fields if not k.startswith(("GGUF.", "general."))]
        check("metadata", all(k in reader.fields and reader.fields[k].contents() ==
                              source.fields[k].contents() for k in kept))
        check("file type", reader.fields["general.file_type"].contents() ==
              getattr(gguf.LlamaFileType, ("ALL_" if kind == "F32" else "MOSTLY_") + kind +
                      ("_MOE" if kind == "MXFP4" else "")))
        error = nmse(logits(to, tokens), want)
        check("logits", error <= bound, (path.name, kind, error))


def write_layers(source, n, experts):
    """A model with nothing but the parts that rules name."""
    writer = gguf.GGUFWriter(source, "llama")
    writer.add_block_count(n)
    writer.add_head_count(8)
    writer.add_head_count_kv(2)
    if experts:
        writer.add_expert_count(experts)
    for name in ("output", *(f"blk.{i}.{part}" for i in range(n) for part in PARTS)):
        writer.add_tensor(f"{name}.weight", np.ones((1, 256), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_layers(folder):
    source, to = folder / "layers.gguf", folder / "layers-to.gguf"
    write_layers(source, 32, 0)
    for kind, (*same, value, down) in LAYERS.items():
        run = quantize(source, to, kind)
        check(f"layers {kind}", run.returncode == 0, run.stderr)
        got = {t.name: t.tensor_type.name for t in read_gguf(to).tensors}
        check("output", got["output.weight"] == "Q6_K", kind)
        for i in range(32):
            want = (*same, *(rule[0] if i in rule[1] else rule[2] for rule in (value, down)))
            for part, name in zip(PARTS, want, strict=True):
                found = got[f"blk.{i}.{part}.weight"]
                check("type of layer", found == name, (kind, i, part, found, name))
    for n, experts, kind, part, want in (
            (80, 0, "Q4_K_M", "attn_v", {"Q5_K", "Q6_K"}), (80, 0, "Q2_K", "attn_v", {"Q5_K"}),
            (2, 8, "Q4_K_M", "attn_v", {"Q8_0"}), (2, 8, "Q5_0", "attn_v", {"Q8_0"}),
            (2, 8, "Q3_K_M", "attn_output", {"Q5_K"}), (2, 8, "Q6_K", "attn_output", {"Q6_K"}),
            (2, 8, "Q8_0", "attn_output", {"Q8_0"}), (2, 4, "Q3_K_S", "attn_v", {"Q3_K"})):
        write_layers(source, n, experts)
        run = quantize(source, to, kind)
        check(f"{n} layers {kind}", run.returncode == 0, run.stderr)
        found = {t.tensor_type.name for t in read_gguf(to).tensors if part in t.name}
        check("types of layers", found == want, (n, experts, kind, part, found))


def test_recurrent(path, folder):
    """Large matrices become Q8_0, what belongs to the state stays."""
    large = ("token_embd", "output", "attn_q", "attn_k", "attn_v", "attn_qkv", "attn_gate",
             "attn_output", "ffn_gate", "ffn_up", "ffn_down", "ssm_in", "ssm_x", "ssm_out",
             "ssm_alpha", "ssm_beta", "time_mix_key", "time_mix_value", "time_mix_receptance",
             "time_mix_gate", "time_mix_output", "channel_mix_key", "channel_mix_value",
             "channel_mix_receptance")
    to, tokens = folder / path.name, np.random.default_rng(3).integers(3, 40, 20).tolist()
    run = quantize(path, to, "Q8_0")
    check(f"{path} Q8_0", run.returncode == 0, run.stderr)
    for tensor in read_gguf(to).tensors:
        name = tensor.name.removesuffix(".weight").split(".")[-1]
        check("type", tensor.tensor_type.name == ("Q8_0" if name in large else "F32")
              or name == "ssm_dt", (path.name, tensor.name, tensor.tensor_type.name))
    error = nmse(logits(to, tokens), logits(path, tokens))
    check("logits", error <= 5e-3, (path.name, error))


def test_bad(path, folder):
    to = folder / "bad.gguf"
    check("no such type", quantize(path, to, "Q9_X").returncode == 2)
    check("no such file", quantize(folder / "none.gguf", to, "Q8_0").returncode == 1)
    check("no GGUF", quantize(pathlib.Path(__file__), to, "Q8_0").returncode == 1)
    cut = folder / "cut.gguf"
    cut.write_bytes(path.read_bytes()[:-40])
    check("cut", quantize(cut, to, "Q8_0").returncode == 1)
    check("no such folder", quantize(path, folder / "no" / "a.gguf", "Q8_0").returncode == 1)
    check("nothing is left", not list(folder.glob("bad*")))
    same = folder / "same.gguf"
    same.write_bytes(path.read_bytes())
    check("in place", quantize(same, same, "Q8_0").returncode == 0 and
          len(read_gguf(same).tensors) == len(read_gguf(path).tensors))


def perplexity(path, text):
    done = subprocess.run([sys.argv[2], "perplexity", path, text, "--json"], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)["perplexity"]


def distance(tensor, original):
    floats = gguf.quants.dequantize(tensor.data, tensor.tensor_type).ravel().astype(np.float64)
    return np.sqrt(np.mean((floats - original.data.ravel()) ** 2))


def test_golden(path, folder, mixed):
    """path: NAME-TYPE.gguf of llama.cpp, beside NAME-f32.gguf. mixed: by its rules, not made with
    the same type for all tensors."""
    name, kind = path.stem.rsplit("-", 1)
    source, to = path.with_name(f"{name}-f32.gguf"), folder / path.name
    if kind not in TYPES or kind == "F32" or not source.exists():
        return
    run = quantize(source, to, kind)
    check(path.name, run.returncode == 0, run.stderr)
    theirs = {t.name: t for t in read_gguf(path).tensors}
    originals = {t.name: t for t in read_gguf(source).tensors}
    for tensor in read_gguf(to).tensors:
        other = theirs[tensor.name]
        note = (path.name, tensor.name, tensor.tensor_type.name, other.tensor_type.name)
        if tensor.tensor_type != other.tensor_type:
            check("llama.cpp's type", not mixed, note)
            continue
        near = [distance(t, originals[tensor.name]) for t in (tensor, other)]
        check("as near as llama.cpp's", near[0] <= near[1] * 1.001, (*note, near))
    tokens = np.random.default_rng(4).integers(3, 250, 40).tolist()
    want = logits(source, tokens)
    error, other = nmse(logits(to, tokens), want), nmse(logits(path, tokens), want)
    print(f"{path.name}: error of logits {error:.2e}, of llama.cpp's file {other:.2e}")
    check("logits as near as llama.cpp's", error <= 1.1 * other + 1e-9, path.name)
    story = path.parent.parent / "golden" / "llama2c-run-stories3M-dequant-t0-n256.txt"
    if name == "stories3M":
        ours, theirs = perplexity(to, story), perplexity(path, story)
        print(f"{path.name}: perplexity {ours:.4f}, of llama.cpp's file {theirs:.4f}")
        check("perplexity like llama.cpp's", ours <= 1.02 * theirs, (path.name, ours, theirs))


def main():
    tiny = pathlib.Path(sys.argv[3])
    data = pathlib.Path(sys.argv[4] if len(sys.argv) > 4 else "/nowhere")
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        test_model(tiny / "f32.gguf", folder, False)
        test_model(tiny / "wide" / "f32.gguf", folder, True)
        test_model(tiny / "wide" / "experts.gguf", folder, True)
        for name in ("qwen35", "mamba", "mamba2", "rwkv4", "rwkv6", "rwkv7"):
            test_recurrent(tiny / f"{name}.gguf", folder)
        test_layers(folder)
        test_bad(tiny / "f32.gguf", folder)
        for part, mixed in (("tinystories/gguf", True), ("synth-kquant", False)):
            for path in sorted((data / part).glob("*.gguf")):
                test_golden(path, folder, mixed)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
