#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes small files of weights in every form that PyTorch has had, and what PyTorch itself reads from
each (golden.json: name -> tensors with type, shape and SHA-256 of their elements in order).

    make_weights.py FOLDER [--all]    (a Python with torch; tests/torch/data/weights is committed)
"""
import argparse
import collections
import hashlib
import io
import json
import pathlib
import pickle
import struct
import sys
import tarfile
import types
import zipfile

import numpy as np
import torch
from torch import nn

torch.manual_seed(3)
np.random.seed(3)
UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]
FLOAT8 = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]
TYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
         torch.uint8, torch.bool, torch.complex64, torch.complex128]
NAMES = {"float8_e4m3fn": "float8e4m3fn", "float8_e5m2": "float8e5m2", "float8_e4m3fnuz": "float8e4m3fnuz",
         "float8_e5m2fnuz": "float8e5m2fnuz", "float8_e8m0fnu": "float8e8m0", "qint8": "int8", "quint8": "uint8",
         "qint32": "int32"}


def every_type(legacy=False):
    """PyTorch does not read the newer types from its legacy files."""
    base = torch.randn(3, 4) * 3
    made = {str(t)[6:]: base.to(t) for t in TYPES}
    if not legacy:
        made.update({str(t)[6:]: base.abs().to(t) for t in UNSIGNED + FLOAT8})
    return made


def views():
    w = torch.randn(5, 7)
    return collections.OrderedDict(w=w, transposed=w.t(), row=w[2], column=w[:, 3], inner=w[1:4, 2:6:2],
                                   repeated=torch.randn(1, 3).expand(4, 3), scalar=torch.tensor(3.5),
                                   empty=torch.zeros(0, 4), tied=w, parameter=nn.Parameter(torch.randn(3)),
                                   six=torch.randn(2, 1, 3, 1, 2, 1).permute(5, 4, 3, 2, 1, 0),
                                   conj=torch.randn(2, 3, dtype=torch.complex64).conj().resolve_conj())


def quantized():
    x = torch.randn(4, 5)
    scales = torch.tensor([0.1, 0.2, 0.3, 0.4])
    return {"signed": torch.quantize_per_tensor(x, 0.05, 3, torch.qint8),
            "unsigned": torch.quantize_per_tensor(x, 0.05, 30, torch.quint8),
            "wide": torch.quantize_per_tensor(x, 0.001, 0, torch.qint32),
            "rows": torch.quantize_per_channel(x, scales, torch.tensor([0, 1, 2, 3]), 0, torch.qint8),
            "columns": torch.quantize_per_channel(x.t(), scales, torch.tensor([0, 1, 2, 3]), 1, torch.qint8)}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
        self.rnn = nn.LSTM(3, 2)
        self.head = nn.Linear(2, 4)
        self.out = nn.Linear(2, 4)
        self.out.weight = self.head.weight
        self.register_buffer("kept", torch.arange(3.0))
        self.register_buffer("hidden", torch.arange(4.0), persistent=False)


def save(thing, **options):
    out = io.BytesIO()
    torch.save(thing, out, **options)
    return out.getvalue()


def storage_bytes(t):
    return bytes(t.untyped_storage())


def old_tar(state):
    """What PyTorch 0.1 wrote: numbers stand for tensors, which lie beside the pickle."""
    class Pickler(pickle.Pickler):
        def persistent_id(self, it):
            return str(ids[id(it)]) if isinstance(it, torch.Tensor) else None
    classes = {torch.float32: torch.FloatStorage, torch.float64: torch.DoubleStorage, torch.int64: torch.LongStorage}
    unique = {id(t): t for t in state.values()}
    ids = {key: 1000 + i for i, key in enumerate(unique)}
    storages, tensors, keys = io.BytesIO(), io.BytesIO(), {}
    for t in unique.values():
        keys.setdefault(t.untyped_storage().data_ptr(), (len(keys) + 1, t))
    pickle.dump(len(keys), storages, 2)
    for key, t in keys.values():
        pickle.dump((key, "cpu", classes[t.dtype]), storages, 2)
        data = storage_bytes(t)
        storages.write(struct.pack("<q", len(data) // t.element_size()) + data)
    pickle.dump([], storages, 2)
    pickle.dump(len(ids), tensors, 2)
    for t in unique.values():
        pickle.dump((ids[id(t)], keys[t.untyped_storage().data_ptr()][0], torch.FloatStorage), tensors, 2)
        tensors.write(struct.pack("<ii", t.dim(), 0))
        tensors.write(struct.pack(f"<{t.dim()}q", *t.shape) + struct.pack(f"<{t.dim()}q", *t.stride()))
        tensors.write(struct.pack("<q", t.storage_offset()))
    pickled = io.BytesIO()
    Pickler(pickled, 2).dump(state)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in (("sys_info", pickle.dumps({}, 2)), ("pickle", pickled.getvalue()),
                           ("storages", storages.getvalue()), ("tensors", tensors.getvalue())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def rezip(data, change=lambda name, data: data, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), change(name, old.read(name)), method)
    return out.getvalue()


def big_endian(data, size):
    def change(name, data):
        if name.endswith("/byteorder"):
            return b"big"
        return np.frombuffer(data, f"<u{size}").byteswap().tobytes() if "/data/" in name else data
    return rezip(data, change, zipfile.ZIP_STORED)


def checkpoint(net):
    optimizer = torch.optim.AdamW(net.parameters())
    sum(p.sum() for p in net.parameters()).backward()
    optimizer.step()
    return {"epoch": 3, "state_dict": {"module._orig_mod." + k: v for k, v in net.state_dict().items()},
            "optimizer": optimizer.state_dict(), "args": argparse.Namespace(lr=0.1, name="x"),
            "best": np.float64(0.5), "shape": torch.Size([2, 3]), "device": torch.device("cpu"),
            "path": pathlib.PurePosixPath("a/b"), "names": {"a", "b"}, "more": types.SimpleNamespace(a=1)}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    net = Net()
    some = collections.OrderedDict((k, v) for k, v in views().items() if v.dtype == torch.float32)
    ema = {"ema": {"module": net.state_dict()}, "updates": 5, "model": None}
    nested = {"state_dict": {"encoder": {"layer": [torch.randn(2), torch.randn(3)]}, "steps": 4,
                             "decoder": {0: torch.randn(2, 2)}}}
    files = {
        "types": (every_type(), {}), "types_legacy": (every_type(True), {"_use_new_zipfile_serialization": False}),
        "views": (views(), {}), "views_legacy": (views(), {"_use_new_zipfile_serialization": False}),
        "quantized": (quantized(), {}), "quantized_legacy": (quantized(), {"_use_new_zipfile_serialization": False}),
        "protocol3": (views(), {"pickle_protocol": 3}), "protocol4": (views(), {"pickle_protocol": 4}),
        "protocol5": (views(), {"pickle_protocol": 5}),
        "protocol4_legacy": (views(), {"pickle_protocol": 4, "_use_new_zipfile_serialization": False}),
        "whole": (net, {}),
        "checkpoint": (checkpoint(net), {}), "ema": (ema, {}), "nested": (nested, {}),
        "single": (torch.randn(3, 2), {}), "list": ([torch.randn(2), torch.ones(1)], {}),
    }
    if "--all" in sys.argv:  # it has the sources of PyTorch's modules in it
        files["whole_legacy"] = net, {"_use_new_zipfile_serialization": False}
    expected = {
        "whole": net.state_dict(), "whole_legacy": net.state_dict(), "checkpoint": net.state_dict(),
        "ema": net.state_dict(), "single": {"tensor": files["single"][0]},
        "list": {str(i): t for i, t in enumerate(files["list"][0])},
        "nested": {"encoder.layer.0": nested["state_dict"]["encoder"]["layer"][0],
                   "encoder.layer.1": nested["state_dict"]["encoder"]["layer"][1],
                   "decoder.0": nested["state_dict"]["decoder"][0]},
        "deflated": some, "big_endian": some, "tar": some,
    }
    golden = {}
    data = {name: save(thing, **options) for name, (thing, options) in files.items()}
    data["deflated"] = rezip(save(some))
    data["big_endian"] = big_endian(save(some), 4)
    data["tar"] = old_tar(some)
    for name, content in data.items():
        (folder / f"{name}.pth").write_bytes(content)
        want = expected.get(name) or files[name][0]
        read = torch.load(folder / f"{name}.pth", weights_only=False)
        if name in ("deflated", "big_endian", "tar"):  # made here: PyTorch must read them so
            assert list(read) == list(want) and all(torch.equal(read[k], want[k]) for k in want), name
        golden[name] = [describe(k, t) for k, t in want.items()]
    (folder / "golden.json").write_text(json.dumps(golden, indent=0))


def describe(name, t):
    row = {"name": name, "shape": list(t.shape)}
    t = t.detach()
    if t.is_quantized:
        row["scales"] = [t.q_scale()] if t.qscheme() == torch.per_tensor_affine else t.q_per_channel_scales().tolist()
        row["zero_points"] = ([t.q_zero_point()] if t.qscheme() == torch.per_tensor_affine
                              else t.q_per_channel_zero_points().tolist())
        row["axis"] = -1 if t.qscheme() == torch.per_tensor_affine else t.q_per_channel_axis()
        row["numbers"] = sha(t.dequantize())
        row["dtype"] = NAMES[str(t.dtype)[6:]]
        t = t.int_repr()
    else:
        row["dtype"] = NAMES.get(str(t.dtype)[6:], str(t.dtype)[6:])
    row["sha"] = sha(t)
    return row


def sha(t):
    t = t.contiguous()
    return hashlib.sha256(bytes(t.reshape(-1).view(torch.uint8).tolist()) if t.numel() else b"").hexdigest()


if __name__ == "__main__":
    main()
