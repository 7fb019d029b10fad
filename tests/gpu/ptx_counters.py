#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A table of what kernels do, by the files that FAKE_CARD="ptx counters=FILE" has written: what a
warp's instructions are, how many of its 32 items do them, how many sectors of 32 bytes a load or
store of global memory takes, to how many it would at best, and likewise passes over shared memory
(more than one: conflicts of banks).

    tests/gpu/ptx_counters.py [--lines N] [--kernel PART OF A NAME] FILE...

--lines: the N lines of each kernel that cost most beyond what they would at best. The numbers are
exact for what was run; caches are not played, nor the order in which a card runs warps.
"""
import argparse
import collections

KINDS = ("global", "shared", "copies", "tensor", "float", "integer", "other")
FLOATS = ("f16", "bf16", "f32", "f64", "bf16x2")


def kind(opcode):
    head, parts = opcode.split(".")[0], opcode.split(".")
    if head in ("ld", "st", "ldmatrix"):
        return "global" if "global" in parts else "shared" if "shared" in parts else "other"
    if head in ("mma", "wgmma"):
        return "tensor"
    if opcode.startswith("cp.async"):
        return "copies"
    if head in ("mov", "selp", "setp", "bra", "bar", "ret", "exit", "call", "shfl", "mbarrier", "fence"):
        return "other"
    return "float" if parts[-1] in FLOATS and head != "cvt" else "other" if head == "cvt" else "integer"


def space(opcode):
    """Whose sectors or passes were counted."""
    return "shared" if ".shared" in opcode and not opcode.startswith("cp.async") else "global"


def ratio(taken, best):
    return f"{taken / best:6.2f}" if best else "     -"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--kernel", default="")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    functions = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0, 0, 0]))
    launches = collections.Counter()
    for path in options.files:
        seen = set()
        for line in open(path):
            tier, name, n, at, opcode, *numbers = line.split()
            if options.kernel in name:
                counts = functions[tier, name][int(at), opcode]
                counts[:] = [a + int(b) for a, b in zip(counts, numbers)]
                if (tier, name, n) not in seen:
                    seen.add((tier, name, n))
                    launches[tier, name] += int(n)
    print(f"{'kernel':38} {'launches':>8} {'warp instr.':>11} {'items':>5}  "
          + " ".join(f"{k:>7}" for k in KINDS) + "  sectors  passes  (times the least)")
    for (tier, name), lines in sorted(functions.items()):
        by_kind, total, items = collections.Counter(), 0, 0
        taken, best = collections.Counter(), collections.Counter()
        for (_, opcode), (done, of_items, t, b) in lines.items():
            by_kind[kind(opcode)] += done
            taken[space(opcode)] += t
            best[space(opcode)] += b
            total, items = total + done, items + of_items
        print(f"{tier + ' ' + name:38} {launches[tier, name]:8} {total:11} {items / total:5.1f}  "
              + " ".join(f"{100 * by_kind[k] / total:6.1f}%" for k in KINDS)
              + f"   {ratio(taken['global'], best['global'])}  {ratio(taken['shared'], best['shared'])}")
        costly = sorted(lines.items(), key=lambda item: item[1][3] - item[1][2])[:options.lines]
        for (at, opcode), (done, of_items, t, b) in costly:
            if t > b:
                print(f"    line {at} {opcode}: {done} times, {of_items / done:.1f} items, "
                      f"{t / done:.2f} {'passes' if space(opcode) == 'shared' else 'sectors'}, at best {b / done:.2f}")


main()
