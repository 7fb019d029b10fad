#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of products of matrices and of convolutions, in the layout of ONNX's own node
cases, of sizes at which the tiles of kernels end, in all layouts and widths:

    python3 tests/ops/make_tile_cases.py OUTDIR [part of a case's name]
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


def chain(ops, names, attributes):
    """Each operator takes what the one before it gave, and the next input."""
    ops, names = ops.split(", "), list(names)
    nodes = []
    for i, op in enumerate(ops):
        given = ([f"t{i}"] if i else []) + ([] if op == "Relu" else names if len(ops) == 1 else names[:1 if i else 2])
        del names[:len(given) - (i > 0)]
        nodes.append(helper.make_node(op, given, [f"t{i + 1}" if i + 1 < len(ops) else "y"], **attributes))
    return nodes


def write(folder, name, op, inputs, output, attributes):
    values = [(f"x{i}", x) for i, x in enumerate(inputs)]
    constants = [numpy_helper.from_array(x, n) for n, x in values[1:] if op == "Conv"]
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in [*values, ("y", output)]]
    nodes = chain(op, [n for n, _ in values], attributes)
    if constants:  # as a network has them
        infos, values = [infos[0], infos[-1]], values[:1]
    graph = helper.make_graph(nodes, "case", infos[:-1], infos[-1:], constants)
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


def fused(dtype, m, n, k):
    """With a bias and what a program of an epilogue does: a residual, and then Relu."""
    a, b, row, more = (numbers(shape, dtype) for shape in ((m, k), (k, n), (n,), (m, n)))
    left, right, bias, residual = (x.astype(np.float64) for x in (a, b, row, more))
    return "MatMul, Add, Add, Relu", [a, b, row, more], np.maximum(left @ right + bias + residual, 0).astype(dtype), {}


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
        yield f"{name}_few_deep", *gemm(dtype, 5, 70, 1096, True, transB=1)
        yield f"{name}_few_across", *matmul(dtype, (2, 3, 104), (2, 104, 136))
        yield f"{name}_deep", *matmul(dtype, (200, 648), (648, 264))
        yield f"{name}_deep_turned_b", *gemm(dtype, 136, 72, 712, True, transB=1)
        yield f"{name}_batch_rows", *matmul(dtype, (3, 2, 130, 72), (2, 72, 136))
        yield f"{name}_fused", *fused(dtype, 150, 144, 8)
    yield "bf16_wide", *matmul(ml_dtypes.bfloat16, (1034, 72), (72, 2056))
    yield "f16_wide_turned_b", *gemm(np.float16, 1034, 2054, 72, True, transB=1)


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
    yield "u8_i8_wide", *integers((80, 96), (96, 128), u8, i8, (), (128,))
    yield "i8_u8_wide_odd", *integers((80, 112), (112, 132), i8, u8, (80,), ())
    yield "u8_batch", *integers((3, 20, 36), (3, 36, 40), u8, u8, (), ())


