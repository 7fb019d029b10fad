#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes networks of a product or convolution and what can follow it: factors, sums, batch
normalisation, activations, residual sums, gates. Answers come from onnxruntime without its
optimiser. Layout and use are those of make_pointwise_cases.py.

    python3 tests/opt/make_product_cases.py OUTDIR [part of a case's name]
"""
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

import network_cases

PRODUCTS = ["MatMul", "Gemm", "GemmT", "Turned", "Batched", "Conv", "Depthwise", "Conv1", "ConvTranspose"]


class Network:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.nodes, self.inputs, self.constants, self.feeds = [], [], [], {}
        self.count = 0
        self.dynamic = self.r.random() < 0.5

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def node(self, op, inputs, **attributes):
        out = self.name()
        self.nodes.append(helper.make_node(op, inputs, [out], **attributes))
        return out

    def data(self, *shape):
        return self.r.uniform(-1, 1, shape).astype(np.float32)

    def constant(self, data):
        name = self.name()
        self.constants.append(numpy_helper.from_array(np.asarray(data), name))
        return name

    def input(self, *shape):
        name = self.name()
        dims = ["n" if i == 0 and self.dynamic else d for i, d in enumerate(shape)]
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
        self.feeds[name] = self.data(*shape)
        return name

    def product(self, kind):
        """The product's result, its shape, and the axis of its columns or channels."""
        n, k, m = (int(self.r.integers(1, 40)) for _ in range(3))
        if kind == "MatMul":
            return self.node("MatMul", [self.input(n, k), self.constant(self.data(k, m))]), (n, m), 1
        if kind == "Batched":
            x = self.input(2, 3, n, k)
            w = self.constant(self.data(k, m)) if self.r.random() < 0.5 else self.input(2, 3, k, m)
            return self.node("MatMul", [x, w]), (2, 3, n, m), 3
        if kind == "Turned":
            x, batch = self.input(2, n, k), (2,) * int(self.r.integers(0, 2))
            w = self.constant(self.data(*batch, m, k))
            perm = [*range(len(batch)), len(batch) + 1, len(batch)]
            return self.node("MatMul", [x, self.node("Transpose", [w], perm=perm)]), (2, n, m), 2
        if kind in ("Gemm", "GemmT"):
            turned = kind == "GemmT"
            w = self.constant(self.data(*((m, k) if turned else (k, m))))
            c = [[], [self.constant(self.data(m))], [self.constant(self.data(1, m))],
                 [self.constant(self.data(n, 1))], [self.constant(self.data())]]
            more = c[int(self.r.integers(0, 4 if self.dynamic else 5))]
            if self.dynamic and more == c[3]:
                more = []
            attributes = {"alpha": 0.5, "beta": 0.7} if self.r.random() < 0.3 else {}
            y = self.node("Gemm", [self.input(n, k), w] + more, transB=int(turned), **attributes)
            return y, (n, m), 1
        h = int(self.r.integers(5, 12))
        bias = [self.constant(self.data(m))] if self.r.random() < 0.5 else []
        if kind == "Conv1":
            y = self.node("Conv", [self.input(2, k, h), self.constant(self.data(m, k, 3))] + bias)
            return y, (2, m, h - 2), 1
        x = self.input(2, m if kind == "Depthwise" else k, h, h)
        if kind == "Depthwise":
            w = self.constant(self.data(m, 1, 3, 3))
            return self.node("Conv", [x, w] + bias, group=m, pads=[1] * 4), (2, m, h, h), 1
        if kind == "ConvTranspose":
            w = self.constant(self.data(k, m, 2, 2))
            y = self.node("ConvTranspose", [x, w] + bias, strides=[2, 2])
            return y, (2, m, 2 * h, 2 * h), 1
        y = self.node("Conv", [x, self.constant(self.data(m, k, 3, 3) / np.float32(3 * k ** 0.5))] + bias, pads=[1] * 4)
        return y, (2, m, h, h), 1

    def follow(self, y, shape, axis):
        m, spread = shape[axis], [1] * (len(shape) - 1 - axis)
        column = (m, *spread)
        kind = int(self.r.integers(0, 13))
        if kind == 0:
            return self.node("Add", [y, self.constant(self.data(*column))])
        if kind == 1:
            return self.node("Mul", [self.constant(self.data(*column)), y])
        if kind == 2:
            return self.node("Sub", [y, self.constant(self.data(*([1] * axis), *column))])
        if kind == 3:
            op = str(self.r.choice(["Mul", "Div", "Add", "Sub"]))
            return self.node(op, [y, self.constant(np.float32(1.7))])
        if kind == 4 and axis == 1:
            p = [self.constant(self.data(m)) for _ in range(3)]
            variance = self.constant(self.r.uniform(0.5, 2, m).astype(np.float32))
            return self.node("BatchNormalization", [y, *p, variance], epsilon=1e-3)
        if kind in (4, 5):
            return self.node(str(self.r.choice(["Relu", "Sigmoid", "Tanh", "HardSwish"])), [y])
        if kind == 6:
            return self.node("Clip", [y, self.constant(np.float32(0)), self.constant(np.float32(6))])
        if kind == 7:
            return self.node("Mul", [y, self.node("Sigmoid", [y])])
        if kind == 8:
            return self.node("Add", [y, self.input(*shape)])
        if kind == 9:
            return self.node("Add", [self.input(*shape[1:]), y])
        if kind == 10:
            gate = (shape[0], m, *spread) if axis == 1 else (*([1] * axis), m)
            return self.node("Mul", [y, self.node("Sigmoid", [self.input(*gate)])])
        if kind == 11:
            return self.node("PRelu", [y, self.constant(self.data(*column))])
        return self.node("Sub", [self.constant(np.float32(1)), y])

    def model(self, seed):
        y, shape, axis = self.product(PRODUCTS[seed % len(PRODUCTS)])
        extra = []
        for _ in range(int(self.r.integers(0, 6))):
            if self.r.random() < 0.1:
                extra.append(y)
            y = self.follow(y, shape, axis)
        graph = helper.make_graph(
            self.nodes, "product", self.inputs,
            [helper.make_tensor_value_info(v, TensorProto.FLOAT, None)
             for v in dict.fromkeys([y, *extra])], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    count = 0
    for seed in range(400):
        name = f"test_product_{seed}"
        if wanted in name:
            network = Network(seed)
            network_cases.write(folder / name, network.model(seed), network.feeds)
            count += 1
    print(f"{count} cases written")


main()
