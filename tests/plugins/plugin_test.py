#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plug-ins: parts of the graph, what is told of them, refusals, and results against ONNX Runtime. The
plug-in is one whose engine is lampwick itself (tests/plugins/local_plugin.c).

    python3 tests/plugins/plugin_test.py LAMPWICK FOLDER_OF_PLUGINS [MODELS]
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "models")]
from checks import check, run_tests  # noqa: E402
from model_inputs import difference, make_inputs  # noqa: E402

BINARY, PLUGINS = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
LOCAL = str(PLUGINS / "liblampwick-local.so")
ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = ROOT / "demo" / "digits.onnx"
folder = pathlib.Path(tempfile.mkdtemp())


def call(*arguments, code=0, env=None):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, env=env)
    check(f"exit code of {' '.join(map(str, arguments))[:120]}", done.returncode == code,
          done.stdout[-200:] + done.stderr[-300:])
    return done.stdout if code == 0 else done.stderr


def run(path, feeds, *options):
    """Outputs of lampwick run."""
    arguments = []
    for name, array in feeds.items():
        np.save(folder / f"in_{name}.npy", array)
        arguments += ["--input", f"{name}={folder / f'in_{name}.npy'}"]
    names = [o.name for o in onnx.load(path, load_external_data=False).graph.output]
    files = {n: folder / f"out_{i}.npy" for i, n in enumerate(names)}
    for n, file in files.items():
        file.unlink(missing_ok=True)
        arguments += ["--output", f"{n}={file}"]
    call("run", path, *arguments, *options)
    return {n: np.load(file) for n, file in files.items() if file.exists()}


def theirs(path, feeds):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))


def agree(name, path, feeds, *options):
    mine, expected = run(path, feeds, *options), theirs(path, feeds)
    for output, array in expected.items():
        check(f"{name}: {output}", output in mine and mine[output].shape == array.shape and
              difference(mine[output], array) < 1e-3, mine.keys())


def explain(path, *options):
    """Rows (device, part, operator, rest) of profile --explain."""
    text = call("profile", path, "--runs", 1, "--explain", "--plugin", LOCAL, *options)
    rows = [line for line in text.split("\n") if line.startswith(("local ", "cpu "))]
    return [(r[:10].strip(), r[11:31].strip(), r[32:56].strip(), r[57:]) for r in rows]