def slide(x, w, groups, stride, pad, dilation):
    """The sums of a convolution of pictures; x is padded with 0."""
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    high, wide = ((n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(padded.shape[2:], w.shape[2:]))
    y = np.zeros((x.shape[0], groups, w.shape[0] // groups, high, wide), x.dtype)
    for i, j in np.ndindex(*w.shape[2:]):
        part = padded[:, :, i * dilation:, j * dilation:][:, :, ::stride, ::stride][:, :, :high, :wide]
        part = part.reshape(x.shape[0], groups, w.shape[1], high, wide)
        y += np.einsum("bgchw,gfc->bgfhw", part, w[:, :, i, j].reshape(groups, -1, w.shape[1]))
    return y.reshape(x.shape[0], w.shape[0], high, wide)


def window(groups, stride, pad, dilation):
    return {"group": groups, "strides": [stride] * 2, "pads": [pad] * 4, "dilations": [dilation] * 2}


def convolution(x, w, groups=1, stride=1, pad=0, dilation=1):
    """Of pictures, in float32, with a bias."""
    x, w, bias = numbers(x, np.float32), numbers(w, np.float32, -2, 3), numbers(w[0], np.float32)
    y = slide(x.astype(np.float64), w, groups, stride, pad, dilation) + bias[:, None, None]
    return "Conv", [x, w, bias], y.astype(np.float32), window(groups, stride, pad, dilation)


def integer_convolution(x, w, x_type, w_type, w_zeros=(), groups=1, stride=1, pad=0, dilation=1):
    """Of the whole range, with zero points: of the weights one, or one for each filter."""
    (x, x_zero), (w, w_zero) = (
        [rng.integers(np.iinfo(t).min, np.iinfo(t).max + 1, n).astype(t) for n in (shape, zeros)]
        for t, shape, zeros in ((x_type, x, ()), (w_type, w, w_zeros)))
    centred = w.astype(np.int64) - w_zero.astype(np.int64).reshape((-1, 1, 1, 1) if w_zeros else ())
    y = slide(x.astype(np.int64) - int(x_zero), centred, groups, stride, pad, dilation)
    return "ConvInteger", [x, w, np.array(x_zero), np.array(w_zero)], y.astype(np.int32), window(groups, stride, pad, dilation)


def integer_convolution_cases():
    u8, i8 = np.uint8, np.int8
    yield "conv_u8_i8", *integer_convolution((2, 16, 13, 11), (70, 16, 3, 2), u8, i8, pad=1)
    yield "conv_i8_u8_points", *integer_convolution((2, 48, 8, 18), (66, 48, 1, 1), i8, u8)
    yield "conv_u8_u8_points_odd", *integer_convolution((1, 37, 9, 7), (65, 37, 1, 1), u8, u8, (65,))
    yield "conv_i8_i8_groups", *integer_convolution((1, 12, 19, 9), (40, 6, 3, 3), i8, i8, groups=2, stride=2, pad=1)
    yield "conv_u8_i8_wide", *integer_convolution((1, 24, 12, 12), (16, 24, 3, 3), u8, i8, (16,), pad=2, dilation=2)
    yield "conv_u8_i8_depthwise", *integer_convolution((2, 12, 19, 9), (12, 1, 3, 3), u8, i8, (12,), groups=12, pad=1)


def convolution_cases():
    yield "conv_wide", *convolution((1, 16, 95, 95), (130, 16, 3, 2), pad=1)
    yield "conv_wide_points", *convolution((2, 20, 72, 72), (68, 20, 1, 1))
    yield "conv_wide_odd", *convolution((1, 3, 150, 151), (129, 3, 5, 3), stride=1, pad=2, dilation=2)
    yield "conv_wide_groups", *convolution((1, 12, 90, 64), (260, 6, 2, 3), groups=2, pad=1)
    yield "conv_small", *convolution((1, 16, 13, 11), (40, 16, 3, 2), pad=1)
    yield "conv_small_groups", *convolution((2, 12, 9, 9), (30, 4, 3, 3), groups=3, stride=2)
    yield "conv_deep", *convolution((2, 70, 6, 7), (40, 70, 3, 3), pad=1)  # sums in parts, on a card
    yield "conv_deep_groups", *convolution((1, 60, 7, 7), (20, 30, 3, 3), groups=2)
    yield "conv_many_channels", *convolution((2, 132, 5, 6), (129, 132, 3, 3), pad=1)
    yield "conv_many_channels_wide", *convolution((16, 128, 5, 5), (160, 128, 3, 3), pad=1)
    yield "conv_depthwise", *convolution((2, 12, 19, 9), (12, 1, 3, 3), groups=12, pad=1)


def main():
    folder, wanted = pathlib.Path(sys.argv[1]), (sys.argv[2:] or [""])[0]
    n = 0
    for name, *case in [*float_cases(), *integer_cases(), *convolution_cases(),
                        *integer_convolution_cases()]:
        if wanted in name:
            write(folder, name, *case)
            n += 1
    print(f"{n} cases")


if __name__ == "__main__":
    main()
