#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the demo: a small convolutional network that reads handwritten digits of 8 x 8 pixels
(scikit-learn's copy of the UCI "Optical Recognition of Handwritten Digits" test set, CC BY 4.0).

    pip install numpy scikit-learn pillow onnx
    python3 scripts/train_digits.py demo

Writes digits.onnx, labels.txt and pictures of held-out digits. Each training picture is also seen
shifted, blurred and enlarged and reduced again, so that a picture may be resized in any way.
Everything is plain numpy: gradients are written out by hand. The same seed gives the same network.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

NAMES = "zero one two three four five six seven eight nine".split()
SIZE, ENLARGED = 8, 96
rng = np.random.default_rng(0)


# -------------------------------------------------------------------- pictures

def picture(pixels):
    """What the demo shows: 8 x 8 numbers in 0..1, enlarged."""
    small = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
    return small.resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC)


def reduced(image, how):
    return np.asarray(image.resize((SIZE, SIZE), how), np.float32) / 255


def views(pixels):
    """The picture as it may reach the network, in a row: exact, and resized in five ways."""
    image = picture(pixels)
    ways = [Image.Resampling.NEAREST, Image.Resampling.BOX, Image.Resampling.BILINEAR,
            Image.Resampling.BICUBIC]
    sampled = np.asarray(image, np.float32)[ENLARGED // SIZE // 2::ENLARGED // SIZE,
                                            ENLARGED // SIZE // 2::ENLARGED // SIZE] / 255
    return np.stack([pixels.astype(np.float32), sampled] + [reduced(image, w) for w in ways])


def shifted(x):
    """Each picture moved by up to one pixel, brighter or darker."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    rows, columns = rng.integers(0, 3, (2, len(x)))
    moved = np.stack([p[:, r:r + SIZE, c:c + SIZE] for p, r, c in zip(padded, rows, columns)])
    return np.clip(moved * rng.uniform(0.8, 1.15, (len(x), 1, 1, 1)), 0, 1).astype(np.float32)


# --------------------------------------------------------------------- network

def init():
    def weight(*shape):
        return (rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)
    return {"conv1.weight": weight(16, 1, 3, 3), "conv1.bias": np.zeros(16, np.float32),
            "conv2.weight": weight(32, 16, 3, 3), "conv2.bias": np.zeros(32, np.float32),
            "dense.weight": weight(10, 32 * 4 * 4), "dense.bias": np.zeros(10, np.float32)}


def patches(x):
    """[n, c, h, w] to [n, h, w, c * 9]: what a 3 x 3 convolution with padding sees."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(len(x), *x.shape[2:], -1)


def conv(x, weight, bias):
    seen = patches(x)
    return (seen @ weight.reshape(len(weight), -1).T + bias).transpose(0, 3, 1, 2), seen


def conv_gradients(dy, seen, weight):
    dy = dy.transpose(0, 2, 3, 1)
    dw = np.tensordot(dy, seen, ((0, 1, 2), (0, 1, 2))).reshape(weight.shape)
    turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dx, _ = conv(dy.transpose(0, 3, 1, 2), turned, 0)
    return dx, dw, dy.sum((0, 1, 2))


def forward(p, x):
    a, seen1 = conv(x, p["conv1.weight"], p["conv1.bias"])
    b, seen2 = conv(np.maximum(a, 0), p["conv2.weight"], p["conv2.bias"])
    b = np.maximum(b, 0)
    n, channels, h, w = b.shape
    quads = b.reshape(n, channels, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    quads = quads.reshape(n, channels, h // 2, w // 2, 4)
    pooled = quads.max(-1)
    scores = pooled.reshape(n, -1) @ p["dense.weight"].T + p["dense.bias"]
    return scores, (a, seen1, b, seen2, quads, pooled)


def gradients(p, x, labels):
    scores, (a, seen1, b, seen2, quads, pooled) = forward(p, x)
    e = np.exp(scores - scores.max(1, keepdims=True))
    ds = e / e.sum(1, keepdims=True)
    ds[np.arange(len(x)), labels] -= 1
    ds /= len(x)
    g = {"dense.weight": ds.T @ pooled.reshape(len(x), -1), "dense.bias": ds.sum(0)}
    dpooled = (ds @ p["dense.weight"]).reshape(pooled.shape)
    dquads = dpooled[..., None] * (np.arange(4) == quads.argmax(-1)[..., None])
    n, channels, h, w, _ = quads.shape
    db = dquads.reshape(n, channels, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(b.shape)
    da, g["conv2.weight"], g["conv2.bias"] = conv_gradients(db * (b > 0), seen2, p["conv2.weight"])
    _, g["conv1.weight"], g["conv1.bias"] = conv_gradients(da * (a > 0), seen1, p["conv1.weight"])
    return g


def train(x, labels, epochs=40, batch=64):
    """x: [n, views, 8, 8]. Adam (Kingma, Ba 2015, arXiv 1412.6980), with a falling rate."""
    p = init()
    first = {k: np.zeros_like(v) for k, v in p.items()}
    second = {k: np.zeros_like(v) for k, v in p.items()}
    step, steps = 0, epochs * (len(x) // batch)
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - batch + 1, batch):
            rows = order[start:start + batch]
            view = x[rows, rng.integers(0, x.shape[1], batch)][:, None]
            step += 1
            rate = 0.003 * (1 - step / (steps + 1))
            for k, g in gradients(p, shifted(view), labels[rows]).items():
                first[k] += 0.1 * (g - first[k])
                second[k] += 0.001 * (g * g - second[k])
                p[k] -= rate * (first[k] / (1 - 0.9 ** step) /
                                (np.sqrt(second[k] / (1 - 0.999 ** step)) + 1e-8) + 1e-4 * p[k])
    return {k: v.astype(np.float32) for k, v in p.items()}


def accuracy(p, x, labels):
    return float((forward(p, x[:, None])[0].argmax(1) == labels).mean())


# ----------------------------------------------------------------------- files

def make_model(p, held_out):
    nodes = [
        helper.make_node("Conv", ["image", "conv1.weight", "conv1.bias"], ["conv1"], "conv1", pads=[1] * 4),
        helper.make_node("Relu", ["conv1"], ["relu1"], "relu1"),
        helper.make_node("Conv", ["relu1", "conv2.weight", "conv2.bias"], ["conv2"], "conv2", pads=[1] * 4),
        helper.make_node("Relu", ["conv2"], ["relu2"], "relu2"),
        helper.make_node("MaxPool", ["relu2"], ["pool"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["flat"], "flatten"),
        helper.make_node("Gemm", ["flat", "dense.weight", "dense.bias"], ["scores"], "dense", transB=1),
        helper.make_node("Softmax", ["scores"], ["probabilities"], "softmax"),
    ]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIZE, SIZE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(v, k) for k, v in p.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                              producer_name="lampwick scripts/train_digits.py",
                              doc_string="Handwritten digits: bright strokes on black, in 0..1.")
    helper.set_model_props(model, {"held_out_accuracy": f"{held_out:.4f}"})
    onnx.checker.check_model(model, full_check=True)
    return model


def save_pictures(folder, p, pixels, labels):
    """The first held-out digit of each of eight kinds that is read rightly in every view."""
    for digit in (0, 1, 2, 3, 5, 6, 7, 8):
        for i in np.flatnonzero(labels == digit):
            seen = views(pixels[i])
            scores, _ = forward(p, seen[:, None])
            if (scores.argmax(1) == digit).all() and np.ptp(np.sort(scores, 1)[:, -2:], 1).min() > 4:
                picture(pixels[i]).save(folder / f"{NAMES[digit]}.png", optimize=True)
                break
        else:
            sys.exit(f"no picture of a {digit} is read rightly")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    pixels, labels = digits.images / 16, digits.target
    train_rows, test_rows = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=0,
                                             stratify=labels)
    x = np.stack([views(image) for image in pixels])
    p = train(x[train_rows], labels[train_rows])
    held_out = accuracy(p, x[test_rows, 0], labels[test_rows])
    print(f"held-out accuracy {held_out:.4f} on {len(test_rows)} pictures")
    for i in range(1, x.shape[1]):
        print(f"  resized in way {i}: {accuracy(p, x[test_rows, i], labels[test_rows]):.4f}")
    if held_out < 0.97:
        sys.exit("that is too low: nothing was written")
    (folder / "digits.onnx").write_bytes(make_model(p, held_out).SerializeToString())
    (folder / "labels.txt").write_text("\n".join(NAMES) + "\n")
    save_pictures(folder, p, pixels[test_rows], labels[test_rows])


if __name__ == "__main__":
    main()
