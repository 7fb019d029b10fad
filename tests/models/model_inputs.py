# SPDX-License-Identifier: MIT
"""Inputs for real models, and how far two results lie apart: what tests/models/compare.py and
bench/compare share."""
import pathlib
import wave
from dataclasses import dataclass

import numpy as np
import onnx
from PIL import Image

SMALLEST_SCALE = 1e-3  # outputs below this in magnitude are compared as if they reached it

# Sizes of dimensions without a fixed one, by model; others are 1.
SIZES = {
    "bert-toy": [2, 16], "bodypix-mobilenet050": [1, 225, 225, 3], "brain-seg-3d": [1, 1, 32, 32, 32],
    "byte-lstm-sbd": [2, 40], "cntk-scan": [5, 1, 3], "ml-rf-iris": [6, 4],
    "ml-tsne-knn-scan": [3, 64], "ml-xgboost-tree": [5, 13], "ml-lightgbm-tensor": [5, 13],
    "ppocr-cls": [1, 3, 48, 192], "ppocrv3-det": [1, 3, 160, 320], "silero-mini": [1, 16000],
    "swift-f0": [1, 16000], "vietocr-encoder": [20, 1, 256], "yunet-n": [1, 3, 320, 320],
    "magika-v3": [2, 2048], "sed-unet": [2, 1, 224, 224],
}
# Inputs whose contents matter: (model, input) -> function of a random generator.
SPECIAL = {
    ("bert-toy", "token_type_ids"): lambda r: r.integers(0, 2, (2, 16)),
    ("bert-toy", "input_mask"): lambda r: np.ones((2, 16), np.int64),
    ("gpt2-past-tiny", "input_ids"): lambda r: r.integers(0, 5, (2, 1)),
    ("magika-v3", "bytes"): lambda r: r.integers(0, 257, (2, 2048)).astype(np.int32),
    ("silero-vad-v6", "input"): lambda r: r.normal(0, 0.1, (1, 576)).astype(np.float32),
    ("silero-vad-v6", "state"): lambda r: np.zeros((2, 1, 128), np.float32),
    ("silero-vad-v6", "sr"): lambda r: np.array(16000, np.int64),
    ("tashkeel", "char_inputs"): lambda r: r.integers(1, 30, (1, 12)),
    ("tashkeel", "input_lengths"): lambda r: np.array([12], np.int64),
    ("oww-frontend", "input"): lambda r: r.normal(0, 1000, (1, 16000)).astype(np.float32),
    ("ml-dictvectorizer", "float_input"): lambda r: {0: 1.5, 1: -2.0, 5: 3.0},
}
for bert in ("bert-base", "bert-base-int8"):
    SPECIAL[bert, "input_ids"] = lambda r: r.integers(1000, 30000, (1, 128))
    SPECIAL[bert, "attention_mask"] = lambda r: np.ones((1, 128), np.int64)
    SPECIAL[bert, "token_type_ids"] = lambda r: np.zeros((1, 128), np.int64)
for past in range(12):
    SPECIAL["gpt2-past-tiny", f"past_{past}"] = \
        lambda r: r.normal(0, 1, (2, 2, 2, 3, 2)).astype(np.float32)


def picture(folder, shape, rank4_nchw):
    """The first picture in a model's folder, scaled to its input and to 0..255."""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png"))
    if not files:
        return None
    channels, height, width = (shape[1:] if rank4_nchw else (shape[3], *shape[1:3]))
    mode = {1: "L", 3: "RGB"}.get(channels)
    if not mode:
        return None
    pixels = np.asarray(Image.open(files[0]).convert(mode).resize((width, height)), np.float32)
    pixels = pixels.reshape(height, width, channels)
    return (pixels.transpose(2, 0, 1) if rank4_nchw else pixels)[None]


def sound(folder, count):
    files = sorted(folder.glob("*.wav"))
    if not files:
        return None
    with wave.open(str(files[0])) as f:
        samples = np.frombuffer(f.readframes(f.getnframes()), np.int16).astype(np.float32) / 32768
    return np.resize(samples, count)


