#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A Hugging Face folder with pytorch_model.bin, in one file or in two with an index, is the model that
it is with model.safetensors: all three convert to the same bytes.

    bin_folders_test.py build/lampwick FOLDER
"""
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile


def read_safetensors(path):
    data = path.read_bytes()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    return {k: (v, data[8 + n:][slice(*v["data_offsets"])]) for k, v in header.items()}


def write_safetensors(path, tensors):
    header, body = {}, b""
    for name, (info, data) in tensors.items():
        header[name] = info | {"data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def main():
    program, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    run = lambda *a: subprocess.run([program, *map(str, a)], check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        # A GGUF file has the folder's name in it.
        own, one, two = (top / name / "model" for name in ("own", "one", "two"))
        for folder in (own, one, two):
            shutil.copytree(source, folder)
        for folder in (one, two):
            (folder / "model.safetensors").unlink()
        run("convert", source / "model.safetensors", one / "pytorch_model.bin")
        tensors = list(read_safetensors(source / "model.safetensors").items())
        index = {}
        for i, part in enumerate((tensors[:5], tensors[5:])):
            write_safetensors(top / "part.safetensors", dict(part))
            file = f"pytorch_model-0000{i + 1}-of-00002.bin"
            run("convert", top / "part.safetensors", two / file)
            index.update({k: file for k, _ in part})
        (two / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": index}))
        made = []
        for folder in (own, one, two):
            run("convert", folder, top / "out.gguf")
            made.append((top / "out.gguf").read_bytes())
        bad = sum(m != made[0] for m in made)
    print(f"folders with pytorch_model.bin: {len(tensors)} tensors, {bad} folders wrong")
    return bad > 0


sys.exit(main())
