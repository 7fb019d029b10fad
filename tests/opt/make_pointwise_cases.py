#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes random networks of elementwise operators, which the passes join to programs, with answers
from onnxruntime without its optimiser. Layout and use are those of tests/ops/make_opset_cases.py;
each case is run with all passes and with none.

    python3 tests/opt/make_pointwise_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
    lampwick test --skip-passes all OUTDIR/*
"""
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

import network_cases

UNARY = ["Abs", "Ceil", "Erf", "Exp", "Floor", "HardSwish", "Mish", "Neg", "Relu", "Round",
         "Sigmoid", "Sign", "Softplus", "Softsign", "Sqrt", "Tanh", "Log", "Reciprocal"]
WITH_NUMBERS = {
    "Celu": {"alpha": 0.7}, "Elu": {"alpha": 1.3}, "HardSigmoid": {"alpha": 0.3, "beta": 0.4},
    "LeakyRelu": {"alpha": 0.2}, "Selu": {}, "ThresholdedRelu": {"alpha": 0.3},
    "Gelu": {"approximate": "tanh"},
}
BINARY = ["Add", "Mul", "Sub", "Max", "Min", "PRelu", "Div", "Sum", "Mean"]
COMPARE = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]
# Domains and ranges stay small: what goes in is made to lie between 0.5 and 2 where that matters.
POSITIVE = {"Sqrt", "Log", "Reciprocal"}
SHAPES = [(2, 3, 4, 5), (1, 8, 7, 7), (4, 300), (1000,), (2, 5, 64), (3, 1, 17), (), (2, 2500)]


class Network:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.shape = SHAPES[seed % len(SHAPES)]
        self.nodes, self.inputs, self.constants, self.feeds = [], [], [], {}
        self.values, self.count = [], 0

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def node(self, op, inputs, keep=True, **attributes):
        out = self.name()
        self.nodes.append(helper.make_node(op, inputs, [out], **attributes))
        if keep:
            self.values.append(out)
        return out

    def part(self):
        """A shape that can be broadcast to the network's."""
        shape = self.shape[self.r.integers(0, len(self.shape) + 1):]
        return tuple(d if self.r.random() < 0.6 else 1 for d in shape)

    def data(self, shape):
        return self.r.uniform(-2, 2, shape).astype(np.float32)

    def input(self, shape):
        name, data = self.name(), self.data(shape)
        dims = [d if self.r.random() < 0.5 else f"{name}_{i}" for i, d in enumerate(shape)]
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
        self.feeds[name] = data
        return name

    def constant(self, data):
        name = self.name()
        self.constants.append(numpy_helper.from_array(np.asarray(data), name))
        return name

    def any(self):
        """A value of the whole shape, mostly a late one."""
        n = len(self.values)
        return self.values[max(0, n - 1 - int(self.r.exponential(1.5)))]

    def other(self):
        kind = self.r.integers(0, 4)
        if kind == 0:
            return self.constant(np.float32(self.r.uniform(-2, 2)))
        if kind == 1:
            return self.constant(self.data(self.part()))
        return self.input(self.part()) if kind == 2 else self.any()

    def positive(self, x):
        return self.node("Clip", [x, self.constant(np.float32(0.5)), self.constant(np.float32(2))],
                         keep=False)

    def grow(self):
        x, kind = self.any(), self.r.integers(0, 9)
        if kind < 2:
            op = str(self.r.choice(UNARY))
            self.node(op, [self.positive(x) if op in POSITIVE else self.node("Tanh", [x], False)
                           if op == "Exp" else x])
        elif kind == 2:
            op = str(self.r.choice(list(WITH_NUMBERS)))
            self.node(op, [x], **WITH_NUMBERS[op])
        elif kind < 6:
            op, y = str(self.r.choice(BINARY)), self.other()
            if op == "Div":
                y = self.positive(y)
            pair = [x, y] if op in ("PRelu", "Div") or self.r.random() < 0.5 else [y, x]
            self.node(op, pair)
        elif kind == 6:
            test = self.node(str(self.r.choice(COMPARE)), [self.any(), self.other()], keep=False)
            if self.r.random() < 0.3:
                test = self.node("Not", [test], keep=False)
            self.node("Where", [test, x, self.any()])
        elif kind == 7:
            exponent = self.r.choice([2.0, 0.5, 3.0, -1.0, 1.0, 1.7])
            self.node("Pow", [self.positive(x), self.constant(np.float32(exponent))])
        else:
            low = self.constant(np.float32(-1)) if self.r.random() < 0.7 else ""
            high = self.constant(np.float32(1.5)) if self.r.random() < 0.7 else ""
            self.node("Clip", [x, low, high])

    def model(self):
        self.values.append(self.input(self.shape))
        for _ in range(int(self.r.integers(1, 25))):
            self.grow()
        outputs = {self.values[-1]} | ({self.any()} if self.r.random() < 0.3 else set())
        outputs -= {v.name for v in self.inputs}
        graph = helper.make_graph(
            self.nodes, "random", self.inputs,
            [helper.make_tensor_value_info(v, TensorProto.FLOAT, None) for v in sorted(outputs)],
            self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    count = 0
    for seed in range(400):
        name = f"test_pointwise_{seed}"
        if wanted in name:
            network = Network(seed)
            network_cases.write(folder / name, network.model(), network.feeds)
            count += 1
    print(f"{count} cases written")


main()
