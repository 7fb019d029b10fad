#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The functions of src/backend/gpu/kernels/device_math.k, compiled for the processor, against numpy
and Python's math in float64, in units in the last place.

    tests/gpu/device_math_test.py build/tests/fake_cuda/libcuda.so.1
"""
import ctypes
import math
import sys

import numpy as np

FUNCTIONS = {  # name: reference, range of the arguments, bound in ulp
    "exp": (np.exp, (-100, 88), 3), "log": (np.log, (1e-30, 1e30), 3), "expm1": (np.expm1, (-30, 80), 4),
    "log1p": (np.log1p, (-0.999, 50), 4), "tanh": (np.tanh, (-12, 12), 4),
    "erf": (np.vectorize(math.erf), (-5, 5), 4), "erfc": (np.vectorize(math.erfc), (-3, 8), 16),
    "sin": (np.sin, (-1e4, 1e4), 3), "cos": (np.cos, (-1e4, 1e4), 3), "tan": (np.tan, (-50, 50), 4),
    "asin": (np.arcsin, (-1, 1), 4), "acos": (np.arccos, (-1, 1), 4), "atan": (np.arctan, (-60, 60), 4),
    "sinh": (np.sinh, (-80, 80), 8), "cosh": (np.cosh, (-80, 80), 8),
    "asinh": (np.arcsinh, (-1e6, 1e6), 4), "acosh": (np.arccosh, (1, 1e6), 4),
    "atanh": (np.arctanh, (-0.999, 0.999), 4),
}
# The least and the most of what a function takes, and beyond.
EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, 3e38, -3e38, 2.0, -2.0]


def function(library, name, n):
    f = library["shown_" + name]
    f.restype, f.argtypes = ctypes.c_float, [ctypes.c_float] * n
    return lambda *columns: np.array([f(*row) for row in zip(*map(list, columns))], np.float32)


def ulps(found, expected):
    """How many units in the last place of float32 they differ; tiny results count by the least
    normal number's."""
    unit = np.spacing(np.maximum(np.abs(expected), np.finfo(np.float32).tiny).astype(np.float32))
    return np.abs(found.astype(np.float64) - expected) / unit.astype(np.float64)


def same_kind(found, expected):
    """Both no number, both the same infinity, or both finite."""
    return (np.isnan(found) & np.isnan(expected)) | (found == expected) | (
        np.isfinite(found) & np.isfinite(expected))


def main():
    library, wrong = ctypes.CDLL(sys.argv[1]), []
    random = np.random.default_rng(7)
    np.seterr(all="ignore")
    for name, (reference, (low, high), bound) in FUNCTIONS.items():
        f = function(library, name, 1)
        x = random.uniform(low, high, 20000).astype(np.float32)
        x = np.concatenate([x, np.linspace(max(low, -1), min(high, 2), 5000).astype(np.float32)])
        worst = ulps(f(x), reference(x.astype(np.float64))).max()
        edges = np.array(EDGES, np.float32)
        if name in ("erf", "erfc"):
            edges = edges[np.isfinite(edges)]
        expected = np.array([reference(e) for e in edges.astype(np.float64)]).astype(np.float32)
        if not worst <= bound:
            wrong.append(f"{name}: {worst:.1f} ulp, at most {bound} are allowed")
        if name in ("sin", "cos", "tan"):
            edges, expected = edges[np.abs(edges) < 1e9], expected[np.abs(edges) < 1e9]
        kinds = same_kind(f(edges), expected)
        if not kinds.all():
            wrong.append(f"{name}: {f(edges)[~kinds]} for {edges[~kinds]}, not {expected[~kinds]}")
    x = np.exp(random.uniform(-5, 5, 20000)).astype(np.float32)
    y = random.uniform(-12, 12, 20000).astype(np.float32)
    power = function(library, "pow", 2)
    worst = ulps(power(x, y), np.power(x.astype(np.float64), y.astype(np.float64))).max()
    if not worst <= 2:
        wrong.append(f"pow: {worst:.1f} ulp")
    x, y = (a.ravel().astype(np.float32) for a in np.meshgrid(EDGES + [0.5, 3], EDGES + [0.5, 3, -3]))
    expected = np.power(x.astype(np.float64), y.astype(np.float64)).astype(np.float32)
    found = power(x, y)
    bad = ~same_kind(found, expected) | (np.signbit(found) != np.signbit(expected)) & ~np.isnan(expected)
    wrong += [f"pow({a}, {b}) is {c}, not {d}" for a, b, c, d in zip(x[bad], y[bad], found[bad], expected[bad])]
    print("\n".join(wrong) or f"{len(FUNCTIONS) + 1} functions are within their bounds")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
