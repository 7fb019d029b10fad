#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of operators as older opsets had them, in the layout of ONNX's own node cases:

    python3 tests/ops/make_opset_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

From opset 7 on the expected outputs come from onnxruntime; before, where onnxruntime has no
kernels, from the operator's definition, written here with numpy (`expect`). Needs
tests/requirements.txt.
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
rng = np.random.default_rng(5)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def tensor_type(x):
    return TensorProto.STRING if x.dtype.kind == "O" else helper.np_dtype_to_tensor_dtype(x.dtype)


class Cases:
    def __init__(self, folder, wanted):
        self.folder, self.wanted = Path(folder), wanted

    def add(self, name, opset, nodes, inputs, expect=None, outputs=("y",), domain=None):
        """One model with these nodes. inputs: arrays by name. expect: a list of outputs."""
        name = f"opset{opset}_{name}"
        if self.wanted not in name:
            return
        feed = {k: np.asarray(v) for k, v in inputs.items()}
        imports = [helper.make_opsetid("", opset)]
        if domain:
            imports.append(helper.make_opsetid(domain, 1))
        graph = helper.make_graph(
            nodes, name,
            [helper.make_tensor_value_info(k, tensor_type(v), v.shape) for k, v in feed.items()],
            [helper.make_empty_tensor_value_info(o) for o in outputs])
        model = helper.make_model(graph, opset_imports=imports, ir_version=7)
        if expect is None:
            expect = run_onnxruntime(model, feed)
        self.write(name, model, feed, expect)

    def write(self, name, model, feed, expect):
        data = self.folder / name / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        (self.folder / name / "model.onnx").write_bytes(model.SerializeToString())
        for i, (key, x) in enumerate(feed.items()):
            tensor = numpy_helper.from_array(x, key)
            (data / f"input_{i}.pb").write_bytes(tensor.SerializeToString())
        for i, x in enumerate(expect):
            tensor = numpy_helper.from_array(np.asarray(x), model.graph.output[i].name)
            (data / f"output_{i}.pb").write_bytes(tensor.SerializeToString())


def run_onnxruntime(model, feed):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, feed)


def broadcasting(cases):
    x, channel, first, last = normal(2, 3, 4, 5), normal(3), normal(2), normal(4, 5)
    apart = channel[:, None, None]
    for op, f in [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide)]:
        def spread(b, **attrs):
            return [node(op, ["x", "b"], ["y"], broadcast=1, **attrs)], {"x": x, "b": b}
        middle = normal(3, 4)
        cases.add(f"{op}_middle", 6, *spread(middle, axis=1), [f(x, middle[:, :, None])])
        cases.add(f"{op}_last", 6, *spread(last), [f(x, last)])
        cases.add(f"{op}_from_end", 6, *spread(channel, axis=-3), [f(x, apart)])
        cases.add(f"{op}_first", 1, *spread(first, axis=0, consumed_inputs=[0, 0]),
                  [f(x, first[:, None, None, None])])

    def channels(op, a, b, result):
        cases.add(op, 1, [node(op, ["x", "b"], ["y"], axis=1, broadcast=1)], {"x": a, "b": b},
                  [result])
    channels("Pow", np.abs(x), channel, np.abs(x) ** apart)
    channels("Greater", x, channel, x > apart)
    channels("Less", x, channel, x < apart)
    channels("And", x > 0, channel > 0, (x > 0) & (apart > 0))
    channels("Or", x > 0, channel > 0, (x > 0) | (apart > 0))
    channels("Xor", x > 0, channel > 0, (x > 0) ^ (apart > 0))
    prelu = [node("PRelu", ["x", "b"], ["y"])]
    cases.add("PRelu_channels", 6, prelu, {"x": x, "b": channel}, [np.where(x < 0, x * apart, x)])
    cases.add("PRelu_one", 1, prelu, {"x": x, "b": channel[:1]},
              [np.where(x < 0, x * channel[0], x)])
    a, b, c = normal(3, 4), normal(4, 5), normal(5)
    cases.add("Gemm", 6, [node("Gemm", ["a", "b", "c"], ["y"], broadcast=1)],
              {"a": a, "b": b, "c": c}, [a @ b + c])
    cases.add("Tile", 1, [node("Tile", ["x", "tiles", "axis"], ["y"])],
              {"x": x, "tiles": np.float32(3), "axis": np.float32(2)}, [np.tile(x, (1, 1, 3, 1))])


