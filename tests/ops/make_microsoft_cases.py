#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of the com.microsoft operators, in the layout of ONNX's own node cases
(model.onnx, test_data_set_0/*.pb), with expected outputs from onnxruntime on the CPU:

    python3 tests/ops/make_microsoft_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

Where onnxruntime has no CPU kernel for a type, the expected outputs come from the operator's
definition, written here with numpy (`otherwise`). Needs tests/requirements.txt.
"""
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort
import onnxruntime.capi.onnxruntime_pybind11_state as ort_errors
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
FEEDABLE = {np.dtype(t) for t in ("f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")}
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
F8 = np.dtype(ml_dtypes.float8_e4m3fn)
rng = np.random.default_rng(7)


def tensor_type(x):
    return TensorProto.STRING if x.dtype.kind in "OUS" else helper.np_dtype_to_tensor_dtype(x.dtype)


def make_model(op, inputs, out_types, attrs, constants=()):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    outs = [f"y{i}" for i in range(len(out_types))]
    graph = helper.make_graph(
        [helper.make_node(op, names, outs, domain="com.microsoft", **attrs)], op,
        [helper.make_tensor_value_info(n, tensor_type(x), x.shape)
         for n, x in zip(names, inputs) if x is not None and n not in constants],
        [helper.make_tensor_value_info(n, t, None) for n, t in zip(outs, out_types)],
        [numpy_helper.from_array(x, n) for n, x in zip(names, inputs) if n in constants])
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=10)


def run_onnxruntime(op, inputs, out_types, attrs):
    feed, constants = {}, []
    for i, x in enumerate(inputs):
        if x is None:
            continue
        if x.dtype in FEEDABLE or x.dtype.kind in "OUS":
            feed[f"x{i}"] = x
        else:  # onnxruntime takes it from the model only
            constants.append(f"x{i}")
    model = make_model(op, inputs, out_types, attrs, constants)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, feed)


class Cases:
    def __init__(self, folder, wanted):
        self.folder, self.wanted = Path(folder), wanted
        self.names = {"onnxruntime": [], "numpy": []}

    def add(self, name, op, inputs, outputs, otherwise=None, ask=True, **attrs):
        """outputs: the numpy type of each; otherwise: computes them if onnxruntime does not;
        ask: False where onnxruntime aborts."""
        name = f"test_ms_{name}"
        if self.wanted not in name:
            return
        inputs = [None if x is None else np.asarray(x) for x in inputs]
        types = [TensorProto.STRING if t is str else helper.np_dtype_to_tensor_dtype(np.dtype(t))
                 for t in outputs]
        try:
            if not ask or otherwise and outputs[0] in ("f2", BFLOAT16):  # it rounds on the way
                raise NotImplementedError
            results, source = run_onnxruntime(op, inputs, types, attrs), "onnxruntime"
        except (RuntimeError, ort_errors.Fail, ort_errors.NotImplemented,
                ort_errors.InvalidGraph, ort_errors.InvalidArgument) as error:
            if otherwise is None:
                raise SystemExit(f"{name}: {error}") from error
            results, source = otherwise(), "numpy"
            results = [np.asarray(r).astype(object if t is str else t) for r, t in zip(results, outputs)]
        self.names[source].append(name)
        self.write(name, make_model(op, inputs, types, attrs), inputs, results)

    def write(self, name, model, inputs, results):
        data = self.folder / name / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        (self.folder / name / "model.onnx").write_bytes(model.SerializeToString())
        for i, x in enumerate([x for x in inputs if x is not None]):
            tensor = numpy_helper.from_array(x, model.graph.input[i].name)
            (data / f"input_{i}.pb").write_bytes(tensor.SerializeToString())
        for i, y in enumerate(results):
            tensor = numpy_helper.from_array(np.asarray(y), f"y{i}")
            (data / f"output_{i}.pb").write_bytes(tensor.SerializeToString())


def normal(*shape, dtype="f4"):
    return np.asarray(rng.normal(size=shape)).astype(dtype)


def codes(dtype, *shape):
    info = np.iinfo(dtype)
    # Signed codes have 7 bits: without VNNI, ONNX Runtime's sums of two products saturate.
    low, high = (-64, 63) if np.dtype(dtype) == np.int8 else (info.min, info.max)
    return rng.integers(low, high, size=shape, dtype=dtype, endpoint=True)


def scalar(x, dtype="f4"):
    return np.array(x, dtype)


# ------------------------------------------------------------------- activations

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    from math import erf
    return x * 0.5 * (1 + np.vectorize(erf, otypes=[float])(x / np.sqrt(2)))


def fast_gelu(x):
    return x * 0.5 * (1 + np.tanh(0.7978845608 * x + 0.0356774081363 * x ** 3))


def activations(cases):
    for dtype in ("f4", "f2", "f8", BFLOAT16):
        t = np.dtype(dtype).name
        for shape in ((2, 3, 8), (5,), (1, 0, 4), ()):
            x = normal(*shape, dtype=dtype) * np.asarray(1.5, dtype)
            s = f"{t}_{len(shape)}d" + ("_empty" if 0 in shape else "")
            wide = x.astype("f8")
            cases.add(f"gelu_{s}", "Gelu", [x], [dtype], lambda: [gelu(wide)])
            cases.add(f"quick_gelu_{s}", "QuickGelu", [x], [dtype],
                      lambda: [wide * sigmoid(1.702 * wide)])
            cases.add(f"quick_gelu_alpha_{s}", "QuickGelu", [x], [dtype],
                      lambda: [wide * sigmoid(0.5 * wide)], alpha=0.5)
            cases.add(f"fast_gelu_{s}", "FastGelu", [x], [dtype], lambda: [fast_gelu(wide)])
            if not shape or 0 in shape:
                continue
            bias = normal(shape[-1], dtype=dtype)
            both = wide + bias.astype("f8")
            cases.add(f"fast_gelu_bias_{s}", "FastGelu", [x, bias], [dtype],
                      lambda: [fast_gelu(both)])
            cases.add(f"bias_gelu_{s}", "BiasGelu", [x, bias], [dtype], lambda: [gelu(both)])
    for dtype in ("f4", "f2"):
        x, bias, skip = normal(2, 6, 5, dtype=dtype), normal(5, dtype=dtype), normal(2, 6, 5, dtype=dtype)
        cases.add(f"bias_add_{np.dtype(dtype).name}", "BiasAdd", [x, bias, skip], [dtype],
                  lambda: [x.astype("f4") + bias.astype("f4") + skip.astype("f4")])


# --------------------------------------------------------------- quantised weights

def pack(values, bits):
    """Integers along the last axis, lowest bits first, to bytes."""
    as_bits = (values[..., None].astype(np.uint8) >> np.arange(bits, dtype=np.uint8)) & 1
    flat = as_bits.reshape(*values.shape[:-1], -1)
    return np.packbits(flat, axis=-1, bitorder="little")


def nbits_case(cases, name, m, k, n, bits, block, dtype="f4", zeros=None, groups=False, bias=False, level=0):
    blocks = -(-k // block)
    q = rng.integers(0, 1 << bits, (n, blocks, block))
    scales = (rng.random((n, blocks)) * 0.2 + 0.01).astype(dtype)
    z = np.full((n, blocks), 1 << (bits - 1), "f8")
    z_input = None
    if zeros == "packed":
        z = rng.integers(0, 1 << bits, (n, blocks))
        z_input = pack(z, bits)
    elif zeros == "same":
        z_input = (rng.random((n, blocks)) * (1 << bits)).astype(dtype)
        z = z_input.astype("f8")
    a = normal(*m, k, dtype=dtype)
    group = rng.integers(0, blocks, k).astype("i4") if groups else np.arange(k) // block
    b = normal(n, dtype=dtype) if bias else None
    flat = q.reshape(n, -1)[:, :k]
    weights = (flat - z[:, group]) * scales.astype("f8")[:, group]
    expected = a.astype("f8") @ weights.T + (0 if b is None else b.astype("f8"))
    attrs = dict(K=k, N=n, bits=bits, block_size=block, accuracy_level=level)
    inputs = [a, pack(q, bits), scales, z_input, group.astype("i4") if groups else None, b]
    while inputs[-1] is None:
        inputs.pop()
    cases.add(f"matmul_nbits_{name}", "MatMulNBits", inputs, [dtype], lambda: [expected],
              ask=not (groups and zeros), **attrs)


def matmul_nbits(cases):
    for bits in range(2, 9):
        for zeros in (None, "packed", "same"):
            nbits_case(cases, f"{bits}b_32_zeros_{zeros}", (3,), 96, 7, bits, 32, zeros=zeros)
        nbits_case(cases, f"{bits}b_16_ragged", (2, 2), 50, 5, bits, 16, zeros="packed")
        nbits_case(cases, f"{bits}b_float16", (3,), 64, 8, bits, 32, "f2", zeros="same", bias=True)
        nbits_case(cases, f"{bits}b_bfloat16", (3,), 64, 8, bits, 32, BFLOAT16, zeros="same")
    for bits in (2, 4, 5, 8):
        nbits_case(cases, f"{bits}b_many_rows", (3, 7), 600, 70, bits, 32, zeros="packed", bias=True)
        nbits_case(cases, f"{bits}b_many_rows_g_idx", (21,), 530, 33, bits, 16, zeros="same", groups=True)
    nbits_case(cases, "bias", (1,), 128, 16, 4, 128, bias=True)
    nbits_case(cases, "vector", (), 128, 16, 4, 64)
    nbits_case(cases, "block_512", (2,), 1000, 16, 4, 512, zeros="packed")
    nbits_case(cases, "g_idx", (3,), 64, 8, 4, 16, zeros="packed", groups=True, bias=True)
    nbits_case(cases, "g_idx_8b", (3,), 64, 8, 8, 16, groups=True)
    nbits_case(cases, "empty_a", (0,), 64, 8, 4, 16)
    cases.add("matmul_nbits_omitted", "MatMulNBits",
              [normal(3, 64), np.zeros((8, 0, 8), "u1"), np.zeros((8, 4), "f4"), None, None, normal(8)],
              ["f4"], K=64, N=8, bits=4, block_size=16)


def gather_case(cases, name, shape, dtype, indices, block, axis=0, q_axis=-1, bits=4, zeros=False, out="f4", ones=()):
    dtype = np.dtype(dtype)
    rank = len(shape)
    scale_shape = [1 if d in ones else n for d, n in enumerate(shape)]
    scale_shape[q_axis] = -(-shape[q_axis] // (block or max(shape[q_axis], 1)))
    scales = (rng.random(scale_shape) + 0.1).astype(out)
    z = None
    if dtype == np.uint8:
        data = pack(rng.integers(0, 1 << bits, shape), bits)
        if zeros:
            z = pack(rng.integers(0, 1 << bits, scale_shape), bits)
    elif "float" in dtype.name:
        data = normal(*shape).astype(dtype)
    else:
        low = -8 if dtype.name == "int4" else 0
        data = rng.integers(low, low + 16, shape).astype(dtype)
        if zeros:
            z = rng.integers(low, low + 16, scale_shape).astype(dtype)
    def otherwise():
        step = block or shape[q_axis]
        wide = np.repeat(scales.astype("f4"), step, q_axis).take(range(shape[q_axis]), q_axis)
        if dtype == np.uint8:
            unpacked = [(data >> (i * bits)) & ((1 << bits) - 1) for i in range(8 // bits)]
            number = np.stack(unpacked, -1).reshape(shape).astype("f4") - (1 << (bits - 1))
            assert z is None
        else:
            number = data.astype("f4")
            if z is not None:
                number = number - np.repeat(z.astype("f4"), step, q_axis).take(range(shape[q_axis]), q_axis)
        table = np.broadcast_to(number * wide, shape)
        index = np.asarray(indices)
        known = (index >= -shape[axis]) & (index < shape[axis])
        y = table.take(np.where(known, index, 0), axis)
        return [y * known.reshape(known.shape + (1,) * (rank - axis - 1))]
    cases.add(f"gather_block_quantized_{name}", "GatherBlockQuantized",
              [data, indices, scales] + ([] if z is None else [z]), [out], otherwise,
              gather_axis=axis, quantize_axis=q_axis, block_size=block, bits=bits)


def gather_block_quantized(cases):
    rows = np.array([[0, 4], [-1, 2]], "i8")
    for bits in (2, 4, 8):
        gather_case(cases, f"uint8_{bits}", (5, 64), "u1", rows, 16, bits=bits)
        gather_case(cases, f"uint8_{bits}_zeros", (5, 48), "u1", rows, 16, bits=bits, zeros=True)
        gather_case(cases, f"uint8_{bits}_3d", (5, 3, 48), "u1", rows.astype("i4"), 16, bits=bits, zeros=True)
    for t in (ml_dtypes.int4, ml_dtypes.uint4):
        name = np.dtype(t).name
        for zeros in (False, True):
            gather_case(cases, f"{name}_zeros_{zeros}", (6, 40), t, rows, 16, zeros=zeros)
            gather_case(cases, f"{name}_axis1_zeros_{zeros}", (3, 6, 40), t, rows, 32, axis=1, zeros=zeros)
            gather_case(cases, f"{name}_last_axis_zeros_{zeros}", (35, 6), t, rows, 16, axis=1, q_axis=0, zeros=zeros)
            gather_case(cases, f"{name}_middle_zeros_{zeros}", (4, 35, 6), t, np.array(2, "i8"), 16, axis=0, q_axis=1, zeros=zeros)
        gather_case(cases, f"{name}_float16", (6, 40), t, rows, 16, out="f2")
        gather_case(cases, f"{name}_bfloat16", (6, 40), t, rows, 16, out=BFLOAT16)
    for t in (F8, ml_dtypes.float8_e4m3fnuz, ml_dtypes.float8_e5m2, ml_dtypes.float8_e5m2fnuz, ml_dtypes.float4_e2m1fn):
        name = np.dtype(t).name
        gather_case(cases, f"{name}", (6, 40), t, rows, 16)
        gather_case(cases, f"{name}_one_block", (6, 40), t, rows, 0)
        gather_case(cases, f"{name}_repeat", (6, 5, 40), t, rows, 32, axis=1, ones=(0, 1))
        gather_case(cases, f"{name}_float16", (6, 40), t, rows, 16, out="f2")
    gather_case(cases, "out_of_range", (5, 64), "u1", np.array([1, 7, -9, 0], "i8"), 16)


# -------------------------------------------------------------- QLinear elementwise

def quantize(x, scale, zero, dtype):
    info = np.iinfo(dtype)
    return np.clip(np.rint(x / scale) + zero, info.min, info.max).astype(dtype)


def qlinear_elementwise(cases):
    shapes = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((), (3, 1)), ((2, 1, 4), (3, 1)), ((0, 3), (1, 3)), ((300, 70), (300, 1))]
    for t in ("u1", "i1"):
        z = [scalar(v, t) for v in ((101, 133, 120) if t == "u1" else (-3, 7, -11))]
        for i, (a, b) in enumerate(shapes):
            for op, both in (("Add", np.add), ("Mul", np.multiply)):
                A, B = codes(t, *a), codes(t, *b)
                inputs = [A, scalar(0.0371), z[0], B, scalar(0.0213), z[1], scalar(0.0457), z[2]]
                cases.add(f"qlinear_{op.lower()}_{t}_{i}", f"QLinear{op}", inputs, [t])
                inputs[2] = inputs[5] = None
                cases.add(f"qlinear_{op.lower()}_{t}_{i}_no_zeros", f"QLinear{op}", inputs[:7], [t],
                          lambda: [quantize(both(A * 0.0371, B * 0.0213), 0.0457, 0, t)], ask=False)
            condition = rng.integers(0, 2, np.broadcast_shapes(a, b)).astype(bool)
            cases.add(f"qlinear_where_{t}_{i}", "QLinearWhere",
                      [condition, codes(t, *a), scalar(0.0371), z[0], codes(t, *b), scalar(0.0213), z[1], scalar(0.0457), z[2]], [t])
        condition = np.array([[True], [False]])
        cases.add(f"qlinear_where_{t}_condition", "QLinearWhere",
                  [condition, codes(t, 5), scalar(0.0371), z[0], codes(t, 2, 1), scalar(0.0213), z[1], scalar(0.0457), z[2]], [t])


def qlinear_maps(cases):
    for t in ("u1", "i1"):
        z = [scalar(v, t) for v in ((101, 13, 120) if t == "u1" else (-3, -107, -11))]
        every = np.arange(256).astype("u1").view(t)
        for shape in ((256,), (4, 64), (), (0, 3), (3, 5, 7)):
            x = every.reshape(shape) if np.prod(shape) == 256 else codes(t, *shape)
            s = f"{t}_{'x'.join(map(str, shape)) or 'scalar'}"
            cases.add(f"qlinear_sigmoid_{s}", "QLinearSigmoid", [x, scalar(0.0371), z[0], scalar(0.0041), z[1]], [t])
            cases.add(f"qlinear_leaky_relu_{s}", "QLinearLeakyRelu", [x, scalar(0.0371), z[0], scalar(0.0457), z[2]], [t], alpha=0.2)
        cases.add(f"qlinear_sigmoid_{t}_no_zeros", "QLinearSigmoid", [every, scalar(0.0371), None, scalar(0.0041)], [t],
                  lambda: [quantize(sigmoid(every * 0.0371), 0.0041, 0, t)], ask=False)
        cases.add(f"qlinear_leaky_relu_{t}_no_zeros", "QLinearLeakyRelu", [every, scalar(0.0371), None, scalar(0.0457)], [t],
                  lambda: [quantize(every * np.where(every < 0, 0.01, 1) * 0.0371, 0.0457, 0, t)], ask=False)
        parts = [codes(t, 2, 3, 4), scalar(0.0371), z[0], codes(t, 2, 5, 4), scalar(0.0213), z[1], codes(t, 2, 0, 4), scalar(0.1), z[1]]
        for axis in (1, -2):
            cases.add(f"qlinear_concat_{t}_{axis}", "QLinearConcat", [scalar(0.0457), z[2]] + parts, [t], axis=axis)
        parts = [codes(t, 300, 100), scalar(0.0457), z[2], codes(t, 300, 100), scalar(0.0213), z[1]]
        for axis in (0, 1):
            cases.add(f"qlinear_concat_{t}_large_{axis}", "QLinearConcat", [scalar(0.0457), z[2]] + parts, [t], axis=axis)
        for shape in ((3, 10), (2, 3, 40), (1, 4, 3, 5)):
            for axis in range(-1, len(shape)):
                for opset in (12, 13):
                    cases.add(f"qlinear_softmax_{t}_{len(shape)}d_axis{axis}_opset{opset}", "QLinearSoftmax",
                              [codes(t, *shape), scalar(0.0237), z[0], scalar(1 / 256), scalar(0 if t == "u1" else -128, t)], [t],
                              axis=axis, opset=opset)
        cases.add(f"qlinear_softmax_{t}_steep", "QLinearSoftmax",
                  [codes(t, 5, 16), scalar(0.9), z[0], scalar(1 / 256), scalar(0 if t == "u1" else -128, t)], [t], opset=13)


def quantize_linear(cases):
    for t in ("u1", "i1", "u2", "i2", ml_dtypes.uint4, ml_dtypes.int4):
        name, info = np.dtype(t).name, ml_dtypes.iinfo(t)
        x = normal(3, 4, 5) * 40
        zeros = rng.integers(info.min // 2, info.max // 2 + 1, 4).astype(t)
        scales = (rng.random(4) + 0.1).astype("f4")
        q = rng.integers(info.min, info.max, (3, 4, 5), endpoint=True).astype(t)
        for wide in ("f4", "f2"):
            s, sn = scales.astype(wide), f"{name}_{np.dtype(wide).name}"
            column = s.astype("f4")[:, None]
            for zero in (True, False):
                z = zeros.astype("i4")[:, None] * zero
                suffix = "" if zero else "_no_zero"
                back = lambda z=z: [(q.astype("i4") - z) * column]
                cases.add(f"dequantize_{sn}_axis{suffix}", "DequantizeLinear", [q, s] + [zeros] * zero, [wide], back, axis=1)
                cases.add(f"dequantize_{sn}_negative_axis{suffix}", "DequantizeLinear", [q, s] + [zeros] * zero, [wide], back, axis=-2)
                cases.add(f"dequantize_{sn}{suffix}", "DequantizeLinear", [q, s[0]] + [zeros[0]] * zero, [wide],
                          lambda z=z: [(q.astype("i4") - z[0]) * s[0].astype("f4")])
            wx = x.astype(wide)
            forth = lambda s, z: [np.clip(np.rint(wx.astype("f4") / s.astype("f4")) + z, int(info.min), int(info.max))]
            cases.add(f"quantize_{sn}_axis", "QuantizeLinear", [wx, s, zeros], [t], lambda: forth(s[:, None], zeros.astype("i4")[:, None]), axis=1)
            cases.add(f"quantize_{sn}", "QuantizeLinear", [wx, s[0], zeros[0]], [t], lambda: forth(s[0], zeros.astype("i4")[0]))
    cases.add("quantize_default", "QuantizeLinear", [normal(3, 5), scalar(0.01)], ["u1"])
    cases.add("dequantize_int32", "DequantizeLinear", [codes("i4", 3, 5) // 1000, scalar(0.01)], ["f4"])


# --------------------------------------------------------------- quantised products

def products(cases):
    shapes = [((3, 8), (8, 5)), ((1, 70), (70, 33)), ((2, 3, 8), (8, 5)), ((2, 3, 8), (2, 8, 5)), ((0, 8), (8, 5)), ((40, 300), (300, 50))]
    for i, (a, b) in enumerate(shapes):
        n = b[-1]
        for tb in ("u1", "i1"):
            B, zb = codes(tb, *b), codes(tb, n)
            scale_b, bias = (rng.random(n) * 0.05 + 0.01).astype("f4"), normal(n)
            name = f"{i}_{tb}"
            if len(b) > 2:
                cases.add(f"dynamic_quantize_matmul_{name}", "DynamicQuantizeMatMul", [normal(*a), B, scale_b[0], zb[0]], ["f4"])
            else:
                for per, sb, z in (("tensor", scale_b[0], zb[0]), ("one", scale_b[:1], zb[:1]), ("column", scale_b, zb)):
                    cases.add(f"dynamic_quantize_matmul_{name}_{per}", "DynamicQuantizeMatMul", [normal(*a), B, sb, z], ["f4"])
                    cases.add(f"dynamic_quantize_matmul_{name}_{per}_bias", "DynamicQuantizeMatMul", [normal(*a), B, sb, z, bias], ["f4"])
                cases.add(f"dynamic_quantize_matmul_{name}_no_zero", "DynamicQuantizeMatMul", [normal(*a), B, scale_b], ["f4"])
                cases.add(f"dynamic_quantize_matmul_{name}_no_zero_bias", "DynamicQuantizeMatMul", [normal(*a), B, scale_b, None, bias], ["f4"])
            for ta in ("u1", "i1"):
                A, za = codes(ta, *a), scalar(codes(ta), ta)
                if ta == "i1" and tb == "u1":
                    continue  # onnxruntime has no such product
                if len(b) > 2:
                    cases.add(f"matmul_integer_to_float_{name}_{ta}", "MatMulIntegerToFloat", [A, B, scalar(0.02), scale_b[0], za, zb[0]], ["f4"])
                    continue
                for per, sb, z in (("tensor", scale_b[0], zb[0]), ("column", scale_b, zb)):
                    cases.add(f"matmul_integer_to_float_{name}_{ta}_{per}", "MatMulIntegerToFloat", [A, B, scalar(0.02), sb, za, z], ["f4"])
                    cases.add(f"matmul_integer_to_float_{name}_{ta}_{per}_bias", "MatMulIntegerToFloat", [A, B, scalar(0.02), sb, za, z, bias], ["f4"])
                cases.add(f"matmul_integer_to_float_{name}_{ta}_no_zero", "MatMulIntegerToFloat", [A, B, scalar(0.02), scale_b], ["f4"])
                half = [x.astype("f2") for x in (scalar(0.02), scale_b, bias)]
                cases.add(f"matmul_integer_to_float_{name}_{ta}_float16", "MatMulIntegerToFloat", [A, B, half[0], half[1], za, zb, half[2]], ["f2"],
                          lambda: [(A.astype("i4") - za) @ (B.astype("i4") - zb.astype("i4")) * (half[0].astype("f4") * half[1].astype("f4")) + half[2]])
    qgemm(cases)


def qgemm(cases):
    for ta, tb in (("u1", "u1"), ("u1", "i1"), ("i1", "i1")):
        for turned in range(4):
            m, k, n = 5, 36, 9
            A, B = codes(ta, *((k, m) if turned & 1 else (m, k))), codes(tb, *((n, k) if turned & 2 else (k, n)))
            za, zb, zy = scalar(codes(ta), ta), codes(tb, n), scalar(codes(ta), ta)
            scales = (rng.random(n) * 0.05 + 0.01).astype("f4")
            attrs = dict(transA=turned & 1, transB=turned >> 1)
            name = f"qgemm_{ta}_{tb}_{turned}"
            for per, sb, z in (("tensor", scales[0], zb[0]), ("column", scales, zb)):
                head = [A, scalar(0.02), za, B, sb, z]
                cases.add(f"{name}_{per}_float", "QGemm", head, ["f4"], **attrs)
                cases.add(f"{name}_{per}_alpha", "QGemm", head + [None, scalar(3.7), zy], [ta], alpha=0.7, **attrs)
                for shape in ((), (1,), (n,), (1, n), (m, 1), (m, n)):
                    C = rng.integers(-9000, 9000, shape).astype("i4")
                    s = "x".join(map(str, shape)) or "scalar"
                    cases.add(f"{name}_{per}_c{s}", "QGemm", head + [C, scalar(3.7), zy], [ta], **attrs)
                    cases.add(f"{name}_{per}_c{s}_float", "QGemm", head + [C], ["f4"], **attrs)


# ------------------------------------------------------------------ pools and convolutions

def pools(cases):
    for t in ("u1", "i1"):
        zx, zy = (scalar(v, t) for v in ((101, 120) if t == "u1" else (-3, -11)))
        quantised = [scalar(0.0371), zx, scalar(0.0312), zy]
        for last in (0, 1):
            for i, (shape, attrs) in enumerate((
                    ((1, 3, 8), dict(kernel_shape=[3])),
                    ((2, 3, 9), dict(kernel_shape=[3], strides=[2], pads=[1, 1])),
                    ((1, 4, 7, 9), dict(kernel_shape=[3, 2])),
                    ((2, 4, 7, 9), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2])),
                    ((1, 4, 7, 9), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)),
                    ((1, 4, 8, 10), dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)),
                    ((1, 4, 7, 9), dict(kernel_shape=[2, 2], auto_pad="SAME_UPPER")),
                    ((1, 4, 7, 9), dict(kernel_shape=[2, 2], auto_pad="SAME_LOWER", strides=[2, 1])),
                    ((1, 4, 7, 9), dict(kernel_shape=[3, 2], auto_pad="VALID")),
                    ((1, 2, 5, 6, 7), dict(kernel_shape=[2, 3, 2], strides=[1, 2, 2], pads=[0, 1, 0, 1, 1, 1])))):
                if last:
                    shape = shape[:1] + shape[2:] + shape[1:2]
                cases.add(f"qlinear_average_pool_{t}_{last}_{i}", "QLinearAveragePool", [codes(t, *shape)] + quantised, [t], channels_last=last, **attrs)
            for shape in ((1, 3, 8), (2, 4, 7, 9), (1, 2, 5, 6, 7)):
                cases.add(f"qlinear_global_average_pool_{t}_{last}_{len(shape)}d", "QLinearGlobalAveragePool", [codes(t, *shape)] + quantised, [t], channels_last=last)
        qlinear_conv(cases, t)


def qlinear_conv(cases, t):
    for i, (x, w, attrs) in enumerate((
            ((1, 3, 8), (4, 3, 3), dict()),
            ((1, 3, 7, 9), (4, 3, 3, 3), dict(pads=[1, 1, 1, 1])),
            ((2, 4, 7, 9), (6, 2, 3, 2), dict(group=2, strides=[2, 1])),
            ((1, 4, 7, 9), (4, 1, 3, 3), dict(group=4, pads=[1, 1, 1, 1], dilations=[1, 2])),
            ((1, 3, 7, 9), (4, 3, 2, 2), dict(auto_pad="SAME_UPPER")))):
        for tw in ("u1", "i1"):
            if t == "i1" and tw == "u1":
                continue
            zx, zy = scalar(codes(t), t), scalar(codes(t), t)
            per_channel = tw == "i1"
            scale_w = (rng.random(w[0]) * 0.02 + 0.01).astype("f4") if per_channel else scalar(0.02)
            zw = np.zeros(w[0], tw) if per_channel else scalar(117, tw)
            bias = rng.integers(-3000, 3000, w[0]).astype("i4")
            for last in (0, 1):
                shape = x[:1] + x[2:] + x[1:2] if last else x
                for b in (0, 1):
                    cases.add(f"qlinear_conv_{t}_{tw}_{i}_{last}_{b}", "QLinearConv",
                              [codes(t, *shape), scalar(0.02), zx, codes(tw, *w), scale_w, zw, scalar(0.9), zy] + [bias] * b, [t],
                              channels_last=last, **attrs)


# ------------------------------------------------------------------------- others

def old_names(cases):
    """Operators that have moved to ONNX's own domain since."""
    for t in ("f4", "f8", "i2", "i4", "i8"):
        for name, values in (("up", (1, 8, 2)), ("down", (9, -4, -3)), ("none", (3, 3, 1)), ("default", (2, 7))):
            cases.add(f"range_{np.dtype(t).name}_{name}", "Range", [scalar(v, t) for v in values], [t])
        cases.add(f"range_{np.dtype(t).name}_vectors", "Range", [np.array([v], t) for v in (1, 8, 2)], [t])
    x, grid = normal(2, 3, 5, 6), (rng.random((2, 4, 7, 2)) * 2.6 - 1.3).astype("f4")
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            if (mode, padding) == ("bicubic", "border"):
                continue  # onnxruntime clamps places, ONNX's reference and PyTorch clamp elements
            for corners in (0, 1):
                cases.add(f"grid_sample_{mode}_{padding}_{corners}", "GridSample", [x, grid], ["f4"], mode=mode, padding_mode=padding, align_corners=corners)
    cases.add("grid_sample_default", "GridSample", [x, grid], ["f4"])
    for t in ("f4", "f8", "i8", "i1", "u2"):
        x = rng.integers(0, 9, 40).astype(t)
        cases.add(f"unique_{np.dtype(t).name}", "Unique", [x], [t, "i8", "i8"], lambda: unique(x))
    cases.add("unique_empty", "Unique", [np.zeros(0, "f4")], ["f4", "i8", "i8"])
    words = np.array(["b", "a", "", "b", "lamp", "a"], object)
    cases.add("unique_string", "Unique", [words], [str, "i8", "i8"], lambda: unique(words))


def unique(x):
    _, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    return [x[first[order]], np.argsort(order)[inverse], counts[order]]


def others(cases):
    for dtype in ("f4", "f8", "f2"):
        for shape in ((4, 4), (2, 3, 5, 5), (1, 1), (0, 3, 3)):
            x = (normal(*shape) + 3 * np.eye(shape[-1])).astype(dtype)
            cases.add(f"inverse_{np.dtype(dtype).name}_{len(shape)}d{'_empty' if 0 in shape else shape[-1]}", "Inverse", [x], [dtype],
                      lambda: [np.linalg.inv(x.astype("f8"))])
    cases.add("inverse_pivot", "Inverse", [np.array([[0, 1, 2], [3, 0, 1], [1, 1, 0]], "f4")], ["f4"])
    words = np.array([["", "a", "is"], ["the", "lamp", "lampwicks, all"]], object)
    for positive in (0, 1):
        out = "u4" if positive else "i4"
        for seed in (0, 42, 0xfedcba98 - (1 << 32)):
            cases.add(f"murmur_hash3_string_{positive}_{seed}", "MurmurHash3", [words], [out], positive=positive, seed=seed)
            for t in ("i4", "u4", "i8", "u8", "f4", "f8"):
                cases.add(f"murmur_hash3_{t}_{positive}_{seed}", "MurmurHash3", [codes(t, 3, 2) if t[0] != "f" else normal(3, 2, dtype=t)],
                          [out], positive=positive, seed=seed)


def main():
    cases = Cases(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    for family in (activations, matmul_nbits, gather_block_quantized, qlinear_elementwise,
                   qlinear_maps, quantize_linear, products, pools, others, old_names):
        family(cases)
    print("from numpy:", *cases.names["numpy"])
    print(", ".join(f"{len(names)} cases from {source}" for source, names in cases.names.items()))


if __name__ == "__main__":
    main()
