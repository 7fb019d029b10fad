#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The adapters to engines of vendors, with libraries made for tests that check each call and let
lampwick compute (tests/plugins/fake_*.c). Nothing here ran on a vendor's device.

    python3 tests/plugins/vendors_test.py LAMPWICK FOLDER_OF_PLUGINS FOLDER_OF_FAKES
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check, run_tests  # noqa: E402

BINARY, PLUGINS, FAKES = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
DIGITS = pathlib.Path(__file__).resolve().parents[2] / "demo" / "digits.onnx"
folder = pathlib.Path(tempfile.mkdtemp())


def plugin(name):
    return ["--plugin", str(PLUGINS / f"liblampwick-{name}.so")]


def call(*arguments, code=0, fails=None, fakes=FAKES, **more):
    env = dict(os.environ, LD_LIBRARY_PATH=str(pathlib.Path(fakes).resolve()), **more)
    if fails:
        env["FAKE_FAILS"] = fails
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, env=env)
    check(f"exit code of {' '.join(map(str, arguments))[-120:]} {fails or ''}",
          done.returncode == code, f"{done.returncode} {done.stderr[-300:]}")
    check("no wrong call", "fake library: " not in done.stderr.replace("fake library: loaded", ""),
          done.stderr)
    return done.stderr


def run(path, image, *options, **how):
    np.save(folder / "image.npy", image)
    (folder / "scores.npy").unlink(missing_ok=True)
    names = [o.name for o in onnx.load(path).graph.output]
    told = call("run", path, "--input", f"image={folder / 'image.npy'}", "--output",
                f"{names[0]}={folder / 'scores.npy'}", *options, **how)
    expected = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(
        None, {"image": image})[0]
    good = (folder / "scores.npy").exists()
    check("results", good and np.allclose(np.load(folder / "scores.npy"), expected, 1e-4, 1e-4))
    return told


def image(seed, shape=(1, 1, 8, 8)):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def test_migraphx():
    run(DIGITS, image(1), *plugin("migraphx"))
    run(DIGITS, image(2), *plugin("migraphx"), "--plugin-options", "target=ref,fp16")
    run(DIGITS, image(3), *plugin("migraphx"), "--repeat", "3")


def test_migraphx_cache():
    cache = folder / "cache"
    cache.mkdir()
    first = run(DIGITS, image(4), *plugin("migraphx"), "--plugin-cache", cache)
    check("compiled and kept", "loaded" not in first and len(list(cache.iterdir())) == 1, first)
    second = run(DIGITS, image(5), *plugin("migraphx"), "--plugin-cache", cache)
    check("loaded", "fake library: loaded" in second, second)
    run(DIGITS, image(5), *plugin("migraphx"), "--plugin-cache", folder / "no" / "such")


def test_migraphx_parts():
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("migraphx"), code=1,
                 FAKE_NO_RELU="1")
    check("an operator that it lacks", "MIGraphX does not list the operator" in error and
          "Relu" in error, error)
    run(DIGITS, image(6), *plugin("migraphx"), "--fallback", FAKE_NO_RELU="1")


def test_migraphx_failures():
    for function, text in (("migraphx_parse_onnx_buffer", "does not read the graph"),
                           ("migraphx_program_compile", "cannot compile the graph"),
                           ("migraphx_program_run", "the run failed")):
        error = call("run", DIGITS, "--input", "image=@zeros", *plugin("migraphx"), code=1,
                     fails=function)
        check(function, text in error and "MIGraphX" in error, error)
    run(DIGITS, image(7), *plugin("migraphx"), "--fallback", fails="migraphx_program_compile")
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("migraphx"), "--plugin-options",
                 "target=moon", code=1)
    check("no such target", "no such target" in error, error)
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("migraphx"), "--plugin-options",
                 "speed=high", code=1)
    check("no such option", "no option 'speed'" in error, error)


