#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loading must cost at most 1.15 times the file: makes a model with many weights, aligned and not,
and looks at the largest memory of a process that loads it and runs it three times: the first run
reads weights where they lie, the second one packs them.

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
LAYERS, SIZE, MOST = 24, 1024, 1.15


def write_model(path):
    random = np.random.default_rng(1)
    nodes, weights, last = [], [], "x"
    for i in range(LAYERS):
        name = "w" * (1 + i % 5) + str(i)  # names of different length shift the data's alignment
        weights.append(numpy_helper.from_array(
            random.normal(0, 0.03, (SIZE, SIZE)).astype(np.float32), name))
        nodes.append(helper.make_node("MatMul", [last, name], [f"y{i}"]))
        last = f"y{i}"
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


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "wide.onnx"
        write_model(path)
        size = path.stat().st_size / 1024
        loaded, ready = map(int, subprocess.run(
            [sys.executable, "-c", CHILD, sys.argv[1], str(path), str(MODELS), str(SIZE)],
            check=True, capture_output=True, text=True).stdout.split())
    print(f"file {size:.0f} KiB, peak after load {loaded} KiB ({loaded / size:.2f}), "
          f"after three runs {ready} KiB ({ready / size:.2f}); at most {MOST}")
    sys.exit(ready / size > MOST)


main()
