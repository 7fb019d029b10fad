#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hugging Face folders whose weights are quantised, as DeepSeek, compressed-tensors, FBGEMM, GPTQ and
AWQ have them: a small model gives the same logits as its weights widened by numpy.

    quantized_folders.py liblampwick-llm.so lampwick FOLDER

The folders are left there, for hostile_folders.py.
"""
import json
import pathlib
import subprocess
import sys

import ml_dtypes
import numpy as np

import llm_library
from llm_sessions import logits_of
from make_tiny import hf_name, tensors, write_folder

COMMAND, OUT = sys.argv[2], pathlib.Path(sys.argv[3])
PROMPT = [5, 9, 30, 2, 17, 8, 5, 9]
check = llm_library.Checks()
E4M3, E5M2, BF16 = ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.bfloat16
TYPES = {np.dtype(E4M3): "F8_E4M3", np.dtype(E5M2): "F8_E5M2", np.dtype(BF16): "BF16",
         np.dtype(np.float16): "F16", np.dtype(np.float32): "F32", np.dtype(np.int32): "I32",
         np.dtype(np.int64): "I64", np.dtype(np.int8): "I8"}


def write(path, arrays):
    header, at = {}, 0
    for name, data in arrays.items():
        header[name] = {"dtype": TYPES[data.dtype], "shape": list(data.shape),
                        "data_offsets": [at, at + data.nbytes]}
        at += data.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text +
                     b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values()))


# Each gives the tensors that are stored beside the name's stem, and the weight that they mean.

def spread(scales, block, shape):
    return scales.repeat(block[0], 0).repeat(block[1], 1)[:shape[0], :shape[1]]


def blocks(kind, name):
    def make(w, rng):
        block = (16, 24)
        count = [-(-n // b) for n, b in zip(w.shape, block)]
        scales = rng.uniform(0.01, 0.03, count).astype(np.float32)
        stored = (w / spread(scales, block, w.shape)).astype(kind)
        return ({".weight": stored, ".weight" + name: scales},
                (stored.astype(np.float32) * spread(scales, block, w.shape)).astype(BF16))
    return make


def rows(kind, shape, dtype=np.float32):
    def make(w, rng):
        scales = rng.uniform(0.005, 0.01, len(w)).astype(dtype)
        wide = scales.astype(np.float32)[:, None]
        stored = np.clip(np.round(w / wide), -127, 127) if kind == np.int8 else w / wide
        stored = stored.astype(kind)
        return ({".weight": stored, ".weight_scale": scales.reshape(shape(len(w))),
                 ".input_scale": np.ones(1, np.float32)},
                (stored.astype(np.float32) * wide).astype(BF16))
    return make


def whole(kind, shape):
    def make(w, rng):
        scale = np.float32(rng.uniform(0.005, 0.01))
        stored = (w / scale).astype(kind)
        return ({".weight": stored, ".weight_scale": np.full(shape, scale, np.float32)},
                (stored.astype(np.float32) * scale).astype(BF16))
    return make


def plain(kind):
    def make(w, rng):
        return {".weight": w.astype(kind)}, w.astype(kind).astype(BF16)
    return make


def pack(levels, bits, axis, order=None):
    """Words of 32 bits along an axis, the first integer lowest."""
    each = 32 // bits
    levels = np.moveaxis(levels, axis, -1)
    levels = levels.reshape(*levels.shape[:-1], -1, each).astype(np.uint32)
    words = np.zeros(levels.shape[:-1], np.uint32)
    for i in range(each):
        words |= levels[..., order[i] if order else i] << np.uint32(i * bits)
    return np.moveaxis(words, -1, axis).view(np.int32)


def compressed(bits, group, dtype, shuffled=False):
    def make(w, rng):
        groups = w.shape[1] // group
        of = rng.permutation(w.shape[1]) // group if shuffled else np.arange(w.shape[1]) // group
        scales = rng.uniform(0.03, 0.06, (len(w), groups)).astype(dtype)
        wide, half = scales.astype(np.float32)[:, of], 1 << (bits - 1)
        levels = np.clip(np.round(w / wide), -half, half - 1)
        more = {".weight_g_idx": of.astype(np.int32)} if shuffled else {}
        return ({".weight_packed": pack(levels + half, bits, 1), ".weight_scale": scales,
                 ".weight_shape": np.array(w.shape, np.int64), **more},
                (levels.astype(np.float32) * wide).astype(dtype))
    return make


def gptq(bits, group, less, shuffled=False):
    def make(w, rng):
        size, groups = w.shape[1], w.shape[1] // group
        of = rng.permutation(size) // group if shuffled else np.arange(size) // group
        scales = rng.uniform(0.03, 0.06, (groups, len(w))).astype(np.float16)
        zeros = rng.integers(less, 1 << bits, (groups, len(w)))
        wide = scales.astype(np.float32)[of]
        levels = np.clip(np.round(w.T / wide) + zeros[of], 0, (1 << bits) - 1)
        return ({".qweight": pack(levels, bits, 0), ".qzeros": pack(zeros - less, bits, 1),
                 ".scales": scales, ".g_idx": of.astype(np.int32)},
                ((levels - zeros[of]).astype(np.float32) * wide).T.astype(np.float16))
    return make


def awq(group):
    order = [0, 2, 4, 6, 1, 3, 5, 7]

    def make(w, rng):
        of = np.arange(w.shape[1]) // group
        scales = rng.uniform(0.03, 0.06, (w.shape[1] // group, len(w))).astype(np.float16)
        zeros = rng.integers(0, 16, scales.shape)
        wide = scales.astype(np.float32)[of]
        levels = np.clip(np.round(w.T / wide) + zeros[of], 0, 15)
        return ({".qweight": pack(levels, 4, 1, order), ".qzeros": pack(zeros, 4, 1, order),
                 ".scales": scales},
                ((levels - zeros[of]).astype(np.float32) * wide).T.astype(np.float16))
    return make


FP8 = dict(quant_method="fp8", weight_block_size=[16, 24])
COMPRESSED = dict(quant_method="compressed-tensors")
KINDS = {  # folder: (quantization_config, what is stored)
    "fp8-blocks": (FP8, blocks(E4M3, "_scale_inv")),
    "fp8-e5m2-blocks": (FP8, blocks(E5M2, "_scale_inv")),
    "fp8-rows": (COMPRESSED, rows(E4M3, lambda n: (n, 1), BF16)),
    "fp8-vector": (dict(quant_method="fbgemm_fp8"), rows(E4M3, lambda n: (n,))),
    "fp8-one": (COMPRESSED, whole(E4M3, (1,))),
    "fp8-scalar": (FP8, whole(E5M2, ())),
    "fp8-plain": (None, plain(E4M3)),
    "int8-rows": (COMPRESSED, rows(np.int8, lambda n: (n, 1))),
    "int4-compressed": (COMPRESSED, compressed(4, 16, BF16)),
    "int4-compressed-shuffled": (COMPRESSED, compressed(4, 8, np.float16, True)),
    "int8-compressed": (COMPRESSED, compressed(8, 32, np.float16)),
    "gptq": (dict(quant_method="gptq", bits=4, group_size=16), gptq(4, 16, 1)),
    "gptq-shuffled": (dict(quant_method="gptq", bits=4, group_size=8), gptq(4, 8, 1, True)),
    "gptq-v2-8": (dict(quant_method="gptq", bits=8, group_size=32, checkpoint_format="gptq_v2"),
                  gptq(8, 32, 0)),
    "gptq-2": (dict(quant_method="gptq", bits=2, group_size=32), gptq(2, 32, 1)),
    "awq": (dict(quant_method="awq", bits=4, group_size=16, version="gemm"), awq(16)),
}


def make(folder, config, arrays):
    write_folder(folder)
    values = json.loads((folder / "config.json").read_text())
    if config:
        values["quantization_config"] = config
    (folder / "config.json").write_text(json.dumps(values))
    write(folder / "model.safetensors", arrays)


def make_both(name, config, store):
    """The quantised folder, and one with the weights that it stands for."""
    rng, stored, widened = np.random.default_rng(4), {}, {}
    for key, w in tensors(np.random.default_rng(1)).items():
        full = hf_name(key)
        if w.ndim == 1 or "embd" in key or key == "output":
            stored[full] = widened[full] = w
            continue
        parts, widened[full] = store(w, rng)
        stored |= {full.removesuffix(".weight") + end: a for end, a in parts.items()}
    make(OUT / name, config, stored)
    make(OUT / (name + "-wide"), None, widened)


def test_kinds():
    for name, (config, store) in KINDS.items():
        make_both(name, config, store)
        want, got = logits_of(OUT / (name + "-wide"), PROMPT), logits_of(OUT / name, PROMPT)
        check(name, np.array_equal(got, want), np.abs(got - want).max())
        for folder in (name, name + "-wide"):
            done = subprocess.run([COMMAND, "convert", OUT / folder, OUT / f"{folder}.gguf"],
                                  capture_output=True, text=True, check=False)
            check(f"{folder} converted", done.returncode == 0, done.stderr)
        check(f"{name}: GGUF", np.array_equal(logits_of(OUT / f"{name}.gguf", PROMPT),
                                              logits_of(OUT / f"{name}-wide.gguf", PROMPT)))


def refused(name, config, change, sentence):
    folder = OUT / "odd"
    stored, rng = {}, np.random.default_rng(4)
    for key, w in tensors(np.random.default_rng(1)).items():
        full = hf_name(key)
        if w.ndim == 1 or "embd" in key or key == "output":
            stored[full] = w
        else:
            stored |= {full.removesuffix(".weight") + end: a
                       for end, a in KINDS[name][1](w, rng)[0].items()}
    change(stored)
    make(folder, config, stored)
    done = subprocess.run([COMMAND, "info", folder], capture_output=True, text=True, check=False)
    check(f"{name}: {sentence}", done.returncode == 1 and sentence in done.stderr, done.stderr)


def test_refusals():
    first = hf_name("blk.0.ffn_up").removesuffix(".weight")

    def cut(end, rows=slice(None), columns=slice(None)):
        return lambda s: s.__setitem__(first + end, s[first + end][rows, columns])

    def drop(end):
        return lambda s: s.pop(first + end)

    refused("gptq", dict(quant_method="bitsandbytes"), lambda s: None, "'bitsandbytes' are not known")
    refused("gptq", dict(quant_method="gptq", bits=3), lambda s: None, "3 bits")
    refused("awq", dict(quant_method="awq", version="gemv"), lambda s: None, "gemv")
    refused("fp8-blocks", FP8, cut(".weight_scale_inv", slice(0, 3)), "scales for")
    for name, config, end in (("gptq", KINDS["gptq"][0], ".qzeros"), ("gptq", KINDS["gptq"][0], ".scales"),
                              ("awq", KINDS["awq"][0], ".qzeros"),
                              ("int4-compressed", COMPRESSED, ".weight_scale")):
        refused(name, config, cut(end, slice(0, 1)), "do not fit")
        refused(name, config, drop(end), "do not fit")
    refused("int4-compressed", COMPRESSED, drop(".weight_shape"), "do not fit")
    refused("gptq", KINDS["gptq"][0], lambda s: s[first + ".g_idx"].fill(99), "do not fit")
    refused("int4-compressed", COMPRESSED, lambda s: s.__setitem__(
        first + ".weight_zero_point", np.zeros((2, 2), np.int32)), "not in the middle")


OUT.mkdir(exist_ok=True, parents=True)
test_kinds()
test_refusals()
print(f"{check.n} checks, {check.failed} failed")
sys.exit(check.failed > 0)
