#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes networks of convolutions of single pixels, depthwise ones and poolings, some after a first
convolution of a picture, large enough to be run in bands (backend/cpu/conv_chain.c): kernels, strides,
dilations, padding, activations, residual sums, values with two readers, batches. Answers come from onnxruntime without its optimiser. Layout and
use are those of make_pointwise_cases.py.

    python3 tests/opt/make_chain_cases.py OUTDIR [part of a case's name]
"""
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

import network_cases

NETWORKS, POOLED = 60, 60  # the second ones have poolings and first convolutions


class Network:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], [], 0
        batch, channels = int(self.r.choice([1, 1, 1, 2])), int(self.r.choice([3, 16, 20, 33]))
        high, wide = int(self.r.integers(17, 60)), int(self.r.integers(17, 60))
        self.shape = [batch, channels, high, wide]
        self.x = self.r.uniform(-1, 1, self.shape).astype(np.float32)
        self.value = "x"
        self.outputs = []

    def node(self, op, inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(op, inputs, [f"v{self.count}"], **attributes))
        return f"v{self.count}"

    def constant(self, *shape):
        self.count += 1
        scale = max(1, np.prod(shape[1:])) ** -0.5
        data = self.r.uniform(-scale, scale, shape).astype(np.float32)
        self.constants.append(numpy_helper.from_array(data, f"w{self.count}"))
        return f"w{self.count}"

    def bias(self, filters):
        return [self.constant(filters)] if self.r.random() < 0.8 else []

    def pointwise(self):
        filters = int(self.r.choice([32, 48, 64, 70, 130]))
        w = self.constant(filters, self.shape[1], 1, 1)
        self.value = self.node("Conv", [self.value, w, *self.bias(filters)])
        self.shape[1] = filters

    def depthwise(self):
        k, stride, dilation = int(self.r.choice([3, 3, 5])), int(self.r.choice([1, 1, 2])), 1
        if self.r.random() < 0.2:
            k, stride, dilation = int(self.r.choice([2, 4, 7])), int(self.r.choice([1, 2, 3])), 2
        pads = [int(self.r.integers(0, (k - 1) * dilation + 1)) for _ in range(4)]
        w = self.constant(self.shape[1], 1, k, k)
        self.value = self.node("Conv", [self.value, w, *self.bias(self.shape[1])], group=self.shape[1],
                               strides=[stride, stride], dilations=[dilation, dilation], pads=pads)
        self.shrink(k, stride, dilation, pads)

    def shrink(self, kernel, stride, dilation, pads):
        reach = (kernel - 1) * dilation + 1
        for a in (0, 1):
            self.shape[2 + a] = (self.shape[2 + a] + pads[a] + pads[2 + a] - reach) // stride + 1

    def first(self):
        """Any convolution, with few or many filters."""
        k, stride = int(self.r.choice([1, 3, 3, 5])), int(self.r.choice([1, 2, 2, 3]))
        filters = int(self.r.choice([6, 8, 16, 24, 40]))
        pads = [int(self.r.integers(0, k)) for _ in range(4)]
        w = self.constant(filters, self.shape[1], k, k)
        self.value = self.node("Conv", [self.value, w, *self.bias(filters)], strides=[stride, stride],
                               pads=pads)
        self.shape[1] = filters
        self.shrink(k, stride, 1, pads)

    def pool(self):
        k, stride = int(self.r.choice([2, 2, 3])), int(self.r.choice([1, 2, 2]))
        pads = [int(p) for p in self.r.integers(0, 2, 4)]
        self.value = self.node(str(self.r.choice(["MaxPool", "MaxPool", "AveragePool"])), [self.value],
                               kernel_shape=[k, k], strides=[stride, stride], pads=pads)
        self.shrink(k, stride, 1, pads)

    def make_pooled(self):
        """Larger pictures: a first convolution, and poolings between the others."""
        self.shape[1:] = [int(self.r.choice([1, 3, 3, 12])), *self.r.integers(60, 130, 2).tolist()]
        self.x = self.r.uniform(-1, 1, self.shape).astype(np.float32)
        self.first()
        self.follow()
        for _ in range(int(self.r.integers(2, 9))):
            if min(self.shape[2:]) < 16:
                break
            self.r.choice([self.depthwise, self.pointwise, self.pointwise, self.pool])()
            self.follow()
        return self.model()

    def follow(self):
        kind = self.r.integers(0, 6)
        if kind < 2:
            self.value = self.node("Relu", [self.value])
        elif kind == 2:
            self.value = self.node("Mul", [self.value, self.node("Sigmoid", [self.value])])
        elif kind == 3:
            self.value = self.node("Add", [self.value, self.constant(self.shape[1], 1, 1)])
        if self.r.random() < 0.1:
            self.outputs.append(self.value)

    def make(self):
        before = {}
        for i in range(int(self.r.integers(2, 8))):
            if min(self.shape[2:]) < 16 and i > 2:
                break
            (self.depthwise if i % 2 else self.pointwise)()
            same = before.get(tuple(self.shape))
            if same and self.r.random() < 0.5:
                self.value = self.node("Add", [self.value, same])
            before[tuple(self.shape)] = self.value
            self.follow()
        return self.model()

    def model(self):
        outputs = dict.fromkeys([*self.outputs, self.value])
        graph = helper.make_graph(
            self.nodes, "chain",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.x.shape)],
            [helper.make_tensor_value_info(v, TensorProto.FLOAT, None) for v in outputs],
            self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main():
    out, part = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    for seed in range(NETWORKS + POOLED):
        name = f"chain_{seed:03}"
        if part in name:
            n = Network(seed)
            model = n.make() if seed < NETWORKS else n.make_pooled()
            network_cases.write(out / name, model, {"x": n.x})


if __name__ == "__main__":
    main()