def inputs_from_attributes(cases):
    x = normal(2, 3, 4, 5)

    def one(op, opset, expect=None, data=x, outputs=("y",), **attrs):
        tag = "_".join(f"{k}{v}" for k, v in attrs.items())
        tag = "".join(ch if ch.isalnum() or ch in "-." else "_" for ch in tag)
        cases.add(f"{op}_{tag}", opset, [node(op, ["x"], outputs, **attrs)], {"x": data}, expect,
                  outputs)
    one("Clip", 6, [np.clip(x, -.5, .5)], min=-.5, max=.5)
    one("Clip", 6, [np.clip(x, -.5, None)], min=-.5)
    one("Clip", 1, [x])
    half = x.astype(np.float16)
    one("Clip", 10, [np.clip(half, np.float16(-.5), np.float16(1))], half, min=-.5, max=1.)
    cases.add("Clip_behind_another", 10,
              [node("Exp", ["x"], ["e"]), node("Clip", ["e"], ["y"], min=.5, max=1.5)], {"x": x})
    one("Pad", 1, [np.pad(x, ((0, 0), (0, 0), (1, 3), (2, 4)), constant_values=1.5)],
        paddings=[0, 0, 1, 2, 0, 0, 3, 4], value=1.5)
    one("Pad", 7, pads=[0, 0, 1, 2, 0, 0, 3, 4], mode="reflect")
    one("Pad", 7, pads=[0, 0, -1, 2, 0, 0, 1, -1], value=3.0)
    one("Slice", 9, starts=[1, 0], ends=[1000, -1], axes=[1, 3])
    one("Slice", 7, starts=[0, 1], ends=[2, 3])
    one("Split", 7, outputs=("a", "b"), axis=2)
    one("Split", 11, outputs=("a", "b"), axis=3, split=[2, 3])
    one("Split", 13, outputs=("a", "b"), axis=2)
    cases.add("Split_input", 1, [node("Split", ["x", "s"], ["a", "b"], axis=3)],
              {"x": x, "s": np.array([2, 3], np.float32)}, [x[..., :2], x[..., 2:]], ("a", "b"))
    cases.add("Squeeze", 11, [node("Unsqueeze", ["x"], ["u"], axes=[0, 3]),
                              node("Squeeze", ["u"], ["y"], axes=[3]),
                              node("Squeeze", ["u"], ["z"])], {"x": x}, None, ("u", "y", "z"))
    for reduction in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum",
                      "SumSquare"):
        op, opset = f"Reduce{reduction}", 11 if reduction == "Sum" else 13
        one(op, opset, None, np.abs(x), axes=[1, -1])
        one(op, opset, None, np.abs(x), keepdims=0)
    one("TopK", 7, outputs=("v", "i"), k=2, axis=2)
    one("Reshape", 1, [x.reshape(2, 12, 5)], shape=[0, -1, 5], consumed_inputs=[0])
    wave = normal(2, 5, 6, 1)

    def spectrum(axis):
        y = np.fft.fft(wave[..., 0].astype("f8"), axis=axis)
        return [np.stack([y.real, y.imag], -1).astype("f4")]
    one("DFT", 17, spectrum(2), wave, axis=2)
    one("DFT", 17, spectrum(1), wave)


