# SPDX-License-Identifier: MIT
"""Language models by the inputs of their graph (src/arch/decoder.h)."""
import ctypes as c

import numpy as np


class Decoder:
    """One sequence on the graph's own inputs."""

    def __init__(self, library, path, cache=np.float32, device=None, threads=1, blocks=16):
        self.model = library.load(path, threads=threads, device=device)
        meta = self.metadata(library)
        self.block, self.elements = int(meta["lampwick.cache.positions"]), int(
            meta["lampwick.cache.q8_bytes" if cache == np.uint8 else "lampwick.cache.elements"])
        self.blocks = blocks
        self.memory = self.make_memory(library, meta, cache)
        self.original = int(meta.get("lampwick.context.original", 0))
        self.at = 0

    def make_memory(self, library, meta, cache):
        """The inputs that the run writes to, and where a sequence finds its part of them."""
        memory, state = {}, int(meta["lampwick.state.elements"])
        if self.elements:
            memory["blocks"] = np.arange(self.blocks, dtype=np.int32)[None]
            memory["cache"] = library.value(np.zeros((self.blocks, self.elements), cache))
        if state:
            memory["slots"] = np.array([1], np.int32)
            memory["state"] = library.value(np.full((2, state), np.nan, np.float32))
        return memory

    def metadata(self, library):
        found, key, value, i = {}, c.c_char_p(), c.c_char_p(), 0
        while library.c.lw_model_metadata(self.model.model, c.c_size_t(i), c.byref(key),
                                          c.byref(value)) == 0:
            found[key.value.decode()] = value.value.decode()
            i += 1
        return found

    def feed(self, tokens, total=0):
        """Logits; total: tokens that the sequence will have, where that makes a difference."""
        n = len(tokens)
        feeds = {"tokens": np.array(tokens, np.int32),
                 "positions": np.arange(self.at, self.at + n, dtype=np.int32),
                 "sequences": np.zeros(n, np.int32),
                 "outputs": np.arange(n, dtype=np.int32)} | self.memory
        if self.original:
            feeds["stretched"] = np.array([total > self.original], np.int32)
        self.at += n
        return self.model.run(feeds)[0]


def encode(model, texts, types=None):
    """States of the tokens of each text, all run together, by an encoder; types of all tokens."""
    lengths = [len(t) for t in texts]
    feeds = {"tokens": np.concatenate(texts).astype(np.int32),
             "positions": np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
             "sequences": np.repeat(np.arange(len(texts), dtype=np.int32), lengths),
             "outputs": np.arange(sum(lengths), dtype=np.int32)}
    if b"types" in model.inputs():
        feeds["types"] = np.zeros(sum(lengths), np.int32) if types is None else types
    return np.split(model.run(feeds)[0], np.cumsum(lengths)[:-1])


def nmse(got, want):
    return float(((got - want) ** 2).sum() / (want ** 2).sum())
