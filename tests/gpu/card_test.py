#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a user sees of the drivers of NVIDIA and AMD, with those of tests/gpu/fake_card.c: cards are
listed, a network runs on one, and what goes wrong is said in a sentence.

    tests/gpu/card_test.py build/lampwick cuda build/tests/fake_cuda demo/digits.onnx
    tests/gpu/card_test.py build/lampwick hip build/tests/fake_hip demo/digits.onnx
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check as expect, finish  # noqa: E402

PROGRAM, KIND, FOLDER, MODEL = sys.argv[1:5]
DRIVER, LIBRARY = {"cuda": ("the NVIDIA driver", "libcuda.so.1"),
                   "hip": ("the HIP driver", "libamdhip64.so")}[KIND]


def lampwick(setting, *arguments, library=FOLDER):
    env = dict(os.environ, FAKE_CARD=setting, LD_LIBRARY_PATH=library)
    done = subprocess.run([PROGRAM, *arguments], env=env, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def run(setting, device=KIND, *more, library=FOLDER):
    return lampwick(setting, "run", MODEL, "-i", f"image={INPUT}", "--device", device, *more, library=library)


def close(out, expected):
    """The same text, but for the last digits of numbers."""
    a, b = (re.sub(r"[\[\],]", " ", text).split() for text in (out, expected))
    return len(a) == len(b) and all(
        x == y or abs(float(x) - float(y)) <= 1e-5 * abs(float(y)) for x, y in zip(a, b))


def says(name, result, sentence):
    code, out, err = result
    expect(name, code not in (0, -6, -11) and sentence in err, (code, out[-200:], err[-400:]))


def same_for_both(here):
    for device in (KIND, f"{KIND}:0", f"{KIND}:1"):
        code, out, err = run("cards=2", device, "--fallback")
        expect(f"{device} runs it", code == 0 and close(out, here), (code, out, here, err))
    says("no card", run("none"), "no device is detected")
    says("no such card", run("cards=2", f"{KIND}:2"), f"{DRIVER} has 2 cards, there is no {KIND}:2")
    says("no memory", run("memory=1000"), f"{KIND}:0: allocating memory: out of memory (2)")
    says("a lost card", run("lost=0", KIND, "--fallback"), "unspecified launch failure (719)")
    says("lost on the way", run("lost=2", KIND, "--fallback"), "unspecified launch failure (719)")
    says("no such kind", run("", "tpu"), "there is no device 'tpu'; there is cpu")
    code, out, err = lampwick("", "devices", library="")
    expect("no driver", f"none: there is no {LIBRARY}" in out or f"{KIND}:0" in out, out)


def recordings():
    """The first run launches, the second is recorded, and others replay that. The rehearsal of a new
    context ends after a while, so that it may launch any part of the network's six nodes."""
    def counts(setting, *more):
        code, out, err = lampwick("count " + setting, "bench", MODEL, "--warmup", "0", "--device", KIND, "--fallback", *more)
        found = re.search(r"(\d+) launches, (\d+) replays", err)
        expect(f"bench {setting} {more}", code == 0 and found, (code, out, err))
        return [int(n) for n in found.groups()] if found else [0, 0]

    few, many = counts("", "--runs", "3"), counts("", "--runs", "9")
    expect("replays", abs(few[0] - many[0]) <= 6 and many[1] - few[1] == 6, (few, many))
    for word in ("unrecorded", "uncaptured"):
        few, many = counts(word, "--runs", "3"), counts(word, "--runs", "9")
        expect(f"a driver that records nothing: {word}", few[0] + 24 < many[0] and many[1] == 0, (few, many))
    code, out, err = lampwick("count", "profile", MODEL, "--device", KIND, "--fallback")
    expect("a profile launches", code == 0 and ", 0 replays" in err, err)


def without_functions(folder):
    """A library that is no such driver, or one that is too old."""
    subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", pathlib.Path(folder) / LIBRARY], check=True)
    says("no functions", run("", KIND, library=folder), f"{DRIVER} is too old: it lacks {KIND[:2]}")
    code, out, err = lampwick("", "devices", library=folder)
    expect("no functions, listed", f"none: {DRIVER} is too old: it lacks {KIND[:2]}" in out, out)


def memory(folder):
    """A limit that is too small for 4 MiB of weights; one that is not."""
    path, side = str(pathlib.Path(folder) / "large.onnx"), 1024
    weight = numpy_helper.from_array(np.zeros((side, side), np.float32), "heavy")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, side]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "heavy"], ["y"])], "g", ends[:1], ends[1:], [weight])
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)]), path)
    arguments = ["run", path, "-i", "x=@zeros", "--device", KIND, "--device-memory"]
    refused = lampwick("", *arguments, "3")
    says("what does not fit", refused, f"the constant 'heavy', {4 * side * side} bytes, does not fit on {KIND}:0: ")
    says("the limit", refused, f"bytes are used of the {3 << 20} that device_memory allows")
    code, out, err = lampwick("", *arguments, "5")
    expect("a limit that is kept", code == 0, err)


