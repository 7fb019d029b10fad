#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures and sounds as inputs of `lampwick run`, against Pillow and numpy: an Identity network
gives back what it was fed.

    python3 tests/cli/picture_test.py build/lampwick
"""
import pathlib
import subprocess
import sys
import tempfile
import wave

import numpy as np
import onnx
from onnx import helper
from PIL import Image

BINARY = str(pathlib.Path(sys.argv[1]).resolve())
checks, failures = 0, []
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def make_model(folder, dtype, shape):
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", kind, shape)],
                              [helper.make_tensor_value_info("y", kind, None)])
    onnx.save(helper.make_model(graph, ir_version=10,
                                opset_imports=[helper.make_opsetid("", 21)]),
              folder / "model.onnx")


def compare(name, folder, source, options, dtype, shape, expected):
    global checks
    checks += 1
    make_model(folder, dtype, shape)
    done = subprocess.run([BINARY, "run", folder / "model.onnx", "-i", folder / source, "-o",
                           folder / "y.npy", *options], capture_output=True, text=True)
    if done.returncode:
        failures.append(f"{name}: {done.stderr}")
        return
    mine, expected = np.load(folder / "y.npy"), np.asarray(expected).astype(dtype)
    if mine.shape != expected.shape or mine.dtype != expected.dtype:
        failures.append(f"{name}: {mine.dtype}{mine.shape}, expected "
                        f"{expected.dtype}{expected.shape}")
    elif not np.array_equal(mine, expected):
        failures.append(f"{name}: {np.abs(mine.astype(float) - expected).max()} away")


def nchw(pixels):
    pixels = np.asarray(pixels)
    return pixels[None, None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)[None]


def center(image, width, height):
    """As torchvision's CenterCrop."""
    left, top = round((image.width - width) / 2), round((image.height - height) / 2)
    return image.crop((left, top, left + width, top + height))


def test_pictures(folder):
    r = np.random.default_rng(1)
    image = Image.fromarray(r.integers(0, 256, (50, 70, 3), np.uint8))
    image.save(folder / "a.png")
    grey, small = image.convert("L"), image.resize((30, 20), Image.Resampling.BILINEAR)
    unit = 1 / 255
    f32 = np.float32
    compare("to the input's size", folder, "a.png", [], f32, [1, 3, 20, 30], nchw(small) * unit)
    compare("open sizes", folder, "a.png", [], f32, ["n", 3, "h", "w"], nchw(image) * unit)
    compare("channels last", folder, "a.png", [], f32, [1, 20, 30, 3],
            np.asarray(small)[None] * unit)
    compare("bytes", folder, "a.png", [], np.uint8, [1, 3, 20, 30], nchw(small))
    compare("no batch", folder, "a.png", [], f32, [3, 20, 30], nchw(small)[0] * unit)
    compare("grey", folder, "a.png", [], f32, [1, 1, 50, 70], nchw(grey) * unit)
    compare("plane", folder, "a.png", ["--scale", "1"], f32, [50, 70], np.asarray(grey))
    compare("half", folder, "a.png", [], np.float16, [1, 3, 20, 30],
            (nchw(small) * unit).astype(f32))
    compare("bgr", folder, "a.png", ["--bgr", "--scale", "1"], f32, [1, 3, 20, 30],
            nchw(small)[:, ::-1])
    for name in ("nearest", "bicubic"):
        method = Image.Resampling[name.upper()]
        compare(name, folder, "a.png", ["--filter", name], f32, [1, 3, 20, 30],
                nchw(image.resize((30, 20), method)) * unit)
    shortest = image.resize((int(32 * 70 / 50), 32), Image.Resampling.BILINEAR)
    middle = center(shortest, 24, 24)
    normal = ((np.asarray(middle) * unit - MEAN) / STD).transpose(2, 0, 1)[None]
    compare("as ImageNet", folder, "a.png",
            ["--resize", "32", "--crop", "24", "--mean", ",".join(map(str, MEAN)), "--std",
             ",".join(map(str, STD))], f32, [1, 3, 24, 24], normal)
    compare("crop follows the input", folder, "a.png", ["--resize", "32"], f32, [1, 3, 24, 24],
            nchw(middle) * unit)
    compare("file for a decoder", folder, "a.png", [], np.uint8, ["n"],
            np.frombuffer((folder / "a.png").read_bytes(), np.uint8))


def test_sounds(folder):
    r = np.random.default_rng(2)
    frames = r.integers(-30000, 30000, (500, 2)).astype(np.int16)
    with wave.open(str(folder / "a.wav"), "wb") as f:
        f.setparams((2, 2, 16000, 0, "NONE", ""))
        f.writeframes(frames.tobytes())
    both = frames.T.astype(np.float32) / 32768
    mono = both.astype(np.float64).mean(0).astype(np.float32)
    compare("mono", folder, "a.wav", [], np.float32, ["n"], mono)
    compare("batch", folder, "a.wav", [], np.float32, ["b", "n"], mono[None])
    compare("both channels", folder, "a.wav", [], np.float32, [1, 2, "n"], both[None])
    compare("cut", folder, "a.wav", [], np.float32, [1, 100], mono[None, :100])
    compare("filled", folder, "a.wav", [], np.float32, [1, 700],
            np.pad(mono, (0, 200))[None])
    compare("integers", folder, "a.wav", [], np.int16, ["n"], np.rint(mono * 32768))


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_pictures(pathlib.Path(folder))
        test_sounds(pathlib.Path(folder))
    for failure in failures:
        print("not ok -", failure)
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures))


main()
