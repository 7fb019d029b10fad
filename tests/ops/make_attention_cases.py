#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes cases of com.microsoft's attention operators, and of the normalisations that go with
them, with random options and expected outputs from onnxruntime:

    python3 tests/ops/make_attention_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
"""
import sys

import numpy as np
from onnxruntime_cases import Cases

rng = np.random.default_rng(12)


def normal(*shape):
    return rng.normal(size=shape).astype("f4")


def number(low, high):
    return int(rng.integers(low, high))


def maybe(x, chance=0.5):
    return x if rng.random() < chance else None


def mask_for(batch, queries, keys, forms):
    form = rng.choice(forms)
    if form == "none":
        return None
    if form == "lengths":
        return rng.integers(1, keys + 1, batch).astype("i4")
    if form == "ranges":
        end = rng.integers(1, keys + 1, batch)
        return np.concatenate([end, rng.integers(0, end)]).astype("i4")
    shape = {"keys": (batch, keys), "queries": (batch, queries, keys)}[form]
    return rng.integers(0, 2, shape).astype("i4")


def limits(n):
    """Of a number of queries, and of keys: mostly small, sometimes past the blocks of fast kernels."""
    return (9, 12) if n % 4 else (90, 700)


def attention(cases, n):
    batch, length, heads, head, size = (number(1, h) for h in (4, limits(n)[0], 5, 20, 24))
    past = number(0, 6 if n % 4 else 400) if rng.random() < 0.5 else None
    v_head = head if past is not None or rng.random() < 0.5 else number(1, 20)
    hidden, total = heads * head, length + (past or 0)
    width = 2 * hidden + heads * v_head
    forms = ["none", "keys", "queries"] + (["lengths", "ranges"] if past is None else [])
    inputs = [normal(batch, length, size), normal(size, width) / 4, maybe(normal(width)),
              mask_for(batch, length, total, forms),
              None if past is None else normal(2, batch, heads, past, head),
              maybe(normal(number(1, 3) == 1 and 1 or batch, heads, length, total), 0.3)]
    cases.add(f"ms_attention_{n}", "Attention", inputs, ["f4"] + ["f4"] * (past is not None),
              num_heads=heads, unidirectional=number(0, 2), scale=maybe(0.3, 0.3),
              qkv_hidden_sizes=None if v_head == head else [hidden, hidden, heads * v_head],
              mask_filter_value=maybe(-50.0, 0.3))


def multi_head_attention(cases, n):
    batch, length, heads, head, kv = (number(1, h) for h in (4, limits(n)[0], 5, 20, limits(n)[1]))
    form = str(rng.choice(["apart", "crossed", "packed_kv", "packed_qkv"]))
    v_head = number(1, 20) if form == "apart" and rng.random() < 0.5 else head
    past = number(1, 6) if form == "apart" and rng.random() < 0.4 else 0
    unidirectional = number(0, 2)
    if form == "packed_qkv" or unidirectional:
        kv = length
    hidden, total = heads * head, kv + past
    query, key, value = normal(batch, length, hidden), None, None
    if form == "apart":
        key, value = normal(batch, kv, hidden), normal(batch, kv, heads * v_head)
    elif form == "crossed":
        key, value = normal(batch, heads, kv, head), normal(batch, heads, kv, head)
    elif form == "packed_kv":
        key = normal(batch, kv, heads, 2, head)
    else:
        query = normal(batch, length, heads, 3, head)
    bias = maybe(normal(2 * hidden + heads * v_head)) if form in ("apart", "crossed") else None
    inputs = [query, key, value, bias,
              mask_for(batch, length, total, ["none", "keys", "queries", "lengths"]),
              maybe(normal(1 if rng.random() < 0.5 else batch, heads, length, total), 0.3),
              normal(batch, heads, past, head) if past else None,
              normal(batch, heads, past, v_head) if past else None]
    present = form == "apart" and (past or rng.random() < 0.5)
    outputs = ["f4"] + (["f4"] * (3 if rng.random() < 0.5 else 2) if present else [])
    cases.add(f"ms_multi_head_attention_{n}", "MultiHeadAttention", inputs, outputs,
              num_heads=heads, unidirectional=unidirectional, scale=maybe(0.3, 0.3),
              mask_filter_value=maybe(-50.0, 0.3))


def group_query_attention(cases, n):
    kv_heads, group = number(1, 4), number(1, 4)
    heads, head = kv_heads * group, 16 * number(1, 4)
    prompt = rng.random() < 0.4
    length = number(1, limits(n)[0]) if prompt or rng.random() < 0.4 else 1
    batch = 1 if not prompt and length > 1 else number(1, 4)
    past = 0 if prompt else number(1, limits(n)[1])
    total = past + length
    capacity = past + (number(0, 3) + length) * number(0, 2)  # sometimes a buffer with room
    lengths = np.full(batch, total - 1, "i4")
    if not prompt and length == 1 and batch > 1:
        lengths[1:] = rng.integers(length - 1, total, batch - 1)
    packed = rng.random() < 0.3
    rotary = number(0, 2)
    half = head // 2 // (2 if head % 32 == 0 and rng.random() < 0.3 else 1)
    kv = kv_heads * head
    inputs = [normal(batch, length, heads * head + (2 * kv if packed else 0)),
              None if packed else normal(batch, length, kv),
              None if packed else normal(batch, length, kv),
              normal(batch, kv_heads, capacity, head) if not prompt else None,
              normal(batch, kv_heads, capacity, head) if not prompt else None,
              lengths, np.array([total], "i4"),
              normal(total + 4, half) if rotary else None,
              normal(total + 4, half) if rotary else None, None,
              maybe(normal(1 if rng.random() < 0.5 else batch, heads, length, total), 0.3),
              maybe(normal(heads), 0.3)]
    if batch > 1 and not prompt and capacity == past:
        lengths[:] = total - 1
    cases.add(f"ms_group_query_attention_{n}", "GroupQueryAttention", inputs, ["f4"] * 3,
              known=[6] if n % 2 else [],  # whether the total length is known before the run
              num_heads=heads, kv_num_heads=kv_heads, do_rotary=rotary,
              rotary_interleaved=number(0, 2), scale=maybe(0.3, 0.3),
              local_window_size=maybe(number(1, limits(n)[0]), 0.4), softcap=maybe(5.0, 0.3),
              smooth_softmax=maybe(1, 0.3) if inputs[11] is None else None)


def rotary_embedding(cases, n):
    batch, length, heads = (number(1, h) for h in (4, 6, 4))
    head = 2 * number(1, 9)
    rank = number(3, 5)
    shape = (batch, length, heads * head) if rank == 3 else (batch, heads, length, head)
    one = rng.random() < 0.5
    positions = np.array([number(0, 4)]) if one else rng.integers(0, 10, (batch, length))
    cases.add(f"ms_rotary_embedding_{n}", "RotaryEmbedding",
              [normal(*shape), positions.astype("i8"), normal(12, head // 2),
               normal(12, head // 2)], ["f4"], interleaved=number(0, 2))


def skip_normalisation(cases, n):
    batch, length, size = (number(1, h) for h in (4, 6, 40))
    skip = [(batch, length, size), (1, length, size), (length, size)][number(0, 3)]
    inputs = [normal(batch, length, size), normal(*skip), normal(size)]
    everything = ["f4", None, None, "f4"] if rng.random() < 0.5 else ["f4"]
    cases.add(f"ms_skip_layer_normalization_{n}", "SkipLayerNormalization",
              inputs + [maybe(normal(size)), maybe(normal(size))], everything, epsilon=1e-5)
    cases.add(f"ms_skip_simplified_layer_normalization_{n}", "SkipSimplifiedLayerNormalization",
              inputs + [maybe(normal(size))], everything, epsilon=1e-5)
    plain = ("SimplifiedLayerNormalization", [inputs[0], inputs[2]])
    cases.add(f"simplified_layer_normalization_{n}", *plain, ["f4"], domain="", axis=-1,
              epsilon=1e-5)
    cases.add(f"ms_simplified_layer_normalization_{n}", *plain, ["f4"],
              oracle=(plain[0], "", plain[1]), axis=-1, epsilon=1e-5)


def embedding(cases, n):
    batch, length, size = (number(1, h) for h in (4, 6, 40))
    segments = rng.random() < 0.7
    positions = rng.integers(0, 9, (number(0, 2) * (batch - 1) + 1, length)).astype("i4")
    inputs = [rng.integers(0, 12, (batch, length)).astype("i4"),
              rng.integers(0, 2, (batch, length)).astype("i4") if segments else None,
              normal(12, size), normal(9, size), normal(2, size) if segments else None,
              normal(size), normal(size),
              maybe(np.sort(rng.integers(0, 2, (batch, length)))[:, ::-1].astype("i4")),
              maybe(positions)]
    outputs = ["f4", "i4"] if rng.random() < 0.5 else ["f4", "i4", "f4"]
    cases.add(f"ms_embed_layer_normalization_{n}", "EmbedLayerNormalization", inputs, outputs,
              epsilon=1e-5)


def main():
    cases = Cases(*sys.argv[1:3])
    for family, count in ((attention, 60), (multi_head_attention, 80),
                          (group_query_attention, 100), (rotary_embedding, 20),
                          (skip_normalisation, 12), (embedding, 20)):
        for n in range(count):
            family(cases, n)
    cases.report()


if __name__ == "__main__":
    main()