def large_copies(folder):
    """Inputs, a constant and an output of more than the pinned memory that they go by way of, in odd sizes."""
    for n in (1, 131072, 131073, 1000003):
        case = pathlib.Path(folder) / f"copies-{n}"
        a, b, w = (np.random.default_rng(n + i).integers(-99, 99, n).astype(np.float32) for i in range(3))
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [n]) for name in "aby"]
        nodes = [helper.make_node("Mul", ["a", "w"], ["t"]), helper.make_node("Add", ["t", "b"], ["y"])]
        graph = helper.make_graph(nodes, "g", ends[:2], ends[2:], [numpy_helper.from_array(w, "w")])
        (case / "test_data_set_0").mkdir(parents=True)
        onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)]), case / "model.onnx")
        for name, value in (("input_0", a), ("input_1", b), ("output_0", a * w + b)):
            (case / f"test_data_set_0/{name}.pb").write_bytes(numpy_helper.from_array(value, "").SerializeToString())
        code, out, err = lampwick("", "test", "--no-fork", "--rtol", "0", "--atol", "0", "--device", KIND, str(case))
        expect(f"copies of {n} numbers", code == 0, out + err)


def of_cuda():
    code, out, err = lampwick("capability=35", "devices")
    expect("an old card", "not usable: compute capability 3.5, 5.0 is needed" in out, out)
    says("an old card", run("capability=35"), "compute capability 3.5, 5.0 is needed")
    says("an old driver", run("old"), "the NVIDIA driver is too old: it is made for CUDA 8.0, CUDA 9.0 is needed")
    says("no kernels", run("refuse"), "its driver cannot compile the kernels: a PTX JIT compilation failed "
                                      "(218) ptxas fatal: as it was told")


def of_hip(here):
    for name in ("gfx900", "gfx906", "gfx90a", "gfx942", "gfx1030", "gfx1100"):
        code, out, err = run(f"processor={name}", KIND, "--fallback")
        expect(f"{name} runs it", code == 0 and close(out, here), (code, out, here, err))
    code, out, err = lampwick("processor=gfx803", "devices")
    expect("no code for a card", "not usable: there are no kernels for gfx803, but for gfx900, " in out, out)
    code, out, err = lampwick("processor=what", "devices")
    expect("a struct that is not known", "its driver does not tell which processor it has" in out, out)
    says("an old card", run("processor=gfx803"), "there are no kernels for gfx803")
    says("an old driver", run("old"), "the HIP driver is too old: it is made for HIP 5.7, HIP 6.0 is needed")
    says("no kernels", run("refuse"), "its driver does not take the kernels: a PTX JIT compilation failed (218)")


with tempfile.TemporaryDirectory() as folder:
    INPUT = str(pathlib.Path(folder) / "image.npy")
    np.save(INPUT, np.random.default_rng(1).random((1, 1, 8, 8), np.float32))
    code, out, err = lampwick("cards=2", "devices")
    expect("two cards", code == 0 and f"{KIND}:0" in out and f"{KIND}:1" in out and "Fake card 1" in out, out)
    code, here, err = run("", "cpu")
    expect("the processor runs it", code == 0, err)
    same_for_both(here)
    recordings()
    memory(folder)
    large_copies(folder)
    without_functions(folder)
    if KIND == "cuda":
        of_cuda()
    else:
        of_hip(here)
finish()
