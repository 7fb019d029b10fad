#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes models of one operator each (bench/operator_cases.py), with inputs beside them, into
build/bench-operators: those of the arguments, or all.

    bench/make_operators.py [--folder FOLDER] [NAME...]
    bench/compare build/bench-operators --threads 1
"""
import argparse
import pathlib
import sys

import environment

environment.enter()

from operator_cases import CASES  # noqa: E402  (needs the environment)
from operator_graph import Case, write  # noqa: E402


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--folder", type=pathlib.Path,
                   default=environment.ROOT / "build/bench-operators")
    p.add_argument("names", nargs="*")
    options = p.parse_args()
    for name in options.names or CASES:
        if name not in CASES:
            sys.exit(f"no operator's model is called {name}")
        op, inputs, outputs, opset, domain, attributes = CASES[name]
        write(name, op, inputs(Case(name)), outputs, attributes, options.folder / name, opset,
              domain)
    print(f"{len(options.names or CASES)} models in {options.folder}")


main()
