#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A scripted module's attributes that forward writes to are inputs and outputs: given back from call
to call, they give what PyTorch gave (make_states.py); a number that decides what the program does is
taken by its value.

    states_test.py build/lampwick
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check, finish  # noqa: E402

LAMPWICK = sys.argv[1]
DATA = pathlib.Path(__file__).parent / "data/states"
STATES = ("_state", "_context", "_last_rate", "inner.calls", "inner.seen")


def run(folder, inputs):
    command = [LAMPWICK, "run", DATA / "model.pt"]
    for name, value in inputs.items():
        numpy.save(folder / f"{name}.in.npy", value)
        command += ["-i", f"{name}={folder / name}.in.npy"]
    outputs = ("output", *(f"{name}.next" for name in STATES))
    for name in outputs:
        command += ["-o", f"{name}={folder / name}.npy"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return done.stderr
    return {name: numpy.load(folder / f"{name}.npy") for name in outputs}


def main():
    steps, states = numpy.load(DATA / "steps.npz"), {}
    with tempfile.TemporaryDirectory() as name:
        for step in range(5):
            inputs = {key: steps[f"{step}.{key}"] for key in ("x", "rate")} | states
            got = run(pathlib.Path(name), inputs)
            check(f"call {step} runs", isinstance(got, dict), got)
            for key, value in got.items() if isinstance(got, dict) else ():
                want = steps[f"{step}.{key}"]
                check(f"call {step}: {key}", value.shape == want.shape and value.dtype == want.dtype
                      and numpy.allclose(value, want, rtol=1e-5, atol=1e-6), f"{value} {want}")
            states = {key: steps[f"{step}.{key}.next"] for key in STATES}
        got = run(pathlib.Path(name), {"x": steps["0.x"], "rate": numpy.array(9)})
        check("no such rate", isinstance(got, str) and "no such rate" in got, got)
        got = run(pathlib.Path(name), {"x": steps["0.x"], "rate": numpy.array(8), "_stat": numpy.array(8)})
        check("no such state", isinstance(got, str) and "no input '_stat'" in got, got)
    for command in ("info", "bench", "profile"):
        done = subprocess.run([LAMPWICK, command, DATA / "model.pt", "-s", "x=2x3", "-i", "rate=8",
                               *(("--seconds", "0") if command == "bench" else ())],
                              capture_output=True, text=True)
        check(f"{command} with a number", done.returncode == 0, done.stderr)
    info = subprocess.run([LAMPWICK, "info", DATA / "model.pt"], capture_output=True, text=True).stdout
    check("nothing is said to be supported before inputs are there", "to be seen with inputs" in info, info)
    done = subprocess.run([LAMPWICK, "info", DATA / "model.pt", "-s", "z=2x3"], capture_output=True, text=True)
    check("a shape of no input", "no input of that name" in done.stderr, done.stderr)
    done = subprocess.run([LAMPWICK, "run", DATA.parent / "refused/model.pt", "-i", "x=1,2,3", "-i", "scale=2"],
                          capture_output=True, text=True)  # made by make_refused.py
    check("an operator is missing", done.returncode == 1 and "bessel_j0 is not supported" in done.stderr,
          f"{done.returncode} {done.stderr}")
    finish()


main()
