#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the documents against the tree: every operator of ops.def is named in exactly one page of
docs/ops, and every path that a document mentions exists. Prints each fault; exits with 1 if any.

    python3 scripts/check_docs.py
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOMAINS = {"LWI_AI": "", "LWI_ML": "ai.onnx.ml.", "LWI_MS": "com.microsoft.",
           "LWI_LW": "lampwick."}
faults = []


def operators():
    for domain, name in re.findall(r'^LWI_OP\((\w+|"[^"]*"), (\w+),',
                                   (ROOT / "src/ops/ops.def").read_text(), re.M):
        if domain == "LWI_TRAINING":
            domain = '"ai.onnx.preview.training"'
        yield DOMAINS.get(domain, domain.strip('"') + ".") + name


def named(page):
    """The operators of a page: what stands in backquotes on lines that begin with "Operators"."""
    lines = re.findall(r"^Operators: (.*?)(?:\n\n|\Z)", page.read_text(), re.M | re.S)
    return re.findall(r"`([\w.]+)`", " ".join(lines))


def main():
    homes = {}
    for page in sorted((ROOT / "docs/ops").glob("*.md")):
        for op in named(page):
            homes.setdefault(op, []).append(page.name)
    known = set(operators())
    faults.extend(f"{op} is in no page of docs/ops" for op in sorted(known - set(homes)))
    faults.extend(f"{op} is in {', '.join(p)}" for op, p in homes.items() if len(p) > 1)
    faults.extend(f"{p[0]} names {op}, which does not exist" for op, p in homes.items()
                  if op not in known)
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    for document in documents:
        for path in re.findall(r"(?<![\w/.])((?:src|include|tools|tests|scripts|docs|demo|cmake)/[\w./-]*\w)",
                               document.read_text()):
            if not (ROOT / path).exists():
                faults.append(f"{document.relative_to(ROOT)} mentions {path}, which does not exist")
    print("\n".join(faults) or f"docs: {len(known)} operators, {len(documents)} documents, no faults")
    sys.exit(1 if faults else 0)


main()
