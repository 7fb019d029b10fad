#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Importance matrices: sums of squares against numpy, for the weights whose input can be computed
from the embeddings alone; quantising with one must bring what is multiplied nearer.

    imatrix_test.py liblampwick.so lampwick TINY
"""
import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from gguf_file import read_gguf
from llm_library import Checks

check = Checks()
COMMAND, TINY = sys.argv[2], pathlib.Path(sys.argv[3])


def run(*arguments):
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)


def read(path):
    """A tensor has ne[0] numbers a row, the package's shape begins with it."""
    return {t.name: np.array(t.data, np.float64).reshape(t.shape[::-1])
            for t in read_gguf(path).tensors}


def ids_of(model, text):
    return [int(i) for i in run("tokenize", model, "--ids", "--file", text).stdout.split()]


def test_sums(name, out):
    model, text, matrix = TINY / f"{name}.gguf", out / "text.txt", out / "matrix.gguf"
    rng = np.random.default_rng(2)
    text.write_text(" ".join(f"t{i}" for i in rng.integers(3, 40, 150)))
    done = run("imatrix", model, text, matrix, "--chunk", 40)
    check(f"{name}: made", done.returncode == 0, done.stderr)
    fields = read_gguf(matrix).fields
    ids, made, weights = ids_of(model, text), read(matrix), read(model)
    check(f"{name}: fields", fields["general.type"].contents() == "imatrix" and
          fields["imatrix.datasets"].contents() == [str(text)] and
          fields["imatrix.chunk_size"].contents() == 40 and
          fields["imatrix.chunk_count"].contents() == -(-len(ids) // 40))
    x = weights["token_embd.weight"][ids]
    x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weights["blk.0.attn_norm.weight"]
    for part in ("attn_q", "attn_k", "attn_v"):
        sums = made[f"blk.0.{part}.weight.in_sum2"]
        check(f"{name}: {part}", sums.shape == (1, x.shape[1]) and
              np.allclose(sums[0], (x * x).sum(0), rtol=1e-4), sums)
        check(f"{name}: counts of {part}", made[f"blk.0.{part}.weight.counts"] == [[len(ids)]])
    check(f"{name}: counts of output", made["output.weight.counts"].max() > 0)
    for key, data in weights.items():
        if "exps" in key:
            sums, counts = made[f"{key}.in_sum2"], made[f"{key}.counts"]
            check(f"{name}: {key}", sums.shape == (4, data.shape[-1]) and counts.shape == (4, 1) and
                  counts.sum() % len(ids) == 0 and (sums.min(1) >= 0).all(), (sums.shape, counts))
    if "blk.0.ffn_up_exps.weight" in weights:
        norm = made["blk.0.ffn_up_exps.weight.in_sum2"].sum(0)
        used = made["blk.0.ffn_up_exps.weight.counts"].sum() / len(ids)
        routed = made["blk.0.ffn_gate_inp.weight.in_sum2"][0]
        check(f"{name}: experts together", np.allclose(norm, used * routed, rtol=1e-4))


def test_quantize(out):
    """Columns with large inputs must get smaller errors."""
    model, rng = TINY / "wide/f32.gguf", np.random.default_rng(3)
    matrix, columns = out / "large.gguf", 10.0 ** rng.uniform(-2, 1, 256)
    w = gguf.GGUFWriter(matrix, "imatrix")
    w.add_type("imatrix")
    w.add_tensor("blk.0.attn_q.weight.in_sum2", (columns ** 2 * 50).astype(np.float32)[None])
    w.add_tensor("blk.0.attn_q.weight.counts", np.array([[50]], np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    want = read(model)["blk.0.attn_q.weight"]
    for kind in ("Q4_0", "Q5_0", "Q2_K", "Q3_K_S", "Q4_K_S", "Q5_K_S", "Q6_K", "IQ4_NL", "IQ4_XS",
                 "IQ3_S", "IQ3_XXS", "IQ2_M", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S", "MXFP4"):
        errors = []
        for options in ((), ("--imatrix", matrix)):
            to = out / "quantised.gguf"
            done = run("quantize", model, to, kind, *options)
            check(f"{kind} {options}", done.returncode == 0, done.stderr)
            t = next(t for t in read_gguf(to).tensors if t.name == "blk.0.attn_q.weight")
            got = gguf.quants.dequantize(t.data, t.tensor_type)
            errors.append((((got - want) * columns) ** 2).sum())
        print(f"{kind}: {errors[1] / errors[0]:.3f} of the error without")
        check(f"{kind}: nearer", errors[1] < errors[0], errors)


def older(entries):
    """A file of the kind that llama.cpp wrote before GGUF: means times calls."""
    data = len(entries).to_bytes(4, "little")
    for name, calls, means in entries:
        data += len(name).to_bytes(4, "little") + name.encode() + calls.to_bytes(4, "little")
        data += means.size.to_bytes(4, "little") + (means * calls).astype("<f4").tobytes()
    return data + (7).to_bytes(4, "little") + (4).to_bytes(4, "little") + b"text"


def test_older(out):
    """What both kinds of files bring about is the same, and damaged ones are refused."""
    model, rng = TINY / "wide/f32.gguf", np.random.default_rng(5)
    means = rng.uniform(0.5, 90, 256).astype(np.float32)
    w = gguf.GGUFWriter(out / "newer.gguf", "imatrix")
    w.add_type("imatrix")
    w.add_tensor("blk.0.attn_q.weight.in_sum2", means[None] * 64)
    w.add_tensor("blk.0.attn_q.weight.counts", np.array([[64]], np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    data = older([("blk.0.attn_k.weight", 3, means), ("blk.0.attn_q.weight", 4, means)])
    (out / "older.dat").write_bytes(older([("blk.0.attn_q.weight", 4, means)]))
    for name in ("newer.gguf", "older.dat"):
        done = run("quantize", model, out / (name + ".to"), "Q4_K_S", "--imatrix", out / name)
        check(f"{name}: quantised", done.returncode == 0, done.stderr)
    made = [{t.name: np.array(t.data) for t in read_gguf(out / (name + ".to")).tensors}
            for name in ("newer.gguf", "older.dat")]
    check("older like newer", all(np.array_equal(a, made[1][n]) for n, a in made[0].items()))
    for size in (0, 3, 4, 20, 30, len(data) // 2, len(data) - 1100):
        (out / "cut.dat").write_bytes(data[:size])
        done = run("quantize", model, out / "cut.gguf", "Q4_0", "--imatrix", out / "cut.dat")
        check(f"cut at {size}", done.returncode == 1, done.stderr)


def test_bad(out):
    to = out / "bad.gguf"
    for path in (TINY / "f32.gguf", out / "none.gguf", pathlib.Path(__file__)):
        done = run("quantize", TINY / "f32.gguf", to, "Q4_0", "--imatrix", path)
        check(f"no matrix: {path.name}", done.returncode == 1 and not to.exists(), done.stderr)
    check("an encoder", run("imatrix", TINY / "encoder.gguf", __file__, to).returncode == 1)


def main():
    with tempfile.TemporaryDirectory() as name:
        out = pathlib.Path(name)
        test_sums("f32", out)
        test_sums("experts", out)
        test_quantize(out)
        test_older(out)
        test_bad(out)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
