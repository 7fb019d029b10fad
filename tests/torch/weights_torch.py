#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch and safetensors read what lampwick writes, and lampwick reads what PyTorch writes: every
fixture, and random state_dicts.

    weights_torch.py build/liblampwick.so FOLDER      (a Python with torch and safetensors)
"""
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

from weights_library import Library, Weights

TYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int8,
         torch.uint8, torch.bool, torch.complex64, torch.float8_e4m3fn, torch.float8_e5m2]
IN_SAFETENSORS = set(TYPES)


def bits(t):
    return t.detach().contiguous().reshape(-1).view(torch.uint8)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))


def random_tensor(rng, known):
    if known and rng.random() < 0.1:
        return rng.choice(known)
    shape = [rng.choice([0, 1, 2, 3, 5]) if rng.random() < 0.3 else rng.randrange(1, 6) for _ in range(rng.randrange(5))]
    t = (torch.randn(shape) * 5).to(rng.choice(TYPES))
    if t.dim() > 1 and rng.random() < 0.4:
        t = t.permute(rng.sample(range(t.dim()), t.dim()))
    if t.dim() > 0 and t.shape[0] > 2 and rng.random() < 0.3:
        t = t[1:]
    return t


def check(library, folder, state, path):
    bad = 0
    weights = Weights(library, path)
    got = {e.name.decode(): weights.bytes_of(e.name) for e in weights.entries()}
    for name, t in state.items():
        if got.get(name) != bytes(bits(t).tolist()):
            bad += 1
            print(f"{path.name}: {name} is read otherwise")
    weights.save(folder / "out.pth")
    again = torch.load(folder / "out.pth", weights_only=True)
    bad += list(again) != list(state) or not all(same(again[k], state[k]) for k in state)
    if all(t.dtype in IN_SAFETENSORS for t in state.values()):
        weights.save(folder / "out.safetensors")
        again = load_file(folder / "out.safetensors")
        bad += set(again) != set(state) or not all(same(again[k], state[k]) for k in state)
        save_file({k: v.contiguous().clone() for k, v in state.items()}, folder / "own.safetensors")
        own = Weights(library, folder / "own.safetensors")
        bad += any(own.bytes_of(k.encode()) != bytes(bits(v).tolist()) for k, v in state.items())
        own.close()
    weights.close()
    return bad


def main():
    torch.manual_seed(1)
    rng = random.Random(1)
    library, data = Library(sys.argv[1]), pathlib.Path(sys.argv[2])
    bad = n = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i in range(150):
            state = {}
            for k in range(rng.randrange(1, 30)):
                state[f"layer.{k}.weight é"] = random_tensor(rng, list(state.values()))
            options = {"pickle_protocol": rng.choice([2, 3, 4, 5])}
            if rng.random() < 0.4 and not any(t.dtype in TYPES[-2:] for t in state.values()):
                options["_use_new_zipfile_serialization"] = False
            path = folder / "in.pth"
            torch.save(state, path, **options)
            bad += check(library, folder, state, path)
            n += 1
        for path in sorted(data.glob("*.pth")):
            if path.stem in ("checkpoint", "ema", "nested", "single", "list", "tar", "whole") or path.stem.startswith("quantized"):
                continue
            state = torch.load(path, weights_only=False)
            state = state.state_dict() if isinstance(state, torch.nn.Module) else state
            bad += check(library, folder, state, path)
            n += 1
        # A whole network in the old form has the sources of its classes in it.
        subprocess.run([sys.executable, "-W", "ignore", pathlib.Path(__file__).with_name("make_weights.py"), folder,
                        "--all"], check=True)
        old = Weights(library, folder / "whole_legacy.pth")
        new = Weights(library, folder / "whole.pth")
        bad += [r["name"] for r in old.describe()] != [r["name"] for r in new.describe()]
    print(f"{n} files, {bad} wrong")
    return bad > 0


sys.exit(main())
