#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the kernels of src/backend/gpu/kernels for AMD's cards, once for each processor that
code_objects.h lists.

    scripts/make_code_objects.py             writes src/backend/gpu/code_objects/*.co
    scripts/make_code_objects.py --check     says whether they are what would be written

Needs clang-19 and lld-19 alone, no ROCm. The text is that of make_ptx.py.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from make_ptx import CLANG, GPU, ROOT, joined


def processors():
    return re.findall(r"\bCODE\((gfx\w+)\)", (GPU / "code_objects.h").read_text())


def compiled(text, processor):
    """An ELF file that HIP loads. Division and roots are those of IEEE 754, as on the processor."""
    out = text.with_name(processor + ".co")
    subprocess.run([CLANG, "-x", "cl", "-cl-std=CL1.2", "-cl-no-stdinc", "-O2", "-Werror", "-Qn",
                    "-cl-fp32-correctly-rounded-divide-sqrt", "--target=amdgcn-amd-amdhsa",
                    f"-mcpu={processor}", "-nogpulib", "-fuse-ld=lld-19", "-Wl,-s", text, "-o", out],
                   check=True)
    return out.read_bytes()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--check", action="store_true")
    options = p.parse_args()
    stale, wanted = 0, processors()
    folder = GPU / "code_objects"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        text = joined(scratch, "LAMPWICK_KERNELS")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            made = dict(zip(wanted, pool.map(lambda name: compiled(text, name), wanted)))
    for path in folder.glob("*.co"):
        if path.stem not in wanted:
            print(f"{path.relative_to(ROOT)} is for no processor that code_objects.h lists")
            stale += 1
    for name, code in made.items():
        path = folder / f"{name}.co"
        if not options.check:
            path.write_bytes(code)
        elif not path.exists() or path.read_bytes() != code:
            print(f"{path.relative_to(ROOT)} is stale: run scripts/make_code_objects.py")
            stale += 1
    print(f"{len(wanted)} processors, {stale} stale")
    sys.exit(stale > 0)


if __name__ == "__main__":
    main()
