#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks of float16 and bfloat16 on cards with and without tensor cores, with the driver of
tests/gpu/fake_card.c: the card computes in 16 bits where it can multiply them, in float32 where it
cannot, and results are those of numpy in float64 either way, as near as the type allows; also where
the processor runs a node in the middle.

    tests/gpu/half_test.py build/lampwick build/tests/fake_cuda
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check as expect, finish  # noqa: E402

PROGRAM, FOLDER = sys.argv[1:3]
TYPES = {"f16": (np.float16, TensorProto.FLOAT16), "bf16": (ml_dtypes.bfloat16, TensorProto.BFLOAT16)}
# The largest difference to the largest number of an output.
NEAR = {"f16": 4e-3, "bf16": 3e-2}


class Network:
    """ONNX's nodes in a type, and what they compute in float64."""

    def __init__(self, name):
        self.dtype, self.code = TYPES[name]
        self.rng, self.nodes, self.weights, self.values = np.random.default_rng(7), [], [], {}

    def rounded(self, x):
        return x.astype(self.dtype)

    def weight(self, *shape, scale=1.0, offset=0.0):
        name = f"w{len(self.weights)}"
        x = self.rounded(offset + scale * self.rng.standard_normal(shape))
        self.weights.append(numpy_helper.from_array(x, name))
        self.values[name] = x.astype(np.float64)
        return name

    def constant(self, x):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(x, name))
        self.values[name] = x
        return name

    def node(self, op, inputs, y, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        self.values[name] = y(*(self.values[i] for i in inputs))
        return name

    def write(self, folder, x, y):
        wanted = self.rounded(self.values[y])
        self.nodes[-1].output[0] = "y"
        ends = [helper.make_tensor_value_info(n, self.code, v.shape) for n, v in (("x", x), ("y", wanted))]
        graph = helper.make_graph(self.nodes, "g", ends[:1], ends[1:], self.weights)
        (folder / "test_data_set_0").mkdir(parents=True)
        onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 23)]),
                  folder / "model.onnx")
        for name, value in (("input_0", x), ("output_0", wanted)):
            (folder / f"test_data_set_0/{name}.pb").write_bytes(numpy_helper.from_array(value, "").SerializeToString())
        return np.abs(wanted.astype(np.float64)).max()