def test_tensorrt():
    """Both versions of its tables."""
    for version in ("101300", "100001", "8601"):
        run(DIGITS, image(21), *plugin("tensorrt"), FAKE_VERSION=version)
        told = run(DIGITS, image(22), *plugin("tensorrt"), "--plugin-options", "fp16,device=0", "--repeat", "3",
                   FAKE_VERSION=version)
        check("fp16", "with fp16" in told, told)
    for version in ("9300", "8501", "110000"):
        error = call("run", DIGITS, "--input", "image=@zeros", *plugin("tensorrt"), code=1, FAKE_VERSION=version)
        check(f"version {version}", f"version number is {version}; this adapter knows the tables" in error, error)
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("tensorrt"), "--plugin-options", "device=3", code=1)
    check("no such card", "there is no such card: CUDA 101" in error, error)


def test_tensorrt_cache():
    cache = folder / "engines"
    cache.mkdir()
    options = [*plugin("tensorrt"), "--plugin-cache", cache]
    run(DIGITS, image(23), *options)
    kept = list(cache.iterdir())
    check("built and kept", len(kept) == 1 and "-101300-Fake-card-0.engine" in kept[0].name, kept)
    run(DIGITS, image(24), *options, fails="buildSerializedNetwork")
    run(DIGITS, image(24), *options, FAKE_VERSION="8601")
    check("for one version", len(list(cache.iterdir())) == 2)
    kept[0].write_bytes(b"nothing")
    run(DIGITS, image(25), *options)


def test_tensorrt_failures():
    for function, text in (("parse", "does not read the graph: a node that nobody can read"),
                           ("buildSerializedNetwork", "cannot build the graph"),
                           ("deserializeCudaEngine", "does not read its own program"),
                           ("createExecutionContext", "makes no context"), ("enqueueV3", "the run failed"),
                           ("createInferBuilder_INTERNAL", "does not start: this machine has no memory"),
                           ("cuInit", "the driver does not start: CUDA 100"), ("cuMemAlloc_v2", "CUDA 2"),
                           ("cuStreamSynchronize", "the run failed: CUDA 719")):
        for version in ("101300", "8601"):
            error = call("run", DIGITS, "--input", "image=@zeros", *plugin("tensorrt"), code=1, fails=function,
                         FAKE_VERSION=version)
            check(function, text in error and "TensorRT" in error, error)
    run(DIGITS, image(26), *plugin("tensorrt"), "--fallback", fails="parse")
    run(DIGITS, image(26), *plugin("tensorrt"), "--fallback", FAKE_NO_RELU="1")
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("tensorrt"), code=1, FAKE_NO_RELU="1")
    check("an operator that it lacks", "does not list the operator" in error and "Relu" in error, error)
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("tensorrt"), code=1, FAKE_HOST="1")
    check("a shape", "is a shape" in error, error)


def test_tensorrt_types():
    """float64 has no place there, int64 none in 8.6."""
    for dtype, versions in ((TensorProto.DOUBLE, ("101300", "8601")), (TensorProto.INT64, ("8601",))):
        graph = helper.make_graph([helper.make_node("Add", ["image", "image"], ["y"])], "types",
                                  [helper.make_tensor_value_info("image", dtype, [2])],
                                  [helper.make_tensor_value_info("y", dtype, [2])])
        path = folder / "types.onnx"
        onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)]), path)
        for version in versions:
            error = call("run", path, "--input", "image=1,2", *plugin("tensorrt"), code=1, FAKE_VERSION=version)
            check("a type", "TensorRT has no such type" in error, error)
    run(path, np.array([3, -4]), *plugin("tensorrt"))


def offline(word, name):
    """A file for one picture at a time: all its sizes are fixed, as in those of vendors."""
    model = onnx.load(DIGITS)
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    path = folder / name
    path.write_bytes(word + model.SerializeToString())
    return path


def test_rknn():
    path = offline(b"FAKERKNN", "digits.rknn")
    options = [*plugin("rknn"), "--plugin-options", f"file={path}"]
    run(DIGITS, image(8), *options)
    run(DIGITS, image(9), *options, "--repeat", "3")
    for function in ("rknn_init", "rknn_query", "rknn_inputs_set", "rknn_run", "rknn_outputs_get"):
        error = call("run", DIGITS, "--input", "image=@zeros", *options, code=1, fails=function)
        check(function, f"{function}" in error and "gives -1" in error, error)


