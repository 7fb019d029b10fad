#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes networks with an Einsum that can be a matrix product, in every order of its labels, and
some that cannot. Answers come from onnxruntime without its optimiser. Layout and use are those of
make_pointwise_cases.py.

    python3 tests/opt/make_einsum_cases.py OUTDIR [part of a case's name]
"""
import itertools
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

import network_cases

SIZES = {"b": 2, "h": 3, "i": 4, "j": 5, "k": 6}
OTHERS = ["ij,jk->", "bij,bj->bi", "ij,ij->ij", "bhij,bhkj->bik", "ij,kj", "ii,ij->j",
          "b h i k, b h j k -> b h i j", "...ik,...kj->...ij", "bij->j", "bij->ib", "bij->",
          "b i j -> i", "bi,bj->bij", "bi,ijk,bk->bj", "bik,kj,j->bi", "bhk,bk,k->bh"]


def equations():
    for left, right, out in itertools.product(*map(itertools.permutations, ("bik", "bkj", "bij"))):
        yield f"{''.join(left)},{''.join(right)}->{''.join(out)}"
    yield from OTHERS


def write(folder, equation, ones, dynamic):
    random = np.random.default_rng(len(equation))
    inputs, feeds = [], {}
    for number, term in enumerate(equation.split("->")[0].split(",")):
        labels = "bh" + term[3:] if "..." in term else term.replace(" ", "")
        shape = [1 if number == 0 and label in ones else SIZES[label] for label in labels]
        dims = [f"{label}{number}" if dynamic else d for label, d in zip(labels, shape)]
        inputs.append(helper.make_tensor_value_info(f"x{number}", TensorProto.FLOAT, dims))
        feeds[f"x{number}"] = random.uniform(-1, 1, shape).astype(np.float32)
    rank = len(equation.split("->")[1].replace(" ", "")) if "->" in equation else 2
    node = helper.make_node("Einsum", list(feeds), ["y"], equation=equation)
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT,
                                           None if "..." in equation else [None] * rank)
    model = helper.make_model(helper.make_graph([node], "einsum", inputs, [output]), ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17)])
    network_cases.write(folder, model, feeds)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    wanted, count = sys.argv[2] if len(sys.argv) == 3 else "", 0
    for number, equation in enumerate(equations()):
        for kind, ones in ("plain", ""), ("batch", "b"), ("rows", "i"):
            name = f"test_einsum_{number}_{kind}"
            if wanted in name:
                write(Path(sys.argv[1]) / name, equation, ones, dynamic=number % 3 == 1)
                count += 1
    print(f"{count} cases written")


if __name__ == "__main__":
    main()
