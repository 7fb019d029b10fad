# SPDX-License-Identifier: MIT
"""The models of bench/make_operators.py: CASES is name -> (operator, function of a Case that gives
the inputs, attributes, more). Sizes are what networks have, at most a few megabytes."""
import numpy as np

from operator_graph import Constant as K

CASES = {}


def case(name, op, inputs, *, outputs=1, opset=21, domain="", **attributes):
    assert name not in CASES, name
    CASES[name] = (op, inputs, outputs, opset, domain, attributes)


def ints(*values):
    return K(np.array(values, np.int64))


def scalar(value, kind=np.float32):
    return K(np.array(value, kind))


def elementwise():
    for op in ("Add", "Mul", "Div", "Max"):
        case(f"{op.lower()}-same", op, lambda c: [c.normal(256, 1024), c.normal(256, 1024)])
    for name, shapes in {
        "row": ([256, 1024], [1024]), "column": ([256, 1024], [256, 1]), "scalar": ([256, 1024], []),
        "channel": ([1, 64, 64, 64], [64, 1, 1]), "outer": ([512, 1], [1, 512]),
        "middle": ([16, 1, 8, 128], [16, 16, 1, 128])}.items():
        case(f"add-{name}", "Add", lambda c, s=shapes: [c.normal(*s[0]), c.normal(*s[1])])
    for kind in ("f16", "f64", "i64", "i32"):
        for op in ("Add", "Mul", "Div"):
            case(f"{op.lower()}-{kind}", op,
                 lambda c, k=kind: [c.numbers(k, 256, 512), c.numbers(k, 256, 512) + 1])
    case("mod-i64", "Mod", lambda c: [c.below(1000, 65536), c.below(100, 65536, low=1)])
    case("mod-f32", "Mod", lambda c: [c.normal(65536), c.normal(65536)], fmod=1)
    case("sum-4", "Sum", lambda c: [c.normal(256, 256) for _ in range(4)])
    case("pow-2", "Pow", lambda c: [c.normal(256, 1024), scalar(2)])
    case("pow-half", "Pow", lambda c: [abs(c.normal(256, 1024)), scalar(0.5)])
    case("pow-any", "Pow", lambda c: [abs(c.normal(256, 256)), c.normal(256, 256)])
    for op in ("Equal", "Less"):
        for kind in ("f32", "i64", "i32"):
            case(f"{op.lower()}-{kind}", op,
                 lambda c, k=kind: [c.numbers(k, 256, 1024), c.numbers(k, 256, 1024)])
    for op in ("And", "Or"):
        case(op.lower(), op, lambda c: [c.below(2, 131072, kind="bool"),
                                        c.below(2, 131072, kind="bool")])
    case("not", "Not", lambda c: [c.below(2, 262144, kind="bool")])
    case("bitwise-and", "BitwiseAnd", lambda c: [c.below(99, 131072, kind="i32")] * 2)
    for kind in ("f32", "f16", "i64", "u8"):
        case(f"where-{kind}", "Where", lambda c, k=kind: [
            c.below(2, 256, 1024, kind="bool"), c.numbers(k, 256, 1024), c.numbers(k, 256, 1024)])
    case("where-scalar", "Where", lambda c: [
        c.below(2, 1, 1, 256, 256, kind="bool"), c.normal(1, 8, 256, 256), scalar(-1e9)])
    case("clip", "Clip", lambda c: [c.normal(256, 1024), scalar(0), scalar(6)])
    case("clip-i64", "Clip", lambda c: [c.below(99, 262144), scalar(5, np.int64),
                                        scalar(50, np.int64)])


