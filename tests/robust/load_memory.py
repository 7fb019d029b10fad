#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loading must cost at most 1.15 times the file: makes a model with many weights, aligned and not,
and looks at the largest memory of a process that loads it and runs it three times: the first run
reads weights where they lie, the second one packs them. In a second model each weight is computed
from another one in steps, whose results must not all be there at once.

    python3 tests/robust/load_memory.py LIBLAMPWICK.SO
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"
LAYERS, SIZE = 24, 1024
MOST = {"wide": 1.15, "made": 2.4}  # what is computed, and its packed form, are both there


def make_weight(name):
    """Nodes that take the mean of the other axis away, and turn the matrix twice."""
    return [helper.make_node("Transpose", [name], [name + "t"], perm=[1, 0]),
            helper.make_node("ReduceMean", [name + "t"], [name + "m"], axes=[1], keepdims=1),
            helper.make_node("Sub", [name + "t", name + "m"], [name + "s"]),
            helper.make_node("Reshape", [name + "s", "shape"], [name + "r"]),
            helper.make_node("CumSum", [name + "r", "axis"], [name + "c"]),
            helper.make_node("Transpose", [name + "c"], [name + "made"], perm=[1, 0])]


def write_model(path, made):
    random = np.random.default_rng(1)
    nodes, weights, last = [], [], "x"
    for i in range(LAYERS):
        name = "w" * (1 + i % 5) + str(i)  # names of different length shift the data's alignment
        weights.append(numpy_helper.from_array(
            random.normal(0, 0.03, (SIZE, SIZE)).astype(np.float32), name))
        nodes += make_weight(name) if made else []
        nodes.append(helper.make_node("MatMul", [last, name + "made" * made], [f"y{i}"]))
        last = f"y{i}"
    weights += [numpy_helper.from_array(np.array([SIZE, SIZE]), "shape"),
                numpy_helper.from_array(np.array(1), "axis")]
    graph = helper.make_graph(
        nodes, "wide", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, SIZE])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, SIZE])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


CHILD = """
import sys
sys.path.insert(0, sys.argv[3])
import lampwick, numpy as np
def status(key):
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(key))
library, x = lampwick.Library(sys.argv[1]), np.zeros((1, int(sys.argv[4])), np.float32)
before = status("VmRSS")
model = library.load(sys.argv[2], 1)
loaded = status("VmHWM") - before
for _ in range(3):
    model.run({"x": x})
print(loaded, status("VmHWM") - before)
"""


def check(folder, kind):
    path = pathlib.Path(folder) / "model.onnx"
    write_model(path, kind == "made")
    size = path.stat().st_size / 1024
    loaded, ready = map(int, subprocess.run(
        [sys.executable, "-c", CHILD, sys.argv[1], str(path), str(MODELS), str(SIZE)],
        check=True, capture_output=True, text=True).stdout.split())
    print(f"{kind}: file {size:.0f} KiB, peak after load {loaded} KiB ({loaded / size:.2f}), "
          f"after three runs {ready} KiB ({ready / size:.2f}); at most {MOST[kind]}")
    return ready / size <= MOST[kind]


with tempfile.TemporaryDirectory() as scratch:
    sys.exit(not all([check(scratch, kind) for kind in MOST]))
