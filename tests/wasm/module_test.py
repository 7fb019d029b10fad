#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wasm/lampwick.mjs in Node: networks against ONNX Runtime, a language model against llama2.c.

    module_test.py lampwick-module.wasm FOLDER [TINYSTORIES]

FOLDER is for what is made on the way. Without Node, nothing is tested, and the line says so.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).resolve().parent
DIGITS = HERE.parent.parent / "demo" / "digits.onnx"


def types_model(path):
    value, types = helper.make_tensor_value_info, TensorProto
    nodes = [helper.make_node("Add", ["n", "k"], ["n_out"]),
             helper.make_node("Identity", ["s"], ["s_out"]),
             helper.make_node("Not", ["b"], ["b_out"]),
             helper.make_node("Neg", ["h"], ["h_out"])]
    kinds = [("n", types.INT64), ("s", types.STRING), ("b", types.BOOL), ("h", types.FLOAT16)]
    inputs = [value(name, kind, [None]) for name, kind in kinds]
    outputs = [value(f"{name}_out", kind, [None]) for name, kind in kinds]
    seven = helper.make_tensor("k", types.INT64, [1], [7])
    graph = helper.make_graph(nodes, "types", [*inputs, value("k", types.INT64, [1])], outputs, [seven])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)


def digit_runs():
    session = onnxruntime.InferenceSession(DIGITS)
    random = np.random.default_rng(1)
    for n in (1, 3, 1):
        image = random.random((n, 1, 8, 8), np.float32)
        out = session.run(["probabilities"], {"image": image})[0]
        yield {"image": image.ravel().tolist(), "dims": image.shape,
               "probabilities": out.ravel().tolist()}


def main(module, folder, stories=None):
    node = shutil.which("node")
    if not node:
        print("skipped: there is no Node")
        return 0
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    types_model(folder / "types.onnx")
    expected = {"digits": str(DIGITS), "types": str(folder / "types.onnx"), "runs": list(digit_runs())}
    if stories:
        golden = pathlib.Path(stories) / "golden" / "llama2c-run-stories260K-t0-n256.txt"
        expected["language"] = str(pathlib.Path(stories) / "gguf" / "stories260K-f32.gguf")
        expected["text"] = golden.read_text()
    (folder / "expected.json").write_text(json.dumps(expected))
    environment = os.environ | {"MODULE": module, "EXPECTED": str(folder / "expected.json")}
    return subprocess.run([node, "--test", HERE / "module_test.mjs"], env=environment).returncode


sys.exit(main(*sys.argv[1:]))