def unary():
    for op in ("Abs", "Neg", "Floor", "Round", "Sqrt", "Reciprocal", "Relu", "LeakyRelu", "Elu",
               "Selu", "Celu", "HardSigmoid", "HardSwish", "Exp", "Erf", "Tanh", "Sigmoid",
               "Softplus", "Softsign", "Mish", "Gelu", "Sin", "Cos", "Sign", "IsNaN",
               "ThresholdedRelu"):
        case(op.lower(), op, lambda c: [c.normal(256, 512)])
    case("log", "Log", lambda c: [abs(c.normal(256, 512))])
    case("tan", "Tan", lambda c: [c.normal(256, 128)])
    case("atan", "Atan", lambda c: [c.normal(256, 128)])
    case("asin", "Asin", lambda c: [c.normal(256, 128).clip(-1, 1)])
    case("sinh", "Sinh", lambda c: [c.normal(256, 128)])
    case("asinh", "Asinh", lambda c: [c.normal(256, 128)])
    case("gelu-tanh", "Gelu", lambda c: [c.normal(256, 512)], approximate="tanh")
    case("prelu", "PRelu", lambda c: [c.normal(1, 64, 64, 64), K(c.normal(64, 1, 1))])
    case("exp-f64", "Exp", lambda c: [c.normal(256, 128, kind="f64")])
    case("tanh-f16", "Tanh", lambda c: [c.normal(256, 256, kind="f16")])
    case("abs-i64", "Abs", lambda c: [c.below(50, 131072, low=-50)])
    case("neg-i64", "Neg", lambda c: [c.below(50, 131072)])
    for a, b in [("f32", "f16"), ("f16", "f32"), ("f32", "i64"), ("i64", "f32"), ("f32", "i32"),
                 ("i32", "f32"), ("f32", "u8"), ("u8", "f32"), ("f32", "bool"), ("bool", "f32"),
                 ("i64", "i32"), ("i32", "i64"), ("f32", "f64"), ("f64", "f32"), ("i64", "bool"),
                 ("bool", "i64"), ("f32", "i8"), ("i64", "u8")]:
        code = {"f32": 1, "u8": 2, "i8": 3, "i32": 6, "i64": 7, "bool": 9, "f16": 10, "f64": 11}[b]
        case(f"cast-{a}-{b}", "Cast", lambda c, a=a: [c.numbers(a, 262144)], to=code)


