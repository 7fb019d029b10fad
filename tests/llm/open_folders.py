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
from safetensors.torch import load_file


def numbers_of(folder):
    for name in ("logits", "states", "scores", "made"):
        path = folder / f"{name}.f32"
        if path.exists():
            return name, np.fromfile(path, np.float32)
    raise FileNotFoundError(folder)


def linear_layers(folder, states):
    """Behind the model, as sentence-transformers runs them."""
    for path in sorted(folder.glob("*_Dense")):
        arrays = load_file(path / "model.safetensors")
        config = json.loads((path / "config.json").read_text())
        layer = torch.nn.Linear(config["in_features"], config["out_features"], config["bias"])
        layer.load_state_dict({name.removeprefix("linear."): a for name, a in arrays.items()})
        states = layer(states)
    return states


def run(folder, model):
    """The array that is compared with the stored numbers."""
    if (folder / "made.json").exists():
        made = json.loads((folder / "made.json").read_text())
        return model(input_ids=torch.tensor([made["source"]]),
                     decoder_input_ids=torch.tensor([made["tokens"]])).logits
    types = folder / "types.json"
    more = {"token_type_ids": torch.tensor([json.loads(types.read_text())])} if types.exists() else {}
    result = model(torch.tensor([json.loads((folder / "ids.json").read_text())]), **more)
    return (linear_layers(folder, result.last_hidden_state) if (folder / "states.f32").exists() else
            result.logits)


def check(folder):
    config = json.loads((folder / "config.json").read_text())
    kind = getattr(transformers, config["architectures"][0])
    model, found = kind.from_pretrained(folder, output_loading_info=True,
                                        attn_implementation="eager")
    # The pooler is for a task that nobody has, and Nomic's model has none.
    strange = {key for part in ("missing_keys", "unexpected_keys", "mismatched_keys")
               for key in found[part] if not str(key).startswith("pooler.")}
    with torch.no_grad():
        got = run(folder, model.eval().float())[0].numpy().ravel()
    _, want = numbers_of(folder)
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
