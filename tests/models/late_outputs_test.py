# SPDX-License-Identifier: MIT
"""Outputs whose shapes depend on data are computed where the caller's tensors lie: new tensors, given
ones, and given ones of another shape, for outputs that other nodes read and that are there twice.

    python tests/models/late_outputs_test.py build/liblampwick.so
"""
import ctypes as c
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

import lampwick

NODES = [("Compress", ["x", "chosen"], "kept", {"axis": 0}), ("Relu", ["kept"], "positive", {}),
         ("Flatten", ["kept"], "flat", {"axis": 0}), ("NonZero", ["kept"], "places", {}),
         ("Compress", ["half", "chosen"], "narrow", {"axis": 0}), ("Identity", ["positive"], "again", {})]
WANTED = ["kept", "positive", "flat", "places", "narrow", "again"]


def write(path):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])
    half = helper.make_tensor_value_info("half", TensorProto.FLOAT16, ["n"])
    chosen = helper.make_tensor_value_info("chosen", TensorProto.BOOL, ["n"])
    nodes = [helper.make_node(op, i, [o], **more) for op, i, o, more in NODES]
    outputs = [helper.make_empty_tensor_value_info(name) for name in WANTED]
    graph = helper.make_graph(nodes, "late", [x, half, chosen], outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), path)


def expected(x, half, chosen):
    kept = x[chosen]
    positive = np.maximum(kept, 0)
    return [kept, positive, kept.reshape(1, -1), np.array(np.nonzero(kept)), half[chosen], positive]


def equal(found, right):
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(found, right, strict=True))


def run_into(library, model, feeds, outputs):
    inputs = (lampwick.Io * len(feeds))(*[lampwick.Io(n.encode(), library.value(v)) for n, v in feeds.items()])
    status = library.c.lw_context_run(model.context, inputs, len(inputs), outputs, len(outputs))
    for io in inputs:
        library.c.lw_value_free(io.value)
    return status


def main():
    library = lampwick.Library(sys.argv[1])
    rng = np.random.default_rng(3)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        write(file.name)
        model = library.load(file.name)
        for n in (1, 5, 0, 300, 7):
            x = rng.standard_normal((n, 4)).astype(np.float32).round(0)
            feeds = {"x": x, "half": x[:, 0].astype(np.float16), "chosen": rng.random(n) < 0.6}
            right = expected(**feeds)
            assert equal(model.run(feeds), right), n
            for some in (["flat"], ["again", "kept"]):
                assert equal(model.run(feeds, some), [right[WANTED.index(name)] for name in some]), n
            given = [np.empty_like(array) for array in right]
            outputs = (lampwick.Io * len(WANTED))(*[lampwick.Io(name.encode(), library.value(array))
                                                    for name, array in zip(WANTED, given)])
            for _ in range(2):
                library.check(run_into(library, model, feeds, outputs))
                assert equal([library.array(io.value) for io in outputs], right), n
            wrong = (lampwick.Io * 1)(lampwick.Io(b"kept", library.value(np.zeros((n + 1, 4), np.float32))))
            assert run_into(library, model, feeds, wrong) != 0, n
            assert not library.array(wrong[0].value).any(), n
            for io in [*outputs, *wrong]:
                library.c.lw_value_free(io.value)
        model.close()
    print("late outputs: all equal")


main()
