#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes networks whose input has sizes that are not fixed, and whose steps are so long that small
sizes all make one of them: what a pass takes for a fixed size must be one. Answers are those of
onnxruntime without its optimiser.

    python3 tests/opt/make_open_size_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
"""
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from network_cases import write

FILTERS, WIDE = 6, 7  # of a convolution; samples that it reads beyond its step


def resample(step, samples):
    """[batch, samples] -> [batch, steps * filters]: a convolution whose filters follow one another
    in time."""
    r = np.random.default_rng(step)
    kernel = r.uniform(-1, 1, (FILTERS, 1, 1, step + WIDE)).astype(np.float32)
    constants = {"kernel": kernel, "axes": np.array([1, 2]), "all": np.array([0, -1]),
                 "bias": r.uniform(-1, 1, 1).astype(np.float32)}
    nodes = [helper.make_node("Unsqueeze", ["x", "axes"], ["plane"]),
             helper.make_node("Conv", ["plane", "kernel"], ["conv"], pads=[0, 3, 0, step + 3],
                              strides=[1, step]),
             helper.make_node("Transpose", ["conv"], ["turned"], perm=[0, 3, 2, 1]),
             helper.make_node("Reshape", ["turned", "all"], ["row"]),
             helper.make_node("Add", ["row", "bias"], ["y"])]
    return nodes, constants, ["batch", "samples"], [2, samples]


def pooled(step, samples):
    """[1, 3, samples] -> [3, steps]: a dimension of 1 goes, those of the pooling stay."""
    nodes = [helper.make_node("AveragePool", ["x"], ["pool"], kernel_shape=[step], strides=[step],
                              ceil_mode=1),
             helper.make_node("Transpose", ["pool"], ["turned"], perm=[0, 2, 1]),
             helper.make_node("Squeeze", ["turned", "axes"], ["flat"]),
             helper.make_node("Transpose", ["flat"], ["y"], perm=[1, 0])]
    return nodes, {"axes": np.array([0])}, [1, 3, "samples"], [1, 3, samples]


def sliced(step, samples):
    """[samples, 4] -> [4 * steps]: each step-th row, the channels first."""
    constants = {"starts": np.array([0]), "ends": np.array([2**31 - 1]), "axes": np.array([0]),
                 "steps": np.array([step]), "flat": np.array([-1])}
    nodes = [helper.make_node("Slice", ["x", "starts", "ends", "axes", "steps"], ["few"]),
             helper.make_node("Transpose", ["few"], ["turned"], perm=[1, 0]),
             helper.make_node("Reshape", ["turned", "flat"], ["y"])]
    return nodes, constants, ["samples", 4], [samples, 4]


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    count = 0
    for make in resample, pooled, sliced:
        for step in 5, 100, 441, 2000:
            name = f"test_open_{make.__name__}_{step}"
            if wanted not in name:
                continue
            nodes, constants, declared, shape = make(step, 3 * step + 2)
            graph = helper.make_graph(
                nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, declared)],
                [helper.make_empty_tensor_value_info("y")],
                [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)],
                                      ir_version=8)
            x = np.random.default_rng(step).uniform(-1, 1, shape).astype(np.float32)
            write(folder / name, model, {"x": x})
            count += 1
    print(f"{count} networks")


main()
