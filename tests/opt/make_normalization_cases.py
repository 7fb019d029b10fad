#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes networks with normalisations and activations as exporters write them, which passes take
apart or put together. Answers come from onnxruntime without its optimiser. Layout and use are those
of make_pointwise_cases.py.

    python3 tests/opt/make_normalization_cases.py OUTDIR [part of a case's name]
"""
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

import network_cases


class Network:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.nodes, self.inputs, self.constants, self.feeds = [], [], [], {}
        self.count = 0
        self.dynamic = self.r.random() < 0.5
        self.opset = 22

    def node(self, op, inputs, **attributes):
        self.count += 1
        out = f"v{self.count}"
        self.nodes.append(helper.make_node(op, inputs, [out], **attributes))
        return out

    def data(self, *shape, low=-1, high=1):
        return self.r.uniform(low, high, shape).astype(np.float32)

    def constant(self, data):
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(data), f"v{self.count}"))
        return f"v{self.count}"

    def number(self, x):
        return self.constant(np.float32(x))

    def input(self, *shape):
        self.count += 1
        name = f"v{self.count}"
        dims = ["n" if i == 0 and self.dynamic else d for i, d in enumerate(shape)]
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
        self.feeds[name] = self.data(*shape, low=-2, high=3)
        return name

    def sides(self, op, a, b):
        """Sums and products in either order."""
        return self.node(op, [a, b] if self.r.random() < 0.5 else [b, a])

    def finish(self, y):
        graph = helper.make_graph(
            self.nodes, "normalization", self.inputs,
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=10)


def channels(n):
    """Instance and group normalisation between convolutions, or alone."""
    c, k = int(n.r.integers(1, 5)) * 4, int(n.r.integers(1, 9))
    size = (int(n.r.integers(1, 30)), int(n.r.integers(1, 30)))
    x = n.input(2, c, *size[:int(n.r.integers(1, 3))])
    spatial = len(n.feeds[x].shape) - 2
    if n.r.random() < 0.6:
        x = n.node("Conv", [x, n.constant(n.data(c, c, *[1] * spatial))])
    scale, bias = n.constant(n.data(c)), n.constant(n.data(c))
    if n.r.random() < 0.5:
        y = n.node("InstanceNormalization", [x, scale, bias], epsilon=1e-3)
    else:
        y = n.node("GroupNormalization", [x, scale, bias], num_groups=4, epsilon=1e-3)
    if n.r.random() < 0.7:
        y = n.node("Relu", [y])
    if n.r.random() < 0.5:
        y = n.node("Conv", [y, n.constant(n.data(k, c, *[1] * spatial))])
    return y


def centre(n, x, axes):
    return n.node("Sub", [x, n.node("ReduceMean", [x, axes], keepdims=1)])


def inverse(n, x, axes):
    """The mean square's root, or what to multiply by."""
    square = n.sides("Mul", x, x) if n.r.random() < 0.5 else n.node("Pow", [x, n.number(2)])
    mean = n.node("ReduceMean", [square, axes], keepdims=1)
    sum_ = n.sides("Add", mean, n.number(1e-3))
    kind = n.r.integers(0, 5)
    if kind == 4:
        return n.node("Pow", [sum_, n.number(-0.5)]), True
    root = n.node("Sqrt", [sum_]) if n.r.random() < 0.7 else n.node("Pow", [sum_, n.number(0.5)])
    if kind == 0:
        return n.node("Reciprocal", [root]), True
    return (n.node("Div", [n.number(1), root]), True) if kind == 1 else (root, False)


def rows(n):
    """LayerNormalization and RMSNormalization in their parts, and what only looks like them."""
    shape = [int(d) for d in n.r.integers(2, 9, 3)]
    last = [shape[-1]] if n.r.random() < 0.8 else shape[1:]
    axes = n.constant(np.arange(3 - len(last), 3) if n.r.random() < 0.5
                      else np.arange(-len(last), 0))
    if n.r.random() < 0.1:
        axes = n.constant(np.array([1]))
    x = n.input(*shape)
    d = centre(n, x, axes) if n.r.random() < 0.6 else x
    again = centre(n, x, axes) if d != x and n.r.random() < 0.3 else d
    by, multiply = inverse(n, again, axes)
    y = n.sides("Mul", d, by) if multiply else n.node("Div", [d, by])
    if n.r.random() < 0.8:
        scale = n.data(*last) if n.r.random() < 0.8 else n.data(*shape[1:])
        y = n.sides("Mul", y, n.constant(scale))
        if n.r.random() < 0.7:
            y = n.sides("Add", y, n.constant(n.data(*last)))
    if n.r.random() < 0.3:
        y = n.node("Add", [x, y])
    return y


def product(n, factors):
    """In any order, and Div where a factor is a number."""
    factors = list(factors)
    n.r.shuffle(factors)
    y = factors[0]
    for f in factors[1:]:
        y = n.node("Mul", [y, f])
    return y


def gelu(n):
    x = n.input(3, 50)
    if n.r.random() < 0.3:  # the argument itself is a product
        x = n.node("Mul", [x, n.input(3, 50)])
    half = n.number(0.5 if n.r.random() < 0.8 else 0.6)
    if n.r.random() < 0.5:
        inner = n.node("Div", [x, n.number(2 ** 0.5)]) if n.r.random() < 0.5 else \
            product(n, [str(x), n.number(0.5 ** 0.5)])
        gate = n.node("Erf", [inner])
    else:
        kind, c, k = n.r.integers(0, 3), n.number(0.044715), n.number((2 / np.pi) ** 0.5)
        if kind == 0:
            curve = n.sides("Add", x, product(n, [c, n.node("Pow", [x, n.number(3)])]))
            inner = product(n, [k, curve])
        elif kind == 1:
            square = n.node("Mul", [x, x])
            inner = product(n, [k, n.sides("Add", x, product(n, [c, x, square]))])
        else:
            square = n.node("Mul", [x, x])
            inner = product(n, [k, x, n.sides("Add", n.number(1), product(n, [c, square]))])
        gate = n.node("Tanh", [inner])
    return product(n, [x, half, n.sides("Add", gate, n.number(1))])


def swish(n):
    x = n.input(3, 50)
    if n.r.random() < 0.3:
        x = n.node("Mul", [x, n.input(3, 50)])
    kind = n.r.integers(0, 5)
    if kind == 0:
        return product(n, [x, n.node("Sigmoid", [x])])
    if kind == 1:
        return product(n, [x, n.node("Tanh", [n.node("Softplus", [x])])])
    if kind == 2:
        alpha = 1 / 6 if n.r.random() < 0.7 else 0.2
        return product(n, [x, n.node("HardSigmoid", [x], alpha=alpha, beta=0.5)])
    clip = n.node("Clip", [n.sides("Add", x, n.number(3)), n.number(0), n.number(6)])
    if kind == 3:
        return product(n, [x, clip, n.number(1 / 6)])
    return n.node("Div", [product(n, [x, clip]), n.number(6)])


MAKERS = [channels, rows, gelu, swish]


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    count = 0
    for maker in MAKERS:
        for seed in range(80):
            name = f"test_{maker.__name__}_{seed}"
            if wanted in name:
                network = Network(seed)
                y = maker(network)
                network_cases.write(folder / name, network.finish(y), network.feeds)
                count += 1
    print(f"{count} cases written")


main()
