#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each pass by itself: passes_test.py LIBRARY LAMPWICK CASES...

The cases (folders as `lampwick test` takes them, with answers from outside) that a pass changes are
run twice, with all passes but this one and with this one alone; the answers have to stay. A pass
that changes no case is a failure: nothing would test it. Those of quantised networks, whose answers
may differ by a code, are tried in the same way by tests/ops/quantized_graphs.py, and write_blocks,
which rounds rows, by write_blocks_test.py."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "models"))
import lampwick  # noqa: E402

NEAR = ["--atol", "1e-5"]
QUANTISED = ("sink_dequantize", "use_integers", "fuse_integer_products", "fold_codes", "write_blocks")
MOST = 400  # cases a pass is tried with, spread over those that it changes


def run(command, skip, models):
    """True if the cases of all models give their answers without the passes skip."""
    done = subprocess.run([command, "test", "--no-fork", "--quiet", *NEAR, "--skip",
                           "tests/skip.txt", "--skip-passes", skip, *(str(m.parent) for m in models)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        print(f"without {skip}:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def spread(models):
    step = -(-len(models) // MOST)
    return models[::step] if step else []


def check(library, command, name, models):
    """models: those that this pass changes when all run."""
    alone = ",".join(n for n in library.passes() if n != name)
    few = spread(models)
    by_itself = [m for m in few if library.rewrites(m, alone)[name]]
    good = bool(few) and run(command, name, few) and (not by_itself or run(command, alone, by_itself))
    print(f"{'ok' if good else 'FAIL':4} {name}: changes {len(models)} cases; {len(few)} run without "
          f"it, {len(by_itself)} with it alone")
    return good


def changes(library, model):
    try:
        return library.rewrites(model)
    except lampwick.Error:
        return {}  # tests/skip.txt says why


def main():
    library, command, *folders = sys.argv[1:]
    library = lampwick.Library(library)
    changed = {name: [] for name in library.passes()}
    for model in sorted(m for f in folders for m in pathlib.Path(f).rglob("model.onnx")):
        for name, count in changes(library, model).items():
            if count:
                changed[name].append(model)
    for name in QUANTISED:
        del changed[name]
    results = [check(library, command, name, models) for name, models in changed.items()]
    print(f"{sum(results)} passes ok, {len(results) - sum(results)} failed")
    return not all(results)


sys.exit(main())
