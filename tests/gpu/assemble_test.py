#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NVIDIA's assembler takes the PTX of every form, and says that kernels which are to run in registers
do. The assembler is that of a package from PyPI, of a fixed version; where it cannot be had, this
says so and ends well.

    tests/gpu/assemble_test.py FOLDER [--all]     FOLDER: where the package is kept
                                                  --all: for every card that may be given a form, too
"""
import pathlib
import re
import subprocess
import sys

PACKAGE = "nvidia-cuda-nvcc-cu12==12.9.86"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PTX = ROOT / "src/backend/gpu/ptx"
# What may not use memory for an item's own arrays, by form. An epilogue that is a program may: it
# has 40 floats.
MAPPED = [f"matmul_{t}_mapped_{n}{turned}" for t in ("f16", "bf16") for n in (128, 256) for turned in ("", "_turned")]
F16, BF16 = ([f"{name}_{t}" for name in ("matmul", "matmul_narrow", "conv", "conv_wide", "attention_64", "attention_128")]
             for t in ("f16", "bf16"))
PAGED = [f"paged_tiles_{size}_{t}" for size in (64, 128, 256) for t in ("f16", "q8")]
PAGED_F32 = [f"paged_tiles_{size}_f32" for size in (64, 128, 256)]
BYTES = ["matmul_i8", "block_dot_gemm", "block_dot_experts", "block_few", "block_few_floats"]
WIDE = ["matmul_wide_f32", "conv_wide_f32", "matmul_f16", "matmul_bf16"]
IN_REGISTERS = {"sm_50": WIDE, "sm_75": F16 + PAGED + BYTES,
                "sm_80": F16 + BF16 + PAGED + PAGED_F32 + BYTES, "sm_90": BYTES[1:], "sm_90a": MAPPED}
# What reads weights or operands 16 bytes at a time: such loads that a kernel's text has at least.
VECTORS = {"block_few": 10, "block_few_floats": 4, "block_dot_experts": 4, "matmul_few_half": 2,
           "matmul_wide_f32": 4, "conv_wide_f32": 4}
PROGRAM = 160
WORDS = {"sm_50": 20, "sm_75": 12, "sm_80": 12, "sm_90": 12}  # bytes that ptxas may keep in memory all the same, for cards of that form
FRAME = re.compile(r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill", re.S)
SERIAL = re.compile(r".*instructions are serialized.*")


def find(folder):
    ptxas = folder / "nvidia/cuda_nvcc/bin/ptxas"
    if not ptxas.exists():
        done = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder,
                               PACKAGE], capture_output=True, text=True, check=False)
        if done.returncode != 0 or not ptxas.exists():
            print(f"skipped: {PACKAGE} cannot be had: {(done.stderr.splitlines() or ['no ptxas in it'])[-1]}")
            sys.exit(0)
    return ptxas


def examine(ptxas, form, names):
    """What is wrong with kernels of a form: memory that they use, products that wait for each other."""
    shown = subprocess.run([ptxas, "-v", f"-arch={form}", PTX / f"{form}.ptx", "-o", "/dev/null"],
                           capture_output=True, text=True, check=True).stderr
    frames = {name: (int(stack), int(spill)) for name, stack, spill in FRAME.findall(shown)}
    wrong = [f"{form}: {name} does not run in registers: {frames.get(name)} bytes" for name in names
             if name not in frames or frames[name][0] > PROGRAM + WORDS.get(form, 0) or
             frames[name][1] > WORDS.get(form, 0)]
    return wrong + SERIAL.findall(shown)


def impatient():
    """Kernels that may be launched early, and do not wait for what is before them."""
    for kernel in (PTX / "sm_90.ptx").read_text().split(".entry ")[1:]:
        if "griddepcontrol.wait" not in kernel.split("// -- End function")[0]:
            yield f"{kernel.split('(')[0]} does not wait for what is launched before it"


def narrow():
    text = (PTX / "sm_50.ptx").read_text()
    for name, least in VECTORS.items():
        body = text[text.index(f".entry {name}("):].split("// -- End function")[0]
        found = len(re.findall(r"ld\.global(?:\.nc)?\.v4\.[uf]32", body))
        if found < least:
            yield f"{name} has {found} loads of 16 bytes, not {least}"


def main():
    ptxas = find(pathlib.Path(sys.argv[1]))
    forms = sorted(path.stem for path in PTX.glob("*.ptx"))
    wrong = [line for form in forms for line in examine(ptxas, form, IN_REGISTERS.get(form, []))]
    wrong += [*narrow(), *impatient()]
    if "--all" in sys.argv:
        done = subprocess.run([ROOT / "scripts/make_ptx.py", "--check", "--ptxas", ptxas], check=False)
        wrong += ["not every card takes its form"] if done.returncode else []
    print("\n".join(wrong) or f"all forms are assembled: {', '.join(forms)}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
