# SPDX-License-Identifier: MIT
"""Exports networks of the zoo with torch.export, with their inputs and PyTorch's outputs beside
them, as cases of `lampwick test`:

    python3 tests/torch/make_exports.py FOLDER [--kind tiny|vision|text] [NAME ...]

FOLDER/NAME.FORM/{model.pt2,inputs.npz,outputs.npz}. FORM: "export" (as torch.export.export leaves
it), "core" (run_decompositions()), each with the dimensions free that the zoo says; "-fixed" behind
it where all are fixed.
"""
import argparse
import pathlib
import sys
import time
import warnings

import numpy
import torch

import zoo


def flat(values):
    if isinstance(values, torch.Tensor):
        return [values]
    return [tensor for value in values for tensor in flat(value)]


def free_dimensions(entry, inputs, minimum=1):
    """In the words of torch.export: Dim.AUTO where the network may decide that a size is fixed."""
    return tuple({axis: torch.export.Dim.DYNAMIC for axis in axes} if axes else None
                 for axes in entry.free)


def export(network, inputs, shapes):
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.export(network, inputs, dynamic_shapes=shapes, strict=False)


def save_arrays(path, tensors):
    numpy.savez(path, **{str(i): t.detach().float().numpy() if t.dtype == torch.bfloat16
                         else t.detach().numpy() for i, t in enumerate(tensors)})


def save(folder, program, inputs, outputs):
    folder.mkdir(parents=True, exist_ok=True)
    torch.export.save(program, folder / "model.pt2")
    save_arrays(folder / "inputs.npz", flat(inputs))
    save_arrays(folder / "outputs.npz", flat(outputs))


def run(network, inputs):
    torch.manual_seed(zoo.SEED)
    with torch.no_grad():
        return network(*[x.clone() for x in inputs])


def make(entry, folder, fixed):
    network, inputs = entry.make()
    form = "-fixed" if fixed or not any(entry.free) else ""
    if (folder / f"{entry.name}.core{form}").exists():
        return
    shapes = None if form else free_dimensions(entry, inputs)
    program = export(network, inputs, shapes)
    save(folder / f"{entry.name}.export{form}", program, inputs, run(entry.make()[0], inputs))
    core = program.run_decompositions()
    save(folder / f"{entry.name}.core{form}", core, inputs, run(entry.make()[0], inputs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kind", choices=["tiny", "vision", "text"])
    parser.add_argument("--fixed", action="store_true", help="no dimension is free")
    options = parser.parse_args()
    failed = 0
    kinds = (options.kind,) if options.kind else ("tiny", "vision", "text")
    for entry in zoo.entries(kinds):
        if options.names and entry.name not in options.names:
            continue
        start = time.time()
        try:
            make(entry, options.folder, options.fixed)
            print(f"{entry.name}: {time.time() - start:.1f} s", flush=True)
        except Exception as error:  # one network that cannot be exported leaves the others
            failed += 1
            sentence = str(error).strip().splitlines() or [""]
            print(f"{entry.name}: {type(error).__name__}: {sentence[0]}", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
