#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes random test cases of products, convolutions, pools and image operators, in the layout of
ONNX's own node cases, with expected outputs from onnxruntime:

    python3 tests/ops/make_conv_cases.py OUTDIR [part of a case's name] [cases per operator]
    lampwick test OUTDIR/*

What onnxruntime refuses is left out. Needs tests/requirements.txt.
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(11)


def pick(*choices):
    return choices[rng.integers(len(choices))]


def ints(low, high, n):
    return [int(i) for i in rng.integers(low, high + 1, n)]


def normal(shape, dtype="f4"):
    return rng.normal(size=shape).astype(dtype)


def codes(shape, dtype):
    info = np.iinfo(dtype)
    # Signed codes have 7 bits: without VNNI, ONNX Runtime's sums of two products saturate.
    low, high = (-64, 63) if np.dtype(dtype) == np.int8 else (info.min, info.max)
    return rng.integers(low, high, size=shape, dtype=dtype, endpoint=True)


# Each generator returns inputs, attributes, the number of outputs and, if onnxruntime computes
# something else, the answers; an input may be None.

def window(rank, size, pads=True):
    """Attributes of a sliding window that fits an input of this size."""
    kernel = [int(rng.integers(1, min(s, 4) + 1)) for s in size]
    attrs = {"kernel_shape": kernel, "strides": ints(1, 3, rank)}
    dilations = [int(rng.integers(1, 3)) if (k - 1) * 2 < s else 1 for k, s in zip(kernel, size)]
    if pick(True, False):
        attrs["dilations"] = dilations
    mode = pick("pads", "SAME_UPPER", "SAME_LOWER", "VALID", "none") if pads else "none"
    if mode == "pads":
        attrs["pads"] = [int(rng.integers(0, k)) for k in kernel + kernel]
    elif mode != "none":
        attrs["auto_pad"] = mode
        if mode != "VALID":  # onnxruntime pads by a negative number where strides are larger
            attrs.pop("dilations", None)
            attrs["strides"] = [min(s, k) for s, k in zip(attrs["strides"], kernel)]
    return attrs


def conv_shapes(dtype="f4"):
    rank, group = pick(1, 2, 2, 2, 3), pick(1, 1, 2, 4)
    size = ints(3, 19 if rank < 3 else 8, rank)
    channels = group * pick(1, 1, 2, 5)
    filters = group * pick(1, 2, 3, 17)
    attrs = window(rank, size) | {"group": group}
    return size, channels, filters, group, attrs


def conv(dtype=None):
    dtype = dtype or pick("f4", "f4", "f8")
    size, channels, filters, group, attrs = conv_shapes()
    x = normal([pick(1, 2), channels, *size], dtype)
    w = normal([filters, channels // group, *attrs["kernel_shape"]], dtype)
    return [x, w, pick(None, normal([filters], dtype))], attrs, 1


def dilated_conv():
    """Kernels that reach far, over pictures that may be smaller than their dilation."""
    rank = pick(1, 2, 2, 2)
    size, kernel = ints(1, 24, rank), [int(rng.choice([1, 2, 3, 3, 5])) for _ in range(rank)]
    dilations, strides = ints(2, 20, rank), [pick(1, 1, 2, 3) for _ in range(rank)]
    pads = [d * (k - 1) // 2 for d, k in zip(dilations, kernel)]
    pads += [max(d * (k - 1) - p, (k - 1) * d + 1 - s - p)
             for d, k, p, s in zip(dilations, kernel, pads, size)]
    channels, filters = pick(1, 3, 16, 40), pick(1, 4, 17, 64, 100)
    x, w = normal([pick(1, 2), channels, *size]), normal([filters, channels, *kernel])
    return [x, w, pick(None, normal([filters]))], {
        "kernel_shape": kernel, "dilations": dilations, "strides": strides, "pads": pads}, 1


def fused_conv():
    inputs, attrs, _ = conv("f4")
    activation = pick("Relu", "Tanh", "Sigmoid", "LeakyRelu", "Clip", "HardSigmoid")
    params = {"LeakyRelu": [0.1], "Clip": [-0.5, 0.7], "HardSigmoid": [0.3, 0.4]}
    attrs["activation"] = activation
    if activation in params:
        attrs["activation_params"] = params[activation]
    return inputs, attrs, 1


def conv_transpose():
    rank, group = pick(1, 2, 2, 3), pick(1, 1, 2, 3)
    size = ints(1, 9 if rank < 3 else 4, rank)
    channels, filters = group * pick(1, 2, 3), pick(1, 2, 5)
    kernel, strides = ints(1, 4, rank), ints(1, 3, rank)
    attrs = {"kernel_shape": kernel, "strides": strides, "group": group}
    kind = pick("pads", "auto", "shape", "none")
    if pick(True, False):
        attrs["dilations"] = ints(1, 2, rank)
    if kind == "pads":
        attrs["pads"] = [int(rng.integers(0, k)) for k in kernel + kernel]
        attrs["output_padding"] = [int(rng.integers(0, s)) for s in strides]
    elif kind == "auto":
        attrs["auto_pad"] = pick("SAME_UPPER", "SAME_LOWER", "VALID")
        attrs["strides"] = [min(s, k) for s, k in zip(strides, kernel)]
    elif kind == "shape":
        attrs["output_shape"] = [i * s for i, s in zip(size, strides)]
    x = normal([pick(1, 2), channels, *size])
    w = normal([channels, filters, *kernel])
    return [x, w, pick(None, normal([group * filters]))], attrs, 1


def conv_integer():
    size, channels, filters, group, attrs = conv_shapes()
    x = codes([pick(1, 2), channels, *size], "u1")
    w = codes([filters, channels // group, *attrs["kernel_shape"]], "u1")
    zeros = [codes([], "u1"), codes([], "u1")] if pick(True, False) else []
    return [x, w, *zeros], attrs, 1


def qlinear_conv():
    size, channels, filters, group, attrs = conv_shapes()
    x_type, w_type = pick("u1", "i1"), "i1"
    n = pick((), (filters,))
    x = codes([pick(1, 2), channels, *size], x_type)
    w = codes([filters, channels // group, *attrs["kernel_shape"]], w_type)
    scale = rng.uniform(0.001, 0.01, n).astype("f4")
    bias = pick(None, rng.integers(-9999, 9999, filters).astype("i4"))
    return [x, np.float32(0.1), codes([], x_type), w, scale, np.zeros(n, w_type), np.float32(0.4),
            codes([], x_type), bias], attrs, 1


def matmul_shapes():
    m, n, k = pick(1, 3, 8, 65), pick(1, 5, 32, 100), pick(1, 4, 64, 300)
    batch = pick((), (2,), (3, 2))
    a = pick(batch, batch, (1,) * len(batch)) + (m, k)
    b = pick(batch, (), batch[1:]) + (k, n)
    return a, b


def matmul():
    a, b = matmul_shapes()
    if pick(True, False, False):
        a, b = pick((a, b[-2:-1]), (a[-1:], b))
    dtype = pick("f4", "f4", "f8", "i4", "i8", "u4", "u8")
    if dtype[0] != "f":
        return [rng.integers(0, 1000, a).astype(dtype), rng.integers(0, 1000, b).astype(dtype)], {}, 1
    return [normal(a, dtype), normal(b, dtype)], {}, 1


def fused_matmul():
    a, b = matmul_shapes()
    attrs = {"alpha": float(rng.uniform(0.5, 2)), "transA": pick(0, 1), "transB": pick(0, 1)}
    turn = lambda s, yes: s[:-2] + (s[-1], s[-2]) if yes else s
    return [normal(turn(a, attrs["transA"])), normal(turn(b, attrs["transB"]))], attrs, 1


def gemm():
    m, n, k = pick(1, 7, 33), pick(1, 10, 64), pick(1, 12, 257)
    attrs = {"transA": pick(0, 1), "transB": pick(0, 1), "alpha": pick(1.0, 0.5),
             "beta": pick(1.0, 0.0, 2.0)}
    a = normal((k, m) if attrs["transA"] else (m, k))
    b = normal((n, k) if attrs["transB"] else (k, n))
    bias = pick((), (1,), (n,), (m, 1), (1, n), (m, n))
    return [a, b, pick(None, normal(bias))], attrs, 1


def matmul_integer():
    a, b = matmul_shapes()
    a_type, b_type = "u1", pick("u1", "i1")
    zeros = [codes([], a_type), codes(pick((), (b[-1],)), b_type)]
    if len(b) > 2:
        zeros[1] = codes([], b_type)
    return [codes(a, a_type), codes(b, b_type), *zeros], {}, 1


def qlinear_matmul():
    a, b = matmul_shapes()
    t = pick("u1", "i1")
    return [codes(a, t), np.float32(0.01), codes([], t), codes(b, t), np.float32(0.02), codes([], t),
            np.float32(0.3), codes([], t)], {}, 1


def pool_input(dtype="f4"):
    rank = pick(1, 2, 2, 3)
    size = ints(3, 15 if rank < 3 else 7, rank)
    shape = [pick(1, 2), pick(1, 3), *size]
    x = normal(shape) if dtype == "f4" else codes(shape, dtype)
    attrs = window(rank, size)
    if pick(True, False) and "auto_pad" not in attrs:
        attrs["ceil_mode"] = 1
    return x, attrs


def max_pool():
    x, attrs = pool_input(pick("f4", "f4", "u1", "i1"))
    both = pick(1, 2)
    if both == 2:
        attrs["storage_order"] = pick(0, 1)
    return [x], attrs, both


def average_pool():
    x, attrs = pool_input()
    return [x], attrs | {"count_include_pad": pick(0, 1)}, 1


def average_of_padding():
    """Windows with nothing of the input in them."""
    size = pick(1, 2)
    return [normal([1, pick(3, 16), 5, size])], {
        "kernel_shape": (1, 2), "dilations": (1, size + 1), "pads": (0, 1, 0, 1),
        "count_include_pad": pick(0, 1)}, 1


def lp_pool():
    x, attrs = pool_input()
    return [x], attrs | {"p": pick(1, 2, 3)}, 1


def global_pool():
    return [normal([2, 3, *ints(1, 6, pick(1, 2, 3))])], {}, 1


def max_unpool():
    x = normal([1, 2, 6, 8])
    model = make_model("MaxPool", [x], {"kernel_shape": [2, 2], "strides": [2, 2]}, 2, "")
    y, index = run_onnxruntime(model, [x])
    return [y, index], {"kernel_shape": [2, 2], "strides": [2, 2]}, 1


def resize():
    rank, dims = pick(1, 2, 4, 4, 4, 3), None
    x = normal([*ints(1, 3, max(rank - 2, 0)), *ints(2, 9, min(rank, 2))])
    mode = pick("nearest", "linear", "cubic")
    if mode == "cubic":
        x = normal([1, 2, *ints(3, 9, 2)])
    changing = [d >= x.ndim - 2 for d in range(x.ndim)]
    # onnxruntime ignores the region along an axis that keeps its size.
    out = [pick(1, s - 1, s + 1, 2 * s, 3 * s - 1) if c else s for s, c in zip(x.shape, changing)]
    scales = np.array([pick(0.5, 0.7, 1.5, 2, 3) if c else 1 for c in changing], "f4")
    coordinates = pick("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric",
                       "half_pixel_symmetric", "tf_crop_and_resize")
    attrs = {"mode": mode, "coordinate_transformation_mode": coordinates}
    if mode == "nearest":
        attrs["nearest_mode"] = pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    if mode == "cubic":
        attrs |= {"cubic_coeff_a": pick(-0.5, -0.75), "exclude_outside": pick(0, 1)}
    elif mode == "linear" and coordinates in ("half_pixel", "pytorch_half_pixel"):
        attrs["antialias"] = pick(0, 1)
    roi = None
    if coordinates == "tf_crop_and_resize":
        roi = np.array([0.13 * c for c in changing] + [1 - 0.29 * c for c in changing], "f4")
        attrs["extrapolation_value"] = 7.0
    if pick(True, False) or coordinates == "align_corners":
        return [x, roi, None, np.array(out, "i8")], attrs, 1
    return [x, roi, scales], attrs, 1


def grid_sample():
    rank = pick(2, 2, 3)
    x = normal([2, pick(3, 3, 5, 19), *ints(2, 7, rank)])
    grid = rng.uniform(-1.4, 1.4, [2, *ints(1, 6, rank), rank]).astype("f4")
    attrs = {"mode": pick("linear", "nearest", "cubic") if rank == 2 else pick("linear", "nearest"),
             "padding_mode": pick("zeros", "border", "reflection"), "align_corners": pick(0, 1)}
    return [x, grid], attrs, 1


def roi_align():
    rois = rng.uniform(0, 20, (4, 4)).astype("f4")
    rois[:, 2:] += rois[:, :2]
    attrs = {"output_height": pick(1, 3), "output_width": pick(2, 5), "mode": pick("avg", "max"),
             "sampling_ratio": pick(0, 2), "spatial_scale": pick(1.0, 0.5),
             "coordinate_transformation_mode": pick("half_pixel", "output_half_pixel")}
    return [normal([2, pick(3, 3, 4, 18), 14, 17]), rois, rng.integers(0, 2, 4)], attrs, 1


def max_roi_pool():
    rois = np.concatenate([rng.integers(0, 2, (4, 1)), rng.integers(0, 12, (4, 4))], 1).astype("f4")
    rois[:, 3:] += rois[:, 1:3]
    return [normal([2, 3, 14, 17]), rois], {"pooled_shape": ints(1, 4, 2),
                                            "spatial_scale": pick(1.0, 0.5)}, 1


def non_max_suppression():
    n = pick(0, 1, 30)
    boxes = rng.uniform(0, 1, (2, n, 4)).astype("f4")
    return [boxes, rng.uniform(0, 1, (2, 3, n)).astype("f4"), np.int64(pick(1, 5, 50)),
            np.float32(pick(0.1, 0.5)), np.float32(0.3)], {"center_point_box": pick(0, 1)}, 1


def depth_to_space():
    return [normal([2, 12, 3, 5])], {"blocksize": 2, "mode": pick("DCR", "CRD")}, 1


def crop_and_resize():
    rois = rng.uniform(-0.2, 1.2, (4, 4)).astype("f4")
    return [normal([2, 3, 7, 9]), rois, rng.integers(0, 2, 4).astype("i4"),
            np.array([4, 5], "i4")], {"mode": pick("bilinear", "nearest"),
                                      "extrapolation_value": 2.0}, 1


def col2im():
    block, strides, pads = ints(1, 3, 2), ints(1, 2, 2), ints(0, 1, 4)
    blocks = ints(1, 4, 2)
    image = [(b - 1) * s + k - pads[d] - pads[d + 2]
             for d, (b, s, k) in enumerate(zip(blocks, strides, block))]
    if min(image) < 1:
        return None
    x = normal([2, 3 * block[0] * block[1], blocks[0] * blocks[1]])
    return [x, np.array(image), np.array(block)], {"strides": strides, "pads": pads}, 1


def deform_conv():
    size, group, batch = ints(3, 12, 2), pick(1, 1, 2), pick(1, 2)
    channels, filters, moved = group * pick(2, 4, 18), group * pick(1, 3, 40), pick(1, 1, 2)
    kernel, strides, pads = ints(1, 3, 2), ints(1, 2, 2), ints(0, 2, 4)
    dilations = [pick(1, 2) if k < 3 else 1 for k in kernel]
    out = [(s + pads[d] + pads[d + 2] - (k - 1) * dilations[d] - 1) // strides[d] + 1
           for d, (s, k) in enumerate(zip(size, kernel))]
    taps = kernel[0] * kernel[1]
    offsets = normal([batch, moved * taps * 2, *out])
    offsets = np.where(rng.random(offsets.shape) < 0.3, np.round(offsets), 2 * offsets).astype("f4")
    mask = pick(None, rng.random([batch, moved * taps, *out]).astype("f4"))
    return [normal([batch, channels, *size]), normal([filters, channels // group, *kernel]), offsets,
            pick(None, normal([filters])), mask], {
        "kernel_shape": kernel, "strides": strides, "pads": pads, "dilations": dilations,
        "group": group, "offset_group": moved}, 1


def resize_codes():
    """onnxruntime cuts where numbers are to be rounded: it resizes floats here, in exact steps."""
    x = codes([1, pick(1, 3, 4), *ints(2, 30, 2)], pick("u1", "i1"))
    scales = np.array([1, 1, *rng.choice([0.5, 1, 2, 4], 2)], "f4")
    attrs = {"mode": "linear", "coordinate_transformation_mode": pick("half_pixel", "asymmetric")}
    floats = [x.astype("f4"), None, scales]
    answer = run_onnxruntime(make_model("Resize", floats, attrs, 1, ""), floats)
    return [x, None, scales], attrs, 1, [np.rint(y).astype(x.dtype) for y in answer]


GENERATORS = {
    "Conv": conv, "ConvTranspose": conv_transpose, "ConvInteger": conv_integer,
    "QLinearConv": qlinear_conv, "MatMul": matmul, "Gemm": gemm, "MatMulInteger": matmul_integer,
    "QLinearMatMul": qlinear_matmul, "MaxPool": max_pool, "AveragePool": average_pool,
    "LpPool": lp_pool, "GlobalAveragePool": global_pool, "GlobalMaxPool": global_pool,
    "GlobalLpPool": global_pool, "MaxUnpool": max_unpool, "Resize": resize,
    "GridSample": grid_sample, "RoiAlign": roi_align, "MaxRoiPool": max_roi_pool,
    "NonMaxSuppression": non_max_suppression, "DepthToSpace": depth_to_space, "Col2Im": col2im,
    "com.microsoft.FusedConv": fused_conv, "com.microsoft.FusedMatMul": fused_matmul,
    "com.microsoft.CropAndResize": crop_and_resize, "DeformConv": deform_conv,
    "Resize/codes": resize_codes, "Conv/dilated": dilated_conv,
    "AveragePool/padding": average_of_padding
}


def make_model(op, inputs, attrs, n_outputs, domain):
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    outputs = [f"y{i}" for i in range(n_outputs)]
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in zip(names, inputs) if n]
    node = helper.make_node(op, names, outputs, domain=domain, **attrs)
    graph = helper.make_graph([node], op, infos,
                              [helper.make_empty_tensor_value_info(o) for o in outputs])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def run_onnxruntime(model, inputs):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    # The graph as it stands: nothing fused, nothing moved to other precisions.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    feed = {f"x{i}": x for i, x in enumerate(inputs) if x is not None}
    return session.run(None, feed)


def declare_outputs(model, results):
    for info, y in zip(model.graph.output, results):
        info.CopyFrom(helper.make_tensor_value_info(
            info.name, helper.np_dtype_to_tensor_dtype(y.dtype), y.shape))


def write(folder, model, inputs, results):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    given = [x for x in inputs if x is not None]
    for kind, tensors, infos in (("input", given, model.graph.input),
                                 ("output", results, model.graph.output)):
        for i, (x, info) in enumerate(zip(tensors, infos)):
            tensor = numpy_helper.from_array(np.asarray(x), info.name)
            (data / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())


def main():
    folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    for full, generate in GENERATORS.items():
        domain, _, op = full.split("/")[0].rpartition(".")
        made = 0
        for i in range(count):
            name = f"test_conv_{full.replace('.', '_').replace('/', '_')}_{i}"
            case = generate()
            if case is None or wanted not in name:
                continue
            inputs = [None if x is None else np.asarray(x) for x in case[0]]
            while inputs[-1] is None:
                inputs.pop()
            model = make_model(op, inputs, case[1], case[2], domain)
            try:
                results = case[3] if len(case) > 3 else run_onnxruntime(model, inputs)
            except Exception as error:  # onnxruntime has no common class for its refusals
                print(f"{name}: left out: {str(error).splitlines()[0][:160]}", file=sys.stderr)
                continue
            declare_outputs(model, results)
            write(folder / name, model, inputs, results)
            made += 1
        print(f"{full}: {made} cases")


if __name__ == "__main__":
    main()
