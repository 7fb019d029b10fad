#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies beside kernels: weights that go to a device while the layers before them are at work, an
input that is needed late, an output that is made early. Results are numpy's in each run; with a
driver for tests there are such copies, and without their waiting it ends the process.

    overlap_test.py LAMPWICK_LIBRARY DEVICE [counts]
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402

LAYERS, SIZE = 10, 160
rng = np.random.default_rng(3)


def weights():
    return [(rng.standard_normal((SIZE, SIZE)) / np.sqrt(SIZE)).astype(np.float32) for _ in range(LAYERS)]


def network(path, matrices):
    """early = relu(x w0); then layers; last = layers + late."""
    nodes, at = [], "x"
    for i in range(LAYERS):
        nodes += [h.make_node("MatMul", [at, f"w{i}"], [f"m{i}"]),
                  h.make_node("Softmax" if i else "Relu", [f"m{i}"], [f"y{i}" if i else "early"])]
        at = nodes[-1].output[0]
    nodes.append(h.make_node("Add", [at, "late"], ["last"]))
    kinds = [h.make_tensor_value_info(n, T.FLOAT, ["n", SIZE]) for n in ("x", "late", "early", "last")]
    constants = [onnx.numpy_helper.from_array(m, f"w{i}") for i, m in enumerate(matrices)]
    graph = h.make_graph(nodes, "layers", kinds[:2], kinds[2:], constants)
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 18)], ir_version=9), path)


def reference(matrices, x, late):
    y = early = np.maximum(x @ matrices[0], 0)
    for m in matrices[1:]:
        e = np.exp(y @ m - (y @ m).max(-1, keepdims=True))
        y = e / e.sum(-1, keepdims=True)
    return early, y + late


def run(library, device):
    failures, matrices = [], weights()
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        network(file.name, matrices)
        model = lampwick.Library(library).load(file.name, device=device)
        for turn, rows in enumerate((110, 110, 110, 104)):
            x, late = (rng.standard_normal((rows, SIZE)).astype(np.float32) for _ in range(2))
            for name, found, expected in zip(("early", "last"), model.run({"x": x, "late": late}),
                                             reference(matrices, x, late)):
                if not np.allclose(found, expected, 1e-4, 1e-4):
                    failures.append(f"run {turn}, {name}: {np.abs(found - expected).max()}")
        model.close()
    return failures


def run_with(words):
    return subprocess.run([sys.executable, __file__, *sys.argv[1:3]], capture_output=True, text=True, check=False,
                          env={**os.environ, "FAKE_CARD": words})


def check_driver():
    counted, unordered = run_with("count"), run_with("unordered")
    beside = re.search(r"(\d+) copies beside", counted.stderr)
    failures = []
    if not beside or int(beside[1]) < LAYERS:
        failures.append(f"copies beside kernels: {counted.stdout}{counted.stderr}")
    if unordered.returncode == 0:
        failures.append("a driver that does not wait is not noticed")
    return failures


def main():
    failures = run(*sys.argv[1:3])
    if "counts" in sys.argv:
        failures += check_driver()
    print("\n".join(failures) if failures else f"copies beside kernels on {sys.argv[2]}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
