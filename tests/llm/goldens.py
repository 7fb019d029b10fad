#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the logits of small language models with those that llama.cpp gives (golden files of
../shared/data/llm: NAME.gguf, NAME.json, NAME.prompt-logits.f32), for the whole prompt at once and
token by token, and the greedy continuation.

    goldens.py liblampwick.so FOLDER...
"""
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


def check(library, path):
    golden = json.loads(path.read_text())
    tokens = golden["prompt_tokens"]
    want = np.fromfile(path.with_suffix(".prompt-logits.f32"), np.float32)
    want = want.reshape(len(tokens), -1)
    decoder, slow = Decoder(library, weights_of(path)), Decoder(library, weights_of(path))
    whole = decoder.feed(tokens)
    by_token = np.concatenate([slow.feed([t]) for t in tokens])
    error, exact = nmse(whole, want), "f32" in path.stem
    good = error <= bound(path.stem) and np.array_equal(whole, by_token)
    want_text = [g["token"] for g in golden["generated"]]
    text = continuation(decoder, whole[-1], len(want_text))
    same = next((i for i, (a, b) in enumerate(zip(text, want_text)) if a != b), len(text))
    good = good and (same == len(text) or not exact)
    print(f"{'ok ' if good else 'BAD'} {path.stem:24} nmse {error:.1e}, batch equal "
          f"{np.array_equal(whole, by_token)}, greedy {same}/{len(text)}")
    return good


def main():
    library = lampwick.Library(sys.argv[1])
    paths = [p for f in sys.argv[2:] for p in sorted(pathlib.Path(f).glob("*.json"))
             if weights_of(p).exists()]
    failed = sum(not check(library, p) for p in paths)
    print(f"{len(paths) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not paths)


main()
