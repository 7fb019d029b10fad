# SPDX-License-Identifier: MIT
"""Matrix products of random shapes, with constant and other operands, against numpy in float64; also
that one and two threads give the same bits, and that LW_FAST stays near.

    python tests/models/products_test.py build/liblampwick.so [CASES] [SEED]
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import lampwick

SIZES = [1, 1, 2, 3, 5, 8, 13, 14, 15, 17, 31, 32, 33, 40, 64, 65, 100, 128, 200, 300, 513, 700, 1024, 1100]
BATCHES = [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((4,), ()), ((2, 1), (3,)), ((5,), (5,)), ((3,), (1,)), ((), (3,))]
BOUND = {0: 1e-6, 1: 4e-3}  # of a product's rounding, by precision


class Case:
    """A model of one node, what to feed it, and the answer."""

    def __init__(self, rng):
        self.rng, self.inputs, self.constants, self.feeds = rng, [], [], {}
        self.scale = 1.0

    def size(self, most=2000):
        return int(self.rng.choice([s for s in SIZES if s <= most]))

    def normal(self, *shape):
        return np.asarray(self.rng.standard_normal(shape), np.float32)

    def add(self, name, array, constant):
        if constant:
            self.constants.append(numpy_helper.from_array(array, name))
        else:
            self.feeds[name] = array
            self.inputs.append(helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))
        return name

    def often(self, share):
        return bool(self.rng.random() < share)

    def matmul(self):
        batched, fused = self.often(0.4), self.often(0.5)
        most = 200 if batched else 2000
        m, n, k = (self.size(most) for _ in range(3))
        left, right = BATCHES[self.rng.integers(len(BATCHES))] if batched else ((), ())
        a, b = self.normal(*left, m, k), self.normal(*right, k, n)
        attributes = {}
        if fused:
            attributes = dict(alpha=float(self.rng.choice([1, 0.25, 0])), transA=int(self.often(0.5)),
                              transB=int(self.often(0.5)))
        elif self.often(0.2):
            a = a[..., 0, :] if a.ndim == 2 else a
        self.scale = attributes.get("alpha", 1)
        self.k, self.answer = k, self.scale * np.matmul(a.astype(float), b.astype(float))
        if attributes.get("transA"):
            a = np.ascontiguousarray(a.swapaxes(-1, -2))
        if attributes.get("transB"):
            b = np.ascontiguousarray(b.swapaxes(-1, -2))
        names = [self.add("a", a, self.often(0.1)), self.add("b", b, self.often(0.5))]
        return helper.make_node("FusedMatMul" if fused else "MatMul", names, ["y"],
                                domain="com.microsoft" if fused else "", **attributes)

    def gemm(self):
        m, n, k = self.size(), self.size(), self.size()
        turn_a, turn_b = self.often(0.5), self.often(0.5)
        a = self.normal(k, m) if turn_a else self.normal(m, k)
        b = self.normal(n, k) if turn_b else self.normal(k, n)
        alpha, beta = (float(self.rng.choice([1, 1, 0.5, 0])) for _ in range(2))
        shape = [None, (n,), (1, n), (m, 1), (m, n), (1,), ()][self.rng.integers(7)]
        names = [self.add("a", a, self.often(0.1)), self.add("b", b, self.often(0.5))]
        answer = alpha * ((a.T if turn_a else a).astype(float) @ (b.T if turn_b else b).astype(float))
        if shape is not None:
            c = self.normal(*shape)
            answer = answer + beta * c
            names.append(self.add("c", c, self.often(0.5)))
        self.k, self.scale, self.answer = k, alpha, answer
        attributes = dict(transA=int(turn_a), transB=int(turn_b), alpha=alpha, beta=beta)
        if self.often(0.5):
            return helper.make_node("Gemm", names, ["y"], **attributes)
        activation = str(self.rng.choice(["", "Relu", "Tanh", "Sigmoid"]))
        if activation:
            attributes["activation"] = activation
            self.answer = {"Relu": lambda x: np.maximum(x, 0), "Tanh": np.tanh,
                           "Sigmoid": lambda x: 1 / (1 + np.exp(-x))}[activation](answer)
        return helper.make_node("FusedGemm", names, ["y"], domain="com.microsoft", **attributes)

    def nbits(self):
        bits, block = int(self.rng.integers(2, 9)), int(self.rng.choice([16, 32, 64, 128, 256]))
        m, n, k = self.size(70), self.size(300), self.size()
        blocks = -(-k // block)
        codes = self.rng.integers(0, 1 << bits, (n, blocks, block))
        scales = (self.rng.random((n, blocks)) * 0.1 + 0.01).astype(np.float32)
        zeros = np.full((n, blocks), 1 << (bits - 1))
        names = [self.add("a", self.normal(m, k), False), self.add("b", pack(codes, bits), True),
                 self.add("scales", scales.reshape(-1), True)]
        kind = self.rng.integers(3)
        if kind == 1:
            zeros = self.rng.integers(0, 1 << bits, (n, blocks))
            names.append(self.add("zeros", pack(zeros, bits).reshape(-1), True))
        elif kind == 2:
            zeros = (self.rng.random((n, blocks)) * (1 << bits)).astype(np.float32)
            names.append(self.add("zeros", zeros.reshape(-1), True))
        weights = (codes - zeros.astype(float)[..., None]) * scales.astype(float)[..., None]
        self.answer = self.feeds["a"].astype(float) @ weights.reshape(n, -1)[:, :k].T
        if self.often(0.4):
            bias = self.normal(n)
            names += [""] * (5 - len(names)) + [self.add("bias", bias, True)]
            self.answer = self.answer + bias
        self.k, self.scale = k, 0.1 * (1 << bits)
        return helper.make_node("MatMulNBits", names, ["y"], domain="com.microsoft", K=k, N=n,
                                bits=bits, block_size=block)

    def model(self):
        node = [self.matmul, self.gemm, self.nbits][self.rng.integers(3)]()
        graph = helper.make_graph([node], "product", self.inputs,
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
                                  self.constants)
        self.name = f"{node.op_type} {[(k, v.shape) for k, v in self.feeds.items()]} -> {self.answer.shape}"
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def pack(values, bits):
    """Integers along the last axis, lowest bits first, to bytes."""
    as_bits = (values[..., None].astype(np.uint8) >> np.arange(bits, dtype=np.uint8)) & 1
    return np.packbits(as_bits.reshape(*values.shape[:-1], -1), axis=-1, bitorder="little")


def run(library, path, feeds, **options):
    model = library.load(path, **options)
    outputs = model.run(feeds)
    model.close()
    return np.asarray(outputs[0] if isinstance(outputs, (list, tuple)) else next(iter(outputs.values())))


def faults(library, path, case):
    near = abs(case.scale) * np.sqrt(case.k + 1) * 6
    results = {}
    for precision in BOUND:
        one, two = (run(library, path, case.feeds, threads=t, precision=precision) for t in (1, 2))
        if one.shape != case.answer.shape:
            return f"shape {one.shape}"
        if not np.array_equal(one, two):
            return f"threads differ (precision {precision})"
        results[precision] = one
        error = np.abs(one - case.answer).max() if one.size else 0
        if not error <= near * BOUND[precision] + 2e-6:
            return f"off by {error} (precision {precision})"
    return None


def main():
    library = lampwick.Library(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    path, failed = sys.argv[1] + ".product.onnx", 0
    for i in range(count):
        case = Case(np.random.default_rng((seed, i)))
        onnx.save(case.model(), path)
        if not case.feeds:
            continue
        fault = faults(library, path, case)
        if fault:
            failed += 1
            print(f"FAIL {i}: {case.name}: {fault}")
    print(f"{count} products, {failed} failed")
    sys.exit(1 if failed else 0)


main()
