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
PTX_OF_CUDA = {9000: 60, 10020: 65, 11000: 70, 11080: 78, 12000: 80, 12030: 83}
OLDEST = 50  # whose form has all kernels
EARLY = "sm_90"  # which has those that wait for what is launched before them
# Kernels of which a multiprocessor is to hold two groups of 256 items: with 128 registers an item, ptxas
# still needs no memory for them (tests/gpu/assemble_test.py); left alone, it takes more.
TWO_GROUPS = ("matmul_wide_f32", "conv_wide_f32", "matmul_f16", "matmul_bf16", "conv_wide_f16", "conv_wide_bf16")
ONE_GROUP = 75  # a tier of cards whose local memory holds no more
# Those for cards with dp4a of which three or four groups are to fit, so that enough bytes of weights are on
# their way: left alone, ptxas takes up to 128 registers.
THREE_GROUPS = ("block_few", "block_few_floats")
FOUR_GROUPS = ("block_dot_experts",)
CARDS = (50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90, 100, 120)


def forms():
    """Of ptx.h: a name (sm_80), the compute capability, a version of CUDA."""
    return [(name, int(capability), int(cuda)) for name, capability, cuda in
            re.findall(r'\bPTX\("(\w+)", (\d+), (\d+)', (GPU / "ptx.h").read_text())]


def list_of(name, tier):
    """Which list of kernels a form has (src/backend/gpu/CMakeLists.txt)."""
    return ("LAMPWICK_KERNELS" if tier == 0 else
            "LAMPWICK_ALONE_KERNELS" if name.endswith("a") else
            "LAMPWICK_EARLY_KERNELS" if name == EARLY else "LAMPWICK_TIER_KERNELS")


def joined(folder, variable):
    """The kernels of a list as one text, with mathematics of our own."""
    listed = re.search(rf"set\({variable} ([^)]*)\)", (GPU / "CMakeLists.txt").read_text())
    kernels = [GPU / f"kernels/{file}.k" for file in listed[1].split()]
    files = [GPU / "kernels/builtins.k", ROOT / "src/base/float_math.h",
             GPU / "kernels/device_math.k", *kernels]
    to = pathlib.Path(folder) / "kernels.cl"
    subprocess.run(["cmake", "-DFILES=" + ";".join(map(str, files)),
                    f"-DINSTRUCTIONS={ROOT}/src/base/pointwise.def", f"-DTO={to}",
                    "-P", ROOT / "cmake/join_kernels.cmake"], check=True)
    return to


def compiled(text, name, tier, cuda):
    version = PTX_OF_CUDA[cuda]
    out = text.with_suffix(".ptx")
    subprocess.run([CLANG, "-x", "cl", "-cl-std=CL1.2", "-cl-no-stdinc", "-O2", "-Werror",
                    "--target=nvptx64-nvidia-cuda", "--cuda-path=/nonexistent", "-nogpulib",
                    f"-march={name}", f"-DTIER={tier}", "-Xclang", "-target-feature",
                    "-Xclang", f"+ptx{version}", "-S", text, "-o", out], check=True)
    ptx = out.read_text()
    lacking = sorted(set(re.findall(r"^\.extern .*?(\w+)$", ptx, re.M)))
    if lacking:
        sys.exit(f"make_ptx.py: builtins.k and device_math.k lack {', '.join(lacking)}")
    if tier != ONE_GROUP:
        ptx = with_registers(ptx, TWO_GROUPS, 128)
    return with_registers(with_registers(ptx, THREE_GROUPS, 80), FOUR_GROUPS, 64) if tier > 0 else ptx


def with_registers(ptx, kernels, most):
    """Their items take so many registers at most: OpenCL C has no word for it."""
    return re.sub(rf"(\.entry (?:{'|'.join(kernels)})\([^)]*\)[^\n]*\n)", rf"\1.maxnreg {most}\n", ptx)


def assemble(ptxas, path, name, capability):
    """For all cards that take it: newer ones too, unless the form is for one architecture."""
    listed = subprocess.run([ptxas, "--help"], capture_output=True, text=True, check=True).stdout
    cards = [name] if name.endswith("a") else [f"sm_{c}" for c in CARDS if c >= capability]
    known = [card for card in cards if f"{card}'" in listed]
    for card in known:
        subprocess.run([ptxas, f"-arch={card}", path, "-o", "/dev/null"], check=True)
    print(f"{path.name}: assembled for {', '.join(known)}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--check", action="store_true")
    p.add_argument("--ptxas", help="path of NVIDIA's assembler")
    options = p.parse_args()
    stale = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, capability, cuda in forms():
            path = GPU / f"ptx/{name}.ptx"
            tier = 0 if capability == OLDEST else capability
            ptx = compiled(joined(folder, list_of(name, tier)), name, tier, cuda)
            if not options.check:
                path.write_text(ptx)
            elif not path.exists() or path.read_text() != ptx:
                print(f"{path.relative_to(ROOT)} is stale: run scripts/make_ptx.py")
                stale += 1
            if options.ptxas:
                assemble(options.ptxas, path, name, capability)
    print(f"{len(forms())} forms, {stale} stale")
    sys.exit(stale > 0)


if __name__ == "__main__":
    main()
