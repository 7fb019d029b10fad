#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands profile and bench on language models, whose inputs they make up: one token, a prompt,
the last token of a long text, and tokens of several sequences.

    profile_test.py [--device NAME] lampwick TINY
"""
import argparse
import pathlib
import subprocess
import sys

a = argparse.ArgumentParser()
a.add_argument("--device")
a.add_argument("command")
a.add_argument("tiny", type=pathlib.Path)
a = a.parse_args()
passed = failed = 0


def check(what, good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAILED {what}: {text}")


def call(*arguments):
    return subprocess.run([a.command, *map(str, arguments)], capture_output=True, text=True)


def shapes(model):
    """Sizes that are tried, by the inputs that the model has."""
    info = call("info", model).stdout
    yield []
    yield ["tokens=9"]
    if "blocks int32" in info:
        yield ["blocks=1x2"]
        yield ["blocks=3x2", "tokens=6"]
    if "slots int32" in info:
        yield ["slots=3", "tokens=6"]
    if "source int32" in info:
        yield ["source=5", "memory_keys.0=7x24", "tokens=2"]


def main():
    models = sorted(a.tiny.glob("*.gguf"))
    device = ["--device", a.device] if a.device else []
    for model in models:
        for given in shapes(model):
            options = [x for shape in given for x in ("--shape", shape)]
            done = call("profile", model, "--runs", 1, *options, *device)
            check(f"{model.stem} {given}", done.returncode == 0 and "BlockMatMul" in done.stdout,
                  done.stderr)
    done = call("bench", models[0], "--runs", 2, *device)
    check("bench", done.returncode == 0, done.stderr)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed < 10)


main()
