# SPDX-License-Identifier: MIT
"""Saves networks of the zoo with torch.jit, with their inputs and PyTorch's outputs beside them, as
cases of `lampwick test`:

    python3 tests/torch/make_scripts.py FOLDER [--kind tiny|vision|text|program] [--form FORM] [NAME ...]

FOLDER/NAME.FORM/{model.pt,inputs.npz,outputs.npz}. FORM: "trace", "script", "frozen" (of what could
be scripted, else of what was traced).
"""
import argparse
import pathlib
import sys
import time
import warnings

import numpy
import torch

import programs
import zoo


def flat(values):
    """Tensors in the order of lampwick's outputs."""
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, (int, float)):
        return [torch.tensor(values)]
    if isinstance(values, dict):
        values = values.values()
    return [tensor for value in values or () for tensor in flat(value)]


def save_arrays(path, tensors):
    numpy.savez(path, **{str(i): t.detach().float().numpy() if t.dtype == torch.bfloat16
                         else t.detach().numpy() for i, t in enumerate(tensors)})


def made(network, inputs, form):
    if form == "trace":
        return torch.jit.trace(network, inputs, check_trace=False, strict=False)
    if form == "script":
        return torch.jit.script(network)
    try:
        scripted = torch.jit.script(network)
    except Exception:
        scripted = torch.jit.trace(network, inputs, check_trace=False, strict=False)
    return torch.jit.freeze(scripted)


def save(entry, folder, form):
    network, inputs = entry.make()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = made(network, inputs, form)
        target = folder / f"{entry.name}.{form}"
        target.mkdir(parents=True, exist_ok=True)
        torch.jit.save(module, target / "model.pt")  # a run may change buffers
        outputs = flat(torch.jit.load(target / "model.pt")(*[x.clone() for x in inputs]))
    save_arrays(target / "inputs.npz", flat(inputs))
    save_arrays(target / "outputs.npz", outputs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kind", choices=["tiny", "vision", "text", "program"])
    parser.add_argument("--form", choices=["trace", "script", "frozen"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    failed = 0
    kinds = (options.kind,) if options.kind else ("tiny", "vision", "text")
    entries = programs.programs() if options.kind == "program" else zoo.entries(kinds)
    for entry in entries:
        if options.names and entry.name not in options.names:
            continue
        for form in (options.form,) if options.form else ("trace", "script", "frozen"):
            if form == "script" and not entry.script or form == "trace" and entry.kind == "program":
                continue
            start = time.time()
            try:
                save(entry, options.folder, form)
                print(f"{entry.name}.{form}: {time.time() - start:.1f} s", flush=True)
            except Exception as error:  # one network that cannot be saved leaves the others
                failed += 1
                sentence = str(error).strip().splitlines() or [""]
                print(f"{entry.name}.{form}: {type(error).__name__}: {sentence[0]}", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
