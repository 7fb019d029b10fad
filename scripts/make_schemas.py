#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/ops/schema.def: arity, types and attributes of every operator, from the schemas that
the onnx package (pinned in tests/requirements.txt) and, for com.microsoft, onnxruntime publish.

    python3 scripts/make_schemas.py > src/ops/schema.def
"""
import re
import sys

import onnx
from onnx import defs

DTYPES = {
    "float": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
    "string": 8, "bool": 9, "float16": 10, "double": 11, "uint32": 12, "uint64": 13,
    "complex64": 14, "complex128": 15, "bfloat16": 16, "float8e4m3fn": 17, "float8e4m3fnuz": 18,
    "float8e5m2": 19, "float8e5m2fnuz": 20, "uint4": 21, "int4": 22, "float4e2m1": 23,
    "float8e8m0": 24, "uint2": 25, "int2": 26,
}
KIND_BITS = {"seq": 32, "optional": 33, "map": 34}
MICROSOFT = """Attention BiasGelu CropAndResize DequantizeLinear DynamicQuantizeLSTM
DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm FusedMatMul
GatherBlockQuantized Gelu GridSample GroupQueryAttention Inverse MatMulIntegerToFloat MatMulNBits
MultiHeadAttention NhwcMaxPool Pad QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearConv
QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax QLinearWhere
QuantizeLinear QuickGelu Range RotaryEmbedding SkipLayerNormalization
SkipSimplifiedLayerNormalization Trilu Unique NhwcFusedConv BiasAdd GatherND MurmurHash3
TransposeMatMul""".split()
# In ai.onnx, but only onnxruntime has a schema of it; some exporters say com.microsoft.
ORT_ONNX = ["SimplifiedLayerNormalization"]
LEGACY = ["Upsample", "Scatter"]             # brought up to date at load: no operators inside


def mask(types):
    bits = 0
    for t in types:
        m = re.fullmatch(r"tensor\((\w+)\)", t)
        if m and m.group(1).startswith("float6"):
            continue  # opset 28, in no model yet: not supported
        if m:
            bits |= 1 << DTYPES[m.group(1)]
        elif t.split("(")[0] in KIND_BITS:
            bits |= 1 << KIND_BITS[t.split("(")[0]]
        elif not t.startswith("sparse_tensor"):
            sys.exit(f"unknown type {t}")
    return bits


OPTIONS = {"Single": "LWI_SINGLE", "Optional": "LWI_OPTIONAL", "Variadic": "LWI_VARIADIC"}


def params(schema, formal, groups):
    constraints = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    rows = []
    for p in formal:
        type_str = getattr(p, "type_str", None) or p.typeStr  # onnx, onnxruntime
        types = constraints.get(type_str, [type_str])
        group = groups.setdefault(type_str, len(groups) + 1) if type_str in constraints else 0
        option = OPTIONS[str(p.option).split(".")[-1]]
        if option == "LWI_VARIADIC" and not getattr(p, "is_homogeneous", getattr(p, "isHomogeneous", True)):
            option = "LWI_VARIADIC_MIXED"
        rows.append(f'{{"{p.name}", 0x{mask(types):x}, {group}, {option}}}')
    return rows


def number(value):
    return min(int(value), 255)


def emit(schema, out, domain=None):
    groups = {}
    ins = params(schema, schema.inputs, groups)
    outs = params(schema, schema.outputs, groups)
    attrs = []
    for a in sorted(schema.attributes.values(), key=lambda a: a.name):
        kind = str(a.type).split(".")[-1]
        kind = {"TYPE_PROTO": "TYPE"}.get(kind, kind)
        if kind.startswith("SPARSE"):
            kind = "TENSOR"
        attrs.append(f'{{"{a.name}", LWI_ATTR_{kind}, {"true" if a.required else "false"}}}')
    if domain is None:
        domain = "" if schema.domain == "ai.onnx" else schema.domain
    out.append((domain, schema.name,
                f'LWI_SCHEMA("{domain}", "{schema.name}", {schema.since_version}, '
                f"{number(schema.min_input)}, {number(schema.max_input)}, "
                f"{number(schema.min_output)}, {number(schema.max_output)},\n"
                f"           LWI_LIST({', '.join(ins + ['{0}'])}),\n"
                f"           LWI_LIST({', '.join(outs + ['{0}'])}),\n"
                f"           LWI_LIST({', '.join(attrs + ['{0}'])}))"))


def main():
    out = []
    for s in defs.get_all_schemas():  # the newest form of each
        if s.domain == "ai.onnx.ml" and s.deprecated:  # TreeEnsembleRegressor, ...Classifier
            s = defs.get_schema(s.name, 3, s.domain)
        if s.deprecated or s.name in LEGACY:
            continue
        emit(s, out)
    import onnxruntime.capi.onnxruntime_pybind11_state as ort
    newest = {}
    for s in ort.get_all_operator_schema():
        wanted = s.domain == "com.microsoft" and s.name in MICROSOFT or \
            s.domain in ("", "ai.onnx") and s.name in ORT_ONNX
        if wanted and s.since_version >= newest.get((s.domain, s.name), (0, None))[0]:
            newest[(s.domain, s.name)] = (s.since_version, s)
    for _, s in newest.values():
        emit(s, out)
        if s.name in ORT_ONNX:
            emit(s, out, "com.microsoft")
    missing = set(MICROSOFT) - {n for d, n, _ in out if d == "com.microsoft"}
    if missing:
        sys.exit(f"no schema of {missing}")
    print("/* SPDX-License-Identifier: MIT")
    print(" * Made by scripts/make_schemas.py; do not edit. Sorted by domain, then name. */")
    print("/* clang-format off */")
    for _, _, text in sorted(out):
        print(text)


if __name__ == "__main__":
    main()
