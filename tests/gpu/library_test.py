#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Products by cuBLASLt, with the library of tests/gpu/fake_cublas_lt.c beside the driver of
tests/gpu/fake_card.c: large ones go to it where it is there and takes them, all others to our own
kernels, and results are numpy's either way.

    tests/gpu/library_test.py build/lampwick build/tests/fake_cuda
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check as expect, finish  # noqa: E402

PROGRAM, FOLDER = sys.argv[1:3]
LIBRARY = "cublasLtMatmul"
ALL, NEVER, LARGE = "1", "0", ""


def write(folder, nodes, x, weights, wanted):
    """A network of one input and one output, with its test data."""
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in (("x", x), ("y", wanted))]
    constants = [numpy_helper.from_array(w, name) for name, w in weights.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    (folder / "test_data_set_0").mkdir(parents=True)
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)]), folder / "model.onnx")
    for name, value in (("input_0", x), ("output_0", wanted)):
        (folder / f"test_data_set_0/{name}.pb").write_bytes(numpy_helper.from_array(value, "").SerializeToString())


def numbers(rng, *shape):
    """Small whole numbers, whose sums are exact."""
    return rng.integers(-3, 4, shape).astype(np.float32)


def layers(folder, rng):
    """A bias and Relu (a clamp); a residual and Relu (a program); a plain product, scaled."""
    x, w, b, r, v = (numbers(rng, *shape) for shape in ((40, 24), (24, 24), (24,), (40, 24), (24, 17)))
    a = np.maximum(x @ w + b, 0)
    c = np.maximum(a @ w + r, 0)
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["t0"]), helper.make_node("Relu", ["t0"], ["a"]),
             helper.make_node("MatMul", ["a", "w"], ["t1"]), helper.make_node("Add", ["t1", "r"], ["t2"]),
             helper.make_node("Relu", ["t2"], ["c"]), helper.make_node("Gemm", ["c", "v"], ["y"], alpha=0.5)]
    write(folder, nodes, x, {"w": w, "b": b, "r": r, "v": v}, (0.5 * (c @ v)).astype(np.float32))


def part(folder, rng, width=9):
    """What is multiplied begins a row of `width` numbers behind the beginning of the rest."""
    x, w = numbers(rng, 30, width), numbers(rng, width, 12)
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Split", ["a", "sizes"], ["one", "rest"], axis=0),
             helper.make_node("MatMul", ["rest", "w"], ["m"]), helper.make_node("Relu", ["m"], ["m1"]),
             helper.make_node("ReduceSum", ["one", "all"], ["s"]), helper.make_node("Add", ["m1", "s"], ["y"])]
    a = np.maximum(x, 0)
    write(folder, nodes, x, {"w": w, "sizes": np.array([1, 29]), "all": np.array([0, 1])},
          np.maximum(a[1:] @ w, 0) + a[:1].sum())


def large(folder, rng):
    """2 to the 31 products of two numbers, of which most are zero so that numpy's sums are exact."""
    x, w = np.zeros((2048, 256), np.float32), np.zeros((256, 4096), np.float32)
    x[:, ::16], w[::16] = numbers(rng, 2048, 16), numbers(rng, 16, 4096)
    write(folder, [helper.make_node("MatMul", ["x", "w"], ["y"])], x, {"w": w}, x @ w)


def run(folder, wanted, setting="", library=FOLDER, runs=2):
    """Whether results are right, and how many nodes ran in the library."""
    env = dict(os.environ, FAKE_CARD=f"capability=80 {setting}", LD_LIBRARY_PATH=str(library), LAMPWICK_CUBLASLT=wanted)
    done = subprocess.run([PROGRAM, "test", "--no-fork", "--rtol", "0", "--atol", "0", "--device", "cuda", folder],
                          env=env, capture_output=True, text=True, check=False)
    expect(f"{folder.name} {wanted} {setting}: results", done.returncode == 0, done.stdout + done.stderr)
    shown = subprocess.run([PROGRAM, "profile", "--runs", str(runs), "--explain", "--device", "cuda", folder / "model.onnx"],
                           env=env, capture_output=True, text=True, check=False)
    expect(f"{folder.name} {wanted} {setting}: profile", shown.returncode == 0, shown.stderr)
    return shown.stdout.count(LIBRARY)


def recorded(folder):
    """Products are parts of recordings, too."""
    env = dict(os.environ, FAKE_CARD="capability=80 count", LD_LIBRARY_PATH=FOLDER, LAMPWICK_CUBLASLT=ALL)
    done = subprocess.run([PROGRAM, "bench", folder / "model.onnx", "--warmup", "0", "--runs", "5", "--device", "cuda"],
                          env=env, capture_output=True, text=True, check=False)
    replays = done.stderr.split("launches, ")[-1].split()[0]
    expect("replays", done.returncode == 0 and int(replays) > 0, done.stdout + done.stderr)


def main():
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as made:
        top = pathlib.Path(made)
        for network in (layers, part, large):
            network(top / network.__name__, rng)
        part(top / "even", rng, 8)
        alone = top / "alone"
        alone.mkdir()
        for path in pathlib.Path(FOLDER).glob("*.so*"):
            if "cublas" not in path.name:
                shutil.copy(path, alone)
        few, moved, many = top / "layers", top / "part", top / "large"
        expect("all that it takes", run(few, ALL) == 3, "")
        expect("small ones", run(few, LARGE) == 0, "")
        expect("never", run(few, NEVER) == 0, "")
        for setting in ("noproducts", "nochoice", "version=10020"):
            expect(setting, run(few, ALL, setting) == 0, "")
        expect("no library", run(few, ALL, library=alone) == 0, "")
        expect("what lies badly", run(moved, ALL) == 0, "")
        expect("what lies well", run(top / "even", ALL) == 1, "")
        expect("large ones", run(many, LARGE, runs=1) == 1, "")
        recorded(few)
    finish()


main()
