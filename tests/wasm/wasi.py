#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command that was built for wasm32-wasi under wasmtime. It sees the whole file system, the
variables LAMPWICK_..., and the three standard streams. Its machine code is kept beside it.

    wasi.py MODULE.wasm ARGUMENT...

Paths must be absolute, but for those that are arguments as a whole: a module has no folder that it
is in.
"""
import os
import pathlib
import sys
from importlib.metadata import version

import wasmtime


def load(engine, path):
    """The module, compiled once for each version of the file and of wasmtime."""
    compiled = path.with_suffix(f".{version('wasmtime')}.cwasm")
    if compiled.exists() and compiled.stat().st_mtime > path.stat().st_mtime:
        return wasmtime.Module.deserialize_file(engine, str(compiled))
    module = wasmtime.Module.from_file(engine, str(path))
    compiled.write_bytes(module.serialize())
    return module


def absolute(argument):
    return os.path.abspath(argument) if os.path.exists(argument) else argument


def run(path, arguments):
    """The command's exit status."""
    engine = wasmtime.Engine()
    module = load(engine, pathlib.Path(path))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [pathlib.Path(path).stem, *map(absolute, arguments)]
    wasi.env = [(k, v) for k, v in os.environ.items() if k.startswith("LAMPWICK_")]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir("/", "/")
    store.set_wasi(wasi)
    start = linker.instantiate(store, module).exports(store)["_start"]
    try:
        start(store)
    except wasmtime.ExitTrap as end:
        return end.code
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
