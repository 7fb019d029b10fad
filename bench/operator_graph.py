# SPDX-License-Identifier: MIT
"""Writes a model of one node, with its inputs beside it as test data (the form of ONNX's cases)."""
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 21, 10
DOMAINS = [("", OPSET), ("ai.onnx.ml", 4), ("com.microsoft", 1)]
TYPES = {"f32": np.float32, "f16": np.float16, "f64": np.float64, "i64": np.int64, "i32": np.int32,
         "i8": np.int8, "u8": np.uint8, "bool": np.bool_}


class Constant:
    """An input that is stored in the model."""

    def __init__(self, array):
        self.array = np.asarray(array)


class Case:
    """A node being described: its inputs are drawn from a generator seeded by its name."""

    def __init__(self, name):
        self.name, self.random = name, np.random.default_rng(zlib.crc32(name.encode()))

    def normal(self, *shape, kind="f32", scale=1.0):
        return (self.random.standard_normal(shape, np.float32) * scale).astype(TYPES[kind])

    def below(self, high, *shape, kind="i64", low=0):
        return self.random.integers(low, high, shape).astype(TYPES[kind])

    def numbers(self, kind, *shape):
        """Numbers of any type; integers are from 0 to 99."""
        return self.normal(*shape, kind=kind) if kind[0] == "f" else \
            self.below(2 if kind == "bool" else 100, *shape, kind=kind)


def write(name, op, inputs, outputs, attributes, folder, opset=OPSET, domain=""):
    """inputs: arrays, Constants or None; outputs: how many."""
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    names, given, stored = [], [], []
    for index, value in enumerate(inputs):
        names.append("" if value is None else f"x{index}")
        if isinstance(value, Constant):
            stored.append(numpy_helper.from_array(value.array, names[-1]))
        elif value is not None:
            tensor = numpy_helper.from_array(np.asarray(value), names[-1])
            (data / f"input_{len(given)}.pb").write_bytes(tensor.SerializeToString())
            given.append(helper.make_tensor_value_info(names[-1], tensor.data_type, value.shape))
    made = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, made, name=op, domain=domain, **attributes)
    results = [helper.make_empty_tensor_value_info(y) for y in made]
    graph = helper.make_graph([node], name, given, results, stored)
    imports = [helper.make_opsetid(d, opset if d == "" else v) for d, v in DOMAINS]
    model = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION,
                              producer_name="lampwick bench")
    onnx.save(model, folder / "model.onnx")
