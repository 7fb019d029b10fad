# SPDX-License-Identifier: MIT
"""A random ONNX graph that grows node by node. Each node is run by ONNX Runtime as it is added, so
that its shapes and values are known, and what ONNX Runtime refuses is not added. Beside the values
there are two others that were rounded after each node: how far they lie from the values is how
near an engine that rounds otherwise can be expected to come."""
import numpy as np
import onnxruntime as ort
from onnx import AttributeProto, TensorProto, helper, numpy_helper

import ml_dtypes

# Bits of float32 that a result has not in common with another engine's.
LOST = {"float32": 6, "float16": 13, "bfloat16": 16}
SMALLEST = {"float32": 0, "float16": 2 ** -24, "bfloat16": 0}
MORE_BY_RECURRENCE = 3, 13  # more bits, at least so many: ONNX Runtime's sigmoid and tanh are near
NARROW = {"float32": None, "float16": np.dtype(np.float16), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
LARGEST = {"float32": 1e5, "float16": 2e4, "bfloat16": 1e5}
# Of a result's largest magnitude, what each operator may round by itself.
NEAR = {"float32": 4e-6, "float16": 2 ** -9, "bfloat16": 2 ** -6}
# What is among the data of a graph: infinity times a subnormal number, which may count as 0, is not.
SPECIAL = (np.nan, -0.0, 0.0), (np.inf, -np.inf, np.nan), (1e-40, -1e-42, -0.0)
# Of these ONNX Runtime leaves NaN out, or makes a number of it, unlike numpy and PyTorch.
LOSES_NAN = {"Relu", "Max", "Min", "Clip", "ReduceMax", "ReduceMin", "MaxPool", "GlobalMaxPool", "ScatterND",
             "ScatterElements", "Hardmax", "ArgMax", "ArgMin", "TopK", "Sign", "ReduceLogSumExp"}
# Of these infinity times 0 depends on how sums are split, or infinity becomes some integer.
# Convolutions: in groups, of which lampwick computes several at once. Tanh: it is nearly 1 at infinity
# in drivers of OpenCL. MultiHeadAttention: where all scores are -infinity, as where nothing may be seen.
SPREADS = {"Resize", "GridSample", "LpNormalization", "MeanVarianceNormalization", "LRN", "LSTM", "GRU", "RNN",
           "Einsum", "Cast", "Tanh", "MultiHeadAttention"}
ORT = ort.SessionOptions()
ORT.log_severity_level = 4
ORT.intra_op_num_threads = ORT.inter_op_num_threads = 1
ORT.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
ort.set_default_logger_severity(4)


class Skip(Exception):
    """The node cannot be added; another is tried."""


def code(array):
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def fits(a, b):
    """Whether two shapes broadcast."""
    try:
        np.broadcast_shapes(a, b)
        return True
    except ValueError:
        return False


def rounded(array, lost, smallest, down):
    """float32 without its last bits, in multiples of `smallest`: to the nearest, or towards zero."""
    if array.dtype != np.float32:
        return array
    bits = np.atleast_1d(array).view(np.uint32)
    cut = (bits + np.uint32(0 if down else 1 << lost - 1)) >> np.uint32(lost) << np.uint32(lost)
    cut = cut.view(np.float32).reshape(array.shape)
    if smallest:
        cut = (np.trunc if down else np.rint)(cut / np.float32(smallest)) * np.float32(smallest)
    return np.where(np.isfinite(array), cut, array)


class Graph:
    """inputs: name -> array. values: name -> what it holds with these inputs, in float32 where the
    file has a narrow type."""

    def __init__(self, seed, kind, special):
        self.random = np.random.default_rng(seed)
        self.kind, self.narrow = kind, NARROW[kind]
        self.special = special and self.pick(*SPECIAL)
        self.opset = int(self.random.choice([22, 23] if kind == "bfloat16" else [18, 20, 21, 22, 23]))
        self.nodes, self.constants, self.inputs = [], {}, {}
        self.values, self.near, self.exact = {}, {}, {}
        self.order = []  # values that nodes may read
        self.wide = set()  # constants that are float32 in each file
        self.sessions, self.careful = [], set()

    # Choices.

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def chance(self, p):
        return self.random.random() < p

    def number(self, low, high):
        """From low to high - 1."""
        return int(self.random.integers(low, high))

    def name(self, prefix="v"):
        return f"{prefix}{len(self.values)}"

    # Values.

    def dims(self, rank=None):
        if rank is None:
            rank = int(self.random.choice(6, p=[.05, .15, .25, .25, .25, .05]))
        dims = [self.pick(1, 1, 2, 3, 4, 5, 7, 8, 16, 17, 33) for _ in range(rank)]
        while np.prod(dims) > 4000:
            dims[int(np.argmax(dims))] = self.pick(1, 2, 3)
        if rank and self.chance(.04):
            dims[self.number(0, rank)] = 0
        return dims

    def data(self, dims, dtype=np.float32):
        dtype = np.dtype(dtype)
        if dtype == bool:
            return self.random.random(dims) < .5
        if dtype.kind in "iu":
            return np.asarray(self.random.integers(0 if dtype.kind == "u" else -6, 9, dims)).astype(dtype)
        array = np.asarray(np.round(self.random.uniform(-3, 3, dims) * 8) / 8).astype(dtype)
        return array

    def sample(self, dims, dtype=np.float32):
        """Data of an input, with what is special about some graphs."""
        array = self.data(dims, dtype)
        if self.special and array.dtype == np.float32 and array.size and self.chance(.6):
            for _ in range(3):
                array.ravel()[self.number(0, array.size)] = self.pick(*self.special)
        return array

    def add(self, name, array):
        self.values[name], self.near[name], self.exact[name] = array, [array, array], True
        return name

    def constant(self, array, wide=False):
        """One that belongs to an operator, such as a shape; wide: in float32 whatever the file is."""
        array, name = np.asarray(array), self.name("c")
        if array.dtype == np.float32 and not wide:
            array = self.cast(array).astype(np.float32)
        if wide:
            self.wide.add(name)
        (self.inputs if self.chance(.1) else self.constants)[name] = array
        return self.add(name, array)

    def weight(self, dims, dtype=np.float32):
        name, array = self.name("w"), self.data(dims, dtype)
        (self.constants if self.chance(.85) else self.inputs)[name] = array
        return self.add(name, array)

    def input(self, dims=None, dtype=np.float32):
        name, array = self.name("x"), self.sample(self.dims() if dims is None else dims, dtype)
        (self.constants if self.chance(.2) else self.inputs)[name] = array
        self.order.append(name)
        return self.add(name, array)

    def find(self, test, new=None):
        """A value that passes the test, a late one rather than an early one."""
        good = [n for n in self.order if test(self.values[n])]
        if good and self.chance(.85):
            return good[-1 - min(int(self.random.exponential(2)), len(good) - 1)]
        return new() if new else self.input()

    def floats(self, rank=None, least=0):
        def new():
            return self.input(self.dims(self.number(least, 5) if rank is None else rank))
        return self.find(lambda v: v.dtype == np.float32 and v.ndim >= least and rank in (None, v.ndim), new)

    def shape(self, name):
        return list(self.values[name].shape)

    def other(self, name, dtype=None):
        """What broadcasts with a value."""
        shape, dtype = self.shape(name), np.dtype(dtype or self.values[name].dtype)
        if self.chance(.35):
            good = [n for n in self.order if self.values[n].dtype == dtype and fits(self.shape(n), shape)]
            if good:
                return self.pick(*good)
        dims = [d if self.chance(.6) else 1 for d in shape]
        dims = dims[self.number(0, len(dims) + 1):] if dims else dims
        if len(dims) < 4 and self.chance(.1):
            dims = [self.pick(1, 2)] * (4 - len(dims)) + dims
        return self.weight(dims, dtype) if self.chance(.8) else self.input(dims, dtype)

    def axis(self, name):
        rank = self.values[name].ndim
        axis = self.number(0, rank) if rank else 0
        return axis - rank if rank and self.chance(.4) else axis

    def axes(self, name):
        rank = self.values[name].ndim
        some = self.random.permutation(rank)[:self.number(1, rank + 1) if rank else 0]
        return np.array([a - rank if self.chance(.3) else a for a in some], np.int64)

    # Nodes.

    def need_exact(self, *names):
        """For operators whose results jump: where values are computed alike by all engines."""
        if not all(self.exact[n] for n in names):
            raise Skip

    def node(self, op, inputs, count=1, domain="", exact=False, **attributes):
        """Adds a node; exact: what it computes of exact values has no rounding."""
        outputs = [f"v{len(self.values) + i}" for i in range(count)]
        attributes = {k: v for k, v in attributes.items() if v is not None}
        node = helper.make_node(op, inputs, outputs, domain=domain, **attributes)
        self.add_node(node, [n for n in dict.fromkeys(inputs) if n], exact)
        return outputs[0] if count == 1 else outputs

    def add_node(self, node, reads, exact=False):
        """reads: what it and its subgraphs read."""
        session = self.session(node, reads)
        if op_differs(node, [self.values[n] for n in reads]):
            raise Skip
        made = [run(session, node, {n: v[n] for n in reads}) for v in self.variants()]
        if any(self.is_unfit(array) for array in made[0]):
            raise Skip
        self.nodes.append(node)
        self.sessions.append((session, node, reads))
        if op_jumps(node):
            self.careful.update(reads)
        for i, name in enumerate(node.output):
            self.values[name] = made[0][i]
            self.near[name] = self.round(node, made[1][i], made[2][i])
            self.exact[name] = exact and all(self.exact[n] for n in reads) and self.is_same(name)
            self.order.append(name)

    def round(self, node, near, down):
        lost = LOST[self.kind]
        if node.op_type in ("LSTM", "GRU", "RNN"):
            lost = max(lost + MORE_BY_RECURRENCE[0], MORE_BY_RECURRENCE[1])
        smallest = SMALLEST[self.kind]
        return [rounded(near, lost, smallest, False), rounded(down, lost, smallest, True)]

    def variants(self):
        return [self.values] + [{n: v[i] for n, v in self.near.items()} for i in range(2)]

    def is_same(self, name):
        return all(self.values[name].tobytes() == n.tobytes() for n in self.near[name])

    def session(self, node, reads):
        declared = [helper.make_tensor_value_info(n, code(self.values[n]), [f"{n}_{i}" for i in range(
            self.values[n].ndim)]) for n in reads]
        graph = helper.make_graph([node], "g", declared, [helper.make_empty_tensor_value_info(n) for n in node.output])
        try:
            return ort.InferenceSession(self.model(graph).SerializeToString(), ORT, ["CPUExecutionProvider"])
        except Exception as error:  # pylint: disable=broad-except
            raise Skip from error

    def is_unfit(self, array):
        if not isinstance(array, np.ndarray) or array.size > 30000:
            return True
        if array.dtype.kind != "f":
            return bool(array.size) and np.abs(array.astype(np.float64)).max() > 2 ** 30
        finite = np.isfinite(array)
        largest = np.abs(np.where(finite, array, 0).astype(np.float64)).max(initial=0)
        return largest > LARGEST[self.kind] or not (finite.all() or self.special)

    def evaluate(self, inputs):
        """name -> (value, limit) with other inputs; None where ONNX Runtime refuses them, or where a
        result may jump."""
        values = [dict(self.constants, **inputs) for _ in range(3)]
        for session, node, reads in self.sessions:
            try:
                made = [run(session, node, {n: v[n] for n in reads}) for v in values]
            except Skip:
                return None
            if op_jumps(node) and any(v[n].tobytes() != values[0][n].tobytes() for v in values for n in reads):
                return None
            lost = op_differs(node, [values[0][n] for n in reads])
            if lost or any(self.is_unfit(array) for array in made[0]):
                return None
            for i, name in enumerate(node.output):
                values[0][name] = made[0][i]
                values[1][name], values[2][name] = self.round(node, made[1][i], made[2][i])
                if len({v[name].shape for v in values}) > 1:
                    return None
        return {n: (v, self.limit(v, [values[1][n], values[2][n]])) for n, v in values[0].items()}

    def limit(self, value, near):
        if value.dtype.kind != "f" or not value.size:
            return 0
        finite = np.isfinite(value) & np.isfinite(near[0]) & np.isfinite(near[1])
        moved = max(np.abs(value - n)[finite].max(initial=0) for n in near)
        return 12 * moved + NEAR[self.kind] * np.abs(value[finite]).max(initial=0) + 1e-6

    # Files.

    def model(self, graph):
        return helper.make_model(graph, ir_version=10, opset_imports=[
            helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)])

    def cast(self, array, name=""):
        """A constant or an input as the file has it."""
        narrow = self.narrow and array.dtype == np.float32 and name not in self.wide
        return array.astype(self.narrow) if narrow else array

    def file(self, outputs, open_sizes):
        """The model; open_sizes: its inputs have names for sizes."""
        def declare(name, array, dims):
            return helper.make_tensor_value_info(name, code(self.cast(array, name)), dims)
        constants, nodes = [], []
        random = np.random.default_rng(len(self.nodes))  # the same however often it is written
        for name, array in self.constants.items():
            tensor = numpy_helper.from_array(self.cast(array, name), name)
            if random.random() < .15:
                nodes.append(helper.make_node("Constant", [], [name], value=tensor))
            else:
                constants.append(tensor)
        for node in self.nodes:
            nodes += self.in_file(node, self.narrow is not None and random.random() < .1)
        inputs = [declare(n, a, [f"{n}_{i}" for i in range(a.ndim)] if open_sizes else a.shape)
                  for n, a in self.inputs.items()]
        return self.model(helper.make_graph(
            nodes, "random", inputs, [declare(n, self.values[n], None) for n in outputs], constants))

    def in_file(self, node, in_float):
        """A node with the types of the file; in_float: it computes in float32, between casts."""
        if self.narrow is None:
            return [node]
        kept, float_code = type(node)(), helper.np_dtype_to_tensor_dtype(self.narrow)
        kept.CopyFrom(node)
        if in_float and not any(a.type == AttributeProto.GRAPH for a in node.attribute):
            return self.between_casts(kept, float_code)
        narrow_types(kept, self.narrow, float_code)
        return [kept]

    def between_casts(self, node, float_code):
        before, after = [], []
        for i, name in enumerate(node.input):
            if name and name not in self.wide and self.values[name].dtype == np.float32:
                cast = f"{node.output[0]}_in{i}"
                before.append(helper.make_node("Cast", [name], [cast], to=TensorProto.FLOAT))
                node.input[i] = cast
        for i, name in enumerate(node.output):
            if name and self.values[name].dtype == np.float32:
                after.append(helper.make_node("Cast", [name + "_wide"], [name], to=float_code))
                node.output[i] = name + "_wide"
        return [*before, node, *after]


