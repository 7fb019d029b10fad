#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ONNX's cases (scripts/export_onnx_cases.py) by the command for WebAssembly, with the list of those
that no build runs. What fails besides must say that it lacks a library for pictures.

    conformance_test.py lampwick.wasm CASES
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main(module, cases):
    command = [sys.executable, HERE / "wasi.py", module, "test", "--quiet", "--skip",
               HERE.parent / "skip.txt", cases]
    done = subprocess.run(command, capture_output=True, text=True)
    faults = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    lacking = [line for line in faults if re.search(r"this build cannot read [\w ]+: it lacks", line)]
    for line in faults:
        if line not in lacking:
            print(line)
    summary = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", done.stdout, re.M)
    if not summary:
        print(done.stdout[-2000:], done.stderr[-2000:])
        sys.exit("the command did not get to its end")
    passed, failed, skipped = map(int, summary.groups())
    wrong = failed - len(lacking)
    print(f"{passed} passed, {wrong} failed, {skipped} skipped, "
          f"{len(lacking)} need libraries that this build lacks")
    sys.exit(1 if wrong or passed < 1900 else 0)


main(*sys.argv[1:])
