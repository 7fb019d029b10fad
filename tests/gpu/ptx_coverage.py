#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which kernels of the PTX files were run, and how many of their instructions, by the files that
FAKE_CARD="ptx coverage=FILE" has written. Fails if a kernel was not run.

    tests/gpu/ptx_coverage.py [--report] [--below PERCENT] FILE...

--report: does not fail. --below: also lists functions of which a smaller share of the instructions was run.
"""
import argparse
import collections
import pathlib
import re
import sys

PTX = pathlib.Path(__file__).resolve().parents[2] / "src/backend/gpu/ptx"

Function = collections.namedtuple("Function", "kind launches instructions run")


def read(paths):
    """Functions by (tier, name), of all runs together."""
    all_functions = {}
    for line in (line for path in paths for line in open(path)):
        tier, kind, name, launches, n, digits = line.split()
        run = {4 * i + k for i, digit in enumerate(digits) for k in range(4) if int(digit, 16) >> k & 1}
        before = all_functions.get((tier, name))
        if before:
            run |= before.run
        all_functions[tier, name] = Function(kind, int(launches) + (before.launches if before else 0), int(n), run)
    return all_functions


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--below", type=float, default=0)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    functions, missing = read(options.files), []
    for path in sorted(PTX.glob("*.ptx")):
        tier = path.stem
        kernels = re.findall(r"^\.visible \.entry (\w+)\(", path.read_text(), re.M)
        here = {name: f for (t, name), f in functions.items() if t == tier}
        never = [k for k in kernels if k not in here or not here[k].launches]
        missing += never
        done, there = sum(len(f.run) for f in here.values()), sum(f.instructions for f in here.values())
        print(f"{tier}: {len(kernels) - len(never)} of {len(kernels)} kernels, {done} of {there} instructions"
              + (f"; never run: {', '.join(never)}" if never else ""))
        for name, f in sorted(here.items(), key=lambda item: len(item[1].run) / item[1].instructions):
            if 100 * len(f.run) < options.below * f.instructions and f.run:
                print(f"    {100 * len(f.run) / f.instructions:5.1f} % of {f.instructions} of {name}")
    return 1 if missing and not options.report else 0


sys.exit(main())
