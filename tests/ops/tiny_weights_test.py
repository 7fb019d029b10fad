#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Weights that are subnormal numbers count as zeros: networks with them give the same bits as those
with zeros in their place, and states of recurrent layers decay to zeros:

    python3 tests/ops/tiny_weights_test.py build/liblampwick.so
"""
import sys
import tempfile
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import lampwick  # noqa: E402

TINY = np.float32(1e-39)
R = np.random.default_rng(3)


def normal(*shape):
    return R.normal(0, 1, shape).astype(np.float32)


def conv(x, w, **attributes):
    return "Conv", x, [normal(*w)], attributes


# operator, shape of its input, weights, attributes
CASES = {
    "conv 1x1": conv((1, 24, 9, 9), (40, 24, 1, 1)),
    "conv 3x3": conv((1, 32, 16, 16), (48, 32, 3, 3), pads=[1, 1, 1, 1]),
    "conv 5x3": conv((1, 5, 16, 16), (17, 5, 5, 3), strides=[2, 1]),
    "conv of one filter": conv((1, 32, 16, 16), (1, 32, 3, 3)),
    "conv depthwise": conv((1, 24, 9, 9), (24, 1, 3, 3), group=24),
    "conv in groups": conv((1, 24, 9, 9), (36, 2, 3, 3), group=12),
    "conv transposed": ("ConvTranspose", (1, 20, 8, 8), [normal(20, 24, 4, 4)],
                        {"strides": [2, 2]}),
    "product": ("MatMul", (7, 300), [normal(300, 50)], {}),
    "product, turned": ("Gemm", (7, 300), [normal(50, 300)], {"transB": 1}),
    "rnn": ("RNN", (5, 2, 20), [normal(1, 24, 20), normal(1, 24, 24)], {"hidden_size": 24}),
    "gru": ("GRU", (5, 2, 20), [normal(1, 72, 20), normal(1, 72, 24)], {"hidden_size": 24}),
    "lstm": ("LSTM", (5, 2, 20), [normal(1, 96, 20), normal(1, 96, 24)], {"hidden_size": 24}),
}


def run(library, op, shape, weights, attributes, feeds):
    names = [f"w{i}" for i in range(len(weights))]
    graph = helper.make_graph(
        [helper.make_node(op, ["x", *names], ["y"], **attributes)], "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(w, n) for w, n in zip(weights, names)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(model.SerializeToString())
        loaded = library.load(path, 1)
        y = loaded.run({"x": feeds})[0]
        loaded.close()
    return y


def same_as_zeros(library, op, shape, weights, attributes):
    """Some weights are tiny, then all."""
    x = normal(*shape)
    for share in 0.3, 1:
        some = [R.random(w.shape) < share for w in weights]
        tiny = [np.where(s, TINY * np.sign(w), w) for w, s in zip(weights, some)]
        zero = [np.where(s, np.float32(0), w) for w, s in zip(weights, some)]
        if not np.array_equal(run(library, op, shape, tiny, attributes, x),
                              run(library, op, shape, zero, attributes, x)):
            return False
    return True


def states_decay(library, op, gates):
    """A state that is halved in each step, or more, reaches zero and not what lies before it."""
    n = 20
    bias = np.zeros((1, 2 * gates * n), np.float32)
    weights = [np.zeros((1, gates * n, 1), np.float32), np.zeros((1, gates * n, n), np.float32),
               bias]
    x = np.zeros((400, 1, 1), np.float32)
    inner = {"LSTM": slice(3 * n, 4 * n), "GRU": slice(2 * n, 3 * n)}[op]
    weights[0][0, inner] = 1  # the first step sets the state, the others have nothing to add
    x[0] = 1
    y = run(library, op, x.shape, weights, {"hidden_size": n}, x)
    magnitudes = np.abs(y[np.nonzero(y)])
    return y[1].all() and not y[-1].any() and magnitudes.min() >= np.finfo(np.float32).tiny


def main():
    library = lampwick.Library(sys.argv[1])
    results = {name: same_as_zeros(library, *case) for name, case in CASES.items()}
    for op, gates in ("LSTM", 4), ("GRU", 3):
        results[f"states of {op}"] = states_decay(library, op, gates)
    for name, good in results.items():
        if not good:
            print(f"FAIL {name}")
    bad = len(results) - sum(map(bool, results.values()))
    print(f"{len(results) - bad} passed, {bad} failed")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
