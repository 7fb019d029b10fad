# SPDX-License-Identifier: MIT
"""What the graphs of random_graph.py are made of: each function adds a node, or several that a pass
knows together, and raises Skip where it cannot."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from random_graph import Skip, code, fits

MAKERS = []
INTS = (np.int32, np.int64)
ANY = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL,
       TensorProto.UINT8, TensorProto.INT8)


def often(times):
    """How many chances among all makers it has."""
    def keep(maker):
        MAKERS.extend([maker] * times)
        return maker
    return keep


def ints(*values):
    return np.array(values, np.int64)


def integers(g):
    return g.find(lambda v: v.dtype in INTS, lambda: g.input(dtype=g.pick(*INTS)))


def others(g):
    """Numbers that are not float32."""
    return g.find(lambda v: v.dtype in (*INTS, np.float64), lambda: g.input(dtype=g.pick(*INTS, np.float64)))


def booleans(g):
    return g.find(lambda v: v.dtype == bool, lambda: g.input(dtype=bool))


def anything(g, least=0):
    return g.find(lambda v: v.ndim >= least)


def need(truth):
    if not truth:
        raise Skip


# ------------------------------------------------------------------ elementwise

SIMPLE = "Abs", "Neg", "Relu", "Ceil", "Floor", "Round", "Sign"
SMOOTH = ("Erf", "Exp", "HardSwish", "Mish", "Sigmoid", "Softplus", "Softsign", "Sqrt", "Tanh", "Log", "Reciprocal",
          "Cos", "Sin", "Atan", "Identity", "Elu", "Selu", "Celu", "LeakyRelu", "HardSigmoid", "ThresholdedRelu",
          "Gelu")


@often(6)
def unary(g):
    x = g.floats()
    if g.chance(.35):
        op = g.pick(*SIMPLE)
        if op in SIMPLE[3:]:
            g.need_exact(x)
        return g.node(op, [x], exact=True)
    op, attributes = g.pick(*SMOOTH), {}
    if op in ("Elu", "Celu", "LeakyRelu", "ThresholdedRelu") and g.chance(.7):
        attributes["alpha"] = g.pick(.25, .75, 1.5, 2.)
    if op == "HardSigmoid":
        attributes = {"alpha": g.pick(.25, 1 / 6), "beta": g.pick(.5, .25)}
    if op == "Gelu":
        need(g.opset >= 20)
        attributes["approximate"] = g.pick("none", "tanh")
    if op == "ThresholdedRelu":
        g.need_exact(x)
    return g.node(op, [x], exact=op in ("Identity", "LeakyRelu"), **attributes)


@often(8)
def binary(g):
    x = g.floats() if g.chance(.75) else others(g)
    y, floats = g.other(x), g.values[x].dtype.kind == "f"
    op = g.pick("Add", "Mul", "Sub", "Div", "Add", "Mul", "Max", "Min", "Pow", "PRelu", "Sum", "Mean", "Mod")
    if op in ("Sum", "Mean") and g.chance(.5):
        return g.node(op, [x, y, x], exact=True)
    inputs = [x, y] if op == "PRelu" or g.chance(.6) else [y, x]
    need(op != "PRelu" or np.broadcast_shapes(g.shape(x), g.shape(y)) == g.values[x].shape)
    if op == "Pow":
        power = g.pick(2, 3, .5, 1, 0, -1, -.5) if floats else 2
        inputs = [x, g.constant(np.array(power, g.values[x].dtype))]
    if op in ("Mod", "Div") and not floats:
        need((g.values[inputs[1]] != 0).all())
    if op == "Mod":
        g.need_exact(*inputs)
        return g.node(op, inputs, fmod=1 if floats else g.pick(0, 1))
    return g.node(op, inputs, exact=op not in ("Div", "Pow"))


@often(2)
def compare(g):
    x = g.find(lambda v: v.dtype.kind in "fi")
    y = g.other(x)
    g.need_exact(x, y)
    return g.node(g.pick("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"), [x, y], exact=True)


@often(3)
def where(g):
    condition, x = booleans(g), g.floats()
    need(fits(g.shape(condition), g.shape(x)))
    y = g.other(x)
    return g.node("Where", [condition, x, y] if g.chance(.5) else [condition, y, x], exact=True)


@often(1)
def logic(g):
    x = booleans(g)
    if g.chance(.4):
        return g.node("Not", [x], exact=True)
    return g.node(g.pick("And", "Or", "Xor"), [x, g.other(x)], exact=True)


@often(3)
def cast(g):
    x, to = anything(g), g.pick(TensorProto.FLOAT, *ANY)
    if g.values[x].dtype.kind == "f" and to not in (TensorProto.FLOAT, TensorProto.DOUBLE):
        g.need_exact(x)
        need(np.isfinite(g.values[x]).all() and (to != TensorProto.UINT8 or (g.values[x] >= 0).all()))
        need(np.abs(g.values[x]).max(initial=0) < (100 if to in (TensorProto.UINT8, TensorProto.INT8) else 2 ** 30))
    return g.node("Cast", [x], exact=True, to=to)


@often(3)
def clip(g):
    x = g.floats()
    low = g.constant(np.float32(g.pick(-1, 0, .5, 3))) if g.chance(.8) else ""
    high = g.constant(np.float32(g.pick(6, 1, .25, 0))) if g.chance(.8) else ""
    return g.node("Clip", [x, low, high] if high else [x, low] if low else [x], exact=True)


# ------------------------------------------------------------------- reductions

@often(5)
def reduction(g):
    x = g.floats() if g.chance(.85) else others(g)
    op = "Reduce" + g.pick("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")
    need(op != "ReduceMean" or 0 not in g.shape(x))
    need("Log" not in op or g.values[x].dtype == np.float32)
    attributes, inputs, kind = {"keepdims": g.pick(0, 1)}, [x], g.random.random()
    if kind < .75:
        inputs.append(g.constant(g.axes(x)))
    elif kind < .85:
        inputs.append(g.constant(ints()))
    if kind > .75:
        attributes["noop_with_empty_axes"] = g.pick(0, 1)
    return g.node(op, inputs, exact=op[6:] in ("Max", "Min", "Sum", "L1"), **attributes)


@often(2)
def choice(g):
    x = g.floats(least=1)
    need(g.shape(x))
    g.need_exact(x)
    need(not np.isnan(g.values[x]).any())
    axis = g.axis(x)
    op = g.pick("ArgMax", "ArgMin", "Hardmax", "TopK")
    if op == "Hardmax":
        return g.node(op, [x], axis=axis, exact=True)
    if op == "TopK":
        k = g.constant(ints(g.number(0, g.shape(x)[axis] + 1)))
        return g.node(op, [x, k], count=2, exact=True, axis=axis, largest=g.pick(0, 1), sorted=1)
    return g.node(op, [x], exact=True, axis=axis, keepdims=g.pick(0, 1), select_last_index=g.pick(0, 0, 1))


@often(3)
def softmax(g):
    x = g.floats(least=1)
    return g.node(g.pick("Softmax", "Softmax", "LogSoftmax"), [x], axis=g.axis(x))


@often(1)
def running_sum(g):
    x = g.floats(least=1)
    need(g.shape(x))
    return g.node("CumSum", [x, g.constant(np.array(g.axis(x), np.int64))], exact=True, exclusive=g.pick(0, 1),
                  reverse=g.pick(0, 1))


# ------------------------------------------------------------------------ moves

@often(6)
def transpose(g):
    x = anything(g, 1)
    order = [int(i) for i in g.random.permutation(g.values[x].ndim)]
    return g.node("Transpose", [x], exact=True, perm=None if g.chance(.1) else order)


def factors(g, n):
    dims = []
    while n > 1 and g.chance(.8):
        dims.append(g.pick(*[i for i in range(2, n + 1) if n % i == 0]))
        n //= dims[-1]
    return dims + [n] if n > 1 or not dims else dims


@often(6)
def reshape(g):
    x = anything(g)
    shape, count = g.shape(x), g.values[x].size
    if count == 0:
        dims = [int(d) for d in g.random.permutation(shape)]
    else:
        dims = factors(g, count) if g.chance(.6) else list(shape)
        if dims == shape and len(shape) > 1:
            i = g.number(0, len(shape) - 1)
            dims[i:i + 2] = [shape[i] * shape[i + 1]]
        if g.chance(.3):
            dims.insert(g.number(0, len(dims) + 1), 1)
        if dims and g.chance(.4):
            dims[g.number(0, len(dims))] = -1
        dims = [0 if i < len(shape) and d == shape[i] and g.chance(.4) else d for i, d in enumerate(dims)]
    return g.node("Reshape", [x, g.constant(ints(*dims))], exact=True, allowzero=None if count else 1)


@often(3)
def squeeze(g):
    x = anything(g)
    shape, more = g.shape(x), g.pick(1, 1, 2)
    if g.chance(.5):
        ones = [i - len(shape) if g.chance(.3) else i for i, d in enumerate(shape) if d == 1 and g.chance(.8)]
        need(ones)
        return g.node("Squeeze", [x] if g.chance(.2) else [x, g.constant(ints(*ones))], exact=True)
    rank = len(shape) + more
    need(rank < 7)
    axes = [i - rank if g.chance(.3) else i for i in g.random.permutation(rank)[:more]]
    return g.node("Unsqueeze", [x, g.constant(ints(*axes))], exact=True)


@often(1)
def flatten(g):
    x = anything(g)
    rank = g.values[x].ndim
    return g.node("Flatten", [x], exact=True, axis=g.number(-rank, rank + 1))


@often(2)
def expand(g):
    x = g.find(lambda v: v.size < 300)
    dims = [g.pick(2, 3) if d == 1 and g.chance(.6) else d if g.chance(.6) else 1 for d in g.shape(x)]
    dims = [g.pick(1, 2)] + dims if g.chance(.3) else dims
    return g.node("Expand", [x, g.constant(ints(*dims))], exact=True)


@often(4)
def concat(g):
    x = anything(g, 1)
    axis, shape, dtype, parts = g.axis(x), g.shape(x), g.values[x].dtype, [x]
    need(shape)
    for _ in range(g.pick(1, 1, 2)):
        dims = list(shape)
        dims[axis] = g.pick(1, 2, 3, 0) if g.chance(.3) else g.pick(1, 2, 5)
        good = [n for n in g.order if g.values[n].dtype == dtype and len(g.shape(n)) == len(shape) and all(
            a == b for i, (a, b) in enumerate(zip(g.shape(n), shape)) if i != axis % len(shape))]
        parts.append(g.pick(*good) if good and g.chance(.6) else g.pick(g.weight, g.input)(dims, dtype))
    return g.node("Concat", [parts[i] for i in g.random.permutation(len(parts))], exact=True, axis=axis)


@often(3)
def split(g):
    x = g.find(lambda v: max(v.shape, default=0) > 1)
    need(g.shape(x))
    axis = g.axis(x)
    size = g.shape(x)[axis]
    need(size > 1)
    parts = g.pick(2, 2, 3) if size > 2 else 2
    if g.chance(.4):
        return g.node("Split", [x], count=parts, exact=True, axis=axis, num_outputs=parts)
    cuts = [0, *np.sort(g.random.integers(0, size + 1, parts - 1)), size]
    return g.node("Split", [x, g.constant(ints(*np.diff(cuts)))], count=parts, exact=True, axis=axis)


@often(4)
def slice_(g):
    x = anything(g, 1)
    rank, ends = g.values[x].ndim, []
    need(rank)
    axes = [int(a) for a in g.random.permutation(rank)[:g.number(1, rank + 1)]]
    for size in (g.shape(x)[a] for a in axes):
        step = g.pick(1, 1, 1, 2, 3, -1, -2)
        start, end = g.number(-size - 1, size + 2), g.number(-size - 1, size + 3)
        if g.chance(.4):
            start, end = (0, 2 ** 31 - 1) if step > 0 else (-1, -2 ** 31)
        if g.chance(.1):
            end = 2 ** 63 - 1 if step > 0 else -2 ** 63
        ends.append((start, end, step))
    starts, stops, steps = zip(*ends)
    inputs = [x, *(g.constant(ints(*e)) for e in (starts, stops, [a - rank if g.chance(.3) else a for a in axes]))]
    if any(s != 1 for s in steps) or g.chance(.8):
        inputs.append(g.constant(ints(*steps)))
    return g.node("Slice", inputs, exact=True)


@often(2)
def pad(g):
    x = g.find(lambda v: v.ndim >= 1 and v.dtype in (np.float32, *INTS))
    rank, mode = g.values[x].ndim, g.pick("constant", "constant", "edge", "reflect", "wrap")
    need(mode != "wrap" or g.opset >= 19)
    some, low, high = g.chance(.4) and rank > 0, [], []
    axes = [int(a) for a in g.random.permutation(rank)[:g.number(1, rank + 1)]] if some else range(rank)
    for size in (g.shape(x)[a] for a in axes):
        most = min(3, {"constant": 3, "reflect": max(0, size - 1)}.get(mode, size))
        low.append(-1 if mode == "constant" and size > 2 and g.chance(.2) else g.number(0, most + 1))
        high.append(g.number(0, most + 1))
    value = g.constant(np.array(g.pick(0, 1.5, -2), g.values[x].dtype)) if mode == "constant" and g.chance(.7) else ""
    inputs = [x, g.constant(ints(*low, *high)), value]
    if some:
        inputs.append(g.constant(ints(*[a - rank if g.chance(.3) else a for a in axes])))
    return g.node("Pad", inputs if some or value else inputs[:2], exact=True, mode=mode)


@often(2)
def tile(g):
    x = g.find(lambda v: v.ndim and v.size < 300)
    return g.node("Tile", [x, g.constant(ints(*g.random.integers(1, 4, g.values[x].ndim)))], exact=True)


@often(3)
def gather(g):
    x = g.find(lambda v: v.ndim and v.size)
    need(g.values[x].ndim and g.values[x].size)
    axis, op = g.axis(x), g.pick("Gather", "Gather", "GatherElements")
    size, dims = g.shape(x)[axis], g.pick((), (1,), (3,), (2, 2), (0,))
    if op == "GatherElements":
        dims = [g.number(1, d + 1) for d in g.shape(x)]
        dims[axis] = g.pick(1, 2, 4)
    index = np.asarray(g.random.integers(-size, size, dims)).astype(g.pick(*INTS))
    return g.node(op, [x, g.constant(index)], exact=True, axis=axis)


@often(1)
def gather_nd(g):
    x = g.find(lambda v: v.ndim and v.size)
    shape, rank = g.shape(x), g.values[x].ndim
    need(g.values[x].size and rank)
    batch = g.number(0, rank) if rank > 1 and g.chance(.3) else 0
    lead = shape[:batch] + [int(d) for d in g.random.integers(1, 4, g.pick(0, 1, 2))]
    index = [g.random.integers(-shape[batch + j], shape[batch + j], lead) for j in range(g.number(1, rank - batch + 1))]
    return g.node("GatherND", [x, g.constant(np.stack(index, -1).astype(np.int64))], exact=True, batch_dims=batch)


@often(2)
def scatter(g):
    x = g.find(lambda v: v.ndim and v.size and v.dtype == np.float32)
    shape, rank = g.shape(x), g.values[x].ndim
    need(rank and g.values[x].size and g.values[x].dtype == np.float32)
    how = g.pick("none", "none", "add", "mul", "max", "min")
    exact = how in ("none", "max", "min")
    if g.chance(.5):
        axis, dims = g.axis(x), [g.number(1, d + 1) for d in shape]
        if how == "none":  # no index twice
            index = np.argsort(g.random.random(shape), axis=axis)[tuple(slice(0, d) for d in dims)]
        else:
            index = g.random.integers(-shape[axis], shape[axis], dims)
        return g.node("ScatterElements", [x, g.constant(index.astype(np.int64)), g.weight(dims)], exact=exact,
                      axis=axis, reduction=how)
    deep, count = g.number(1, rank + 1), g.number(1, 4)
    places = int(np.prod(shape[:deep]))
    flat = g.random.permutation(places)[:count] if how == "none" else g.random.integers(0, places, count)
    index = np.stack(np.unravel_index(flat, shape[:deep]), -1).astype(np.int64)
    return g.node("ScatterND", [x, g.constant(index), g.weight([len(flat)] + shape[deep:])], exact=exact, reduction=how)


@often(1)
def depth(g):
    x = g.floats(rank=4)
    if g.chance(.5):
        need(g.shape(x)[1] % 4 == 0)
        return g.node("DepthToSpace", [x], exact=True, blocksize=2, mode=g.pick("DCR", "CRD"))
    need(not any(d % 2 for d in g.shape(x)[2:]))
    return g.node("SpaceToDepth", [x], exact=True, blocksize=2)


@often(1)
def triangle(g):
    x = g.floats(least=2)
    more = [g.constant(np.array(g.number(-3, 4), np.int64))] if g.chance(.7) else []
    return g.node("Trilu", [x, *more], exact=True, upper=g.pick(0, 1))


@often(1)
def shape_of(g):
    x = g.floats(least=1)
    shape = g.node("Shape", [x], exact=True, start=None if g.chance(.6) else g.number(-2, 2))
    if g.chance(.5) and g.values[shape].size and np.prod(g.values[shape]) < 2000:
        value = numpy_helper.from_array(np.array([g.pick(0, 1.5)], np.float32))
        full = g.node("ConstantOfShape", [shape], exact=True, value=value)
        if g.shape(full) == g.shape(x):
            g.node("Add", [x, full], exact=True)


@often(1)
def one_hot(g):
    x = g.find(lambda v: v.dtype in INTS and v.size < 100, lambda: g.input(dtype=np.int64))
    rank = g.values[x].ndim
    return g.node("OneHot", [x, g.constant(np.array(g.pick(3, 5), np.int64)), g.constant(np.array([0, 1], np.float32))],
                  exact=True, axis=g.number(-rank - 1, rank + 1))


@often(2)
def resize(g):
    x = g.floats(rank=4)
    shape, mode = g.shape(x), g.pick("nearest", "linear", "linear", "cubic")
    need(0 not in shape)
    attributes = {"mode": mode, "coordinate_transformation_mode": g.pick(
        "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric")}
    if mode == "nearest":
        attributes["nearest_mode"] = g.pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    if mode == "cubic":
        attributes.update(exclude_outside=g.pick(0, 0, 1), cubic_coeff_a=g.pick(-.75, -.75, -.5))
    if mode != "nearest" and attributes["coordinate_transformation_mode"] != "align_corners" and g.chance(.3):
        attributes["antialias"] = 1
    # ONNX Runtime's corners and its symmetry are those of whole sizes.
    whole = attributes["coordinate_transformation_mode"] in ("align_corners", "half_pixel_symmetric")
    if not whole and g.chance(.5):
        scales = [1, 1, g.pick(.5, 2, 1.5, 3, 1, .75), g.pick(.5, 2, 1.5, 3, 1, .75)]
        return g.node("Resize", [x, "", g.constant(np.array(scales, np.float32), wide=True)], **attributes)
    sizes = ints(*shape[:2], g.number(1, 12), g.number(1, 12))
    return g.node("Resize", [x, "", "", g.constant(sizes)], **attributes)


@often(1)
def sample(g):
    x = g.floats(rank=4)
    need(0 not in g.shape(x))
    grid = g.input([g.shape(x)[0], g.pick(1, 3, 7), g.pick(1, 4), 2])
    mode = g.pick("linear", "linear", "nearest", "cubic") if g.opset >= 20 else g.pick("bilinear", "nearest", "bicubic")
    if mode == "nearest":
        g.need_exact(x)
    return g.node("GridSample", [x, grid], mode=mode, padding_mode=g.pick("zeros", "border"),
                  align_corners=g.pick(0, 1))


@often(2)
def by_data(g):
    """Operators whose outputs have shapes that depend on data."""
    x = anything(g, 1)
    need(g.shape(x))
    g.need_exact(x)
    if g.chance(.5):
        places = g.node("NonZero", [x], exact=True)
        return g.node("Transpose", [places], exact=True) if g.chance(.5) else places
    axis = g.axis(x)
    kept = g.input([g.shape(x)[axis]], bool)
    return g.node("Compress", [x, kept], exact=True, axis=axis)


# --------------------------------------------------------------------- products

ACTIVATIONS = "Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "Elu"


@often(6)
def matmul(g):
    x = g.floats(least=1)
    shape, width, kind = g.shape(x), g.pick(1, 3, 8, 16, 17, 33), g.random.random()
    need(shape)
    if g.chance(.25):
        good = [n for n in g.order if g.values[n].dtype == np.float32 and len(g.shape(n)) > 1 and
                g.shape(n)[-2] == shape[-1] and fits(g.shape(n)[:-2], shape[:-2])]
        if good:
            return g.node("MatMul", [x, g.pick(*good)])
    if len(shape) > 1 and g.chance(.15):
        return g.node("MatMul", [g.weight([g.pick(1, 4, 9), shape[-2]]), x])
    if kind < .1:
        w = g.weight([shape[-1]])
    elif kind < .25:
        w = g.weight([d if g.chance(.6) else 1 for d in shape[:-2]] + [shape[-1], width])
    else:
        w = g.input([shape[-1], width]) if kind > .85 else g.weight([shape[-1], width])
    y = g.node("MatMul", [x, w])
    if g.values[y].ndim and g.chance(.5):
        bias = g.weight([g.shape(y)[-1]] if g.chance(.7) else g.shape(y)[-2:])
        y = g.node("Add", [y, bias] if g.chance(.7) else [bias, y])
    return g.node(g.pick(*ACTIVATIONS), [y]) if g.chance(.4) else y


@often(3)
def gemm(g):
    x = g.floats(rank=2)
    (m, k), a, b, n = g.shape(x), g.pick(0, 0, 1), g.pick(0, 1), g.pick(1, 3, 8, 17, 33)
    m, k = (k, m) if a else (m, k)
    inputs = [x, g.weight([n, k] if b else [k, n])]
    if g.chance(.75):
        inputs.append(g.weight(g.pick([n], [1, n], [m, n], [m, 1], [1], [])))
    attributes = {"alpha": g.pick(.5, 2.), "beta": g.pick(.5, 0., 1.)} if g.chance(.3) else {}
    y = g.node("Gemm", inputs, transA=a, transB=b, **attributes)
    return g.node(g.pick(*ACTIVATIONS), [y]) if g.chance(.4) else y


def norm_of_channels(g, x):
    channels = g.shape(x)[1]
    variance = g.constant((np.abs(g.data([channels])) + .25).astype(np.float32))
    return g.node("BatchNormalization", [x, *(g.weight([channels]) for _ in range(3)), variance],
                  epsilon=g.pick(1e-5, 1e-2))


def behind_conv(g, y):
    channels, ones = g.shape(y)[1], [1] * (g.values[y].ndim - 2)
    kind = g.random.random()
    if kind < .3:
        y = norm_of_channels(g, y)
    elif kind < .45:
        dims = g.pick([1, channels] + ones, [channels] + ones, [1], [1, 1] + ones, g.shape(y)[2:], g.shape(y)[-1:])
        y = g.node(g.pick("Mul", "Add"), [y, g.weight(dims)])
    same = [n for n in g.order if n != y and g.shape(n) == g.shape(y) and g.values[n].dtype == np.float32]
    if same and g.chance(.3):
        y = g.node(g.pick("Add", "Add", "Mul", "Sub"), [y, g.pick(*same)])
    if g.chance(.5):
        return g.node(g.pick(*ACTIVATIONS), [y])
    return g.node("Mul", [y, g.node("Sigmoid", [y])]) if g.chance(.2) else y


@often(8)
def conv(g):
    spatial = g.pick(1, 2, 2, 2, 3)
    x = g.floats(rank=spatial + 2)
    channels = g.shape(x)[1]
    need(0 not in g.shape(x)[1:])
    group = g.pick(*[d for d in range(1, channels + 1) if channels % d == 0]) if g.chance(.5) else 1
    filters, kernel = group * g.pick(1, 1, 2, 4, 8 if group < 9 else 1), [g.pick(1, 1, 2, 3, 3) for _ in range(spatial)]
    attributes, kind = {"group": group}, g.random.random()
    if g.chance(.7):
        attributes["strides"] = [g.pick(1, 1, 2) for _ in kernel]
    if g.chance(.3):
        attributes["dilations"] = [g.pick(1, 2) for _ in kernel]
    if kind < .5:
        attributes["pads"] = [g.pick(0, 1, 1, 2) for _ in kernel * 2]
    if g.chance(.15):
        if "strides" in attributes and g.chance(.3):
            attributes["output_padding"] = [g.number(0, s) for s in attributes["strides"]]
        bias = [g.weight([filters])] if g.chance(.5) else []
        return behind_conv(g, g.node("ConvTranspose", [x, g.weight([channels, filters // group] + kernel), *bias],
                                     **attributes))
    if .5 < kind < .7:
        attributes["auto_pad"] = g.pick("SAME_UPPER", "SAME_LOWER", "VALID")
        attributes.pop("dilations", None)
    bias = [g.weight([filters])] if g.chance(.5) else []
    return behind_conv(g, g.node("Conv", [x, g.weight([filters, channels // group] + kernel), *bias], **attributes))


@often(4)
def pool(g):
    spatial = g.pick(1, 2, 2, 2, 3)
    x = g.floats(rank=spatial + 2)
    need(0 not in g.shape(x))
    if g.chance(.2):
        return g.node(g.pick("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), [x])
    kernel, op = [g.pick(1, 2, 3) for _ in range(spatial)], g.pick("MaxPool", "AveragePool", "AveragePool", "LpPool")
    attributes = {"kernel_shape": kernel, "ceil_mode": g.pick(0, 0, 1)}
    if g.chance(.7):
        attributes["strides"] = [g.pick(1, 2, 3) for _ in kernel]
    if g.chance(.3) and (op != "AveragePool" or g.opset >= 19):
        attributes["dilations"] = [g.pick(1, 2) for _ in kernel]
    if g.chance(.5):
        attributes["pads"] = [g.number(0, k) for k in kernel * 2]
    elif g.chance(.3):
        attributes.update(auto_pad=g.pick("SAME_UPPER", "SAME_LOWER", "VALID"), ceil_mode=0)
        attributes.pop("dilations", None)
    if op == "AveragePool":
        attributes["count_include_pad"] = g.pick(0, 1)
    if op == "LpPool":
        attributes["p"] = g.pick(1, 2, 3)
    if op == "MaxPool" and g.chance(.2):
        g.need_exact(x)
        return g.node(op, [x], count=2, **attributes)
    return g.node(op, [x], exact=op == "MaxPool", **attributes)


@often(1)
def einsum(g):
    x = g.floats(rank=g.pick(2, 3))
    shape, width = g.shape(x), g.pick(2, 3)
    letters = "abc"[:len(shape)]
    kind = g.number(0, 3)
    if kind == 0:
        y = "".join(g.random.permutation(list(letters))[:g.number(0, len(letters) + 1)])
        return g.node("Einsum", [x], equation=f"{letters}->{y}")
    shared = letters[-1] if kind == 1 else letters[:-1]
    w = g.weight([shape[-1], width] if kind == 1 else shape[:-1] + [width])
    y = g.pick(letters[:-1] + "z", "z" + letters[:-1]) if kind == 1 else letters[-1] + "z"
    return g.node("Einsum", [x, w], equation=f"{letters},{shared}z->{g.pick(y, letters + 'z')}")


# --------------------------------------------------- what passes know together

NORMS = ("LayerNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization", "LpNormalization",
         "LRN", "MeanVarianceNormalization", "RMSNormalization", "SimplifiedLayerNormalization", "BatchNormalization")


@often(3)
def normalization(g):
    op, epsilon = g.pick(*NORMS), g.pick(1e-5, 1e-2)
    x = g.floats(least=1 if op[:2] in ("La", "RM", "Si", "Lp") else 3)
    shape, axis = g.shape(x), g.axis(x)
    need(shape and (op != "RMSNormalization" or g.opset >= 23) and (op != "GroupNormalization" or g.opset >= 21))
    if op in ("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"):
        bias = [g.weight(shape[axis:])] if op[0] == "L" and g.chance(.7) else []
        return g.node(op, [x, g.weight(shape[axis:]), *bias], axis=axis, epsilon=epsilon)
    if op == "LpNormalization":
        return g.node(op, [x], axis=axis, p=g.pick(1, 2))
    need(len(shape) > 2 and not (g.special and op == "MeanVarianceNormalization"))  # 0 / 0 of one number
    if op == "BatchNormalization":
        return norm_of_channels(g, x)
    if op == "LRN":
        return g.node(op, [x], size=g.pick(1, 3, 5), alpha=.01, bias=g.pick(1., 2.))
    if op == "MeanVarianceNormalization":
        return g.node(op, [x], axes=[int(a) for a in np.sort(g.axes(x) % len(shape))])
    groups = {"num_groups": g.pick(*[d for d in range(1, shape[1] + 1) if shape[1] % d == 0] or [1])}
    return g.node(op, [x, g.weight([shape[1]]), g.weight([shape[1]])], epsilon=epsilon,
                  **(groups if op[0] == "G" else {}))


@often(1)
def skip_normalization(g):
    x = g.floats(rank=3)
    last = g.shape(x)[-1:]
    more = [g.weight(last)] if g.chance(.5) else []
    return g.node("SkipLayerNormalization", [x, g.input(g.shape(x)), g.weight(last), g.weight(last), *more],
                  domain="com.microsoft", epsilon=g.pick(1e-5, 1e-2))


@often(3)
def parts_of_normalization(g):
    x = g.floats(least=2)
    need(np.isfinite(g.values[x]).all() and 0 not in g.shape(x))
    axes = ints(-1) if g.chance(.7) else np.sort(g.axes(x) % g.values[x].ndim)
    mean = g.node("ReduceMean", [x, g.constant(axes)], keepdims=1)
    away = g.node("Sub", [x, mean])
    squares = g.node("Pow", [away, g.constant(np.float32(2))]) if g.chance(.6) else g.node("Mul", [away, away])
    variance = g.node("ReduceMean", [squares, g.constant(axes if g.chance(.85) else ints(0))], keepdims=1)
    epsilon = np.float32(g.pick(1e-5, 1e-2)) if g.chance(.8) else np.full(g.shape(variance), .01, np.float32)
    y = g.node("Div", [away, g.node("Sqrt", [g.node("Add", [variance, g.constant(epsilon)])])])
    for op in ("Mul", "Add"):
        if g.chance(.8):
            y = g.node(op, [y, g.other(x) if g.chance(.3) else g.weight(g.shape(x)[-1:])])
    return y


@often(2)
def parts_of_gelu(g):
    x = g.floats()
    half = g.constant(np.float32(.5) if g.chance(.8) else np.full(g.pick([1], [1, 1]), .5, np.float32))
    if g.chance(.5):
        y = g.node("Erf", [g.node("Div", [x, g.constant(np.float32(g.pick(2 ** .5, 2 ** .5, 1.5)))])])
    else:
        cube = g.node("Pow", [x, g.constant(np.float32(3))])
        sum_ = g.node("Add", [x, g.node("Mul", [cube, g.constant(np.float32(.044715))])])
        y = g.node("Tanh", [g.node("Mul", [sum_, g.constant(np.float32((2 / np.pi) ** .5))])])
    y = g.node("Add", [y, g.constant(np.float32(g.pick(1, 1, 1, 1.5)))])
    if g.chance(.5):
        return g.node("Mul", [g.node("Mul", [x, y]), half])
    return g.node("Mul", [g.node("Mul", [x, half]), y])


def heads(g, batch, count, length, size):
    """Queries, keys, turned for a product, and values."""
    if g.chance(.5):
        width = count * size
        x = g.input([batch, length, width])
        dims = g.constant(ints(g.pick(0, batch), length, count, size))
        q, k, v = (g.node("Reshape", [g.node("MatMul", [x, g.weight([width, width])]), dims]) for _ in range(3))
        if g.chance(.5):
            k = g.node("Transpose", [k], perm=[0, 2, 3, 1])
        else:
            k = g.node("Transpose", [g.node("Transpose", [k], perm=[0, 2, 1, 3])], perm=[0, 1, 3, 2])
        return g.node("Transpose", [q], perm=[0, 2, 1, 3]), k, g.node("Transpose", [v], perm=[0, 2, 1, 3]), length
    keys = g.pick(length, length, 1, 5)
    k = g.input([batch, count, keys, size])
    return (g.input([batch, count, length, size]), g.node("Transpose", [k], perm=[0, 1, 3, 2]),
            g.input([batch, count, keys, size]), keys)


def masked(g, y, mask):
    kind, low = g.random.random(), np.float32(g.pick(-1e4, -3))
    if kind < .4:
        return g.node("Add", [y, g.constant((g.random.random(mask) < .5).astype(np.float32) * low)])
    if kind < .6:
        kept = g.input(mask, bool)
        return g.node("Where", [kept, y, g.constant(low)] if g.chance(.5) else [kept, g.constant(low), y])
    return g.node("Add", [y, g.input(mask)])


@often(3)
def parts_of_attention(g):
    batch, count, length, size = g.pick(1, 2), g.pick(1, 2, 4), g.pick(1, 3, 7, 17), g.pick(4, 8, 16)
    q, k, v, keys = heads(g, batch, count, length, size)
    if g.chance(.3):
        q = g.node("Mul", [q, g.constant(np.float32(size ** -.5))])
    y = g.node("MatMul", [q, k])
    if g.chance(.6):
        scale = np.float32(size ** -.5) if g.chance(.8) else np.full(
            g.pick([count, 1, 1], [length, 1], [keys], [1]), .25, np.float32)
        y = g.node("Mul", [y, g.constant(scale)]) if g.chance(.5) else g.node("Div", [y, g.constant(1 / scale)])
    if g.chance(.6):
        y = masked(g, y, g.pick([batch, 1, length, keys], [length, keys], [batch, 1, 1, keys], [keys], [count, 1, keys],
                                [1, count, length, 1], [length, 1], [batch, count, length, keys], []))
    y = g.node("MatMul", [g.node("Softmax", [y], axis=g.pick(-1, -1, -1, 3, 2)), v])
    if g.chance(.5):
        y = g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 1, 3]), g.constant(ints(0, 0, -1))])
    return y


@often(2)
def whole_attention(g):
    """MultiHeadAttention of ONNX Runtime, or Attention of ONNX."""
    batch, count, length, size = g.pick(1, 2), g.pick(1, 2, 4), g.pick(1, 3, 9, 17), g.pick(4, 8, 16)
    keys = g.pick(length, 1, 5, 20)
    q, k, v = (g.input([batch, n, count * size]) for n in (length, keys, keys))
    if g.opset >= 23 and g.chance(.5):
        mask = [g.input(g.pick([length, keys], [batch, 1, length, keys]))] if g.chance(.5) else []
        return g.node("Attention", [q, k, v, *mask], q_num_heads=count, kv_num_heads=count, is_causal=g.pick(0, 1))
    bias = g.weight([3 * count * size]) if g.chance(.5) else ""
    inputs = [q, k, v, bias, "", g.input([batch, count, length, keys])] if g.chance(.4) else [q, k, v, bias]
    return g.node("MultiHeadAttention", inputs if inputs[-1] else inputs[:3], domain="com.microsoft", num_heads=count)


@often(2)
def fused(g):
    """Operators of ONNX Runtime that are several of ONNX's."""
    x = g.floats(least=1)
    last, kind = g.shape(x)[-1:], g.pick("BiasGelu", "QuickGelu", "FastGelu", "FusedMatMul", "FusedConv", "BiasAdd")
    need(last)
    if kind in ("BiasGelu", "FastGelu"):
        bias = [g.weight(last)] if kind == "BiasGelu" or g.chance(.5) else []
        return g.node(kind, [x, *bias], domain="com.microsoft")
    if kind == "FusedMatMul":
        turned, width = g.pick(0, 1), g.pick(1, 8, 17)
        need(len(g.shape(x)) > 1)
        w = g.weight([width, *last] if turned else [*last, width])
        return g.node(kind, [x, w], domain="com.microsoft", transB=turned, alpha=g.pick(1., .5))
    if kind == "FusedConv":
        need(len(g.shape(x)) == 4 and 0 not in g.shape(x))
        filters = g.pick(1, 4, 8)
        act = g.pick("Relu", "Tanh", "Sigmoid")
        return g.node(kind, [x, g.weight([filters, g.shape(x)[1], 1, 1]), g.weight([filters])],
                      domain="com.microsoft", activation=act)
    return g.node("QuickGelu", [x], domain="com.microsoft", alpha=g.pick(1.702, 1.))


