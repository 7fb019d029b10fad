# SPDX-License-Identifier: MIT
"""Writes ONNX graphs node by node, with seeded random weights, in the forms that exporters of
PyTorch write."""
import math
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {"float": TensorProto.FLOAT, "int64": TensorProto.INT64}


class Builder:
    def __init__(self, name, opset):
        self.name, self.opset = name, opset
        self.random = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []
        self.constants = {}

    def input(self, name, shape, kind="float"):
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[kind], shape))
        return name

    def output(self, value, shape):
        self.outputs.append(helper.make_tensor_value_info(value, TYPES["float"], shape))

    def node(self, op, *inputs, outputs=1, **attributes):
        made = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), made, name=f"{op}_{len(self.nodes)}",
                                           **attributes))
        return made[0] if outputs == 1 else made

    def tensor(self, array, name="w"):
        name = f"{name}_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def scalar(self, value):
        return self.constant(np.array(value, np.float32))

    def constant(self, array):
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = self.tensor(array, "c")
        return self.constants[key]

    def normal(self, *shape, scale=1.0, shift=0.0):
        return self.tensor(self.random.normal(shift, scale, shape).astype(np.float32))

    def linear(self, x, n_in, n_out):
        """torch.nn.Linear over the last dimension of a tensor of rank above 2."""
        product = self.node("MatMul", x, self.normal(n_in, n_out, scale=1 / math.sqrt(n_in)))
        return self.node("Add", self.normal(n_out, scale=0.02), product)

    def gemm(self, x, n_in, n_out):
        """torch.nn.Linear of a matrix."""
        return self.node("Gemm", x, self.normal(n_out, n_in, scale=1 / math.sqrt(n_in)),
                         self.normal(n_out, scale=0.02), alpha=1.0, beta=1.0, transB=1)

    def conv(self, x, n_in, n_out, kernel, stride=1, groups=1, gain=2.0, pad=None):
        fan_in = n_in // groups * kernel * kernel
        pad = kernel // 2 if pad is None else pad
        return self.node("Conv", x,
                         self.normal(n_out, n_in // groups, kernel, kernel,
                                     scale=math.sqrt(gain / fan_in)),
                         self.normal(n_out, scale=0.05), dilations=[1, 1], group=groups,
                         kernel_shape=[kernel, kernel], pads=[pad] * 4, strides=[stride, stride])

    def model(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=8, producer_name="lampwick bench")


def save(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
