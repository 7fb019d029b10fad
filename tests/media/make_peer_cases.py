#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes peer_cases.npz: what torchaudio 2.11 and torchvision 0.29 make of small sounds and
pictures, for media_test.py. Needs a Python with torch, torchaudio and torchvision.

    python3 tests/media/make_peer_cases.py
"""
import json
import pathlib

import numpy as np
import torch

torch.version.cuda = None  # torchaudio wants that of its own build
import torchaudio  # noqa: E402
import torchaudio.transforms as T  # noqa: E402
from PIL import Image  # noqa: E402
from torchvision.transforms import functional as F  # noqa: E402

WINDOWS = {"hann": torch.hann_window, "hamming": torch.hamming_window,
           "blackman": torch.blackman_window, "rectangular": torch.ones}
SPECTRA = [
    {}, {"n_fft": 64, "hop_length": 20}, {"n_fft": 65, "win_length": 50, "hop_length": 33},
    {"n_fft": 64, "power": 1.0, "window": "hamming"}, {"n_fft": 128, "window": "blackman"},
    {"n_fft": 50, "window": "rectangular", "normalized": True},
    {"n_fft": 64, "center": False}, {"n_fft": 64, "pad_mode": "constant"},
    {"n_fft": 64, "pad_mode": "replicate"}]
MELS = [{}, {"n_mels": 20}, {"n_fft": 256, "n_mels": 24, "f_min": 100.0, "f_max": 6000.0},
        {"n_fft": 256, "n_mels": 24, "mel_scale": "slaney", "norm": "slaney"},
        {"n_fft": 128, "n_mels": 10, "sample_rate": 8001}]
RATES = [(16000, 8000), (8000, 11025), (44100, 16000)]
RESIZED = [(20, None), (9, None), (30, 40), (17, 18)]
CROPS = [(10, 12), (11, 9), (40, 8), (8, 41), (40, 41), (23, 37)]


def keywords(case):
    return {k: (WINDOWS[v] if k == "window" else v) for k, v in case.items()}


def spectrum(case):
    case = keywords(case)
    return T.Spectrogram(window_fn=case.pop("window", torch.hann_window), **case)


def main():
    torch.manual_seed(0)
    x = torch.randn(2, 700) * 0.3
    cases, arrays = [], {"sound": x.numpy()}

    def add(kind, case, result):
        arrays[str(len(cases))] = np.ascontiguousarray(result)
        cases.append([kind, case])

    for case in SPECTRA:
        add("spectrogram", case, spectrum(case)(x).numpy())
    for case in MELS:
        add("mel", case, T.MelSpectrogram(**case)(x).numpy())
    mels = T.MelSpectrogram(n_mels=16)(x)
    arrays["mels"] = mels.numpy()
    add("decibels", {"stype": "power", "top_db": 30.0}, T.AmplitudeToDB("power", 30.0)(mels).numpy())
    add("decibels", {"stype": "magnitude"}, T.AmplitudeToDB("magnitude")(mels).numpy())
    add("mfcc", {"n_mfcc": 13, "n_mels": 23}, T.MFCC(n_mfcc=13, melkwargs={"n_mels": 23})(x).numpy())
    for before, after in RATES:  # in float64: in float32, the filter has errors of 2e-5
        add("resample", {"from": before, "to": after},
            torchaudio.functional.resample(x.double(), before, after).float().numpy())
    pixels = (np.random.default_rng(3).random((23, 37, 3)) * 255).astype(np.uint8)
    arrays["picture"] = pixels
    image = Image.fromarray(pixels)
    for side, most in RESIZED:
        add("resize", {"side": side, "most": most}, np.asarray(F.resize(image, side, max_size=most)))
    for height, width in CROPS:
        add("crop", {"height": height, "width": width},
            np.asarray(F.center_crop(image, [height, width])))
    add("pad", {"padding": [1, 2, 3, 4], "fill": 9}, np.asarray(F.pad(image, [1, 2, 3, 4], fill=9)))
    arrays["cases"] = np.array(json.dumps(cases))
    path = pathlib.Path(__file__).with_name("peer_cases.npz")
    np.savez_compressed(path, **arrays)
    print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")


main()
