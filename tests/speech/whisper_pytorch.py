#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the Whisper folders of make_whisper.py and compares the encoder's states, the decoder's
logits and what its layers look at with PyTorch's; the prompt at once and in pieces.

    whisper_pytorch.py liblampwick.so FOLDER
"""
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "models"), str(HERE.parent / "llm")]
import lampwick  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402


class Listener(Decoder):
    def encode(self, features):
        names = [n.decode() for n in self.model.outputs()]
        names = [n for n in names if n == "states" or n.startswith(("cross_keys", "cross_values"))]
        made = dict(zip(names, self.model.run({"features": features}, names)))
        for name, value in made.items():
            self.memory[name.replace("cross_", "memory_")] = value
        return self.memory.pop("states")

    def feed(self, tokens):
        n = len(tokens)
        feeds = {"tokens": np.array(tokens, np.int32),
                 "positions": np.arange(self.at, self.at + n, dtype=np.int32),
                 "sequences": np.zeros(n, np.int32),
                 "outputs": np.arange(n, dtype=np.int32)} | self.memory
        self.at += n
        names = [o.decode() for o in self.model.outputs() if o.startswith(b"cross_scores.")]
        logits, *scores = self.model.run(feeds, ["logits", *names])
        self.looks = [np.exp(s - s.max(-1, keepdims=True)) for s in scores]
        self.looks = np.stack([s / s.sum(-1, keepdims=True) for s in self.looks])
        return logits


def check(library, folder):
    config = json.loads((folder / "config.json").read_text())
    ids = json.loads((folder / "ids.json").read_text())
    frames, bands, width = (config[n] for n in ("max_source_positions", "num_mel_bins", "d_model"))
    features = np.fromfile(folder / "features.f32", np.float32).reshape(1, bands, 2 * frames)
    states = np.fromfile(folder / "states.f32", np.float32).reshape(1, frames, width)
    logits = np.fromfile(folder / "whisper_logits.f32", np.float32).reshape(len(ids), -1)
    whole, pieces, at = Listener(library, folder), Listener(library, folder), [0, 1, 2, 9, len(ids)]
    encoder = nmse(whole.encode(features), states)
    pieces.encode(features)
    got = whole.feed(ids)
    parts = nmse(np.concatenate([pieces.feed(ids[a:b]) for a, b in zip(at, at[1:])]), got)
    decoder = nmse(got, logits)
    looks = np.fromfile(folder / "looks.f32", np.float32).reshape(whole.looks.shape)
    looks = nmse(whole.looks, looks)
    good = encoder < 1e-9 and decoder < 1e-9 and looks < 1e-9 and parts < 1e-12
    print(f"{'ok ' if good else 'BAD'} {folder.name:12} states {encoder:.1e}, logits {decoder:.1e}, "
          f"looks {looks:.1e}, in pieces {parts:.1e}")
    return good


def main():
    library = lampwick.Library(sys.argv[1])
    folders = sorted(f.parent for f in pathlib.Path(sys.argv[2]).glob("*/whisper_logits.f32"))
    failed = sum(not check(library, f) for f in folders)
    print(f"{len(folders) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not folders)


main()