def given_input(folder, index):
    """The input of the model's own test data, if it has any."""
    path = folder / "test_data_set_0" / f"input_{index}.pb"
    if not path.exists():
        return None
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return onnx.numpy_helper.to_array(tensor)


@dataclass
class Declared:
    """A declared input: type in ONNX Runtime's words ("tensor(float)"), shape with None where a
    size is not fixed."""
    name: str
    type: str
    shape: list


TYPE_NAMES = {1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
              8: "string", 9: "bool", 10: "float16", 11: "double", 12: "uint32", 13: "uint64"}


def declared_inputs(path):
    """The inputs of a model file that a run must be given."""
    graph = onnx.load(path, load_external_data=False).graph
    given = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name in given:
            continue
        kind = value.type.WhichOneof("value")
        if kind != "tensor_type":
            yield Declared(value.name, kind, [])
            continue
        tensor = value.type.tensor_type
        shape = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
        yield Declared(value.name, f"tensor({TYPE_NAMES[tensor.elem_type]})", shape)


def make_input(name, folder, info, random):
    if (name, info.name) in SPECIAL:
        return SPECIAL[name, info.name](random)
    kind = info.type[len("tensor("):-1] if info.type.startswith("tensor(") else info.type
    sizes = SIZES.get(name, [])
    if len(sizes) != len(info.shape):
        sizes = [1] * len(info.shape)
    shape = [d if isinstance(d, int) and d > 0 else s for d, s in zip(info.shape, sizes)]
    if kind in ("float", "float16", "double"):
        data = None
        if len(shape) == 4 and kind != "double":
            nchw = shape[1] in (1, 3)
            if nchw or shape[3] in (1, 3):
                data = picture(folder, shape, nchw)
        if data is None and max(shape, default=0) > 10000:
            data = sound(folder, int(np.prod(shape)))
        if data is None:
            data = random.normal(0, 1, shape)
        elif data.max() > 2 and name not in ("mnist-8", "style-candy", "squeezenet-fp16"):
            data = data / 255
        return np.reshape(data, shape).astype({"float": np.float32, "float16": np.float16,
                                               "double": np.float64}[kind])
    return random.integers(0, 4, shape).astype({"bool": bool}.get(kind, kind))


def make_inputs(path):
    """name -> array or dict, for a model in a folder of its own; the same in every run."""
    path = pathlib.Path(path)
    folder, random, feeds = path.parent, np.random.default_rng(7), {}
    for index, info in enumerate(declared_inputs(path)):
        given = given_input(folder, index)
        feeds[info.name] = make_input(folder.name, folder, info, random) if given is None else given
    return feeds


def difference(mine, theirs):
    """Relative to the largest magnitude; infinite where the results are of different kinds."""
    if isinstance(theirs, list):
        if not isinstance(mine, list) or len(mine) != len(theirs):
            return np.inf
        return max((difference(a, b) for a, b in zip(mine, theirs)), default=0)
    if isinstance(theirs, dict):
        if list(mine) != list(theirs):
            return np.inf
        return difference(np.array(list(mine.values())), np.array(list(theirs.values())))
    theirs = np.asarray(theirs)
    if mine.shape != theirs.shape:
        return np.inf
    if theirs.dtype.kind not in "fc":
        return 0 if (mine == theirs).all() else np.inf
    mine, theirs = mine.astype(np.float64), theirs.astype(np.float64)
    if not (np.isfinite(mine) == np.isfinite(theirs)).all():
        return np.inf
    finite = np.isfinite(theirs)
    if not finite.any():
        return 0
    return np.abs(mine - theirs)[finite].max() / max(np.abs(theirs[finite]).max(),
                                                         SMALLEST_SCALE)


def same_top(mine, theirs):
    if isinstance(theirs, (list, dict)) or theirs.ndim != 2 or not 5 <= theirs.shape[1] <= 2000:
        return True
    return (mine.argmax(1) == theirs.argmax(1)).all()
