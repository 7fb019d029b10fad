#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs Hugging Face folders that have ids.json and logits.f32 beside the weights (made by
make_huggingface.py with PyTorch) and compares the logits.

    huggingface.py liblampwick.so FOLDER
"""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402


def check(library, folder):
    ids = json.loads((folder / "ids.json").read_text())
    want = np.fromfile(folder / "logits.f32", np.float32).reshape(len(ids), -1)
    try:
        got = Decoder(library, folder).feed(ids)
        pieces, at = Decoder(library, folder), [0, 1, 2, 9, len(ids)]
        same = np.array_equal(got, np.concatenate([pieces.feed(ids[a:b])
                                                   for a, b in zip(at, at[1:])]))
    except lampwick.Error as error:
        print(f"BAD {folder.name:16} {error}")
        return False
    error = nmse(got, want)
    good = error < 1e-9 and same
    print(f"{'ok ' if good else 'BAD'} {folder.name:16} nmse {error:.1e}, pieces equal {same}")
    return good


def main():
    library = lampwick.Library(sys.argv[1])
    folders = sorted(f.parent for f in pathlib.Path(sys.argv[2]).glob("*/logits.f32"))
    failed = sum(not check(library, f) for f in folders)
    print(f"{len(folders) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not folders)


main()
