# SPDX-License-Identifier: MIT
# CMake before 3.31 does not know this system: static libraries, and modules instead of programs.
set(WASI 1)
set(CMAKE_EXECUTABLE_SUFFIX .wasm)
