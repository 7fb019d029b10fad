#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs real models with lampwick and with ONNX Runtime on the same inputs and compares every
output: the largest difference, divided by the largest magnitude of the output, must stay under
1e-3, integers and labels must be equal, and so must the top class of each score vector. One thread
and several must give the same bits.

    python3 tests/models/compare.py [--device DEVICE] LIBLAMPWICK.SO MODELS_FOLDER [NAME...]

On a device, which runs all of each model, without the fallback, and once.
"""
import argparse
import pathlib
import sys

import onnx
import onnxruntime

import lampwick
from model_inputs import difference, make_inputs, same_top

TOLERANCE = 1e-3
# Quantised models round at each layer, and one step of difference in an early one spreads:
# ONNX Runtime's own result for mobilenetv2-qdq changes by 4e-2 when its optimiser is off. It is
# compared with that: without VNNI, ONNX Runtime's sums of two 8-bit products saturate.
IN_FLOAT = {"mobilenetv2-qdq/model.onnx"}
LOOSE = {"mobilenetv2-qdq/model.onnx": 5e-2, "tashkeel/model-int8.onnx": 1e-1,
         "squeezenet-fp16/model.onnx": 1e-2}
NOT_COMPARED = {
    "super-resolution-prepost/model.onnx": "uses operators of com.microsoft.extensions",
}


def same_bits(a, b):
    if isinstance(a, list):
        return len(a) == len(b) and all(same_bits(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) or a is None:
        return a == b
    return np.array_equal(a, b) if a.dtype == object else a.tobytes() == b.tobytes()


def run(library, path, feeds, threads, device=None):
    model = library.load(path, threads, device=device)
    outputs = model.run(feeds)
    model.close()
    return outputs


def compare(library, path, root, device):
    label = str(path.relative_to(root))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if label in IN_FLOAT:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feeds = make_inputs(path)
    theirs = session.run(None, feeds)
    mine = run(library, path, feeds, 0, device)
    same = device or all(same_bits(a, b) for a, b in zip(mine, run(library, path, feeds, 1)))
    worst = max((difference(a, b) for a, b in zip(mine, theirs)), default=0)
    top = all(same_top(a, b) for a, b in zip(mine, theirs) if not isinstance(b, (list, dict)))
    limit = LOOSE.get(label, TOLERANCE)
    good = worst < limit and top and same
    print(f"{'ok' if good else 'not ok'} - {label}: difference {worst:.2e}"
          f"{'' if top else ', another top class'}"
          f"{'' if same else ', other bits with one thread'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--device")
    parser.add_argument("library")
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("wanted", nargs="*")
    options = parser.parse_args()
    library, root, wanted = lampwick.Library(options.library), options.models, options.wanted
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(root.glob("*/*.onnx")):
        label = str(path.relative_to(root))
        if wanted and path.parent.name not in wanted:
            continue
        if label in NOT_COMPARED:
            print(f"ok - {label} # SKIP {NOT_COMPARED[label]}")
            counts["skipped"] += 1
            continue
        try:
            counts["passed" if compare(library, path, root, options.device) else "failed"] += 1
        except (lampwick.Error, RuntimeError, ValueError, onnx.checker.ValidationError) as error:
            print(f"not ok - {label}: {str(error)[:300]}", flush=True)
            counts["failed"] += 1
    print(", ".join(f"{n} {k}" for k, n in counts.items()))
    sys.exit(counts["failed"] > 0)


main()