def moves():
    for name, shapes, axis in [("0", ([64, 1024], [64, 1024]), 0),
                               ("1", ([1, 64, 56, 56], [1, 32, 56, 56]), 1),
                               ("last", ([1024, 64], [1024, 64]), -1),
                               ("last-small", ([8400, 4], [8400, 1], [8400, 80]), -1)]:
        case(f"concat-{name}", "Concat",
             lambda c, s=shapes: [c.normal(*shape) for shape in s], axis=axis)
    case("split-0", "Split", lambda c: [c.normal(256, 1024)], outputs=2, axis=0, num_outputs=2)
    case("split-1", "Split", lambda c: [c.normal(4, 64, 28, 28)], outputs=2, axis=1, num_outputs=2)
    case("split-last", "Split", lambda c: [c.normal(128, 2304)], outputs=3, axis=2 - 1,
         num_outputs=3)
    for name, (shape, starts, ends, axes, steps) in {
        "rows": ([512, 1024], [100], [400], [0], [1]),
        "columns": ([512, 1024], [100], [900], [1], [1]),
        "step-2": ([1, 32, 128, 128], [0, 0], [128, 128], [2, 3], [2, 2]),
        "reverse": ([256, 1024], [-1], [-9999], [1], [-1]),
        "focus-rows": ([1, 3, 320, 320], [1], [320], [2], [2])}.items():
        case(f"slice-{name}", "Slice", lambda c, s=shape, v=(starts, ends, axes, steps): [
            c.normal(*s), *(ints(*x) for x in v)])
    case("slice-i64", "Slice", lambda c: [c.below(9, 512, 512), ints(0), ints(500), ints(1),
                                          ints(1)])
    for mode in ("constant", "reflect", "edge", "wrap"):
        case(f"pad-{mode}", "Pad", lambda c: [c.normal(1, 32, 64, 64),
                                              ints(0, 0, 3, 3, 0, 0, 3, 3)], mode=mode)
    case("pad-causal", "Pad", lambda c: [c.normal(1, 256, 400), ints(0, 0, 2, 0, 0, 0)])
    for name, shape, perm in [("2d", [512, 768], [1, 0]), ("heads", [1, 128, 12, 64], [0, 2, 1, 3]),
                              ("keys", [1, 128, 12, 64], [0, 2, 3, 1]),
                              ("nchw", [1, 64, 56, 56], [0, 2, 3, 1]),
                              ("nhwc", [1, 56, 56, 64], [0, 3, 1, 2]),
                              ("pixels", [1, 224, 224, 3], [0, 3, 1, 2]),
                              ("shuffle", [1, 2, 58, 28, 28], [0, 2, 1, 3, 4]),
                              ("reverse-4d", [16, 24, 32, 40], [3, 2, 1, 0])]:
        case(f"transpose-{name}", "Transpose", lambda c, s=shape: [c.normal(*s)], perm=perm)
    for kind in ("f16", "i64", "u8"):
        case(f"transpose-{kind}", "Transpose", lambda c, k=kind: [c.numbers(k, 512, 768)],
             perm=[1, 0])
    case("gather-rows", "Gather", lambda c: [K(c.normal(5000, 256)), c.below(5000, 1, 512)])
    case("gather-last", "Gather", lambda c: [c.normal(256, 1000), c.below(1000, 100)], axis=-1)
    case("gather-scalars", "Gather", lambda c: [c.normal(10000), c.below(10000, 65536)])
    case("gather-i64", "Gather", lambda c: [c.below(9, 10000, 8), c.below(10000, 16384)])
    for axis in (0, 1):
        case(f"gather-elements-{axis}", "GatherElements",
             lambda c: [c.normal(256, 512), c.below(256, 256, 512)], axis=axis)
        case(f"scatter-elements-{axis}", "ScatterElements", lambda c: [
            c.normal(256, 512), c.below(256, 256, 256), c.normal(256, 256)], axis=axis)
    case("scatter-elements-add", "ScatterElements", lambda c: [
        c.normal(256, 512), c.below(256, 256, 256), c.normal(256, 256)], axis=0, reduction="add")
    case("gather-nd-rows", "GatherND", lambda c: [c.normal(64, 64, 64), c.below(64, 4096, 2)])
    case("gather-nd-scalars", "GatherND", lambda c: [c.normal(64, 64, 64), c.below(64, 65536, 3)])
    case("scatter-nd-rows", "ScatterND", lambda c: [
        c.normal(64, 64, 64), c.below(64, 2048, 2), c.normal(2048, 64)])
    case("scatter-nd-scalars", "ScatterND", lambda c: [
        c.normal(512, 512), c.below(512, 32768, 2), c.normal(32768)])
    case("one-hot", "OneHot", lambda c: [c.below(1000, 512), scalar(1000, np.int64),
                                         K(np.array([0, 1], np.float32))])
    case("one-hot-axis-1", "OneHot", lambda c: [
        c.below(21, 1, 128, 128), scalar(21, np.int64), K(np.array([0, 1], np.float32))], axis=1)
    case("expand-rows", "Expand", lambda c: [c.normal(1, 1024), ints(512, 1024)])
    case("expand-columns", "Expand", lambda c: [c.normal(512, 1), ints(512, 1024)])
    case("expand-heads", "Expand", lambda c: [c.normal(1, 4, 1, 256, 64), ints(1, 4, 4, 256, 64)])
    case("tile-rows", "Tile", lambda c: [c.normal(64, 1024), ints(8, 1)])
    case("tile-both", "Tile", lambda c: [c.normal(1, 64, 32, 32), ints(1, 1, 2, 2)])
    case("tile-scalars", "Tile", lambda c: [c.normal(1024, 1), ints(1, 256)])
    case("cumsum-last", "CumSum", lambda c: [c.normal(256, 1024), scalar(1, np.int64)])
    case("cumsum-0", "CumSum", lambda c: [c.normal(256, 1024), scalar(0, np.int64)])
    case("cumsum-i64", "CumSum", lambda c: [c.below(9, 256, 512), scalar(1, np.int64)])
    case("trilu", "Trilu", lambda c: [c.normal(8, 256, 256)])
    case("depth-to-space", "DepthToSpace", lambda c: [c.normal(1, 64, 64, 64)], blocksize=2)
    case("depth-to-space-crd", "DepthToSpace", lambda c: [c.normal(1, 64, 64, 64)], blocksize=2,
         mode="CRD")
    case("space-to-depth", "SpaceToDepth", lambda c: [c.normal(1, 16, 128, 128)], blocksize=2)
    case("reverse-sequence", "ReverseSequence", lambda c: [
        c.normal(128, 8, 256), c.below(128, 8, low=1)], batch_axis=1, time_axis=0)
    case("range", "Range", lambda c: [scalar(0, np.int64), c.below(65537, 1, low=65536)[0],
                                      scalar(1, np.int64)])
    case("constant-of-shape", "ConstantOfShape", lambda c: [np.array([256, 1024])])
    case("eye-like", "EyeLike", lambda c: [c.normal(512, 512)])
    case("grid-sample", "GridSample", lambda c: [
        c.normal(1, 32, 64, 64), c.random.uniform(-1, 1, (1, 64, 64, 2)).astype(np.float32)])
    case("col2im", "Col2Im", lambda c: [c.normal(1, 16 * 9, 1024), ints(32, 32), ints(3, 3)],
         pads=[1, 1, 1, 1])


