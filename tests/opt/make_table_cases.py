#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes networks that make tables from small constants: filters from a formula, biases by relative
positions, the same in two layers. Such tables are computed once. Answers are those of onnxruntime
without its optimiser.

    python3 tests/opt/make_table_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
"""
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from network_cases import write


class Network:
    def __init__(self, shape):
        self.nodes, self.constants, self.x = [], [], shape

    def constant(self, data):
        name = f"w{len(self.constants)}"  # a tensor of its own, even if there is one like it
        self.constants.append(numpy_helper.from_array(np.asarray(data), name))
        return name

    def node(self, op, *inputs, **attributes):
        name = f"v{len(self.nodes)}"
        inputs = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def model(self):
        self.nodes[-1].output[0] = "y"
        graph = helper.make_graph(
            self.nodes, "table", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.x)],
            [helper.make_empty_tensor_value_info("y")], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def filters(taps, count):
    """A bank of filters that are products of sines and a window."""
    n = Network([1, 1, 1, 4 * taps])
    f32 = np.float32
    times = n.node("Div", np.arange(taps).astype(f32), f32(taps))
    pitches = n.node("Unsqueeze", n.node("Mul", np.arange(1, count + 1).astype(f32), f32(0.5)),
                     np.array([-1]))
    phase = n.node("Mul", pitches, times)
    window = n.node("Pow", n.node("Cos", n.node("Sub", times, f32(0.5))), np.int64(2))
    bank = n.node("Mul", n.node("Sin", phase), window)
    n.node("Conv", "x", n.node("Unsqueeze", bank, np.array([1, 2])), strides=[1, taps // 2])
    return n.model()


def layer(n, x, side, table):
    """x + table[relative position of each pair of places]"""
    places = side * side
    rows = n.node("Expand", np.arange(side).reshape(side, 1), np.array([side, side]))
    columns = n.node("Expand", np.arange(side).reshape(1, side), np.array([side, side]))
    both = n.node("Concat", n.node("Unsqueeze", rows, np.array([0])),
                  n.node("Unsqueeze", columns, np.array([0])), axis=0)
    flat = n.node("Reshape", both, np.array([2, places]))
    apart = n.node("Sub", n.node("Unsqueeze", flat, np.array([2])),
                   n.node("Unsqueeze", flat, np.array([1])))
    apart = n.node("Add", n.node("Transpose", apart, perm=[1, 2, 0]), np.int64(side - 1))
    index = n.node("ReduceSum", n.node("Mul", apart, np.array([2 * side - 1, 1])), np.array([-1]),
                   keepdims=0)
    zeros = n.node("ConstantOfShape", np.array([places + 1, places + 1]),
                   value=numpy_helper.from_array(np.array([0])))
    inside = n.node("Pad", index, np.array([1, 1, 0, 0]))
    return n.node("Add", x, n.node("Gather", table, n.node("Add", zeros, inside), axis=0))


def positions(side):
    n = Network([side * side + 1, side * side + 1])
    r = np.random.default_rng(side)
    x = "x"
    for _ in range(2):
        x = layer(n, x, side, r.uniform(-1, 1, (2 * side - 1) ** 2).astype(np.float32))
    return n.model()


CASES = {"test_table_filters_small": (filters, 16, 4), "test_table_filters": (filters, 256, 300),
         "test_table_filters_large": (filters, 1024, 600), "test_table_positions_small": (positions, 4),
         "test_table_positions": (positions, 12)}


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    cases = {name: case for name, case in CASES.items() if wanted in name}
    for name, (make, *sizes) in cases.items():
        model = make(*sizes)
        shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
        x = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
        write(folder / name, model, {"x": x})
    print(f"{len(cases)} networks")


main()
