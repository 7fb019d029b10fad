#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where weights are many, a first run reads them where they lie in the file, the second one packs
them, and lw_context_prepare packs them at once: the results are the same bits, those of ONNX
Runtime nearly, whatever the number of threads.

    first_run_test.py liblampwick.so
"""
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402

SIDE, CHANNELS, WIDE = 15, 96, 1408


class Network:
    """Products and convolutions of all kinds, with names that shift the weights' places in the
    file."""

    def __init__(self, rows):
        self.random, self.rows = np.random.default_rng(3), rows
        self.nodes, self.weights = [], []

    def weight(self, *shape):
        name = "w" * (1 + len(self.weights) % 4) + str(len(self.weights))
        data = self.random.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)
        self.weights.append(numpy_helper.from_array(data.astype(np.float32), name))
        return name

    def add(self, op, *inputs, **attributes):
        name = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def convolutions(self, x):
        x = self.add("Conv", x, self.weight(CHANNELS, 3, 7, 7), strides=[2, 2], pads=[3] * 4)
        for channels in (CHANNELS, 4 * CHANNELS, 4 * CHANNELS):
            x = self.add("Conv", x, self.weight(channels, x_channels(self, x), 3, 3), pads=[1] * 4)
            x = self.add("Relu", x)
        x = self.add("Conv", x, self.weight(4 * CHANNELS, 1, 3, 3), pads=[1] * 4,
                     group=4 * CHANNELS)
        x = self.add("Conv", x, self.weight(CHANNELS, 4 * CHANNELS, 1, 1))
        x = self.add("Conv", x, self.weight(CHANNELS, CHANNELS // 4, 3, 3), group=4)
        return self.add("ConvTranspose", x, self.weight(CHANNELS, 8, 3, 3), strides=[2, 2])

    def products(self, x):
        x = self.add("Flatten", x)
        x = self.add("Gemm", x, self.weight(WIDE, 8 * 13 * 13), self.weight(WIDE), transB=1)
        x = self.add("Relu", x)
        x = self.add("MatMul", x, self.weight(WIDE, 1000))
        return self.add("Gemm", x, self.weight(77, 1000), transB=1, alpha=0.5)

    def save(self, path):
        y = self.products(self.convolutions("x"))
        floats = TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes, "first", [helper.make_tensor_value_info("x", floats,
                                                                [self.rows, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info(y, floats, None)], self.weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                    ir_version=8), path)


def x_channels(network, x):
    """Of the last convolution."""
    del x
    last = [n for n in network.nodes if n.op_type == "Conv"][-1]
    return next(w.dims[0] for w in network.weights if w.name == last.input[1])


def check(library, path, x):
    expected = onnxruntime.InferenceSession(path).run(None, {"x": x})[0]
    seen = set()
    for threads in (1, 2, 3):
        for prepares in (False, True):
            model = library.load(path, threads)
            if prepares:
                model.prepare({"x": x})
            for _ in range(3):
                y = model.run({"x": x})[0]
                np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
                seen.add(y.tobytes())
    return len(seen) == 1


def main():
    library, good = lampwick.Library(sys.argv[1]), True
    with tempfile.TemporaryDirectory() as folder:
        for rows in (1, 3, 50):
            path = pathlib.Path(folder) / f"rows{rows}.onnx"
            Network(rows).save(path)
            x = np.random.default_rng(rows).standard_normal((rows, 3, SIDE, SIDE))
            same = check(library, str(path), x.astype(np.float32))
            good &= same
            print(f"{rows} pictures: {'same bits' if same else 'FAIL: other bits'} in all runs")
    sys.exit(not good)


main()
