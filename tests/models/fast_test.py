# SPDX-License-Identifier: MIT
"""LW_FAST: products with constant weights and convolutions of single pixels whose rows, columns and
weights have all sizes, NaN and infinities, against numpy in float64; the same bits for one and two threads.

    python tests/models/fast_test.py build/liblampwick.so
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import lampwick

FAST = 1
BOUND = 27 * 2.0 ** -11  # of the sum of |a b|: src/kern/gemm_f16.h, and more than bfloat16 needs
PRODUCTS = [(1, 48, 32), (7, 100, 33), (30, 768, 200), (200, 1100, 96), (15, 2300, 64)]
CONVOLUTIONS = [(1, 64, 9, 64, 1), (2, 100, 14, 130, 1), (1, 256, 7, 96, 2), (3, 64, 5, 70, 2)]


def sizes(rng, n):
    """Powers of two that differ by as much as float32 lets a product of two of them."""
    return np.ldexp(1.0, rng.integers(-60, 50, n)).astype(np.float32)


def spoil(rng, x):
    """A few numbers that are not finite, and zeros."""
    flat = x.reshape(-1)
    for value in (np.inf, -np.inf, np.nan, 0, 0):
        flat[rng.integers(flat.size)] = value


def matrices(rng, m, k, n, special):
    a = rng.standard_normal((m, k), np.float32) * sizes(rng, m)[:, None]
    b = rng.standard_normal((k, n), np.float32) * sizes(rng, n)
    if special:
        spoil(rng, a)
        spoil(rng, b)
    return a, b


def run(library, node, x, weights, threads):
    graph = helper.make_graph([node], "fast", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(weights, "w")])
    path = sys.argv[1] + ".fast.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    model = library.load(path, threads=threads, precision=FAST)
    outputs = model.run({"x": x})
    model.close()
    return np.asarray(outputs[0] if isinstance(outputs, (list, tuple)) else next(iter(outputs.values())))


def fault(got, a, b):
    """What is wrong with a product, rows by columns."""
    one, two = got
    if not np.array_equal(one, two, equal_nan=True):
        return "threads differ"
    a, b = a.astype(float), b.astype(float)
    with np.errstate(invalid="ignore"):
        want, most = a @ b, np.abs(a) @ np.abs(b)
    finite = np.isfinite(want)
    if not np.array_equal(one[~finite], want[~finite], equal_nan=True):
        return "NaN or infinity is not where it should be"
    worst = (np.abs(one[finite] - want[finite]) / (most[finite] + 1e-37)).max(initial=0)
    return None if worst <= BOUND else f"off by {worst} of what was summed"


def multiply(library, rng, shape, special):
    a, b = matrices(rng, *shape, special)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    return fault([run(library, node, a, b, t) for t in (1, 2)], a, b)


def convolve(library, rng, shape, special):
    n, channels, side, filters, stride = shape
    a, b = matrices(rng, n * side * side, channels, filters, special)
    x = np.ascontiguousarray(np.moveaxis(a.reshape(n, side, side, channels), 3, 1))
    node = helper.make_node("Conv", ["x", "w"], ["y"], strides=[stride, stride])
    weights = np.ascontiguousarray(b.T)[:, :, None, None]
    got = [np.moveaxis(run(library, node, x, weights, t), 1, 3).reshape(-1, filters) for t in (1, 2)]
    seen = a.reshape(n, side, side, channels)[:, ::stride, ::stride].reshape(-1, channels)
    return fault(got, seen, b)


def main():
    library, failed, count = lampwick.Library(sys.argv[1]), 0, 0
    for test, shapes in ((multiply, PRODUCTS), (convolve, CONVOLUTIONS)):
        for shape in shapes:
            for special in (False, True):
                wrong = test(library, np.random.default_rng(shape), shape, special)
                count += 1
                if wrong:
                    failed += 1
                    print(f"FAIL {test.__name__} {shape}{' special' if special else ''}: {wrong}")
    print(f"{count} products and convolutions, {failed} failed")
    sys.exit(1 if failed else 0)


main()
