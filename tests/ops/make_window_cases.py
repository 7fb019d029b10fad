#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes random networks that cut tensors along their outermost axis and put the parts together
again, in which values share memory: parts that are read in place, tensors that are computed where a
Concat wants them, one in the other, as views, twice, as outputs. Expected outputs come from
onnxruntime without its optimiser:

    python3 tests/ops/make_window_cases.py OUTDIR
    lampwick test OUTDIR
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(59)


def number(low, high):
    return int(rng.integers(low, high))


def chance(p):
    return rng.random() < p


class Network:
    """Values are [rows, width] or [1, rows, width]; all have the same width."""

    def __init__(self):
        self.width = number(1, 20)
        self.nodes, self.constants, self.feeds, self.rows, self.lead = [], [], {}, {}, {}

    def add(self, op, inputs, rows, lead, **attributes):
        name = f"v{len(self.rows)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return self.know(name, rows, lead)

    def know(self, name, rows, lead):
        self.rows[name], self.lead[name] = rows, lead
        return name

    def ints(self, *values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, "i8"), name))
        return name

    def input(self):
        name, rows, lead = f"x{len(self.feeds)}", number(1, 9), chance(0.5)
        shape = [1, rows, self.width] if lead else [rows, self.width]
        self.feeds[name] = rng.normal(size=shape).astype("f4")
        return self.know(name, rows, lead)

    def any(self):
        names = list(self.rows)
        return names[-1 - number(0, min(len(names), 6))]


def cut(g):
    x = g.any()
    n, lead = g.rows[x], g.lead[x]
    start = number(0, n)
    end = number(start + 1, n + 1)
    back = chance(0.1) and end - start > 1
    first, last, step = (end - 1, start - n - 1, -1) if back else (start, end, 1)
    inputs = [x, g.ints(first), g.ints(last), g.ints(int(lead)), g.ints(step)]
    g.add("Slice", inputs, end - start, lead)


def split(g):
    x = g.any()
    n, lead = g.rows[x], g.lead[x]
    if n < 2:
        return
    at = number(1, n)
    names = [g.know(f"v{len(g.rows)}", k, lead) for k in (at, n - at)]
    g.nodes.append(helper.make_node("Split", [x, g.ints(at, n - at)], names, axis=int(lead)))


def pick(g):
    x = g.any()
    index = g.ints(number(-g.rows[x], g.rows[x]))
    g.add("Gather", [x, index], 1, g.lead[x], axis=int(g.lead[x]))


def view(g):
    x = g.any()
    lead = chance(0.5)
    shape = g.ints(*([1, -1, g.width] if lead else [-1, g.width]))
    g.add("Reshape", [x, shape], g.rows[x], lead)


def compute(g):
    x = g.any()
    if chance(0.5):
        g.add(str(rng.choice(["Relu", "Tanh", "Neg", "Abs", "Cos"])), [x], g.rows[x], g.lead[x])
        return
    others = [y for y in g.rows if g.rows[y] in (1, g.rows[x]) and g.lead[y] == g.lead[x]]
    y = others[number(0, len(others))]
    g.add(str(rng.choice(["Add", "Mul", "Sub"])), [x, y] if chance(0.5) else [y, x], g.rows[x],
          g.lead[x])


def join(g):
    first = g.any()
    parts = [first] + [g.any() for _ in range(number(0, 4))]
    parts = [x for x in parts if g.lead[x] == g.lead[first]]
    if sum(g.rows[x] for x in parts) > 60:
        return
    axis = int(g.lead[first]) if chance(0.7) else -2
    g.add("Concat", parts, sum(g.rows[x] for x in parts), g.lead[first], axis=axis)


def reference(model, feeds):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, feeds)


def write(folder, model, feeds):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    for kind, arrays in (("input", feeds.values()), ("output", reference(model, feeds))):
        for i, x in enumerate(arrays):
            (data / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(x).SerializeToString())


def network(folder):
    g = Network()
    for _ in range(number(1, 4)):
        g.input()
    for _ in range(number(4, 30)):
        step = rng.choice([cut, split, pick, view, compute, join],
                          p=[0.12, 0.08, 0.05, 0.1, 0.35, 0.3])
        step(g)
    made = [x for x in g.rows if x not in g.feeds]
    if not made:
        return
    outputs = sorted({made[-1]} | {x for x in made if chance(0.15)})

    def info(name):
        shape = [1, g.rows[name], g.width] if g.lead[name] else [g.rows[name], g.width]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(g.nodes, "windows", [info(x) for x in g.feeds],
                              [info(x) for x in outputs], g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    write(folder, model, g.feeds)


def main():
    for n in range(400):
        network(Path(sys.argv[1]) / f"test_windows_{n}")
    print("400 cases written")


if __name__ == "__main__":
    main()