def reductions():
    for op in ("Sum", "Mean", "Max", "L2", "LogSumExp"):
        case(f"reduce-{op.lower()}-last", f"Reduce{op}", lambda c: [c.normal(512, 1024), ints(1)])
        case(f"reduce-{op.lower()}-0", f"Reduce{op}", lambda c: [c.normal(512, 1024), ints(0)])
    for op in ("Min", "Prod", "L1", "SumSquare", "LogSum"):
        case(f"reduce-{op.lower()}-last", f"Reduce{op}", lambda c: [abs(c.normal(256, 512)),
                                                                    ints(1)])
    case("reduce-mean-spatial", "ReduceMean", lambda c: [c.normal(1, 512, 14, 14), ints(2, 3)])
    case("reduce-sum-middle", "ReduceSum", lambda c: [c.normal(16, 128, 256), ints(1)])
    case("reduce-sum-outer-inner", "ReduceSum", lambda c: [c.normal(16, 128, 256), ints(0, 2)])
    case("reduce-sum-all", "ReduceSum", lambda c: [c.normal(512, 512)])
    case("reduce-mean-short", "ReduceMean", lambda c: [c.normal(65536, 4), ints(1)])
    for kind in ("i64", "i32", "f64"):
        case(f"reduce-sum-{kind}", "ReduceSum", lambda c, k=kind: [c.numbers(k, 256, 512), ints(1)])
        case(f"reduce-sum-0-{kind}", "ReduceSum",
             lambda c, k=kind: [c.numbers(k, 256, 512), ints(0)])
    case("reduce-max-i64", "ReduceMax", lambda c: [c.below(99, 256, 512), ints(1)])
    case("reduce-max-u8", "ReduceMax", lambda c: [c.below(99, 256, 1024, kind="u8"), ints(1)])
    case("arg-max-last", "ArgMax", lambda c: [c.normal(256, 1000)], axis=1)
    case("arg-max-classes", "ArgMax", lambda c: [c.normal(1, 21, 128, 128)], axis=1)
    case("arg-min-0", "ArgMin", lambda c: [c.normal(512, 512)], axis=0)
    case("arg-max-i64", "ArgMax", lambda c: [c.below(999, 128, 1000)], axis=1)
    for name, shape, k, more in [
        ("100-of-100000", [1, 100000], 100, {}), ("5-of-1000", [1000, 1000], 5, {}),
        ("1-of-1000", [1000, 1000], 1, {}), ("300-of-8400", [1, 8400], 300, {}),
        ("half", [100, 1000], 500, {}), ("all", [100, 1000], 1000, {}),
        ("unsorted", [1, 100000], 1000, {"sorted": 0}),
        ("smallest", [1, 100000], 100, {"largest": 0}), ("8-of-64", [4096, 64], 8, {})]:
        case(f"topk-{name}", "TopK", lambda c, s=shape, k=k: [c.normal(*s), ints(k)], outputs=2,
             **more)
    case("topk-axis-1", "TopK", lambda c: [c.normal(1, 100, 1000), ints(10)], outputs=2, axis=1)
    case("topk-i64", "TopK", lambda c: [c.below(1 << 40, 100, 1000), ints(10)], outputs=2)
    case("nonzero", "NonZero", lambda c: [c.below(2, 256, 1024, kind="bool")])
    case("nonzero-f32", "NonZero", lambda c: [c.normal(65536) * c.below(2, 65536, kind="f32")])
    case("compress", "Compress", lambda c: [c.normal(4096, 64), c.below(2, 4096, kind="bool")],
         axis=0)
    case("unique", "Unique", lambda c: [c.below(1000, 65536)])
    case("unique-all", "Unique", lambda c: [c.normal(16384)], outputs=4)
    for name, n, classes, most in [("2000", 2000, 1, 200), ("8400", 8400, 1, 300),
                                   ("classes", 1000, 20, 100)]:
        case(f"nms-{name}", "NonMaxSuppression", lambda c, v=(n, classes, most): [
            boxes(c, v[0]), c.random.random((1, v[1], v[0]), np.float32), ints(v[2]),
            K(np.array([0.5], np.float32)), K(np.array([0.25], np.float32))])


def boxes(c, n):
    corner = c.random.uniform(0, 600, (1, n, 2))
    size = c.random.uniform(10, 120, (1, n, 2))
    return np.concatenate([corner, corner + size], 2).astype(np.float32)


