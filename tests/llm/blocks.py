#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Decodes random blocks of the GGUF types and compares every number with what the Python package
gguf makes of them, bit by bit.

    blocks.py build/tests/decode_blocks
"""
import subprocess
import sys
import warnings

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES

# For activations only, or newer than the package; synth-kquant's goldens cover the last two.
NOT_IN_PACKAGE = {"Q8_1", "Q8_K", "Q1_0", "Q2_0"}


def blocks(kind, n, rng):
    size = GGML_QUANT_SIZES[kind][1]
    data = rng.integers(0, 256, (n, size), dtype=np.uint8)
    if kind in (Type.F32, Type.F16, Type.BF16):
        return data
    # Half-precision scales somewhere in a block should be finite most of the time.
    return np.where(rng.random((n, size)) < 0.5, data, data & 0x3b)


def main():
    rng = np.random.default_rng(4)
    bad = checked = 0
    for kind in sorted(quants._type_traits, key=int):
        if kind.name in NOT_IN_PACKAGE:
            continue
        data = blocks(kind, 1000, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = quants.dequantize(data, kind).astype(np.float32).ravel()
        run = subprocess.run([sys.argv[1], str(int(kind))], input=data.tobytes(),
                             capture_output=True, check=True)
        got = np.frombuffer(run.stdout, np.float32)
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        checked += 1
        if got.size != want.size or not same.all():
            bad += 1
            i = int(np.argmin(same))
            print(f"{kind.name}: {int((~same).sum())} of {want.size} differ; "
                  f"first {i}: {got[i]!r}, expected {want[i]!r}")
    print(f"{checked} types, {bad} differ")
    sys.exit(bad > 0 or checked < 20)


main()
