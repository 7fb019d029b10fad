#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several contexts at once, on two devices or on one: each gives the answers of ONNX Runtime, run
after run. And what does not fit into the memory that a context may take is named.

    tests/gpu/devices_test.py build/liblampwick.so DEVICE DEVICE
"""
import pathlib
import sys
import tempfile
import threading

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402

LIBRARY, DEVICES = lampwick.Library(sys.argv[1]), sys.argv[2:4]
SIZE, RUNS = 96, 6
checks, failures = 0, []


def check(name, truth, detail=""):
    global checks
    checks += 1
    if not truth:
        failures.append(f"{name}: {str(detail)[:400]}")


def network(path, seed):
    """Two products with weights of 36 KiB each, and what stands between."""
    weights = np.random.default_rng(seed).standard_normal((2, SIZE, SIZE), np.float32) / 8
    nodes = [helper.make_node("MatMul", ["x", "first"], ["a"]), helper.make_node("Tanh", ["a"], ["b"]),
             helper.make_node("MatMul", ["b", "second"], ["c"]), helper.make_node("Softmax", ["c"], ["y"])]
    graph = helper.make_graph(
        nodes, "products", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", SIZE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", SIZE])],
        [numpy_helper.from_array(w, n) for w, n in zip(weights, ("first", "second"))])
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)]), path)
    return path


def run_all(model, session, seed, wrong):
    """Sizes come and go, so that recordings and the block they work in do too."""
    random = np.random.default_rng(seed)
    for k in range(RUNS):
        x = random.standard_normal((1 + k % 3 * 2, SIZE), np.float32)
        found, expected = model.run({"x": x})[0], session.run(None, {"x": x})[0]
        if found.shape != expected.shape or np.abs(found - expected).max() > 1e-5:
            wrong.append((seed, k, np.abs(found - expected).max()))


def test_at_once(folder):
    wrong, jobs, models = [], [], []
    for i, device in enumerate(DEVICES * 2):
        path = network(folder / f"net{i % 3}.onnx", i % 3)
        models.append(LIBRARY.load(path, threads=1, device=device))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        jobs.append(threading.Thread(target=run_all, args=(models[-1], session, i, wrong)))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    for model in models:
        model.close()
    check("four contexts at once", not wrong, wrong)


def refused(path, limit):
    """What is said of a run with that limit; None if it fits."""
    model = LIBRARY.load(path, threads=1, device=DEVICES[0], device_memory=limit)
    try:
        model.run({"x": np.zeros((3, SIZE), np.float32)})
        return None
    except lampwick.Error as error:
        return str(error)
    finally:
        model.close()


def test_memory(folder):
    path, weight = network(folder / "memory.onnx", 9), SIZE * SIZE * 4
    check("all fits", refused(path, 1 << 20) is None, refused(path, 1 << 20))
    for limit, name in ((1000, "first"), (weight + 1000, "second")):
        said = refused(path, limit) or "nothing"
        check(f"{name} does not fit", f"the constant '{name}', {weight} bytes, does not fit on {DEVICES[0]}: "
              in said and f"of the {limit} that device_memory allows" in said, said)
    said = refused(path, 2 * weight + 2500) or "nothing"
    check("what a run works in", "what a run works in, " in said and "does not fit on" in said, said)


with tempfile.TemporaryDirectory() as name:
    test_at_once(pathlib.Path(name))
    test_memory(pathlib.Path(name))
print("\n".join(failures), end="\n" if failures else "")
print(f"{checks - len(failures)} passed, {len(failures)} failed")
sys.exit(bool(failures))
