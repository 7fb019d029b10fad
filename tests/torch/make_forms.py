# SPDX-License-Identifier: MIT
"""Saves networks of the zoo in the forms of zoo_forms.py, with their inputs and PyTorch's outputs
beside them, as cases of `lampwick test`:

    python3 tests/torch/make_forms.py FOLDER [--kind tiny|vision|text|program] [--form FORM] [NAME ...]
    python3 tests/torch/make_forms.py tests/torch/exports --committed
"""
import argparse
import pathlib
import shutil
import sys
import time
import warnings

import zoo
import zoo_forms

# What the everyday tests use of torch.export: small, and each of another kind.
COMMITTED = {"mlp.export", "convolutions.export", "convolutions.core", "attention.export",
             "tagger.export", "tagger.saved", "counter.saved", "gru.export", "writes.export", "writes.core", "pieces.export", "complex.export-fixed", "complex.core-fixed",
             "sizes.export", "sizes.core", "resizes.export", "branches.export", "loops.core",
             "part_writes.export-fixed", "ranged.export",
             "decompositions.export", "decompositions.core", "reshapes.export-fixed", "reshapes.core-fixed",
             "counter.export", "counter.core", "volumes.export-fixed", "transformer_layer.export"}


def cases(options):
    for entry in zoo.entries((options.kind,) if options.kind else zoo.KINDS):
        if options.names and entry.name not in options.names:
            continue
        for form in (f for f in entry.forms if not options.form or f in options.form):
            name = f"{entry.name}.{form}"
            if not options.committed or name in COMMITTED or name + "-fixed" in COMMITTED:
                yield entry, form


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kind", choices=zoo.KINDS)
    parser.add_argument("--form", choices=zoo_forms.FORMS, action="append")
    parser.add_argument("--fixed", action="store_true", help="no dimension of an export is free")
    parser.add_argument("--committed", action="store_true", help="only those of the repository")
    options = parser.parse_intermixed_args()
    warnings.simplefilter("ignore")
    failed = 0
    for entry, form in cases(options):
        start = time.time()
        try:
            target = zoo_forms.write(entry, form, options.folder, options.fixed)
            print(f"{target.name}: {time.time() - start:.1f} s", flush=True)
        except Exception as error:  # one network that cannot be saved leaves the others
            failed += 1
            sentence = str(error).strip().splitlines() or [""]
            print(f"{entry.name}.{form}: {type(error).__name__}: {sentence[0]}", flush=True)
            continue
        if options.committed and target.name not in COMMITTED:
            shutil.rmtree(target)
        for extra in target.glob("larger_*") if options.committed else ():
            extra.unlink()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
