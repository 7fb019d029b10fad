#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks and products of matrices on a device: lampwick beside PyTorch, from inputs in the host's
memory to outputs there, in milliseconds; the median of runs that take turns.

    bench/gpu/networks.py [--device cuda:0] [--library LIB] [--only PATTERN]

The pattern is searched in "NAME BATCH" and "product SIZE". PyTorch runs on the CUDA card of the same
number, or on the processor if the device is no CUDA card: eager, compiled, and eager in float16. Its
float32 is float32, not TF32.
"""
import argparse
import itertools
import pathlib
import re
import statistics
import sys
import tempfile
import time

import numpy as np
import onnx
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/models"), str(ROOT / "bench")]
import lampwick  # noqa: E402
import torch_networks  # noqa: E402
from graph_builder import Builder  # noqa: E402

NETWORKS = ("resnet50", "bert-base", "vit_b_16")
PRODUCTS = (1024, 2048, 4096)
COLUMNS = ("network", "batch", "lampwick", "PyTorch", "compiled", "float16", "ratio", "difference")


def once(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def medians(runs, seconds):
    """Of each of some functions, in turns, for a number of seconds and at least 5 runs."""
    for run in runs:
        for _ in range(3):
            run()
    times, end = [[] for _ in runs], time.monotonic() + seconds * len(runs)
    while len(times[0]) < 5 or time.monotonic() < end:
        for one, run in zip(times, runs):
            one.append(once(run))
    return [statistics.median(one) for one in times]


class PyTorch:
    """A function of tensors from host to host."""

    def __init__(self, module, inputs, where, dtype):
        self.module, self.where, self.dtype = module, where, dtype
        self.inputs = [torch.from_numpy(x) for x in inputs]

    def __call__(self):
        inputs = [x.to(self.where) for x in self.inputs]
        inputs = [x.to(self.dtype) if x.is_floating_point() else x for x in inputs]
        with torch.inference_mode():
            y = self.module(*inputs)
        return (y[0] if isinstance(y, (tuple, list)) else y).float().cpu().numpy()


def forms(module, inputs, where):
    """PyTorch in float32, compiled, and in float16."""
    whole = PyTorch(module(torch.float32), inputs, where, torch.float32)
    compiled = PyTorch(torch.compile(module(torch.float32)), inputs, where, torch.float32)
    return whole, compiled, PyTorch(module(torch.float16), inputs, where, torch.float16)


def row(name, batch, path, feeds, module, options):
    theirs = forms(module, list(feeds.values()), options.where)
    model = options.lampwick.load(path, device=options.device)
    made = {key: options.lampwick.value(x) for key, x in feeds.items()}
    mine, wanted = model.run(made)[0], theirs[0]()
    difference = np.abs(mine - wanted).max() / np.abs(wanted).max()
    ms = medians([lambda: model.run(made), *theirs], options.seconds)
    model.close()
    cells = [f"{x:.3f}" for x in ms] + [f"{min(ms[1:3]) / ms[0]:.2f}", f"{difference:.1e}"]
    print("| " + " | ".join([name, str(batch), *cells]) + " |", flush=True)
    return difference < 1e-3


def network(name, batch, folder, options):
    module, x = torch_networks.make(name, batch)
    path = folder / f"{name}-{batch}.pt2"
    key = torch_networks.save_program(module, x, path)
    feeds = {key: x.numpy()}
    del module
    return row(name, batch, path, feeds, lambda dtype: torch_networks.make(name, batch)[0].to(
        options.where, dtype), options)


def product(n, folder, options):
    b = Builder(f"product-{n}", 17)
    x = np.random.default_rng(n).standard_normal((n, n), np.float32)
    y = b.node("MatMul", b.input("x", [n, n]), b.normal(n, n, scale=n ** -0.5))
    b.output(y, [n, n])
    weights = torch.from_numpy(onnx.numpy_helper.to_array(b.weights[0]).copy())

    def module(dtype):
        placed = weights.to(options.where, dtype)
        return lambda a: a @ placed

    path = folder / f"product-{n}.onnx"
    onnx.save(b.model(), path)
    return row(f"product {n}", 1, path, {"x": x}, module, options)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--device", default="cuda:0")
    p.add_argument("--library", default=ROOT / "build/liblampwick.so")
    p.add_argument("--only", default="")
    p.add_argument("--seconds", type=float, default=1.5, help="for each engine and network")
    options = p.parse_args()
    options.lampwick = lampwick.Library(options.library)
    options.where = options.device if options.device.startswith("cuda") else "cpu"
    print("| " + " | ".join(COLUMNS) + " |\n| --- |" + " ---: |" * (len(COLUMNS) - 1))
    good = []
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for name, batch in itertools.product(NETWORKS, (1, 32)):
            if re.search(options.only, f"{name} {batch}"):
                good.append(network(name, batch, folder, options))
        for n in PRODUCTS:
            if re.search(options.only, f"product {n}"):
                good.append(product(n, folder, options))
    sys.exit(not good or not all(good))


main()
