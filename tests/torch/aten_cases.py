#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cases for ATen operators: calls with tiny tensors, and what PyTorch makes of them.

    aten_cases.py FOLDER [--seed N] [FAMILY...]   writes FOLDER/FAMILY.jsonl for each cases_FAMILY.py

A line is one call: {"op": "add.Tensor", "args": {NAME: VALUE}, "out": [TENSOR...]}. Arguments have
the names of PyTorch's schema. Tensors of arguments are made from a seed, here and in the test that
reads the file, so that only answers are stored. A value is
    null, true, 1, 1.5, [VALUE...]       as they are; floats always have a point or an exponent
    "text"                               a string
    {"dtype": "f32"}                     a ScalarType
    {"t": "f32 2x3 r7 -4 4"}             a tensor: type, shape (- for rank 0), how it is made
How: r SEED LOW HIGH: numbers in [LOW, HIGH), floats in steps of 1/32; p SEED LOW STEP: distinct
numbers LOW + i STEP in some order; v: the elements are in "v". Answers have their bytes in "b",
base64. Complex tensors lie as real ones with a last axis of 2.
"""
import argparse
import base64
import importlib
import json
import math
import pathlib

import torch

DTYPES = {"f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16,
          "i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "i8": torch.int8,
          "u8": torch.uint8, "bool": torch.bool, "c64": torch.complex64, "c128": torch.complex128}
QUANTIZED = {torch.qint8: "i8", torch.quint8: "u8", torch.qint32: "i32"}  # by their integers
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Numbers:
    """The linear congruential generator that the test has too."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 12345) % 2**32

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state >> 8


class Tensor:
    """A tensor of an argument."""

    def __init__(self, dtype, shape, how="r", low=-4, high=4, values=None):
        self.dtype, self.shape, self.how = dtype, list(shape), how
        self.low, self.high, self.values, self.seed = low, high, values, None

    def elements(self):
        n = math.prod(self.shape) * (2 if self.dtype[0] == "c" else 1)
        if self.how == "v":
            return self.values
        numbers = Numbers(self.seed)
        if self.how == "p":
            order = list(range(n))
            for i in range(n - 1, 0, -1):
                j = numbers.next() % (i + 1)
                order[i], order[j] = order[j], order[i]
            return [self.low + i * self.high for i in order]
        if self.dtype == "bool":
            return [(numbers.next() >> 4) % 2 == 1 for _ in range(n)]
        if self.dtype[0] in "iu":
            return [self.low + numbers.next() % (self.high - self.low) for _ in range(n)]
        return [self.low + numbers.next() % ((self.high - self.low) * 32) / 32 for _ in range(n)]

    def make(self):
        if self.dtype[0] == "c":
            real = torch.tensor(self.elements(), dtype=torch.float64).reshape(self.shape + [2])
            return torch.view_as_complex(real).to(DTYPES[self.dtype])
        return torch.tensor(self.elements(), dtype=torch.float64 if self.dtype[0] in "bf" and
                            self.dtype != "bool" else DTYPES[self.dtype]
                            ).to(DTYPES[self.dtype]).reshape(self.shape)

    def text(self):
        dims = "x".join(map(str, self.shape)) or "-"
        if self.how == "v":
            return {"t": f"{self.dtype} {dims} v", "v": [str(v) if isinstance(v, float) and not math.isfinite(v) else v
                                                         for v in self.values]}
        return {"t": f"{self.dtype} {dims} {self.how}{self.seed} {self.low:g} {self.high:g}"}


def F(*shape, low=-4, high=4, dtype="f32"):
    return Tensor(dtype, shape, "r", low, high)


def I(*shape, low=-5, high=6, dtype="i64"):
    return Tensor(dtype, shape, "r", low, high)


def B(*shape):
    return Tensor("bool", shape, "r", 0, 2)


def P(*shape, low=-3, step=0.25, dtype="f32"):
    """Distinct numbers."""
    return Tensor(dtype, shape, "p", low, step)


def V(values, dtype="f32", shape=None):
    """These elements."""
    return Tensor(dtype, [len(values)] if shape is None else shape, "v", values=values)


CASES = []


def case(op, *args, tol=None, check=None, only=None, **named):
    """tol: relative tolerance; check "shape": only type and shape of the answer; only: so many of
    the results are looked at."""
    CASES.append((op, args, named, tol, check, only))


def overload(op):
    parts = op.split(".")
    space = torch.ops.aten
    if parts[0] in ("torchvision", "transformers"):
        space, parts = getattr(torch.ops, parts[0]), parts[1:]
    packet = getattr(space, parts[0])
    return getattr(packet, parts[1] if len(parts) > 1 else "default")


def each_tensor(value, fn):
    if isinstance(value, Tensor):
        fn(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            each_tensor(item, fn)


def live(value):
    if isinstance(value, Tensor):
        return value.make()
    return [live(v) for v in value] if isinstance(value, (list, tuple)) else value


def plain(value):
    if isinstance(value, Tensor):
        return value.text()
    if isinstance(value, torch.dtype):
        return {"dtype": NAMES.get(value) or QUANTIZED[value]}
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def answer(value, check):
    """As JSON. Numbers that are no tensors stand for themselves."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if value.is_complex():
        value = torch.view_as_real(value.resolve_conj())
    if value.is_quantized:
        value = value.int_repr()
    value = value.detach().resolve_neg().contiguous()
    dims = "x".join(map(str, value.shape)) or "-"
    entry = {"t": f"{NAMES[value.dtype]} {dims}"}
    if check != "shape":
        data = value.reshape(-1).view(torch.uint8) if value.numel() else value.reshape(-1)
        entry["b"] = base64.b64encode(bytes(data.tolist())).decode() if value.numel() else ""
    return entry


def run(number, op, args, named, tol, check, only, seed):
    fn = overload(op)
    count = [0]

    def give_seed(tensor):
        tensor.seed = (seed * 1000003 + number * 17 + count[0]) % 100000
        count[0] += 1

    each_tensor(args, give_seed)
    each_tensor(list(named.values()), give_seed)
    schema = [a.name for a in fn._schema.arguments]
    results = fn(*live(args), **{k: live(v) for k, v in named.items()})
    if not isinstance(results, (list, tuple)):
        results = [results]
    line = {"op": op, "args": {n: plain(v) for n, v in zip(schema, args)} |
            {k: plain(v) for k, v in named.items()}}
    if tol:
        line["tol"] = tol
    line["out"] = [answer(r, check) for r in results[:only]]
    return json.dumps(line, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("families", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    here = pathlib.Path(__file__).parent
    families = options.families or sorted(p.stem[6:] for p in here.glob("cases_*.py"))
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    for family in families:
        CASES.clear()
        importlib.import_module(f"cases_{family}")
        lines = []
        for number, entry in enumerate(CASES):
            try:
                lines.append(run(number, *entry, options.seed))
            except Exception as error:
                raise SystemExit(f"{family}: {entry[0]} {entry[1:3]}: {error}") from error
        (options.folder / f"{family}.jsonl").write_text("\n".join(lines) + "\n")
        print(f"{family}: {len(lines)} cases")


if __name__ == "__main__":
    import sys
    sys.modules["aten_cases"] = sys.modules["__main__"]  # what the families import
    main()
