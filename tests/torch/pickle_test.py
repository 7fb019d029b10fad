#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pickles of random objects, in all protocols, are read as Python wrote them; broken ones are refused
with a sentence, and damaged ones give an answer.

    pickle_test.py build/tests/pickle_print
"""
import collections
import io
import pickle
import random
import subprocess
import sys


class Point:
    def __init__(self, x):
        self.x = x


class Storage:
    pass


class Pickler(pickle.Pickler):
    """Ordered dictionaries of an odd size are written as Python 2 does."""

    def reducer_override(self, it):
        if type(it) is collections.OrderedDict and len(it) % 2:
            return collections.OrderedDict, ([list(pair) for pair in it.items()],)
        return NotImplemented

    def persistent_id(self, it):
        return ("storage", "0", 5) if isinstance(it, Storage) else None


def text(it, protocol):
    say = lambda it: text(it, protocol)
    if isinstance(it, bool) or it is None:
        return str(it)
    if isinstance(it, int):
        if -2**63 <= it < 2**63:
            return str(it)
        return "long:" + it.to_bytes(it.bit_length() // 8 + 1, "little", signed=True).hex()
    if isinstance(it, float):
        return "%.17g" % it
    if isinstance(it, str):
        return "str:" + it.encode().hex()
    if isinstance(it, bytes):
        return "bytes:" + it.hex()
    if isinstance(it, (list, tuple)):
        return type(it).__name__ + "(" + " ".join(map(say, it)) + ")"
    if isinstance(it, collections.OrderedDict):
        filled = " dict(" + " ".join(say(x) for pair in it.items() for x in pair) + ")" if it else ""
        return f"call(<collections OrderedDict> tuple(){filled})"
    if isinstance(it, dict):
        return "dict(" + " ".join(say(x) for pair in it.items() for x in pair) + ")"
    if isinstance(it, set):
        return "set(" + " ".join(map(say, it)) + ")"
    if isinstance(it, Storage):
        return "id(" + say(("storage", "0", 5)) + ")"
    if protocol < 2:
        return f"call(<copy_reg _reconstructor> tuple(<__main__ Point> <__builtin__ object> None) state {say(it.__dict__)})"
    return f"call(<__main__ Point> tuple() state {say(it.__dict__)})"


def make(rng, protocol, depth=0):
    kind = rng.randrange(11 if depth < 5 else 6)
    several = lambda: [make(rng, protocol, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 4, 9]))]
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        bits = rng.choice([1, 8, 9, 16, 17, 31, 32, 33, 62] + ([63, 64, 65, 200, 3000] if protocol > 1 else []))
        return rng.choice([-1, 1]) * rng.getrandbits(bits)
    if kind == 2:
        return rng.choice([0.0, 1.5, -1e300, rng.gauss(0, 1), float("inf")])
    if kind == 3:
        return "".join(rng.choices("ab.weight_0é漢" if protocol else "ab.weight_0", k=rng.choice([0, 1, 5, 300])))
    if kind == 4:
        return rng.randbytes(rng.choice([0, 1, 255, 256, 70000 if depth == 0 else 3])) if protocol > 2 else "b"
    if kind == 5:
        return Storage() if protocol else 7
    if kind == 6:
        return several()
    if kind == 7:
        return tuple(several())
    if kind == 8:
        made = {str(i): x for i, x in enumerate(several())}
        return made if rng.random() < 0.5 else collections.OrderedDict(made)
    if kind == 9:
        return Point(make(rng, protocol, depth + 1))
    return {rng.randrange(300)} if protocol > 3 else several()


def dumps(it, protocol):
    out = io.BytesIO()
    Pickler(out, protocol).dump(it)
    return out.getvalue()


def run(program, pickles):
    data = b"".join(len(p).to_bytes(4, "little") + p for p in pickles)
    out = subprocess.run([program], input=data, capture_output=True, check=True).stdout
    return out.decode("latin1").split("\n")[:-1]


BROKEN = [
    (b"", "ends too early"),
    (b"N", "ends too early"),
    (b"NN.", "does not end with one thing"),
    (b"(N.", "does not end with one thing"),
    (b".", "does not end with one thing"),
    (b"0.", "nothing is there"),
    (b"h\0.", "no such place"),
    (b"Nr\xff\xff\xff\xff.", "too far"),
    (b"N(\x85.", "too few items"),
    (b"]\x86.", "too few items"),
    (b"t.", "no mark"),
    (b"(u.", "no container"),
    (b"](Nu.", "cannot hold"),
    (b"}(Nu.", "cannot hold"),
    (b"(Nd.", "a key has no value"),
    (b"N)R.", "no name"),
    (b"cos\nsystem\nNR.", "no tuple"),
    (b"cos\nsystem.", "a line does not end"),
    (b"X\xff\xff\xff\xff.", "longer than the pickle"),
    (b"\x8b\xff\xff\xff\x7f.", "longer than the pickle"),
    (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "longer than the pickle"),
    (b"NN\x93.", "name is no string"),
    (b"]Nb.", "no object"),
    (b"ccollections\nOrderedDict\nq\0](I1\nI2\nlaq\1\x85R0h\0h\1(I1\nI2\nla\x85R.",
     "grows after a dictionary was made"),
    (b"Q.", "nothing is there"),
    (b"Iabc\n.", "number is none"),
    (b"\x82\x01.", "opcode 0x82"),
    (b"\xff.", "opcode 0xff"),
    (b"I5\n", "ends too early"),
]


def main():
    rng = random.Random(7)
    bad = n = 0
    want, pickles = [], []
    for i in range(3000):
        protocol = i % 6
        it = make(rng, protocol)
        pickles.append(dumps(it, protocol))
        want.append(text(it, protocol))
    big = [str(i) for i in range(5000)]
    looped = []
    looped.append(looped)
    for protocol in range(6):
        pickles += [dumps(big, protocol), dumps(looped, protocol)]
        want += [text(big, protocol), "list(" * 61 + "deep" + ")" * 61]
    for p, w, got in zip(pickles, want, run(sys.argv[1], pickles)):
        n += 1
        if w != got:
            bad += 1
            print(f"read otherwise: {p[:200]}\n  {w[:300]}\n  {got[:300]}")
    for (p, w), got in zip(BROKEN, run(sys.argv[1], [p for p, _ in BROKEN])):
        n += 1
        if not got.startswith("error: x: the pickle") or w not in got:
            bad += 1
            print(f"expected '{w}' of {p}, not {got[:200]}")
    hostile = [b"]" + b"]" * 200000 + b"a" * 200000 + b".", b"(" * 300000 + b".", b"N" + b"q\0h\0" * 90000 + b".",
               b"N" + b"\x85" * 250000 + b"."]
    for p in pickles[:400]:
        copy = bytearray(p)
        for _ in range(3):
            copy[rng.randrange(len(copy))] = rng.randrange(256)
            hostile.append(bytes(copy))
        hostile.append(p[:rng.randrange(len(p))])
    n += len(run(sys.argv[1], hostile))
    print(f"{n} pickles, {bad} wrong")
    return bad > 0


sys.exit(main())