def products():
    for name, a, b in [("batched", [12, 128, 64], [12, 64, 128]), ("small", [64, 8, 8], [64, 8, 8]),
                       ("vector", [1024], [1024, 1024]), ("matrix-vector", [1024, 1024], [1024]),
                       ("column", [512, 512], [512, 1]), ("shared", [8, 64, 256], [256, 256]),
                       ("one-row", [1, 2048], [2048, 512]), ("outer", [512, 1], [1, 512]),
                       ("narrow", [4096, 16], [16, 16])]:
        case(f"matmul-{name}", "MatMul", lambda c, a=a, b=b: [c.normal(*a), c.normal(*b)])
    case("matmul-f64", "MatMul", lambda c: [c.normal(256, 256, kind="f64"),
                                            c.normal(256, 256, kind="f64")])
    case("matmul-i32", "MatMul", lambda c: [c.numbers("i32", 128, 128), c.numbers("i32", 128, 128)])
    case("matmul-i64", "MatMul", lambda c: [c.numbers("i64", 128, 128), c.numbers("i64", 128, 128)])
    case("matmul-f16", "MatMul", lambda c: [c.normal(256, 256, kind="f16"),
                                            c.normal(256, 256, kind="f16")])
    case("matmul-integer", "MatMulInteger", lambda c: [
        c.below(255, 128, 768, kind="u8"), K(c.below(127, 768, 768, kind="i8", low=-127)),
        K(np.array(128, np.uint8)), K(np.array(0, np.int8))])
    case("matmul-nbits", "MatMulNBits", lambda c: [
        c.normal(1, 1024), K(c.below(255, 1024, 32, 16, kind="u8")),
        K(abs(c.normal(1024 * 32, scale=0.01)))], domain="com.microsoft", K=1024, N=1024, bits=4,
        block_size=32)
    case("matmul-nbits-64", "MatMulNBits", lambda c: [
        c.normal(64, 1024), K(c.below(255, 1024, 32, 16, kind="u8")),
        K(abs(c.normal(1024 * 32, scale=0.01)))], domain="com.microsoft", K=1024, N=1024, bits=4,
        block_size=32)
    case("gemm", "Gemm", lambda c: [c.normal(64, 512), K(c.normal(512, 512)), K(c.normal(512))],
         transB=1)
    case("gemm-both", "Gemm", lambda c: [c.normal(256, 256), c.normal(256, 256), c.normal(256, 1)],
         transA=1, alpha=0.5, beta=2.0)
    for name, equation, shapes in [
        ("heads", "bqhd,bkhd->bhqk", ([1, 128, 12, 64], [1, 128, 12, 64])),
        ("bilinear", "bi,ijk,bk->bj", ([32, 64], [64, 32, 64], [32, 64])),
        ("diagonal", "bii->bi", ([16, 128, 128],)), ("sum", "bij->j", ([16, 128, 128],)),
        ("outer", "bi,bj->bij", ([16, 128], [16, 128]))]:
        case(f"einsum-{name}", "Einsum", lambda c, s=shapes: [c.normal(*shape) for shape in s],
             equation=equation)
    case("det", "Det", lambda c: [c.normal(64, 16, 16)])


