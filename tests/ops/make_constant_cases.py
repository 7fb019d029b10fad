#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the cases of quantised operators that make_conv_cases.py and make_microsoft_cases.py make
once more, with weights, scales and zero points as constants, so that kernels prepare them:

    python3 tests/ops/make_constant_cases.py OUTDIR
    lampwick test OUTDIR/*

Needs tests/requirements.txt.
"""
import pathlib
import subprocess
import sys
import tempfile

import onnx

HERE = pathlib.Path(__file__).parent
QUANTIZED = ("integer", "qlinear", "qgemm", "quantize")
# Inputs that stay inputs, where that is not the first one only.
INPUTS = {"QLinearAdd": {0, 3}, "QLinearMul": {0, 3}, "QLinearWhere": {0, 1, 4},
          "QLinearConcat": {2, 5, 8}}


def convert(case, target):
    model = onnx.load(case / "model.onnx")
    graph = model.graph
    if len(graph.input) < 2 or len(graph.node) != 1:
        return False
    kept = INPUTS.get(graph.node[0].op_type, {0})
    names = [name for i, name in enumerate(graph.node[0].input) if i in kept]
    data, inputs = case / "test_data_set_0", list(graph.input)
    (target / data.name).mkdir(parents=True, exist_ok=True)
    del graph.input[:]
    for i, info in enumerate(inputs):
        content = (data / f"input_{i}.pb").read_bytes()
        if info.name in names:
            (target / data.name / f"input_{len(graph.input)}.pb").write_bytes(content)
            graph.input.append(info)
        else:
            tensor = onnx.TensorProto.FromString(content)
            tensor.name = info.name
            graph.initializer.append(tensor)
    for output in data.glob("output_*"):
        (target / data.name / output.name).write_bytes(output.read_bytes())
    onnx.save(model, target / "model.onnx")
    return True


def main():
    out, count = pathlib.Path(sys.argv[1]), 0
    with tempfile.TemporaryDirectory() as folder:
        for script in ("make_conv_cases.py", "make_microsoft_cases.py"):
            subprocess.run([sys.executable, HERE / script, f"{folder}/{script}"], check=True,
                           capture_output=True)
        for case in sorted(pathlib.Path(folder).glob("*/test_*")):
            if any(word in case.name.lower() for word in QUANTIZED):
                count += convert(case, out / f"{case.name}_constant")
    print(f"{count} cases with constants")


main()
