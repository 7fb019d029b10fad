#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random networks of QuantizeLinear and DequantizeLinear around other operators, and of dynamic
quantisation. The codes that lampwick computes must be within one of ONNX Runtime's, with its
optimiser off (in float) or on (on codes); for single operators that is all that a number in the
middle between two codes can do. Each network is run with all of lampwick's passes, with none, and
for each pass that is for such networks, without it and with it alone.

    python3 tests/ops/quantized_graphs.py LIBLAMPWICK.SO [COUNT [DEVICE]]

On a device, which runs all of each network, with all passes and with none.
"""
import pathlib
import sys
import tempfile

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import lampwick  # noqa: E402

rng = np.random.default_rng(5)
PASSES = ("sink_dequantize", "use_integers", "fuse_integer_products", "fold_codes")


def pick(*choices):
    return choices[rng.integers(len(choices))]


class Graph:
    """Values are names of float tensors that come from codes."""

    def __init__(self):
        self.nodes, self.constants, self.inputs, self.count = [], [], [], 0

    def name(self, prefix):
        self.count += 1
        return f"{prefix}_{self.count}"

    def constant(self, array, prefix="c"):
        name = self.name(prefix)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, inputs, domain="", **attributes):
        out = self.name(op)
        self.nodes.append(helper.make_node(op, inputs, [out], domain=domain, **attributes))
        return out

    def scale(self, dtype, scale=None):
        zero = pick(np.iinfo(dtype).min, int(rng.integers(np.iinfo(dtype).min + 60,
                                                          np.iinfo(dtype).max - 60)))
        return (self.constant(np.float32(scale or rng.uniform(0.01, 0.05))),
                self.constant(np.array(zero, dtype)))

    def quantized(self, value, dtype, scale=None):
        s = self.scale(dtype, scale)
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [value, *s]), *s])

    def input(self, shape, dtype):
        name = self.name("x")
        self.inputs.append((name, shape))
        return self.quantized(name, dtype)

    def weights(self, shape, axis, dtype=np.int8):
        info = np.iinfo(dtype)
        codes = self.constant(rng.integers(info.min, info.max, shape, dtype, endpoint=True), "w")
        each = axis is not None and pick(True, False)
        n = (shape[axis],) if each else ()
        zero = np.zeros(n, dtype) if pick(True, False) else rng.integers(-3, 4, n).astype(dtype)
        scale = rng.uniform(0.002, 0.01, n).astype("f4")
        more = {"axis": axis} if each else {}
        out = self.node("DequantizeLinear", [codes, self.constant(scale), self.constant(zero)],
                        **more)
        return out, scale

    def bias(self, n):
        return self.constant(rng.normal(size=n).astype("f4"), "b")


def activation(g, x):
    kind = pick("none", "none", "relu", "clip")
    if kind == "relu":
        return g.node("Relu", [x])
    if kind == "clip":
        return g.node("Clip", [x, g.constant(np.float32(0)), g.constant(np.float32(1.5))])
    return x


def conv(g, dtype):
    groups = pick(1, 1, 2, "depthwise")
    channels = pick(3, 4, 8, 12, 32, 40, 64, 96)
    if groups == 2 and channels % 2:
        channels = 4
    if groups == "depthwise":
        groups, filters = channels, channels
    else:
        filters = pick(2, 16, 34, 64)
    kernel = pick((1, 1), (3, 3), (3, 3), (5, 3))
    attributes = {"kernel_shape": kernel, "strides": pick((1, 1), (2, 2), (1, 2)), "group": groups}
    if pick(True, False):
        attributes["pads"] = [kernel[0] // 2, kernel[1] // 2] * 2
    if kernel == (3, 3) and pick(True, False, False):
        attributes["dilations"] = (2, 2)
    x = g.input((pick(1, 2), channels, pick(7, 9, 14), pick(6, 11, 16)), dtype)
    w, _ = g.weights((filters, channels // groups, *kernel), 0)
    return activation(g, g.node("Conv", [x, w] + pick([], [g.bias(filters)]), **attributes))


def matmul(g, dtype):
    k, n = pick(5, 32, 70), pick(1, 16, 33, 64)
    x = g.input(pick((k,), (7, k), (2, 3, k)), dtype)
    return activation(g, g.node("MatMul", [x, g.weights((k, n), 1)[0]]))


def matmul_both(g, dtype):
    a, b = g.input((2, 5, 24), dtype), g.input((2, 24, 17), dtype)
    return g.node("MatMul", [a, b])


def gemm(g, dtype):
    k, n, turned = pick(5, 32, 70), pick(1, 16, 33, 64), pick(0, 1)
    x = g.input((pick(1, 7), k), dtype)
    w = g.weights((n, k) if turned else (k, n), 0 if turned else 1)[0]
    return activation(g, g.node("Gemm", [x, w] + pick([], [g.bias(n)]), transB=turned))


def binary(op):
    def make(g, dtype):
        shape = (2, pick(3, 16), 5, pick(4, 7))
        other = pick(shape, (shape[1], 1, 1), (1,))
        return activation(g, g.node(op, [g.input(shape, dtype), g.input(other, dtype)]))
    return make


def concat(g, dtype):
    parts = [g.input((2, int(rng.integers(1, 5)), 4, 6), dtype) for _ in range(pick(1, 2, 3))]
    return g.node("Concat", parts, axis=1)


def pool(g, dtype):
    x = g.input((1, pick(3, 16, 70), 9, 12), dtype)
    if pick(True, False):
        return g.node("GlobalAveragePool", [x])
    return g.node("AveragePool", [x], kernel_shape=(3, 2), strides=pick((1, 1), (2, 2)),
                  pads=pick((0, 0, 0, 0), (1, 1, 1, 1)), count_include_pad=pick(0, 1))


def unary(op, **attributes):
    def make(g, dtype):
        return g.node(op, [g.input((2, 3, 20), dtype)], **attributes)
    return make


def moved(g, dtype):
    """Operators that only move, with a convolution before and after."""
    x = g.input((1, 8, 8, 12), dtype)
    y = g.quantized(g.node("Conv", [x, g.weights((16, 8, 3, 3), 0)[0]], pads=(1, 1, 1, 1)), dtype)
    y = g.node("MaxPool", [y], kernel_shape=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    y = g.node("Transpose", [y], perm=(0, 1, 3, 2))
    y = g.node("Reshape", [y, g.constant(np.array([1, 16, -1, 2]))])
    return g.node("Conv", [y, g.weights((4, 16, 1, 1), 0)[0]])


def residual(g, dtype):
    x = g.input((1, 32, 10, 10), dtype)
    y = g.quantized(g.node("Conv", [x, g.weights((32, 32, 3, 3), 0)[0]], pads=(1, 1, 1, 1)), dtype,
                    0.4)
    return g.node("Relu", [g.node("Add", [x, y])])


def weights_only(g, _):
    """Numbers times codes: there is nothing for integers to do."""
    k, n = pick(5, 32, 70), pick(1, 16, 33)
    x = g.name("x")
    g.inputs.append((x, (3, k)))
    return g.node("MatMul", [x, g.weights((k, n), 1)[0]])


def dynamic(g, _):
    k, n = pick(5, 32, 70), pick(1, 16, 33, 64)
    x = g.name("x")
    g.inputs.append((x, (2, 6, k)))
    codes, scale, zero = (g.name(p) for p in ("codes", "scale", "zero"))
    g.nodes.append(helper.make_node("DynamicQuantizeLinear", [x], [codes, scale, zero]))
    # 7 bits: ONNX Runtime's sums of two products saturate at 16 bits where there is no VNNI
    w = g.constant(rng.integers(-64, 63, (k, n), np.int8, endpoint=True), "w")
    wn = pick((), (n,))
    ws = g.constant(rng.uniform(0.002, 0.01, wn).astype("f4"))
    wz = g.constant(rng.integers(-2, 3, wn).astype(np.int8))
    y = g.node("MatMulInteger", [codes, w, zero, wz])
    y = g.node("Mul", [g.node("Cast", [y], to=TensorProto.FLOAT), g.node("Mul", [scale, ws])])
    return g.node("Add", [g.bias(n), y]) if pick(True, False) else y


def dynamic_conv(g, _):
    channels, filters, groups = pick((3, 16, 1), (8, 34, 2), (12, 12, 12))
    x = g.name("x")
    g.inputs.append((x, (2, channels, 9, 7)))
    codes, scale, zero = (g.name(p) for p in ("codes", "scale", "zero"))
    g.nodes.append(helper.make_node("DynamicQuantizeLinear", [x], [codes, scale, zero]))
    w = g.constant(rng.integers(-128, 127, (filters, channels // groups, 3, 3), np.int8,
                                endpoint=True), "w")
    wz = g.constant(rng.integers(-2, 3, ()).astype(np.int8))
    y = g.node("ConvInteger", [codes, w, zero, wz], group=groups, pads=(1, 1, 1, 1))
    ws = g.constant(np.float32(rng.uniform(0.002, 0.01)))
    each = g.constant(np.array([1, filters, 1, 1]))
    factor = g.node("Mul", [scale, ws])
    if pick(True, False):  # as ONNX Runtime's quantizer once did it
        sums = g.node("Floor", [g.node("Div", [g.bias(filters), factor])])
        sums = g.node("Reshape", [g.node("Cast", [sums], to=TensorProto.INT32), each])
        y = g.node("Add", pick([y, sums], [sums, y]))
    y = g.node("Mul", [g.node("Cast", [y], to=TensorProto.FLOAT), factor])
    return g.node("Add", [y, g.node("Reshape", [g.bias(filters), each])]) if pick(True, False) else y


def dynamic_convs(g, _):
    """Two of them, between which the channels stay last."""
    y = g.node("Relu", [dynamic_conv(g, _)])
    codes, scale, zero = (g.name(p) for p in ("codes", "scale", "zero"))
    channels = int(next(c for c in reversed(g.constants) if c.name.startswith("w_")).dims[0])
    g.nodes.append(helper.make_node("DynamicQuantizeLinear", [y], [codes, scale, zero]))
    w = g.constant(rng.integers(-128, 127, (20, channels, 3, 3), np.int8, endpoint=True), "w")
    y = g.node("ConvInteger", [codes, w, zero], strides=(2, 2))
    ws = g.constant(np.float32(rng.uniform(0.002, 0.01)))
    y = g.node("Mul", [g.node("Cast", [y], to=TensorProto.FLOAT), g.node("Mul", [scale, ws])])
    return g.node("Sigmoid", [y])


FLOATS = (weights_only, dynamic, dynamic_conv, dynamic_convs)  # what gives numbers, not codes
MAKERS = [conv, conv, conv, matmul, matmul_both, gemm, binary("Add"), binary("Mul"), concat, pool,
          unary("Sigmoid"), unary("LeakyRelu", alpha=0.1), unary("Softmax", axis=-1), moved,
          residual, weights_only, dynamic, dynamic_conv, dynamic_convs]


def make_model(i):
    g = Graph()
    maker = MAKERS[i % len(MAKERS)]
    dtype = pick(np.uint8, np.int8)
    value = maker(g, dtype)
    if maker in FLOATS:
        out = helper.make_tensor_value_info(value, TensorProto.FLOAT, None)
    else:
        value = g.node("QuantizeLinear", [value, *g.scale(dtype, 0.02)])
        out = helper.make_tensor_value_info(value, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)),
                                            None)
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in g.inputs]
    graph = helper.make_graph(g.nodes, maker.__name__, inputs, [out], g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    feeds = {n: rng.normal(size=s).astype("f4") for n, s in g.inputs}
    return maker, model, feeds


def onnxruntime_run(model, feeds, level):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = level
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


def without(library, path):
    """What to leave out: no pass, all, and for each pass of quantised networks that this one needs,
    that and all others. Returns [(skip_passes, the pass that is tried)]."""
    names = library.passes()
    counts = library.rewrites(path)
    tries = [("", None), ("all", None)]
    for name in (n for n in PASSES if counts[n]):
        tries += [(name, name), (",".join(n for n in names if n != name), name)]
    return tries


def lampwick_run(library, path, feeds, skip, device):
    model = library.load(path, 1, skip_passes=skip, device=device)
    result = model.run(feeds)[0]
    model.close()
    return result


def agrees(maker, mine, off, on):
    inner = 2 if maker in (moved, residual) else 1  # a step of an inner tensor spreads
    unit = inner if maker not in FLOATS else 1e-4 * (1 + np.abs(off).max())
    worst = [np.abs(mine.astype("f8") - y.astype("f8")).max() for y in (off, on)]
    same = mine.dtype == off.dtype and mine.shape == off.shape
    return same and min(worst) <= unit and worst[0] <= 2 * unit


def describe(i, maker, model, feeds, skip):
    nodes = [(n.op_type, [(a.name, helper.get_attribute_value(a)) for a in n.attribute])
             for n in model.graph.node if "quantize" not in n.op_type.lower()]
    print(f"not ok - {i} {maker.__name__} without {skip or 'nothing'} differs from ONNX Runtime's\n"
          f"{nodes}{[(k, v.shape) for k, v in feeds.items()]}")


def main():
    library = lampwick.Library(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    device = sys.argv[3] if len(sys.argv) > 3 else None
    levels = ort.GraphOptimizationLevel
    bad, tried = 0, dict.fromkeys(PASSES, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        for i in range(count):
            maker, model, feeds = make_model(i)
            path.write_bytes(model.SerializeToString())
            off = onnxruntime_run(path.read_bytes(), feeds, levels.ORT_DISABLE_ALL)
            on = onnxruntime_run(path.read_bytes(), feeds, levels.ORT_ENABLE_ALL)
            for skip, name in without(library, path)[:2 if device else None]:
                if name:
                    tried[name] += 1
                if not agrees(maker, lampwick_run(library, path, feeds, skip, device), off, on):
                    bad += 1
                    describe(i, maker, model, feeds, skip)
    bad += not device and sum(n == 0 for n in tried.values())
    print(f"quantised graphs: {count} tried, {bad} answers differ; passes tried {tried}")
    return bad != 0


sys.exit(main())