def convolve(x, w, b, stride=1, pad=0, group=1):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    high, wide = ((n - k) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:]))
    y = np.zeros((len(x), group, len(w) // group, high, wide))
    for i, j in np.ndindex(*w.shape[2:]):
        part = x[:, :, i:, j:][:, :, ::stride, ::stride][:, :, :high, :wide]
        y += np.einsum("bgchw,gfc->bgfhw", part.reshape(len(x), group, -1, high, wide),
                       w[:, :, i, j].reshape(group, -1, w.shape[1]))
    return y.reshape(len(x), len(w), high, wide) + b[:, None, None]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def relu(x):
    return np.maximum(x, 0)


def pictures(name, odd=False):
    """Convolutions of odd and even sizes, in groups, by channels, a residual sum; odd: a node that
    devices have no kernel for."""
    n = Network(name)
    x = n.rounded(n.rng.standard_normal((2, 3, 21, 17)))
    n.values["x"] = x.astype(np.float64)

    def conv(x, channels, filters, size, group=1, **how):
        w = n.weight(filters, channels // group, size, size, scale=(channels // group * size * size) ** -0.5)
        pads = {"pads": [how["pad"]] * 4} if "pad" in how else {}
        return n.node("Conv", [x, w, n.weight(filters, scale=0.1)], lambda x, w, b: convolve(x, w, b, group=group, **how),
                      group=group, strides=[how.get("stride", 1)] * 2, **pads)

    a = n.node("Relu", [conv("x", 3, 24, 5, pad=2, stride=2)], relu)
    mean, variance = n.weight(24, scale=0.1), n.constant(n.rounded(np.linspace(0.5, 1.5, 24)))
    a = n.node("BatchNormalization", [a, n.weight(24, scale=0.1, offset=1), n.weight(24, scale=0.1), mean, variance],
               lambda x, s, b, m, v: (x - m[:, None, None]) / np.sqrt(v.astype(np.float64) + 1e-5)[:, None, None]
               * s[:, None, None] + b[:, None, None])
    b = n.node("Relu", [conv(a, 24, 72, 3, pad=1)], relu)
    b = conv(b, 72, 72, 3, pad=1, group=3)
    b = n.node("Relu", [conv(b, 72, 72, 3, pad=1, group=72)], relu)
    b = conv(b, 72, 24, 3, pad=1)  # its sums are made in parts
    a = n.node("Relu", [n.node("Add", [a, b], np.add)], relu)
    a = n.node("GlobalAveragePool", [a], lambda x: x.mean((2, 3), keepdims=True))
    a = n.node("Reshape", [a, n.constant(np.array([2, 24]))], lambda x, _: x.reshape(2, 24))
    if odd:
        a = n.node("Compress", [a, n.constant(np.arange(24) > 0)], lambda x, _: x[:, 1:], axis=1)
        a = n.node("Pad", [a, n.constant(np.array([0, 1, 0, 0]))], lambda x, _: np.pad(x, [(0, 0), (1, 0)]))
    y = n.node("Gemm", [a, n.weight(10, 24, scale=0.2), n.weight(10, scale=0.1)], lambda a, w, b: a @ w.T + b, transB=1)
    return n, x, y


def sequences(name, length=67, size=72, heads=1, mask=True):
    """A layer of a transformer. What is squared is float32 in the file, and beyond float16."""
    n, width = Network(name), heads * size
    x = n.rounded(n.rng.standard_normal((2, length, width)))
    n.values["x"] = x.astype(np.float64)

    def linear(x, a, b):
        y = n.node("MatMul", [x, n.weight(a, b, scale=a ** -0.5)], np.matmul)
        return n.node("Add", [y, n.weight(b, scale=0.1)], np.add)

    def head(x, keys=False):
        y = n.node("Reshape", [linear(x, width, width), n.constant(np.array([0, 0, heads, size]))],
                   lambda x, _: x.reshape(2, length, heads, size))
        perm = [0, 2, 3, 1] if keys else [0, 2, 1, 3]
        return n.node("Transpose", [y], lambda x: x.transpose(perm), perm=perm)

    a = n.node("LayerNormalization", ["x", n.weight(width, scale=0.1, offset=1), n.weight(width, scale=0.1)],
               lambda x, s, b: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * s + b)
    q, k, v = head(a), head(a, True), head(a)
    s = n.node("MatMul", [q, k], np.matmul)
    s = n.node("Mul", [s, n.constant(n.rounded(np.array(size ** -0.5)))], lambda x, c: x * c.astype(np.float64))
    if mask:
        m = np.where(np.arange(length) < length - 9, 0, -100.0) + np.zeros((2, 1, 1, length))
        s = n.node("Add", [s, n.constant(n.rounded(m))], lambda x, c: x + c.astype(np.float64))
    p = n.node("Softmax", [s], softmax, axis=-1)
    a = n.node("Transpose", [n.node("MatMul", [p, v], np.matmul)], lambda x: x.transpose(0, 2, 1, 3), perm=[0, 2, 1, 3])
    a = n.node("Reshape", [a, n.constant(np.array([0, 0, width]))], lambda x, _: x.reshape(2, length, width))
    a = n.node("Add", ["x", linear(a, width, width)], np.add)
    wide = n.node("Cast", [a], lambda x: x, to=TensorProto.FLOAT)
    wide = n.node("Mul", [wide, n.constant(np.array(1000, np.float32))], lambda x, c: x * c)
    wide = n.node("Mul", [wide, wide], np.multiply)
    mean = n.node("Sqrt", [n.node("ReduceMean", [wide, n.constant(np.array([-1]))],
                                  lambda x, _: x.mean(-1, keepdims=True), keepdims=1)], np.sqrt)
    mean = n.node("Div", [mean, n.constant(np.array(1000, np.float32))], lambda x, c: x / c)
    a = n.node("Div", [a, n.node("Cast", [mean], lambda x: x, to=n.code)], np.divide)
    h = n.node("Relu", [linear(a, width, 3 * width)], relu)
    return n, x, n.node("Add", [a, linear(h, 3 * width, width)], np.add)


def constants(name):
    """What is copied beside constants, which are float32 in the graph, and a constant that is normalized."""
    n = Network(name)
    x = n.rounded(n.rng.standard_normal((5, 6)))
    n.values["x"] = x.astype(np.float64)
    a = n.node("Abs", ["x"], np.abs)
    a = n.node("Concat", [n.weight(5, 3), a, n.weight(5, 2)], lambda *parts: np.concatenate(parts, 1), axis=1)
    a = n.node("Pad", [a, n.constant(np.array([1, 0, 0, 2])), n.constant(n.rounded(np.array(1.5)))],
               lambda x, *_: np.pad(x, [(1, 0), (0, 2)], constant_values=1.5))
    scale = n.node("ReduceMax", [a, n.constant(np.array([0]))], lambda x, _: x.max(0), keepdims=0)
    scale = n.node("Slice", [scale, *(n.constant(np.array([i])) for i in (0, 4))], lambda x, *_: x[:4])
    b = n.node("BatchNormalization", [n.weight(2, 4, 3), scale, n.weight(4), n.weight(4),
                                      n.constant(n.rounded(np.linspace(.5, 1.5, 4)))],
               lambda x, s, b, m, v: (x - m[:, None]) / np.sqrt(v.astype(np.float64) + 1e-5)[:, None]
               * s[:, None] + b[:, None])
    b = n.node("Reshape", [b, n.constant(np.array([2, 12]))], lambda x, _: x.reshape(2, 12))
    rows = n.node("ArgMax", [a], lambda x: x.argmax(1)[:, None], axis=1)
    rows = n.node("Reshape", [rows, n.constant(np.array([-1]))], lambda x, _: x.ravel())
    a = n.node("Add", [a, n.node("Gather", [n.weight(13, 13), rows], lambda x, i: x[i])], np.add)
    b = n.node("Pad", [b, n.constant(np.array([0, 1, 0, 0]))], lambda x, _: np.pad(x, [(0, 0), (1, 0)]))
    b = n.node("Concat", [a, b], lambda *parts: np.concatenate(parts), axis=0)
    return n, x, n.node("Mul", [b, b], np.multiply)


def attention(name, length=150, size=40, masked=True, **options):
    """ONNX's Attention of four heads over two of keys: causal, with capped scores, and a mask of
    numbers or of truths."""
    n, heads, kv = Network(name), 4, 2
    x = n.rounded(n.rng.standard_normal((2, length, 24)))
    n.values["x"] = x.astype(np.float64)
    q, k, v = (n.node("MatMul", ["x", n.weight(24, h * size, scale=0.3)], np.matmul) for h in (heads, kv, kv))
    mask = n.rng.random((2, 1, length, length)) < 0.8
    if masked == "numbers":
        mask = n.rounded(np.where(mask, n.rng.standard_normal(mask.shape), -np.inf))
    at, to = np.arange(length)[:, None], np.arange(length)
    seen = (to <= at) if options.get("is_causal") else (to >= 0) & (at >= 0)

    def attend(q, k, v, *mask):
        q, k, v = (t.reshape(2, length, -1, size).transpose(0, 2, 1, 3) for t in (q, k, v))
        s = q @ np.repeat(k, heads // kv, 1).transpose(0, 1, 3, 2) * size ** -0.5
        cap = options.get("softcap", 0)
        s = cap * np.tanh(s / cap) if cap else s
        for m in mask:
            s = s + (np.where(m, 0, -np.inf) if m.dtype == bool else m.astype(np.float64))
        s = np.where(seen, s, -np.inf)
        e = np.exp(s - np.maximum(s.max(-1, keepdims=True), -1e30))
        y = e / np.maximum(e.sum(-1, keepdims=True), 1e-30) @ np.repeat(v, heads // kv, 1)
        return y.transpose(0, 2, 1, 3).reshape(2, length, -1)

    inputs = [q, k, v] + ([n.constant(mask)] if masked else [])
    y = n.node("Attention", inputs, attend, q_num_heads=heads, kv_num_heads=kv, **options)
    return n, x, n.node("Relu", [y], relu)


def check(name, made, folder, capability, *more, explain=True):
    """Results; returns which kernels ran."""
    kind = name.split()[0]
    network, x, y = made
    folder = folder / name.replace(" ", "-") / str(capability)
    largest = network.write(folder, x, y)
    said = os.environ.get("FAKE_CARD", "")  # such as ptx
    env = dict(os.environ, FAKE_CARD=f"{said} capability={capability}", LD_LIBRARY_PATH=FOLDER)
    where = ["--device", "cuda", *more]
    done = subprocess.run([PROGRAM, "test", "--no-fork", "--rtol", "0", "--atol", str(NEAR[kind] * largest), *where, folder],
                          env=env, capture_output=True, text=True, check=False)
    expect(f"{name} {capability}", done.returncode == 0, (done.stdout + done.stderr)[-600:])
    if not explain:
        return ""
    shown = subprocess.run([PROGRAM, "profile", "--runs", "1", "--explain", *where, folder / "model.onnx"],
                           env=env, capture_output=True, text=True, check=False)
    return shown.stdout


def main():
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for kind in TYPES:
            for capability in (61, 75, 80, 90):
                has = capability >= (75 if kind == "f16" else 80)
                shown = check(f"{kind} pictures", pictures(kind), folder, capability)
                expect(f"{kind} {capability} convolutions", (f"conv_{kind}" in shown) == has, shown)
                shown = check(f"{kind} sequences", sequences(kind), folder, capability)
                expect(f"{kind} {capability} attention", (f"attention_128_{kind}" in shown) == has, shown)
            for name, how in (("causal", {"is_causal": 1, "softcap": 2.0}), ("truths", {"masked": True}),
                              ("numbers", {"masked": "numbers", "is_causal": 1, "size": 72})):
                shown = check(f"{kind} attention {name}", attention(kind, **{"masked": False} | how), folder, 80)
                width = 128 if "size" in how else 64
                expect(f"{kind} attention {name}, kernel", f"attention_{width}_{kind}" in shown, shown)
            for name, arguments in (("small", (37, 24, 3)), ("wide", (9, 128, 1)), ("open", (131, 16, 1, False))):
                check(f"{kind} sequences {name}", sequences(kind, *arguments), folder, 80, explain=False)
            check(f"{kind} constants", constants(kind), folder, 80, explain=False)
            shown = check(f"{kind} fallback", pictures(kind, odd=True), folder, 80, "--fallback")
            expect(f"{kind} fallback", "cpu " in shown and "matmul_few_half" in shown, shown)
    finish()


main()
