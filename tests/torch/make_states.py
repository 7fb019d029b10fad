#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Saves a scripted module that keeps things from call to call, as streaming networks do, and what
PyTorch gives in a row of calls:

    python3 tests/torch/make_states.py tests/torch/data/states
"""
import pathlib
import sys

import numpy
import torch
from torch import Tensor, nn


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0
        self.register_buffer("seen", torch.zeros(2, 5))
        self.linear = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen.add_(x)
        return self.linear(x)


class Stream(nn.Module):
    """The rate decides what is done, and a new one begins anew; empty tensors are no state yet."""

    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.rates = [8, 16]
        self._state = torch.zeros(0)
        self._context = torch.zeros(0)
        self._last_rate = 0

    def begin(self):
        self._state = torch.zeros(0)
        self._context = torch.zeros(0)

    def forward(self, x: Tensor, rate: int) -> Tensor:
        if rate not in self.rates:
            raise ValueError("no such rate")
        if bool(self._last_rate) and self._last_rate != rate:
            self.begin()
        if not bool(len(self._context)):
            self._context = torch.zeros(x.shape[0], 2)
            self._state = torch.zeros(x.shape[0], 3)
        x = torch.cat([self._context, x[:, ::2] if rate == 16 else x], 1)
        self._context = x[:, -2:]
        self._last_rate = rate
        self._state = torch.tanh(self.inner(x) + self._state * 0.5)
        return self._state.sum(1)


STATES = ("_state", "_context", "_last_rate", "inner.calls", "inner.seen")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    torch.jit.save(torch.jit.script(Stream().eval()), folder / "model.pt")
    module, arrays = torch.jit.load(folder / "model.pt"), {}
    for step, rate in enumerate((8, 8, 16, 16, 8)):
        x = torch.randn(2, 3 * rate // 8)
        with torch.no_grad():
            arrays |= {f"{step}.x": x, f"{step}.rate": torch.tensor(rate), f"{step}.output": module(x, rate)}
        for name in STATES:
            value = module
            for part in name.split("."):
                value = getattr(value, part)
            arrays[f"{step}.{name}.next"] = torch.as_tensor(value).detach().clone()
    numpy.savez(folder / "steps.npz", **{name: value.numpy() for name, value in arrays.items()})


main()
