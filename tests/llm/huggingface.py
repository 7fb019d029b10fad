#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs Hugging Face folders that have ids.json and logits.f32, states.f32 or scores.f32 beside the
weights (made by make_huggingface.py with PyTorch), and model.gguf and named.gguf there if
convert_test.py and folders_to_gguf.py wrote them; compares logits, the states of an encoder's tokens, or the scores of a classifier.

    huggingface.py liblampwick.so FOLDER
"""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import Decoder, encode, nmse  # noqa: E402


def logits(library, folder, ids, _):
    """And whether a text gets the same bits in pieces."""
    whole = Decoder(library, folder).feed(ids, len(ids))
    pieces, at = Decoder(library, folder), [0, 1, 2, 9, len(ids)]
    parts = [pieces.feed(ids[a:b], len(ids)) for a, b in zip(at, at[1:])]
    return whole, np.array_equal(whole, np.concatenate(parts))


def states(library, folder, ids, types):
    """And whether a text gets the same bits alone and between others."""
    model = library.load(folder, threads=1)
    alone = encode(model, [ids], types)[0]
    beside = encode(model, [ids[5:], ids, ids[:3], ids[::-1]],
                    np.concatenate([types[5:], types, types[:3], types]))[1]
    return alone, np.array_equal(alone, beside)


def scores(library, folder, ids, types):
    """Of the first token."""
    return encode(library.load(folder, threads=1), [ids], types)[0][:1], True


def bound(name):
    """Products with quantised weights round what they multiply to 8 bits."""
    return 1e-3 if "mxfp4" in name else 1e-9


def check(library, path, model):
    kind = {"logits": logits, "states": states, "scores": scores}[path.stem]
    ids = json.loads((path.parent / "ids.json").read_text())
    types = path.parent / "types.json"
    types = np.array(json.loads(types.read_text()) if types.exists() else [0] * len(ids), np.int32)
    want = np.fromfile(path, np.float32).reshape(1 if path.stem == "scores" else len(ids), -1)
    name = path.parent.name + (f"/{model.name}" if model.suffix else "")
    try:
        got, same = kind(library, model, ids, types)
    except lampwick.Error as error:
        print(f"BAD {name:20} {error}")
        return False
    error = nmse(got, want)
    good = error < bound(name) and same
    print(f"{'ok ' if good else 'BAD'} {name:20} nmse {error:.1e}{'' if same else ', not same'}")
    return good


def main():
    library = lampwick.Library(sys.argv[1])
    paths = sorted(p for name in ("logits", "states", "scores")
                   for p in pathlib.Path(sys.argv[2]).glob(f"*/{name}.f32"))
    models = [(p, m) for p in paths for m in (p.parent, p.parent / "model.gguf", p.parent / "named.gguf")
              if m.exists()]
    failed = sum(not check(library, *m) for m in models)
    print(f"{len(models) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not models)


main()
