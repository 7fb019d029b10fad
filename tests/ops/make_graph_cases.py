#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of what a model file can hold beside operators: functions, subgraphs that use
outer values, constants in all forms, sparse tensors, nodes in any order. Layout and use are those
of make_opset_cases.py; expected outputs come from onnxruntime where it takes the model, else they
are written out (`expect`).

    python3 tests/ops/make_graph_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
"""
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import SparseTensorProto, helper, numpy_helper, parser

HEAD = '<ir_version: 9, opset_import: ["" : 18, "local" : 1]>\n'
X = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
SCALE = """
<domain: "local", opset_import: ["" : 18]> scale <factor: float = 3.0> (X) => (Y) {
    C = Constant <value_float: float = @factor> ()
    Z = Mul (X, C)
    Y = Add (Z, X)
}"""

# name: (text after HEAD, expected outputs or None for onnxruntime's)
MODELS = {
    "function": ("""g (float[2,3] x) => (float[2,3] y, float[2,3] z) {
            y = local.scale <factor = 2.5> (x)
            z = local.scale (y)
        }""" + SCALE, None),
    "function_calls_function": ("""g (float[2,3] x) => (float[2,3] y) {
            Y = local.both <b = 1.5> (x)
            y = local.scale <factor = 2.0> (Y)
        }
        <domain: "local", opset_import: ["" : 18, "local" : 1]> both <b> (X) => (Y) {
            Q = local.scale <factor: float = @b> (X)
            Y = local.scale <factor = 4.0> (Q)
        }""" + SCALE, None),
    "function_with_subgraphs": ("""g (float[2,3] x) => (float[2,3] y) {
            no = Constant <value = bool {0}> ()
            y = local.choose <a = 2.5> (x, no)
        }
        <domain: "local", opset_import: ["" : 18]> choose <a> (X, C) => (Y) {
            Z = Neg (X)
            Y = If (C) <
                then_branch = t () => (o) {
                    k = Constant <value_float: float = @a> ()
                    o = Mul (X, k)
                },
                else_branch = e () => (p) { p = Identity (Z) }
            >
        }""", None),
    "function_omits": ("""g (float[2,3] x) => (float[2,3] y) { y = local.f (x) }
        <domain: "local", opset_import: ["" : 18]> f (X, M) => (Y, Q) {
            Y = Clip (X, M)
            Q = Neg (X)
        }""", [X]),
    "function_gives_input_back": ("""g (float[2,3] x) => (float[2,3] y, float[2,3] z) {
            t, z = local.f (x)
            y = Neg (t)
        }
        <domain: "local", opset_import: ["" : 18]> f (X) => (X, Q) { Q = Neg (X) }""", [-X, -X]),
    "function_of_older_opset": ("""g (float[2,3] x) => (float[2,1,3] y) { y = local.f (x) }
        <domain: "local", opset_import: ["" : 11]> f (X) => (Y) { Y = Unsqueeze <axes = [1]> (X) }
        """, [X[:, None]]),
    "function_named_as_operator": ("""g (float[2,3] x) => (float[2,3] y) { y = local.Relu (x) }
        <domain: "local", opset_import: ["" : 18]> Relu (X) => (Y) { Y = Neg (X) }""", None),
    "nodes_in_any_order": ("""g (float[2,3] x) => (float[2,3] y) {
            y = Neg (a)
            a = Abs (x)
        }""", [-np.abs(X)]),
    "subgraph_uses_later_node": ("""g (float[2,3] x) => (float[2,3] y) {
            yes = Constant <value = bool {1}> ()
            y = If (yes) <
                then_branch = t () => (o) { o = Add (a, x) },
                else_branch = e () => (p) { p = Neg (a) }
            >
            a = Abs (x)
        }""", [np.abs(X) + X]),
    "subgraph_gives_outer_value": ("""g (float[2,3] x) => (float[2,3] y) {
            yes = Constant <value = bool {1}> ()
            a = Abs (x)
            y = If (yes) <
                then_branch = t () => (a) { q = Neg (a) },
                else_branch = e () => (p) { p = Neg (a) }
            >
        }""", [np.abs(X)]),
    "nested_subgraphs": ("""g (float[2,3] x) => (float[2,3] y) {
            yes = Constant <value = bool {1}> ()
            a = Abs (x)
            y = If (yes) <
                then_branch = t () => (o) {
                    b = Add (a, x)
                    o = If (yes) <
                        then_branch = u () => (r) { r = Add (a, b) },
                        else_branch = v () => (s) { s = Neg (b) }
                    >
                },
                else_branch = e () => (p) { p = Neg (a) }
            >
        }""", None),
    "values_read_twice": ("""g (float[2,3] x) => (double[2,3] y, double[2,3] z) {
            d = Cast <to = 11> (x)
            a = Softmax (d)
            m = Sum (a, d, a)
            y = Softmax (m)
            b = Softmax <axis = 0> (d)
            s = Sum (d, b, b)
            z = Softmax (s)
        }""", None),
    "half_gemm_adds_value": ("""g (float[2,3] x) => (float16[2,2] y) {
            h = Cast <to = 10> (x)
            f = Constant <value = float[3,2] {0.5, 1, -2, 0.25, 1, 3}> ()
            w = Cast <to = 10> (f)
            c = ReduceMax <keepdims = 1> (h)
            y = Gemm (h, w, c)
        }""", None),
    "product_of_free_sizes": ("""g (float[p,q] x) => (y) {
            c = Constant <value = float[3,3] {0.5, 1.0, -2.0, 0.25, 3.0, 1.5, -1.0, 4.0, 2.0}> ()
            o = MatMul (x, c)
            t = Transpose <perm = [1, 0]> (o)
            s = Constant <value_ints = [0, -1, 1]> ()
            y = Reshape (t, s)
        }""", None),
    "gelu_gains_a_dimension": ("""g (float[2,3] x) => (float[1] y) {
            n = ReduceSum <keepdims = 0> (x)
            root = Constant <value_float: float = 1.4142135> ()
            one = Constant <value_float: float = 1.0> ()
            half = Constant <value_floats = [0.5]> ()
            d = Div (n, root)
            e = Erf (d)
            a = Add (e, one)
            m = Mul (n, a)
            y = Mul (m, half)
        }""", [np.array([3 / 2 * (1 + math.erf(3 / 2 ** 0.5))], np.float32)]),
    "constants": ("""g (float[2,3] x) => (y, int64 i, int64[2] j, string s, string[2] t) {
            f = Constant <value_float = 1.5> ()
            l = Constant <value_floats = [1.0, 2.0, 3.0]> ()
            w = Mul (x, f)
            y = Add (w, l)
            i = Constant <value_int = 7> ()
            j = Constant <value_ints = [7, -8]> ()
            s = Constant <value_string = "wick"> ()
            t = Constant <value_strings = ["lamp", ""]> ()
        }""", [X * 1.5 + np.array([1, 2, 3], np.float32), np.array(7), np.array([7, -8]),
               np.array("wick", object), np.array(["lamp", ""], object)]),
}


def sparse_model():
    """A sparse initializer with coordinates, and a sparse constant with flat indices."""
    def sparse(indices, name):
        s = SparseTensorProto(dims=[2, 3])
        s.values.CopyFrom(numpy_helper.from_array(np.array([1, 2], np.float32), name))
        s.indices.CopyFrom(numpy_helper.from_array(np.array(indices, np.int64)))
        return s
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], sparse_value=sparse([0, 4], "")),
         helper.make_node("Sum", ["x", "w", "c"], ["y"])], "sparse",
        [helper.make_tensor_value_info("x", 1, [2, 3])], [helper.make_empty_tensor_value_info("y")],
        sparse_initializer=[sparse([[0, 1], [1, 2]], "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model, [X + np.array([[1, 1, 0], [0, 2, 2]], np.float32)]


def write(folder, model, expect):
    if expect is None:
        session = ort.InferenceSession(model.SerializeToString(), None, ["CPUExecutionProvider"])
        expect = session.run(None, {"x": X})
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (data / "input_0.pb").write_bytes(numpy_helper.from_array(X, "x").SerializeToString())
    for i, y in enumerate(expect):
        tensor = numpy_helper.from_array(y, model.graph.output[i].name)
        (data / f"output_{i}.pb").write_bytes(tensor.SerializeToString())


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    models = {name: (parser.parse_model(HEAD + text), expect)
              for name, (text, expect) in MODELS.items()}
    models["sparse"] = sparse_model()
    for name, (model, expect) in models.items():
        if wanted in name:
            write(folder / name, model, expect)


main()
