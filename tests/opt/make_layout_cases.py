#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes random networks of convolutions and of all that stands between them, whose layout the
passes change, with answers from onnxruntime without its optimiser. Every weight of each third
network is listed as an input with a default value; one of them is replaced in a second data set.
Layout and use are those of tests/opt/make_pointwise_cases.py.

    python3 tests/opt/make_layout_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
    lampwick test --skip-passes all OUTDIR/*
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

NETWORKS = 160


class Network:
    """Values are NCHW (or NCW, NCDHW); each step takes a late one and makes another."""

    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], [], 0
        self.rank = int(self.r.choice([3, 4, 4, 4, 4, 5]))
        size = 12 if self.rank < 5 else 6
        shape = (int(self.r.integers(1, 3)), int(self.r.choice([1, 3, 4, 8, 17])),
                 *[size] * (self.rank - 2))
        self.x = self.data(shape)
        self.values = [("x", shape)]
        self.others = []  # results that are not NC...

    def data(self, shape):
        return self.r.uniform(-1, 1, shape).astype(np.float32)

    def constant(self, data):
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(data), f"w{self.count}"))
        return f"w{self.count}"

    def node(self, op, inputs, shape, outputs=1, **attributes):
        """shape None: onnxruntime will tell; not used any further then."""
        names = []
        for _ in range(outputs):
            self.count += 1
            names.append(f"v{self.count}")
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        if shape is not None:
            self.values += [(n, shape) for n in names]
        else:
            self.others += names
        return names[0]

    def pick(self):
        n = len(self.values)
        return self.values[max(0, n - 1 - int(self.r.exponential(1.0)))]

    def like(self, shape):
        """Another value of that shape, or of one that is broadcast to it."""
        same = [v for v, s in self.values if s == shape]
        kind = self.r.integers(0, 3)
        if kind == 0 and len(same) > 1:
            return same[self.r.integers(0, len(same))]
        if kind == 1:
            return self.constant(self.data((shape[1], *[1] * (self.rank - 2))))
        return self.constant(self.data([d if self.r.random() < 0.5 else 1 for d in shape]))

    # ---------------------------------------------------------------- steps

    def conv(self):
        x, s = self.pick()
        group = int(self.r.choice([g for g in (1, 1, 2, s[1]) if s[1] % g == 0]))
        filters = group * int(self.r.integers(1, 5)) if group > 1 else int(self.r.choice([1, 5, 16]))
        k = int(self.r.choice([1, 3])) if min(s[2:]) >= 3 else 1
        stride = int(self.r.choice([1, 1, 2]))
        w = self.constant(self.data((filters, s[1] // group, *[k] * (self.rank - 2))) / (k * 2))
        out = tuple((d + 2 * (k // 2) - k) // stride + 1 for d in s[2:])
        inputs = [x, w] + ([self.constant(self.data(filters))] if self.r.random() < 0.6 else [])
        self.node("Conv", inputs, (s[0], filters, *out), group=group,
                  pads=[k // 2] * 2 * (self.rank - 2), strides=[stride] * (self.rank - 2))

    def conv_transpose(self):
        x, s = self.pick()
        if max(s[2:]) > 24:
            return
        w = self.constant(self.data((s[1], 3, *[2] * (self.rank - 2))) / 2)
        self.node("ConvTranspose", [x, w], (s[0], 3, *[2 * d for d in s[2:]]),
                  strides=[2] * (self.rank - 2))

    def unary(self):
        x, s = self.pick()
        op = self.r.choice(["Relu", "Sigmoid", "HardSwish", "Tanh", "Abs", "Identity", "Neg"])
        self.node(str(op), [x], s)

    def clip(self):
        x, s = self.pick()
        self.node("Clip", [x, self.constant(np.float32(-0.5)), self.constant(np.float32(0.7))], s)

    def binary(self):
        x, s = self.pick()
        pair = [x, self.like(s)]
        op = str(self.r.choice(["Add", "Mul", "Sub", "Max", "PRelu"]))
        if op != "PRelu" and self.r.random() < 0.5:
            pair.reverse()
        self.node(op, pair, s)

    def batch_norm(self):
        x, s = self.pick()
        params = [self.constant(self.data(s[1])) for _ in range(3)]
        self.node("BatchNormalization", [x, *params, self.constant(abs(self.data(s[1])) + 0.5)], s)

    def instance_norm(self):
        x, s = self.pick()
        if np.prod(s[2:]) > 4:
            self.node("InstanceNormalization", [x, self.constant(self.data(s[1])),
                                                self.constant(self.data(s[1]))], s)

    def pool(self):
        x, s = self.pick()
        if min(s[2:]) < 2:
            return
        op = str(self.r.choice(["MaxPool", "AveragePool"]))
        self.node(op, [x], (*s[:2], *[d // 2 for d in s[2:]]), kernel_shape=[2] * (self.rank - 2),
                  strides=[2] * (self.rank - 2))

    def global_pool(self):
        x, s = self.pick()
        op = str(self.r.choice(["GlobalAveragePool", "GlobalMaxPool"]))
        y = self.node(op, [x], None)
        if self.r.random() < 0.5:  # squeeze and excitation
            w = self.constant(self.data((s[1], s[1], *[1] * (self.rank - 2))))
            gate = self.node("Conv", [y, w], None)
            self.node("Mul", [x, gate], s)
        elif self.r.random() < 0.5:
            self.node("Flatten", [y], None)

    def resize(self):
        x, s = self.pick()
        if max(s[2:]) > 24 or self.rank != 4:
            return
        mode = str(self.r.choice(["nearest", "linear"]))
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        self.node("Resize", [x, "", scales], (*s[:2], 2 * s[2], 2 * s[3]), mode=mode)

    def concat(self):
        x, s = self.pick()
        same = [v for v, t in self.values if t[:1] + t[2:] == s[:1] + s[2:]]
        other = same[self.r.integers(0, len(same))]
        c = s[1] + dict(self.values)[other][1]
        if c < 64:
            self.node("Concat", [x, other], (s[0], c, *s[2:]), axis=1 - self.rank)

    def split(self):
        x, s = self.pick()
        axis = int(self.r.integers(1, self.rank))
        if s[axis] % 2 == 0:
            half = tuple(d // 2 if i == axis else d for i, d in enumerate(s))
            self.node("Split", [x], half, outputs=2, axis=axis, num_outputs=2)

    def slice(self):
        x, s = self.pick()
        axis = int(self.r.integers(1, self.rank))
        if s[axis] < 3:
            return
        ints = [self.constant(np.array([v], np.int64)) for v in (1, 2 ** 40, axis)]
        self.node("Slice", [x, *ints],
                  tuple(d - 1 if i == axis else d for i, d in enumerate(s)))

    def pad(self):
        x, s = self.pick()
        pads = self.r.integers(0, 2, 2 * self.rank)
        pads[[0, 1, self.rank, self.rank + 1]] = 0
        mode = str(self.r.choice(["constant", "reflect", "edge"])) if min(s[2:]) > 2 else "constant"
        out = tuple(int(d + pads[i] + pads[i + self.rank]) for i, d in enumerate(s))
        self.node("Pad", [x, self.constant(pads.astype(np.int64))], out, mode=mode)

    def softmax(self):
        x, s = self.pick()
        self.node("Softmax", [x], s, axis=int(self.r.integers(-self.rank, self.rank)))

    def reduce(self):
        x, s = self.pick()
        n = int(self.r.integers(1, self.rank))
        axes = self.r.permutation(self.rank)[:n].astype(np.int64)
        keep = int(self.r.integers(0, 2))
        y = self.node(str(self.r.choice(["ReduceMean", "ReduceMax", "ReduceL2"])),
                      [x, self.constant(axes)], None, keepdims=keep)
        if keep:
            self.node("Mul", [x, y], s)

    def shuffle(self):
        x, s = self.pick()
        if s[1] % 2 or self.rank != 4:
            return
        cut = self.constant(np.array([s[0], 2, s[1] // 2, *s[2:]], np.int64))
        y = self.node("Reshape", [x, cut], None)
        y = self.node("Transpose", [y], None, perm=[0, 2, 1, 3, 4])
        self.node("Reshape", [y, self.constant(np.array(s, np.int64))], s)

    def gather(self):
        x, s = self.pick()
        axis = int(self.r.integers(0, self.rank))
        picked = self.r.integers(-s[axis], s[axis], int(self.r.integers(1, 4)))
        self.node("Gather", [x, self.constant(picked.astype(np.int64))],
                  (*s[:axis], len(picked), *s[axis + 1:]) if axis > 0 else None, axis=axis)

    def shuffle_and_pick(self):
        """As ShuffleNet does in exports of PyTorch: one half of the shuffled channels by index."""
        x, s = self.pick()
        if s[1] % 2 or s[0] != 1 or self.rank != 4:
            return
        c, pixels = s[1] // 2, s[2] * s[3]
        ints = [self.constant(np.array(v, np.int64)) for v in ([c, 2, pixels], [2, 1, c, *s[2:]])]
        y = self.node("Reshape", [x, ints[0]], None)
        y = self.node("Transpose", [y], None, perm=[1, 0, 2])
        y = self.node("Reshape", [y, ints[1]], None)
        for i in range(2):
            self.node("Gather", [y, self.constant(np.array(i, np.int64))], (1, c, *s[2:]), axis=0)

    def tokens(self):
        x, s = self.pick()
        flat = self.node("Reshape", [x, self.constant(np.array([0, s[1], -1], np.int64))], None)
        self.node("Transpose", [flat], None, perm=[0, 2, 1])

    def dense(self):
        """Flattened, as before a network's last products."""
        x, s = self.pick()
        n, columns = int(np.prod(s[1:])), int(self.r.integers(1, 70))
        if n > 3000:
            return False
        if self.r.random() < 0.7:  # what follows an activation stays beside the convolution
            x = self.node("Relu", [x], s)
            params = [self.constant(self.data(s[1])) for _ in range(3)]
            x = self.node("BatchNormalization", [x, *params, self.constant(abs(self.data(s[1])) + 0.5)], s)
        if self.r.random() < 0.5:
            flat = self.node("Flatten", [x], None)
        else:
            flat = self.node("Reshape", [x, self.constant(np.array([0, -1], np.int64))], None)
        w = self.data((n, columns)) / np.float32(n ** 0.5)
        kind = self.r.integers(0, 3)
        if kind == 0:
            self.node("MatMul", [flat, self.constant(w)], None)
            return True
        bias = [self.constant(self.data(columns))] if self.r.random() < 0.7 else []
        turned = self.constant(np.ascontiguousarray(w.T) if kind == 1 else w)
        self.node("Gemm", [flat, turned, *bias], None, transB=int(kind == 1),
                  alpha=float(self.r.choice([1, 0.5])))
        return True

    def sizes(self):
        x, _ = self.pick()
        self.node("Shape", [x], None)

    def squeeze(self):
        x, _ = self.pick()
        y = self.node("Unsqueeze", [x, self.constant(np.array([2], np.int64))], None)
        if self.r.random() < 0.5:
            self.node("Transpose", [y], None, perm=[*reversed(range(self.rank + 1))])

    def last(self):
        """As exporters from TensorFlow write: turned, worked on, turned back."""
        x, s = self.pick()
        there = [0, *range(2, self.rank), 1]
        y = self.node("Transpose", [x], None, perm=there)
        y = self.node("Mul", [y, self.constant(self.data(s[1]))], None)
        self.node("Transpose", [y], s, perm=[there.index(i) for i in range(self.rank)])

    STEPS = [conv, conv, conv, conv_transpose, unary, clip, binary, binary, batch_norm,
             instance_norm, pool, global_pool, resize, concat, split, slice, pad, softmax, reduce,
             shuffle, shuffle_and_pick, gather, tokens, sizes, squeeze, last]

    def build(self, listed):
        self.conv()
        for _ in range(int(self.r.integers(4, 16))):
            self.STEPS[self.r.integers(0, len(self.STEPS))](self)
        outputs = self.others + [v for v, _ in self.values[1:]]
        read = {i for n in self.nodes for i in n.input}
        outputs = [v for v in outputs if v not in read or self.r.random() < 0.1]
        if self.r.random() < 0.5 and self.dense():
            outputs.append(self.others[-1])
        batch = ["batch", *self.x.shape[1:]] if self.r.random() < 0.3 else self.x.shape
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, batch)]
        if listed:
            inputs += [helper.make_tensor_value_info(w.name, w.data_type, list(w.dims))
                       for w in self.constants]
        graph = helper.make_graph(self.nodes, "layout", inputs,
                                  [helper.make_empty_tensor_value_info(o) for o in outputs],
                                  self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def write_set(folder, feeds, model):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    names = [i.name for i in model.graph.input]
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    results = session.run(None, feeds)
    folder.mkdir(parents=True, exist_ok=True)
    for name, x in feeds.items():
        tensor = numpy_helper.from_array(np.asarray(x))
        (folder / f"input_{names.index(name)}.pb").write_bytes(tensor.SerializeToString())
    for i, y in enumerate(results):
        tensor = numpy_helper.from_array(np.asarray(y))
        (folder / f"output_{i}.pb").write_bytes(tensor.SerializeToString())


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    count = 0
    for seed in range(NETWORKS):
        name = f"test_layout_{seed}"
        if wanted not in name:
            continue
        listed = seed % 3 == 0
        network = Network(seed)
        model = network.build(listed)
        write_set(folder / name / "test_data_set_0", {"x": network.x}, model)
        (folder / name / "model.onnx").write_bytes(model.SerializeToString())
        if listed:
            w = next(c for c in network.constants if c.data_type == TensorProto.FLOAT)
            other = numpy_helper.to_array(w) * np.float32(0.5)
            write_set(folder / name / "test_data_set_1", {"x": network.x, w.name: other}, model)
        count += 1
    print(f"{count} networks")


main()