def test_rknn_colours():
    """Three channels, so that a wrong order of axes shows."""
    weight = np.random.default_rng(10).normal(size=(4, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "w"], ["y"], pads=[1] * 4)], "colours",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [2, 3, 5, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 4, 5, 6])],
        [numpy_helper.from_array(weight, "w")])
    model = folder / "colours.onnx"
    onnx.save(helper.make_model(graph, ir_version=10,
                                opset_imports=[helper.make_opsetid("", 21)]), model)
    (folder / "colours.rknn").write_bytes(b"FAKERKNN" + model.read_bytes())
    (folder / "colours.om").write_bytes(b"FAKECANN" + model.read_bytes())
    for name, ending in (("rknn", "rknn"), ("cann", "om")):
        run(model, image(11, (2, 3, 5, 6)), *plugin(name), "--plugin-options",
            f"file={folder / f'colours.{ending}'}")
        error = call("run", DIGITS, "--input", "image=@zeros", *plugin(name), "--plugin-options",
                     f"file={folder / f'colours.{ending}'}", code=1)
        check("the file of another model", "in '" in error or "in the file" in error, error)


def test_cann():
    path = offline(b"FAKECANN", "digits.om")
    options = [*plugin("cann"), "--plugin-options", f"file={path}"]
    run(DIGITS, image(12), *options)
    run(DIGITS, image(13), *options, "--repeat", "3")
    for function in ("aclInit", "aclrtMalloc", "aclmdlExecute"):
        error = call("run", DIGITS, "--input", "image=@zeros", *options, code=1, fails=function)
        check(function, function in error and "error 500002" in error, error)
    error = call("run", DIGITS, "--input", "image=@zeros", *plugin("cann"), "--plugin-options",
                 f"file={path},device=5", code=1)
    check("no such device", "aclrtSetDevice" in error and "107001" in error, error)


def test_files():
    for name, word in (("rknn", "rknn_init"), ("cann", "aclmdlLoadFromFile")):
        error = call("run", DIGITS, "--input", "image=@zeros", *plugin(name), code=1)
        check("no file", "file=NET" in error, error)
        error = call("run", DIGITS, "--input", "image=@zeros", *plugin(name), "--plugin-options",
                     f"file={DIGITS}", code=1)
        check("a file of another kind", word in error, error)
        error = call("run", DIGITS, "--input", "image=@zeros", *plugin(name), "--plugin-options",
                     "file=/no/such", code=1)
        check("no such file", "/no/such" in error or "145000" in error, error)


def test_missing():
    """Neither the library nor all of its functions are there."""
    empty = folder / "empty"
    empty.mkdir()
    for name, library in (("migraphx", "libmigraphx_c.so.3"), ("rknn", "librknnrt.so"),
                          ("cann", "libascendcl.so"), ("tensorrt", "libnvinfer.so.10")):
        options = [*plugin(name), "--plugin-options", "file=x"] if name in ("rknn", "cann") else plugin(name)
        error = call("run", DIGITS, "--input", "image=@zeros", *options, code=1, fakes=empty)
        check(f"{name}: no library", f"{library} cannot be loaded" in error, error)
    (folder / "old").mkdir()
    for library in ("libmigraphx_c.so.3", "librknnrt.so", "libascendcl.so", "libnvinfer.so.10"):
        subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", folder / "old" / library],
                       check=True)
    for name, function in (("migraphx", "migraphx_get_onnx_operators_size"),
                           ("rknn", "rknn_init"), ("cann", "aclInit"), ("tensorrt", "getInferLibVersion")):
        options = [*plugin(name), "--plugin-options", "file=x"] if name in ("rknn", "cann") else plugin(name)
        error = call("run", DIGITS, "--input", "image=@zeros", *options, code=1,
                     fakes=folder / "old")
        check(f"{name}: another version", f"has no {function}" in error, error)


run_tests(globals())
