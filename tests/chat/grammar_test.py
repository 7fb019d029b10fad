#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grammars against Python's regular expressions, masks against texts, and schemas against the
package jsonschema: what a grammar writes is valid, and valid documents are allowed.

    python3 tests/chat/grammar_test.py LIBLAMPWICK-LLM.so [SAMPLES]
"""
import json
import random
import re
import sys
import time

import jsonschema

import chat_library
from chat_library import Matcher, grammar, vocabulary

BYTES = [bytes([i]) for i in range(256)]
faults = []


def check(truth, *what):
    if not truth:
        faults.append(what)
        if len(faults) < 15:
            print(*(repr(w)[:600] for w in what))


# ------------------------------------------------------------------------ GBNF

LETTERS = ["a", "b", "c", "\u00e9", "\u4e2d", "\U0001f600"]


def rule(depth):
    """A random right side, as GBNF and as a regular expression."""
    kind = random.randint(0, 5 if depth else 2)
    if kind == 0:
        text = "".join(random.choice(LETTERS) for _ in range(random.randint(0, 2)))
        return f'"{text}"', f"(?:{text})"
    if kind <= 2:
        a, b = sorted(random.sample(LETTERS, 2))
        sign = random.choice(["", "^"])
        return f"[{sign}{a}-{b}]", f"[{sign}{a}-{b}]"
    if kind == 3:
        parts = [rule(depth - 1) for _ in range(2)]
        return "(" + " ".join(p[0] for p in parts) + ")", "(?:" + "".join(p[1] for p in parts) + ")"
    if kind == 4:
        parts = [rule(depth - 1) for _ in range(2)]
        return "(" + " | ".join(p[0] for p in parts) + ")", "(?:" + "|".join(p[1] for p in parts) + ")"
    inner = rule(depth - 1)
    mark = random.choice(["?", "*", "+", "{2}", "{1,}", "{0,3}", "{1,2}"])
    return f"({inner[0]}){mark}", f"(?:{inner[1]}){mark}"


def random_grammars(library, count):
    for _ in range(count):
        gbnf, pattern = rule(4)
        if random.random() < 0.5:
            gbnf = f'other # a rule\nother ::= {gbnf}'
        matcher = Matcher(library, grammar(library, f"root ::= {gbnf}\n"))
        for _ in range(15):
            text = "".join(random.choice(LETTERS) for _ in range(random.randint(0, 5)))
            check(matcher.matches(text.encode()) == bool(re.fullmatch(pattern, text)), gbnf, pattern, text)


NESTED = 'root ::= "(" root ")" | "[" root "]" | item\nitem ::= [a-z]+ ("," item)? |\n  "" # nothing\n'


def written_grammars(library):
    matcher = Matcher(library, grammar(library, NESTED))
    for text, fine in (("", True), ("([a,b])", True), ("(a]", False), ("((", False), ("a,", True), (",", False)):
        check(matcher.matches(text.encode()) == fine, text, fine)
    check(matcher.matches(b"(" * 1500 + b")" * 1500), "1500 deep")
    check(not matcher.text(b"(" * 5000), "without end")
    for text, status in (('root ::= root "a" | "b"', -6), ('root ::= a\na ::= "" b\nb ::= a', -6), ("root ::= x", -5),
                         ('a ::= "b"', -5), ('root ::= "a', -5), ("root ::= (", -5), ("root ::= [b-a]", -5),
                         ('root ::= "a"{3,2}', -5), ('root ::= "a"{1000000}', -10), ("root ::= " + "(" * 5000, -10),
                         ('root ::= (((("a"{900}){900}){900}){900})', -10), ('root ::= "\\q"', -5), ("", -5),
                         ('root ::= "a"\nroot ::= "b"', -5), ('root ::= "a" root', -6), ('root ::= a | "b" a\na ::= "c" root', -6)):
        try:
            grammar(library, text)
            found = 0
        except chat_library.Failure as fault:
            found = fault.status
        check(found == status, text[:60], status, found)
    ending = Matcher(library, grammar(library, 'root ::= "a" endless | "b" [] | "c"\nendless ::= "x" endless\n'))
    check(ending.matches(b"c") and not ending.matches(b"a") and not ending.text(b"b"), "ways without end")
    many = 'root ::= (a | a)* "x"\na ::= b*\nb ::= "y"* "y"*\n'
    check(Matcher(library, grammar(library, many)).matches(b"y" * 2000 + b"x"), "many ways")


# ----------------------------------------------------------------------- masks

def masks(library):
    tokens = BYTES + [b"", b"((", b"a,b", b"ab", b"ab", b"abc", b"\xc3", b"\xa9)", b"])", b"a)", b"([a"]
    words = vocabulary(library, tokens)
    matcher = Matcher(library, grammar(library, NESTED.replace("[a-z]+", "[a-z\u00e9]+")), words)
    for _ in range(60):
        matcher.reset()
        came = b""
        for _ in range(6):
            allowed = matcher.mask(len(tokens))
            probe = Matcher(library, matcher.grammar)
            expected = []
            for i, token in enumerate(tokens):
                probe.reset()
                if token and probe.text(came + token):
                    expected.append(i)
            check(allowed == expected, came, allowed, expected)
            if not allowed:
                break
            token = random.choice(allowed)
            check(matcher.token(token), came, token)
            came += tokens[token]


def restarts(library):
    """So many places that the automaton is made anew, and a place is marked all the while."""
    matcher = Matcher(library, grammar(library, 'root ::= ("(" root ")" | "[" root "]" | "x")*\n'), vocabulary(library, BYTES))
    check(matcher.text(b"[("), "start")
    matcher.mark_place()
    open_brackets = ""
    for _ in range(60000):
        c = random.choice("([" if len(open_brackets) < 900 else ")]x")
        c = c if c in "([x" else {"(": ")", "[": "]"}[open_brackets[-1]]
        open_brackets = open_brackets + c if c in "([" else open_brackets[:-1] if c in ")]" else open_brackets
        check(matcher.text(c.encode()), "brackets", open_brackets[-20:])
    closing = "".join({"(": ")", "[": "]"}[c] for c in reversed("[(" + open_brackets))
    check(matcher.text(closing.encode()) and matcher.complete(), "closing")
    matcher.back()
    check(not matcher.text(b"]") and matcher.text(b"x)]") and matcher.complete(), "marked place")


def speed(library):
    random.seed(5)
    tokens = set(BYTES)
    pieces = ["ing", "er", " the", "th", "a", "e", "st", '"', "{", "}", ":", ",", " ", "\n", "0", "12", "\u00e9", "\\"]
    while len(tokens) < 128000:
        tokens.add("".join(random.choice(pieces) for _ in range(random.randint(1, 6))).encode())
    tokens = sorted(tokens, key=lambda t: random.random())
    words = vocabulary(library, tokens)
    matcher = Matcher(library, grammar(library, "{}", schema=True), words)
    worst, total, known = 0, 0, 0
    text = json.dumps({"a": [1, 2.5, {"b": "some text \u00e9 \\ here", "c": None}], "d": {}}, ensure_ascii=False).encode()
    import ctypes
    bits = ctypes.POINTER(ctypes.c_uint64)()
    for round_ in range(2):
        matcher.reset()
        for i in range(len(text)):
            start = time.process_time()
            library.check(library.lib.lw_matcher_mask(matcher.handle, ctypes.byref(bits)))
            took = time.process_time() - start
            if round_ == 0:
                worst, total = max(worst, took), total + took
            else:
                known += took
            check(matcher.text(text[i:i + 1]), text[:i + 1])
    return (f"masks of 128000 tokens: new {1e3 * total / len(text):.2f} ms (at most {1e3 * worst:.2f}), "
            f"known {1e6 * known / len(text):.1f} us")


# --------------------------------------------------------------------- schemas

TREE = {"$defs": {"node": {"type": "object", "properties": {
    "name": {"type": "string", "maxLength": 4}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 2}},
    "required": ["name"], "additionalProperties": False}}, "$ref": "#/$defs/node"}
# schema, valid documents, invalid ones
SCHEMAS = [
    ({}, [1, "a", None, [], {"a": [True, {"b": -1.5e3}]}, "\u00e9\n\"\\\u4e2d"], []),
    (True, [1], []),
    ({"type": "string"}, ["", "a\"b"], [1]),
    ({"type": "integer"}, [0, -5, 123456], [1.5, "1"]),
    ({"type": "number"}, [0, -5.25, 1e5], ["1"]),
    ({"type": "boolean"}, [True, False], [0]),
    ({"type": ["string", "null"]}, ["a", None], [1]),
    ({"enum": [1, "a", None, [1, {"b": 2}], "\u00e9\"\n"]}, [1, "a", None, "\u00e9\"\n"], [2]),
    ({"type": "string", "enum": ["a", 1, "b"]}, ["a"], [1]),
    ({"const": {"a": 1}}, [], [{"a": 2}]),
    ({"type": "array", "items": {"type": "integer"}}, [[], [1], [1, 2, 3]], [["a"], {}]),
    ({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}, [[True, False], [True] * 3], [[True], [True] * 4]),
    ({"type": "array", "maxItems": 0}, [[]], [[1]]),
    ({"type": "array", "minItems": 1}, [[1, "a"]], [[]]),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"type": "null"}, "minItems": 1, "maxItems": 4},
     [["a"], ["a", 1], ["a", 1, None, None]], [[], [1], ["a", 1, 2]]),
    ({"type": "array", "prefixItems": [{"type": "string"}], "items": False}, [[], ["a"]], [["a", 1]]),
    ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "null"}}, "required": ["b"]},
     [{"b": ""}, {"a": 1, "b": "x"}, {"a": 1, "b": "x", "c": None}, {"b": "", "c": None}], [{}, {"a": 1}, {"b": 1}]),
    ({"type": "object", "properties": {"a": {"type": "integer"}}}, [{}, {"a": 1}], [{"a": "x"}]),
    ({"type": "object", "properties": {}, "additionalProperties": False}, [{}], [{"a": 1}]),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, [{}, {"x": 1, "y": 2}], [{"x": "a"}]),
    ({"type": "object", "properties": {"ab": {"type": "string"}, "ac": {"type": "null"}, "b": {}, "\u00e9": {"type": "null"}},
      "required": ["ab"], "additionalProperties": {"type": "integer"}},
     [{"ab": "x", "abc": 1, "a": 2, "": 3}, {"ab": "", "bb": 1}], [{"ab": 1}, {"ab": "x", "q": "a"}]),
    ({"type": "object", "required": ["z"]}, [], [{}]),
    ({"type": "string", "minLength": 2, "maxLength": 4}, ["ab", "\u4e2d\U0001f600\u00e9", "\"\\\n"], ["a", "abcde"]),
    ({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}, ["AB-12"], ["AB-", "xAB-1"]),
    ({"type": "string", "pattern": "foo|^ba[rz]$"}, ["foo", "xfoox", "bar"], ["barx", "fo"]),
    ({"type": "string", "pattern": "^(a|b.)*[^a-z\"]\\.\\\\$"}, ["abxbx-.\\", " .\\"], ["a.\\"]),
    ({"type": "string", "pattern": "^[\"'\\n ]+\\s?\\S$"}, ["\" \n'x"], ["x"]),
    ({"type": "string", "format": "date"}, ["2026-01-31", "2024-11-30"], ["2026-13-01", "2026-02-30"]),
    ({"type": "string", "format": "date-time"}, ["2026-01-31T23:59:59Z", "2026-01-31T00:00:00.5+01:00"], ["2026-01-31"]),
    ({"type": "string", "format": "uuid"}, ["123e4567-e89b-12d3-a456-426614174000"], ["123"]),
    ({"type": "string", "format": "ipv4"}, ["255.0.10.199"], ["256.1.1.1"]),
    ({"type": "integer", "minimum": 0}, [0, 7, 1000], [-1]),
    ({"type": "integer", "minimum": -13, "maximum": 207}, [-13, -9, 0, 5, 99, 100, 207], [-14, 208, 1000]),
    ({"type": "integer", "exclusiveMinimum": 17, "exclusiveMaximum": 1234}, [18, 99, 100, 999, 1000, 1233], [17, 1234]),
    ({"type": "integer", "maximum": -5}, [-5, -100], [-4, 0]),
    ({"type": "number", "minimum": 0, "maximum": 1}, [0, 0.5, 1], [-0.5, 1.5]),
    ({"type": "number", "minimum": -2.5, "exclusiveMaximum": 10}, [-2, -0.5, 0, 9.75], [10, -3]),
    ({"type": "number", "exclusiveMinimum": 0}, [0.5, 1, 100.25, 0.001], [0, -1, -0.5]),
    ({"type": "number", "exclusiveMaximum": 0}, [-0.5, -3, -2.25], [0, 0.5, 1]),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, [0.5, 0.25], [0, 1, -0.5, 1.5]),
    ({"type": "number", "exclusiveMinimum": -2, "exclusiveMaximum": 3}, [-1.5, 0, 2.75, -1], [-2, 3, -2.5]),
    ({"type": "number", "exclusiveMinimum": 9, "maximum": 11}, [9.5, 10, 11], [9, 11.5, 12]),
    ({"type": "number", "minimum": -3, "exclusiveMaximum": -1}, [-3, -1.5, -2], [-1, -0.5, -3.5, 0]),
    ({"type": "number", "multipleOf": 1}, [3], [3.5]),
    ({"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}]}, [1, {"a": 1}], ["a", {}]),
    ({"oneOf": [{"type": "string"}, {"type": "null"}]}, ["a", None], [1]),
    ({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {"type": "string"}}}]}, [{"a": 1}, {"a": 1, "b": ""}], [{"b": ""}]),
    ({"allOf": [{"$ref": "#/$defs/x"}], "$defs": {"x": {"type": "integer"}}}, [1], ["a"]),
    ({"allOf": [{"type": "integer", "minimum": 3}, {"type": "number", "maximum": 7}]}, [3, 7], [2, 8, 3.5]),
    ({"allOf": [{"type": "string", "minLength": 2}, {"maxLength": 3}]}, ["ab", "abc"], ["a", "abcd"]),
    ({"allOf": [{"enum": [1, 2, "a"]}, {"enum": [2, "a", 3]}, {"type": "integer"}]}, [2], [1, 3, "a"]),
    ({"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"n": {"type": "string"}}, "required": ["n"]}],
      "$defs": {"base": {"type": "object", "properties": {"id": {"type": "integer"}, "n": {"maxLength": 1}}, "required": ["id"]}}},
     [{"id": 1, "n": "a"}], [{"id": 1}, {"n": "a"}, {"id": 1, "n": "ab"}]),
    ({"$ref": "#/$defs/a~1b~0c%20d", "maxLength": 2, "$defs": {"a/b~c d": {"type": "string", "title": "x"}}}, ["", "ab"], ["abc", 1]),
    ({"$id": "http://x/s.json", "$ref": "http://x/s.json#/$defs/a", "$defs": {"a": {"type": "integer"}}}, [1], ["a"]),
    ({"type": "object", "properties": {"k": {"enum": ["a", "b"]}, "x": {"type": "integer"}, "y": {"type": "string"}},
      "anyOf": [{"required": ["k", "x"]}, {"required": ["y"], "properties": {"k": {"const": "b"}}}]},
     [{"k": "a", "x": 1}, {"y": ""}, {"k": "b", "y": ""}], [{"k": "a"}, {"k": "a", "y": ""}, {}]),
    ({"type": "integer", "anyOf": [{"minimum": 5}, {"type": ["string", "number"], "maximum": 2}]}, [5, 2], [3, "a"]),
    ({"type": "object", "properties": {"a": False, "b": {"type": "null"}}}, [{}, {"b": None}], [{"a": 1}]),
    ({"anyOf": [False, {"type": "array", "items": False, "minItems": 1}, {"type": "null"}]}, [None], [[]]),
    ({"anyOf": [{"type": "object", "properties": {"a": {}}, "required": ["b"], "additionalProperties": False}, {"const": 1}]}, [1], [{"b": 1}]),
    ({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "required": ["a"], "minProperties": 1, "maxProperties": 2,
      "unevaluatedProperties": False}, [{"a": None}, {"a": None, "b": None}], [{}]),
    ({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}, ["YQ=="], [1]),
    ({"type": "string", "pattern": "^(?P<year>\\d{4})-(?:0\\d|1[0-2])$"}, ["2026-11"], ["26-11"]),
    (TREE, [{"name": "a", "children": [{"name": "b"}, {"name": "c", "children": []}]}], [{"name": "abcde"}, {"children": []}]),
    ({"type": "object", "properties": {"x": {"type": "array", "items": {"type": "object", "properties": {
        "kind": {"enum": ["a", "b"]}, "score": {"type": "number", "minimum": 0, "maximum": 100}}, "required": ["kind", "score"]}, "minItems": 1}},
      "required": ["x"], "title": "T", "description": "d"}, [{"x": [{"kind": "a", "score": 99.5}]}], [{"x": []}]),
    # multiples
    ({"type": "integer", "multipleOf": 7}, [0, 7, -14, 700, 123456788], [1, -8, 699]),
    ({"type": "integer", "multipleOf": 12, "minimum": 0}, [0, 12, 144], [-12, 6, 13]),
    ({"type": "integer", "multipleOf": 5, "exclusiveMinimum": 0}, [5, 10, 1000], [0, -5, 7]),
    ({"type": "integer", "multipleOf": 250, "minimum": -600, "maximum": 1000}, [-500, 0, 1000], [-750, 1250, 1]),
    ({"type": "number", "multipleOf": 3, "maximum": 10, "exclusiveMinimum": 2}, [3, 6, 9], [0, 12, 4]),
    # arrays whose elements are counted
    ({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True}, [[], ["a"], ["c", "a", "b"]], [["a", "a"], ["d"]]),
    ({"type": "array", "items": {"$ref": "#/$defs/c"}, "uniqueItems": True, "minItems": 2, "maxItems": 2,
      "$defs": {"c": {"enum": [1, 2, None]}}}, [[1, 2], [None, 1]], [[1], [1, 1], [1, 2, None]]),
    ({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True}, [[True, False], [False]], [[True, True]]),
    ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "maxItems": 1}, [[], [3]], [[1, 2]]),
    ({"type": "array", "items": {"type": ["integer", "string"]}, "contains": {"type": "string"}}, [["a"], [1, "a", 2]], [[], [1, 2]]),
    ({"type": "array", "contains": {"const": 5}, "minContains": 2, "maxItems": 4}, [[5, 5], [1, 5, None, 5]], [[5], [5, 1, 2, 3], [1, 5, 5, 1, 1]]),
    ({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 100}, "minItems": 3}, [[1, 2, 100], [100, 200, 300, 4]], [[100], [1, 2, 3]]),
    ({"type": "array", "items": {"type": "integer"}, "contains": {"type": "string"}, "minContains": 0}, [[], [1]], [["a"]]),
    # names of properties
    ({"type": "object", "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}}, [{}, {"x-a": 1, "x-bc": 2}], [{"x-a": "s"}, {"y": 1}]),
    ({"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id", "S_1"], "patternProperties": {"^S_": {"type": "string"}},
      "additionalProperties": False}, [{"id": 1, "S_1": "a"}, {"id": 1, "S_1": "", "S_q": "b"}], [{"id": 1}, {"id": 1, "S_1": 2}, {"id": 1, "S_1": "", "q": 1}]),
    ({"type": "object", "propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"type": "integer"}}, [{}, {"a": 1}, {"a": 1, "b": 2}], [{"c": 1}, {"a": "x"}]),
    ({"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "additionalProperties": {"type": "null"}}, [{}, {"ab": None, "zz": None}], [{"abc": None}, {"ab": 1}]),
    ({"type": "object", "properties": {"ab": {"type": "integer"}, "c": {}}, "propertyNames": {"enum": ["ab"]}}, [{"ab": 1}, {}], [{"c": 1}]),
    # what depends on other properties
    ({"type": "object", "properties": {"card": {"type": "integer"}, "name": {"type": "string"}, "address": {"type": "string"}},
      "dependentRequired": {"card": ["address"]}}, [{}, {"name": "x"}, {"card": 1, "address": ""}, {"address": ""}], [{"card": 1}, {"card": 1, "name": ""}]),
    ({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}, "c": {"type": "null"}},
      "dependentRequired": {"a": ["b"], "b": ["c"]}}, [{}, {"c": None}, {"b": None, "c": None}, {"a": None, "b": None, "c": None}], [{"a": None}, {"b": None}, {"a": None, "b": None}]),
    ({"type": "object", "properties": {"a": {"type": "null"}, "n": {"type": "integer"}},
      "dependentSchemas": {"a": {"properties": {"n": {"minimum": 10}}, "required": ["n"]}}}, [{"n": 1}, {"a": None, "n": 10}], [{"a": None}, {"a": None, "n": 1}]),
    ({"type": "object", "properties": {"kind": {"enum": ["circle", "square"]}, "radius": {"type": "integer"}, "side": {"type": "integer"}}, "required": ["kind"],
      "if": {"properties": {"kind": {"const": "circle"}}}, "then": {"required": ["radius"]}, "else": {"required": ["side"]}},
     [{"kind": "circle", "radius": 1}, {"kind": "square", "side": 2}, {"kind": "square", "radius": 1, "side": 2}], [{"kind": "circle"}, {"kind": "square", "radius": 1}, {}]),
    ({"type": "object", "properties": {"on": {"type": "boolean"}, "at": {"type": "integer"}},
      "if": {"properties": {"on": {"const": True}}, "required": ["on"]}, "then": {"required": ["at"]}}, [{}, {"on": False}, {"on": True, "at": 1}, {"at": 1}], [{"on": True}]),
    ({"type": "object", "properties": {"c": {"enum": ["US", "NL", "CA"]}, "zip": {"type": "string"}}, "required": ["c", "zip"],
      "allOf": [{"if": {"properties": {"c": {"const": "US"}}}, "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}}},
                {"if": {"properties": {"c": {"const": "NL"}}}, "then": {"properties": {"zip": {"pattern": "^[0-9]{4} [A-Z]{2}$"}}}}]},
     [{"c": "US", "zip": "12345"}, {"c": "NL", "zip": "1234 AB"}, {"c": "CA", "zip": "x"}], [{"c": "US", "zip": "1234 AB"}, {"c": "NL", "zip": ""}]),
    ({"type": "object", "properties": {"a": {"enum": [1, 2]}, "b": {"enum": [1, 2]}, "x": {"type": "null"}}, "required": ["a", "b"],
      "if": {"properties": {"a": {"const": 1}, "b": {"const": 1}}}, "then": {"required": ["x"]}},
     [{"a": 1, "b": 1, "x": None}, {"a": 1, "b": 2}, {"a": 2, "b": 2, "x": None}], [{"a": 1, "b": 1}]),
    # what must not hold
    ({"enum": ["a", "b", "c"], "not": {"const": "b"}}, ["a", "c"], ["b"]),
    ({"type": ["string", "null", "integer"], "not": {"type": "null"}}, ["a", 1], [None]),
    ({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "not": {"required": ["a", "b"]}}, [{}, {"a": None}, {"b": None}], [{"a": None, "b": None}]),
    ({"type": "object", "properties": {"k": {"enum": ["x", "y"]}}, "not": {"properties": {"k": {"const": "x"}}, "required": ["k"]}}, [{}, {"k": "y"}], [{"k": "x"}]),
    ({"not": {"not": {"type": "integer"}}}, [1], ["a"]),
    ({"enum": [1, 2, 3, 4], "not": {"anyOf": [{"const": 1}, {"enum": [2, 3]}]}}, [4], [1, 2, 3]),
]
REFUSED = [{"not": {}}, {"type": "object", "patternProperties": {"a": {}, "b": {}}}, {"type": "array", "uniqueItems": True}, {"type": "number", "multipleOf": 0.3},
           {"type": "object", "properties": {"ab": {}}, "patternProperties": {"^a": {"type": "null"}}}, {"type": "object", "propertyNames": {"maxLength": 3}},
           {"type": "string", "not": {"const": "a"}}, {"type": "object", "properties": {"a": {"type": "string"}}, "if": {"properties": {"a": {"const": "x"}}}, "then": {"required": ["b"]}},
           {"type": "array", "contains": {"const": 1}, "maxContains": 1}, {"type": "array", "uniqueItems": True, "items": {"enum": list(range(20))}},
           {"type": "integer", "multipleOf": 7, "maximum": 10 ** 9}, {"type": ["integer", "string"], "not": {"type": "integer"}},
           {"type": "array", "prefixItems": [{}], "contains": {"const": 1}},
           {"type": "string", "pattern": "(?=a)b"}, {"type": "string", "pattern": "\\bword"}, {"$ref": "http://x/y"}, {"type": "object", "minProperties": 1},
           {"type": "object", "required": ["a"], "maxProperties": 1, "additionalProperties": True}, {"enum": [1, 2], "minimum": 2}, {"type": "number", "exclusiveMinimum": 5, "maximum": 5},
           {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0}, {"$ref": "#anchor"},
           {"type": "integer", "minimum": 10 ** 16}, {"type": "integer", "maximum": -10 ** 16}, False, {"enum": []}, {"allOf": [{"type": "string"}, {"type": "null"}]},
           {"type": "object", "properties": {}, "required": ["a"], "additionalProperties": False}, {"allOf": [{"pattern": "a"}, {"pattern": "b"}]},
           {"type": "string", "pattern": "a", "minLength": 2}]


def sample(matcher):
    """A random text of the grammar, or None; endings are preferred, so that it gets one."""
    matcher.reset()
    text = bytearray()
    while len(text) < 600:
        allowed = matcher.mask(256)
        if matcher.complete() and (not allowed or random.random() < 0.5):
            return bytes(text)
        if not allowed:
            return None
        closing = [b for b in allowed if b in b'"]},:0123456789']
        plain = [b for b in allowed if 33 <= b < 127]
        choices = closing if closing and random.random() < 0.4 + len(text) / 500 else plain if plain and random.random() < 0.8 else allowed
        byte = random.choice(choices)
        text.append(byte)
        if not matcher.token(byte):
            check(False, "a token of the mask is refused", bytes(text))
            return None
    return None


def valid(validator, value):
    return validator.is_valid(value)


def schemas(library, samples):
    words = vocabulary(library, BYTES)
    written = 0
    for schema, good, bad in SCHEMAS:
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        matcher = Matcher(library, grammar(library, json.dumps(schema), schema=True), words)
        for value in good:
            check(valid(validator, value), "the test is wrong", schema, value)
            for form in ({}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}):
                if form.get("ensure_ascii", True) and schema != {} and any(ord(c) > 127 for c in json.dumps(value, ensure_ascii=False)):
                    continue  # \u is another spelling: lengths, keys and constants have one
                check(matcher.matches(json.dumps(value, **form).encode()), "valid but refused", schema, json.dumps(value, **form))
        for value in bad:
            check(not matcher.matches(json.dumps(value).encode()), "invalid but allowed", schema, value)
        for _ in range(samples):
            text = sample(matcher)
            if text is None:
                continue
            written += 1
            try:
                check(valid(validator, json.loads(text)), "invalid was written", schema, text)
            except ValueError as fault:
                check(False, "not JSON was written", schema, text, str(fault))
    for schema in REFUSED:
        try:
            grammar(library, json.dumps(schema), schema=True)
            check(False, "should not be supported", schema)
        except chat_library.Failure as fault:
            check(fault.status == -6, schema, fault.status, str(fault))
    for text in ("[", "1", '{"type": "x"}', '{"$ref": "#/nothing"}', '{"enum": 1}', '{"anyOf": []}', '{"type": []}'):
        try:
            grammar(library, text, schema=True)
            check(False, "malformed schema", text)
        except chat_library.Failure:
            pass
    return written


def decimals(library):
    """Multiples of 0.01 and the like; the package jsonschema divides floats, which is not exact."""
    for step, more, good, bad in ((0.01, {}, ("1", "-2.5", "19.99", "0.01"), ("1.999", ".5", "1.")),
                                  (0.1, {"minimum": 0, "exclusiveMaximum": 2}, ("0", "1.9", "0.5"), ("2", "-0.1", "0.55")),
                                  (0.001, {"exclusiveMinimum": 0}, ("0.001", "3", "7.25"), ("0", "0.0001"))):
        matcher = Matcher(library, grammar(library, json.dumps({"type": "number", "multipleOf": step, **more}), schema=True))
        for text in good + bad:
            check(matcher.matches(text.encode()) == (text in good), step, more, text)


def main():
    library = chat_library.Library(sys.argv[1])
    samples = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    random.seed(1)
    random_grammars(library, 400)
    written_grammars(library)
    masks(library)
    restarts(library)
    decimals(library)
    written = schemas(library, samples)
    print(speed(library))
    print(f"grammars: {len(SCHEMAS)} schemas, {written} texts written by their grammars, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
