#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what the compiler does not: include directions, unique file names, banned functions,
file and function sizes, SPDX lines. Prints each fault and exits with 1 if there is any.

    python3 scripts/lint.py
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Module -> modules that it may include, itself aside. "public" is include/.
ALLOWED = {
    "base": {"public"},
    "tensor": {"base", "public"},
    "files": {"base", "public"},
    "kern": {"base"},
    "graph": {"tensor", "base", "public"},
    "ops": {"graph", "tensor", "base", "public"},
    "arch": {"ops", "graph", "tensor", "base", "public"},
    "aten": {"arch", "ops", "graph", "tensor", "base", "public"},
    "format": {"arch", "aten", "files", "ops", "graph", "tensor", "base", "public"},
    "opt": {"ops", "graph", "tensor", "base", "public"},
    "backend": {"ops", "graph", "tensor", "files", "base", "public", "kern"},
    "run": {"backend", "format", "files", "opt", "ops", "graph", "tensor", "base", "public"},
    "nn": {"run", "aten", "arch", "files", "ops", "graph", "tensor", "base", "public"},
    "media": {"base", "public"},
    "text": {"files", "base", "public"},
    "chat": {"base", "public"},
    "llm": {"text", "chat", "files", "base", "public"},
    "speech": {"llm", "base", "public"},
    "serve": {"base", "public"},
    "tools": {"base", "serve", "public"},
    "plugins": {"public"},
    "wasm": {"public"},
}
BANNED = re.compile(r"\b(sprintf|strcpy|strcat|strtok|gets|atoi|atol|atof|alloca|rand|srand|setjmp|"
                    r"longjmp|exit|abort|system|assert)\s*\(")
# The command may end the process; it is not the library.
BANNED_IN_TOOLS = re.compile(r"\b(sprintf|strcpy|strcat|strtok|gets|atoi|atof|alloca)\s*\(")
# libjpeg and libpng report errors by longjmp.
NEEDED_IN_MEDIA = {"setjmp", "longjmp"}
# wasm-ld 19 takes them for what the C library has, if they lie in an archive.
POSIX_NAME = re.compile(r"^static [\w *]*\b(read|write|open|close|access|stat|truncate)\(")
MALLOC = re.compile(r"\b(malloc|calloc|realloc|aligned_alloc|free)\s*\(")
MALLOC_HOME = {"memory.c", "pages_wasi.c"}
MOST_LINES = 1000
MOST_FUNCTION_LINES = 120
GENERATED = {"schema.def", "schema_fused.def"}
ONE_ROW_A_LINE = GENERATED | {"aten.def", "nn.def", "onnx_forms.def"}

faults = []


def fault(path, line, text):
    faults.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def module_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" else parts[0]


def code_lines(text):
    """Lines without comments and string contents, so that prose is not taken for code."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return [re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"//.*", "", l)) for l in text.split("\n")]


def check_includes(path, text):
    module = module_of(path)
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r'#include "([^"]+)"', line)
        if not m:
            continue
        target = m.group(1)
        head = target.split("/")[0]
        if (ROOT / "include" / target).exists():
            head = "public"
        elif "/" not in target:
            head = module if (path.parent / target).exists() else target
        if head != module and head not in ALLOWED.get(module, set()):
            fault(path, number, f"{module} must not include {target}")
        if module == "format" and head == "format" and target.split("/")[1] != path.parent.name:
            fault(path, number, f"one format must not include another ({target})")


def check_code(path, text):
    library = path.relative_to(ROOT).parts[0] == "src"
    for number, line in enumerate(code_lines(text), 1):
        if library and POSIX_NAME.match(line):
            fault(path, number, "a static function with a name of POSIX's")
        m = (BANNED if library else BANNED_IN_TOOLS).search(line)
        if m and not ("media" in path.parts and m.group(1) in NEEDED_IN_MEDIA):
            fault(path, number, f"{m.group(1)} is banned")
        if library and "media" not in path.parts and path.name not in MALLOC_HOME:
            m = MALLOC.search(line)
            if m and not re.search(r"(->|\.)\s*" + m.group(1), line):
                fault(path, number, f"{m.group(1)}: memory comes from base/memory.h")


def check_file(path):
    text = path.read_text()
    if "SPDX-License-Identifier" not in text[:200]:
        fault(path, 1, "no SPDX line")
    lines = text.count("\n")
    if lines > MOST_LINES and path.name not in GENERATED:
        fault(path, 1, f"{lines} lines, at most {MOST_LINES}")
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line or line != line.rstrip():
            fault(path, number, "tab or space at the end")
        if len(line) > 100 and path.name not in ONE_ROW_A_LINE:
            fault(path, number, f"{len(line)} columns, at most 100")
    check_includes(path, text)
    check_code(path, text)


def check_functions(paths):
    """Function lengths: from a line that opens a body in column 0 to the closing brace."""
    for path in paths:
        start = None
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if start is None and re.match(r"[A-Za-z].*\)\s*\{$", line):
                start = number
            elif start is not None and line == "}":
                if number - start > MOST_FUNCTION_LINES:
                    fault(path, start, f"function of {number - start} lines, "
                                       f"at most {MOST_FUNCTION_LINES}")
                start = None


def main():
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    paths = [ROOT / p for p in listed if re.match(r"(src|include|tools|plugins)/.*\.(c|h|inc|def)$", p)]
    paths = [p for p in paths if p.exists()]
    names = {}
    for path in paths:
        check_file(path)
        if path.name in names:
            fault(path, 1, f"the name is taken by {names[path.name].relative_to(ROOT)}")
        names[path.name] = path
    check_functions(paths)
    print("\n".join(faults) or f"lint: {len(paths)} files, no faults")
    sys.exit(1 if faults else 0)


main()