def convolutions():
    for name, x, w, more in [
        ("1x1", [1, 256, 28, 28], [128, 256, 1, 1], {}),
        ("3x3", [1, 64, 56, 56], [64, 64, 3, 3], {"pads": [1] * 4}),
        ("3x3-stride-2", [1, 64, 56, 56], [128, 64, 3, 3], {"pads": [1] * 4, "strides": [2, 2]}),
        ("5x5", [1, 32, 32, 32], [32, 32, 5, 5], {"pads": [2] * 4}),
        ("7x7-first", [1, 3, 112, 112], [64, 3, 7, 7], {"pads": [3] * 4, "strides": [2, 2]}),
        ("dilated", [1, 64, 32, 32], [64, 64, 3, 3], {"pads": [2] * 4, "dilations": [2, 2]}),
        ("grouped", [1, 128, 28, 28], [128, 4, 3, 3], {"pads": [1] * 4, "group": 32}),
        ("grouped-4", [1, 128, 28, 28], [128, 32, 3, 3], {"pads": [1] * 4, "group": 4}),
        ("depthwise", [1, 128, 56, 56], [128, 1, 3, 3], {"pads": [1] * 4, "group": 128}),
        ("depthwise-5x5", [1, 96, 28, 28], [96, 1, 5, 5], {"pads": [2] * 4, "group": 96}),
        ("depthwise-7x7", [1, 96, 28, 28], [96, 1, 7, 7], {"pads": [3] * 4, "group": 96}),
        ("1d", [1, 64, 1000], [64, 64, 3], {"pads": [1, 1]}),
        ("1d-first", [1, 1, 16000], [64, 1, 10], {"strides": [5]}),
        ("1d-depthwise", [1, 256, 400], [256, 1, 31], {"pads": [15, 15], "group": 256}),
        ("1d-dilated", [1, 64, 1000], [64, 64, 3], {"pads": [4, 4], "dilations": [4]}),
        ("3d", [1, 16, 16, 32, 32], [32, 16, 3, 3, 3], {"pads": [1] * 6}),
        ("3d-first", [1, 3, 8, 56, 56], [32, 3, 3, 7, 7],
         {"pads": [1, 3, 3, 1, 3, 3], "strides": [1, 2, 2]})]:
        case(f"conv-{name}", "Conv", lambda c, x=x, w=w: [
            c.normal(*x), K(c.normal(*w, scale=0.1)), K(c.normal(w[0]))], **more)
    case("conv-weights-vary", "Conv", lambda c: [c.normal(1, 64, 28, 28), c.normal(64, 64, 3, 3)],
         pads=[1] * 4)
    for name, x, w, more in [
        ("2x2", [1, 64, 32, 32], [64, 32, 2, 2], {"strides": [2, 2]}),
        ("4x4", [1, 64, 32, 32], [64, 32, 4, 4], {"strides": [2, 2], "pads": [1] * 4}),
        ("3x3", [1, 64, 32, 32], [64, 64, 3, 3], {"pads": [1] * 4}),
        ("1d", [1, 64, 256], [64, 32, 16], {"strides": [8], "pads": [4, 4]}),
        ("depthwise", [1, 64, 32, 32], [64, 1, 4, 4],
         {"strides": [2, 2], "pads": [1] * 4, "group": 64})]:
        case(f"conv-transpose-{name}", "ConvTranspose", lambda c, x=x, w=w: [
            c.normal(*x), K(c.normal(*w, scale=0.1))], **more)
    case("conv-integer", "ConvInteger", lambda c: [
        c.below(255, 1, 64, 28, 28, kind="u8"), K(c.below(127, 64, 64, 3, 3, kind="u8")),
        K(np.array(128, np.uint8)), K(np.array(64, np.uint8))], pads=[1] * 4)
    case("deform-conv", "DeformConv", lambda c: [
        c.normal(1, 32, 28, 28), K(c.normal(32, 32, 3, 3)), c.normal(1, 18, 28, 28)], pads=[1] * 4)


def recurrent():
    for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        for batch in (1, 8):
            case(f"{op.lower()}-batch-{batch}", op, lambda c, g=gates, b=batch: [
                c.normal(50, b, 128), K(c.normal(1, g * 128, 128, scale=0.1)),
                K(c.normal(1, g * 128, 128, scale=0.1)), K(c.normal(1, 2 * g * 128, scale=0.1))],
                hidden_size=128)
    case("lstm-both-ways", "LSTM", lambda c: [
        c.normal(50, 1, 128), K(c.normal(2, 512, 128, scale=0.1)),
        K(c.normal(2, 512, 128, scale=0.1)), K(c.normal(2, 1024, scale=0.1))], hidden_size=128,
        direction="bidirectional")
    for name, tokens, keys in (("prompt", 128, 128), ("long", 512, 512), ("one-token", 1, 512)):
        case(f"attention-{name}", "Attention", lambda c, t=tokens, k=keys: [
            c.normal(1, 12, t, 64), c.normal(1, 12, k, 64), c.normal(1, 12, k, 64)], opset=23)
    case("attention-causal", "Attention", lambda c: [c.normal(1, 12, 128, 64) for _ in range(3)],
         opset=23, is_causal=1)
    case("attention-groups", "Attention", lambda c: [
        c.normal(1, 16, 128, 64), c.normal(1, 4, 128, 64), c.normal(1, 4, 128, 64)], opset=23)
    case("rotary-embedding", "RotaryEmbedding", lambda c: [
        c.normal(1, 12, 128, 64), K(c.normal(1, 128, 32)), K(c.normal(1, 128, 32))], opset=23)


