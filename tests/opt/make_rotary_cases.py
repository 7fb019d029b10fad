#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes graphs of rotary position embedding as exporters write it, by halves or by neighbours,
also with rows that are turned in part and with small mistakes that make it something else; alone,
or before attention whose heads share keys and values. Expected outputs are from onnxruntime without
its optimiser:

    python3 tests/opt/make_rotary_cases.py OUTDIR
    lampwick test OUTDIR
"""
import sys
from pathlib import Path

import numpy as np
from make_attention_graph_cases import Graph
from network_cases import write

rng = np.random.default_rng(47)


def number(low, high):
    return int(rng.integers(low, high))


def chance(p):
    return rng.random() < p


def ints(g, *values):
    return g.constant(np.array(values, "i8"))


def cut(g, x, start, end, axis, step=1):
    return g.node("Slice", x, ints(g, start), ints(g, end), ints(g, axis), ints(g, step))


def either(g, op, a, b):
    return g.node(op, *((a, b) if chance(0.5) else (b, a)))


def halves(g, x, n):
    """The first and the second half of the last axis."""
    form = number(0, 3)
    if form == 0:
        return cut(g, x, 0, n // 2, 3), cut(g, x, n // 2, np.iinfo("i8").max, -1)
    if form == 1:
        return cut(g, x, -n, -(n // 2), -1), cut(g, x, -(n // 2), n, 3)
    name = f"s{len(g.nodes)}"
    g.node("Split", x, ints(g, n // 2, n // 2), axis=-1)
    g.nodes[-1].output[:] = [name + "a", name + "b"]
    return name + "a", name + "b"


def neighbours(g, x, shape):
    """Elements at even and at odd places."""
    n = shape[-1]
    form = number(0, 3)
    if form == 0:
        return cut(g, x, 0, n, 3, 2), cut(g, x, 1, n, -1, 2)
    pairs = g.node("Reshape", x, ints(g, *shape[:-1], n // 2, 2))
    if form == 1:
        return [g.node("Gather", pairs, g.constant(np.int64(i)), axis=4) for i in (0, -1)]
    return [g.node("Squeeze", cut(g, pairs, i, i + 1, 4), ints(g, -1)) for i in (0, 1)]


def join(g, a, b, shape, interleaved):
    if not interleaved:
        return g.node("Concat", a, b, axis=-1)
    a, b = (g.node("Unsqueeze", x, ints(g, -1)) for x in (a, b))
    return g.node("Reshape", g.node("Concat", a, b, axis=-1), ints(g, *shape))


def turn(g, x, shape, cosines, sines, interleaved, wide, mistake):
    n = shape[-1]
    a, b = neighbours(g, x, shape) if interleaved else halves(g, x, n)
    if mistake == 1:
        a, b = b, a
    if wide:
        minus = g.node("Neg", b) if chance(0.8) else g.node("Mul", b, g.constant(np.float32(-1)))
        other = g.node("Neg", a) if mistake == 2 else a
        turned = join(g, minus, other, shape, interleaved)
        return either(g, "Add", either(g, "Mul", x, cosines), either(g, "Mul", turned, sines))
    first = g.node("Sub", either(g, "Mul", a, cosines), either(g, "Mul", b, sines))
    if mistake == 2:
        cosines, sines = sines, cosines
    second = either(g, "Add", either(g, "Mul", b, cosines), either(g, "Mul", a, sines))
    return join(g, first, second, shape, interleaved)


def angles(g, length, width, heads_first):
    """[length, width] for all batches and heads, made of positions or given."""
    if chance(0.5):
        positions = g.input(values=np.arange(length, dtype="f4").reshape(length, 1))
        angle = g.node("Mul", positions, g.constant(rng.random(width).astype("f4")))
        made = g.node("Cos", angle), g.node("Sin", angle)
    else:
        made = g.input(length, width), g.input(length, width)
    axes = ([0] if chance(0.5) else [0, 1]) if heads_first else [1]
    return [g.node("Unsqueeze", x, ints(g, *axes)) for x in made]


def rotary(g, x, shape, cos_sin, style, heads_first):
    """x: [batch, length, heads, size], or heads before length."""
    interleaved, wide, mistake, turned = style
    if turned == shape[-1]:
        return turn(g, x, shape, *cos_sin, interleaved, wide, mistake)
    first, rest = cut(g, x, 0, turned, 3), cut(g, x, turned, shape[-1], 3)
    first = turn(g, first, [*shape[:-1], turned], *cos_sin, interleaved, wide, mistake)
    return g.node("Concat", first, rest, axis=-1)


def styles(n):
    turned = n if chance(0.6) or n < 4 else 2 * number(1, n // 2)
    mistake = number(1, 3) if chance(0.15) else 0
    return chance(0.5), chance(0.5), mistake, turned


def alone(folder, n):
    b, l, h, d = number(1, 4), number(1, 20), number(1, 5), 2 * number(1, 40)
    style = styles(d)
    g = Graph(opset=18)
    heads_first = chance(0.5)
    shape = [b, h, l, d] if heads_first else [b, l, h, d]
    if heads_first and chance(0.5):
        x = g.node("Transpose", g.input(b, l, h, d), perm=[0, 2, 1, 3])
    else:
        x = g.input(*shape)
    cos_sin = angles(g, l, style[3] if style[1] else style[3] // 2, heads_first)
    y = rotary(g, x, shape, cos_sin, style, heads_first)
    if chance(0.3):
        y = g.node("Relu", y)
    write(folder / f"test_rotary_{n}", g.model([y], chance(0.15)), g.feed)


def repeat(g, x, b, l, heads, times, d, heads_first):
    """The heads of x, each so many times."""
    axis = 2 if heads_first else 3
    shape = [b, heads, l, d] if heads_first else [b, l, heads, d]
    wide = [*shape[:axis], times, *shape[axis:]]
    wide = [1 if i != axis and chance(0.3) else k for i, k in enumerate(wide)]
    x = g.node("Expand", g.node("Unsqueeze", x, ints(g, axis)), ints(g, *wide))
    shape[axis - 1] *= times
    return g.node("Reshape", x, ints(g, *shape))


def swap_last(g, x, b, h, l, d):
    if chance(0.6):
        return g.node("Transpose", x, perm=[0, 1, 3, 2])
    x = g.node("Reshape", x, ints(g, -1, l, d))
    return g.node("Reshape", g.node("Transpose", x, perm=[0, 2, 1]), ints(g, b, h, d, l))


def shared_heads(folder, n):
    b, l, kv, times, d = number(1, 3), number(1, 30), number(1, 4), number(2, 5), 2 * number(1, 20)
    h = kv * times
    g = Graph(opset=18)
    style = styles(d)
    cos_sin = angles(g, l, style[3] if style[1] else style[3] // 2, True)
    swap = {"perm": [0, 2, 1, 3]}
    q = g.node("Transpose", g.input(b, l, h, d), **swap)
    q = rotary(g, q, [b, h, l, d], cos_sin, style, True)
    k = g.node("Transpose", g.input(b, l, kv, d), **swap)
    k = rotary(g, k, [b, kv, l, d], cos_sin, style, True)
    k = repeat(g, k, b, l, kv, times, d, True)
    v = g.input(b, l, kv, d)
    if chance(0.5):
        v = repeat(g, g.node("Transpose", v, **swap), b, l, kv, times, d, True)
    else:
        v = g.node("Transpose", repeat(g, v, b, l, kv, times, d, False), **swap)
    scores = g.node("MatMul", q, swap_last(g, k, b, h, l, d))
    scores = g.node("Mul", scores, g.constant(np.float32(d**-0.5)))
    guard = chance(0.4)
    if chance(0.7):
        mask = np.triu(np.full((l, l), -np.inf if guard else -1e30, "f4"), 1)
        if guard:
            mask[number(0, l)] = -np.inf
        scores = g.node("Add", scores, g.input(values=mask))
    p = g.node("Softmax", scores, axis=-1)
    if guard:
        p = g.node("Where", g.node("IsNaN", p), g.constant(np.float32(0)), p)
    y = g.node("Transpose", g.node("MatMul", p, v), **swap)
    write(folder / f"test_shared_heads_{n}", g.model([y], False), g.feed)


def main():
    folder = Path(sys.argv[1])
    for n in range(200):
        alone(folder, n)
    for n in range(120):
        shared_heads(folder, n)
    print("320 cases written")


if __name__ == "__main__":
    main()
