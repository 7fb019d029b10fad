#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Encodes random numbers as GGUF types. What the Python package gguf can encode must have its bits;
for the other types the error, decoded by the package, must be below that of plain rounding between
the least and the largest number of each group.

    encode.py build/tests/encode_blocks
"""
import subprocess
import sys

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

SAME = (Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0,
        Type.TQ1_0, Type.TQ2_0)


def encode(kind, x):
    run = subprocess.run([sys.argv[1], str(int(kind))], input=x.tobytes(), capture_output=True,
                         check=True)
    return np.frombuffer(run.stdout, np.uint8)


def numbers(rng, n):
    """Blocks of several sizes and shapes; some are 0, constant or of one sign."""
    x = rng.standard_normal((n, 256)) * 10.0 ** rng.uniform(-3, 1, (n, 1))
    x[0], x[1], x[2] = 0, 0.5, np.abs(x[2])
    x[3] = -np.abs(x[3])
    x[4, :32] = 0
    x[5] = rng.integers(-8, 8, 256) / 4
    x[6] += 3
    x[7:40] = rng.laplace(size=(33, 256))
    return x.astype(np.float32)


def plain(x, group, bits, scale_bits, signed):
    """A scale, and if not signed a min, of so many bits for each group, as the types have."""
    g = x.reshape(len(x), -1, group).astype(np.float64)
    if signed:
        scale = np.abs(g).max(-1) / (2 ** (bits - 1) - 1)
        most = scale.max(-1, keepdims=True) / (2 ** (scale_bits - 1) - 1)
        scale = (np.rint(scale / np.where(most > 0, most, 1)) * most)[..., None]
        safe = np.where(scale > 0, scale, 1)
        return (np.clip(np.rint(g / safe), -2 ** (bits - 1), 2 ** (bits - 1) - 1)
                * scale).reshape(x.shape)
    low = -np.minimum(g.min(-1), 0)
    scale = (np.maximum(g.max(-1), 0) + low) / (2 ** bits - 1)
    for a in (scale, low):
        most = a.max(-1, keepdims=True) / (2 ** scale_bits - 1)
        a[...] = np.rint(a / np.where(most > 0, most, 1)) * most
    scale, low = scale[..., None], low[..., None]
    codes = np.clip(np.rint((g + low) / np.where(scale > 0, scale, 1)), 0, 2 ** bits - 1)
    return (codes * scale - low).reshape(x.shape)


def rmse(a, b):
    return np.sqrt(np.mean((a.astype(np.float64) - b) ** 2, axis=-1))


def main():
    x, bad = numbers(np.random.default_rng(6), 2000), 0
    for kind in SAME:
        want = quants.quantize(x, kind).view(np.uint8).ravel()
        different = int((encode(kind, x) != want).sum())
        bad += different > 0
        if different:
            print(f"{kind.name}: {different} of {want.size} bytes differ")
    against = {Type.Q2_K: plain(x, 16, 2, 4, False), Type.Q3_K: plain(x, 16, 3, 6, True),
               Type.Q4_K: plain(x, 32, 4, 6, False), Type.Q5_K: plain(x, 32, 5, 6, False),
               Type.Q6_K: plain(x, 16, 6, 8, True), Type.IQ4_XS: plain(x, 32, 4, 6, True),
               Type.IQ4_NL: quants.dequantize(quants.quantize(x, Type.Q4_0), Type.Q4_0)}
    for kind, other in against.items():
        got = quants.dequantize(encode(kind, x), kind).reshape(x.shape)
        ours, theirs = rmse(got, x), rmse(other, x)
        size = rmse(x, 0 * x)
        ratio = np.sqrt(np.mean((ours[size > 0] / size[size > 0]) ** 2) /
                        np.mean((theirs[size > 0] / size[size > 0]) ** 2))
        good = ratio < 0.97 and (got[0] == 0).all()
        bad += not good
        print(f"{'ok ' if good else 'BAD'} {kind.name} error {ratio:.3f} of plain rounding's")
    hostile = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0, 1] * 32, np.float32)
    for kind in (*SAME, *against):
        encode(kind, hostile)
    print(f"{len(SAME) + len(against)} types, {bad} bad")
    sys.exit(bad > 0)


main()
