#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loops, branches and nodes whose shapes depend on data, on a device: outputs must be ONNX
Runtime's, in the first run and in later ones, with other numbers of trips; and with a driver for
tests, which counts, little more than conditions may come back from the card.

    bodies_test.py LAMPWICK_LIBRARY DEVICE [COMMAND]

With the command, and a driver for tests, what --explain says of bodies is looked at too.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402

F, I, B = T.FLOAT, T.INT64, T.BOOL
rng = np.random.default_rng(7)


def value(name, dtype=F, shape=None):
    return h.make_tensor_value_info(name, dtype, shape)


def const(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def node(kind, inputs, outputs, **attributes):
    """Names with blanks between; "-" leaves an input out."""
    return h.make_node(kind, [i.strip("-") for i in inputs.split()], outputs.split(), **attributes)


def model(nodes, inputs, outputs, constants=()):
    graph = h.make_graph(nodes, "g", inputs, outputs, [const(*c) for c in constants])
    return h.make_model(graph, opset_imports=[h.make_opsetid("", 18)], ir_version=9)


def body(nodes, inputs, outputs, constants=()):
    return h.make_graph(nodes, "body", inputs, outputs, [const(*c) for c in constants])


def floats(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def lstm_in_loop():
    """An LSTM cell by hand, whose weights lie around the loop; hidden states are collected."""
    hidden = 24
    inner = body(
        [node("Gather", "x i", "xt", axis=0),
         node("Gemm", "xt w", "wx"), node("Gemm", "hin r", "rh"), node("Add", "wx rh", "gates"),
         node("Split", "gates", "a b c d", axis=1, num_outputs=4),
         node("Sigmoid", "a", "ia"), node("Sigmoid", "b", "fb"), node("Sigmoid", "d", "od"), node("Tanh", "c", "gc"),
         node("Mul", "fb cin", "keep"), node("Mul", "ia gc", "new"), node("Add", "keep new", "cout"),
         node("Tanh", "cout", "tc"), node("Mul", "od tc", "hout"), node("Identity", "on", "go"),
         node("Identity", "hout", "seen")],
        [value("i", I, []), value("on", B, []), value("hin"), value("cin")],
        [value("go", B, []), value("hout"), value("cout"), value("seen")])
    nodes = [node("Shape", "x", "shape", start=0, end=1), node("Squeeze", "shape", "n"),
             node("Loop", "n yes h0 c0", "h c all", body=inner), node("ReduceMean", "all", "mean", keepdims=0)]
    made = model(nodes, [value("x", F, ["t", 3, 16]), value("h0", F, [3, hidden]), value("c0", F, [3, hidden])],
                 [value("h"), value("c"), value("all"), value("mean")],
                 [("w", floats(16, 4 * hidden)), ("r", floats(hidden, 4 * hidden)), ("yes", np.array(True))])
    return made, [{"x": floats(t, 3, 16), "h0": floats(3, hidden), "c0": floats(3, hidden)} for t in (5, 9, 5)]


def until_small():
    """The condition is computed from what is carried."""
    inner = body(
        [node("Mul", "xin half", "xout"), node("Abs", "xout", "size"), node("ReduceMax", "size", "most", keepdims=0),
         node("Greater", "most bound", "go")],
        [value("i", I, []), value("on", B, []), value("xin")], [value("go", B, []), value("xout")],
        [("half", np.float32(0.5)), ("bound", np.float32(0.1))])
    nodes = [node("Exp", "x", "e"), node("Loop", "- yes e", "y", body=inner), node("Neg", "y", "z")]
    return (model(nodes, [value("x", F, [8, 40])], [value("z")], [("yes", np.array(True))]),
            [{"x": floats(8, 40)}, {"x": floats(8, 40) + 3}])


def beams():
    """A search with beams: the best of all continuations are kept, with their texts."""
    width, words = 4, 50
    inner = body(
        [node("Gather", "embedding last", "e", axis=0), node("MatMul", "e out", "logits"),
         node("LogSoftmax", "logits", "log", axis=1), node("Unsqueeze", "score one", "old"),
         node("Add", "log old", "total"), node("Reshape", "total flat", "row"),
         node("TopK", "row k", "best at", axis=0), node("Div", "at words", "beam"), node("Mod", "at words", "word"),
         node("Gather", "text beam", "before", axis=0), node("Unsqueeze", "word one", "column"),
         node("Concat", "before column", "after", axis=1), node("Equal", "word end", "ends"),
         node("Cast", "ends", "number", to=int(I)), node("ReduceMin", "number", "all", keepdims=0),
         node("Cast", "all", "stop", to=int(B)), node("Not", "stop", "go"), node("Identity", "best", "kept")],
        [value("i", I, []), value("on", B, []), value("text", I), value("last", I), value("score")],
        [value("go", B, []), value("after", I), value("word", I), value("best"), value("kept")],
        [("flat", np.array([-1])), ("one", np.array([1])), ("k", np.array([width])), ("words", np.array(words)),
         ("end", np.array(7))])
    nodes = [node("Loop", "n yes text last score", "found word best history", body=inner)]
    made = model(nodes, [value("n", I, []), value("text", I, [width, 1]), value("last", I, [width]),
                         value("score", F, [width])],
                 [value("found", I), value("best"), value("history")],
                 [("embedding", floats(words, 32)), ("out", floats(32, words)), ("yes", np.array(True))])
    start = {"text": np.full((width, 1), 1), "last": np.arange(width) + 2,
             "score": np.array([0, -1, -2, -3], np.float32)}
    return made, [{"n": np.array(n), **start} for n in (6, 3, 6, 12)]


def branches():
    """If in Loop, by parity; a branch gives what it captures as it is, the other computes."""
    then = body([node("Identity", "xin", "same")], [], [value("same")])
    other = body([node("MatMul", "xin w", "t"), node("Relu", "t", "new")], [], [value("new")])
    inner = body(
        [node("Mod", "i two", "odd"), node("Cast", "odd", "is", to=int(B)),
         node("If", "is", "xout", then_branch=then, else_branch=other), node("Identity", "on", "go"),
         node("ReduceSum", "xout", "sum", keepdims=0)],
        [value("i", I, []), value("on", B, []), value("xin")], [value("go", B, []), value("xout"), value("sum")],
        [("two", np.array(2))])
    nodes = [node("Relu", "x", "r"), node("Loop", "n yes r", "y sums", body=inner)]
    return (model(nodes, [value("x", F, [6, 6]), value("n", I, [])], [value("y"), value("sums")],
                  [("w", floats(6, 6)), ("yes", np.array(True))]),
            [{"x": floats(6, 6), "n": np.array(n)} for n in (5, 1, 8)])


def by_data():
    """If by what data say, of which one branch gives a constant, the other what is around it."""
    then = body([node("Identity", "c", "p"), node("Identity", "e", "s")], [], [value("p"), value("s")])
    other = body([node("Sub", "e c", "q"), node("Identity", "e", "u")], [], [value("q"), value("u")])
    nodes = [node("Exp", "x", "e"), node("ReduceMean", "x", "m", keepdims=0), node("Greater", "m zero", "is"),
             node("If", "is", "y same", then_branch=then, else_branch=other), node("Sqrt", "y", "z")]
    return (model(nodes, [value("x", F, [5, 7])], [value("z"), value("same")],
                  [("c", np.abs(floats(5, 7)) * 1e-3), ("zero", np.float32(0))]),
            [{"x": floats(5, 7) + d} for d in (-2, 2, -2, 2)])


def by_shape():
    """If by a shape: it is planned with the graph around it."""
    then = body([node("Squeeze", "e axis", "p")], [], [value("p")], [("axis", np.array([0]))])
    other = body([node("ReduceSum", "e axis", "q", keepdims=0), node("Mul", "q q", "q2")], [], [value("q2")],
                 [("axis", np.array([0]))])
    nodes = [node("Exp", "x", "e"), node("Shape", "x", "s", start=0, end=1), node("Equal", "s one", "is"),
             node("If", "is", "y", then_branch=then, else_branch=other), node("Tanh", "y", "z"),
             node("Concat", "z y", "w", axis=0)]
    return (model(nodes, [value("x", F, ["n", 11])], [value("z"), value("y"), value("w")], [("one", np.array([1]))]),
            [{"x": floats(n, 11)} for n in (1, 3, 1)])


def scans():
    """Slices along other axes and backwards, outputs likewise."""
    inner = body(
        [node("Add", "sum a", "t"), node("Mul", "t b", "u"), node("Tanh", "u", "next"), node("Exp", "t", "p"),
         node("MatMul", "a w", "q")],
        [value("sum"), value("a"), value("b")], [value("next"), value("p"), value("q")])
    nodes = [node("Neg", "x", "y"),
             node("Scan", "s0 y z", "s p q", body=inner, num_scan_inputs=2, scan_input_axes=[0, 1],
                  scan_input_directions=[1, 0], scan_output_axes=[0, 1], scan_output_directions=[0, 1]),
             node("ReduceSum", "p", "total", keepdims=0)]
    return (model(nodes, [value("s0", F, [3, 5]), value("x", F, ["t", 3, 5]), value("z", F, [3, "t", 5])],
                  [value("s"), value("p"), value("q"), value("total")], [("w", floats(5, 5))]),
            [{"s0": floats(3, 5), "x": floats(t, 3, 5), "z": floats(3, t, 5)} for t in (4, 7, 1)])


def nothing():
    """No trips at all: what goes in comes out."""
    inner = body([node("Add", "xin xin", "xout"), node("Identity", "on", "go"), node("Exp", "xin", "e")],
                 [value("i", I, []), value("on", B, []), value("xin")],
                 [value("go", B, []), value("xout"), value("e", F, [4])])
    nodes = [node("Neg", "x", "y"), node("Loop", "n yes y", "z all", body=inner), node("Neg", "z", "w")]
    return (model(nodes, [value("x", F, [4]), value("n", I, [])], [value("w"), value("all")],
                  [("yes", np.array(True))]),
            [{"x": floats(4), "n": np.array(n)} for n in (0, 2, 0)])


def growing():
    """What is carried grows, as a cache of keys does, so that the body's shapes are new each time."""
    inner = body(
        [node("MatMul", "w last", "k"), node("Concat", "cache k", "longer", axis=1),
         node("ReduceMean", "longer axis", "next", keepdims=1), node("Softmax", "longer", "p", axis=1),
         node("Mul", "p longer", "weighted"), node("ReduceSum", "weighted", "seen", keepdims=0), node("Identity", "on", "go")],
        [value("i", I, []), value("on", B, []), value("cache", F, [8, "n"]), value("last", F, [8, 1])],
        [value("go", B, []), value("longer", F, [8, "m"]), value("next", F, [8, 1]), value("seen")],
        [("axis", np.array([1]))])
    nodes = [node("Loop", "n yes x x", "y last all", body=inner)]
    return (model(nodes, [value("x", F, [8, 1]), value("n", I, [])], [value("y"), value("last"), value("all")],
                  [("w", floats(8, 8) * 0.3), ("yes", np.array(True))]),
            [{"x": floats(8, 1), "n": np.array(n)} for n in (5, 60)])


def late():
    """What is chosen by data goes through nodes that a device has."""
    nodes = [node("Exp", "x", "e"), node("ReduceMean", "e axis", "m", keepdims=1), node("Greater", "e m", "is"),
             node("NonZero", "is", "at"), node("Transpose", "at", "rows"), node("GatherND", "e rows", "chosen"),
             node("Log", "chosen", "l"), node("Mul", "l chosen", "p"), node("ReduceSum", "p", "sum", keepdims=1),
             node("Div", "p sum", "q"), node("Unsqueeze", "q zero", "row"), node("Concat", "row row", "two", axis=0),
             node("Shape", "q", "n"), node("Squeeze", "n", "k"), node("Range", "start k step", "r"),
             node("Cast", "r", "f", to=int(F)), node("Add", "f q", "y"), node("Softmax", "two", "s", axis=1), node("MatMul", "s y", "z")]
    return (model(nodes, [value("x", F, [9, 31])], [value("y"), value("z"), value("two")],
                  [("axis", np.array([1])), ("zero", np.array([0])), ("start", np.array(0)), ("step", np.array(1))]),
            [{"x": floats(9, 31)} for _ in range(3)])


def shared_views():
    """Views of what lies in the plan go out of bodies, and into others."""
    inner = body(
        [node("Reshape", "e shape", "flat"), node("Slice", "flat begin end", "part"), node("Add", "xin part", "xout"),
         node("Identity", "on", "go"), node("Reshape", "xout two", "square"), node("Identity", "part", "out")],
        [value("i", I, []), value("on", B, []), value("xin")],
        [value("go", B, []), value("xout"), value("square"), value("out")],
        [("shape", np.array([-1])), ("begin", np.array([3])), ("end", np.array([9])), ("two", np.array([2, 3]))])
    nodes = [node("Exp", "x", "e"), node("Loop", "n yes x0", "y squares parts", body=inner),
             node("Reshape", "y two", "z"), node("Neg", "z", "w"), node("Slice", "squares zero one", "first"),
             node("Reshape", "first two", "square0"), node("Add", "w square0", "v")]
    return (model(nodes, [value("x", F, [4, 4]), value("x0", F, [6]), value("n", I, [])],
                  [value("v"), value("z"), value("squares"), value("parts")],
                  [("yes", np.array(True)), ("two", np.array([2, 3])), ("zero", np.array([0])), ("one", np.array([1]))]),
            [{"x": floats(4, 4), "x0": floats(6), "n": np.array(n)} for n in (3, 1, 4)])


def nested():
    """Loops in loops, the inner one as long as the outer one has come."""
    inner = body([node("Mul", "a factor", "t"), node("Add", "t b", "an"), node("Identity", "con", "cgo")],
                 [value("j", I, []), value("con", B, []), value("a")], [value("cgo", B, []), value("an")])
    outer = body([node("Loop", "i yes b", "r", body=inner), node("Add", "b one", "bn"), node("Identity", "on", "go")],
                 [value("i", I, []), value("on", B, []), value("b")], [value("go", B, []), value("bn"), value("r")],
                 [("one", np.float32(1))])
    nodes = [node("Tanh", "x", "t0"), node("Loop", "n yes t0", "y all", body=outer)]
    return (model(nodes, [value("x", F, [3, 17]), value("n", I, [])], [value("y"), value("all")],
                  [("yes", np.array(True)), ("factor", floats(1, 17))]),
            [{"x": floats(3, 17), "n": np.array(n)} for n in (4, 2)])


def check(name, made, runs, library, device, failures):
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(made.SerializeToString())
        file.flush()
        ours = library.load(file.name, device=device)
        theirs = ort.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [o.name for o in made.graph.output]
        for turn, feeds in enumerate(runs + runs[:1]):
            try:
                found = ours.run(feeds)
            except lampwick.Error as error:
                failures.append(f"{name}, run {turn}: {error}")
                break
            for n, f, e in zip(names, found, theirs.run(names, feeds)):
                if f.shape != e.shape or f.dtype != e.dtype or not np.allclose(f, e, 1e-4, 1e-5):
                    failures.append(f"{name}, run {turn}, {n}: {f.shape} {e.shape} "
                                    f"{np.abs(f - e).max() if f.shape == e.shape else ''}")
        ours.close()


def count(made, feeds):
    """(launches, bytes brought to the processor) of one run with a driver that counts."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "m.onnx")
        onnx.save(made, path)
        np.savez(pathlib.Path(folder, "feeds.npz"), **feeds)
        code = ("import sys, numpy as np; sys.path.insert(0, sys.argv[1]); import lampwick; "
                "m = lampwick.Library(sys.argv[2]).load(sys.argv[3], device=sys.argv[4]); "
                "m.run(dict(np.load(sys.argv[5]))); m.close()")
        done = subprocess.run([sys.executable, "-c", code, lampwick.__file__.rsplit("/", 1)[0], sys.argv[1], path,
                               sys.argv[2], pathlib.Path(folder, "feeds.npz")], capture_output=True, text=True,
                              check=False, env={**os.environ, "FAKE_CARD": "count"})
    found = re.search(r"(\d+) launches, \d+ replays, (\d+) bytes", done.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def check_traffic(failures):
    """What a trip adds: launches for its nodes, and the condition alone comes back."""
    made, runs = lstm_in_loop()
    few, many = ({**runs[0], "x": floats(t, 3, 16)} for t in (4, 14))
    (l4, b4), (l14, b14) = count(made, few), count(made, many)
    outputs = 10 * 3 * 24 * 4  # all hidden states are an output
    if (l14 - l4) < 10 * 10 or b14 - b4 != outputs:
        failures.append(f"LSTM: ten trips more are {l14 - l4} launches, and {b14 - b4} bytes, not {outputs}")
    made, runs = until_small()
    (l1, b1), (l2, b2) = count(made, runs[0]), count(made, {"x": runs[0]["x"] + 8})
    trips = (l2 - l1) // 4
    if trips < 3 or b2 - b1 != trips:
        failures.append(f"a condition that is computed: {b2 - b1} bytes for {trips} trips")
    made, runs = late()
    launched, brought = count(made, runs[0])
    most = 9 * 31 + 40000  # where numbers are, and outputs
    if launched < 10 or brought > most:
        failures.append(f"late nodes: {launched} launches, {brought} bytes")


def check_explain(command, failures):
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        made, _ = lstm_in_loop()
        made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 5
        file.write(made.SerializeToString())
        file.flush()
        done = subprocess.run([command, "profile", "--explain", "--device", sys.argv[2], "--fallback", file.name],
                              capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines()]
    there = {w[2] for w in lines if len(w) > 2 and w[0] == sys.argv[2]}
    if not {"Gather", "ReduceMean"} <= there or not there & {"Tanh", "Pointwise"}:
        failures.append(f"--explain says that {sys.argv[2]} runs {sorted(there)}: {done.stdout}{done.stderr}")


CASES = [lstm_in_loop, until_small, beams, branches, by_data, by_shape, scans, nothing, growing, late, shared_views,
         nested]


def main():
    failures = []
    library = lampwick.Library(sys.argv[1])
    for case in CASES:
        made, runs = case()
        check(case.__name__, made, runs, library, sys.argv[2], failures)
    if len(sys.argv) > 3:
        check_traffic(failures)
        check_explain(sys.argv[3], failures)
    print("\n".join(failures) if failures else f"{len(CASES)} networks agree on {sys.argv[2]}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
