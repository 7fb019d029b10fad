#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes ONNX's conformance cases as folders for `lampwick test`. The onnx package (pinned in
tests/requirements.txt) holds them: those of single operators as Python code, which computes inputs
and outputs when it is imported, the others as files.

    pip install -r tests/requirements.txt
    python3 scripts/export_onnx_cases.py /tmp/cases
    build/lampwick test /tmp/cases/node/* /tmp/cases/simple/* /tmp/cases/pytorch-*/*
"""
import shutil
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, numpy_helper
from onnx.backend.test import loader

STORED = ["simple", "pytorch-converted", "pytorch-operator"]
WRITERS = {"map_type": numpy_helper.from_dict, "sequence_type": numpy_helper.from_list,
           "optional_type": numpy_helper.from_optional, "tensor_type": numpy_helper.from_array}


def as_proto(value, declared):
    if isinstance(value, TensorProto):
        return value
    return WRITERS[declared.type.WhichOneof("value")](value, declared.name)


def write_case(case, folder):
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for i, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{i}"
        data.mkdir()
        for kind, values, declared in (("input", inputs, graph.input),
                                       ("output", outputs, graph.output)):
            for j, value in enumerate(values):
                proto = as_proto(value, declared[j])
                (data / f"{kind}_{j}.pb").write_bytes(proto.SerializeToString())


def main():
    target = Path(sys.argv[1])
    for kind in ["node"] + STORED:
        if (target / kind).exists():
            shutil.rmtree(target / kind)
    with np.errstate(all="ignore"):  # some cases are about overflows and divisions by zero
        cases = loader.load_model_tests(kind="node")
    for case in cases:
        write_case(case, target / "node" / case.name)
    for kind in STORED:
        shutil.copytree(Path(loader.DATA_DIR) / kind, target / kind,
                        ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    counts = {kind: sum(1 for _ in (target / kind).iterdir()) for kind in ["node"] + STORED}
    print(", ".join(f"{n} {kind}" for kind, n in counts.items()))


if __name__ == "__main__":
    main()
