#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes graphs of attention as exporters write it, two MatMul around a Softmax, in random
variations of scales, masks, transposes and broadcasting, with expected outputs from onnxruntime
without its optimiser:

    python3 tests/opt/make_attention_graph_cases.py OUTDIR
    lampwick test OUTDIR
"""
import sys
from pathlib import Path

import numpy as np
from network_cases import write
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(31)


def number(low, high):
    return int(rng.integers(low, high))


def chance(p):
    return rng.random() < p


class Graph:
    def __init__(self, opset):
        self.opset, self.nodes, self.constants, self.feed = opset, [], [], {}

    def node(self, op, *inputs, **attributes):
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def input(self, *shape, values=None):
        name = f"x{len(self.feed)}"
        data = rng.normal(size=shape).astype("f4") if values is None else values
        self.feed[name] = data
        return name

    def model(self, outputs, dynamic):
        def info(name, x):
            dims = [f"n{d}" if dynamic and d > 1 else d for d in x.shape]
            return helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(x.dtype), dims)

        outputs = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
        graph = helper.make_graph(self.nodes, "attention",
                                  [info(n, x) for n, x in self.feed.items()], outputs,
                                  self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=8)


def operand(g, sizes, swapped=False):
    """[batch, heads, length, size], or with the last two exchanged; made in one of many ways."""
    b, h, n, d = sizes
    last = (d, n) if swapped else (n, d)
    form = number(0, 5)
    if form == 0:
        return g.input(b, h, *last)
    if form == 1:  # [batch, length, heads, size]
        return g.node("Transpose", g.input(b, n, h, d), perm=[0, 2, 3, 1] if swapped else [0, 2, 1, 3])
    if form == 2 and b == 1:  # [length, heads, size]
        x = g.node("Transpose", g.input(n, h, d), perm=[1, 2, 0] if swapped else [1, 0, 2])
        return g.node("Unsqueeze", x, g.constant(np.array([0], "i8")))
    if form == 3:  # projected, then cut into heads
        hidden = number(1, 30)
        weights = rng.normal(0, hidden**-0.5, (hidden, h * d)).astype("f4")
        x = g.node("MatMul", g.input(b, n, hidden), g.input(values=weights))
        x = g.node("Reshape", x, g.constant(np.array([0, -1, h, d], "i8")))
        return g.node("Transpose", x, perm=[0, 2, 3, 1] if swapped else [0, 2, 1, 3])
    x = g.input(b, h, n, d)
    return g.node("Transpose", x, perm=[0, 1, 3, 2]) if swapped else x


def scale(g, x, p):
    if not chance(p):
        return x
    if chance(0.5):
        return g.node("Div", x, g.constant(np.float32(number(1, 9))))
    c = g.constant(np.array(rng.normal(), "f4").reshape([1] * number(0, 3)))
    return g.node("Mul", *((x, c) if chance(0.5) else (c, x)))


def mask_values(shape):
    """0 and something that masks; with -infinity whole rows may be masked."""
    low = rng.choice(np.array([-10000, -np.inf, np.finfo("f4").min], "f4"))
    return np.where(rng.random(shape) < 0.3, low, np.float32(0)).astype("f4")


def broadcastable(full, chance_of_one=0.4):
    shape = [1 if chance(chance_of_one) else n for n in full]
    return shape[number(0, len(shape)):] if chance(0.3) else shape


def attention(folder, n):
    long = n % 5 == 0
    b, h = number(1, 4), number(1, 4)
    queries, keys = (number(1, 90), number(1, 600)) if long else (number(1, 9), number(1, 12))
    d, v = number(1, 40), number(1, 40)
    g = Graph(opset=11 if n % 7 == 0 else 17)
    if g.opset == 11:
        q, k, value = g.input(b, h, queries, d), g.input(b, h, d, keys), g.input(b, h, keys, v)
    else:
        one = [1 if chance(0.15) else x for x in (b, h)]
        q = scale(g, operand(g, (b, h, queries, d)), 0.3)
        k = scale(g, operand(g, (*one, keys, d), True), 0.3)
        value = operand(g, (*(one if chance(0.5) else (b, h)), keys, v))
    scores = scale(g, g.node("MatMul", q, k), 0.6)
    full = [b, h, queries, keys]
    if chance(0.3):
        keep = g.input(values=rng.random(broadcastable(full)) < 0.7)
        scores = g.node("Where", keep, scores, g.constant(np.float32(rng.choice([-1e4, -3.4e38]))))
    for _ in range(number(0, 3)):
        bias = g.input(values=mask_values(broadcastable(full)))
        scores = g.node("Add", *((scores, bias) if chance(0.7) else (bias, scores)))
    p = g.node("Softmax", scores, axis=3 if g.opset == 11 or chance(0.5) else -1)
    y = g.node("MatMul", p, value)
    if chance(0.6):
        y = g.node("Transpose", y, perm=[0, 2, 1, 3] if chance(0.8) else [1, 0, 3, 2])
    if chance(0.3):
        y = g.node("Relu", y)
    outputs = [y] + ([p] if chance(0.1) else [])
    write(folder / f"test_attention_{n}", g.model(outputs, chance(0.5)), g.feed)


def main():
    for n in range(150):
        attention(Path(sys.argv[1]), n)
    print("150 cases written")


if __name__ == "__main__":
    main()
