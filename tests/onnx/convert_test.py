#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command convert to ONNX, and what the writer has to watch: names and captured values of
subgraphs, outputs of many kinds, weights beside the model, TorchScript files, refusals.

    python3 tests/onnx/convert_test.py LIBLAMPWICK.SO LAMPWICK TINY.GGUF
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check, run_tests  # noqa: E402
from onnx_library import Writer, checker_says, lampwick, same, session  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY, GGUF = sys.argv[2], sys.argv[3]
writer = Writer(sys.argv[1])
folder = pathlib.Path(tempfile.mkdtemp())


def convert(*arguments, code=0):
    done = subprocess.run([BINARY, "convert", *map(str, arguments)], capture_output=True, text=True)
    check(f"convert {arguments[1:]}", done.returncode == code, done.stderr)
    return done.stderr


def floats(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(name, nodes, inputs, outputs, initializers=(), opset=21):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    path = folder / f"{name}.onnx"
    onnx.save(helper.make_model(graph, ir_version=10,
                                opset_imports=[helper.make_opsetid("", opset)]), path)
    return path


def agree(path, feeds, beside=False):
    """The file written of a file computes the same."""
    target = folder / "written" / path.name
    target.parent.mkdir(exist_ok=True)
    writer.write(path, target, beside)
    check(f"{path.name}: checker", not checker_says(target) or checker_says(path),
          checker_says(target))
    theirs, mine = session(path).run(None, feeds), session(target).run(None, feeds)
    check(path.name, all(same(a, b) for a, b in zip(mine, theirs)))
    return onnx.load(target, load_external_data=False)


def constant(name, value):
    return numpy_helper.from_array(np.array(value, np.float32), name)


def test_subgraphs():
    """Bodies that use one name for different things, capture through two levels, return captured
    values, constants and their own inputs."""
    inner = helper.make_graph([helper.make_node("Add", ["x", "t"], ["t2"])], "inner", [],
                              [floats("t2", None)])
    other = helper.make_graph([], "other", [], [floats("x", None)])
    bodies = {
        "then_branch": helper.make_graph(
            [helper.make_node("Mul", ["x", "k"], ["t"]),
             helper.make_node("If", ["flag"], ["u"], then_branch=inner, else_branch=other)],
            "then", [], [floats("u", None), floats("x", None)], [constant("k", 2)]),
        "else_branch": helper.make_graph(
            [helper.make_node("Sub", ["x", "k2"], ["t3"])], "else", [],
            [floats("t3", None), floats("k2", None)], [constant("k2", 3)]),
    }
    flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
    path = save("branches", [helper.make_node("If", ["flag"], ["y", "z"], **bodies)],
                [floats("x", [3]), flag], [floats("y", None), floats("z", None)])
    target = folder / "written" / path.name
    target.parent.mkdir(exist_ok=True)
    writer.write(path, target)
    x = np.array([1, 2, 3], np.float32)
    for truth in (True, False):
        results = session(target).run(None, {"x": x, "flag": np.array(truth)})
        wanted = (x + 2 * x, x) if truth else (x - 3, np.float32(3))
        check(f"branches {truth}", all(same(np.asarray(a), np.asarray(b))
                                       for a, b in zip(results, wanted)), results)


def test_loop():
    body = helper.make_graph(
        [helper.make_node("Add", ["v", "step"], ["w"]), helper.make_node("Identity", ["c"], ["c2"])],
        "body", [helper.make_tensor_value_info("i", TensorProto.INT64, []),
                 helper.make_tensor_value_info("c", TensorProto.BOOL, []), floats("v", [2])],
        [helper.make_tensor_value_info("c2", TensorProto.BOOL, []), floats("w", [2]),
         floats("v", [2])])
    path = save("loop", [helper.make_node("Add", ["x", "x"], ["step"]),
                         helper.make_node("Loop", ["n", "", "x"], ["y", "s"], body=body)],
                [floats("x", [2])], [floats("y", [2]), floats("s", None)],
                [numpy_helper.from_array(np.array(4, np.int64), "n")])
    agree(path, {"x": np.array([1, -2], np.float32)})


def test_outputs():
    path = save("ends", [helper.make_node("Neg", ["x"], ["y"])], [floats("x", ["n"])],
                [floats("y", ["n"]), floats("k", [2])], [constant("k", [1, 2]),
                                                        constant("unread", [5])])
    written = agree(path, {"x": np.ones(3, np.float32)})
    check("unread initializers are left out", [t.name for t in written.graph.initializer] == ["k"])
    check("sizes keep their names", written.graph.input[0].type.tensor_type.shape.dim[0].dim_param
          == "n")
    check("an old opset", written.opset_import[0].version == 13 and written.ir_version == 7)
    untyped = save("untyped", [helper.make_node("Shape", ["x"], ["y"])], [floats("x", [2, 3])],
                   [onnx.ValueInfoProto(name="y")])
    written = folder / "written" / "untyped.onnx"
    writer.write(untyped, written)
    check("an output without a type gets one", not checker_says(written), checker_says(written))


def test_default():
    path = save("default", [helper.make_node("Add", ["x", "b"], ["y"])],
                [floats("x", [2]), floats("b", [2])], [floats("y", [2])], [constant("b", [1, 2])])
    written = agree(path, {"x": np.ones(2, np.float32), "b": np.zeros(2, np.float32)})
    check("a default stays an input", [i.name for i in written.graph.input] == ["x", "b"])


def test_beside():
    weight = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
    path = save("large", [helper.make_node("MatMul", ["x", "w"], ["h"]),
                          helper.make_node("Add", ["h", "b"], ["y"])], [floats("x", [1, 64])],
                [floats("y", [1, 64])], [numpy_helper.from_array(weight, "w"),
                                         constant("b", np.arange(64))])
    feeds = {"x": np.ones((1, 64), np.float32)}
    written = agree(path, feeds, beside=True)
    tensors = {t.name: t for t in written.graph.initializer}
    check("a weight lies beside", tensors["w"].data_location == TensorProto.EXTERNAL)
    check("a small one does not", tensors["b"].data_location == TensorProto.DEFAULT)
    target = folder / "again.onnx"
    convert(folder / "written" / "large.onnx", target, "--weights-beside")
    check("the file beside", (folder / "again.onnx.data").stat().st_size == weight.nbytes)
    check("read back", same(session(target).run(None, feeds)[0], session(path).run(None, feeds)[0]))


def test_passes():
    """A model that went through the passes is written as it was before."""
    digits = ROOT / "demo" / "digits.onnx"
    for keep in (True, False):
        target = folder / f"digits{keep}.onnx"
        writer.write(digits, target, keep_graph=keep)
    same_bytes = [(folder / f"digits{k}.onnx").read_bytes() for k in (True, False)]
    check("with and without passes", same_bytes[0] == same_bytes[1])


def test_torchscript():
    scripts = ROOT / "tests" / "torch" / "data" / "scripts"
    done = 0
    for script in sorted(scripts.iterdir()):
        inputs = np.load(script / "inputs.npz")
        told = subprocess.run([BINARY, "info", "--json", str(script / "model.pt")],
                              capture_output=True, text=True)
        names = [i["name"] for i in json.loads(told.stdout)["inputs"]]
        shapes = [f"{n}={'x'.join(map(str, inputs[str(k)].shape))}" for k, n in enumerate(names)]
        target = folder / f"{script.name}.onnx"
        run = subprocess.run([BINARY, "convert", str(script / "model.pt"), str(target),
                              *sum((["--shape", s] for s in shapes), [])], capture_output=True,
                             text=True)
        if run.returncode:
            continue
        s = session(target)
        answers = np.load(script / "outputs.npz")
        feeds = {i.name: inputs[str(k)] for k, i in enumerate(s.get_inputs())}
        results = s.run(None, feeds)
        check(script.name, all(same(r.astype(answers[n].dtype), answers[n], 1e-4)  # Python's floats
                               for r, n in zip(results, answers.files)))
        done += 1
    check("TorchScript files", done > 0)


def test_refusals():
    digits = ROOT / "demo" / "digits.onnx"
    error = convert(digits, folder / "no" / "such" / "folder.onnx", code=1)
    check("unwritable", "cannot write" in error and "No such file" in error, error)
    check("nothing is left", not list(folder.glob("no*")))
    error = convert(GGUF, folder / "language.onnx", code=1)
    check("an operator without a form", "has no form in ONNX" in error and "lampwick." in error,
          error)
    check("no file after a refusal", not list(folder.glob("language*")))
    convert(folder / "absent.pt2", folder / "absent.onnx", code=1)
    try:
        writer.library.check(writer.c.lw_model_save_onnx(None, b"x", None))
        check("a model of NULL", False)
    except lampwick.Error as error:
        check("a model of NULL", "NULL" in str(error), error)


run_tests(globals())