STEPS = {"LSTM": (4, ["HardSigmoid", "Tanh", "Softsign"]), "GRU": (3, ["HardSigmoid", "Softsign"]),
         "RNN": (1, ["Relu"])}


@often(1)
def recurrent(g):
    op = g.pick(*STEPS)
    gates, activations = STEPS[op]
    x = g.floats(rank=3)
    (length, batch, width), hidden, way = g.shape(x), g.pick(1, 3, 8, 17), g.pick("forward", "reverse", "bidirectional")
    need(length * batch * width)
    ways = 2 if way == "bidirectional" else 1
    inputs = [x, g.weight([ways, gates * hidden, width]), g.weight([ways, gates * hidden, hidden]),
              g.weight([ways, 2 * gates * hidden]) if g.chance(.7) else "",
              g.constant(g.random.integers(1, length + 1, batch).astype(np.int32)) if g.chance(.3) else "",
              g.weight([ways, batch, hidden]) if g.chance(.4) else ""]
    attributes = {"direction": way, "hidden_size": hidden}
    if op == "LSTM":
        inputs += [g.weight([ways, batch, hidden]) if g.chance(.4) else "",
                   g.weight([ways, 3 * hidden]) if g.chance(.3) else ""]
    if op == "GRU":
        attributes["linear_before_reset"] = g.pick(0, 1)
    if g.chance(.2):
        attributes["clip"] = .8
    if g.chance(.2):
        attributes["activations"] = activations * ways
    while inputs[-1] == "":
        inputs.pop()
    return g.node(op, inputs, count=3 if op == "LSTM" else 2, **attributes)


