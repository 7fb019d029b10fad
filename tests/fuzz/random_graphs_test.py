#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random graphs (random_graph.py) on lampwick, against ONNX Runtime: by one thread and by several,
without passes, at lower levels of instructions, on a device. Each context runs a graph many times:
again, with other data, with other sizes, with the first data again.

    tests/fuzz/random_graphs_test.py build/liblampwick.so --count 1000 --seed 7
    tests/fuzz/random_graphs_test.py build/liblampwick.so --type float16 --special --isa avx2,base
    tests/fuzz/random_graphs_test.py build/liblampwick.so --device opencl:0

Cards without a card: LD_LIBRARY_PATH=build/tests/fake_cuda FAKE_CARD=capability=80, --device cuda:0.
On a device graphs run with the fallback, and also with too little memory, which must be said.
--reduce looks for the first value that is wrong when it is the only output.
"""
import argparse
import collections
import pathlib
import re
import sys
import tempfile
from dataclasses import dataclass, field

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
import lampwick  # noqa: E402
import random_nodes  # noqa: E402
from random_graph import Graph, Skip  # noqa: E402

# What ONNX Runtime takes, and lampwick does not: windows beyond the padded input, a batch of indices
# or conditions for data of another size, empty parts of other shapes, a skip, slopes or factors that are larger
# than the input, operators that the standard has without bfloat16, and outputs of loops that nothing
# says the shape of.
REFUSED = re.compile("the kernel spans|GatherND .* in data, .* in indices|there are no iterations|cannot be joined|"
                     "a skip of shape|the slope .* cannot be broadcast|input 1 must have shape|"
                     "to choose from|is bfloat16, expected")


@dataclass
class Place:
    """A kind of context."""
    name: str
    options: dict = field(default_factory=dict)
    may_lack_memory: bool = False


def places(options, random):
    if options.device:
        where = {"device": options.device, "fallback": True}
        yield Place(options.device, where)
        yield Place(f"{options.device} without passes", dict(where, skip_passes="all"))
        limit = int(2 ** random.uniform(10, 18))
        yield Place(f"{options.device} with {limit} bytes", dict(where, device_memory=limit), True)
        return
    yield Place("one thread", {"threads": 1})
    yield Place("two threads", {"threads": 2})
    yield Place("without passes", {"skip_passes": "all"})
    for isa in options.isa.split(",") if options.isa else ():
        yield Place(f"level {isa}", {"isa": isa})


def make(seed, options):
    """A graph, and the names of its outputs."""
    g = Graph(seed, options.type, options.special)
    g.input()
    count = int(g.random.choice([3, 6, 10, 16]))
    makers = [m for m in random_nodes.MAKERS if options.only in (None, m.__name__)]
    for _ in range(4 * count):
        try:
            g.pick(*(makers if g.chance(.7) else random_nodes.MAKERS))(g)
        except (Skip, ValueError, IndexError):
            pass
        if len(g.nodes) >= count:
            break
    read = {n for _, _, reads in g.sessions for n in reads}
    made = [n for node in g.nodes for n in node.output]
    outputs = [n for n in made if n not in read or g.chance(.12)]
    outputs += [n for n in [*g.constants, *g.inputs] if g.chance(.01)]
    return g, outputs


def feeds_of(g, open_sizes):
    """(what is changed, inputs, whether these are the first ones) of each run."""
    yield "first", g.inputs, True
    yield "again", g.inputs, True
    for _ in range(2):
        yield "other data", {n: g.sample(a.shape, a.dtype) if n[0] == "x" else a for n, a in g.inputs.items()}, False
    sizes = sorted({d for n, a in g.inputs.items() if n[0] == "x" for d in a.shape})
    for size in sizes[:3] if open_sizes else ():
        for to in sorted({size + 1, 1, 2 * size} - {size}):
            other = {n: a if n[0] != "x" else g.sample([to if d == size else d for d in a.shape], a.dtype)
                     for n, a in g.inputs.items()}
            if all(a.size < 20000 for a in other.values()):
                yield f"size {size} is {to}", other, False
    yield "first again", g.inputs, True


def runs_of(g, outputs, open_sizes):
    """Runs that ONNX Runtime does too, with what is expected: output -> (value, limit)."""
    for what, feeds, first in feeds_of(g, open_sizes):
        try:
            expected = g.evaluate(feeds)
        except ValueError:
            expected = None
        if expected:
            yield what, {n: g.cast(a, n) for n, a in feeds.items()}, {n: expected[n] for n in outputs}, first


def fault(found, expected, limit, dtype):
    """What is wrong with an output; None: nothing."""
    if found.dtype != dtype or found.shape != expected.shape:
        return f"is {found.dtype}{list(found.shape)}, not {dtype}{list(expected.shape)}"
    if expected.dtype.kind != "f":
        wrong = found != expected
        if not wrong.any():
            return None
        return f"{wrong.sum()} of {wrong.size} differ, {found[wrong][0]} for {expected[wrong][0]}"
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        wrong = ~same & ~(np.abs(found - expected) <= limit)
    if not wrong.any():
        return None
    return (f"{wrong.sum()} of {wrong.size} differ, {found[wrong][0]:.6g} for {expected[wrong][0]:.6g}, "
            f"limit {limit:.2g}")


class Tester:
    def __init__(self, options, folder):
        self.options, self.path = options, folder / "graph.onnx"
        self.library = lampwick.Library(options.library)
        self.counts, self.refusals = collections.Counter(), collections.Counter()

    def test(self, seed):
        g, outputs = make(seed, self.options)
        if not outputs:
            return
        open_sizes = g.chance(.5)
        self.path.write_bytes(g.file(outputs, open_sizes).SerializeToString())
        runs = list(runs_of(g, outputs, open_sizes))
        self.counts["graphs"] += 1
        self.counts["nodes"] += len(g.nodes)
        bad = []
        for place in places(self.options, g.random):
            for name, text in self.run(g, outputs, runs, place):
                bad.append((place, name, text))
        if bad:
            self.tell(seed, g, bad)

    def run(self, g, outputs, runs, place):
        """(output or None, what is wrong) for each fault."""
        try:
            model = self.library.load(self.path, **place.options)
        except lampwick.Error as error:
            return self.refuse(None, error, place)
        bad, bits = [], None
        for what, feeds, expected, first in runs:
            self.counts["runs"] += 1
            try:
                found = model.run(feeds)
            except lampwick.Error as error:
                bad += self.refuse(what, error, place)
                continue
            faults = [(n, fault(f, *expected[n], g.cast(expected[n][0], n).dtype)) for n, f in zip(outputs, found)]
            bad += [(n, f"{what}: {text}") for n, text in faults if text]
            made = [f.tobytes() for f in found]
            if first and bits and made != bits:
                bad.append((outputs[[a == b for a, b in zip(made, bits)].index(False)], f"{what}: other bits"))
            bits = made if first and not bits else bits
        model.close()
        return bad

    def refuse(self, what, error, place):
        text = str(error)
        if place.may_lack_memory and "does not fit" in text:
            self.counts["lacks memory"] += 1
            return []
        self.refusals[re.sub(r"'[^']*'|\d+", "_", text)[:150]] += 1
        return [] if REFUSED.search(text) else [(None, f"{what}: {text[:300]}")]

    def tell(self, seed, g, bad):
        self.counts["wrong"] += 1
        print(f"not ok - seed {seed}")
        for place, name, text in bad[:6]:
            print(f"    {place.name}: {name or ''} {text}")
        name = next((n for _, n, _ in bad if n), None)
        if self.options.reduce and name:
            name = self.first_wrong(g, next(p for p, n, _ in bad if n)) or name
        if name:
            show(g, name)
        sys.stdout.flush()

    def first_wrong(self, g, place):
        for name in (n for node in g.nodes for n in node.output):
            self.path.write_bytes(g.file([name], True).SerializeToString())
            found = [t for n, t in self.run(g, [name], list(runs_of(g, [name], True)), place) if n]
            if found:
                print(f"    alone, {name}: {found[0]}")
                return name
        return None


def show(g, name):
    """What a value is made of."""
    needed, lines = {name}, []

    def text(n):
        kind = "constant " if n in g.constants else "input " if n in g.inputs else ""
        value = g.values.get(n)
        if value is None:
            return n or "-"
        return f"{n}({kind}{value.tolist() if value.size < 9 and n[0] == 'c' else f'{value.dtype}{list(value.shape)}'})"

    for _, node, reads in reversed(g.sessions):
        if needed & set(node.output):
            needed |= set(reads)
            attributes = ", ".join(f"{a.name}={random_nodes.helper.get_attribute_value(a)}" for a in node.attribute
                                   if a.type not in (a.GRAPH, a.TENSOR))
            lines.append(f"        {', '.join(map(text, node.output))} = {node.op_type} "
                         f"{', '.join(map(text, node.input))} {attributes}")
    print("\n".join(reversed(lines)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="of the first graph")
    parser.add_argument("--type", default="float32", choices=["float32", "float16", "bfloat16"])
    parser.add_argument("--special", action="store_true", help="NaN, infinities and subnormal numbers among the data")
    parser.add_argument("--device", help="such as opencl:0")
    parser.add_argument("--isa", help="lower levels, such as avx2,base")
    parser.add_argument("--only", help="mostly nodes of one function of random_nodes.py")
    parser.add_argument("--reduce", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the last graph, for one that crashes")
    options = parser.parse_args()
    np.seterr(all="ignore")
    with tempfile.TemporaryDirectory() as folder:
        tester = Tester(options, options.keep or pathlib.Path(folder))
        for seed in range(options.seed, options.seed + options.count):
            if options.keep:
                (options.keep / "seed").write_text(f"{seed}\n")
            tester.test(seed)
    for text, count in tester.refusals.most_common():
        print(f"{count} times: {text}")
    print(", ".join(f"{n} {k}" for k, n in tester.counts.items()))
    sys.exit(bool(tester.counts["wrong"]))


main()
