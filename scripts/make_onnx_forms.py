#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/format/onnx/onnx_forms.def: for each operator of ai.onnx the older forms, down to the
one of opset 13, that a node of the newest form may be written for, if it uses only what the older
one has. From the schemas of the onnx package (pinned in tests/requirements.txt).

    python3 scripts/make_onnx_forms.py > src/format/onnx/onnx_forms.def
"""
from onnx import defs

from make_schemas import mask

LEAST = 13
# Means something else before this version, with the same inputs and attributes or without new ones.
CHANGED = {"AveragePool": 19, "GroupNormalization": 21, "Mod": 28, "RoiAlign": 16}


def default(attribute):
    return attribute.default_value.SerializeToString()


def is_form_of(old, new):
    """A node of the form `old` means the same for `new`."""
    for name, attribute in old.attributes.items():
        other = new.attributes.get(name)
        if not other or other.type != attribute.type or default(other) != default(attribute):
            return False
    return len(old.inputs) <= len(new.inputs) and len(old.outputs) <= len(new.outputs)


def types(schema):
    constraints = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    bits = 0
    for p in [*schema.inputs, *schema.outputs]:
        bits |= mask(constraints.get(p.type_str, [p.type_str]))
    return bits


def main():
    forms = {}
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "" and not schema.deprecated:
            forms.setdefault(schema.name, []).append(schema)
    print("/* SPDX-License-Identifier: MIT\n"
          " * Made by scripts/make_onnx_forms.py: LWI_FORM(operator, version, least inputs, most inputs,\n"
          " * most outputs, types as in schema.def, attributes of the newest form that it lacks), of each\n"
          " * operator the newest first. */")
    print("/* clang-format off */")
    for name, versions in sorted(forms.items()):
        versions.sort(key=lambda s: -s.since_version)
        for newer, old in zip(versions, versions[1:]):
            if newer.since_version <= LEAST or not is_form_of(old, versions[0]):
                break
            if old.since_version < CHANGED.get(name, 0):
                break
            lacks = sorted(set(versions[0].attributes) - set(old.attributes))
            listed = f'" {" ".join(lacks)} "' if lacks else "NULL"
            print(f'LWI_FORM("{name}", {old.since_version}, {old.min_input}, '
                  f'{min(old.max_input, 255)}, {min(old.max_output, 255)}, 0x{types(old):x}, {listed})')
    print("/* clang-format on */\n#undef LWI_FORM")


main()
