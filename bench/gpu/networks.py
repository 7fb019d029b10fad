#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Products of matrices and networks on a device: lampwick beside PyTorch, in milliseconds; the median
of runs that take turns.

    bench/gpu/networks.py [--device cuda:0] [--library LIB] [--only PATTERN] [--budget SECONDS]
                         [--sizes N...]

Networks go from inputs in the host's memory to outputs there. A product is one of a chain: what 32
more of them take, so that copies do not count. Both are in the type of the row: weights and inputs in
the file too, sums in float32. PyTorch runs on the CUDA card of the same number, or on the processor if
the device is no CUDA card; its products are cuBLAS's, its float32 is float32, not TF32. The column "own"
is lampwick without cuBLASLt (docs/gpu.md). The pattern is searched in "NAME BATCH TYPE" and "product
SIZE TYPE". Rows that the budget does not reach are left out, and named.
"""
import argparse
import itertools
import os
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

TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
# The largest difference to PyTorch's largest output.
NEAR = {"float32": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
NETWORKS = ("resnet50", "bert-base", "vit_b_16")
SHORT, LONG = 8, 40  # products of a chain
COLUMNS = ("what", "batch", "type", "lampwick", "own", "PyTorch", "compiled", "ratio", "TFLOP/s", "difference")


def once(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def medians(runs, seconds):
    """Of each of some functions, in turns, for a number of seconds and at least 5 runs; then they are closed."""
    for run in runs:
        for _ in range(3):
            run()
    times, end = [[] for _ in runs], time.monotonic() + seconds * len(runs)
    while len(times[0]) < 5 or time.monotonic() < end:
        for one, run in zip(times, runs):
            one.append(once(run))
    for run in runs:
        run.close()
    return [statistics.median(one) for one in times]


def host(tensor):
    """As numpy has it, which has no bfloat16 of its own."""
    if tensor.dtype != torch.bfloat16:
        return tensor.numpy()
    return tensor.view(torch.int16).numpy().view(lampwick.DTYPES[16])


class PyTorch:
    """A function of a tensor, from host to host."""

    def close(self):
        self.module = None

    def __init__(self, module, x, where):
        self.module, self.x, self.where = module, x, where

    def __call__(self):
        with torch.inference_mode():
            y = self.module(self.x.to(self.where))
        return (y[0] if isinstance(y, (tuple, list)) else y).cpu().float().numpy()


class Lampwick:
    """The same of a file. library: 0 leaves cuBLASLt alone."""

    def __init__(self, path, key, x, options, library=""):
        os.environ["LAMPWICK_CUBLASLT"] = library
        self.model = options.lampwick.load(path, device=options.device)
        self.feeds = {key: options.lampwick.value(host(x))}
        self()  # its plan is made
        del os.environ["LAMPWICK_CUBLASLT"]

    def __call__(self):
        return self.model.run(self.feeds)[0]

    def close(self):
        self.model.close()


def try_compiled(module, x, where):
    """None where it cannot be had."""
    try:
        compiled = PyTorch(torch.compile(module), x, where)
        compiled()
        return compiled
    except Exception as error:  # whatever its compilers say
        print(f"torch.compile fails: {str(error).splitlines()[0][:160]}", file=sys.stderr)
        return None


def difference(mine, wanted):
    return np.abs(np.asarray(mine, np.float32) - wanted).max() / np.abs(wanted).max()


def show(name, batch, kind, ms, compiled, operations, far):
    """ms: of lampwick, of its own kernels, of PyTorch; operations: of one run, 0 for not shown."""
    best = min(ms[2], compiled) if compiled else ms[2]
    cells = [f"{x:.3f}" for x in ms] + [f"{compiled:.3f}" if compiled else "-", f"{best / ms[0]:.2f}",
                                        f"{operations / ms[0] / 1e9:.1f}" if operations else "-", f"{far:.1e}"]
    print("| " + " | ".join([name, str(batch), kind, *cells]) + " |", flush=True)
    return far < NEAR[kind]


def network(name, batch, kind, folder, options):
    """Compiled where that is compared, with one input: it takes long."""
    module, x = options.networks.make(name, batch)
    module = module.to(TYPES[kind])
    x = x.to(TYPES[kind]) if x.is_floating_point() else x
    path = folder / f"{name}-{batch}-{kind}.pt2"
    key = options.networks.save_program(module, x, path)
    placed = module.to(options.where)
    theirs = PyTorch(placed, x, options.where)
    runs = [Lampwick(path, key, x, options), Lampwick(path, key, x, options, "0"), theirs]
    far = difference(runs[0](), theirs())
    compiled = None
    if batch == 1 and kind == "float16" and not options.no_compile:
        compiled = try_compiled(placed, x, options.where)
    ms = medians(runs + [compiled] * bool(compiled), options.seconds)
    path.unlink()
    return show(name, batch, kind, ms[:3], ms[3] if compiled else None, 0, far)


def write_chain(n, length, weights, path):
    """y = x w w w ..., in the type of the weights."""
    code = onnx.helper.np_dtype_to_tensor_dtype(weights.dtype)
    names = ["x", *(f"t{i}" for i in range(1, length)), "y"]
    nodes = [onnx.helper.make_node("MatMul", [a, "w"], [b]) for a, b in zip(names, names[1:])]
    ends = [onnx.helper.make_tensor_value_info(name, code, [n, n]) for name in "xy"]
    graph = onnx.helper.make_graph(nodes, "chain", ends[:1], ends[1:], [onnx.numpy_helper.from_array(weights, "w")])
    onnx.save(onnx.helper.make_model(graph, ir_version=10, opset_imports=[onnx.helper.make_opsetid("", 21)]), path)


def product(n, kind, folder, options):
    torch.manual_seed(n)
    x, w = torch.randn(n, n).to(TYPES[kind]), (torch.randn(n, n) * n ** -0.5).to(TYPES[kind])
    placed = w.to(options.where)

    def chain(length):
        def run(a):
            for _ in range(length):
                a = torch.matmul(a, placed)
            return a
        return run

    runs = []
    for length in (SHORT, LONG):
        path = folder / f"chain-{n}-{length}-{kind}.onnx"
        write_chain(n, length, host(w), path)
        runs += [Lampwick(path, "x", x, options), Lampwick(path, "x", x, options, "0"),
                 PyTorch(chain(length), x, options.where)]
    far = difference(runs[0](), runs[2]())
    ms = medians(runs, options.seconds)
    each = [max(longer - short, 1e-6) / (LONG - SHORT) for short, longer in zip(ms[:3], ms[3:])]
    return show(f"product {n}", 1, kind, each, None, 2 * n ** 3, far)


def rows(folder, options):
    """A name, and what makes the row: what is compared most comes first."""
    for n, kind in itertools.product(options.sizes, ("float16", "bfloat16", "float32")):
        yield f"product {n} {kind}", lambda n=n, kind=kind: product(n, kind, folder, options)
    for kind, batch, name in itertools.product(("float16", "float32"), (1, 32), NETWORKS):
        yield f"{name} {batch} {kind}", lambda name=name, batch=batch, kind=kind: network(name, batch, kind, folder, options)


def find_networks():
    try:
        import torch_networks
        return torch_networks
    except ImportError as error:
        print(f"left out networks: {error}", flush=True)
        return None


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--device", default="cuda:0")
    p.add_argument("--library", default=ROOT / "build/liblampwick.so")
    p.add_argument("--only", default="")
    p.add_argument("--seconds", type=float, default=0.5, help="for each engine and row")
    p.add_argument("--budget", type=float, default=3600, help="seconds, after which no row begins")
    p.add_argument("--sizes", type=int, nargs="+", default=[4096, 2048, 1024], help="of products")
    p.add_argument("--no-compile", action="store_true", help="without torch.compile")
    options = p.parse_args()
    start = time.monotonic()
    options.lampwick = lampwick.Library(options.library)
    options.where = options.device if options.device.startswith("cuda") else "cpu"
    options.networks = find_networks()
    print("| " + " | ".join(COLUMNS) + " |\n| --- |" + " ---: |" * (len(COLUMNS) - 1))
    good = []
    with tempfile.TemporaryDirectory() as made:
        for name, row in rows(pathlib.Path(made), options):
            if not re.search(options.only, name) or not (options.networks or name.startswith("product")):
                continue
            if time.monotonic() - start > options.budget:
                print(f"left out {name}: no time", flush=True)
            else:
                good.append(row())
    sys.exit(not good or not all(good))


main()
