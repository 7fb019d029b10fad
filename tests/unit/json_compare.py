#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the JSON reader with Python's on random documents, whole and damaged.

    python3 tests/unit/json_compare.py build/tests/json_print [COUNT]
"""
import json
import random
import subprocess
import sys

random.seed(1)


def text():
    letters = ["a", "Z", " ", "\\", '"', "/", "\b", "\t", "\x00", "\x7f", "\u00e9", "\u4e2d", "\U0001f600", "\u2028"]
    return "".join(random.choice(letters) for _ in range(random.choice([0, 1, 3, 20])))


def value(depth):
    kind = random.randint(0, 8 if depth else 5)
    if kind == 0: return random.choice([None, True, False])
    if kind == 1: return random.choice([0, -1, 2**63 - 1, -2**63, 2**63, 10**30, random.randint(-10**9, 10**9)])
    if kind == 2: return random.choice([0.0, -0.5, 1e308, 5e-324, random.random(), random.uniform(-1e20, 1e20)])
    if kind <= 5: return text()
    if kind == 6: return {text(): value(depth - 1) for _ in range(random.randint(0, 20))}
    return [value(depth - 1) for _ in range(random.randint(0, 4))]


def damaged(document):
    data = bytearray(document.encode())
    for _ in range(random.randint(1, 2)):
        at = random.randrange(len(data) + 1)
        kind = random.randint(0, 3)
        if kind == 0: del data[at:at + 1]
        elif kind == 1: data[at:at] = random.choice([b",", b'"', b"\\", b"0", b"-", b"e", b".", b"}", b"]", b"u12", b" "])
        elif kind == 2: data = data[:at]
        else: data[at:at + 1] = bytes([random.randrange(256)])
    return bytes(data).replace(b"\n", b" ")


def refuse(name):
    raise ValueError(name)


def expected(data):
    """None for what is not JSON: Python's reader also takes lone surrogates and NaN."""
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=refuse)
        json.dumps(found, ensure_ascii=False).encode()
        return True, found
    except (ValueError, UnicodeError):
        return False, None


def same(a, b):
    """Numbers of more than 64 bits are floating-point ones for us."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, int) and not isinstance(a, bool) and not -2**63 <= a < 2**63:
        return float(a) == b
    return type(a) is type(b) and a == b or (isinstance(a, float) and isinstance(b, int) and a == b)


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    documents = [json.dumps(value(4), ensure_ascii=random.random() < 0.5) for _ in range(count)]
    data = [d.encode() if i % 2 else damaged(d) for i, d in enumerate(documents)]
    out = subprocess.run([sys.argv[1]], input=b"\n".join(data) + b"\n", capture_output=True, check=True)
    lines = out.stdout.split(b"\n")[:-1]
    faults = refused = 0
    for document, line in zip(data, lines, strict=True):
        valid, wanted = expected(document)
        refused += not valid
        found = None if line == b"error" else json.loads(line)
        if (line != b"error") != valid or (valid and not same(wanted, found)):
            faults += 1
            if faults < 10:
                print(f"{document!r}: {line!r}, Python: {wanted if valid else 'error'}")
    print(f"JSON: {count} documents, {refused} refused, {faults} different")
    sys.exit(1 if faults else 0)


main()
