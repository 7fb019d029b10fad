#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the kernels of src/backend/gpu/kernels to PTX, once for each form in ptx.h.

    scripts/make_ptx.py             writes src/backend/gpu/ptx/*.ptx
    scripts/make_ptx.py --check     says whether they are what would be written
    scripts/make_ptx.py --ptxas P   also assembles each with NVIDIA's ptxas, for all cards it knows

Needs clang-19 alone: no CUDA toolkit, no headers of OpenCL. The text is compiled as OpenCL C, with
builtins.k in place of what a driver builds in.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GPU = ROOT / "src/backend/gpu"
CLANG = "clang-19"
# The version of PTX that drivers of a version of CUDA read ("PTX ISA", release history).
PTX_OF_CUDA = {9000: 60, 10020: 65, 11000: 70, 11080: 78, 12000: 80}
CARDS = (50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90, 100, 120)


def forms():
    """Pairs of a compute capability and a version of CUDA."""
    return [tuple(map(int, pair)) for pair in
            re.findall(r"\bPTX\((\d+), (\d+)\)", (GPU / "ptx.h").read_text())]


def joined(folder):
    """All kernels as one text, with mathematics of our own."""
    listed = re.search(r"set\(LAMPWICK_KERNELS ([^)]*)\)", (GPU / "CMakeLists.txt").read_text())
    kernels = [GPU / f"kernels/{name}.k" for name in listed[1].split()]
    files = [GPU / "kernels/builtins.k", ROOT / "src/base/float_math.h",
             GPU / "kernels/device_math.k", *kernels]
    to = pathlib.Path(folder) / "kernels.cl"
    subprocess.run(["cmake", "-DFILES=" + ";".join(map(str, files)),
                    f"-DINSTRUCTIONS={ROOT}/src/base/pointwise.def", f"-DTO={to}",
                    "-P", ROOT / "cmake/join_kernels.cmake"], check=True)
    return to


def compiled(text, capability, cuda):
    version = PTX_OF_CUDA[cuda]
    out = text.with_suffix(".ptx")
    subprocess.run([CLANG, "-x", "cl", "-cl-std=CL1.2", "-cl-no-stdinc", "-O2", "-Werror",
                    "--target=nvptx64-nvidia-cuda", "--cuda-path=/nonexistent", "-nogpulib",
                    f"-march=sm_{capability}", "-Xclang", "-target-feature",
                    "-Xclang", f"+ptx{version}", "-S", text, "-o", out], check=True)
    ptx = out.read_text()
    lacking = sorted(set(re.findall(r"^\.extern .*?(\w+)$", ptx, re.M)))
    if lacking:
        sys.exit(f"make_ptx.py: builtins.k and device_math.k lack {', '.join(lacking)}")
    return ptx


def assemble(ptxas, path, capability):
    listed = subprocess.run([ptxas, "--help"], capture_output=True, text=True, check=True).stdout
    known = [card for card in CARDS if card >= capability and f"sm_{card}'" in listed]
    for card in known:
        subprocess.run([ptxas, f"-arch=sm_{card}", path, "-o", "/dev/null"], check=True)
    print(f"{path.name}: assembled for {', '.join(f'sm_{card}' for card in known)}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--check", action="store_true")
    p.add_argument("--ptxas", help="path of NVIDIA's assembler")
    options = p.parse_args()
    stale = 0
    with tempfile.TemporaryDirectory() as folder:
        text = joined(folder)
        for capability, cuda in forms():
            path = GPU / f"ptx/sm_{capability}.ptx"
            ptx = compiled(text, capability, cuda)
            if not options.check:
                path.write_text(ptx)
            elif not path.exists() or path.read_text() != ptx:
                print(f"{path.relative_to(ROOT)} is stale: run scripts/make_ptx.py")
                stale += 1
            if options.ptxas:
                assemble(options.ptxas, path, capability)
    print(f"{len(forms())} forms, {stale} stale")
    sys.exit(stale > 0)


if __name__ == "__main__":
    main()