def floats(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    path = folder / f"{name}.onnx"
    onnx.save(helper.make_model(graph, ir_version=10,
                                opset_imports=[helper.make_opsetid("", 21)]), path)
    return path


def test_whole():
    x = np.random.default_rng(1).random((1, 1, 8, 8)).astype(np.float32)
    agree("digits", DIGITS, {"image": x}, "--plugin", LOCAL)
    rows = explain(DIGITS)
    check("one part", rows and {r[:2] for r in rows} == {("local", "part 0")}, rows)
    check("operators as loaded", "Conv" in {r[2] for r in rows} and "Relu" in {r[2] for r in rows},
          rows)


def test_refused():
    error = call("run", DIGITS, "--input", "image=@zeros", "--plugin", LOCAL, "--plugin-options",
                 "refuse=Relu", code=1)
    check("without fallback", "local does not run" in error and "Relu" in error and
          "refused by option" in error, error)
    x = np.random.default_rng(2).random((1, 1, 8, 8)).astype(np.float32)
    options = ["--plugin-options", "refuse=Relu", "--fallback"]
    agree("digits without Relu", DIGITS, {"image": x}, "--plugin", LOCAL, *options)
    rows = explain(DIGITS, *options)
    check("who runs Relu", all((r[0] == "cpu") == (r[2] == "Relu") for r in rows), rows)
    check("why", all("refused by option" in r[3] for r in rows if r[2] == "Relu"), rows)
    parts = {r[1] for r in rows if r[0] == "local"}
    check("parts around Relu", len(parts) == 3, parts)


def test_convex():
    """y = relu(x) feeds exp both ways around a Neg that the plug-in does not run: Add cannot be in
    one part with Exp, and an independent branch can."""
    nodes = [helper.make_node("Exp", ["x"], ["a"], "exp"), helper.make_node("Neg", ["a"], ["b"], "neg"),
             helper.make_node("Add", ["a", "b"], ["c"], "add"),
             helper.make_node("Abs", ["x"], ["d"], "abs"),
             helper.make_node("Mul", ["c", "d"], ["y"], "mul")]
    path = save("convex", nodes, [floats("x", [4])], [floats("y", [4]), floats("d", [4])])
    options = ["--plugin-options", "refuse=Neg", "--fallback"]
    agree("convex", path, {"x": np.arange(4, dtype=np.float32)}, "--plugin", LOCAL, *options)
    parts = {r[2]: r[1] for r in explain(path, *options)}
    check("parts", parts == {"Exp": "part 0", "Neg": "", "Add": "part 1", "Abs": "part 0",
                             "Mul": "part 1"}, parts)


def test_islands():
    """Two networks in one graph have no part in common: a run for the outputs of one needs no inputs of the
    other (a speech model's encoder and decoder: tests/speech)."""
    nodes = [helper.make_node("Exp", ["x"], ["a"]), helper.make_node("Abs", ["p"], ["q"]),
             helper.make_node("Add", ["a", "c"], ["y"]), helper.make_node("Tanh", ["r"], ["s"]),
             helper.make_node("Mul", ["q", "s"], ["t"]), helper.make_node("Sub", ["t", "c"], ["z"])]
    path = save("islands", nodes, [floats(n, [4]) for n in "xpr"], [floats("y", [4]), floats("z", [4])],
                [numpy_helper.from_array(np.ones(4, np.float32), "c")])
    x = np.arange(4, dtype=np.float32)
    agree("islands", path, {"x": x, "p": x - 1, "r": x + 2}, "--plugin", LOCAL)
    parts = {r[2]: r[1] for r in explain(path)}
    check("two parts", parts["Exp"] == parts["Add"] != parts["Abs"] and
          {parts[op] for op in ("Tanh", "Mul", "Sub")} == {parts["Abs"]}, parts)


def test_circle():
    """Two pairs of nodes that feed each other crosswise: a part for each pair would be a circle."""
    nodes = [helper.make_node("Exp", ["x"], ["a"]), helper.make_node("Neg", ["a"], ["b"]),
             helper.make_node("Abs", ["b"], ["c"]), helper.make_node("Neg", ["c"], ["d"]),
             helper.make_node("Tanh", ["d"], ["e"]), helper.make_node("Abs", ["x"], ["f"]),
             helper.make_node("Neg", ["f"], ["g"]), helper.make_node("Add", ["g", "e"], ["y"])]
    path = save("circle", nodes, [floats("x", [4])], [floats("y", [4])])
    agree("circle", path, {"x": np.arange(4, dtype=np.float32)}, "--plugin", LOCAL,
          "--plugin-options", "refuse=Neg", "--fallback")


def test_random_graphs():
    """Graphs of random shape, with one operator refused."""
    random = np.random.default_rng(7)
    for k in range(12):
        names, nodes = ["x"], []
        for i in range(30):
            op = random.choice(["Add", "Mul", "Neg", "Abs", "Tanh", "Sub"])
            n = 2 if op in ("Add", "Mul", "Sub") else 1
            inputs = [names[random.integers(max(0, len(names) - 9), len(names))] for _ in range(n)]
            nodes.append(helper.make_node(op, inputs, [f"v{i}"], f"{op}_{i}"))
            names.append(f"v{i}")
        outputs = [floats(n, [3]) for n in names[-4:]]
        path = save(f"random{k}", nodes, [floats("x", [3])], outputs)
        agree(f"random {k}", path, {"x": np.array([0.1, -0.2, 0.3], np.float32)}, "--plugin", LOCAL,
              "--plugin-options", "refuse=Neg", "--fallback")


def test_sizes():
    """Sizes that a graph computes from those of its inputs are fixed in what the plug-in gets, and
    each set of sizes is compiled once."""
    nodes = [helper.make_node("Shape", ["x"], ["s"]),
             helper.make_node("Gather", ["s", "zero"], ["n"]),
             helper.make_node("Concat", ["n", "rest"], ["to"], axis=0),
             helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Reshape", ["r", "to"], ["y"])]
    path = save("sizes", nodes, [floats("x", ["n", 2, 3])], [floats("y", None)],
                [numpy_helper.from_array(np.array([0]), "zero"),
                 numpy_helper.from_array(np.array([-1]), "rest")])
    log = folder / "sizes.log"
    for n in (2, 5):
        agree(f"sizes {n}", path, {"x": np.ones((n, 2, 3), np.float32)}, "--plugin", LOCAL,
              "--plugin-options", f"log={log}")
    lines = log.read_text().split("\n")[:-1]
    check("compiled once for each size", len(lines) == 2 and lines[0] != lines[1], lines)


def test_data():
    """A shape that depends on data is left to the processor, or refused."""
    nodes = [helper.make_node("Abs", ["x"], ["a"]), helper.make_node("NonZero", ["a"], ["n"]),
             helper.make_node("Transpose", ["n"], ["t"], perm=[1, 0]),
             helper.make_node("Neg", ["a"], ["y"])]
    path = save("data", nodes, [floats("x", [4])],
                [helper.make_tensor_value_info("t", TensorProto.INT64, None), floats("y", [4])])
    agree("data", path, {"x": np.array([0, 1, 0, 2], np.float32)}, "--plugin", LOCAL, "--fallback")
    error = call("run", path, "--input", "x=1,2,3,4", "--plugin", LOCAL, code=1)
    check("refused", "NonZero" in error and "not known before a run" in error, error)


def loop(name, growing):
    """h = tanh(h @ w + x) three times, with w from outside; growing: what is carried gets longer."""
    step = [helper.make_node("MatMul", ["h", "w"], ["m"], "in_body"), helper.make_node("Add", ["m", "x"], ["a"]),
            helper.make_node("Tanh", ["a"], ["t"])]
    step.append(helper.make_node("Concat", ["t", "x"], ["next"], axis=0) if growing else
                helper.make_node("Neg", ["t"], ["next"]))
    step.append(helper.make_node("ReduceSum", ["next"], ["sum"], keepdims=0))
    carried = ["n", 4] if growing else [1, 4]
    body = helper.make_graph(
        step, "body", [helper.make_tensor_value_info("i", TensorProto.INT64, []),
                       helper.make_tensor_value_info("go", TensorProto.BOOL, []), floats("h", carried)],
        [helper.make_tensor_value_info("go", TensorProto.BOOL, []), floats("next", carried), floats("sum", [])])
    w = np.random.default_rng(5).standard_normal((4, 4)).astype(np.float32)
    nodes = [helper.make_node("Exp", ["x"], ["start"]),
             helper.make_node("Loop", ["trips", "true", "start"], ["y", "sums"], "loop", body=body),
             helper.make_node("Abs", ["sums"], ["z"])]
    return save(name, nodes, [floats("x", [1, 4])], [floats("y", None), floats("z", [3])],
                [numpy_helper.from_array(w, "w"), numpy_helper.from_array(np.array(3), "trips"),
                 numpy_helper.from_array(np.array(True), "true")])


def test_loop():
    """The processor repeats a body, and the plug-in runs what is in it; w is a constant there."""
    x = np.array([[0.1, -0.2, 0.3, 0.4]], np.float32)
    log = folder / "loop.log"
    path = loop("loop", False)
    options = ["--fallback", "--plugin-options", f"log={log}"]
    agree("loop", path, {"x": x}, "--plugin", LOCAL, *options)
    who = {r[2]: r[:2] for r in explain(path, "--fallback")}
    check("who runs the body", who["MatMul"][0] == "local" and who["MatMul"] == who["Tanh"] and
          who["Loop"][0] == "cpu" and len({who[op][1] for op in ("Exp", "MatMul", "Abs")}) >= 2, who)
    lines = log.read_text().split("\n")[:-1]
    check("each part compiled once", len(lines) == len(set(lines)) == len({w for w in who.values() if w[1]}), lines)
    error = call("run", path, "--input", f"x={','.join('1234')}", "--plugin", LOCAL, code=1)
    check("without fallback", "Loop 'loop': the processor chooses and repeats its bodies" in error, error)
    agree("loop, part refused", path, {"x": x}, "--plugin", LOCAL, "--fallback", "--plugin-options", "refuse=Add")
    agree("loop, no compiler", path, {"x": x}, "--plugin", LOCAL, "--fallback", "--plugin-options", "fail=compile")
    agree("growing loop", loop("growing", True), {"x": x}, "--plugin", LOCAL, "--fallback")


def test_branches():
    """An If in an If, whose bodies read values of both graphs around them."""
    def branch(name, op, more=()):
        return helper.make_graph([*more, helper.make_node(op, ["e", "x"], [f"{name}_y"])], name, [],
                                 [floats(f"{name}_y", [4])])

    inner = [helper.make_node("Less", ["x", "e"], ["less"]),
             helper.make_node("ReduceMin", ["lessf"], ["all"], keepdims=0),
             helper.make_node("Cast", ["all"], ["c"], to=TensorProto.BOOL)]
    inner.insert(1, helper.make_node("Cast", ["less"], ["lessf"], to=TensorProto.FLOAT))
    inner.append(helper.make_node("If", ["c"], ["in_y"], then_branch=branch("a", "Mul"), else_branch=branch("b", "Sub")))
    inner.append(helper.make_node("Tanh", ["in_y"], ["then_y"]))
    then = helper.make_graph(inner, "then", [], [floats("then_y", [4])])
    nodes = [helper.make_node("Exp", ["x"], ["e"]),
             helper.make_node("If", ["which"], ["y"], then_branch=then, else_branch=branch("c", "Div"))]
    path = save("branches", nodes, [floats("x", [4]), helper.make_tensor_value_info("which", TensorProto.BOOL, [])],
                [floats("y", [4])])
    for which in (True, False):
        for x in ([0.5, -1, 2, 0.1], [-5, 9, 4, 1]):
            agree(f"branches {which}", path, {"x": np.array(x, np.float32), "which": np.array(which)},
                  "--plugin", LOCAL, "--fallback")
    rows = explain(path, "--fallback")
    check("bodies of bodies", all((r[0] == "cpu") == (r[2] in ("If", "Tanh")) for r in rows) and
          {"Mul", "Sub", "Div"} <= {r[2] for r in rows}, rows)  # what an If gives has no known shape


def test_failures():
    error = call("run", DIGITS, "--input", "image=@zeros", "--plugin", "nowhere", code=1)
    check("no such library", "liblampwick-nowhere.so cannot be loaded" in error, error)
    error = call("run", DIGITS, "--input", "image=@zeros", "--plugin",
                 PLUGINS / "liblampwick-other.so", code=1)
    check("another version", "version 99" in error, error)
    for where, text in (("open", "there is no card"), ("compile", "too hard for this engine"),
                        ("run", "the card caught fire")):
        error = call("run", DIGITS, "--input", "image=@zeros", "--plugin", LOCAL,
                     "--plugin-options", f"fail={where}", code=1)
        check(f"{where} fails", text in error, error)
    error = call("run", DIGITS, "--input", "image=@zeros", "--plugin", LOCAL, "--plugin-options",
                 "colour=red", code=1)
    check("unknown option", "not known" in error, error)
    call("run", DIGITS, "--input", "image=@zeros", "--plugin", LOCAL, "--device", "opencl:0", code=1)
    x = np.random.default_rng(3).random((1, 1, 8, 8)).astype(np.float32)
    options = ["--plugin-options", "fail=compile", "--fallback"]
    agree("compile fails, with fallback", DIGITS, {"image": x}, "--plugin", LOCAL, *options)
    rows = explain(DIGITS, *options)
    check("told", all(r[0] == "cpu" and "too hard" in r[3] for r in rows), rows)


def test_torchscript():
    """A graph is made for the inputs, and divided; PyTorch's answers stand beside the files."""
    scripts = ROOT / "tests/torch/data/scripts"
    text = call("test", "--quiet", "--no-fork", "--plugin", LOCAL, "--fallback", scripts)
    found = re.search(r"(\d+) passed, 0 failed", text)
    check("PyTorch's programs", found and int(found[1]) > 50, text[-200:])
    call("test", "--quiet", "--no-fork", "--plugin", LOCAL, scripts / "mlp.trace", scripts / "mlp.script")
    rows = explain(scripts / "convolutions.trace/model.pt")
    check("who runs it", len(rows) > 5 and {r[:2] for r in rows} == {("local", "part 0")}, rows)
    error = call("run", scripts / "data_loop.script/model.pt", "--input", "x=@ones", "--shape", "x=3x4", "--plugin", LOCAL,
                 code=1)
    check("what it does not run", "local does not run" in error and "Loop" in error, error)
    error = call("run", scripts / "mlp.trace/model.pt", "--input", "x=@zeros", "--plugin", "nowhere", code=1)
    check("no such library", "liblampwick-nowhere.so cannot be loaded" in error, error)


def test_default():
    """A default value that a run replaces is a constant of the program."""
    path = save("default", [helper.make_node("Add", ["x", "b"], ["y"])],
                [floats("x", [2]), floats("b", [2])], [floats("y", [2])],
                [numpy_helper.from_array(np.array([1, 2], np.float32), "b")])
    x, b = np.ones(2, np.float32), np.full(2, 5, np.float32)
    agree("default", path, {"x": x}, "--plugin", LOCAL)
    agree("replaced", path, {"x": x, "b": b}, "--plugin", LOCAL, "--fallback")
    error = call("run", path, "--input", "x=1,1", "--input", "b=5,5", "--plugin", LOCAL, code=1)
    check("without fallback", "default values" in error, error)


def test_profile():
    text = call("profile", DIGITS, "--runs", 1, "--plugin", LOCAL)
    check("a part in the table", "lampwick.Part" in text or "Part" in text, text)


def test_name():
    env = {"LD_LIBRARY_PATH": str(PLUGINS)}
    call("run", DIGITS, "--input", "image=@zeros", "--plugin", "local", env=env)


def test_models():
    for path in sorted(pathlib.Path(sys.argv[3]).glob("*/model*.onnx")) if len(sys.argv) > 3 else ():
        feeds = make_inputs(path)
        if any(isinstance(v, dict) for v in feeds.values()) or path.stat().st_size > 40e6:
            continue
        label = f"{path.parent.name}/{path.name}"
        loose = any(w in label for w in ("qdq", "int8", "fp16", "ml-", "prepost"))
        if not loose:
            agree(label, path, feeds, "--plugin", LOCAL, "--fallback")


run_tests(globals())
