#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damages a Hugging Face folder (of make_tiny.py) in many ways: each must load and run, or be
refused with a sentence. Run it with a build that has sanitizers.

    hostile_folders.py lampwick FOLDER [ARGUMENT...]

Arguments are those of the command that runs it, with {} for the folder.
"""
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile


def flipped(data, rng):
    data = bytearray(data)
    data[rng.randrange(min(len(data), 2500))] ^= 1 << rng.randrange(8)
    return bytes(data)


def damages(folder, rng):
    """Pairs of a file's name and contents."""
    config = (folder / "config.json").read_bytes()
    weights = (folder / "model.safetensors").read_bytes()
    for name in ("config.json", "generation_config.json"):
        values = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
        for key in values:
            for value in (None, -1, 0, 1e300, "x", [], [-1], [2**62], 2**62, True):
                yield name, json.dumps(values | {key: value}).encode()
    for percent in range(0, 100, 9):
        yield "config.json", config[:len(config) * percent // 100]
        yield "model.safetensors", weights[:len(weights) * percent // 100]
    for _ in range(60):
        yield "model.safetensors", flipped(weights, rng)
        yield "config.json", flipped(config, rng)
    for _ in range(60 if (folder / "tokenizer.json").exists() else 0):
        yield "tokenizer.json", flipped((folder / "tokenizer.json").read_bytes(), rng)
    for size in (0, 7, 2**62, 2**63, len(weights)):
        yield "model.safetensors", size.to_bytes(8, "little") + weights[8:]


def main():
    command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    arguments = sys.argv[3:] or ["bench", "--runs", "1", "--warmup", "1", "--fill", "zeros", "{}"]
    rng, ran, refused, bad = random.Random(3), 0, 0, 0
    with tempfile.TemporaryDirectory() as place:
        copy = pathlib.Path(place) / "m"
        for name, data in damages(folder, rng):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder, copy)
            (copy / name).write_bytes(data)
            run = subprocess.run([command, *(str(copy) if a == "{}" else a for a in arguments)],
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
