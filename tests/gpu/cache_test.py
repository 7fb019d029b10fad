#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logits of language models on a device are those of the processor, with caches of all types: of prompts, of
single tokens, with attention in one range and, where a sequence may be long, in several.

    cache_test.py liblampwick.so DEVICE MODEL...
"""
import pathlib
import sys

import numpy as np

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "models"), str(TESTS / "llm")]
import lampwick  # noqa: E402
from checks import check, finish  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402

CACHES = {"float32": np.float32, "float16": np.float16, "8 bits": np.uint8}


def errors(library, path, device, cache, blocks, rng):
    here = Decoder(library, path, cache, blocks=blocks)
    there = Decoder(library, path, cache, device=device, blocks=blocks)
    tokens = rng.integers(3, 30, 60).tolist()
    parts = [tokens[:5], tokens[5:55]] + [[t] for t in tokens[55:]]
    return [nmse(there.feed(part), here.feed(part)) for part in parts]


def main():
    library, device = lampwick.Library(sys.argv[1]), sys.argv[2]
    for path in sys.argv[3:]:
        for name, cache in CACHES.items():
            for blocks in (8, 64):
                worst = max(errors(library, path, device, cache, blocks, np.random.default_rng(1)))
                check(f"{pathlib.Path(path).stem}, {name}, {blocks} blocks", worst < 1e-4, worst)
    finish()


main()
