#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes test cases of operators that move data, of loops, sequences and strings, in the layout of
ONNX's own node cases (model.onnx, test_data_set_0/*.pb), of random shapes and types:

    python3 tests/ops/make_move_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*

Expected outputs come from onnxruntime, from ONNX's reference evaluator where onnxruntime has no
kernel, and for regular expressions from google-re2. Needs tests/requirements.txt.
"""
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort
import re2
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TYPES = ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "O"]
OPSET = 21
rng = np.random.default_rng(11)
out_dir, wanted = None, ""


def tensor_type(x):
    return TensorProto.STRING if x.dtype.kind in "OUS" else helper.np_dtype_to_tensor_dtype(x.dtype)


def data(shape, dtype="f4"):
    """Random elements, small so that integers of all types hold them."""
    numbers = rng.integers(0, 100, shape)
    if dtype == "O":
        return np.array([f"s{n}" for n in numbers.ravel()], dtype=object).reshape(shape)
    if dtype == "?":
        return numbers % 2 == 1
    return numbers.astype(dtype)


def ints(*values, dtype="i8"):
    return np.array(values, dtype=dtype)


def shape_of(rank, low=1, high=6):
    return tuple(int(n) for n in rng.integers(low, high, rank))


def model_of(nodes, inputs, outputs, constants, opset):
    graph = helper.make_graph(
        nodes, "case",
        [helper.make_tensor_value_info(n, tensor_type(x), x.shape)
         for n, x in inputs.items() if n not in constants],
        outputs, [numpy_helper.from_array(x, n) for n, x in inputs.items() if n in constants])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def run_onnxruntime(model, feed):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, feed)


def expected_of(nodes, inputs, outputs, constants, opset):
    model = model_of(nodes, inputs, outputs, constants, opset)
    feed = {n: x for n, x in inputs.items() if n not in constants}
    try:
        return run_onnxruntime(model, feed)
    except Exception:  # onnxruntime has many kinds of failure, and no base class of them
        return ReferenceEvaluator(model).run(None, feed)


def save(path, name, value):
    path.mkdir(parents=True, exist_ok=True)
    if isinstance(value, list):
        proto = numpy_helper.from_list(value, name)
    else:
        proto = numpy_helper.from_array(np.asarray(value), name)
    (path / f"{name}.pb").write_bytes(proto.SerializeToString())


def type_of(name, value):
    if isinstance(value, list):
        return helper.make_tensor_sequence_value_info(name, tensor_type(value[0]), None)
    return helper.make_tensor_value_info(name, tensor_type(np.asarray(value)), None)


def case(name, nodes, inputs, outputs=("y",), constants=(), expected=None, opset=OPSET):
    """outputs: names of tensors, or value infos."""
    if wanted not in name:
        return
    inputs = {n: np.asarray(x) for n, x in inputs.items()}
    infos = [onnx.ValueInfoProto(name=o) if isinstance(o, str) else o for o in outputs]
    if expected is None:
        expected = expected_of(nodes, inputs, infos, constants, opset)
    infos = [type_of(i.name, v) for i, v in zip(infos, expected)]
    root = out_dir / f"test_move_{name}"
    root.mkdir(parents=True, exist_ok=True)
    model = model_of(nodes, inputs, infos, constants, opset)
    (root / "model.onnx").write_bytes(model.SerializeToString())
    given = [n for n in inputs if n not in constants]
    for i, n in enumerate(given):
        save(root / "test_data_set_0", f"input_{i}", inputs[n])
    for i, value in enumerate(expected):
        save(root / "test_data_set_0", f"output_{i}", value)


def node_case(name, op, values, n_out=1, **attrs):
    names = ["" if v is None else f"x{i}" for i, v in enumerate(values)]
    outs = [f"y{i}" for i in range(n_out)]
    case(name, [helper.make_node(op, names, outs, **attrs)],
         {n: v for n, v in zip(names, values) if n}, outs)


# ------------------------------------------------------------------- moving data


def transposes():
    for i, dtype in enumerate(TYPES):
        shape = shape_of(1 + i % 5)
        node_case(f"transpose_{i}", "Transpose", [data(shape, dtype)],
                  perm=[int(p) for p in rng.permutation(len(shape))])
    node_case("transpose_large", "Transpose", [data((3, 65, 70))], perm=[0, 2, 1])
    node_case("transpose_nhwc", "Transpose", [data((2, 3, 40, 50))], perm=[0, 2, 3, 1])
    node_case("transpose_empty", "Transpose", [data((2, 0, 3))], perm=[2, 0, 1])
    x = data((5, 7)).astype(ml_dtypes.int4)
    case("transpose_int4", [helper.make_node("Transpose", ["x"], ["y"])], {"x": x},
         expected=[np.ascontiguousarray(x.T)])


def joins():
    for i, dtype in enumerate(TYPES):
        shape = list(shape_of(1 + i % 4))
        axis = int(rng.integers(-len(shape), len(shape)))
        parts = []
        for _ in range(1 + i % 3):
            shape[axis] = int(rng.integers(0, 5))
            parts.append(data(shape, dtype))
        node_case(f"concat_{i}", "Concat", parts, axis=axis)
    for i, dtype in enumerate(TYPES):
        shape = list(shape_of(1 + i % 4))
        axis = int(rng.integers(-len(shape), len(shape)))
        sizes = [int(n) for n in rng.integers(0, 4, 3)]
        shape[axis] = sum(sizes)
        node_case(f"split_{i}", "Split", [data(shape, dtype), ints(*sizes)], 3, axis=axis)
    node_case("split_uneven", "Split", [data((7, 3))], 3, num_outputs=3)


def slices():
    far = 2**63 - 1
    for i, dtype in enumerate(TYPES * 2):
        shape = shape_of(1 + i % 4, 1, 9)
        rank = len(shape)
        axes = rng.permutation(rank)[: 1 + i % rank]
        starts, ends = rng.integers(-10, 10, len(axes)), rng.integers(-10, 10, len(axes))
        steps = rng.choice([-3, -2, -1, 1, 2, 3], len(axes))
        if i % 4 == 0:
            ends = np.where(steps > 0, far, -far - 1)
        if i % 5 == 0:
            starts = np.where(steps > 0, -far, far)
        node_case(f"slice_{i}", "Slice", [data(shape, dtype), ints(*starts), ints(*ends),
                                          ints(*axes), ints(*steps)])


def repeats():
    for i, dtype in enumerate(TYPES):
        shape = shape_of(1 + i % 4)
        node_case(f"tile_{i}", "Tile", [data(shape, dtype), rng.integers(0, 4, len(shape))])
        thin = tuple(n if rng.random() < 0.5 else 1 for n in shape)
        node_case(f"expand_{i}", "Expand", [data(thin, dtype), ints(2, *shape)])


def pads():
    for i, mode in enumerate(["constant", "reflect", "edge", "wrap"] * 5):
        rank = 1 + i % 4
        shape = shape_of(rank, 3, 7)
        amounts = rng.integers(-1, 3, 2 * rank)
        value = ints(7, dtype="f4").reshape(()) if mode == "constant" and i % 2 else None
        node_case(f"pad_{mode}_{i}", "Pad", [data(shape), amounts, value], mode=mode)
    for i, dtype in enumerate(["i4", "i8", "u1", "i1", "?", "f8", "f2"]):
        node_case(f"pad_type_{i}", "Pad", [data((3, 4), dtype), ints(1, 2), data((), dtype),
                                           ints(-1)])


def chosen():
    for i, dtype in enumerate(TYPES):
        shape = shape_of(2 + i % 3)
        axis = int(rng.integers(-len(shape), len(shape)))
        dim = shape[axis]
        index = "i4" if i % 2 else "i8"
        node_case(f"gather_{i}", "Gather", [
            data(shape, dtype), rng.integers(-dim, dim, shape_of(i % 3)).astype(index)], axis=axis)
        picked = list(shape)
        picked[axis] = 3
        node_case(f"gather_elements_{i}", "GatherElements", [
            data(shape, dtype), rng.integers(-dim, dim, picked).astype(index)], axis=axis)
        batch = i % 2
        tuples = 1 + i % (len(shape) - batch)
        named = np.stack([rng.integers(-n, n, (shape[0], 2))
                          for n in shape[batch:batch + tuples]], axis=-1)
        node_case(f"gather_nd_{i}", "GatherND", [data(shape, dtype), named], batch_dims=batch)
    for i, dtype in enumerate(TYPES):
        shape = shape_of(1 + i % 3, 2)
        axis = i % len(shape)
        keep = (rng.random(shape[axis] + (0 if i % 2 else -1)) < 0.5)
        node_case(f"compress_{i}", "Compress", [data(shape, dtype), keep], axis=axis)
    node_case("compress_flat", "Compress", [data((2, 3)), np.array([0, 1, 1, 0, 1], bool)])


def scattered():
    reductions = ["none", "add", "mul", "max", "min"]
    for i, dtype in enumerate([t for t in TYPES if t != "O"] * 3):
        how = reductions[i % 5]
        shape = shape_of(2 + i % 2, 2)
        axis = i % len(shape)
        picked = list(shape)
        picked[axis] = shape[axis] if how == "none" else 3
        where = rng.integers(-shape[axis], shape[axis], picked)
        if how == "none":  # each element once: the order is not defined
            where = np.argsort(rng.random(picked), axis=axis)
        if dtype != "?":
            node_case(f"scatter_elements_{how}_{i}", "ScatterElements",
                      [data(shape, dtype), where, data(picked, dtype) % 4], axis=axis,
                      reduction=how)
        rows = rng.integers(-shape[0], shape[0], (4, 1)) if how != "none" else (
            rng.permutation(shape[0])[:, None])
        updates = data((len(rows), *shape[1:]), dtype)
        if dtype != "?":
            node_case(f"scatter_nd_{how}_{i}", "ScatterND",
                      [data(shape, dtype), rows, updates % 4], reduction=how)
    node_case("scatter_elements_strings", "ScatterElements", [
        data((3, 3), "O"), ints([2, 0, 1]), data((1, 3), "O")], axis=0)


def others():
    for i, dtype in enumerate(TYPES):
        if dtype not in ("O", "?"):
            node_case(f"trilu_{i}", "Trilu", [data((2, 4, 5), dtype), ints(i - 6).reshape(())],
                      upper=i % 2)
        node_case(f"reverse_sequence_{i}", "ReverseSequence", [
            data((4, 3, 2) if i % 2 else (3, 4, 2), dtype), ints(1, 4, 2)],
            batch_axis=i % 2, time_axis=1 - i % 2)
    for i, axis in enumerate([-1, 0, 1]):
        node_case(f"one_hot_{i}", "OneHot", [
            ints([1, -2, 9], [0, 4, -5]), ints(5).reshape(()), data(2, "i8")], axis=axis)


# ------------------------------------------------------------------ control flow


def value(name, kind=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def loops():
    body = helper.make_graph(
        [helper.make_node("Add", ["s", "x"], ["s1"]),
         helper.make_node("ReduceSum", ["s1"], ["total"], keepdims=0),
         helper.make_node("Less", ["total", "limit"], ["go"]),
         helper.make_node("Identity", ["s1"], ["row"])],
        "body", [value("i", TensorProto.INT64, []), value("c", TensorProto.BOOL, []), value("s")],
        [value("go", TensorProto.BOOL, []), value("s1"), value("row", shape=[3])])
    for trips in (None, 0, 2, 100):
        inputs = {"x": data(3) + 1, "limit": np.float32(2000).reshape(()), "s": data(3)}
        if trips is not None:
            inputs["m"] = ints(trips).reshape(())
        case(f"loop_{trips}",
             [helper.make_node("Loop", ["m" if trips is not None else "", "", "s"],
                               ["final", "rows"], body=body)],
             inputs, (value("final"), value("rows")))
    scan = helper.make_graph(
        [helper.make_node("Add", ["s", "x"], ["s1"]), helper.make_node("Mul", ["s1", "x"], ["y"])],
        "body", [value("s", shape=[2]), value("x", shape=[2])],
        [value("s1", shape=[2]), value("y", shape=[2])])
    for i in range(4):
        node = helper.make_node(
            "Scan", ["s", "x"], ["final", "rows"], body=scan, num_scan_inputs=1,
            scan_input_axes=[1], scan_input_directions=[i % 2], scan_output_axes=[i // 2],
            scan_output_directions=[i // 2])
        case(f"scan_{i}", [node], {"s": data(2), "x": data((2, 5))},
             (value("final"), value("rows")))


def sequences():
    make = [helper.make_node("SequenceConstruct", ["a", "b", "c"], ["s"])]
    parts = {n: data((2, 3)) for n in "abc"}
    for new_axis in (0, 1):
        for axis in (-1, 0, 1):
            case(f"concat_from_sequence_{new_axis}_{axis + 1}", make + [helper.make_node(
                "ConcatFromSequence", ["s"], ["y"], axis=axis, new_axis=new_axis)], parts,
                (value("y"),))
    for i, split in enumerate([None, ints(2).reshape(()), ints(1, 0, 4)]):
        for keep in (0, 1):
            names = ["x"] if split is None else ["x", "split"]
            given = {"x": data((5, 2), "O" if keep else "f4")}
            if split is not None:
                given["split"] = split
            kind = tensor_type(given["x"])
            case(f"split_to_sequence_{i}_{keep}", [
                helper.make_node("SplitToSequence", names, ["s"], axis=0, keepdims=keep)], given,
                (helper.make_tensor_sequence_value_info("s", kind, None),))
    case("sequence_edit", make + [
        helper.make_node("SequenceErase", ["s", "p"], ["t"]),
        helper.make_node("SequenceInsert", ["t", "a", "p"], ["u"]),
        helper.make_node("SequenceAt", ["u", "p"], ["y"])],
        {**parts, "p": ints(-1).reshape(())},
        (helper.make_tensor_sequence_value_info("u", TensorProto.FLOAT, None), value("y")))


# ----------------------------------------------------------------------- strings

PATTERNS = [
    r"", r"abc", r"a*", r"(a|b)*c", r"a+b?", r"[a-c]+", r"[^a-c]+", r"\d{2,4}", r"\w+@\w+\.\w+",
    r"(\w+\.)*\w+", r"a{3}", r"a{2,}", r"(ab){1,3}", r".*", r".+?x", r"(?i)straße", r"(?i)ABC",
    r"(?s).*", r"^abc$", r"\babc\b", r"a\b", r"x\Ba", r"(?:a|ab)(?:c|bcd)(d*)", r"(a*)*", r"(a*)+b",
    r"[[:alpha:]]+[[:digit:]]*", r"[\d\-x]+", r"\x41\x{42}C", r"ä+", r"[à-ü]*", r"(?m)^a$\nb",
    r"\Qa.b\E+", r"(?P<name>a)b", r"a|b|", r"[]a]+", r"[a-]+", r"\S+\s\S+", r"\D*", r"\W", r"(|a)+",
    r"((a{0,5}){0,5}){0,5}", r"(?i)[^a-z]+", r"(?i:a)b", r"a{,2}", r"\.\*\[", r"[^\n]*",
    r"(x+x+)+y", r"\A\z", r"\t\n"]
TEXTS = [
    "", "a", "b", "abc", "ABC", "aBc", "aaa", "ab", "abab", "ababab", "abababab", "aac", "ababc", "12",
    "12345", "x@y.z", "me.you@host.org", "a.b.c", "äää", "ÄÖ", "àéü", "STRASSE", "STRAßE", "straße",
    "abcd", "abbcd", "a\nb", "a.b", "a.bb", "a.b.b", "x", "xxxx" * 8, "aaab", "]a]", "a-a", "hello wörld",
    "1-x", "xa", "a{,2}", ".*[", " ", "\t\n", "日本語", "aaaaaaaaaaaaaaaaaaaaaaaaa", "xyz9", "_"]


def strings():
    texts = np.array(TEXTS, dtype=object)
    for i, pattern in enumerate(PATTERNS):
        found = np.array([re2.fullmatch(pattern, t) is not None for t in TEXTS])
        case(f"regex_{i}", [helper.make_node("RegexFullMatch", ["x"], ["y"], pattern=pattern)],
             {"x": texts}, expected=[found])
    node_case("string_concat", "StringConcat", [data((3, 1), "O"), data((1, 4), "O")])
    # "" is left out: onnxruntime splits it into no parts, ONNX's reference (and lampwick) into one.
    lines = np.array(["a,b,,c", "one  two ", ",", "  x y   z", "a,b"], dtype=object)
    for i, delimiter in enumerate([None, ",", "", "b,"]):
        for most in (None, 0, 1, 2):
            attrs = {} if delimiter is None else {"delimiter": delimiter}
            if most is not None:
                attrs["maxsplit"] = most
            node_case(f"string_split_{i}_{most}", "StringSplit", [lines], 2, **attrs)
    words = np.array(["Monday", "tuesday", "WEDNESDAY", "Äther", "monday"], dtype=object)
    for i, action in enumerate(["LOWER", "UPPER", "NONE"]):
        for exact in (0, 1):
            node_case(f"string_normalizer_{i}_{exact}", "StringNormalizer", [words],
                      case_change_action=action, is_case_sensitive=exact, stopwords=["monday"],
                      locale="C.UTF-8")


def grams():
    pool = dict(pool_int64s=[2, 3, 5, 4, 5, 6, 7, 8, 6, 7], ngram_counts=[0, 4],
                ngram_indexes=[0, 1, 2, 3, 4, 5, 6], min_gram_length=1, max_gram_length=2)
    for i, mode in enumerate(["TF", "IDF", "TFIDF"]):
        for skip in (0, 1, 5):
            node_case(f"tf_idf_{i}_{skip}", "TfIdfVectorizer", [rng.integers(1, 9, (3, 12))],
                      mode=mode, max_skip_count=skip,
                      weights=[float(w) for w in rng.random(7)], **pool)
    texts = dict(pool, pool_strings=[f"s{n}" for n in pool["pool_int64s"]])
    del texts["pool_int64s"]
    x = np.array([f"s{n}" for n in rng.integers(1, 9, 12)], dtype=object)
    node_case("tf_idf_strings", "TfIdfVectorizer", [x], mode="TF", max_skip_count=1, **texts)


def main():
    global out_dir, wanted
    out_dir = Path(sys.argv[1])
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    for family in (transposes, joins, slices, repeats, pads, chosen, scattered, others, loops,
                   sequences, strings, grams):
        family()


if __name__ == "__main__":
    main()
