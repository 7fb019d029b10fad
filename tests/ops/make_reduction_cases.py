#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of reductions, sorting, normalisations, Einsum and Fourier transforms in the
layout of ONNX's own node cases, for each type that the specification allows, with expected outputs
from numpy:

    python3 tests/ops/make_reduction_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

Needs tests/requirements.txt.
"""
import sys
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper

from onnxruntime_cases import Cases as PlainCases

OPSET = 28
NAMES = ["float16", "bfloat16", "float", "double", "int8", "int16", "int32", "int64", "uint8",
         "uint16", "uint32", "uint64", "bool", "string", "complex64", "complex128"]
rng = np.random.default_rng(23)


def types_of(op, index=0):
    allowed = onnx.defs.get_schema(op, OPSET).inputs[index].types
    for name in NAMES:
        if f"tensor({name})" in allowed:
            number = getattr(TensorProto, name.upper())
            yield name, np.dtype(object) if name == "string" else \
                np.dtype(helper.tensor_dtype_to_np_dtype(number))


def type_number(x):
    return TensorProto.STRING if x.dtype == object else helper.np_dtype_to_tensor_dtype(x.dtype)


class Cases(PlainCases):
    def add(self, name, op, inputs, expected, **attributes):
        name = f"reduction_{op}_{name}"
        if self.wanted not in name:
            return
        arrays = [None if x is None else np.asarray(x) for x in inputs]
        feed = {f"x{i}": x for i, x in enumerate(arrays) if x is not None}
        expected = [np.asarray(y) for y in expected]
        graph = helper.make_graph(
            [helper.make_node(op, ["" if x is None else f"x{i}" for i, x in enumerate(arrays)],
                              [f"y{i}" for i in range(len(expected))], **attributes)], op,
            [helper.make_tensor_value_info(n, type_number(x), x.shape) for n, x in feed.items()],
            [helper.make_tensor_value_info(f"y{i}", type_number(y), None)
             for i, y in enumerate(expected)])
        model = helper.make_model(graph, ir_version=13,
                                  opset_imports=[helper.make_opsetid("", OPSET)])
        self.write(name, model.SerializeToString(), feed, expected)


def is_float(t):
    return t.kind == "f" or t.name == "bfloat16"


def sample(t, shape, low=-9, high=9):
    """Numbers with many equal ones, so that ties are met."""
    if t == np.dtype(object):
        return rng.choice(np.array(["", "a", "ab", "b"], dtype=object), shape)
    if t == np.dtype(bool):
        return rng.integers(0, 2, shape).astype(bool)
    whole = rng.integers(max(low, 0) if t.kind == "u" else low, high + 1, shape)
    if t.kind == "c":
        return (whole + 1j * rng.integers(-1, 2, shape)).astype(t)
    return (whole / 2 if is_float(t) else whole).astype(t)


# ---------------------------------------------------------------- reductions

def log_sum_exp(x, **k):
    top = np.max(x, axis=k["axis"], keepdims=True)
    return np.log(np.sum(np.exp(x - top), **k)) + (top if k["keepdims"] else np.squeeze(
        top, k["axis"]))


REDUCTIONS = {
    "ReduceSum": np.sum, "ReduceMax": np.max, "ReduceMin": np.min, "ReduceProd": np.prod,
    "ReduceMean": np.mean, "ReduceLogSumExp": log_sum_exp,
    "ReduceL1": lambda x, **k: np.sum(np.abs(x), **k),
    "ReduceL2": lambda x, **k: np.sqrt(np.sum(x * x, **k)),
    "ReduceSumSquare": lambda x, **k: np.sum(x * x, **k),
    "ReduceLogSum": lambda x, **k: np.log(np.sum(x, **k)),
}


def reduction_cases(cases):
    forms = [((3, 4, 5), (2,)), ((3, 4, 5), (0, 2)), ((3, 4, 5), (1,)), ((2, 3, 4, 5), (1, 2)),
             ((70, 300), (0,)), ((3, 700), (1,)), ((2, 1, 3), (1,))]
    for op, function in REDUCTIONS.items():
        for name, t in types_of(op):
            for k, (shape, axes) in enumerate(forms):
                if op == "ReduceProd" and np.prod([shape[a] for a in axes]) > 20:
                    continue
                x = sample(t, shape, 1 if "Log" in op or op == "ReduceProd" else -9,
                           3 if op == "ReduceProd" else 9)
                wide = x.astype(np.float64) if is_float(t) else x if t == bool else x.astype(
                    np.int64)
                y = np.asarray(function(wide, axis=axes, keepdims=k % 2 == 0))
                if y.dtype.kind == "f" and not is_float(t):
                    y = np.trunc(y)
                cases.add(f"{name}_{k}", op, [x, np.array(axes)], [y.astype(t)],
                          keepdims=int(k % 2 == 0))
    x = np.array([[1, np.nan, 3], [-np.inf, -np.inf, -np.inf], [np.inf, 1, 2]], np.float32)
    for op in "ReduceMax", "ReduceMin", "ReduceSum":
        cases.add("special", op, [x, np.array([1])],
                  [REDUCTIONS[op](x, axis=1, keepdims=True)])
    cases.add("infinite", "ReduceLogSumExp", [x, np.array([1])],
              [np.array([[np.nan], [-np.inf], [np.inf]], np.float32)])
    many = rng.normal(0, 1, 1000003).astype(np.float32) + np.float32(1000)
    cases.add("accurate", "ReduceMean", [many], [np.mean(many, dtype=np.float64, keepdims=True)
                                                 .astype(np.float32)])
    square = np.array([[2, -3]], np.int32)
    cases.add("noop", "ReduceSumSquare", [square], [square * square], noop_with_empty_axes=1)


def arg_cases(cases):
    for op, function in ("ArgMax", np.argmax), ("ArgMin", np.argmin):
        for name, t in types_of(op):
            for axis in 0, 1, -1:
                x = sample(t, (4, 9, 6), -3, 3)
                order = x.astype(np.float64)
                cases.add(f"{name}_{axis}", op, [x], [function(order, axis=axis, keepdims=True)],
                          axis=axis)
                last = x.shape[axis] - 1 - function(np.flip(order, axis), axis=axis)
                cases.add(f"{name}_{axis}_last", op, [x], [last], axis=axis, keepdims=0,
                          select_last_index=1)
            for axis, shape in (1, (3, 300)), (0, (20, 70)):
                x = sample(t, shape, -9, 9)
                order = x.astype(np.float64)
                cases.add(f"{name}_{axis}_long", op, [x], [function(order, axis=axis)], axis=axis,
                          keepdims=0)
                last = shape[axis] - 1 - function(np.flip(order, axis), axis=axis)
                cases.add(f"{name}_{axis}_long_last", op, [x], [last], axis=axis, keepdims=0,
                          select_last_index=1)
    x = rng.normal(0, 1, (3, 200)).astype(np.float32)
    x[1, [70, 90]] = np.nan
    for op, function in ("ArgMax", np.argmax), ("ArgMin", np.argmin):
        cases.add("nan", op, [x], [function(x, axis=1)], axis=1, keepdims=0)


def topk_cases(cases):
    for name, t in types_of("TopK"):
        for k, axis, largest in (3, -1, 1), (3, 0, 0), (7, 1, 1), (1, 1, 0):
            x = sample(t, (5, 8, 6), -4, 4)
            key = x.astype(np.float64)
            order = np.argsort(-key if largest else key, axis=axis, kind="stable")
            index = np.take(order, np.arange(k), axis=axis)
            cases.add(f"{name}_{k}_{axis}_{largest}", "TopK", [x, np.array([k])],
                      [np.take_along_axis(x, index, axis), index], axis=axis, largest=largest)
        for n, k in (300, 5), (2000, 40), (300, 250):
            x = sample(t, (3, n), -9, 9)
            index = np.argsort(-x.astype(np.float64), axis=1, kind="stable")[:, :k]
            cases.add(f"{name}_{k}_of_{n}", "TopK", [x, np.array([k])],
                      [np.take_along_axis(x, index, 1), index])
    x = np.array([1, np.nan, 3, -np.inf, np.nan, np.inf], np.float32)
    cases.add("nan_largest", "TopK", [x, np.array([4])],
              [x[[1, 4, 5, 2]], np.array([1, 4, 5, 2])])
    cases.add("nan_smallest", "TopK", [x, np.array([5])],
              [x[[3, 0, 2, 5, 1]], np.array([3, 0, 2, 5, 1])], largest=0)


def cumulative_cases(cases):
    for op, function in ("CumSum", np.cumsum), ("CumProd", np.cumprod):
        for name, t in types_of(op):
            for axis in 0, 1, -1:
                for exclusive in 0, 1:
                    for reverse in 0, 1:
                        x = sample(t, (3, 4, 5), -2, 2)
                        v = x.astype(np.float64 if is_float(t) else t)
                        v = np.flip(v, axis) if reverse else v
                        y = function(v, axis=axis, dtype=v.dtype)
                        if exclusive:
                            y = np.roll(y, 1, axis)
                            np.moveaxis(y, axis, 0)[0] = op == "CumProd"
                        y = np.flip(y, axis) if reverse else y
                        cases.add(f"{name}_{axis}_{exclusive}{reverse}", op, [x, np.array(axis)],
                                  [y.astype(t)], exclusive=exclusive, reverse=reverse)


def set_cases(cases):
    for name, t in types_of("NonZero"):
        x = sample(t, (3, 4, 2), -1, 1)
        y = np.array(np.nonzero(x != "" if t == object else x), dtype=np.int64)
        cases.add(name, "NonZero", [x], [y])
    for name, t in types_of("Unique"):
        x = sample(t, (6, 5), -3, 3)
        key = x.astype(np.float32) if t.name in ("float16", "bfloat16") else x
        y, first, inverse, counts = np.unique(key, True, True, True)
        cases.add(name, "Unique", [x], [y.astype(t), first, inverse.ravel(), counts])
        if t == np.dtype(object):
            continue
        x = sample(t, (9, 2), 0, 1)
        key = x.astype(np.float32) if t.name in ("float16", "bfloat16") else x
        y, first, inverse, counts = np.unique(key, True, True, True, axis=0)
        cases.add(f"{name}_axis", "Unique", [x], [y.astype(t), first, inverse.ravel(), counts],
                  axis=0)
        order = np.argsort(first)
        cases.add(f"{name}_unsorted", "Unique", [x],
                  [y[order].astype(t), first[order], np.argsort(order)[inverse.ravel()],
                   counts[order]], axis=0, sorted=0)


# ---------------------------------------------------------------- arithmetic

EQUATIONS = [
    ("ij,jk->ik", (3, 4), (4, 5)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)), ("ii->i", (4, 4)), ("ii", (4, 4)),
    ("ij->ji", (3, 4)), ("ij->", (3, 4)), ("i,j->ij", (3,), (4,)), ("i,i", (5,), (5,)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)), ("...i->...", (2, 3, 4)),
    ("ab,bc,cd->ad", (2, 3), (3, 4), (4, 5)), ("abc,cd,bd->ad", (2, 3, 4), (4, 5), (3, 5)),
    ("iij,jk->ik", (3, 3, 2), (2, 4)), ("ij,kl->il", (2, 3), (4, 5)), ("bA,bA->A", (2, 3), (2, 3)),
    (" i j , j k -> k i ", (3, 4), (4, 2)), ("ba,cb", (2, 3), (4, 2)), (",i->i", (), (3,)),
    ("abcd,abed->abce", (2, 3, 4, 5), (2, 3, 6, 5)), ("ijk,ilm,njm,nlk,abc->", *[(2, 2, 2)] * 5)]


def einsum_cases(cases):
    for k, (equation, *shapes) in enumerate(EQUATIONS):
        for name, t in types_of("Einsum"):
            xs = [sample(t, s, -3, 3) for s in shapes]
            wide = [x.astype(np.float64 if is_float(t) else np.int64) for x in xs]
            cases.add(f"{k}_{name}", "Einsum", xs, [np.einsum(equation, *wide).astype(t)],
                      equation=equation)


def normalisation_cases(cases):
    x = rng.normal(3, 2, (2, 6, 3, 4)).astype(np.float32)
    scale, bias = (rng.normal(0, 1, 6).astype(np.float32) for _ in range(2))

    def normal(v, axes):
        v = v.astype(np.float64)
        return (v - v.mean(axes, keepdims=True)) / np.sqrt(v.var(axes, keepdims=True) + 1e-5)

    for name, t in types_of("LayerNormalization"):
        v, s, b = x.astype(t), scale.astype(t), bias.astype(t)
        s4, b4 = (w.astype(np.float64).reshape(6, 1, 1) for w in (s, b))
        for groups in 1, 2, 3:
            y = normal(v.reshape(2, groups, -1), 2).reshape(x.shape) * s4 + b4
            cases.add(f"{name}_{groups}", "GroupNormalization", [v, s, b], [y.astype(t)],
                      num_groups=groups)
        cases.add(name, "InstanceNormalization", [v, s, b],
                  [(normal(v, (2, 3)) * s4 + b4).astype(t)])
        rows = np.moveaxis(v, 1, 3)
        cases.add(name, "LayerNormalization", [rows, s, b],
                  [(normal(rows, 3) * s.astype(np.float64) + b.astype(np.float64)).astype(t)])
        cases.add(f"{name}_broadcast", "LayerNormalization", [v, s.reshape(6, 1, 1)],
                  [(normal(v, (1, 2, 3)) * s4).astype(t)], axis=1)
        wide = v.astype(np.float64)
        for p in 1, 2:
            norm = np.linalg.norm(wide, p, axis=1, keepdims=True)
            cases.add(f"{name}_{p}", "LpNormalization", [v], [(wide / norm).astype(t)], axis=1, p=p)
        cases.add(name, "Det", [v[..., :3]], [np.linalg.det(wide[..., :3]).astype(t)])
    tiny = np.array([[4e-40, -3e-40, 0], [0, 0, 0], [1e-30, 1e-38, 0]], np.float32)
    for axis in 0, 1:  # 1 / norm is beyond floats
        norm = np.abs(tiny.astype(np.float64)).sum(axis, keepdims=True)
        share = np.divide(tiny, norm, out=np.zeros(tiny.shape), where=norm > 0)
        cases.add(f"tiny_{axis}", "LpNormalization", [tiny], [share.astype(np.float32)], axis=axis, p=1)


def fourier_cases(cases):
    for n in 1, 2, 3, 5, 8, 12, 17, 64, 97, 100, 243, 1000:
        z = rng.normal(0, 1, (2, n, 3, 2))
        wide = z[..., 0] + 1j * z[..., 1]

        def parts(w):
            return np.stack([w.real, w.imag], -1)
        axis = np.array(1)
        cases.add(f"{n}", "DFT", [z, None, axis], [parts(np.fft.fft(wide, axis=1))])
        cases.add(f"{n}_inverse", "DFT", [z, None, axis], [parts(np.fft.ifft(wide, axis=1))],
                  inverse=1)
        cases.add(f"{n}_padded", "DFT", [z, np.array(n + 3), axis],
                  [parts(np.fft.fft(wide, n + 3, axis=1))])
        cases.add(f"{n}_real", "DFT", [z[..., :1], None, axis],
                  [parts(np.fft.rfft(wide.real, axis=1))], onesided=1)
        for length in 2 * (n - 1), 2 * n - 1:
            if length > 0:
                cases.add(f"{n}_irfft_{length}", "DFT", [z, np.array(length), axis],
                          [np.fft.irfft(wide, length, axis=1)[..., np.newaxis]],
                          onesided=1, inverse=1)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    cases = Cases(*sys.argv[1:])
    for write in (reduction_cases, arg_cases, topk_cases, cumulative_cases, set_cases,
                  einsum_cases, normalisation_cases, fourier_cases):
        write(cases)
    cases.report()


if __name__ == "__main__":
    main()