def narrow_types(node, narrow, float_code):
    for attribute in node.attribute:
        if attribute.name == "to" and attribute.i == TensorProto.FLOAT:
            attribute.i = float_code
        elif attribute.type == AttributeProto.TENSOR and attribute.t.data_type == TensorProto.FLOAT:
            attribute.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(attribute.t).astype(narrow)))
        elif attribute.type == AttributeProto.GRAPH:
            for info in [*attribute.g.input, *attribute.g.output]:
                if info.type.tensor_type.elem_type == TensorProto.FLOAT:
                    info.type.tensor_type.elem_type = float_code
            for inner in attribute.g.node:
                narrow_types(inner, narrow, float_code)


JUMPING = {"Ceil", "Floor", "Round", "Sign", "Mod", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual",
           "ThresholdedRelu", "ArgMax", "ArgMin", "Hardmax", "TopK", "QuantizeLinear", "NonZero"}


def op_jumps(node):
    """Whether a small difference in its input can be a large one in its output."""
    to_number = node.op_type == "Cast" and node.attribute[0].i not in (
        TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
    return node.op_type in JUMPING or to_number or (node.op_type == "MaxPool" and len(node.output) > 1)


def op_differs(node, arrays):
    """Whether engines do not agree on what it makes of the special numbers among its inputs."""
    floats = [a for a in arrays if a.dtype.kind == "f"]
    in_groups = any(a.name == "group" and a.i > 1 for a in node.attribute)
    spreads = (node.op_type in SPREADS or in_groups) and not all(np.isfinite(a).all() for a in floats)
    return spreads or (node.op_type in LOSES_NAN and any(np.isnan(a).any() for a in floats))


def run(session, node, feeds):
    try:
        return session.run(list(node.output), feeds)
    except Exception as error:  # pylint: disable=broad-except
        raise Skip from error
