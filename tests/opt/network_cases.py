# SPDX-License-Identifier: MIT
"""Writes a case of a whole network in the layout of ONNX's own node cases (model.onnx,
test_data_set_0/*.pb), with the answer of onnxruntime without its optimiser."""
import numpy as np
import onnxruntime as ort
from onnx import numpy_helper


def write(folder, model, feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    results = session.run(None, feeds)
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    for kind, arrays in (("input", feeds.values()), ("output", results)):
        for i, x in enumerate(arrays):
            (data / f"{kind}_{i}.pb").write_bytes(
                numpy_helper.from_array(np.asarray(x)).SerializeToString())
