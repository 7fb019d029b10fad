# SPDX-License-Identifier: MIT
"""MobileNetV2 and ResNet-50 as PyTorch's exporter writes them (normalisation folded into the
convolutions), and graphs that measure one thing: an LSTM, a chain of small nodes, a tiny MLP,
matrix products."""
import numpy as np

from graph_builder import Builder

# expansion, channels, repeats, first stride (table 2 of the MobileNetV2 paper)
MOBILENET_V2 = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                (6, 160, 3, 2), (6, 320, 1, 1)]
RESNET50 = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]  # width, blocks, stride


def classify(b, x, channels):
    flat = b.node("Flatten", b.node("GlobalAveragePool", x), axis=1)
    b.output(b.gemm(flat, channels, 1000), [1, 1000])
    return b.model()


def mobilenet_v2(name="mobilenetv2"):
    b = Builder(name, 13)

    def conv6(x, *args, **more):
        return b.node("Clip", b.conv(x, *args, **more), b.scalar(0), b.scalar(6))

    x, channels = conv6(b.input("pixels", [1, 3, 224, 224]), 3, 32, 3, 2), 32
    for expansion, width, repeats, first in MOBILENET_V2:
        for index in range(repeats):
            stride, inner, before = first if index == 0 else 1, channels * expansion, x
            if expansion > 1:
                x = conv6(x, channels, inner, 1)
            x = b.conv(conv6(x, inner, inner, 3, stride, groups=inner), inner, width, 1, gain=1.0)
            if stride == 1 and channels == width:
                x = b.node("Add", before, x)
            channels = width
    return classify(b, conv6(x, channels, 1280, 1), 1280)


def resnet50(name="resnet50-torch"):
    b = Builder(name, 13)

    def block(x, n_in, width, stride, first):
        y = b.node("Relu", b.conv(x, n_in, width, 1))
        y = b.node("Relu", b.conv(y, width, width, 3, stride))
        y = b.conv(y, width, width * 4, 1, gain=0.5)
        if first:
            x = b.conv(x, n_in, width * 4, 1, stride, gain=1.0)
        return b.node("Relu", b.node("Add", y, x))

    x = b.node("Relu", b.conv(b.input("pixels", [1, 3, 224, 224]), 3, 64, 7, 2))
    x = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for width, blocks, stride in RESNET50:
        for index in range(blocks):
            x = block(x, channels, width, stride if index == 0 else 1, index == 0)
            channels = width * 4
    return classify(b, x, channels)


def lstm(name="lstm", steps=100, width=256, hidden=512):
    """Two layers, batch 1: 0.73 GFLOP."""
    b = Builder(name, 14)
    x, n_in = b.input("x", [steps, 1, width]), width
    for _ in range(2):
        scale = 1 / np.sqrt(hidden)
        weights = [b.normal(1, 4 * hidden, n, scale=scale) for n in (n_in, hidden)]
        zero = b.constant(np.zeros((1, 1, hidden), np.float32))
        y = b.node("LSTM", x, *weights, b.normal(1, 8 * hidden, scale=scale), "", zero, zero,
                   outputs=3, hidden_size=hidden)[0]
        x, n_in = b.node("Squeeze", y, b.ints(1)), hidden
    b.output(x, [steps, 1, hidden])
    return b.model()


def chain(name="chain-1000", nodes=1000):
    b = Builder(name, 14)
    x = b.input("x", [1, 64])
    steps = [("Add", 0.5), ("Mul", 0.9), ("Relu", None), ("Sub", 0.25)]
    for index in range(nodes):
        op, number = steps[index % len(steps)]
        x = b.node(op, x) if number is None else b.node(op, x, b.scalar(number))
    b.output(x, [1, 64])
    return b.model()


def mlp(name="mlp-tiny", sizes=(16, 32, 32, 32, 4)):
    b = Builder(name, 14)
    x = b.input("x", [1, sizes[0]])
    for index, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
        x = b.gemm(x, n_in, n_out)
        if index < len(sizes) - 2:
            x = b.node("Relu", x)
    b.output(x, [1, sizes[-1]])
    return b.model()


def matmul(name, m, k, n, constant=True):
    b = Builder(name, 14)
    a = b.input("a", [m, k])
    other = b.normal(k, n, scale=k ** -0.5) if constant else b.input("b", [k, n])
    b.output(b.node("MatMul", a, other), [m, n])
    return b.model()
