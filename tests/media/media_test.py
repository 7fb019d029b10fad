#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares liblampwick-media with Pillow, numpy and the wave module on files made here: decoded
pictures, resizing and arrays must be equal to the last bit, JPEG and WebP too; and with what
torchvision and torchaudio gave (peer_cases.npz, written by make_peer_cases.py).

    python3 tests/media/media_test.py build/src/media/liblampwick-media.so
"""
import ctypes as c
import io
import json
import pathlib
import random
import struct
import sys
import tempfile
import wave

import numpy as np
from PIL import Image, ImageOps

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
from lampwick import DTYPES, Error, Library, P, STRING  # noqa: E402

FILTERS = {0: Image.Resampling.NEAREST, 1: Image.Resampling.BILINEAR, 2: Image.Resampling.BICUBIC,
           3: Image.Resampling.BOX, 4: Image.Resampling.HAMMING, 5: Image.Resampling.LANCZOS}
WINDOWS = {"hann": 0, "hamming": 1, "blackman": 2, "rectangular": 3}
EDGES = {"reflect": 0, "constant": 1, "replicate": 2}
failures, checks = [], 0


class ImageOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("max_pixels", c.c_uint64), ("channels", c.c_int),
                ("keep_rotation", c.c_bool)]


class TensorOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("nhwc", c.c_bool), ("bgr", c.c_bool),
                ("scale", c.c_double), ("mean", c.c_double * 4), ("std", c.c_double * 4)]


class SpectrumOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("n_fft", c.c_int), ("win_length", c.c_int),
                ("hop_length", c.c_int), ("window", c.c_int), ("power", c.c_double),
                ("normalized", c.c_bool), ("not_centered", c.c_bool), ("edge", c.c_int),
                ("sample_rate", c.c_int), ("n_mels", c.c_int), ("f_min", c.c_double),
                ("f_max", c.c_double), ("slaney_scale", c.c_bool), ("slaney_norm", c.c_bool)]


class Letterbox(c.Structure):
    _fields_ = [("scale", c.c_double), ("top", c.c_int64), ("left", c.c_int64),
                ("height", c.c_int64), ("width", c.c_int64)]


class Media:
    """The functions of lampwick/media.h on numpy arrays."""

    def __init__(self, path):
        self.lib, self.c = Library(path), c.CDLL(path)
        self.c.lw_media_npz_name.restype = c.c_char_p
        self.c.lw_media_npz_count.restype = c.c_size_t

    def call(self, name, *arguments):
        """Calls a function whose last argument receives a value; returns it as an array."""
        value = P()
        self.lib.check(getattr(self.c, name)(*arguments, c.byref(value)))
        array = self.lib.array(value)
        array = array.copy()
        self.lib.c.lw_value_free(value)
        return array

    def image(self, data, channels=0, max_pixels=0, keep_rotation=False):
        options = ImageOptions(c.sizeof(ImageOptions), max_pixels, channels, keep_rotation)
        return self.call("lw_media_image_load_memory", data, c.c_size_t(len(data)),
                         c.byref(options))

    def with_value(self, name, array, *arguments):
        value = self.lib.value(np.ascontiguousarray(array))
        try:
            return self.call(name, value, *arguments)
        finally:
            self.lib.c.lw_value_free(value)

    def npz(self, path):
        npz = P()
        self.lib.check(self.c.lw_media_npz_open(str(path).encode(), c.byref(npz)))
        try:
            names = [self.c.lw_media_npz_name(npz, c.c_size_t(i)).decode()
                     for i in range(self.c.lw_media_npz_count(npz))]
            return {n: self.call("lw_media_npz_load", npz, c.c_size_t(i))
                    for i, n in enumerate(names)}
        finally:
            self.c.lw_media_npz_close(npz)


def check(name, mine, theirs):
    global checks
    checks += 1
    theirs = np.asarray(theirs)
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        failures.append(f"{name}: {mine.dtype}{mine.shape}, expected {theirs.dtype}{theirs.shape}")
    elif not np.array_equal(mine, theirs, equal_nan=theirs.dtype.kind in "fc"):
        where = np.argwhere(mine != theirs)[0]
        failures.append(f"{name}: {mine[tuple(where)]} at {where.tolist()}, "
                        f"expected {theirs[tuple(where)]}")


def refused(name, function, *arguments):
    global checks
    checks += 1
    try:
        function(*arguments)
        failures.append(f"{name}: was not refused")
    except Error as error:
        if not str(error):
            failures.append(f"{name}: no sentence")


def photo(width, height, seed):
    """Smooth shapes with noise."""
    r = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (3 + 5 * k) + y / (4 + 3 * k)) for k in range(3)]
    pixels = np.stack(waves, 2) * 90 + 128 + r.normal(0, 12, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encoded(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def pictures():
    image = photo(37, 23, 1)
    grey, palette = image.convert("L"), image.convert("P", palette=Image.Palette.ADAPTIVE)
    bits, clear = image.convert("1"), image.copy()
    clear.putalpha(grey)
    yield "png rgb", encoded(image, "PNG")
    yield "png grey", encoded(grey, "PNG")
    yield "png palette", encoded(palette, "PNG")
    yield "png 4 bits", encoded(image.convert("P", palette=Image.Palette.ADAPTIVE, colors=13), "PNG")
    yield "png alpha", encoded(clear, "PNG")
    yield "png grey alpha", encoded(clear.convert("LA"), "PNG")
    yield "png bits", encoded(bits, "PNG")
    for kind in (image, grey):
        for options in ({}, {"quality": 30}, {"progressive": True}, {"subsampling": 0},
                        {"subsampling": 1}, {"subsampling": 2, "optimize": True}):
            yield f"jpeg {kind.mode} {options}", encoded(kind, "JPEG", **options)
    yield "jpeg cmyk", encoded(image.convert("CMYK"), "JPEG")
    yield "webp lossy", encoded(image, "WEBP")
    yield "webp lossless", encoded(image, "WEBP", lossless=True)
    yield "webp alpha", encoded(clear, "WEBP", lossless=True, exact=True)
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"tiff {compression}", encoded(image, "TIFF", compression=compression)
    yield "tiff palette", encoded(palette, "TIFF")
    yield "jpeg 2000", encoded(image, "JPEG2000")
    yield "jpeg 2000 grey", encoded(grey, "JPEG2000")
    for kind in (image, grey, palette, bits, clear):
        yield f"bmp {kind.mode}", encoded(kind, "BMP")
    yield "ppm", encoded(image, "PPM")
    yield "pgm", encoded(grey, "PPM")
    yield "pbm", encoded(bits, "PPM")
    yield "ppm text", b"P3 # comment\n2 1\n255\n1 2 3 250 251 252\n"
    yield "pgm text", b"P2\n3 1\n255\n7 8 9"
    yield "pbm text", b"P1\n4 2\n0110\n1 0 0 1\n"


def test_decoding(media):
    for name, data in pictures():
        image = Image.open(io.BytesIO(data))
        check(f"{name} as RGB", media.image(data, 3), np.asarray(image.convert("RGB")))
        if image.mode in ("L", "RGB", "1"):
            check(f"{name} as grey", media.image(data, 1),
                  np.asarray(image.convert("L"))[:, :, None])
        refused(f"{name}, too large", media.image, data, 0, 1)
        for cut in (3, len(data) // 2):  # never a crash; some formats forgive a missing end
            try:
                media.image(data[:cut])
            except Error:
                pass


def test_damage(media):
    dice = random.Random(5)
    for name, data in pictures():
        for _ in range(60):
            hurt = bytearray(data)
            for _ in range(dice.randint(1, 6)):
                hurt[dice.randrange(len(hurt))] = dice.randrange(256)
            try:
                media.image(bytes(hurt), max_pixels=1 << 20)
            except Error:
                pass


def test_orientation(media):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for kind in ("JPEG", "PNG", "WEBP"):
            data = encoded(photo(19, 11, 3), kind, exif=exif)
            image = Image.open(io.BytesIO(data))
            check(f"{kind} orientation {orientation}", media.image(data, 3),
                  np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
            check(f"{kind} kept as it is", media.image(data, 3, keep_rotation=True),
                  np.asarray(image.convert("RGB")))


def test_resize(media):
    dice = random.Random(1)
    for _ in range(60):
        image = photo(dice.randint(1, 90), dice.randint(1, 90), dice.randrange(1000))
        width, height = dice.randint(1, 120), dice.randint(1, 120)
        for mode in ("RGB", "L"):
            pixels = np.asarray(image.convert(mode))
            for code, method in FILTERS.items():
                mine = media.with_value("lw_media_image_resize",
                                        pixels.reshape(*pixels.shape[:2], -1),
                                        c.c_int64(height), c.c_int64(width), c.c_int(code))
                theirs = np.asarray(image.convert(mode).resize((width, height), method))
                check(f"resize {image.size} to {(width, height)} {method.name} {mode}", mine,
                      theirs.reshape(height, width, -1))


def test_tensor(media):
    pixels = np.asarray(photo(7, 5, 2))
    crop = media.with_value("lw_media_image_crop", pixels, c.c_int64(1), c.c_int64(2),
                            c.c_int64(3), c.c_int64(4))
    check("crop", crop, pixels[1:4, 2:6])
    refused("crop outside", media.with_value, "lw_media_image_crop", pixels, c.c_int64(3),
            c.c_int64(0), c.c_int64(3), c.c_int64(4))
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    for nhwc in (False, True):
        for bgr in (False, True):
            options = TensorOptions(c.sizeof(TensorOptions), nhwc, bgr, 1 / 255,
                                    (c.c_double * 4)(*mean), (c.c_double * 4)(*std))
            mine = media.with_value("lw_media_image_tensor", pixels, c.byref(options))
            theirs = (pixels[:, :, ::-1] if bgr else pixels) * (1 / 255)
            theirs = ((theirs - mean) / std).astype(np.float32)[None]
            check(f"tensor nhwc={nhwc} bgr={bgr}", mine,
                  theirs if nhwc else np.ascontiguousarray(theirs.transpose(0, 3, 1, 2)))


def arrays():
    r = np.random.default_rng(4)
    for dtype in (t for code, t in DTYPES.items() if code != 16):
        a = (r.normal(0, 50, (3, 4, 5)).astype(dtype) if np.dtype(dtype).kind in "fc"
             else r.integers(0, 100, (3, 4, 5)).astype(dtype))
        yield a
        yield np.asfortranarray(a)
        yield a.astype(np.dtype(dtype).newbyteorder(">"))
    yield np.array(3.5)
    yield np.zeros((0, 7), np.int64)
    yield np.array(["", "a", "gruene Wiese", "grüne Wiese", "日本", "\U0001f600x"])
    yield np.array(["grüne", "日本"]).astype(">U9")


def test_arrays(media, folder):
    everything = {}
    for i, a in enumerate(arrays()):
        path = folder / f"{i}.npy"
        np.save(path, a)
        native = a.astype(object if a.dtype.kind == "U" else a.dtype.newbyteorder("="))
        mine = media.call("lw_media_npy_load", str(path).encode())
        check(f"npy {a.dtype.str} {a.shape}", mine, native)
        everything[f"array {i}"] = a
        if a.dtype.kind == "U":
            continue
        value, again = media.lib.value(np.array(native, order="C")), folder / "again.npy"
        media.lib.check(media.c.lw_media_npy_save(str(again).encode(), value))
        media.lib.c.lw_value_free(value)
        check(f"saved {a.dtype.str}", np.load(again), np.asarray(native))
    for name, save in (("stored", np.savez), ("deflated", np.savez_compressed)):
        save(folder / f"{name}.npz", **everything)
        found = media.npz(folder / f"{name}.npz")
        for key, a in everything.items():
            native = a.astype(object if a.dtype.kind == "U" else a.dtype.newbyteorder("="))
            check(f"npz {name} {key}", found[key], native)
    np.save(folder / "object.npy", np.array([{}], object))
    refused("object.npy", media.call, "lw_media_npy_load", str(folder / "object.npy").encode())
    test_damaged_arrays(media, folder)


def test_damaged_arrays(media, folder):
    dice, path = random.Random(6), folder / "hurt"
    for name in ("3.npy", "deflated.npz", "stored.npz"):
        data = (folder / name).read_bytes()
        for _ in range(150):
            hurt = bytearray(data[:dice.choice((len(data), dice.randrange(len(data))))])
            for _ in range(dice.randint(1, 4) if hurt else 0):
                near_end = dice.randrange(max(0, len(hurt) - 3000), len(hurt))
                hurt[dice.choice((near_end, dice.randrange(len(hurt))))] = dice.randrange(256)
            path.write_bytes(hurt)
            try:
                if name.endswith("npz"):
                    media.npz(path)
                else:
                    media.call("lw_media_npy_load", str(path).encode())
            except Error:
                pass
            except UnicodeDecodeError:  # the name of a member, which is any bytes
                pass


def sound(media, path):
    rate = c.c_int()
    value = P()
    media.lib.check(media.c.lw_media_audio_load(str(path).encode(), c.byref(value),
                                                c.byref(rate)))
    array = media.lib.array(value).copy()
    media.lib.c.lw_value_free(value)
    return array, rate.value


def test_sound(media, folder):
    r = np.random.default_rng(8)
    path = folder / "a.wav"
    for width, channels in ((1, 1), (2, 2), (3, 1), (4, 3)):
        raw = r.integers(0, 256, 50 * width * channels).astype(np.uint8).tobytes()
        with wave.open(str(path), "wb") as f:
            f.setparams((channels, width, 8000, 0, "NONE", ""))
            f.writeframes(raw)
        mine, rate = sound(media, path)
        if width == 1:
            theirs = (np.frombuffer(raw, np.uint8).astype(np.float64) - 128) / 128
        else:
            wide = np.zeros((50 * channels, 4), np.uint8)
            wide[:, 4 - width:] = np.frombuffer(raw, np.uint8).reshape(-1, width)
            theirs = wide.view("<i4")[:, 0] / 2.0**31
        check(f"wav {8 * width} bits", mine, theirs.reshape(50, channels).T.astype(np.float32))
        check("rate", np.array(rate), 8000)
    samples = r.normal(0, 1, 30).astype(np.float32)
    body = struct.pack("<HHIIHH", 3, 1, 44100, 4 * 44100, 4, 32)
    path.write_bytes(b"RIFF" + struct.pack("<I", 28 + 8 + 120) + b"WAVEfmt " +
                     struct.pack("<I", 16) + body + b"data" + struct.pack("<I", 120) +
                     samples.tobytes())
    check("wav float", sound(media, path)[0], samples[None])
    both = r.normal(0, 1, (2, 9)).astype(np.float32)
    check("mono", media.with_value("lw_media_audio_mono", both),
          both.astype(np.float64).mean(0, keepdims=True).astype(np.float32))


def test_resample(media):
    """A tone keeps its pitch and height; one above half the new rate goes away."""
    for before, after in ((44100, 16000), (8000, 16000), (48000, 44100), (16000, 8000)):
        t = np.arange(before) / before
        mine = media.with_value("lw_media_audio_resample", np.sin(2 * np.pi * 440 * t)[None]
                                .astype(np.float32), c.c_int(before), c.c_int(after))
        theirs = np.sin(2 * np.pi * 440 * np.arange(after) / after)
        inside = slice(after // 10, -(after // 10))
        worst = np.abs(mine[0] - theirs)[inside].max() if mine.shape == (1, after) else np.inf
        check(f"resample {before} to {after}: error {worst:.1e}", np.array(worst < 2e-3),
              np.array(True))
        if after * 1.2 < before:
            high = np.sin(2 * np.pi * (after / 2 * 1.2) * t)[None].astype(np.float32)
            left = media.with_value("lw_media_audio_resample", high, c.c_int(before),
                                    c.c_int(after))
            worst = np.abs(left[0])[inside].max()
            check(f"alias {before} to {after}: {worst:.1e}", np.array(worst < 2e-3),
                  np.array(True))


def spectrum_options(case):
    o = SpectrumOptions(c.sizeof(SpectrumOptions))
    for name in ("n_fft", "win_length", "hop_length", "power", "normalized", "sample_rate",
                 "n_mels", "f_min", "f_max"):
        if name in case:
            setattr(o, name, case[name])
    o.window, o.edge = WINDOWS[case.get("window", "hann")], EDGES[case.get("pad_mode", "reflect")]
    o.not_centered = not case.get("center", True)
    o.slaney_scale, o.slaney_norm = case.get("mel_scale") == "slaney", "norm" in case
    return o


def ask_like_peer(media, kind, case, peer):
    """What our function for a case of peer_cases.npz gives."""
    def of(array, name, *arguments):
        return media.with_value(name, peer[array], *arguments)
    options = c.byref(spectrum_options(case))
    if kind == "spectrogram":
        return of("sound", "lw_media_spectrogram", options)
    if kind == "mel":
        return of("sound", "lw_media_mel_spectrogram", options)
    if kind == "mfcc":
        return of("sound", "lw_media_mfcc", case["n_mfcc"], options)
    if kind == "decibels":
        return of("mels", "lw_media_decibels", c.c_bool(case["stype"] == "magnitude"),
                  c.c_double(case.get("top_db", 0)))
    if kind == "resample":
        return of("sound", "lw_media_audio_resample_sinc", case["from"], case["to"], 6,
                  c.c_double(0.99))
    if kind == "resize":
        return of("picture", "lw_media_image_resize_side", c.c_int64(case["side"]),
                  c.c_int64(case["most"] or 0), 1)
    if kind == "crop":
        return of("picture", "lw_media_image_center_crop", c.c_int64(case["height"]),
                  c.c_int64(case["width"]))
    return of("picture", "lw_media_image_pad", *map(c.c_int64, case["padding"]),
              c.c_uint8(case["fill"]))


def test_peers(media):
    peer = np.load(pathlib.Path(__file__).with_name("peer_cases.npz"))
    for i, (kind, case) in enumerate(json.loads(str(peer["cases"]))):
        mine, theirs = ask_like_peer(media, kind, case, peer), peer[str(i)]
        if theirs.dtype == np.uint8:
            check(f"{kind} {case}", mine, theirs)
            continue
        same = mine.shape == theirs.shape
        worst = np.abs(mine - theirs).max() / np.abs(theirs).max() if same else np.inf
        check(f"{kind} {case}: {mine.shape}, {theirs.shape}, {worst:.1e}", np.array(worst < 1e-5),
              np.array(True))


def test_frames(media):
    """Against Pillow and numpy."""
    image = photo(31, 17, 9)
    pixels = np.asarray(image)
    for vertical in (False, True):
        check("flip", media.with_value("lw_media_image_flip", pixels, c.c_bool(vertical)),
              pixels[::-1] if vertical else pixels[:, ::-1])
    for quarters in range(-1, 5):
        check(f"rotate {quarters}", media.with_value("lw_media_image_rotate", pixels, quarters),
              np.rot90(pixels, quarters))
    grey = np.asarray(image.convert("L"))[:, :, None]
    check("grey", media.with_value("lw_media_image_grey", pixels, 1), grey)
    check("grey rgb", media.with_value("lw_media_image_grey", pixels, 3), np.repeat(grey, 3, 2))
    where = Letterbox()
    value, framed = media.lib.value(pixels), P()
    media.lib.check(media.c.lw_media_image_letterbox(value, c.c_int64(64), c.c_int64(64),
                                                     c.c_uint8(114), 1, c.byref(framed),
                                                     c.byref(where)))
    theirs = ImageOps.pad(image, (64, 64), Image.Resampling.BILINEAR, (114, 114, 114))
    check("letterbox", media.lib.array(framed).copy(), np.asarray(theirs))
    check("its place", np.array([where.top, where.left, where.height, where.width]),
          [(64 - 35) // 2, 0, 35, 64])
    for v in (value, framed):
        media.lib.c.lw_value_free(v)
    refused("a border below 0", media.with_value, "lw_media_image_pad", pixels, c.c_int64(-1),
            c.c_int64(0), c.c_int64(0), c.c_int64(0), c.c_uint8(0))
    refused("too short", media.with_value, "lw_media_spectrogram", np.zeros((1, 9), np.float32),
            None)
    refused("bad n_fft", media.with_value, "lw_media_spectrogram", np.zeros((1, 900), np.float32),
            c.byref(SpectrumOptions(c.sizeof(SpectrumOptions), -5)))


def main():
    media = Media(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        test_decoding(media)
        test_damage(media)
        test_orientation(media)
        test_resize(media)
        test_tensor(media)
        test_arrays(media, folder)
        test_sound(media, folder)
        test_resample(media)
        test_peers(media)
        test_frames(media)
    for failure in failures:
        print("not ok -", failure)
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures))


main()