@often(1)
def quantized(g):
    x = g.floats(least=1)
    g.need_exact(x)
    need(g.shape(x) and np.isfinite(g.values[x]).all())
    axis, dtype = g.axis(x), g.pick(np.uint8, np.int8)
    dims = [] if g.chance(.5) else g.shape(x)[axis:][:1]
    scale = g.constant((2.0 ** g.random.integers(-5, -2, dims)).astype(np.float32))
    zero = g.constant(np.asarray(g.random.integers(0, 9, dims)).astype(dtype))
    codes = g.node("QuantizeLinear", [x, scale, zero], exact=True, axis=axis)
    return g.node("DequantizeLinear", [codes, scale, zero], exact=True, axis=axis)


# -------------------------------------------------------------------- subgraphs

@often(1)
def condition(g):
    x = g.floats()
    y, name = g.other(x), g.name()
    truth = g.constant(np.array(g.chance(.5))) if g.chance(.7) else g.input([], bool)

    def branch(label):
        out = f"{name}_{label}"
        nodes = [helper.make_node(g.pick("Add", "Mul", "Sub", "Max"), [x, y], [out + "a"]),
                 helper.make_node(g.pick("Neg", "Abs", "Relu", "Identity"), [out + "a"], [out])]
        return helper.make_graph(nodes, label, [], [helper.make_tensor_value_info(out, code(g.values[x]), None)])

    node = helper.make_node("If", [truth], [g.name()], then_branch=branch("then"), else_branch=branch("else"))
    g.add_node(node, list(dict.fromkeys([truth, x, y])))


