# SPDX-License-Identifier: MIT
"""The private environment of the benchmarks: a virtual environment with the peers' published
packages, and the program that times one engine. LAMPWICK_BENCH_ENV names another folder for it,
so that several work trees can share one."""
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDER = pathlib.Path(os.environ.get("LAMPWICK_BENCH_ENV", ROOT / "build/bench-env"))
REQUIREMENTS = HERE / "requirements.txt"


def enter():
    """Goes on in the environment's own Python; makes it first if it is not there or is old."""
    sys.path.insert(0, str(ROOT / "tests/models"))
    if pathlib.Path(sys.prefix).resolve() == FOLDER.resolve():
        return
    stamp, wanted = FOLDER / "requirements.txt", REQUIREMENTS.read_text()
    python = FOLDER / "bin/python"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making {FOLDER}", file=sys.stderr, flush=True)
        venv.create(FOLDER, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
                        REQUIREMENTS], check=True)
        stamp.write_text(wanted)
    os.execv(python, [str(python), *sys.argv])


def worker():
    """The path of the program bench/worker.c, compiled if its sources are newer."""
    sources = sorted(HERE.glob("*.c"))
    program = ROOT / "build/bench-worker"
    newest = max(p.stat().st_mtime for p in [*sources, HERE / "engine.h"])
    if not program.exists() or program.stat().st_mtime < newest:
        program.parent.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-O2", f"-I{ROOT}/include",
                        f"-I{HERE}", *sources, "-o", program, "-ldl"], check=True)
    return program


def onnxruntime_library():
    found = sorted(FOLDER.glob("lib/python*/site-packages/onnxruntime/capi/libonnxruntime.so.*"))
    if not found:
        sys.exit(f"no libonnxruntime.so in {FOLDER}")
    return found[0]
