#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damages a Hugging Face folder (of make_tiny.py) in many ways: each must load and run, or be
refused with a sentence. Run it with a build that has sanitizers.

    hostile_folders.py [--key KEY] lampwick FOLDER [ARGUMENT...]

Arguments are those of the command that runs it, with {} for the folder. With a key of config.json, the
values below it and the weights are damaged, and not what another folder has as well.
"""
import argparse
import copy
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

VALUES = (None, -1, 0, 1e300, "x", [], [-1], [2**62], 2**62, True)


def flipped(data, rng):
    """One bit of its head, or of any part, is another."""
    data = bytearray(data)
    data[rng.randrange(rng.choice((min(len(data), 2500), len(data))))] ^= 1 << rng.randrange(8)
    return bytes(data)


def places(values, path=()):
    """The keys that lead to each value of an object, and of those within it."""
    for key, value in values.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from places(value, (*path, key))


def changed(values, path, value):
    values = copy.deepcopy(values)
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(values).encode()


def damaged_values(folder, key):
    for name in ("config.json", "generation_config.json"):
        values = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
        for path in places(values):
            if key in (None, path[0]):
                for value in VALUES:
                    yield name, changed(values, path, value)


def damaged_text(folder, rng):
    config = (folder / "config.json").read_bytes()
    for percent in range(0, 100, 9):
        yield "config.json", config[:len(config) * percent // 100]
    for _ in range(60):
        yield "config.json", flipped(config, rng)
    for _ in range(60 if (folder / "tokenizer.json").exists() else 0):
        yield "tokenizer.json", flipped((folder / "tokenizer.json").read_bytes(), rng)


def damaged_weights(folder, rng):
    weights = (folder / "model.safetensors").read_bytes()
    for percent in range(0, 100, 9):
        yield "model.safetensors", weights[:len(weights) * percent // 100]
    for _ in range(60):
        yield "model.safetensors", flipped(weights, rng)
    for size in (0, 7, 2**62, 2**63, len(weights)):
        yield "model.safetensors", size.to_bytes(8, "little") + weights[8:]


def damages(folder, key, rng):
    """Pairs of a file's name and contents."""
    yield from damaged_values(folder, key)
    if not key:
        yield from damaged_text(folder, rng)
    yield from damaged_weights(folder, rng)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--key")
    parser.add_argument("command")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    arguments = asked.arguments or ["bench", "--runs", "1", "--warmup", "1", "--fill", "zeros", "{}"]
    rng, ran, refused, bad = random.Random(3), 0, 0, 0
    with tempfile.TemporaryDirectory() as place:
        damaged = pathlib.Path(place) / "m"
        for name, data in damages(asked.folder, asked.key, rng):
            shutil.rmtree(damaged, ignore_errors=True)
            shutil.copytree(asked.folder, damaged)
            (damaged / name).write_bytes(data)
            run = subprocess.run([asked.command, *(str(damaged) if a == "{}" else a for a in arguments)],
                                 capture_output=True, timeout=60)
            if run.returncode == 0:
                ran += 1
            elif run.returncode == 1 and run.stderr.startswith(b"lampwick: "):
                refused += 1
            else:
                bad += 1
                print(name, data[:60], run.stderr[-400:])
    print(f"{ran} ran, {refused} refused, {bad} bad")
    sys.exit(bad > 0 or ran == 0 or refused == 0)


main()
