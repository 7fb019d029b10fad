#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the command: exit codes, sentences, JSON, help, and what each command prints.

    python3 tests/cli/command_test.py build/lampwick
"""
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import xml.dom.minidom

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check, finish  # noqa: E402

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
DEMO = pathlib.Path(__file__).resolve().parents[2] / "demo"
DIGITS = str(DEMO / "digits.onnx")
COMMANDS = ["run", "info", "tokenize", "bench", "profile", "graph", "test", "diff", "ops", "devices", "help"]


def call(*arguments, code=0):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, timeout=120)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    check(f"exit code of {' '.join(map(str, arguments))[:80]}", done.returncode == code,
          f"{done.returncode}, expected {code}: {out[-200:]}{err[-200:]}")
    if code:
        check("a sentence on stderr", err.startswith("lampwick: "), err)
    return out, err


def save_model(path, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    onnx.save(helper.make_model(graph, ir_version=10,
                                opset_imports=[helper.make_opsetid("", 21)]), path)
    return path


def identity(path, dtype, shape):
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype)) if dtype else TensorProto.STRING
    return save_model(path, [helper.make_node("Identity", ["x"], ["y"])],
                      [helper.make_tensor_value_info("x", kind, shape)],
                      [helper.make_tensor_value_info("y", kind, None)])


def test_usage():
    for name in COMMANDS:
        out, _ = call(name, "--help")
        check(f"help of {name}", out.startswith(f"usage: lampwick {name}") and "examples" in out)
        check(f"help {name} is the same", call("help", name)[0] == out)
    _, err = call("rum", code=2)
    check("near command", "'run'" in err, err)
    _, err = call("run", DIGITS, "--labls", "x", code=2)
    check("near option", "--labels" in err, err)
    call("run", code=2)
    call("run", DIGITS, "--top", "many", code=2)
    call("run", DIGITS, "--layout", "chwn", code=2)
    call("run", DIGITS, "--top", code=2)
    check("version", re.match(r"lampwick \d+\.\d+\.\d+\n", call("--version")[0]))
    man, _ = call("help", "--man")
    for name in COMMANDS:
        check(f"{name} in the manual page", f"lampwick {name}" in man)
    for shell in ("bash", "zsh", "fish"):
        text, _ = call("help", "--completion", shell)
        check(f"completion for {shell}", "lampwick" in text and "labels" in text)
    bash = call("help", "--completion", "bash")[0]
    check("bash takes it", subprocess.run(["bash", "-n"], input=bash.encode()).returncode == 0)


def test_run(folder):
    out, _ = call("run", DIGITS, "--input", DEMO / "seven.png", "--top", "3", "--labels",
                  DEMO / "labels.txt")
    check("the demo", re.search(r"^  1  seven +0\.9", out, re.M), out)
    out, _ = call("run", DIGITS, "-i", f"image={DEMO / 'two.png'}", "--json", "--top", "1",
                  "--labels", DEMO / "labels.txt")
    check("json", json.loads(out)["probabilities"][0][0]["label"] == "two", out)
    _, err = call("run", DIGITS, code=1)
    check("missing input", "image" in err and "--input" in err, err)
    _, err = call("run", DIGITS, "-i", "imge=@zeros", code=1)
    check("wrong source", "imge" in err, err)
    call("run", DIGITS, "-i", "image=@zeros", "--shape", "image=2x1x9x8", code=1)
    call("run", folder / "none.onnx", code=1)
    out, _ = call("run", DIGITS, "-i", "@zeros", "--shape", "3x1x8x8", "-o", folder / "p.npy")
    check("batch of three", np.load(folder / "p.npy").shape == (3, 10))


def test_sources(folder):
    """What goes in comes out of an Identity."""
    result = folder / "y.npy"

    def through(model, *arguments):
        call("run", model, *arguments, "-o", f"y={result}")
        return np.load(result)

    model = identity(folder / "f.onnx", np.float32, [None, 3])
    r = np.random.default_rng(2)
    x = r.normal(0, 1, (4, 3)).astype(np.float32)
    np.save(folder / "x.npy", x)
    np.savez_compressed(folder / "x.npz", x=x, other=x + 1)
    (folder / "x.bin").write_bytes(x.tobytes())
    (folder / "x.pb").write_bytes(numpy_helper.from_array(x).SerializeToString())
    for name in ("x.npy", "x.npz", "x.bin", "x.pb"):
        check(name, np.array_equal(through(model, "-i", f"x={folder / name}"), x))
    check("npz member",
          np.array_equal(through(model, "-i", f"x={folder / 'x.npz'}:other"), x + 1))
    check("numbers", np.array_equal(through(model, "-i", "x=1,-2.5,3e2"), [[1, -2.5, 300]]))
    check("ones", np.array_equal(through(model, "-i", "@ones", "-s", "x=2x3"), np.ones((2, 3))))
    call("run", model, "-i", "x=1,2", code=1)
    np.save(folder / "d.npy", x.astype(np.float64))
    check("converted", np.array_equal(through(model, "-i", folder / "d.npy"), x))
    whole = identity(folder / "i.onnx", np.int64, [])
    check("a number", through(whole, "-i", "16000") == 16000)
    words = identity(folder / "s.onnx", None, [1])
    out, _ = call("run", words, "-i", "x=Gruezi, wohl", "--json")
    check("text", json.loads(out)["y"]["data"] == ["Gruezi, wohl"], out)


def test_looking(folder):
    out, _ = call("info", DIGITS)
    for part in ("image float32[batch,1,8,8]", "Conv 2", "ai.onnx 17", "9930"):
        check(f"info has {part}", part in out, out)
    info = json.loads(call("info", "--json", DIGITS)[0])
    check("info json", info["operators"]["Conv"] == 2 and info["issues"] == [], info)
    strange = save_model(folder / "strange.onnx",
                         [helper.make_node("Nonsense", ["x"], ["t"], domain="example.com"),
                          helper.make_node("Alsonot", ["t"], ["y"])],
                         [helper.make_tensor_value_info("x", 1, [1])],
                         [helper.make_tensor_value_info("y", 1, [1])])
    out, _ = call("info", strange)
    check("all issues at once", "Nonsense" in out and "Alsonot" in out, out)
    call("run", strange, "-i", "@zeros", code=1)
    bench = json.loads(call("bench", DIGITS, "--runs", "5", "--json")[0])
    check("bench", bench["runs"] == 5 and 0 < bench["min_ms"] <= bench["median_ms"], bench)
    out, _ = call("profile", DIGITS, "--runs", "2", "--skip-passes", "all", "--trace", folder / "trace.json")
    check("profile", "Conv" in out and "Softmax" in out, out)
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    # every node but Flatten, which only changes a shape
    check("trace", len(events) == 7 and all(e["dur"] >= 0 for e in events), events)
    for options, boxes in ([], 10), (["--time"], 9):  # as it is run, one node less
        call("graph", DIGITS, "-o", folder / "net.svg", *options)
        text = (folder / "net.svg").read_text()
        xml.dom.minidom.parseString(text)
        check("drawing", text.count("<rect") == boxes and "Softmax" in text)
    call("graph", strange, "-o", folder / "net.html")
    check("page", "<svg" in (folder / "net.html").read_text())
    call("graph", DIGITS, code=2)
    operators = json.loads(call("ops", "--json")[0])
    check("ops", any(o["name"] == "Softmax" and "float32" in o["types"] for o in operators))
    check("ops markdown", "| Softmax |" in call("ops", "--markdown")[0])
    operators = json.loads(call("ops", "--pytorch", "--json")[0])
    check("PyTorch's", {"name": "aten::relu", "arguments": "Tensor self", "onnx": "Relu"} in operators)
    check("PyTorch's as text", "torchvision::nms" in call("ops", "--pytorch")[0])
    check("PyTorch's markdown", "| `aten::relu` |" in call("ops", "--pytorch", "--markdown")[0])
    check("devices", json.loads(call("devices", "--json")[0])["threads"] >= 1)


def test_ranges(folder):
    """Sizes that a program of torch.export does not take."""
    model = DEMO.parent / "tests/torch/exports/ranged.export/model.pt2"
    for rows, others, says in (3, 3, ""), (2, 2, "is 2, the model takes 3 or more"), \
            (7, 7, "is 7, the model takes 6 at most"), (4, 5, "is 4 in dimension 0 of input 'x'"):
        arrays = [folder / "rows.npy", folder / "others.npy"]
        np.save(arrays[0], np.ones((rows, 5), "f4"))
        np.save(arrays[1], np.ones((others, 2), "f4"))
        _, err = call("run", model, "-i", f"x={arrays[0]}", "-i", f"y={arrays[1]}",
                      code=1 if says else 0)
        check("sizes are told by their symbol", says in err and (not says or "s17" in err), err)


def test_comparing(folder):
    np.save(folder / "a.npy", np.array([1, 2, 3], np.float32))
    np.save(folder / "b.npy", np.array([1, 2.5, 3], np.float32))
    check("equal", "PASS" in call("diff", folder / "a.npy", folder / "a.npy")[0])
    done = subprocess.run([BINARY, "diff", folder / "a.npy", folder / "b.npy"],
                          capture_output=True, text=True)
    check("different", done.returncode == 1 and "FAIL" in done.stdout, done.stdout)
    call("diff", folder / "a.npy", folder / "b.npy", "--atol", "0.6")
    check("a model with itself", "PASS" in call("diff", DIGITS, DIGITS)[0])
    call("diff", DIGITS, folder / "a.npy", code=2)


def write_case(folder, scale):
    model = identity(folder / "model.onnx", np.float32, [2])
    (folder / "test_data_set_0").mkdir()
    for name, factor in (("input", 1), ("output", scale)):
        data = numpy_helper.from_array(np.array([1, 2], np.float32) * factor)
        (folder / "test_data_set_0" / f"{name}_0.pb").write_bytes(data.SerializeToString())
    return model


def test_testing(folder):
    for name, scale in (("test_good", 1), ("test_bad", 2)):
        (folder / "cases" / name).mkdir(parents=True)
        write_case(folder / "cases" / name, scale)
    done = subprocess.run([BINARY, "test", folder / "cases"], capture_output=True, text=True)
    check("tap", done.returncode == 1 and "ok 2 - test_good" in done.stdout and
          "not ok 1 - test_bad #" in done.stdout and
          done.stdout.endswith("1..2\n1 passed, 1 failed, 0 skipped\n"), done.stdout)
    (folder / "skip.txt").write_text("# comment\ntest_b*: is wrong on purpose\n")
    out, _ = call("test", folder / "cases", "--skip", folder / "skip.txt")
    check("skip", "# SKIP is wrong on purpose" in out and "1 passed, 0 failed, 1 skipped" in out)
    (folder / "arrays").mkdir()
    identity(folder / "arrays" / "model.onnx", np.float32, [3])
    for name in ("inputs", "outputs"):
        np.savez(folder / "arrays" / f"{name}.npz", np.arange(3, dtype=np.float64))
    call("test", folder / "arrays")
    (folder / "empty").mkdir()
    call("test", folder / "empty", code=1)


def test_damage(folder):
    """Damaged models end with a sentence, never with a signal."""
    dice, data = random.Random(3), pathlib.Path(DIGITS).read_bytes()
    path = folder / "hurt.onnx"
    for round_ in range(40):
        hurt = bytearray(data[:dice.randrange(len(data))] if round_ % 4 == 0 else data)
        for _ in range(dice.randint(1, 5)):
            if hurt:
                hurt[dice.choice((dice.randrange(len(hurt)), len(hurt) - 1 -
                                  dice.randrange(min(900, len(hurt)))))] = dice.randrange(256)
        path.write_bytes(hurt)
        for command in (["info"], ["info", "--json"], ["graph", "-o", folder / "hurt.svg"],
                        ["run", "-i", "@random"]):
            done = subprocess.run([BINARY, command[0], path, *command[1:]], capture_output=True,
                                  timeout=60)
            check(f"{command[0]} on a damaged file", done.returncode == 0 or
                  done.returncode == 1 and done.stderr.startswith(b"lampwick: "),
                  f"{done.returncode} {done.stderr[-200:]}")


def test_foreign(folder):
    """Files that are no networks are called by their names."""
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    for data, said in ((b"version https://git-lfs.github.com/spec/v1\nsize 12\n", "Git LFS"),
                       (b"<!DOCTYPE html><html></html>", "a web page"),
                       (b"\x18\0\0\0ORTM\0\0\0\0", "(.ort)"), (b"\x1c\0\0\0TFL3\0\0\0\0", "TensorFlow Lite"),
                       (b"\x89HDF\r\n\x1a\n\0\0\0", "HDF5"), (b"\x1f\x8b\x08\0", "compressed"),
                       (b"", "the file is empty"), (b"what?", "not a whole ONNX model"),
                       (len(header).to_bytes(8, "little") + header + b"\0\0\0\0", "safetensors without a network"),
                       (b"\x80\x02}q\0." + bytes(32), "PyTorch's form without a network")):
        path = folder / "foreign.onnx"
        path.write_bytes(data)
        _, err = call("run", path, code=1)
        check(f"{said} is said", said in err, err)


def test_tokens(folder):
    """A WordPiece vocabulary of a few tokens."""
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "lamp", "##wick", "."]))
    out, _ = call("tokenize", vocabulary, "A lampwick.", "--ids")
    check("ids", out == "2 4 5 6 7 3\n", out)
    out, _ = call("tokenize", vocabulary, "a lamp", "--plain")
    check("pieces", out == "       4  a\n       5  lamp\n", out)
    check("count", call("tokenize", vocabulary, "a lamp", "--count")[0] == "4\n")
    out, _ = call("tokenize", vocabulary, "--decode", "2 4 5 6 7 3", "--skip-special")
    check("text", out == "a lampwick.\n", out)
    out, _ = call("tokenize", vocabulary, "lamp", "--json")
    check("json", [t["piece"] for t in json.loads(out)] == ["[CLS]", "lamp", "[SEP]"], out)
    call("tokenize", vocabulary, "--decode", "2 x", code=2)
    call("tokenize", vocabulary, "--decode", "99", code=1)
    call("tokenize", DIGITS, "a", code=1)


def main():
    test_usage()
    for test in (test_run, test_sources, test_looking, test_ranges, test_comparing, test_testing, test_damage,
                 test_foreign, test_tokens):
        with tempfile.TemporaryDirectory() as folder:
            test(pathlib.Path(folder))
    finish()


main()
