#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Texts of small language models by the command for WebAssembly, greedy, against those that llama2.c
makes of the same weights.

    language_test.py lampwick.wasm TINYSTORIES
"""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROMPT, TOKENS = "Once upon a time", 100
# The model, and what llama2.c made of it. Its 8 bits are in groups of 64, not of 32 as in the file,
# so that texts part sooner or later: how many characters must be the same.
CASES = [("stories260K-f32", "llama2c-run-stories260K-t0-n256", 250),
         ("stories3M-f32", "llama2c-run-stories3M-dequant-t0-n256", 400),
         ("stories3M-Q8_0", "llama2c-runq-stories3M-t0-n256", 100)]


def generate(module, model):
    done = subprocess.run([sys.executable, HERE / "wasi.py", module, "generate", "--temperature", "0", "-n", str(TOKENS),
                           model, PROMPT], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{model}: {done.stderr}")
    return PROMPT + done.stdout


def main(module, folder):
    faults = 0
    for model, golden, least in CASES:
        want = (pathlib.Path(folder) / "golden" / f"{golden}.txt").read_text()
        got = generate(module, pathlib.Path(folder) / "gguf" / f"{model}.gguf").rstrip("\n")
        same = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
        faults += same < least
        print(f"{'ok ' if same >= least else 'not ok'} {model}: {same} of {len(got)} characters")
        if same < least:
            print(f"got      {got!r}\nexpected {want!r}")
    sys.exit(1 if faults else 0)


main(*sys.argv[1:])