def other_attributes(cases):
    x = normal(2, 3, 4, 5)
    cases.add("Cast", 1, [node("Cast", ["x"], ["y"], to="INT32")], {"x": x * 10},
              [(x * 10).astype(np.int32)])
    cases.add("Concat", 1, [node("Concat", ["x", "x"], ["y"])], {"x": x},
              [np.concatenate([x, x], 1)])
    cases.add("Selu", 1, [node("Selu", ["x"], ["y"])], {"x": x},
              [np.where(x > 0, 1.0507 * x, 1.0507 * (1.6732 * np.exp(x) - 1.6732)).astype("f4")])
    squares = np.stack([x[:, :, i:i + 3, j:j + 4] ** 2 for i in (0, 1) for j in (0, 1)])
    cases.add("LpPool", 1, [node("LpPool", ["x"], ["y"], kernel_shape=[2, 2], p=2.0)], {"x": x},
              [np.sqrt(squares.sum(0))])
    cases.add("Scatter", 9, [node("Scatter", ["x", "i", "u"], ["y"], axis=1)],
              {"x": x, "i": np.full((1, 1, 1, 1), 2), "u": normal(1, 1, 1, 1)})
    grid = rng.uniform(-1, 1, (2, 3, 3, 2)).astype(np.float32)
    for mode in ("bilinear", "nearest", "bicubic"):
        cases.add(f"GridSample_{mode}", 16, [node("GridSample", ["x", "g"], ["y"], mode=mode)],
                  {"x": x, "g": grid})
    cases.add("RoiAlign", 10, [node("RoiAlign", ["x", "r", "i"], ["y"], output_height=2,
                                    output_width=2, sampling_ratio=2)],
              {"x": x, "r": np.array([[0, 0, 3, 3], [1, 1, 4, 3]], np.float32),
               "i": np.array([0, 1])})
    for op, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        cases.add(op, 7, [node(op, ["x", "w", "r"], ["y", "h"], hidden_size=4)],
                  {"x": normal(3, 2, 5), "w": normal(1, gates * 4, 5),
                   "r": normal(1, gates * 4, 4)}, None, ("y", "h"))


def resizing(cases):
    x = normal(1, 2, 7, 9)
    scales = np.array([1, 1, 1.5, 2.5], np.float32)
    cases.add("Upsample", 1, [node("Upsample", ["x"], ["y"], height_scale=2., width_scale=3.)],
              {"x": x}, [x.repeat(2, 2).repeat(3, 3)])
    for mode in ("nearest", "linear"):
        cases.add(f"Upsample_{mode}", 7,
                  [node("Upsample", ["x"], ["y"], scales=[1., 1., 2., 3.], mode=mode)], {"x": x})
        cases.add(f"Upsample_{mode}", 9, [node("Upsample", ["x", "s"], ["y"], mode=mode)],
                  {"x": x, "s": scales})
        for height, width in ((2., 3.), (.6, .7), (1.7, .5)):
            cases.add(f"Resize_{mode}_{height}_{width}", 10,
                      [node("Constant", [], ["s"], value=numpy_helper.from_array(
                          np.array([1, 1, height, width], np.float32))),
                       node("Resize", ["x", "s"], ["y"], mode=mode)], {"x": x})
    for rule in ("floor", "round_prefer_floor"):
        cases.add(f"Resize_tf_{rule}", 11,
                  [node("Resize", ["x", "none", "s"], ["y"], mode="nearest", nearest_mode=rule,
                        coordinate_transformation_mode="tf_half_pixel_for_nn")],
                  {"x": x, "none": np.zeros(0, np.float32), "s": scales})


def normalisation(cases):
    x, s, b, m, v = normal(2, 3, 4, 5), normal(3), normal(3), normal(3), np.abs(normal(3))
    inputs = {"x": x, "s": s, "b": b, "m": m, "v": v}

    def norm(x, s, b, m, v):
        return (x - m) / np.sqrt(v + np.float32(1e-5)) * s + b
    expect = norm(x, *(p[:, None, None] for p in (s, b, m, v)))

    def batch(outputs=("y",), **attrs):
        return [node("BatchNormalization", list(inputs), outputs, **attrs)]
    cases.add("BatchNormalization", 1, batch(is_test=1, consumed_inputs=[0, 0, 0, 1, 1]), inputs,
              [expect])
    cases.add("BatchNormalization", 6, batch(is_test=1, spatial=1), inputs, [expect])
    cases.add("BatchNormalization", 7, batch(), inputs)
    many = batch(("y", "m2", "v2", "s1", "s2"), is_test=1) + [node("Add", ["m2", "v2"], ["z"])]
    cases.add("BatchNormalization_outputs", 6, many, inputs, [expect, m + v], ("y", "z"))
    each = {"x": x, "s": normal(3, 4, 5), "b": normal(3, 4, 5), "m": normal(3, 4, 5),
            "v": np.abs(normal(3, 4, 5))}
    cases.add("BatchNormalization_elements", 7, batch(spatial=0), each, [norm(*each.values())])

    def dropout(opset, outputs, expect, **attrs):
        cases.add(f"Dropout_{len(outputs)}", opset, [node("Dropout", ["x"], outputs, **attrs)],
                  {"x": x}, expect, outputs)
    dropout(1, ("y",), [x], is_test=1, consumed_inputs=[0])
    dropout(7, ("y", "m"), [x, np.ones_like(x)], ratio=.3)
    dropout(10, ("y", "m"), [x, np.ones(x.shape, bool)], ratio=.3)

    g = normal(2, 6, 4, 5)
    parts = g.reshape(2, 3, -1)
    parts = (parts - parts.mean(-1, keepdims=True)) / np.sqrt(parts.var(-1, keepdims=True) + 1e-5)
    parts = parts * s[:, None] + b[:, None]
    cases.add("GroupNormalization", 18,
              [node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=3)],
              {"x": g, "s": s, "b": b}, [parts.reshape(g.shape)])
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        for axis in (0, 1, 2, 3, -1, -2):
            cases.add(f"{op}_{axis}", 11, [node(op, ["x"], ["y"], axis=axis)], {"x": x})
        cases.add(op, 7, [node(op, ["x"], ["y"])], {"x": x})


