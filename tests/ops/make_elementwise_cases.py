#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of the elementwise operators of ai.onnx, one for each type that the
specification allows, in the layout of ONNX's own node cases, with expected outputs from onnx's
reference evaluator (or numpy, where that cannot compute a type):

    python3 tests/ops/make_elementwise_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

Needs tests/requirements.txt.
"""
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OPSET = 28
rng = np.random.default_rng(5)

ORDINARY = ["float16", "bfloat16", "float", "double", "int8", "int16", "int32", "int64",
            "uint8", "uint16", "uint32", "uint64", "bool", "string"]
FLOAT8 = ["float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz"]
SMALL = ["uint4", "int4", "float4e2m1", "uint2", "int2", "float8e8m0"]


def numpy_type(name):
    number = {"float": 1, "double": 11}.get(name) or TensorProto.DataType.Value(name.upper())
    return np.dtype(object) if name == "string" else helper.tensor_dtype_to_np_dtype(number)


def is_float(t):
    return t.kind == "f" or t.kind == "V" and "float" in t.name


def types_of(op, index=0):
    """The types that the specification allows for an input."""
    schema = onnx.defs.get_schema(op, OPSET)
    formal = schema.inputs[min(index, len(schema.inputs) - 1)]
    return [t for t in ORDINARY + FLOAT8 if f"tensor({t})" in formal.types]


def sample(t, shape, low=-4, high=4, special=True):
    """Numbers of a type; among floats a few special ones."""
    if t == np.dtype(object):
        return rng.choice(np.array(["", "a", "ab", "straße", "Ab"], dtype=object), shape)
    if t == np.dtype(bool):
        return rng.integers(0, 2, shape).astype(bool)
    if t.kind in "iu" or "int" in t.name:
        edges = [0, 1] if t.name in ("int4", "uint4", "int2", "uint2") else [
            np.iinfo(t).min, np.iinfo(t).max, 0, 1, np.iinfo(t).max // 2]
        if t.kind == "u" or t.name.startswith("u"):
            low = 0
        x = rng.integers(low, high + 1, shape).astype(t)
    else:
        edges = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5]
        x = rng.uniform(low, high, shape).astype(t)
    if special and x.size >= len(edges) and x.ndim:
        x.flat[rng.choice(x.size, len(edges), replace=False)] = np.array(edges).astype(t)
    return x


def make_model(op, inputs, outputs, attrs):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    outs = [f"y{i}" for i in range(len(outputs))]
    graph = helper.make_graph(
        [helper.make_node(op, names, outs, **attrs)], op,
        [helper.make_tensor_value_info(n, type_number(x), x.shape)
         for n, x in zip(names, inputs) if x is not None],
        [helper.make_tensor_value_info(n, t, None) for n, t in zip(outs, outputs)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=13)


def type_number(x):
    if x.dtype.kind in "OUST":
        return TensorProto.STRING
    return helper.np_dtype_to_tensor_dtype(x.dtype)


class Cases:
    def __init__(self, folder, wanted):
        self.folder, self.wanted, self.written = Path(folder), wanted, 0

    def add(self, name, op, inputs, expected=None, **attrs):
        """expected: outputs, where the evaluator is not asked."""
        name = f"test_elementwise_{name}"
        if self.wanted not in name:
            return
        inputs = [None if x is None else np.asarray(x) for x in inputs]
        if expected is None:
            model = make_model(op, inputs, [TensorProto.FLOAT], attrs)
            feed = {f"x{i}": x for i, x in enumerate(inputs) if x is not None}
            expected = ReferenceEvaluator(model).run(None, feed)
        expected = [np.asarray(x) for x in expected]
        model = make_model(op, inputs, [type_number(x) for x in expected], attrs)
        data = self.folder / name / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        onnx.save(model, data.parent / "model.onnx")
        given = [x for x in inputs if x is not None]
        for kind, arrays in ("input", given), ("output", expected):
            for i, x in enumerate(arrays):
                tensor = numpy_helper.from_array(x.astype(object) if x.dtype.kind in "UT" else x)
                (data / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())
        self.written += 1


def wide(function):
    """Small floats computed as float32 and rounded once, as lampwick does."""
    def compute(*inputs):
        t = inputs[0].dtype
        if not is_float(t) or t.itemsize > 2:
            return function(*inputs)
        y = function(*[x.astype(np.float32) for x in inputs])
        return y if y.dtype == bool else y.astype(t)
    return compute


def exactly(function):
    """In double, rounded once."""
    return lambda x: np.vectorize(function, otypes=["f8"])(x.astype("f8")).astype(x.dtype)


GELU = {"none": lambda x: x / 2 * math.erfc(-x * math.sqrt(0.5)),
        "tanh": lambda x: x / (1 + math.exp(-math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)))}

UNARY = {
    "Abs": np.abs, "Acos": np.arccos, "Acosh": np.arccosh, "Asin": np.arcsin, "Asinh": np.arcsinh,
    "Atan": np.arctan, "Atanh": np.arctanh, "Ceil": np.ceil, "Cos": np.cos, "Cosh": np.cosh,
    "Exp": np.exp, "Floor": np.floor, "Log": np.log, "Neg": np.negative,
    "Reciprocal": lambda x: 1 / x, "Round": np.rint, "Sign": np.sign, "Sin": np.sin,
    "Sinh": np.sinh, "Sqrt": np.sqrt, "Tan": np.tan, "Tanh": np.tanh, "Not": np.logical_not,
    "BitwiseNot": np.invert, "IsInf": np.isinf, "IsNaN": np.isnan,
    "Erf": exactly(math.erf), "HardSwish": lambda x: x * np.clip(x / 6 + x.dtype.type(0.5), 0, 1),
    "Softsign": lambda x: x / (1 + np.abs(x)),
    "Softplus": lambda x: np.logaddexp(x, x.dtype.type(0)),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)), "Relu": lambda x: np.maximum(x, x.dtype.type(0)),
}
PARAMETERS = {
    "LeakyRelu": [{}, {"alpha": 0.3}], "Elu": [{}, {"alpha": 2.0}], "Celu": [{}, {"alpha": 0.4}],
    "Selu": [{}, {"alpha": 2.0, "gamma": 3.0}],
    "HardSigmoid": [{}, {"alpha": 0.5, "beta": 0.6}], "Mish": [{}],
    "Swish": [{}, {"alpha": 0.5}], "ThresholdedRelu": [{}, {"alpha": 0.25}],
    "Shrink": [{}, {"lambd": 1.5, "bias": 1.5}],
    "IsInf": [{"detect_negative": 0}, {"detect_positive": 0}],
}


def unary_cases(cases):
    for op, function in UNARY.items():
        for name in types_of(op):
            x = sample(numpy_type(name), (3, 4, 5))
            cases.add(f"{op}_{name}", op, [x], [wide(function)(x)])
    for name in types_of("Gelu"):
        for form, function in GELU.items():
            x = sample(numpy_type(name), (3, 4, 5), special=False)
            cases.add(f"Gelu_{name}_{form}", "Gelu", [x], [exactly(function)(x)], approximate=form)
    for op, forms in PARAMETERS.items():
        for name in types_of(op):
            for k, attrs in enumerate(forms):
                t = numpy_type(name)
                x = sample(t, (3, 4, 5), special=op == "IsInf")
                small = is_float(t) and t.itemsize <= 2 and op != "IsInf"
                expected = None
                if small:  # the evaluator would round after every step
                    model = make_model(op, [x.astype(np.float32)], [TensorProto.FLOAT], attrs)
                    y, = ReferenceEvaluator(model).run(None, {"x0": x.astype(np.float32)})
                    expected = [y.astype(t)]
                cases.add(f"{op}_{name}_{k}", op, [x], expected, **attrs)


SHAPES = [((3, 4, 5), (3, 4, 5)), ((3, 4, 5), ()), ((), (4, 5)), ((4, 1, 5), (3, 1)),
          ((2, 3, 1, 2), (3, 4, 1)), ((0, 3), (1, 3)), ((1, 1), (1,)),
          ((2, 1, 3, 1, 2), (4, 1, 5, 1)), ((6, 7, 8), (7, 1)), ((), ())]


def truncated(a, b):
    t, a, b = a.dtype, a.astype(object), b.astype(object)
    quotient = np.where(b == 0, 0, np.abs(a) // np.where(b == 0, 1, np.abs(b)))
    return wrap(quotient * np.sign(a) * np.sign(b), t)


def wrap(numbers, t):
    bits = t.itemsize * 8
    return np.vectorize(lambda v: int(v) & ((1 << bits) - 1), otypes=[object])(numbers).astype(
        f"u{t.itemsize}").view(t) if np.size(numbers) else np.zeros(np.shape(numbers), t)


def divide(a, b):
    return a / b if is_float(a.dtype) else truncated(a, b)


BINARY = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": divide, "Mod": np.mod,
    "And": np.logical_and, "Or": np.logical_or, "Xor": np.logical_xor,
    "BitwiseAnd": np.bitwise_and, "BitwiseOr": np.bitwise_or, "BitwiseXor": np.bitwise_xor,
    "Equal": np.equal, "Greater": np.greater, "GreaterOrEqual": np.greater_equal,
    "Less": np.less, "LessOrEqual": np.less_equal,
    "Max": np.maximum, "Min": np.minimum, "Sum": np.add,
}


def binary_cases(cases):
    for op, function in BINARY.items():
        for name in types_of(op):
            for k, (left, right) in enumerate(SHAPES):
                a, b = sample(numpy_type(name), left), sample(numpy_type(name), right)
                y = wide(function)(a, b)
                if y.dtype == object:
                    y = y.astype(bool)
                cases.add(f"{op}_{name}_{k}", op, [a, b], [y])
    for name in types_of("Mod"):
        t = numpy_type(name)
        a, b = sample(t, (3, 4, 5), -9, 9), sample(t, (3, 4, 5))
        cases.add(f"Mod_{name}_fmod", "Mod", [a, b], [wide(np.fmod)(a, b)], fmod=1)
    for name in types_of("Mean"):
        t = numpy_type(name)
        xs = [sample(t, s) for s in ((2, 1, 3), (4, 1), (1, 1, 3))]
        cases.add(f"Mean_{name}", "Mean", xs, [wide(lambda a, b, c: (a + b + c) / np.float32(3) if
                  a.dtype == np.float32 else (a + b + c) / 3)(*xs)])
        cases.add(f"Max1_{name}", "Max", xs[:1], xs[:1])


def shifted(a, b, left):
    bits = a.dtype.itemsize * 8
    def one(x, n):
        if n < 0 or n >= bits:
            return -1 if x < 0 and not left else 0
        return x << n if left else x >> n
    return wrap(np.vectorize(one, otypes=[object])(a.astype(object), b.astype(object)), a.dtype)


def power(a, b):
    if a.dtype.kind == "i" and b.dtype.kind in "iu":
        def one(x, n):
            if n >= 0:
                return pow(int(x), int(n), 1 << 64)
            return {1: 1, -1: -1 if n % 2 else 1}.get(x, 0)
        return wrap(np.vectorize(one, otypes=[object])(a.astype(object), b.astype(object)), a.dtype)
    y = np.power(a.astype(np.float64), b.astype(np.float64))
    if a.dtype.kind != "i":
        return y.astype(a.dtype)
    info = np.iinfo(a.dtype)
    return np.array([0 if np.isnan(v) else info.max if v >= info.max else
                     info.min if v <= info.min else int(v) for v in y.ravel()]).astype(
                         a.dtype).reshape(y.shape)


def odd_cases(cases):
    for name in types_of("BitShift"):
        a, b = sample(numpy_type(name), (3, 4, 5)), sample(numpy_type(name), (3, 4, 5), -3, 12)
        for direction in "LEFT", "RIGHT":
            cases.add(f"BitShift_{name}_{direction}", "BitShift", [a, b],
                      [shifted(a, b, direction == "LEFT")], direction=direction)
    for base in types_of("Pow"):
        for exponent in types_of("Pow", 1):
            a = sample(numpy_type(base), (4, 5), special=False)
            b = sample(numpy_type(exponent), (3, 1, 5), special=False)
            cases.add(f"Pow_{base}_{exponent}", "Pow", [a, b], [power(a, b)])
    for name in types_of("SwiGLU"):
        a, b = sample(numpy_type(name), (3, 4, 5)), sample(numpy_type(name), (3, 4, 5))
        cases.add(f"SwiGLU_{name}", "SwiGLU", [a, b], [wide(
            lambda a, b: a / (1 + np.exp(a * -a.dtype.type(0.5))) * b)(a, b)], alpha=0.5)
    for name in types_of("PRelu"):
        x = sample(numpy_type(name), (3, 4, 5))
        slope = sample(numpy_type(name), (4, 1), special=False)
        cases.add(f"PRelu_{name}", "PRelu", [x, slope],
                  [wide(lambda x, s: np.where(x < 0, s * x, x))(x, slope)])
    for name in types_of("Clip"):
        t = numpy_type(name)
        x, low, high = sample(t, (3, 4, 5)), np.array(1).astype(t), np.array(3).astype(t)
        cases.add(f"Clip_{name}", "Clip", [x, low, high], [np.minimum(high, np.maximum(x, low))])
        cases.add(f"Clip_{name}_max", "Clip", [x, None, high], [np.minimum(high, x)])
        cases.add(f"Clip_{name}_crossed", "Clip", [x, high, low],
                  [np.minimum(low, np.maximum(x, high))])
    for name in types_of("Where", 1) + ["complex64", "complex128"]:
        t = numpy_type(name)
        for k, (left, right) in enumerate(SHAPES):
            x, y = ((sample(np.dtype("f8"), s) + 1j).astype(t) if name.startswith("complex")
                    else sample(t, s) for s in (left, right))
            condition = sample(np.dtype(bool), np.broadcast_shapes(left, right)[-1:])
            cases.add(f"Where_{name}_{k}", "Where", [condition, x, y], [np.where(condition, x, y)])


def generator_cases(cases):
    for name in types_of("EyeLike"):
        for k in -2, 0, 3, 9:
            x = sample(numpy_type(name), (4, 5))
            cases.add(f"EyeLike_{name}_{k}", "EyeLike", [x], [np.eye(4, 5, k).astype(x.dtype)], k=k)
    for name in types_of("Range"):
        for k, (a, b, d) in enumerate([(1, 9, 2), (9, 1, -3), (5, 5, 1), (5, 1, 1), (0, 7, 3)]):
            t = numpy_type(name)
            cases.add(f"Range_{name}_{k}", "Range", [np.array(v).astype(t) for v in (a, b, d)],
                      [np.arange(a, b, d).astype(t)])
    for name in [t for t in ORDINARY if t != "string"] + FLOAT8 + SMALL:
        value = numpy_helper.from_array(np.array([1]).astype(numpy_type(name)))
        for k, shape in enumerate([(3, 5), (), (0, 2)]):
            cases.add(f"ConstantOfShape_{name}_{k}", "ConstantOfShape",
                      [np.array(shape, dtype=np.int64)],
                      [np.full(shape, 1, np.float32).astype(numpy_type(name))], value=value)
    for name in types_of("Dropout"):
        x = sample(numpy_type(name), (3, 4, 5), special=False)
        cases.add(f"Dropout_{name}", "Dropout", [x], [x, np.ones(x.shape, bool)])


CASTABLE = [t for t in ORDINARY + FLOAT8 + SMALL if t != "string"]


def cast_sample(source, target):
    """What both types can hold, or what the specification says of integers that do not fit."""
    s, t = numpy_type(source), numpy_type(target)
    if is_float(s):
        if target == "bool":
            return np.array([0, 0.5, 1, 2, 4]).astype(s)
        if not is_float(t):
            return np.array([1, 1.5, 0.75, 2, 3][:3 if target == "int2" else 5]).astype(s)
        if "float8e8m0" in (source, target):
            return np.array([1, 1.25, 1.5, 1.75, 3, 6]).astype(s)
        numbers = [0, -0.0, 1, -1.5, 0.1, -0.3, 3.3, 5, -6, 0.25, 0.75, 1e-3, 1e-7, 250, 464, 500,
                   np.nan, np.inf, -np.inf, 1e4, 65000, 70000, -1e6]
        return np.array(numbers + list(rng.normal(0, 10, 200))).astype(s)
    if target == "float8e8m0":
        return np.array([1]).astype(s)
    return sample(s, (3, 5, 7)) if s.itemsize > 1 or s.name in ("int8", "uint8", "bool") else (
        np.arange(16).astype(np.uint8) & {"uint2": 3, "int2": 1}.get(source, 7)).astype(s)


def cast_cases(cases):
    for source in CASTABLE:
        for target in CASTABLE:
            x = cast_sample(source, target)
            number = helper.np_dtype_to_tensor_dtype(numpy_type(target))
            for saturate in (1, 0) if target in FLOAT8 else (1,):
                attrs = {"to": number, "saturate": saturate}
                expected = None
                if source not in ORDINARY:  # numpy cannot convert all of these to each other
                    exact = x.astype(np.float32 if is_float(x.dtype) else np.int8)
                    model = make_model("Cast", [exact], [TensorProto.FLOAT], attrs)
                    expected = ReferenceEvaluator(model).run(None, {"x0": exact})
                cases.add(f"Cast_{source}_{target}_{saturate}", "Cast", [x], expected, **attrs)
    for source in "float", "double", "int64", "int32", "uint8":  # longer than kernels look at once
        for target in "float16", "float", "double", "int64", "int32", "int8", "uint8", "bool":
            x = sample(numpy_type(source), (1300,), -100, 100, special=False)
            if source != "uint8":
                x[700:900] = rng.integers(0, 100, 200)
            if source in ("float", "double") and target in ("int64", "int32"):
                x[600] = 2.0 ** 31 if target == "int64" else 0.5 - 2.0 ** 31
            cases.add(f"Cast_long_{source}_{target}", "Cast", [x],
                      [x.astype(numpy_type(target))],
                      to=helper.np_dtype_to_tensor_dtype(numpy_type(target)))
    for mode in "up", "down", "nearest":
        x = rng.uniform(0.001, 1000, 50).astype(np.float32)
        cases.add(f"Cast_e8m0_{mode}", "Cast", [x], to=TensorProto.FLOAT8E8M0, round_mode=mode)
    floats = [0, -0.0, 1, 0.1, -1.5, 123.25, 1e-3, 1e-5, 1e16, 1e20, 3.14159265358979, 0.33333,
              np.nan, np.inf, -np.inf, 5e-324]
    for name in "float16", "float", "double", "int8", "int64", "uint64", "bool", "int32":
        t = numpy_type(name)
        x = np.array(floats).astype(t) if is_float(t) else sample(t, (3, 5))
        cases.add(f"Cast_{name}_string", "Cast", [x], [x.astype(np.str_)], to=TensorProto.STRING)
    for name in ORDINARY[:4]:
        t = numpy_type(name)
        x = np.array(["1.5", " -2e-3", "INF", "-inf", "nan", "+7", "1E2", ".5", "3."], dtype=object)
        cases.add(f"Cast_string_{name}", "Cast", [x], [x.astype(np.float64).astype(t)],
                  to=helper.np_dtype_to_tensor_dtype(t))
    for name in ORDINARY[4:12]:
        t = numpy_type(name)
        x = np.array([str(v) for v in (np.iinfo(t).min, np.iinfo(t).max, 7)], dtype=object)
        cases.add(f"Cast_string_{name}", "Cast", [x], [x.astype(t)],
                  to=helper.np_dtype_to_tensor_dtype(t))
    for name in "float", "int4", "string":
        like = np.array([]).astype(numpy_type(name))
        cases.add(f"CastLike_{name}", "CastLike", [np.arange(6, dtype=np.float64), like],
                  [np.arange(6).astype(np.float64).astype(
                      np.str_ if name == "string" else numpy_type(name))])
    for source in CASTABLE:
        for target in CASTABLE:
            s, t = numpy_type(source), numpy_type(target)
            if s.itemsize != t.itemsize or s.itemsize == 1:  # numpy's bytes may be packed ones
                continue
            x = sample(s, (3, 5))
            cases.add(f"BitCast_{source}_{target}", "BitCast", [x], [x.view(t)],
                      to=helper.np_dtype_to_tensor_dtype(t))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")  # of numpy, about what these cases are there for
    cases = Cases(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    unary_cases(cases)
    binary_cases(cases)
    odd_cases(cases)
    generator_cases(cases)
    cast_cases(cases)
    print(f"{cases.written} cases in {sys.argv[1]}")


if __name__ == "__main__":
    main()
