#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that lw_model_save_onnx writes: ONNX's own cases, programs of torch.export and real models
are read and written; onnx.checker must have nothing against a file that it has not against the
original, ONNX Runtime must compute with it what it computes with the original, or PyTorch's answers,
and lampwick must pass the case with the file that it has written.

    python3 tests/onnx/write_test.py LIBLAMPWICK.SO LAMPWICK CASES OUT [MODELS]
"""
import pathlib
import shutil
import subprocess
import sys

import numpy as np

from onnx_library import Writer, case_feeds, checker_says, lampwick, same, session
from model_inputs import difference, make_inputs  # onnx_library says where it is

HERE = pathlib.Path(__file__).resolve().parent
EXPORTS = HERE.parent / "torch" / "exports"
writer = Writer(sys.argv[1])
# What ONNX cannot say, neither by an operator nor by several.
NO_FORM = ["lampwick.Svd", "lampwick.Qr", "lampwick.Eigh"]
counts = {"written": 0, "checked": 0, "compared": 0}
failures = []


def write(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        writer.write(source, target)
    except lampwick.Error as error:
        known = ["is not supported", "newer than", *(f"{op} has no form" for op in NO_FORM)]
        if not any(part in str(error) for part in known):
            failures.append(f"{source}: {error}")
        return False
    counts["written"] += 1
    found, before = checker_says(target), checker_says(source)
    if found and not before:
        failures.append(f"{source}: onnx.checker: {found[:200]}")
    counts["checked"] += not found
    return True


def run(path, feeds):
    """None: ONNX Runtime cannot."""
    try:
        return session(path).run(None, feeds)
    except Exception:  # its exceptions have no common base
        return None


def names_of(path):
    try:
        return [i.name for i in session(path).get_inputs()]
    except Exception:
        return None


def compare(source, target, feeds, label):
    theirs = run(source, feeds)
    if theirs is None:
        return
    try:
        mine = session(target).run(None, feeds)
    except Exception as error:
        failures.append(f"{label}: ONNX Runtime refuses it: {str(error)[:300]}")
        return
    counts["compared"] += 1
    if not all(same(a, b) for a, b in zip(mine, theirs)):
        failures.append(f"{label}: ONNX Runtime's results differ")


def cases(root, out):
    for path in sorted(root.rglob("model.onnx")):
        folder = path.parent
        target = out / folder.relative_to(root) / "model.onnx"
        if not write(path, target):
            continue
        data = target.parent / "test_data_set_0"
        if not data.exists() and (folder / "test_data_set_0").exists():
            data.symlink_to((folder / "test_data_set_0").resolve())
        random = any(s in folder.name for s in ("bernoulli", "dropout", "random"))
        names = names_of(path)
        feeds = None if names is None or random else case_feeds(folder, names)
        if feeds is not None:
            compare(path, target, feeds, folder.name)


def compare_exported(target, folder, prefix):
    inputs, answers = np.load(folder / f"{prefix}inputs.npz"), np.load(folder / f"{prefix}outputs.npz")
    s = session(target)
    results = s.run(None, {i.name: inputs[str(k)] for k, i in enumerate(s.get_inputs())})
    counts["compared"] += 1
    for k, result in enumerate(results):
        if not same(result, answers[str(k)], 1e-4):
            failures.append(f"{folder.name}: {prefix} output {k} is not PyTorch's")


def exports(out):
    for folder in sorted(EXPORTS.iterdir()):
        target = out / folder.name / "model.onnx"
        if not (folder / "model.pt2").exists() or not write(folder / "model.pt2", target):
            continue
        for prefix in ("", "larger_"):
            if not (folder / f"{prefix}inputs.npz").exists():
                continue
            try:
                compare_exported(target, folder, prefix)
            except Exception as error:
                failures.append(f"{folder.name}: {prefix}ONNX Runtime: {str(error)[:300]}")


def models(root, out):
    library = writer.library
    for path in sorted(root.glob("*/*.onnx")):
        label = str(path.relative_to(root))
        target = out / label
        if not write(path, target):
            continue
        try:
            feeds = make_inputs(path)
            theirs = session(path).run(None, feeds)
        except Exception:
            continue
        compare(path, target, feeds, label)
        model = library.load(target)
        mine = model.run(feeds)
        model.close()
        worst = max((difference(a, b) for a, b in zip(mine, theirs)), default=0)
        if worst > (1e-1 if "qdq" in label or "int8" in label or "fp16" in label else 1e-3):
            failures.append(f"{label}: lampwick's results with the file differ by {worst:.2e}")


def main():
    binary, root, out = sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
    shutil.rmtree(out, ignore_errors=True)
    cases(root, out / "cases")
    exports(out / "exports")
    if len(sys.argv) > 5:
        models(pathlib.Path(sys.argv[5]), out / "models")
    skips = HERE.parent / "skip.txt"
    done = subprocess.run([binary, "test", "--quiet", "--skip", str(skips), str(out / "cases")],
                          capture_output=True, text=True)
    if done.returncode:
        failures.append("lampwick test: " + done.stdout[-2000:] + done.stderr[-300:])
    print("\n".join(failures[:60]))
    print(", ".join(f"{n} {k}" for k, n in counts.items()), f"{len(failures)} failures")
    sys.exit(bool(failures) or counts["compared"] == 0)


main()