def quantisation():
    x = lambda c: c.normal(256, 1024)
    one, zero = scalar(0.02), K(np.array(128, np.uint8))
    case("quantize", "QuantizeLinear", lambda c: [x(c), one, zero])
    case("quantize-i8", "QuantizeLinear", lambda c: [x(c), one, K(np.array(0, np.int8))])
    case("quantize-axis-1", "QuantizeLinear", lambda c: [
        c.normal(1, 64, 56, 56), K(abs(c.normal(64)) + 0.01), K(c.below(255, 64, kind="u8"))],
        axis=1)
    case("dequantize", "DequantizeLinear", lambda c: [c.below(255, 256, 1024, kind="u8"), one,
                                                      zero])
    case("dequantize-axis-0", "DequantizeLinear", lambda c: [
        c.below(127, 256, 1024, kind="i8"), K(abs(c.normal(256)))], axis=0)
    case("dequantize-i32", "DequantizeLinear", lambda c: [c.below(9999, 65536, kind="i32"), one])
    case("dynamic-quantize", "DynamicQuantizeLinear", lambda c: [x(c)], outputs=3)
    case("qlinear-conv", "QLinearConv", lambda c: [
        c.below(255, 1, 64, 28, 28, kind="u8"), one, zero,
        K(c.below(127, 64, 64, 3, 3, kind="i8", low=-127)), scalar(0.01), K(np.array(0, np.int8)),
        scalar(0.5), zero], pads=[1] * 4)
    case("qlinear-matmul", "QLinearMatMul", lambda c: [
        c.below(255, 128, 256, kind="u8"), one, zero,
        K(c.below(127, 256, 256, kind="i8", low=-127)), scalar(0.01), K(np.array(0, np.int8)),
        scalar(0.5), zero])


def signals():
    for n in (512, 400):
        case(f"dft-{n}", "DFT", lambda c, n=n: [c.normal(64, n, 1)], opset=20)
    case("dft-inverse", "DFT", lambda c: [c.normal(64, 512, 2)], opset=20, inverse=1)
    case("dft-onesided", "DFT", lambda c: [c.normal(64, 512, 1)], opset=20, onesided=1)
    case("stft", "STFT", lambda c: [c.normal(1, 16000, 1), scalar(160, np.int64),
                                    K(np.hanning(400).astype(np.float32)),
                                    scalar(400, np.int64)])
    case("stft-512", "STFT", lambda c: [c.normal(1, 16000, 1), scalar(128, np.int64),
                                        K(np.hanning(512).astype(np.float32)),
                                        scalar(512, np.int64)])
    case("mel-weights", "MelWeightMatrix", lambda c: [
        np.array(80), np.array(400), np.array(16000), np.array(0, np.float32),
        np.array(8000, np.float32)])


def trees():
    for rows in (1, 1000):
        case(f"tree-regressor-{rows}", "TreeEnsembleRegressor",
             lambda c, n=rows: [c.normal(n, 20)], domain="ai.onnx.ml", **forest(100, 6))
    case("tree-classifier", "TreeEnsembleClassifier", lambda c: [c.normal(100, 20)], outputs=2,
         domain="ai.onnx.ml", **classes_of(forest(100, 6)))
    case("linear-classifier", "LinearClassifier", lambda c: [c.normal(1000, 20)], outputs=2,
         domain="ai.onnx.ml", coefficients=np.linspace(-1, 1, 60).tolist(),
         intercepts=[0.0, 0.1, 0.2], classlabels_ints=[0, 1, 2], post_transform="SOFTMAX")
    case("scaler", "Scaler", lambda c: [c.normal(1000, 20)], domain="ai.onnx.ml",
         offset=[0.5] * 20, scale=[2.0] * 20)


def forest(trees, depth):
    """Complete trees: node i has the children 2 i + 1 and 2 i + 2, the leaves are last."""
    random, inner = np.random.default_rng(5), 2 ** depth - 1
    per_tree, leaves = 2 * inner + 1, range(inner, 2 * inner + 1)
    nodes = [i for _ in range(trees) for i in range(per_tree)]
    branch = [i < inner for i in nodes]
    return {
        "nodes_treeids": np.repeat(np.arange(trees), per_tree).tolist(), "nodes_nodeids": nodes,
        "nodes_modes": ["BRANCH_LEQ" if b else "LEAF" for b in branch],
        "nodes_featureids": random.integers(0, 20, len(nodes)).tolist(),
        "nodes_values": random.standard_normal(len(nodes)).tolist(),
        "nodes_truenodeids": [2 * i + 1 if b else 0 for i, b in zip(nodes, branch)],
        "nodes_falsenodeids": [2 * i + 2 if b else 0 for i, b in zip(nodes, branch)],
        "target_treeids": [t for t in range(trees) for _ in leaves],
        "target_nodeids": [i for _ in range(trees) for i in leaves],
        "target_ids": [0] * trees * len(leaves),
        "target_weights": random.standard_normal(trees * len(leaves)).tolist(), "n_targets": 1}


