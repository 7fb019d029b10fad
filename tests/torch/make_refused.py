#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Saves a traced module with an operator that lampwick does not have, whose second input is a
number: it is refused before any run, when only the sizes of inputs are known.

    python3 tests/torch/make_refused.py tests/torch/data/refused
"""
import pathlib
import sys

import torch


class Refused(torch.nn.Module):
    def forward(self, x, scale):
        return torch.special.bessel_j0(x) * scale


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.jit.trace(Refused(), (torch.rand(3), torch.tensor(2))).save(str(folder / "model.pt"))
