#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks give the same bits with and without the pass allow_bands, for one thread and several:
bands_test.py LIBRARY CASES"""
import pathlib
import sys

import onnx
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import lampwick  # noqa: E402


def run(library, path, feeds, threads, skip):
    model = library.load(path, threads, skip_passes=skip)
    outputs = [x.tobytes() for x in model.run(feeds)]
    model.close()
    return outputs


def main():
    library, folder = lampwick.Library(sys.argv[1]), pathlib.Path(sys.argv[2])
    paths, bad = sorted(folder.rglob("model.onnx")), 0
    for path in paths:
        x = onnx.TensorProto.FromString((path.parent / "test_data_set_0/input_0.pb").read_bytes())
        feeds = {onnx.load(path).graph.input[0].name: numpy_helper.to_array(x)}
        plain = run(library, path, feeds, 1, "allow_bands")
        for threads in (1, 2, 3):
            if run(library, path, feeds, threads, "") != plain:
                print(f"FAIL {path.parent.name}: other bits with {threads} threads")
                bad += 1
                break
    print(f"{len(paths) - bad} passed, {bad} failed")
    return bad > 0 or not paths


if __name__ == "__main__":
    sys.exit(main())
