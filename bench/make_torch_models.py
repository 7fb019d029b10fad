#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the networks that bench/compare_libtorch runs, with seeded random weights, into
build/bench-torch (1.2 GB): NAME/model.pt2 by torch.export for lampwick, NAME/model.pt as frozen
TorchScript for libtorch, and NAME/inputs.npz.

    bench/make_torch_models.py [--folder FOLDER] [NAME...]
"""
import argparse
import pathlib

import environment

environment.enter_libtorch()

import numpy as np  # noqa: E402  (needs the environment)
import torch  # noqa: E402
from torch_networks import NETWORKS, make, save_program  # noqa: E402


def write(name, folder):
    module, x = make(name)
    folder.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        traced = torch.jit.freeze(torch.jit.trace(module, x, strict=False, check_trace=False))
        torch.jit.save(traced, folder / "model.pt")
    np.savez(folder / "inputs.npz", **{save_program(module, x, folder / "model.pt2"): x.numpy()})
    print(folder, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NETWORKS, []])
    parser.add_argument("--folder", type=pathlib.Path,
                        default=environment.ROOT / "build/bench-torch")
    options = parser.parse_args()
    for name in options.names or NETWORKS:
        if options.names or not (options.folder / name / "inputs.npz").exists():
            write(name, options.folder / name)


main()
