#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes cases of RNN, GRU, LSTM and DynamicQuantizeLSTM with random options, expected outputs from
onnxruntime (for DynamicQuantizeLSTM from its LSTM on the decoded weights: its own kernel adds an
error by quantising inputs and states too):

    python3 tests/ops/make_rnn_cases.py OUTDIR [part of a case's name]
    lampwick test OUTDIR/*
"""
import sys

import numpy as np
from onnxruntime_cases import Cases

FUNCTIONS = ["Relu", "Tanh", "Sigmoid", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh",
             "HardSigmoid", "Elu", "Softsign", "Softplus"]
CELLS = {"RNN": (1, 1), "GRU": (3, 2), "LSTM": (4, 3)}  # gates, functions
rng = np.random.default_rng(11)


def normal(*shape):
    return (rng.normal(size=shape) * 0.5).astype("f4")


def maybe(x, chance=0.5):
    return x if rng.random() < chance else None


def options(cell, directions):
    functions = CELLS[cell][1]
    attributes = {"clip": maybe(0.7, 0.2)}
    if rng.random() < 0.4:
        count = functions * directions
        attributes |= {"activations": [str(f) for f in rng.choice(FUNCTIONS, count)],
                       "activation_alpha": [float(a) for a in rng.uniform(0.1, 0.9, count)],
                       "activation_beta": [float(b) for b in rng.uniform(0.1, 0.9, count)]}
    if cell == "GRU":
        attributes["linear_before_reset"] = int(rng.integers(2))
    return attributes


def recurrent(cases, cell, number):
    gates = CELLS[cell][0]
    direction = str(rng.choice(["forward", "reverse", "bidirectional"]))
    d = 2 if direction == "bidirectional" else 1
    steps, batch, size, hidden = (int(n) for n in rng.integers(1, (7, 5, 20, 40)))
    if number % 10 == 9:  # threads share the units of each step
        direction, d, batch, hidden = str(rng.choice(["forward", "reverse"])), 1, 1, 512
    inputs = [normal(steps, batch, size), normal(d, gates * hidden, size),
              normal(d, gates * hidden, hidden) / max(1, hidden / 24), maybe(normal(d, 2 * gates * hidden)),
              maybe(rng.integers(1, steps + 1, batch).astype("i4")),
              maybe(normal(d, batch, hidden))]
    if cell == "LSTM":
        inputs += [maybe(normal(d, batch, hidden)), maybe(normal(d, 3 * hidden))]
    outputs = ["f4"] * (3 if cell == "LSTM" else 2)
    cases.add(f"{cell.lower()}_{number}", cell, inputs, outputs, domain="", direction=direction,
              hidden_size=hidden, **options(cell, d))


def codes(dtype, *shape):
    low, high = (-128, 128) if dtype == "i1" else (0, 256)
    return rng.integers(low, high, shape).astype(dtype)


def decoded(weights, scale, zero):
    """What the codes stand for, as LSTM wants it."""
    if scale.ndim == 1:
        scale, zero = scale[:, None], zero[:, None]
    numbers = (weights.astype("f4") - zero[:, None].astype("f4")) * scale[:, None]
    return np.ascontiguousarray(numbers.transpose(0, 2, 1))


def quantised_lstm(cases, number):
    direction = str(rng.choice(["forward", "reverse", "bidirectional"]))
    d = 2 if direction == "bidirectional" else 1
    steps, batch, size, hidden = (int(n) for n in rng.integers(1, (7, 4, 20, 30)))
    dtype = str(rng.choice(["i1", "u1"]))
    scales = (d, 4 * hidden) if rng.random() < 0.5 else (d,)
    middle = np.full(scales, 0 if dtype == "i1" else 128, dtype)
    if number % 10 == 9:  # threads share the units of each step
        direction, d, batch, hidden, scales = "forward", 1, 1, 512, (1,)
        middle = np.full(scales, 0 if dtype == "i1" else 128, dtype)
    if len(scales) == 1 and number % 2 == 0:
        middle = middle + codes(dtype, *scales) % 5
    scale = [rng.uniform(0.002, 0.01, scales).astype("f4") for _ in range(2)]
    inputs = [normal(steps, batch, size), codes(dtype, d, size, 4 * hidden),
              codes(dtype, d, hidden, 4 * hidden), maybe(normal(d, 8 * hidden)),
              maybe(rng.integers(1, steps + 1, batch).astype("i4")),
              maybe(normal(d, batch, hidden)), maybe(normal(d, batch, hidden)),
              maybe(normal(d, 3 * hidden)), scale[0], middle.astype(dtype), scale[1],
              middle.astype(dtype)]
    cases.add(f"dynamic_quantize_lstm_{number}", "DynamicQuantizeLSTM", inputs, ["f4"] * 3,
              oracle=("LSTM", "", [inputs[0], decoded(inputs[1], *inputs[8:10]),
                                   decoded(inputs[2], *inputs[10:12]), *inputs[3:8]]),
              direction=direction, hidden_size=hidden, **options("LSTM", d))


def main():
    cases = Cases(*sys.argv[1:3])
    for cell in CELLS:
        for number in range(40):
            recurrent(cases, cell, number)
    for number in range(30):
        quantised_lstm(cases, number)
    cases.report()


if __name__ == "__main__":
    main()
