#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MatMulNBits whose rows may be rounded to 8 bits (write_blocks): write_blocks_test.py LIBRARY

Random products beside numpy in float64: the error may be as large as ONNX Runtime's, which rounds rows
likewise, or as that of 8 bits; rows have the same bits alone and beside others, and with two threads."""
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import lampwick  # noqa: E402

rng = np.random.default_rng(5)
FLOATS = {"f4": TensorProto.FLOAT, "f2": TensorProto.FLOAT16}


def pack(codes, bits):
    """Rows of codes, each begun at a byte."""
    if bits == 8:
        return codes.astype("u1")
    even = np.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, codes.shape[-1] % 2)]).astype("u1")
    return even[..., ::2] | even[..., 1::2] << 4


def make(case, folder):
    """The model's path and the weights that its codes stand for."""
    n, k, bits, block, zeros, dtype, bias, level = case
    blocks = k // block
    codes = rng.integers(0, 1 << bits, (n, blocks, block))
    scales = (rng.random((n, blocks)) * 0.05 + 0.001).astype(dtype)
    z = np.full((n, blocks), float(1 << (bits - 1)))
    constants = {"codes": pack(codes, bits), "scales": scales.ravel()}
    if zeros == "packed":
        z = rng.integers(0, 1 << bits, (n, blocks))
        constants["zeros"] = pack(z, bits).ravel()
    elif zeros == "middle":
        constants["zeros"] = pack(z.astype("u1"), bits).ravel()
    elif zeros == "floats":
        z = (rng.random((n, blocks)) * (1 << bits)).astype(dtype)
        constants["zeros"] = z.ravel()
    names = ["codes", "scales", "zeros" if zeros else ""] + (["", "bias"] if bias else [])
    if bias:
        constants["bias"] = rng.standard_normal(n).astype(dtype)
    node = helper.make_node("MatMulNBits", ["x", *names], ["y"], domain="com.microsoft", N=n, K=k, bits=bits,
                            block_size=block, accuracy_level=level)
    value = [helper.make_tensor_value_info(name, FLOATS[dtype], ["m", size]) for name, size in (("x", k), ("y", n))]
    graph = helper.make_graph([node], "g", value[:1], value[1:],
                              [numpy_helper.from_array(a, name) for name, a in constants.items()])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17),
                                                                  helper.make_opsetid("com.microsoft", 1)])
    path = folder / "model.onnx"
    onnx.save(model, path)
    weights = (codes - z.astype("f8")[..., None]) * scales.astype("f8")[..., None]
    return path, weights.reshape(n, k).T, constants.get("bias", np.zeros(n)).astype("f8")


def error(y, expected):
    return np.abs(y.astype("f8") - expected).max() / np.abs(expected).max()


def check(library, case, folder):
    """What is wrong with it; None: nothing."""
    dtype, level = case[5], case[7]
    path, weights, bias = make(case, folder)
    written = library.rewrites(path)["write_blocks"]
    may = level == 4 and case[3] >= 32 and not (case[2] == 8 and case[4] in ("packed", "floats"))
    if written != may:
        return f"{written} products were written, expected {may}"
    x = rng.standard_normal((5, case[1])).astype(dtype)
    expected = x.astype("f8") @ weights + bias
    model, two = library.load(path, 1), library.load(path, 2)
    y = model.run({"x": x})[0]
    if any(model.run({"x": x[i:i + 1]})[0].tobytes() != y[i].tobytes() for i in range(len(x))):
        return "rows differ beside others"
    if two.run({"x": x})[0].tobytes() != y.tobytes():
        return "two threads differ"
    ours, bound = error(y, expected), 1e-2 if may else 1e-3 if dtype == "f2" else 1e-5
    if not (case[2] == 8 and case[4] == "floats"):  # ONNX Runtime does not know these
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        bound = max(bound, 1.2 * error(session.run(None, {"x": x})[0], expected))
    return None if ours <= bound else f"error {ours:.2g}, at most {bound:.2g}"


def main():
    library, failed, count = lampwick.Library(sys.argv[1]), 0, 0
    with tempfile.TemporaryDirectory() as name:
        for bits in (4, 8):
            for block in (16, 32, 64, 128):
                for zeros in (None, "packed", "middle", "floats"):
                    for dtype in ("f4", "f2"):
                        case = (int(rng.integers(1, 80)), 128 * int(rng.integers(1, 6)), bits, block, zeros, dtype,
                                bool(rng.integers(2)), 4 if rng.random() < 0.8 else 0)
                        fault = check(library, case, pathlib.Path(name))
                        count += 1
                        failed += fault is not None
                        if fault:
                            print("FAILED", case, fault)
    print(f"{count - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
