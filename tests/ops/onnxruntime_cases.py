# SPDX-License-Identifier: MIT
"""Writes cases of one node each in the layout of ONNX's own node cases (model.onnx,
test_data_set_0/*.pb), with expected outputs from onnxruntime on the CPU."""
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 22), helper.make_opsetid("com.microsoft", 1)]


def make_model(op, domain, inputs, outputs, attributes):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    results = ["" if t is None else f"y{i}" for i, t in enumerate(outputs)]
    node = helper.make_node(op, names, results, domain=domain, **attributes)
    graph = helper.make_graph(
        [node], op,
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
         for n, x in zip(names, inputs) if x is not None],
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(np.dtype(t)), None)
         for n, t in zip(results, outputs) if t is not None])
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=10)


def fix_inputs(graph, inputs, known):
    for i in known:
        graph.input.remove(next(x for x in graph.input if x.name == f"x{i}"))
        graph.initializer.append(numpy_helper.from_array(inputs[i], f"x{i}"))


class Cases:
    def __init__(self, folder, wanted=""):
        self.folder, self.wanted, self.count, self.refused = Path(folder), wanted, 0, []

    def add(self, name, op, inputs, outputs, domain="com.microsoft", oracle=None, known=(),
            **attributes):
        """inputs: arrays, None where omitted; outputs: types, None where omitted. oracle: (op,
        domain, inputs) that onnxruntime computes the answer with, where that is not the same.
        known: numbers of inputs that are constants of the model."""
        if self.wanted not in name:
            return
        attributes = {k: v for k, v in attributes.items() if v is not None}
        model = make_model(op, domain, inputs, outputs, attributes)
        fix_inputs(model.graph, inputs, known)
        model = model.SerializeToString()
        options = ort.SessionOptions()
        options.log_severity_level = 4
        asked = model
        if oracle:
            asked = make_model(oracle[0], oracle[1], oracle[2], outputs,
                               attributes).SerializeToString()
        feed = {f"x{i}": x for i, x in enumerate(inputs) if x is not None and i not in known}
        question = {f"x{i}": x for i, x in enumerate(oracle[2] if oracle else inputs)
                    if x is not None and (oracle or i not in known)}
        try:
            session = ort.InferenceSession(asked, options, ["CPUExecutionProvider"])
            results = session.run(None, question)
        except Exception as error:  # onnxruntime's exceptions have no common base
            self.refused.append(f"{name}: {str(error)[:200]}")
            return
        if not all(np.isfinite(y).all() for y in results):  # its arithmetic overflowed
            self.refused.append(f"{name}: infinite results")
            return
        self.write(name, model, feed, results)

    def write(self, name, model, feed, results):
        data = self.folder / f"test_{name}" / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        (self.folder / f"test_{name}" / "model.onnx").write_bytes(model)
        for kind, arrays in (("input", feed.values()), ("output", results)):
            for i, x in enumerate(arrays):
                tensor = numpy_helper.from_array(np.asarray(x))
                (data / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())
        self.count += 1

    def report(self):
        print(f"{self.count} cases written; onnxruntime refused {len(self.refused)}")
        for line in self.refused:
            print("   ", line)
