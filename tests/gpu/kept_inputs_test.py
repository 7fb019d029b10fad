#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inputs whose contents stay on a device: they are written and read there in parts, a new size
takes their place, and what is not there is refused. Without a device, the values given count.

    tests/gpu/kept_inputs_test.py build/liblampwick.so DEVICE
"""
import ctypes as c
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402

LIBRARY, DEVICE = lampwick.Library(sys.argv[1]), sys.argv[2]
INVALID, NOT_FOUND = -2, -3
SIZE = c.c_size_t
checks, failures = 0, []


def check(name, truth, detail=""):
    global checks
    checks += 1
    if not truth:
        failures.append(f"{name}: {detail}")


def keep(model, name="x"):
    return LIBRARY.c.lw_context_keep_input(model.context, name.encode())


def write(model, total, offset, values, name="x"):
    return LIBRARY.c.lw_context_write_input(model.context, name.encode(), SIZE(total), SIZE(offset),
                                            values.ctypes.data_as(c.c_void_p), SIZE(values.nbytes))


def read(model, offset, values, name="x"):
    return LIBRARY.c.lw_context_read_input(model.context, name.encode(), SIZE(offset),
                                           values.ctypes.data_as(c.c_void_p), SIZE(values.nbytes))


def network(path):
    """y = 2 x + other"""
    nodes = [helper.make_node("Add", ["x", "x"], ["a"]), helper.make_node("Add", ["a", "other"], ["y"])]
    kinds = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n"]) for n in ("x", "other", "y")]
    graph = helper.make_graph(nodes, "sum", kinds[:2], kinds[2:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)
    return path


def test_device(model):
    first, zeros = np.arange(6, dtype=np.float32), np.zeros(6, np.float32)
    found = np.full(2, 9, np.float32)
    check("not kept yet", write(model, 24, 0, first) == INVALID)
    check("kept", keep(model) == 0)
    check("nothing there", read(model, 0, found) == INVALID)
    check("written", write(model, 24, 0, first) == 0)
    feeds = {"x": zeros, "other": np.ones(6, np.float32)}
    check("what is there counts", np.array_equal(model.run(feeds)[0], 2 * first + 1))
    check("a part written", write(model, 24, 8, np.array([50, 60], np.float32)) == 0)
    check("a part read", read(model, 12, found) == 0 and list(found) == [60, 4], found)
    check("the next run sees it", list(model.run(feeds)[0][1:4]) == [3, 101, 121])
    check("beyond its end", read(model, 20, found) == INVALID and write(model, 24, 20, found) == INVALID)
    check("another size", write(model, 12, 0, first[3:]) == 0)
    short = {n: v[:3] for n, v in feeds.items()}
    check("has its own contents", list(model.run(short)[0]) == [7, 9, 11])
    try:
        model.run(feeds)
        check("the old size", False)
    except lampwick.Error as error:
        check("the old size", "it cannot be given with 24" in str(error), error)
    check("no such input", keep(model, "z") == read(model, 0, found, "z") == write(model, 8, 0, found, "z") == NOT_FOUND)


def test_processor(model):
    found = np.full(2, 9, np.float32)
    x = np.arange(4, dtype=np.float32)
    check("kept here", keep(model) == 0 and write(model, 16, 0, np.zeros(4, np.float32)) == 0)
    check("values count here", np.array_equal(model.run({"x": x, "other": x})[0], 3 * x))
    check("nothing is copied here", read(model, 0, found) == 0 and list(found) == [9, 9])


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = network(pathlib.Path(folder) / "sum.onnx")
        for device, test in ((DEVICE, test_device), (None, test_processor)):
            model = LIBRARY.load(path, device=device)
            test(model)
            model.close()
    for failure in failures:
        print("FAILED", failure)
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures))


main()
