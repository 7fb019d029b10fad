#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rows that are computed alone get the same bits as beside others: language models are computed in
batches, and a text must not depend on who else is there.

    rows_test.py liblampwick.so
"""
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402

WIDTHS = (1, 2, 3, 4, 8, 15, 16, 17, 33, 64, 100, 160)
DEEP = (1100, 3000, 5001)  # sums that are cut into several blocks
ROWS = 40
MAPS = ("Sigmoid", "Tanh", "Exp", "Softplus", "Gelu", "Swish", "Erf", "Elu", "Mish", "Relu")


def graphs():
    """Name, and nodes that make y of x [rows, width] and g [rows, 1]."""
    node = helper.make_node
    for op in MAPS:
        yield op, [node(op, ["x"], ["y"])]
        yield f"{op} of one, times x", [node(op, ["g"], ["h"]), node("Mul", ["x", "h"], ["y"])]
    yield "Gelu by tanh", [node("Gelu", ["x"], ["y"], approximate="tanh")]
    for op in ("Softmax", "LogSoftmax"):
        yield op, [node(op, ["x"], ["y"], axis=-1)]
    yield "norm", [node("RMSNormalization", ["x", "w"], ["y"], axis=-1)]
    yield "layer norm", [node("LayerNormalization", ["x", "w"], ["y"], axis=-1)]
    yield "sum", [node("ReduceSum", ["x", "last"], ["y"])]


def save(nodes, width, path):
    floats = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("x", floats, ["rows", width]),
              helper.make_tensor_value_info("g", floats, ["rows", 1])]
    used = {name for n in nodes for name in n.input}
    graph = helper.make_graph(
        nodes, "rows", [i for i in inputs if i.name in used],
        [helper.make_tensor_value_info("y", floats, None)],
        [helper.make_tensor("m", floats, [width, 20], np.sin(np.arange(width * 20))),
         helper.make_tensor("w", floats, [width], np.linspace(0.5, 1.5, width)),
         helper.make_tensor("last", TensorProto.INT64, [1], [-1])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)],
                                ir_version=10), path)
    return used & {"x", "g"}


def check(library, path, nodes, width, rng):
    names = save(nodes, width, path)
    data = {"x": 3 * rng.standard_normal((ROWS, width)).astype(np.float32),
            "g": 3 * rng.standard_normal((ROWS, 1)).astype(np.float32)}
    model = library.load(path, threads=1)

    def run(a, b):
        return model.run({n: np.ascontiguousarray(data[n][a:b]) for n in names})[0]
    whole = run(0, ROWS)
    return all(np.array_equal(run(a, a + n), whole[a:a + n])
               for n in (1, 2, 7, 17) for a in range(0, ROWS - n, n))


def main():
    library, rng = lampwick.Library(sys.argv[1]), np.random.default_rng(1)
    failed = n = 0
    with tempfile.TemporaryDirectory() as folder:
        product = [helper.make_node("MatMul", ["x", "m"], ["y"])]
        for name, nodes in [*graphs(), ("product", product)]:
            for width in DEEP if nodes is product else WIDTHS:
                good = check(library, pathlib.Path(folder) / "m.onnx", nodes, width, rng)
                n, failed = n + 1, failed + (not good)
                if not good:
                    print(f"BAD {name}, width {width}")
    print(f"{n - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
