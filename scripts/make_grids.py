#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/base/iq_grids.c: the codebooks of GGUF's IQ types, which are constants of the format,
from the Python package gguf (pip install gguf).

    python3 scripts/make_grids.py
"""
import pathlib

from gguf import quants

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/base/iq_grids.c"
HEAD = """/* SPDX-License-Identifier: MIT
 * Made by scripts/make_grids.py: codebooks of the IQ types. A number has the values of an entry,
 * the first in the lowest bits: 8 of 2 bits, or 4 of 3 bits. */
#include "base/iq_grids.h"

/* clang-format off */
"""


def codes(kind):
    kind.init_grid()
    levels = list(kind.grid_map)
    rows = kind.grid.reshape(kind.grid_shape)
    bits = 2 if kind.grid_shape[1] == 8 else 3
    return [sum(levels.index(v) << bits * j for j, v in enumerate(row)) for row in rows.tolist()]


def table(name, numbers):
    lines = [f"const uint16_t lwi_grid_{name}[{len(numbers)}] = {{"]
    for i in range(0, len(numbers), 12):
        lines.append("    " + " ".join(f"0x{n:04x}," for n in numbers[i:i + 12]))
    return "\n".join(lines) + "\n};\n"


def main():
    text = HEAD
    for name in ("IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ1_S"):
        text += table(name.lower(), codes(getattr(quants, name)))
    OUT.write_text(text)


main()
