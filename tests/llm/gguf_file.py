# SPDX-License-Identifier: MIT
"""Reading GGUF files with the package gguf."""
from unittest import mock

import gguf
import numpy as np


def read_gguf(path):
    """The file's fields and tensors, as gguf.GGUFReader has them, but in memory: it takes each number
    out of its array by itself, which takes numpy three times as long where that is a memory map."""
    with mock.patch.object(np, "memmap", lambda path, mode: np.fromfile(path, np.uint8)):
        return gguf.GGUFReader(path)
