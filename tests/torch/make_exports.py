# SPDX-License-Identifier: MIT
"""Exports networks of the zoo with torch.export, with their inputs and PyTorch's outputs beside
them, as cases of `lampwick test`:

    python3 tests/torch/make_exports.py FOLDER [--kind tiny|vision|text] [NAME ...]
    python3 tests/torch/make_exports.py tests/torch/exports --committed

FOLDER/NAME.FORM/{model.pt2,inputs.npz,outputs.npz}. FORM: "export" (as torch.export.export leaves
it), "core" (run_decompositions()), each with the dimensions free that the zoo says; "-fixed" behind
it where all are fixed.
"""
import argparse
import copy
import dataclasses
import pathlib
import re
import sys
import time
import warnings

import numpy
import torch

import zoo


# What the everyday tests use: small, and each of another kind.
COMMITTED = {"mlp.export", "convolutions.export", "convolutions.core", "attention.export",
             "tagger.export", "gru.export", "writes.export", "writes.core", "pieces.export",
             "sizes.export", "sizes.core", "resizes.export", "branches.export", "loops.core",
             "counter.export", "counter.core", "volumes.export-fixed", "transformer_layer.export"}


def flat(values):
    if isinstance(values, torch.Tensor):
        return [values]
    return [tensor for value in values for tensor in flat(value)]


def shapes_of(entry, fixed):
    """Ways to say what is free, the most free first: a network may not allow all."""
    dynamic = torch.export.Dim.DYNAMIC
    if not fixed and any(entry.free):
        yield "", tuple({axis: dynamic for axis in axes} or None for axes in entry.free)
        yield "", tuple({axis: dynamic for axis in axes if axis == 0} or None
                        for axes in entry.free)
    yield "-fixed", None


def export(network, inputs, shapes):
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.export(network, inputs, dynamic_shapes=shapes, strict=False)


def save_arrays(path, tensors):
    numpy.savez(path, **{str(i): t.detach().float().numpy() if t.dtype == torch.bfloat16
                         else t.detach().numpy() for i, t in enumerate(tensors)})


def shorten_traces(program):
    """Stack traces name files by where they lie on this machine."""
    for module in program.graph_module.modules():
        for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) else []:
            trace = node.meta.get("stack_trace")
            if trace:
                node.meta["stack_trace"] = re.sub(r'File "[^"]*/', 'File "', trace)


def save(folder, program, inputs, outputs):
    folder.mkdir(parents=True, exist_ok=True)
    shorten_traces(program)
    torch.export.save(program, folder / "model.pt2")
    save_arrays(folder / "inputs.npz", flat(inputs))
    save_arrays(folder / "outputs.npz", flat(outputs))


def run(network, inputs):
    torch.manual_seed(zoo.SEED)
    with torch.no_grad():
        return network(*[x.clone() for x in inputs])


def larger(entry, inputs):
    """Inputs whose free dimensions are one more than in those the export saw."""
    result = []
    for x, axes in zip(inputs, entry.free):
        for axis in axes:
            x = torch.cat([x, x.narrow(axis, 0, 1)], axis)
        result.append(x)
    return tuple(result)


def save_larger(folder, entry, network, inputs, shapes):
    """Beside the other arrays, what the same program gives for other sizes."""
    allowed = [axes or {} for axes in shapes]
    other = larger(dataclasses.replace(entry, free=allowed), inputs)
    runner = copy.deepcopy(network)
    outputs = flat(run(runner, other))
    outputs += [after for before, after in zip(network.buffers(), runner.buffers())
                if not torch.equal(before, after)]
    save_arrays(folder / "larger_inputs.npz", flat(other))
    save_arrays(folder / "larger_outputs.npz", outputs)


def make(entry, folder, fixed, committed):
    network, inputs = entry.make()
    for form, shapes in shapes_of(entry, fixed):
        try:
            program = export(network, inputs, shapes)
            break
        except Exception:
            if form:
                raise
    runner = copy.deepcopy(network)  # as a run may change buffers
    outputs = flat(run(runner, inputs))
    outputs += [after for before, after in zip(network.buffers(), runner.buffers())
                if not torch.equal(before, after)]
    for way, finish in ("export", lambda p: p), ("core", lambda p: p.run_decompositions()):
        name = f"{entry.name}.{way}{form}"
        if not committed or name in COMMITTED:
            save(folder / name, finish(program), inputs, outputs)
            if shapes and not committed:
                save_larger(folder / name, entry, network, inputs, shapes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kind", choices=["tiny", "vision", "text"])
    parser.add_argument("--fixed", action="store_true", help="no dimension is free")
    parser.add_argument("--committed", action="store_true", help="only those of the repository")
    options = parser.parse_args()
    failed = 0
    kinds = (options.kind,) if options.kind else ("tiny", "vision", "text")
    for entry in zoo.entries(kinds):
        if options.names and entry.name not in options.names or options.committed and not any(
                name.startswith(entry.name + ".") for name in COMMITTED):
            continue
        start = time.time()
        try:
            make(entry, options.folder, options.fixed, options.committed)
            print(f"{entry.name}: {time.time() - start:.1f} s", flush=True)
        except Exception as error:  # one network that cannot be exported leaves the others
            failed += 1
            sentence = str(error).strip().splitlines() or [""]
            print(f"{entry.name}: {type(error).__name__}: {sentence[0]}", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
