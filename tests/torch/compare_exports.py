# SPDX-License-Identifier: MIT
"""Runs exported networks with lampwick and compares with what PyTorch computed:

    python3 tests/torch/compare_exports.py LAMPWICK FOLDER [NAME ...]

FOLDER holds what make_exports.py made. A network passes if no element of an output differs from
PyTorch's by more than 1e-4 of the output's largest.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

MOST = 1e-4


def describe(lampwick, model):
    """Names of the inputs without default and of the outputs, in order."""
    text = subprocess.run([lampwick, "info", "--json", model], capture_output=True, text=True,
                          check=True).stdout
    info = json.loads(text)
    if info.get("issues"):
        raise RuntimeError(info["issues"][0])
    names = [i["name"] for i in info["inputs"] if not i["has_default"]]
    return names, [o["name"] for o in info["outputs"]]


def run(lampwick, model, inputs):
    names, outputs = describe(lampwick, model)
    if len(names) != len(inputs):
        raise RuntimeError(f"the model has the inputs {names}, {len(inputs)} were saved")
    with tempfile.TemporaryDirectory() as folder:
        command = [lampwick, "run", model]
        for name, array in zip(names, inputs):
            path = f"{folder}/{len(command)}.npy"
            numpy.save(path, array)
            command += ["-i", f"{name}={path}"]
        files = [f"{folder}/out{i}.npy" for i in range(len(outputs))]
        for name, path in zip(outputs, files):
            command += ["-o", f"{name}={path}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or f"ended with {done.returncode}")
        return [numpy.load(path) for path in files]


def difference(got, expected):
    if got.shape != expected.shape:
        raise RuntimeError(f"shape {got.shape}, expected {expected.shape}")
    if got.dtype != expected.dtype:
        raise RuntimeError(f"type {got.dtype}, expected {expected.dtype}")
    if expected.size == 0:
        return 0.0
    a, b = got.astype("float64"), expected.astype("float64")
    same = (a == b) | (numpy.isnan(a) & numpy.isnan(b))
    finite = numpy.isfinite(b)
    largest = numpy.abs(b[finite]).max(initial=0) or 1
    with numpy.errstate(invalid="ignore"):
        apart = numpy.where(same, 0, numpy.abs(a - b)) / largest
    return float(numpy.nan_to_num(apart, nan=numpy.inf).max())


def arrays(path):
    with numpy.load(path) as file:
        return [file[name] for name in file.files]


def compare(lampwick, folder, prefix):
    expected = arrays(folder / f"{prefix}outputs.npz")
    got = run(lampwick, str(folder / "model.pt2"), arrays(folder / f"{prefix}inputs.npz"))
    if len(got) != len(expected):
        raise RuntimeError(f"{len(got)} outputs, expected {len(expected)}")
    return max((difference(g, e) for g, e in zip(got, expected)), default=0)


def main():
    lampwick, folder, names = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    passed = failed = 0
    for case in sorted(folder.iterdir()):
        if not (case / "outputs.npz").exists() or names and not any(
                case.name == n or case.name.startswith(n + ".") for n in names):
            continue
        try:
            apart = compare(lampwick, case, "")
            if (case / "larger_outputs.npz").exists():
                apart = max(apart, compare(lampwick, case, "larger_"))
            good, text = apart <= MOST, f"{apart:.2g}"
        except (RuntimeError, subprocess.CalledProcessError) as error:
            good, text = False, str(error)
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok  ' if good else 'FAIL'} {case.name}: {text}", flush=True)
    print(f"{passed} of {passed + failed} exported networks agree with PyTorch")
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