def scanning(cases):
    def body(*names):
        infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in names]
        nodes = [node("Add", ["sum_in", "next"], ["sum"]), node("Mul", ["sum", "factor"], ["out"])]
        return helper.make_graph(nodes, "body", infos[:2], infos[2:])
    b = body("sum_in", "next", "sum", "out")
    start, x, factor = normal(3, 2), normal(3, 4, 2), normal(2)
    for directions in ([0], [1]):
        steps = x[:, ::-1] if directions[0] else x
        sums = start[:, None] + steps.cumsum(1)
        cases.add(f"Scan_{directions[0]}", 8,
                  [node("Scan", ["", "start", "x"], ["y", "z"], num_scan_inputs=1, body=b,
                        directions=directions)],
                  {"start": start, "x": x, "factor": factor}, [sums[:, -1], sums * factor],
                  ("y", "z"))


def experimental(cases):
    x = normal(2, 3, 4, 5)

    def one(op, expect, tag="", **attrs):
        cases.add(op + tag, 1, [node(op, ["x"], ["y"], **attrs)], {"x": x}, [expect])
    one("Affine", 2 * x + 3, alpha=2., beta=3.)
    one("Scale", 2 * x, scale=2.)
    one("ScaledTanh", 2 * np.tanh(3 * x), alpha=2., beta=3.)
    one("ParametricSoftplus", 2 * np.log1p(np.exp(3 * x)), alpha=2., beta=3.)
    one("ImageScaler", 2 * x + np.array([1, 2, 3], np.float32)[:, None, None], scale=2.,
        bias=[1., 2., 3.])
    one("Crop", x[:, :, 2:-1, 1:], border=[1, 2, 0, 1])
    one("Crop", x[:, :, 1:3, 1:4], "_size", border=[1, 1, 0, 0], scale=[2, 3])
    one("ConstantFill", np.full((2, 3, 4, 5, 2), 2.5, np.float32), value=2.5, extra_shape=[2])
    cases.add("ConstantFill_shape", 1,
              [node("ConstantFill", ["s"], ["y"], value=2., input_as_shape=1, dtype=6)],
              {"s": np.array([2, 3], np.int32)}, [np.full((2, 3), 2, np.int32)])
    cases.add("DynamicSlice", 1, [node("DynamicSlice", ["x", "s", "e"], ["y"])],
              {"x": x, "s": np.array([0, 1]), "e": np.array([2, 3])}, [x[0:2, 1:3]])


def labels(cases):
    def one(tag, data, expect, **default):
        cases.add(f"LabelEncoder_{tag}", 9,
                  [node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml",
                        classes_strings=["a", "b", "c"], **default)],
                  {"x": data}, [expect], domain="ai.onnx.ml")
    one("to_numbers", np.array(["b", "z", "a"], object), np.array([1, -5, 0]), default_int64=-5)
    one("to_strings", np.array([1, 7, 0]), np.array(["b", "?", "a"], object), default_string="?")


def main():
    cases = Cases(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    for group in (broadcasting, inputs_from_attributes, other_attributes, resizing, normalisation,
                  scanning, experimental, labels):
        group(cases)


main()
