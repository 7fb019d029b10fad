#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the large and the special models of the benchmarks, with seeded random weights, into
build/bench-models (2.6 GB): those of the arguments, or all that are not there yet.

    bench/make_models.py [--folder FOLDER] [NAME...]
"""
import argparse
import functools
import pathlib
import sys

import environment

environment.enter()

import light_weights  # noqa: E402  (needs the environment)
import quantized  # noqa: E402
import small_networks as small  # noqa: E402
import transformer_networks  # noqa: E402
from graph_builder import save  # noqa: E402

LIGHT = environment.ROOT.parent / "shared/data/onnx/conformance/light"
BUILT = {
    "mobilenetv2": small.mobilenet_v2, "resnet50-torch": small.resnet50,
    "bert-base": transformer_networks.bert, "vit-b-16": transformer_networks.vit,
    "lstm": small.lstm,
    "chain-1000": small.chain, "mlp-tiny": small.mlp,
    "matmul-1x1024x4096": functools.partial(small.matmul, "matmul-1x1024x4096", 1, 1024, 4096),
    "matmul-1024-both": functools.partial(small.matmul, "matmul-1024-both", *[1024] * 3, False),
}
for size in (512, 768, 1024, 2048):
    BUILT[f"matmul-{size}"] = functools.partial(small.matmul, f"matmul-{size}", size, size, size)
QUANTIZED = {"mobilenetv2-int8": ("mobilenetv2", quantized.static),
             "resnet50-int8": ("resnet50-torch", quantized.static),
             "bert-base-int8": ("bert-base", quantized.dynamic)}


def make(name, folder):
    if name in light_weights.NETWORKS:
        path = LIGHT / f"light_{light_weights.NETWORKS[name]}.onnx"
        if not path.exists():
            print(f"{name}: no {path}, left out")
            return
        save(light_weights.make(name, path), folder / name)
    elif name in BUILT:
        save(BUILT[name](), folder / name)
    elif name in QUANTIZED:
        source, quantize = QUANTIZED[name]
        if not (folder / source / "model.onnx").exists():
            make(source, folder)
        quantize(folder / source / "model.onnx", folder / name / "model.onnx")
    else:
        sys.exit(f"no model is called {name}")
    print(f"{folder / name}: {(folder / name / 'model.onnx').stat().st_size / 1e6:.1f} MB",
          flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--folder", type=pathlib.Path, default=environment.ROOT / "build/bench-models")
    p.add_argument("names", nargs="*")
    options = p.parse_args()
    everything = [*light_weights.NETWORKS, *BUILT, *QUANTIZED]
    for name in options.names or [n for n in everything
                                  if not (options.folder / n / "model.onnx").exists()]:
        make(name, options.folder)


main()