def classes_of(attributes):
    """The leaves of a forest of regression vote for one of five classes."""
    attributes.pop("n_targets")
    for key in ("treeids", "nodeids", "ids", "weights"):
        attributes["class_" + key] = attributes.pop("target_" + key)
    attributes["class_ids"] = [i % 5 for i in range(len(attributes["class_ids"]))]
    return attributes | {"classlabels_int64s": list(range(5)), "post_transform": "SOFTMAX"}


def normalisations():
    case("softmax-last", "Softmax", lambda c: [c.normal(1024, 1000)])
    case("softmax-1", "Softmax", lambda c: [c.normal(1, 21, 64, 64)], axis=1)
    case("log-softmax", "LogSoftmax", lambda c: [c.normal(256, 1000)])
    case("hardmax", "Hardmax", lambda c: [c.normal(256, 1000)])
    case("layer-normalization", "LayerNormalization", lambda c: [
        c.normal(128, 768), K(c.normal(768)), K(c.normal(768))])
    case("rms-normalization", "RMSNormalization", lambda c: [c.normal(128, 768), K(c.normal(768))],
         opset=23)
    case("batch-normalization", "BatchNormalization", lambda c: [
        c.normal(1, 64, 56, 56), *(K(abs(c.normal(64))) for _ in range(4))])
    case("instance-normalization", "InstanceNormalization", lambda c: [
        c.normal(1, 64, 56, 56), K(c.normal(64)), K(c.normal(64))])
    case("group-normalization", "GroupNormalization", lambda c: [
        c.normal(1, 64, 56, 56), K(c.normal(64)), K(c.normal(64))], num_groups=8)
    case("mean-variance", "MeanVarianceNormalization", lambda c: [c.normal(4, 32, 28, 28)])
    case("lp-normalization", "LpNormalization", lambda c: [c.normal(256, 512)])
    case("lrn", "LRN", lambda c: [c.normal(1, 64, 28, 28)], size=5)


def windows():
    for op in ("MaxPool", "AveragePool"):
        case(f"{op.lower()}-3x3", op, lambda c: [c.normal(1, 64, 56, 56)], kernel_shape=[3, 3],
             strides=[2, 2], pads=[1] * 4)
    case("maxpool-indices", "MaxPool", lambda c: [c.normal(1, 64, 56, 56)], outputs=2,
         kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    case("maxpool-1d", "MaxPool", lambda c: [c.normal(1, 64, 4000)], kernel_shape=[4], strides=[4])
    case("global-average-pool", "GlobalAveragePool", lambda c: [c.normal(1, 2048, 7, 7)])
    case("global-max-pool", "GlobalMaxPool", lambda c: [c.normal(1, 512, 14, 14)])
    for mode in ("nearest", "linear", "cubic"):
        case(f"resize-{mode}", "Resize", lambda c: [
            c.normal(1, 32, 64, 64), None, K(np.array([1, 1, 2, 2], np.float32))], mode=mode)
    case("resize-u8", "Resize", lambda c: [
        c.below(255, 1, 3, 160, 160, kind="u8"), None, K(np.array([1, 1, 2, 2], np.float32))],
        mode="linear")
    case("resize-nearest-small", "Resize", lambda c: [
        c.normal(1, 512, 7, 7), None, K(np.array([1, 1, 2, 2], np.float32))], mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    case("max-roi-pool", "MaxRoiPool", lambda c: [
        c.normal(1, 64, 50, 50), np.concatenate([np.zeros((50, 1), np.float32), boxes(c, 50)[0]], 1)],
        pooled_shape=[7, 7], spatial_scale=0.0625)
    case("roi-align", "RoiAlign", lambda c: [
        c.normal(1, 64, 50, 50), boxes(c, 50)[0], np.zeros(50, np.int64)], output_height=7,
        output_width=7, sampling_ratio=2, spatial_scale=0.0625)


for group in (elementwise, unary, moves, reductions, products, convolutions, recurrent,
              quantisation, signals, trees, normalisations, windows):
    group()
