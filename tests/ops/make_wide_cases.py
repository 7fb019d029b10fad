#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of operators on float64, in the layout of ONNX's own node cases, with expected
outputs from numpy, Python's math and onnx.reference, which compute in float64. What a device
computes in float32 on the way is found by a tolerance of 1e-12:

    python3 tests/ops/make_wide_cases.py OUTDIR [part of a case's name]
    lampwick test --rtol 1e-12 --atol 1e-13 OUTDIR/*

Needs tests/requirements.txt.
"""
import math
import sys
import warnings

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from onnxruntime_cases import Cases as PlainCases

OPSET = 22
rng = np.random.default_rng(5)
F = np.float64


def numbers(*shape, low=-3.0, high=3.0):
    return rng.uniform(low, high, shape)


class Cases(PlainCases):
    def add(self, name, op, inputs, expected=None, outputs=1, opset=OPSET, **attributes):
        name = f"wide_{op}_{name}"
        if self.wanted not in name:
            return
        arrays = [None if x is None else np.asarray(x) for x in inputs]
        feed = {f"x{i}": x for i, x in enumerate(arrays) if x is not None}
        node = helper.make_node(op, ["" if x is None else f"x{i}" for i, x in enumerate(arrays)],
                                [f"y{i}" for i in range(outputs)], **attributes)

        def model(types):
            graph = helper.make_graph(
                [node], op,
                [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
                 for n, x in feed.items()],
                [helper.make_tensor_value_info(f"y{i}", t, None) for i, t in enumerate(types)])
            return helper.make_model(graph, ir_version=10,
                                     opset_imports=[helper.make_opsetid("", opset)])
        if expected is None:
            with np.errstate(all="ignore"):
                expected = ReferenceEvaluator(model([TensorProto.DOUBLE] * outputs)).run(None, feed)
        expected = [np.asarray(y) for y in expected]
        types = [helper.np_dtype_to_tensor_dtype(y.dtype) for y in expected]
        self.write(name, model(types).SerializeToString(), feed, expected)


def functions(cases):
    """Each over its range, at 0, and where a device's series and fractions change."""
    normal = np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)))
    erf, sigmoid = np.vectorize(math.erf), lambda x: 1 / (1 + np.exp(-x))
    around = np.concatenate([numbers(500), numbers(300, low=-30, high=30), numbers(100, low=-1e-3, high=1e-3),
                             [0.0, 0.5, 1.0, 2.0, -0.5, -1.0, -2.0]])
    positive, unit, large = np.abs(around) + 1e-9, numbers(500, low=-1, high=1), numbers(300, low=-700, high=700)
    softplus = np.logaddexp(0, around)
    for op, x, y in (
            ("Exp", np.concatenate([around, large]), np.exp), ("Log", np.concatenate([positive, np.exp(large)]), np.log),
            ("Sqrt", positive, np.sqrt), ("Sin", around, np.sin), ("Cos", around, np.cos),
            ("Tan", around, np.tan), ("Asin", unit, np.arcsin), ("Acos", unit, np.arccos),
            ("Atan", around, np.arctan), ("Sinh", around, np.sinh), ("Cosh", around, np.cosh),
            ("Tanh", around, np.tanh), ("Asinh", around, np.arcsinh), ("Acosh", 1 + positive, np.arccosh),
            ("Atanh", unit, np.arctanh), ("Erf", around, erf), ("Sigmoid", around, sigmoid),
            ("Softplus", around, lambda x: softplus), ("Gelu", around, lambda x: x * normal(x)),
            ("Mish", around, lambda x: x * np.tanh(softplus)), ("Softsign", around, lambda x: x / (1 + np.abs(x))),
            ("HardSwish", around, lambda x: x * np.clip(x / 6 + 0.5, 0, 1)), ("Floor", around, np.floor),
            ("Round", around, np.round), ("Reciprocal", positive, lambda x: 1 / x),
            ("Elu", around, lambda x: np.where(x < 0, np.expm1(x), x))):
        cases.add("range", op, [x], [y(x)])
    cases.add("tanh", "Gelu", [around], [0.5 * around * (1 + np.tanh(
        math.sqrt(2 / math.pi) * (around + 0.044715 * around**3)))], approximate="tanh")
    a, b = np.exp(numbers(400)), numbers(400, low=-20, high=20)
    cases.add("real", "Pow", [a, b], [a**b])
    cases.add("whole", "Pow", [numbers(200), np.round(numbers(200))])
    cases.add("large", "Pow", [np.full(50, 1.0000001), numbers(50, low=-1e9, high=1e9)])
    cases.add("real", "Mod", [around, a[:1]], [np.fmod(around, a[:1])], fmod=1)
    parts = [numbers(2, 3), numbers(3), numbers(1, 1)]
    cases.add("three", "Mean", parts, [(parts[0] + parts[1] + parts[2]) / 3])
    cases.add("three", "Sum", parts, [parts[0] + parts[1] + parts[2]])
    cases.add("slopes", "PRelu", [numbers(2, 3, 4), numbers(3, 1)])


def products(cases):
    for name, a, b in (("square", (70, 45), (45, 66)), ("batches", (2, 3, 5, 7), (3, 7, 4)), ("row", (40,), (40, 9)),
                       ("deep", (3, 1000), (1000, 2))):
        cases.add(name, "MatMul", [numbers(*a), numbers(*b)])
    cases.add("all", "Gemm", [numbers(37, 40), numbers(50, 37), numbers(40, 1)], alpha=0.5, beta=0.25, transA=1, transB=1)
    cases.add("row", "Gemm", [numbers(6, 7), numbers(7, 5), numbers(5)])
    for t in (np.int32, np.int64, np.uint32, np.uint64):
        a, b = (rng.integers(0, 2**20, s).astype(t) for s in ((2, 33, 35), (35, 40)))
        cases.add(f"{t.__name__}", "MatMul", [a, b], [np.matmul(a, b)])
        c = rng.integers(0, 9, (33, 1)).astype(t)
        cases.add(f"{t.__name__}", "Gemm", [a[0], b, c], [np.matmul(a[0], b) + c])


def rows(cases):
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        for axis in (1, -1):
            cases.add(f"axis{axis % 3}", op, [numbers(3, 70, 5)], axis=axis)
    cases.add("long", "Softmax", [numbers(2, 1000)])
    cases.add("rows", "LayerNormalization", [numbers(4, 300), numbers(300), numbers(300)], outputs=1)
    cases.add("groups", "InstanceNormalization", [numbers(2, 3, 50), numbers(3), numbers(3)])
    cases.add("channels", "BatchNormalization", [numbers(2, 3, 4), numbers(3), numbers(3), numbers(3), numbers(3) ** 2])
    x, alpha, beta = numbers(1, 6, 3, 3), float(np.float32(0.3)), float(np.float32(0.75))
    squares = [np.sum(x[:, max(0, c - 1):c + 2] ** 2, axis=1) for c in range(6)]
    cases.add("near", "LRN", [x], [x / (1 + alpha / 3 * np.stack(squares, 1)) ** beta], size=3, alpha=0.3)
    x = numbers(3, 5, 200)
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSumExp", "SumSquare"):
        cases.add("rows", f"Reduce{op}", [x, np.array([-1])])
        cases.add("columns", f"Reduce{op}", [x, np.array([0])], keepdims=0)
    cases.add("rows", "ReduceLogSum", [np.abs(x), np.array([-1])])
    for op in ("ArgMax", "ArgMin"):
        cases.add("rows", op, [x], axis=-1)
    y = np.sort(x, axis=-1)[..., ::-1][..., :4].copy(), np.argsort(-x, axis=-1, kind="stable")[..., :4]
    cases.add("rows", "TopK", [x, np.array([4])], y, outputs=2)


def windows(cases):
    cases.add("plain", "Conv", [numbers(2, 4, 7, 8), numbers(6, 4, 3, 3), numbers(6)], pads=[1, 1, 1, 1], strides=[2, 1])
    cases.add("groups", "Conv", [numbers(1, 4, 9), numbers(4, 2, 3)], group=2, dilations=[2])
    cases.add("plain", "ConvTranspose", [numbers(1, 3, 4, 4), numbers(3, 2, 3, 3)], strides=[2, 2])
    cases.add("plain", "MaxPool", [numbers(1, 2, 6, 6)], kernel_shape=[3, 3], strides=[2, 2])
    cases.add("pads", "AveragePool", [numbers(1, 2, 6, 6)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    cases.add("plain", "GlobalAveragePool", [numbers(2, 3, 40)])
    cases.add("plain", "LpPool", [numbers(1, 2, 6)], kernel_shape=[2], p=3)


def recurrent(cases):
    for op, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        w, r, b = numbers(1, gates * 5, 4), numbers(1, gates * 5, 5), numbers(1, 2 * gates * 5)
        cases.add("steps", op, [numbers(6, 2, 4), w, r, b], outputs=2, hidden_size=5)


def main():
    warnings.simplefilter("ignore")
    cases = Cases(*sys.argv[1:3])
    for family in (functions, products, rows, windows, recurrent):
        family(cases)
    cases.report()


if __name__ == "__main__":
    main()
