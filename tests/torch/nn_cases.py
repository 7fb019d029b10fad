#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cases for the functions of lampwick/nn.h: calls with tiny tensors, and what PyTorch makes of them.

    nn_cases.py FILE.jsonl [--seed N]

Lines are those of aten_cases.py, with the function's name for the operator and with the names that
arguments have in src/nn/nn.def; PyTorch's call is the one that stands there. The cases are in
nn_cases_layers.py and nn_cases_tensors.py; every function has one.
"""
import argparse
import importlib
import json
import pathlib
import sys

import torch

import aten_cases
from aten_cases import answer, each_tensor, live, plain

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import make_nn  # noqa: E402

ROWS = {row.name: row for _, rows in make_nn.sections() for row in rows}
SINGLE = {"kernel_size", "dilation", "padding", "stride", "output_size"}  # one number stands for all
CASES = []
SKIPPED = {}


def case(name, *args, options=None, torch=None, tol=None, check=None, results=None):
    """args: in the order of nn.def, without results and the network; options: of its struct, with
    PyTorch's names in `torch`, if those differ. torch: a function of the arguments that PyTorch is
    called by. results: how many of PyTorch's count."""
    CASES.append((name, args, options or {}, torch, tol, check, results))


def skip(name, why):
    """No case: the answer is random."""
    SKIPPED[name] = why


def torch_function(row):
    """The callable that the row's call names, and the names of parameters with defaults."""
    path, rest = row.torch.split("(", 1)
    defaults = {}
    for part in rest.rsplit(")", 1)[0].split(", "):
        if "=" in part:
            key, value = part.split("=", 1)
            defaults[key] = value
    if path.startswith("torchvision.ops."):
        import torchvision
        return getattr(torchvision.ops, path[16:]), defaults, rest
    space = {"F": torch.nn.functional, "torch": torch, "input": torch.Tensor}[path.split(".")[0]]
    for name in path.split(".")[1:]:
        space = getattr(space, name)
    return space, defaults, rest


def call_torch(row, args, options):
    function, defaults, rest = torch_function(row)
    named = [name for kind, name in row.arguments if kind not in "RYG" and kind[0] != "P"]
    positional, keywords = [], dict(options)
    for name, value in zip(named, args):
        if isinstance(value, list) and len(value) == 1 and name in SINGLE:
            value = value[0]
        if name in defaults:
            keywords[name] = live(value)
        elif "*" + name in rest:
            positional += live(value)
        else:
            positional.append(live(value))
    keywords |= {k: True for k, v in defaults.items() if v == "True" and k.startswith("return_")}
    return function(*positional, **keywords)


def flat(value):
    if isinstance(value, (list, tuple)):
        return [item for v in value for item in flat(v)]
    return [value]


def run(number, name, args, options, function, tol, check, results, seed):
    row = ROWS[name]
    count = [0]

    def give_seed(tensor):
        tensor.seed = (seed * 1000003 + number * 17 + count[0]) % 100000
        count[0] += 1

    each_tensor(args, give_seed)
    each_tensor(list(options.values()), give_seed)
    named = [name for kind, name in row.arguments if kind not in "RYG" and kind[0] != "P"]
    torch.manual_seed(seed)
    live_options = {k: live(v) for k, v in options.items()}
    got = function(*live(args), **live_options) if function else \
        call_torch(row, args, {k: v[0] if isinstance(v, list) and len(v) == 1 else v
                               for k, v in live_options.items()})
    line = {"op": name, "args": {n: plain(v) for n, v in zip(named, args)}}
    if options:
        line["args"]["options"] = {k: plain(v) for k, v in options.items()}
    if tol:
        line["tol"] = tol
    line["out"] = [answer(r, check) for r in flat(got)[:results]]
    return json.dumps(line, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for part in ("layers", "tensors"):
        importlib.import_module(f"nn_cases_{part}")
    lines, errors = [], []
    for number, entry in enumerate(CASES):
        try:
            lines.append(run(number, *entry, options.seed))
        except Exception as error:
            errors.append(f"{entry[0]} {[str(getattr(a, 'shape', a)) for a in entry[1]]} {error}")
    options.file.write_text("\n".join(lines) + "\n")
    print("\n".join(errors))
    missing = set(ROWS) - {entry[0] for entry in CASES} - set(SKIPPED)
    print(f"{len(lines)} cases of {len(ROWS)} functions, {len(SKIPPED)} are random")
    if errors:
        raise SystemExit(f"PyTorch refuses {len(errors)} cases")
    if missing:
        raise SystemExit(f"functions without a case: {' '.join(sorted(missing))}")


if __name__ == "__main__":
    sys.modules["nn_cases"] = sys.modules["__main__"]  # what the cases import
    main()
