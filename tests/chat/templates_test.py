#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Renders every template of a folder with many conversations and compares with Jinja2, errors
included.

    python3 tests/chat/templates_test.py LIBLAMPWICK-LLM.so TEMPLATE-FOLDER
"""
import itertools
import pathlib
import sys

import chat_library
from conversations import CONVERSATIONS, TIME, UNION, WEATHER

TOOLS = [None, [], [WEATHER], [WEATHER, TIME, UNION]]
VARIABLES = [None, {"enable_thinking": False}, {"enable_thinking": True, "thinking": True},
             {"reasoning_effort": "high", "builtin_tools": ["browser", "python"], "thinking": False},
             {"documents": [{"title": "T", "text": "some text", "doc_id": 1}], "keep_past_thinking": True,
              "date_string": "1 Jan 2026", "custom_tools": [WEATHER], "preserve_thinking": True}]


def outcome(function, *args, **kwargs):
    """The text, or None for any failure, and what was said."""
    try:
        return function(*args, **kwargs), ""
    except Exception as fault:  # Jinja2 lets through whatever Python raises
        return None, f"{type(fault).__name__}: {fault}"


def compare(library, path, counts):
    source = path.read_text()
    template = library.template(source)
    faults = 0
    for (name, messages), tools, variables, prompt in itertools.product(
            CONVERSATIONS.items(), TOOLS, VARIABLES, (False, True)):
        given = dict(tools=tools, variables=variables, add_generation_prompt=prompt,
                     bos_token="<s>", eos_token="</s>")
        expected, why = outcome(chat_library.reference, source, messages, **given)
        found, complaint = outcome(template.render, messages, **given)
        counts["rendered" if expected is not None else "refused"] += 1
        if expected == found:
            continue
        faults += 1
        if faults == 1:
            print(f"{path.name}: {name}, tools {tools and len(tools)}, {variables}")
            print(f"  expected {expected!r} {why}\n  found    {found!r} {complaint}")
    return faults


def main():
    library = chat_library.Library(sys.argv[1])
    counts = {"rendered": 0, "refused": 0}
    paths = sorted(pathlib.Path(sys.argv[2]).glob("*.jinja"))
    faults = sum(compare(library, path, counts) for path in paths)
    print(f"{len(paths)} templates, {counts['rendered']} texts and {counts['refused']} refusals, "
          f"{faults} different")
    sys.exit(1 if faults or not paths else 0)


main()
