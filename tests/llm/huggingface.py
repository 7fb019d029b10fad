#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs Hugging Face folders that have ids.json and logits.f32, states.f32 or scores.f32 beside the
weights (made by make_huggingface.py with PyTorch), and model.gguf and named.gguf there if
convert_test.py and folders_to_gguf.py wrote them; compares logits, the states of an encoder's tokens, or the scores of a classifier.

    huggingface.py [--device NAME] liblampwick.so FOLDER

On a device, sums that depend on how many tokens there are may differ in their last bits.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import Decoder, encode, nmse  # noqa: E402


def alike(a, b, device, folder):
    return nmse(a, b) < bound(str(folder)) if device else np.array_equal(a, b)


def logits(library, folder, ids, _, device):
    """And whether a text gets the same bits in pieces."""
    whole = Decoder(library, folder, device=device).feed(ids, len(ids))
    pieces, at = Decoder(library, folder, device=device), [0, 1, 2, 9, len(ids)]
    parts = [pieces.feed(ids[a:b], len(ids)) for a, b in zip(at, at[1:])]
    return whole, alike(whole, np.concatenate(parts), device, folder)


def states(library, folder, ids, types, device):
    """And whether a text gets the same bits alone and between others."""
    model = library.load(folder, threads=1, device=device)
    alone = encode(model, [ids], types)[0]
    beside = encode(model, [ids[5:], ids, ids[:3], ids[::-1]],
                    np.concatenate([types[5:], types, types[:3], types]))[1]
    return alone, alike(alone, beside, device, folder)


def scores(library, folder, ids, types, device):
    """Of the first token."""
    return encode(library.load(folder, threads=1, device=device), [ids], types)[0][:1], True


def bound(name):
    """Products with quantised weights round what they multiply to 8 bits."""
    return 1e-3 if "mxfp4" in name else 1e-9


def check(library, path, model, device):
    kind = {"logits": logits, "states": states, "scores": scores}[path.stem]
    ids = json.loads((path.parent / "ids.json").read_text())
    types = path.parent / "types.json"
    types = np.array(json.loads(types.read_text()) if types.exists() else [0] * len(ids), np.int32)
    want = np.fromfile(path, np.float32).reshape(1 if path.stem == "scores" else len(ids), -1)
    name = path.parent.name + (f"/{model.name}" if model.suffix else "")
    try:
        got, same = kind(library, model, ids, types, device)
    except lampwick.Error as error:
        print(f"BAD {name:20} {error}")
        return False
    error = nmse(got, want)
    good = error < bound(name) and same
    print(f"{'ok ' if good else 'BAD'} {name:20} nmse {error:.1e}{'' if same else ', not same'}")
    return good


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--device")
    arguments.add_argument("library")
    arguments.add_argument("folder", type=pathlib.Path)
    a = arguments.parse_args()
    library = lampwick.Library(a.library)
    paths = sorted(p for name in ("logits", "states", "scores")
                   for p in a.folder.glob(f"*/{name}.f32"))
    models = [(p, m) for p in paths for m in (p.parent, p.parent / "model.gguf", p.parent / "named.gguf")
              if m.exists()]
    failed = sum(not check(library, *m, a.device) for m in models)
    print(f"{len(models) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not models)


main()
