#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens the folders that convert_test.py made of GGUF files (NAME-again) with transformers: nothing may
be missing or left over, and the numbers are those of the models they came from. Needs torch and
transformers.

    open_folders.py FOLDER
"""
import json
import pathlib
import sys

import numpy as np
import torch
import transformers


def numbers_of(folder):
    for name in ("logits", "states", "scores"):
        path = folder / f"{name}.f32"
        if path.exists():
            return name, np.fromfile(path, np.float32)
    raise FileNotFoundError(folder)


def check(folder):
    config = json.loads((folder / "config.json").read_text())
    kind = getattr(transformers, config["architectures"][0])
    model, found = kind.from_pretrained(folder, output_loading_info=True,
                                        attn_implementation="eager")
    # The pooler is for a task that nobody has, and Nomic's model has none.
    strange = {key for part in ("missing_keys", "unexpected_keys", "mismatched_keys")
               for key in found[part] if not str(key).startswith("pooler.")}
    ids = torch.tensor([json.loads((folder / "ids.json").read_text())])
    types = folder / "types.json"
    more = {"token_type_ids": torch.tensor([json.loads(types.read_text())])} if types.exists() else {}
    with torch.no_grad():
        result = model.eval().float()(ids, **more)
    name, want = numbers_of(folder)
    got = (result.last_hidden_state if name == "states" else result.logits)[0].numpy().ravel()
    error = float(((got - want) ** 2).sum() / (want ** 2).sum())
    good = error < 1e-9 and not strange
    print(f"{'ok ' if good else 'BAD'} {folder.name:28} nmse {error:.1e} {sorted(strange) or ''}")
    return good


def main():
    transformers.logging.set_verbosity_error()
    failed, folders = 0, sorted(f for f in pathlib.Path(sys.argv[1]).glob("*-again")
                                if (f / "config.json").exists())
    for folder in folders:
        try:
            failed += not check(folder)
        except Exception as error:  # whatever transformers does not like
            print(f"BAD {folder.name}: {type(error).__name__} {str(error)[:300]}")
            failed += 1
    print(f"{len(folders) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not folders)


main()
