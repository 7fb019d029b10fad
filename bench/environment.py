# SPDX-License-Identifier: MIT
"""The private environments of the benchmarks: virtual environments with the peers' published
packages, and the programs that time one engine. LAMPWICK_BENCH_ENV names another folder for the
one that is entered, so that several work trees can share one."""
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def folder(name):
    return pathlib.Path(os.environ.get("LAMPWICK_BENCH_ENV", ROOT / "build" / name))


def enter(name="bench-env", requirements="requirements.txt"):
    """Goes on in the environment's own Python; makes it first if it is not there or is old."""
    sys.path.insert(0, str(ROOT / "tests/models"))
    home, requirements = folder(name), HERE / requirements
    if pathlib.Path(sys.prefix).resolve() == home.resolve():
        return
    stamp, wanted = home / "requirements.txt", requirements.read_text()
    python = home / "bin/python"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making {home}", file=sys.stderr, flush=True)
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
                        requirements], check=True)
        stamp.write_text(wanted)
    os.execv(python, [str(python), *sys.argv])


def enter_libtorch():
    enter("bench-env-libtorch", "requirements-libtorch.txt")


def worker(kind):
    """The command that runs one engine: bench/worker.c, compiled if its sources are newer, or its
    like for libtorch."""
    return [sys.executable, HERE / "worker_libtorch.py"] if kind == "libtorch" else [compiled()]


def compiled():
    sources = sorted(HERE.glob("*.c"))
    program = ROOT / "build/bench-worker"
    newest = max(p.stat().st_mtime for p in [*sources, HERE / "engine.h"])
    if not program.exists() or program.stat().st_mtime < newest:
        program.parent.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-O2", f"-I{ROOT}/include",
                        f"-I{HERE}", *sources, "-o", program, "-ldl"], check=True)
    return program


def onnxruntime_library():
    home = folder("bench-env")
    found = sorted(home.glob("lib/python*/site-packages/onnxruntime/capi/libonnxruntime.so.*"))
    if not found:
        sys.exit(f"no libonnxruntime.so in {home}")
    return found[0]
