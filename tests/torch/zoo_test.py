# SPDX-License-Identifier: MIT
"""Networks of the zoo in every form that PyTorch can save them in, run by lampwick and compared with
what PyTorch computes:

    python3 tests/torch/zoo_test.py LAMPWICK [--kind KIND] [--form FORM] [--table FILE] [NAME ...]

One at a time is saved, compared and removed. A case passes if no element of an output differs from
PyTorch's by more than 1e-4 of the output's largest. What PyTorch itself does not save must stand in
zoo_refused.txt with what it says. --table: each case becomes a line of the file, in place of the one
it had.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import numpy
import torch

import zoo
import zoo_forms

MOST = 1e-4
SECONDS = 300
REFUSED = pathlib.Path(__file__).with_name("zoo_refused.txt")


def refused():
    """"NAME.FORM" -> the reason."""
    lines = [line for line in REFUSED.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def describe(lampwick, model):
    """Names of the inputs without default and of the outputs, in order."""
    text = subprocess.run([lampwick, "info", "--json", model], capture_output=True, text=True,
                          check=True).stdout
    info = json.loads(text)
    if info.get("issues"):
        raise RuntimeError(info["issues"][0])
    names = [i["name"] for i in info["inputs"] if not i["has_default"]]
    return names, [o["name"] for o in info["outputs"]]


def run(lampwick, model, inputs, outputs):
    """outputs: their names; None: those that the file says."""
    names, said = describe(lampwick, model)
    outputs = outputs or said
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
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
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
        return {name: file[name] for name in file.files}


def compare(lampwick, folder, prefix):
    expected = arrays(folder / f"{prefix}outputs.npz")
    model = next(folder.glob("model.*"))
    names = list(expected) if model.suffix == ".pt" else None
    got = run(lampwick, str(model), arrays(folder / f"{prefix}inputs.npz").values(), names)
    if len(got) != len(expected):
        raise RuntimeError(f"{len(got)} outputs, expected {len(expected)}")
    return max((difference(g, e) for g, e in zip(got, expected.values())), default=0)


def check(lampwick, case):
    """The largest difference, with the sizes of the export and with others."""
    apart = compare(lampwick, case, "")
    if (case / "larger_outputs.npz").exists():
        apart = max(apart, compare(lampwick, case, "larger_"))
    return apart


def sentence(error):
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def outcome(lampwick, entry, form, reasons):
    """Whether it is as it should be, and what there is to say."""
    name = f"{entry.name}.{form}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            case = zoo_forms.write(entry, form, pathlib.Path(folder))
        except Exception as error:  # PyTorch's own limits
            return name in reasons, "PyTorch: " + sentence(error)
        try:
            apart = check(lampwick, case)
        except (RuntimeError, subprocess.SubprocessError) as error:
            return False, sentence(error)
        others = "" if not (case / "larger_outputs.npz").exists() else ", other sizes too"
        return apart <= MOST, f"{apart:.1e}{others}"


def note(table, name, text):
    lines = table.read_text().splitlines() if table.exists() else []
    kept = [line for line in lines if not line.startswith(name + ": ")]
    table.write_text("\n".join(sorted(kept + [f"{name}: {text}"])) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lampwick")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kind", choices=zoo.KINDS)
    parser.add_argument("--form", choices=zoo_forms.FORMS, action="append")
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_intermixed_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    reasons, passed, failed = refused(), 0, 0
    for entry in zoo.entries((options.kind,) if options.kind else zoo.KINDS):
        if options.names and entry.name not in options.names:
            continue
        for form in (f for f in entry.forms if not options.form or f in options.form):
            start = time.time()
            good, text = outcome(options.lampwick, entry, form, reasons)
            passed, failed = passed + good, failed + (not good)
            print(f"{'ok  ' if good else 'FAIL'} {entry.name}.{form}: {text} "
                  f"({time.time() - start:.0f} s)", flush=True)
            if options.table:
                note(options.table, f"{entry.name}.{form}", text)
    print(f"{passed} of {passed + failed} files agree with PyTorch")
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
