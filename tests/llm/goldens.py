#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the logits of small language models with those that llama.cpp gives (golden files of
../shared/data/llm: NAME.gguf, NAME.json, NAME.prompt-logits.f32), for the whole prompt at once and
token by token, and the greedy continuation.

    goldens.py [--device NAME] liblampwick.so FOLDER...

On a device, models are left out whose nodes it refuses, and sums that depend on how many tokens
there are may differ in their last bits.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402


def bound(name):
    """llama.cpp rounds activations to 8 bits for quantised weights, and to the weights' type for
    16-bit ones: these bounds are two to three times its own noise."""
    return 1e-9 if "f32" in name else 1e-4 if "BF16" in name else 1e-6 if "F16" in name else 2e-3


def weights_of(golden):
    path = golden.with_suffix(".gguf")
    return path if path.exists() else golden.parent.parent / "gguf" / path.name


def continuation(decoder, last, n):
    """Greedy."""
    tokens = [int(last.argmax())]
    while len(tokens) < n:
        tokens.append(int(decoder.feed([tokens[-1]])[-1].argmax()))
    return tokens


def check(library, path, device):
    golden = json.loads(path.read_text())
    tokens = golden["prompt_tokens"]
    want = np.fromfile(path.with_suffix(".prompt-logits.f32"), np.float32)
    want = want.reshape(len(tokens), -1)
    decoder, slow = (Decoder(library, weights_of(path), device=device) for _ in range(2))
    try:
        whole = decoder.feed(tokens)
    except lampwick.Error as error:
        if not device or "cannot run it" not in str(error):
            raise
        print(f"out {path.stem:24} {error}")
        return None
    by_token = np.concatenate([slow.feed([t]) for t in tokens])
    error, exact = nmse(whole, want), "f32" in path.stem
    alike = nmse(by_token, whole) < 1e-9 if device else np.array_equal(whole, by_token)
    good = error <= bound(path.stem) and alike
    want_text = [g["token"] for g in golden["generated"]]
    text = continuation(decoder, whole[-1], len(want_text))
    same = next((i for i, (a, b) in enumerate(zip(text, want_text)) if a != b), len(text))
    good = good and (same == len(text) or not exact)
    print(f"{'ok ' if good else 'BAD'} {path.stem:24} nmse {error:.1e}, batch equal "
          f"{alike}, greedy {same}/{len(text)}")
    return good


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--device")
    arguments.add_argument("library")
    arguments.add_argument("folders", nargs="+", type=pathlib.Path)
    a = arguments.parse_args()
    library = lampwick.Library(a.library)
    paths = [p for f in a.folders for p in sorted(f.glob("*.json")) if weights_of(p).exists()]
    results = [check(library, p, a.device) for p in paths]
    print(f"{results.count(True)} passed, {results.count(False)} failed, "
          f"{results.count(None)} left out")
    sys.exit(results.count(False) > 0 or True not in results)


main()
