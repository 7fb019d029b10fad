#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of ai.onnx.ml in the layout of ONNX's own node cases, with expected outputs
from onnxruntime:

    python3 tests/ops/make_ml_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

Left out are operators on maps (the layout has none) and what onnxruntime does not compute as its
own documentation says: probits of two classes, and labels of two classes with weights for both.
Needs tests/requirements.txt.
"""
import sys

import numpy as np
from onnx import TensorProto, helper
import onnxruntime as ort

from onnxruntime_cases import Cases as PlainCases

rng = np.random.default_rng(11)
TRANSFORMS = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"]
FLOAT, INT64, STRING, DOUBLE = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING,
                                TensorProto.DOUBLE)


def type_number(x):
    return STRING if x.dtype == object else helper.np_dtype_to_tensor_dtype(x.dtype)


class Cases(PlainCases):
    def add(self, name, op, inputs, outputs, version=3, **attributes):
        name = f"ml_{op}_{name}"
        if self.wanted not in name:
            return
        inputs = [np.asarray(x) for x in inputs]
        graph = helper.make_graph(
            [helper.make_node(op, [f"x{i}" for i in range(len(inputs))],
                              [f"y{i}" for i in range(len(outputs))], domain="ai.onnx.ml",
                              **attributes)], op,
            [helper.make_tensor_value_info(f"x{i}", type_number(x), x.shape)
             for i, x in enumerate(inputs)],
            [helper.make_tensor_value_info(f"y{i}", t, None) for i, t in enumerate(outputs)])
        model = helper.make_model(graph, ir_version=10, opset_imports=[
            helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", version)])
        options = ort.SessionOptions()
        options.log_severity_level = 4
        feed = {f"x{i}": x for i, x in enumerate(inputs)}
        try:
            session = ort.InferenceSession(model.SerializeToString(), options)
            results = session.run(None, feed)
        except Exception as error:  # onnxruntime's exceptions have no common base
            self.refused.append(f"{name}: {str(error)[:200]}")
            return
        results = [np.asarray(y, dtype=object) if np.asarray(y).dtype.kind in "OU" else y
                   for y in results]
        self.write(name, model.SerializeToString(), feed, results)


def features(n=6, columns=4, dtype=np.float32):
    x = rng.normal(0, 2, (n, columns))
    return x.astype(dtype)


def floats(*shape):
    return rng.normal(0, 1, shape).astype(np.float32).ravel().tolist()


# ------------------------------------------------------------------ features

def feature_cases(cases):
    x = features()
    for t in np.float32, np.float64, np.int64, np.int32:
        n = np.dtype(t).name
        cases.add(n, "Scaler", [x.astype(t)], [FLOAT], offset=floats(4), scale=floats(4))
        cases.add(f"one_{n}", "Scaler", [x.astype(t)], [FLOAT], offset=[0.5], scale=[2.0])
        cases.add(n, "FeatureVectorizer", [x.astype(t), x[:, :2].astype(t)], [FLOAT],
                  inputdimensions=[4, 2])
        cases.add(n, "ArrayFeatureExtractor", [x.astype(t), np.array([3, 0, 3])],
                  [type_number(x.astype(t))])
        for norm in "MAX", "L1", "L2":
            cases.add(f"{norm}_{n}", "Normalizer", [x.astype(t)], [FLOAT], norm=norm)
        cases.add(n, "OneHotEncoder", [x.astype(t)], [FLOAT], cats_int64s=[-1, 0, 2, 1])
    cases.add("cut", "FeatureVectorizer", [x, x], [FLOAT], inputdimensions=[6, 1])
    cases.add("vectors", "FeatureVectorizer", [x[0], x[1]], [FLOAT], inputdimensions=[4, 4])
    cases.add("float", "Binarizer", [x], [FLOAT], threshold=0.25)
    cases.add("zero", "Normalizer", [np.zeros((2, 3), np.float32)], [FLOAT], norm="L2")
    holes = np.where(x > 1, np.nan, x).astype(np.float32)
    cases.add("nan", "Imputer", [holes], [FLOAT], imputed_value_floats=floats(4),
              replaced_value_float=float("nan"))
    cases.add("one", "Imputer", [np.rint(x).astype(np.int64)], [INT64],
              imputed_value_int64s=[9], replaced_value_int64=1)
    words = np.array([["ab", "c"], ["", "straße"]], dtype=object)
    cases.add("string", "ArrayFeatureExtractor", [words, np.array([1])], [STRING])
    cases.add("string", "OneHotEncoder", [words], [FLOAT], cats_strings=["c", "ab", "x"])
    cases.add("1d", "ArrayFeatureExtractor", [x[0], np.array([1, 2])], [FLOAT])


def encoder_cases(cases):
    words = np.array([["ab", "c"], ["zz", "straße"]], dtype=object)
    numbers = np.array([[1, 7], [-3, 4]], dtype=np.int64)
    reals = np.array([1.5, np.nan, -0.0, 4], dtype=np.float32)
    keys = {"strings": (words, ["c", "ab", "straße"]), "int64s": (numbers, [7, 4, -3]),
            "floats": (reals, [1.5, 0.0, float("nan")])}
    values = {"strings": (STRING, ["x", "", "yy"]), "int64s": (INT64, [5, -6, 2**60 + 1]),
              "floats": (FLOAT, [0.5, -1.5, 9.0])}
    for k, (x, key_list) in keys.items():
        for v, (t, value_list) in values.items():
            cases.add(f"{k}_{v}", "LabelEncoder", [x], [t], version=4, **{
                f"keys_{k}": key_list, f"values_{v}": value_list})
    cases.add("defaults", "LabelEncoder", [words], [INT64], keys_strings=["c", "ab"],
              values_int64s=[1, 2], default_int64=2**62 + 1)
    table = {"cats_strings": ["ab", "c", "q"], "cats_int64s": [7, 4, 1]}
    cases.add("to_int", "CategoryMapper", [words], [INT64], default_int64=-9, **table)
    cases.add("to_string", "CategoryMapper", [numbers], [STRING], default_string="?", **table)


# -------------------------------------------------------------------- models

def linear_cases(cases):
    x = features()
    for transform in TRANSFORMS:
        for n in 1, 3:
            cases.add(f"{n}_{transform}", "LinearRegressor", [x * 0.05 + 0.3], [FLOAT],
                      coefficients=(np.array(floats(n, 4)) * 0.1).tolist(),
                      intercepts=[0.4] * n, targets=n, post_transform=transform)
        cases.add(f"3_{transform}", "LinearClassifier", [x], [INT64, FLOAT],
                  coefficients=(np.array(floats(3, 4)) * 0.1).tolist(), intercepts=floats(3),
                  classlabels_ints=[5, 7, -1], post_transform=transform)
        if transform != "PROBIT":
            cases.add(f"2_{transform}", "LinearClassifier", [x], [STRING, FLOAT],
                      coefficients=floats(4), intercepts=[0.1], classlabels_strings=["no", "yes"],
                      post_transform=transform)
    for t in np.int64, np.int32, np.float64:
        cases.add(np.dtype(t).name, "LinearRegressor", [x.astype(t)], [FLOAT],
                  coefficients=floats(4), intercepts=[0.5])
        cases.add(np.dtype(t).name, "LinearClassifier", [x.astype(t)], [INT64, FLOAT],
                  coefficients=floats(3, 4), intercepts=floats(3), classlabels_ints=[1, 2, 3])


def svm_cases(cases):
    x = features()
    kernel = {"kernel_params": [0.2, 0.1, 2.0]}
    for name in "LINEAR", "POLY", "RBF", "SIGMOID":
        common = dict(kernel, kernel_type=name)
        cases.add(name, "SVMRegressor", [x], [FLOAT], support_vectors=floats(5, 4), n_supports=5,
                  coefficients=floats(5), rho=[0.3], **common)
        cases.add(f"one_class_{name}", "SVMRegressor", [x], [FLOAT], support_vectors=floats(5, 4),
                  n_supports=5, coefficients=floats(5), rho=[0.3], one_class=1, **common)
        for transform in TRANSFORMS[:4]:
            two = dict(common, support_vectors=floats(5, 4), vectors_per_class=[2, 3],
                       coefficients=floats(5), rho=[0.2], post_transform=transform)
            three = dict(common, support_vectors=floats(6, 4), vectors_per_class=[1, 3, 2],
                         coefficients=floats(2, 6), rho=floats(3), post_transform=transform)
            cases.add(f"2_{name}_{transform}", "SVMClassifier", [x], [INT64, FLOAT],
                      classlabels_ints=[4, 2], **two)
            cases.add(f"3_{name}_{transform}", "SVMClassifier", [x], [STRING, FLOAT],
                      classlabels_strings=["a", "b", "c"], **three)
            cases.add(f"2p_{name}_{transform}", "SVMClassifier", [x], [INT64, FLOAT],
                      classlabels_ints=[4, 2], prob_a=[-1.1], prob_b=[0.2], **two)
            cases.add(f"3p_{name}_{transform}", "SVMClassifier", [x], [INT64, FLOAT],
                      classlabels_ints=[4, 2, 9], prob_a=[-1.1, -0.5, -2.0],
                      prob_b=[0.2, 0.0, -0.1], **three)
    cases.add("linear_model", "SVMRegressor", [x], [FLOAT], coefficients=floats(4), rho=[0.3],
              kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0])


def random_trees(n_trees, depth, modes):
    """The attributes nodes_* of complete trees, and the (tree, node) of every leaf."""
    rows, leaves = [], []
    for tree in range(n_trees):
        for node in range(2**(depth + 1) - 1):
            leaf = node >= 2**depth - 1
            if leaf:
                leaves.append((tree, node))
            rows.append((tree, node, int(rng.integers(4)), float(np.float32(rng.normal())),
                         "LEAF" if leaf else modes[rng.integers(len(modes))],
                         0 if leaf else 2 * node + 1, 0 if leaf else 2 * node + 2,
                         int(rng.integers(2))))
    names = ["treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
             "missing_value_tracks_true"]
    return {f"nodes_{n}": list(column) for n, column in zip(names, zip(*rows))}, leaves


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def weights(prefix, leaves, ids, positive, per_leaf=1):
    places = [leaf for leaf in leaves for _ in range(per_leaf)]
    w = rng.uniform(0.05 if positive else -1, 1, len(places)).astype(np.float32)
    return {f"{prefix}_treeids": [t for t, _ in places], f"{prefix}_nodeids": [n for _, n in places],
            f"{prefix}_ids": [ids[i % len(ids)] for i in range(len(places))],
            f"{prefix}_weights": (w / (4 if positive else 1)).tolist()}


def tree_cases(cases):
    x = features(9)
    x[0, 1] = x[3, 2] = np.nan
    for modes, name in (MODES[:1], "leq"), (MODES, "all"):
        nodes, leaves = random_trees(3, 3, modes)
        for aggregate in "SUM", "AVERAGE", "MIN", "MAX":
            for n in 1, 2:
                cases.add(f"{name}_{aggregate}_{n}", "TreeEnsembleRegressor", [x], [FLOAT],
                          n_targets=n, aggregate_function=aggregate, base_values=[0.25] * n,
                          **nodes, **weights("target", leaves, list(range(n)), False, n))
        for transform in TRANSFORMS:
            few = weights("target", leaves, [0], True)
            if transform != "PROBIT":
                cases.add(f"{name}_{transform}", "TreeEnsembleRegressor", [x], [FLOAT],
                          n_targets=1, post_transform=transform, **nodes, **few)
            for positive in True, False:
                sign = "positive" if positive else "mixed"
                if transform != "PROBIT":
                    cases.add(f"2_{name}_{transform}_{sign}", "TreeEnsembleClassifier", [x],
                              [INT64, FLOAT], classlabels_int64s=[3, 8], post_transform=transform,
                              **nodes, **weights("class", leaves, [0], positive))
                if transform != "PROBIT" or positive:
                    cases.add(f"3_{name}_{transform}_{sign}", "TreeEnsembleClassifier", [x],
                              [STRING, FLOAT], classlabels_strings=["a", "b", "c"],
                              post_transform=transform, **nodes,
                              **weights("class", leaves, [0, 1, 2], positive, 3))
    for mode in MODES[:4]:  # many trees, values on the splits and at the ends of the numbers
        nodes, leaves = random_trees(20, 4, [mode])
        nodes["nodes_values"][:8] = [0.0, -0.0, np.inf, -np.inf] * 2
        edge = np.array([*nodes["nodes_values"][:40], np.nan, 0.0, -0.0, np.inf, -np.inf, 1.5, 9, 1],
                        np.float32).reshape(-1, 4)
        cases.add(f"edge_{mode[7:]}", "TreeEnsembleRegressor", [edge], [FLOAT], n_targets=1,
                  **nodes, **weights("target", leaves, [0], False))
    for n_trees, depth in (520, 2), (9, 5), (9, 6):  # more than one block of masks; 32, 64 leaves
        more, ends = random_trees(n_trees, depth, MODES[:4])
        cases.add(f"{n_trees}_trees_of_{2**depth}", "TreeEnsembleRegressor", [x], [FLOAT],
                  n_targets=2, **more, **weights("target", ends, [0, 1], False))
    for t in np.float64, np.int64, np.int32:
        whole = np.nan_to_num(x).astype(t)
        cases.add(np.dtype(t).name, "TreeEnsembleRegressor", [whole], [FLOAT], n_targets=1,
                  **nodes, **weights("target", leaves, [0], False))


def ensemble_cases(cases):
    """TreeEnsemble: two trees of three nodes, seven leaves, one of them a set of members."""
    x = features(8)
    x[0, 0] = 2.0
    for t, number in (np.float32, FLOAT), (np.float64, DOUBLE):
        def tensor(values):
            return helper.make_tensor("t", number, [len(values)], values)
        for aggregate in range(4):
            cases.add(f"{np.dtype(t).name}_{aggregate}", "TreeEnsemble", [x.astype(t)], [number],
                      version=5, n_targets=2, aggregate_function=aggregate, post_transform=0,
                      tree_roots=[0, 3], nodes_featureids=[0, 2, 1, 3, 0],
                      nodes_modes=helper.make_tensor("m", TensorProto.UINT8, [5], [0, 3, 1, 2, 6]),
                      nodes_splits=tensor([0.5, -0.25, 0.75, 0.0, 0.0]),
                      nodes_truenodeids=[1, 0, 2, 4, 5], nodes_falsenodeids=[2, 1, 3, 4, 6],
                      nodes_trueleafs=[0, 1, 1, 0, 1], nodes_falseleafs=[0, 1, 1, 1, 1],
                      membership_values=tensor([2.0, 1.0, float("nan")]),
                      leaf_targetids=[0, 1, 0, 1, 0, 1, 0], leaf_weights=tensor(floats(7)))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    cases = Cases(*sys.argv[1:])
    feature_cases(cases)
    encoder_cases(cases)
    linear_cases(cases)
    svm_cases(cases)
    tree_cases(cases)
    ensemble_cases(cases)
    cases.report()


if __name__ == "__main__":
    main()
