#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of products of matrices, in the layout of ONNX's own node cases, of sizes at
which the tiles of kernels end, in all layouts and widths:

    python3 tests/ops/make_product_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

Expected outputs are numpy's, in float64. Elements are small whole numbers, so that sums are exact in
float32 and a result is known to the last bit whatever the order: a wrong index shows. Needs
tests/requirements.txt.
"""
import pathlib
import sys

import ml_dtypes
import numpy as np
import onnx
from onnx import helper, numpy_helper

rng = np.random.default_rng(29)
FLOATS = {"f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}


def numbers(shape, dtype, low=-4, high=5):
    return rng.integers(low, high, shape).astype(dtype)


def write(folder, name, op, inputs, output, attributes):
    values = [(f"x{i}", x) for i, x in enumerate(inputs)]
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in [*values, ("y", output)]]
    node = helper.make_node(op, [n for n, _ in values], ["y"], **attributes)
    graph = helper.make_graph([node], "case", infos[:-1], infos[-1:])
    data = folder / name / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10),
              folder / name / "model.onnx")
    for i, (n, x) in enumerate(values):
        (data / f"input_{i}.pb").write_bytes(numpy_helper.from_array(x, n).SerializeToString())
    (data / "output_0.pb").write_bytes(numpy_helper.from_array(output, "y").SerializeToString())


def matmul(dtype, a, b):
    a, b = numbers(a, dtype), numbers(b, dtype)
    return "MatMul", [a, b], (a.astype(np.float64) @ b.astype(np.float64)).astype(dtype), {}


def gemm(dtype, m, n, k, row=False, **attributes):
    a = numbers((k, m) if attributes.get("transA") else (m, k), dtype)
    b = numbers((n, k) if attributes.get("transB") else (k, n), dtype)
    inputs = [a, b] + ([numbers((n,), dtype)] if row else [])
    left, right, *rest = (x.astype(np.float64) for x in inputs)
    product = (left.T if attributes.get("transA") else left) @ (right.T if attributes.get("transB") else right)
    y = attributes.get("alpha", 1) * product + (rest[0] if row else 0)
    return "Gemm", inputs, y.astype(dtype), attributes


def float_cases():
    for name, dtype in FLOATS.items():
        yield f"{name}_even", *matmul(dtype, (128, 64), (64, 128))
        yield f"{name}_odd", *matmul(dtype, (131, 37), (37, 139))
        yield f"{name}_batch", *matmul(dtype, (3, 40, 48), (3, 48, 72))
        yield f"{name}_shared", *matmul(dtype, (2, 5, 24), (24, 136))
        yield f"{name}_vector", *matmul(dtype, (2, 9, 24), (24,))
        yield f"{name}_one", *matmul(dtype, (130, 1), (1, 130))
        yield f"{name}_few", *matmul(dtype, (7, 100), (100, 50))
        yield f"{name}_large", *matmul(dtype, (1030, 20), (20, 1027))
        yield f"{name}_large_turned", *gemm(dtype, 1028, 1036, 12, transA=1, transB=1)
        yield f"{name}_turned_b", *gemm(dtype, 70, 200, 96, True, transB=1)
        yield f"{name}_turned_a", *gemm(dtype, 72, 200, 96, True, transA=1, alpha=0.5)
        yield f"{name}_turned_both", *gemm(dtype, 71, 50, 33, transA=1, transB=1)
        yield f"{name}_few_turned", *gemm(dtype, 3, 50, 100, True, transB=1)


def integers(a, b, a_type, b_type, a_zeros=None, b_zeros=None):
    """Of the whole range, with zero points: one, or one for each row or column."""
    a, b = (rng.integers(np.iinfo(t).min, np.iinfo(t).max + 1, shape).astype(t)
            for t, shape in ((a_type, a), (b_type, b)))
    zeros = [np.zeros((), t) if n is None else
             rng.integers(np.iinfo(t).min, np.iinfo(t).max + 1, n).astype(t)
             for t, n in ((a_type, a_zeros), (b_type, b_zeros))]
    left = a.astype(np.int64) - (zeros[0][:, None] if zeros[0].ndim else zeros[0]).astype(np.int64)
    return "MatMulInteger", [a, b, *zeros], (left @ (b.astype(np.int64) - zeros[1])).astype(np.int32), {}


def integer_cases():
    u8, i8 = np.uint8, np.int8
    yield "i8_even", *integers((64, 64), (64, 64), i8, i8)
    yield "i8_odd", *integers((67, 37), (37, 71), i8, i8, (), ())
    yield "u8_i8", *integers((65, 130), (130, 66), u8, i8, (), ())
    yield "u8_u8", *integers((5, 33), (33, 129), u8, u8, (), (129,))
    yield "i8_u8_rows", *integers((70, 31), (31, 70), i8, u8, (70,), (70,))
    yield "u8_batch", *integers((3, 20, 36), (3, 36, 40), u8, u8, (), ())


def main():
    folder, wanted = pathlib.Path(sys.argv[1]), (sys.argv[2:] or [""])[0]
    n = 0
    for name, *case in [*float_cases(), *integer_cases()]:
        if wanted in name:
            write(folder, name, *case)
            n += 1
    print(f"{n} cases")


if __name__ == "__main__":
    main()