@often(1)
def loop(g):
    x = g.find(lambda v: v.dtype == np.float32 and v.size < 500, lambda: g.input([2, 3]))
    need(g.values[x].dtype == np.float32)
    y, half = g.weight(g.shape(x)[-1:]), g.constant(np.float32(.5))
    times = g.constant(np.array(g.pick(1, 2, 3), np.int64))
    a, info = f"{g.name()}_", helper.make_tensor_value_info
    nodes = [helper.make_node("Identity", [a + "go"], [a + "on"]),
             helper.make_node("Mul", [a + "state", half], [a + "half"]),
             helper.make_node("Add", [a + "half", y], [a + "next"]),
             helper.make_node(g.pick("Neg", "Tanh", "Relu"), [a + "next"], [a + "scan"])]
    body = helper.make_graph(
        nodes, "body", [info(a + "i", TensorProto.INT64, []), info(a + "go", TensorProto.BOOL, []),
                        info(a + "state", TensorProto.FLOAT, None)],
        [info(a + "on", TensorProto.BOOL, []), info(a + "next", TensorProto.FLOAT, None),
         info(a + "scan", TensorProto.FLOAT, None)])
    node = helper.make_node("Loop", [times, "", x], [f"v{len(g.values)}", f"v{len(g.values) + 1}"], body=body)
    g.add_node(node, [times, x, y, half])
