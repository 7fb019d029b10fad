#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Renders random small templates and compares with Jinja2; then hostile ones, which must end soon.

    python3 tests/chat/random_templates_test.py LIBLAMPWICK-LLM.so [COUNT] [SEED]
"""
import copy
import random
import sys
import time
import warnings

import jinja2

import chat_library

VALUES = {"s": "a B  c\n d", "n": 7, "x": 2.5, "t": True, "none": None, "l": [3, 1, 2],
          "words": ["beta", "Alpha", "gamma"], "d": {"b": 1, "a": [1, {"k": "v"}], "C": "x"},
          "objects": [{"n": 2, "k": "b", "f": True}, {"n": 1, "k": "A"}, {"k": "c", "f": False}],
          "odd": "\u00c4\u00df\u4e2d\U0001f600'\"\\", "empty": "", "nested": [[1, 2], [3], []],
          "f": 1e20, "z": 0, "neg": -3}
INDEXED = set(VALUES) - {"none"}  # of a constant, Jinja2 gives undefined at some places
FILTERS = ["length", "trim", "upper", "lower", "capitalize", "title", "string", "list", "first", "last",
           "reverse", "reverse|list", "sort", "dictsort", "items|list", "join", "join(', ')", "tojson", "tojson(indent=2)",
           "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "tojson(ensure_ascii=true)",
           "default('q')", "default('q', true)", "int", "float", "abs", "round", "round(1)", "round(1, 'ceil')",
           "sum", "min", "max", "unique|list", "replace('a', 'zz')", "replace('a', '', 1)",
           "indent", "indent(2, true)", "indent('> ', blank=true)", "map('upper')|list", "map(attribute='k')|list",
           "map(attribute='n', default=0)|list", "select|list", "reject('equalto', 1)|list",
           "selectattr('f')|list", "selectattr('n', 'gt', 1)|list", "rejectattr('f', 'defined')|list",
           "groupby('k')", "batch(2)|list", "batch(2, 'x')|list", "wordcount", "escape", "e", "safe", "center(9)",
           "truncate(5)", "truncate(5, true, '!')", "urlencode", "string|length", "sort(reverse=true)",
           "sort(attribute='k')", "sum(attribute='n')", "select('string')|list", "d", "count", "int(3)", "float(1)"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping",
         "iterable", "sequence", "callable", "true", "false", "odd", "even", "lower", "upper",
         "divisibleby 2", "divisibleby(3)", "eq 7", "ne('a')", "gt 2", "le 3", "in [1, 2]", "sameas true",
         "equalto none", "escaped"]
METHODS = ["strip()", "lstrip('a ')", "rstrip()", "split()", "split('a')", "split(' ', 1)", "rsplit(' ', 1)", "rsplit(none, 1)",
           "splitlines()", "splitlines(true)", "upper()", "lower()", "title()", "capitalize()", "swapcase()", "startswith('a')",
           "endswith(('d', 'x'))", "replace('a', 'bb')", "find('B')", "rfind(' ')", "count('a')", "join(words)",
           "isdigit()", "isalpha()", "isspace()", "isupper()", "zfill(12)", "ljust(9, '.')", "rjust(11)", "center(12)",
           "format(1, a=2)", "items()", "keys()", "values()", "get('a')", "get('q', 5)", "index(1)", "count(1)",
           "partition(' ')", "rpartition('B')", "removeprefix('a')", "removesuffix('d')", "append(1)", "pop()",
           "update({})", "a", "b", "k", "items", "0", "nothing", "copy()"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or"]
FORMATS = ["'%s|%d' % (s, n)", "'%5.1f|%-4d|%04d|%+d' % (x, n, n, n)", "'%x %X %o %c %r' % (255, 255, 8, 'q', odd)",
           "'%(a)s' % {'a': 1}", "'{} {}'.format(n, s)", "'{0:>5}|{0:<5}|{0:^5}|{a!r}'.format(n, a=s)",
           "'{:.2f} {:,} {:05d} {:x} {:%}'.format(x, 1234567, n, 255, x)", "'{a[0]} {b.a}'.format(a=l, b=d)", "'{{}}'.format()",
           "'%s' % l", "'%s' % none", "'{:*^9}'.format('mid')", "'%%'", "'%5s|%-5s' % ('a', 'b')"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, items):
        return self.random.choice(items)

    def literal(self):
        return self.pick(["1", "0", "-2", "2.5", "1e3", "'a'", '"b\\n"', "'\\u00e9\\x41'", "true", "False", "none",
                          "[]", "[1, 'a', 2.5]", "{}", "{'a': 1, 'b': [2]}", "(1, 2)", "(1,)", "()", "'a' 'b'", "1_000"])

    def expression(self, depth):
        if depth <= 0:
            return self.pick([self.literal, lambda: self.pick(list(VALUES) + ["missing", "ns"])])()
        inner = lambda: self.expression(depth - self.random.randint(1, 2))
        kind = self.random.randint(0, 12)
        if kind == 0: return f"({inner()} {self.pick(OPERATORS)} {inner()})"
        if kind == 1: return f"{inner()} {self.pick(OPERATORS)} {inner()}"
        if kind == 2: return f"({inner()})|{self.pick(FILTERS)}"
        if kind == 3: return f"{self.pick(list(VALUES))}|{self.pick(FILTERS)}"
        if kind == 4: return f"({inner()} is {self.pick(['', 'not '])}{self.pick(TESTS)})"
        if kind == 5: return f"{self.pick(list(VALUES))}.{self.pick(METHODS)}"
        if kind == 6: return f"({inner()}).{self.pick(METHODS)}"
        if kind == 7: return f"{self.pick(sorted(INDEXED))}[{self.pick(['0', '-1', '1:', ':2', '::-1', '-2:', '1:9:2', chr(39) + 'a' + chr(39), 'n', '5'])}]"
        if kind == 8: return f"({inner()} if {inner()} else {inner()})"
        if kind == 9: return f"(not {inner()})"
        if kind == 10: return f"[{inner()}, {inner()}]"
        if kind == 11: return f"(-{inner()})"
        return f"({self.pick(FORMATS)})"

    def tag(self, text):
        return "{%" + self.pick(["", "", "-", "+"]) + f" {text} " + self.pick(["", "", "-", "+"]) + "%}"

    def output(self, depth):
        return "{{" + self.pick(["", "", "-"]) + f" {self.expression(depth)} " + self.pick(["", "", "-"]) + "}}"

    def data(self):
        return self.pick(["x", " ", "\n", "  \n  ", "a b\n", "{# c #}", "  {#- c -#}  ", "\t", "{% raw %} {{ {% endraw %}\n"])

    def body(self, depth):
        return "".join(self.statement(depth - 1) for _ in range(self.random.randint(1, 3)))

    def statement(self, depth):
        e = lambda: self.expression(self.random.randint(0, 2))
        if depth <= 0 or self.random.random() < 0.4:
            return self.data() + self.output(self.random.randint(0, 3)) + self.data()
        kind = self.random.randint(0, 11)
        t, b = self.tag, self.body
        if kind == 0: return t(f"if {e()}") + b(depth) + t(f"elif {e()}") + b(depth) + t("else") + b(depth) + t("endif")
        if kind == 1: return t(f"for i in {e()}") + b(depth) + "{{ loop.index }}{{ loop.last }}" + t("else") + b(depth) + t("endfor")
        if kind == 2: return t(f"for k, v in {self.pick(['d.items()', 'd|dictsort', 'nested', 'd|items'])}") + "{{ k }}" + b(depth) + t("endfor")
        if kind == 3: return t(f"set {self.pick(['n', 'q', 's'])} = {e()}") + b(depth)
        if kind == 4: return t("set s") + b(depth) + t("endset") + "[{{ s }}]"
        if kind == 5: return t("macro m(a, b=2)") + "{{ a }}{{ b }}" + b(depth) + t("endmacro") + "{{ m(" + e() + ") }}{{ m(1, b=" + e() + ") }}"
        if kind == 6: return t("set ns = namespace(c=0)") + t(f"for i in {e()}") + t("set ns.c = ns.c + 1") + b(depth) + t("endfor") + "{{ ns.c }}"
        if kind == 7: return t(f"for i in {e()} if {e()}") + "{{ loop.length }}{{ loop.previtem }}" + t("if loop.index > 2") + t("break") + t("endif") + b(depth) + t("endfor")
        if kind == 8: return t(f"with q = {e()}, w = n") + "{{ q }}" + b(depth) + t("endwith")
        if kind == 9: return t(f"filter {self.pick(['upper', 'trim', 'replace(' + chr(39) + 'a' + chr(39) + ', ' + chr(39) + 'b' + chr(39) + ')'])}") + b(depth) + t("endfilter")
        if kind == 10: return t("macro c()") + "<{{ caller(1) }}>" + t("endmacro") + t("call(u) c()") + "{{ u }}" + b(depth) + t("endcall")
        return t("for i in [1, [2, [3]]] recursive") + t("if i is number") + "{{ i }}" + t("else") + "({{ loop(i) }})" + t("endif") + t("endfor")


# What Python shows of an object's inside, which depends on its address or its name, or integers
# of more than 64 bits.
SKIPPED = ("<generator", "dict_", "<built-in", "<bound", "<function", "<Macro", "<LoopContext", "<Namespace",
           "range(", "dict_", "DICT_", "<filter", "<map", " at 0x", "<class", "<list", "<Undefined", "Markup(", "<reversed")


def one(library, maker, counts):
    source = maker.statement(maker.random.randint(0, 3))
    try:
        expected = chat_library.ENVIRONMENT.from_string(source).render(**copy.deepcopy(VALUES), messages=[], tools=None)
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as fault:
        expected, why = None, f"{type(fault).__name__}: {fault}"
    else:
        why = ""
        if any(word.lower() in expected.lower() for word in SKIPPED):  # filters change cases
            return
    try:
        found, complaint, status = library.template(source).render([], variables=VALUES), "", 0
    except chat_library.Failure as fault:
        found, complaint, status = None, str(fault), fault.status
    if status == -9 or "unexpected" in why:  # beyond 64 bits
        return
    counts["rendered" if expected is not None else "refused"] += 1
    if found == expected:
        return
    counts["different"] += 1
    if counts["different"] <= 20:
        print(f"template {source!r}\n  expected {expected!r} {why}\n  found    {found!r} {complaint}")


HOSTILE = {
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "range": "{% for a in range(10**15) %}{% endfor %}",
    "repeat": "{{ 'x' * 10**12 }}",
    "repeat a list": "{{ ([0] * 10**12)|length }}",
    "doubling": "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
    "doubling a list": "{% set ns = namespace(s=[0]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "nesting lists": "{% set ns = namespace(s=[]) %}{% for i in range(9999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}",
    "laughs": "{% set a = ['l'] * 50 %}" + "".join(f"{{% set a = [a] * 50 %}}" for _ in range(9)) + "{{ a }}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "two macros": "{% macro a() %}{{ b() }}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}",
    "parentheses": "{{ " + "(" * 100000 + "1" + ")" * 100000 + " }}",
    "unary": "{{ " + "-" * 100000 + "1 }}",
    "brackets": "{{ " + "[" * 100000 + "]" * 100000 + " }}",
    "ifs": "{% if 1 %}" * 100000 + "{% endif %}" * 100000,
    "conditions": "{{ " + "1 if 1 else " * 100000 + "1 }}",
    "filters": "{{ 'x'" + "|upper" * 100000 + " }}",
    "attributes": "{{ x" + ".a" * 100000 + " }}",
    "sums": "{{ 1" + " + 1" * 100000 + " }}",
    "width": "{{ '%999999999999d' % 1 }}",
    "width of format": "{{ '{:999999999999}'.format(1) }}",
    "precision": "{{ '%.99999999f' % 1 }}",
    "replace": "{% set s = 'a' * 1000000 %}{{ s|replace('a', s) }}",
    "split": "{% set s = 'a ' * 10000000 %}{{ s.split()|length }}",
    "join": "{% set s = 'a' * 100000 %}{{ s.join(s)|length }}",
    "center": "{{ 'a'.center(10**15) }}",
    "indent": "{{ 'a\\n'.replace('a', 'b')|indent(10**15, true) }}",
    "power": "{{ 3 ** 10**15 }}",
    "self": "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
    "sort": "{{ (range(99999)|list * 50)|sort|length }}",
    "unique": "{{ range(99999)|unique|list|length }}",
    "json": "{% set ns = namespace(s=[]) %}{% for i in range(9999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s|tojson }}",
    "compare": "{% set ns = namespace(a=[], b=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}",
    "tojson": "{{ [1]|tojson(indent=10**15) }}",
    "names": "".join(f"{{% if a{i} %}}{{% set b{i} = 1 %}}{{% endif %}}" for i in range(20000)),
    "elifs": "{% if a %}" + "".join(f"{{% elif b{i} %}}{{% set c{i} = 1 %}}" for i in range(20000)) + "{% endif %}",
    "scopes": "".join(f"{{% for x in [] %}}{{% set d{i} = y{i} %}}" for i in range(150)) + "{% endfor %}" * 150,
    "many lines": "{{ a }}\n" * 200000,
    "recursive loop": "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
}


def hostile(library):
    faults = 0
    for name, source in HOSTILE.items():
        start = time.process_time()
        try:
            text, status = library.template(source).render([]), 0
        except chat_library.Failure as fault:
            text, status = str(fault), fault.status
        took = time.process_time() - start
        fine = status in (chat_library.LIMIT, -5, -9) or (not status and len(text) < 1 << 20)
        if not fine or took > 3:
            faults += 1
            print(f"{name}: {took:.1f} s, status {status}, {text[:200]!r}")
    print(f"{len(HOSTILE)} hostile templates, {faults} faults")
    return faults


def main():
    warnings.simplefilter("ignore")
    library = chat_library.Library(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    counts = {"rendered": 0, "refused": 0, "different": 0}
    maker = Maker(seed)
    for _ in range(count):
        one(library, maker, counts)
    faults = hostile(library)
    print(f"random templates: {counts['rendered']} rendered, {counts['refused']} refused, "
          f"{counts['different']} different")
    sys.exit(1 if faults or counts["different"] else 0)


main()
