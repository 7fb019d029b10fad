# SPDX-License-Identifier: MIT
"""Writing ONNX files with liblampwick, and running them with ONNX Runtime."""
import ctypes as c
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
import lampwick  # noqa: E402


class ModelOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("allocator", c.c_void_p), ("inspect", c.c_bool),
                ("keep_graph", c.c_bool)] + [(f"rest{i}", c.c_void_p) for i in range(6)]


class OnnxOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("weights_beside", c.c_bool)]


class Writer:
    def __init__(self, path):
        self.library = lampwick.Library(path)
        self.c = self.library.c
        self.c.lw_model_save_onnx.argtypes = [c.c_void_p, c.c_char_p, c.c_void_p]

    def write(self, source, target, beside=False, keep_graph=True):
        model = c.c_void_p()
        options = ModelOptions(size=ModelOptions.rest4.offset, keep_graph=keep_graph)
        how = OnnxOptions(size=c.sizeof(OnnxOptions), weights_beside=beside)
        self.library.check(self.c.lw_model_load(str(source).encode(), c.byref(options),
                                                c.byref(model)))
        try:
            self.library.check(self.c.lw_model_save_onnx(model, str(target).encode(),
                                                         c.byref(how)))
        finally:
            self.c.lw_model_free(model)


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def checker_says(path):
    """What onnx.checker has against a file; "" if nothing."""
    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        return str(error).strip().split("\n")[0]
    return ""


def case_feeds(folder, names):
    """The inputs of a conformance case; None if one is no tensor."""
    feeds = {}
    for i, name in enumerate(names):
        path = folder / "test_data_set_0" / f"input_{i}.pb"
        if not path.exists():
            continue
        tensor = onnx.TensorProto()
        try:
            tensor.ParseFromString(path.read_bytes())
            feeds[name] = numpy_helper.to_array(tensor)
        except Exception:  # a SequenceProto or OptionalProto reads as nonsense
            return None
    return feeds


def same(a, b, tolerance=1e-5):
    if isinstance(a, (list, dict)) or a is None or isinstance(b, (list, dict)) or b is None:
        return str(a) == str(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc":
        return np.array_equal(a, b)
    tolerance = 1e-2 if a.dtype == np.float16 else tolerance
    return np.allclose(a, b, tolerance, tolerance, equal_nan=True)
