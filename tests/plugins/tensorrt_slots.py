#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the places in plugins/tensorrt_slots.def with NVIDIA's own headers, where a compiler puts
them. Folders hold the headers of one version: NvInfer.h and those beside it (include/ of
github.com/NVIDIA/TensorRT) and, for the parser's places, NvOnnxParser.h (github.com/onnx/onnx-tensorrt).

    tests/plugins/tensorrt_slots.py FOLDER...
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLOTS = re.findall(r"^SLOT\((\w+), (\w+), (\d+), (\d+)\)", (ROOT / "plugins/tensorrt_slots.def").read_text(), re.M)
# The runtime's header is not there: names of its types are enough. A pointer to a virtual function
# holds 1 + where it stands in the table (Itanium C++ ABI; AArch64 has the 1 elsewhere).
RUNTIME = "typedef struct CUstream_st *cudaStream_t; typedef struct CUevent_st *cudaEvent_t; enum cudaError_t {};\n"
PROGRAM = """
#include "NvInfer.h"
#if PARSER
#include "NvOnnxParser.h"
#endif
#include <cstdio>
#include <cstring>
#include <type_traits>
template <class T> void show(const char *name, T function) {
    long place;
    std::memcpy(&place, &function, sizeof place);
    std::printf("%s %ld\\n", name, (place - 1) / 8);
}
template <class C> auto one(nvinfer1::ICudaEngine *(C::*f)(void const *, std::size_t) noexcept) { return f; }
template <class F> auto one(F f) { return f; }
/* An interface: the pointer to its table, then that to its implementation. */
template <class I> struct Open : I {
    static void check(const char *name) {
        long at = (char *)&((Open *)64)->mImpl - (char *)64;
        std::printf("%s %ld %zu\\n", name, at, sizeof(I));
    }
};
int main() {
    std::printf("version %d\\n", NV_TENSORRT_VERSION);
    std::printf("dims %zu\\n", sizeof(nvinfer1::Dims));
    show("log", &nvinfer1::ILogger::log);
"""


def program(parser):
    lines = [PROGRAM.replace("PARSER", str(int(parser)))]
    for interface, function, _, _ in SLOTS:
        if interface.startswith("IParser") and not parser:
            continue
        space = "nvonnxparser::" if interface.startswith("IParser") else "nvinfer1::apiv::"
        name = f"{space}{interface}::{function}"
        shown = f'    show("{interface}.{function}", &{name});'
        if function == "deserializeCudaEngine":  # 10 has a second one, for streams
            picked = shown.replace(f"&{name}", f"one<nvinfer1::apiv::VRuntime>(&{name})")
            shown = f"#if NV_TENSORRT_MAJOR >= 10\n{picked}\n#else\n{shown}\n#endif"
        lines.append(shown)
    for name in ("IBuilder", "INetworkDefinition", "IBuilderConfig", "IHostMemory", "IRuntime", "ICudaEngine",
                 "IExecutionContext"):
        lines.append(f'    Open<nvinfer1::{name}>::check("{name}");')
    return "\n".join(lines) + "\n}\n"


def places(folder):
    parser = (folder / "NvOnnxParser.h").exists()
    with tempfile.TemporaryDirectory() as scratch:
        here = pathlib.Path(scratch)
        (here / "cuda_runtime_api.h").write_text(RUNTIME)
        for name in ("cublas_v2.h", "cudnn.h"):
            (here / name).write_text("")
        (here / "show.cpp").write_text(program(parser))
        subprocess.run(["g++", "-std=c++17", "-w", f"-I{folder}", f"-I{here}", here / "show.cpp", "-o", here / "show"],
                       check=True)
        shown = subprocess.run([here / "show"], capture_output=True, text=True, check=True).stdout
    return dict(line.split(" ", 1) for line in shown.splitlines())


def main():
    wrong = []
    for folder in map(pathlib.Path, sys.argv[1:]):
        found = places(folder)
        newer = int(found["version"]) >= 100000
        expected = {f"{i}.{f}": new if newer else old for i, f, old, new in SLOTS}
        expected |= {"log": "0", "dims": "72" if newer else "36"}
        expected |= {name: "8 16" for name in found if name.startswith("I") and "." not in name}
        wrong += [f"{folder}: {name} is {found[name]}, not {place}" for name, place in expected.items()
                  if name in found and found[name] != place]
        print(f"{folder}: version {found['version']}, {len(expected.keys() & found.keys())} places compared")
    print("\n".join(wrong) or "all as the adapter has them")
    sys.exit(bool(wrong) or len(sys.argv) == 1)


if __name__ == "__main__":
    main()
