# SPDX-License-Identifier: MIT
"""BERT-base and ViT-B/16 as PyTorch's exporter writes them. BERT: opset 14, LayerNorm and GELU in
primitives; ViT: opset 17, LayerNormalization, packed projection of query, key and value."""
import math

import numpy as np

from graph_builder import Builder

WIDTH, HEADS, LAYERS, INNER = 768, 12, 12, 3072
HEAD = WIDTH // HEADS


def norm_primitives(b, x):
    centred = b.node("Sub", x, b.node("ReduceMean", x, axes=[-1], keepdims=1))
    variance = b.node("ReduceMean", b.node("Pow", centred, b.scalar(2)), axes=[-1], keepdims=1)
    deviation = b.node("Sqrt", b.node("Add", variance, b.scalar(1e-12)))
    scaled = b.node("Mul", b.node("Div", centred, deviation), b.normal(WIDTH, scale=0.02, shift=1))
    return b.node("Add", scaled, b.normal(WIDTH, scale=0.02))


def norm(b, x):
    return b.node("LayerNormalization", x, b.normal(WIDTH, scale=0.02, shift=1),
                  b.normal(WIDTH, scale=0.02), axis=-1, epsilon=1e-6)


def gelu(b, x):
    erf = b.node("Erf", b.node("Div", x, b.scalar(math.sqrt(2))))
    product = b.node("Mul", x, b.node("Add", erf, b.scalar(1)))
    return b.node("Mul", product, b.scalar(0.5))


def attend(b, query, key, value, mask=None, divide=True):
    """Heads first, keys transposed; the result has the tokens first again."""
    scores = b.node("MatMul", query, key)
    if divide:
        scores = b.node("Div", scores, b.scalar(math.sqrt(HEAD)))
    if mask:
        scores = b.node("Add", scores, mask)
    product = b.node("MatMul", b.node("Softmax", scores, axis=-1), value)
    return b.node("Transpose", product, perm=[0, 2, 1, 3])


def bert_layer(b, x, mask, tokens):
    def heads(perm):
        split = b.node("Reshape", b.linear(x, WIDTH, WIDTH), b.ints(1, tokens, HEADS, HEAD))
        return b.node("Transpose", split, perm=perm)

    joined = b.node("Reshape", attend(b, heads([0, 2, 1, 3]), heads([0, 2, 3, 1]),
                                      heads([0, 2, 1, 3]), mask), b.ints(1, tokens, WIDTH))
    x = norm_primitives(b, b.node("Add", b.linear(joined, WIDTH, WIDTH), x))
    inner = gelu(b, b.linear(x, WIDTH, INNER))
    return norm_primitives(b, b.node("Add", b.linear(inner, INNER, WIDTH), x))


def bert(name="bert-base", tokens=128, vocabulary=30522):
    b = Builder(name, 14)
    ids, mask, kinds = (b.input(n, [1, tokens], "int64")
                        for n in ("input_ids", "attention_mask", "token_type_ids"))
    wide = b.node("Unsqueeze", b.node("Unsqueeze", mask, b.ints(1)), b.ints(2))
    keep = b.node("Sub", b.scalar(1), b.node("Cast", wide, to=1))
    bias = b.node("Mul", keep, b.scalar(-10000))
    x = b.node("Add", b.node("Gather", b.normal(vocabulary, WIDTH, scale=0.5), ids),
               b.node("Gather", b.normal(2, WIDTH, scale=0.5), kinds))
    places = b.constant(np.arange(tokens, dtype=np.int64)[None])
    x = norm_primitives(b, b.node("Add", x, b.node("Gather", b.normal(512, WIDTH, scale=0.5),
                                                   places)))
    for _ in range(LAYERS):
        x = bert_layer(b, x, bias, tokens)
    first = b.node("Gather", x, b.constant(np.array(0, np.int64)), axis=1)
    pooled = b.node("Tanh", b.gemm(first, WIDTH, WIDTH))
    b.output(x, [1, tokens, WIDTH])
    b.output(pooled, [1, WIDTH])
    return b.model()


def vit_layer(b, x, tokens):
    packed = b.linear(b.node("Transpose", norm(b, x), perm=[1, 0, 2]), WIDTH, 3 * WIDTH)
    parts = b.node("Reshape", packed, b.ints(tokens, 1, 3, WIDTH))
    parts = b.node("Transpose", parts, perm=[2, 0, 1, 3])
    heads = []
    for index, perm in enumerate(([1, 0, 2], [1, 2, 0], [1, 0, 2])):
        part = b.node("Gather", parts, b.constant(np.array(index, np.int64)), axis=0)
        part = b.node("Transpose", b.node("Reshape", part, b.ints(tokens, HEADS, HEAD)), perm=perm)
        heads.append(b.node("Unsqueeze", part, b.ints(0)))
    root = b.scalar(HEAD ** -0.25)
    product = attend(b, b.node("Mul", heads[0], root), b.node("Mul", heads[1], root), heads[2],
                     divide=False)
    flat = b.gemm(b.node("Reshape", product, b.ints(tokens, WIDTH)), WIDTH, WIDTH)
    x = b.node("Add", x, b.node("Reshape", flat, b.ints(1, tokens, WIDTH)))
    inner = gelu(b, b.linear(norm(b, x), WIDTH, INNER))
    return b.node("Add", x, b.linear(inner, INNER, WIDTH))


def vit(name="vit-b-16", size=224, patch=16):
    b = Builder(name, 17)
    side = size // patch
    tokens = side * side + 1
    x = b.conv(b.input("pixels", [1, 3, size, size]), 3, WIDTH, patch, patch, gain=1.0, pad=0)
    x = b.node("Transpose", b.node("Reshape", x, b.ints(1, WIDTH, side * side)), perm=[0, 2, 1])
    x = b.node("Concat", b.normal(1, 1, WIDTH, scale=0.02), x, axis=1)
    x = b.node("Add", x, b.normal(1, tokens, WIDTH, scale=0.02))
    for _ in range(LAYERS):
        x = vit_layer(b, x, tokens)
    first = b.node("Gather", norm(b, x), b.constant(np.array(0, np.int64)), axis=1)
    b.output(b.gemm(first, WIDTH, 1000), [1, 1000])
    return b.model()
