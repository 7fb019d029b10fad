#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what is made of src/nn/nn.def: include/lampwick/nn_functions.h and
docs/pytorch-mapping.md.

    python3 scripts/make_nn.py [--check]

--check: writes nothing, exits with 1 if a file is not as it would be written.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include/lampwick/nn_functions.h"
MAPPING = ROOT / "docs/pytorch-mapping.md"
HEAD = """/* SPDX-License-Identifier: MIT
 *
 * The functions of lampwick/nn.h, which includes this file. Made by scripts/make_nn.py of
 * src/nn/nn.def.
 *
 * Comments say how PyTorch is called, with its defaults, where that is not what the prototype says;
 * defaults are written out here. Functions with _scalar take a number, which is an int if it is
 * whole. Results behind the first are stored where the last arguments say, which may be NULL;
 * functions that make a list store it in parts, which must be as long as the list, and return its
 * first. Nothing is written to arguments, and nothing is trained.
 */
#ifndef LAMPWICK_NN_FUNCTIONS_H
#define LAMPWICK_NN_FUNCTIONS_H

#include <lampwick/nn.h>

#ifdef __cplusplus
extern "C" {
#endif
/* clang-format off */
"""
TAIL = """
/* clang-format on */
#ifdef __cplusplus
}
#endif
#endif
"""
TYPES = {"V": "lw_array *", "O": "lw_array *", "KO": "lw_array *", "I": "int64_t ",
         "J": "int64_t ", "KI": "int64_t ", "D": "double ", "N": "double ", "KN": "double ",
         "E": "double ", "KE": "double ", "B": "bool ", "KB": "bool ", "L": "lw_ints ",
         "Q": "lw_ints ", "L0": "lw_ints ", "L1": "lw_ints ", "S": "const char *",
         "KS": "const char *", "A": "const char *", "W": "lw_dtype ", "KT": "lw_dtype ",
         "G": "lw_nn *", "R": "lw_array **"}


class Row:
    """A function. Layers and questions have no arguments here: their prototypes are by hand."""

    def __init__(self, line):
        layer = re.match(r'NL\((\w+), "([^"]*)", "([^"]*)"\)$', line)
        if layer:
            self.name, self.torch, self.aten = layer[1], layer[2], layer[3].split()
            self.arguments = None
            return
        head = re.match(r'N([NH])(\d+)\((\w+), "([^"]*)", "([^"]*)", (.*)\)$', line)
        self.by_hand = head[1] == "H"
        self.name, self.torch, self.aten = head[3], head[4], head[5].split()
        words = head[6].split(", ")
        self.arguments = list(zip(words[::2], words[1::2]))
        if len(self.arguments) != int(head[2]):
            raise SystemExit(f"nn.def: {self.name} has {len(self.arguments)} arguments")

    def parameters(self):
        for kind, name in self.arguments:
            if kind == "M":
                yield f"lw_array *const *{name}"
                yield f"size_t n_{name}"
            elif kind == "Y":
                yield f"lw_array **{name}"
                yield f"size_t n_{name}"
            elif kind[0] == "P":
                yield f"const lw_{kind[1:]}_options *{name}"
            else:
                yield TYPES[kind] + name

    def prototype(self):
        line, lines = f"LW_API lw_array *lw_{self.name}(", []
        indent = " " * len(line)
        parameters = list(self.parameters())
        for i, parameter in enumerate(parameters):
            piece = parameter + (", " if i + 1 < len(parameters) else ");")
            if len(line) + len(piece.rstrip()) > 100:
                lines.append(line.rstrip())
                line = indent
            line += piece
        return "\n".join(lines + [line]) + "\n"

    def says_nothing(self):
        """The call is what the prototype says."""
        names = ", ".join(name for _, name in self.arguments)
        return re.sub(r"^(torch|F)\.|\*", "", self.torch) == f"{self.name}({names})"

    def comment(self):
        if self.says_nothing():
            return ""
        return textwrap.fill(f"/* {self.torch}", 97, subsequent_indent=" * ") + " */\n"


def sections(layers=False):
    """[(title, [Row])], with layers or without."""
    found = []
    started = False
    for line in (ROOT / "src/nn/nn.def").read_text().split("\n"):
        started |= "clang-format off" in line
        title = re.match(r"/\* (.*) \*/$", line)
        if title and started and "clang-format" not in line:
            found.append((title[1], []))
        elif line.startswith(("NN", "NH")) or (layers and line.startswith("NL")):
            found[-1][1].append(Row(line))
    return [(title, rows) for title, rows in found if rows]


def header():
    lines = []
    for title, rows in sections():
        lines.append(f"\n/* ---- {title} ---- */\n\n")
        for row in rows:
            lines += [row.comment(), row.prototype()]
    return HEAD + "".join(lines) + TAIL


def onnx_of():
    """ATen's operator -> what it becomes."""
    table = {}
    text = r'"((?:[^"\\]|\\.)*)"'
    for match in re.finditer(rf"^ATEN\({text}, {text}, [^\"]*{text}, {text}",
                             (ROOT / "src/aten/aten.def").read_text(), re.M):
        table.setdefault(match[1], []).extend(match[4].split())
        table[f"{match[1]}.{match[2]}"] = match[4].split()
    return table


def mapping():
    table = onnx_of()
    rows_of = sections(layers=True)
    missing = [r.name for _, rows in rows_of for r in rows if not all(a in table for a in r.aten)]
    count = sum(len(rows) for _, rows in sections())
    text = f"""# PyTorch, lampwick, ONNX

{count} functions of PyTorch, what they are called in C (`lampwick/nn.h`), and the operators of ONNX
that they become. Made by `scripts/make_nn.py` of `src/nn/nn.def` and `src/aten/aten.def`; each row
is compared with PyTorch by `tests/nn`. Arguments have PyTorch's order; the header has the
prototypes. Which operators a call becomes depends on its arguments: not all of those named need
occur.
"""
    if missing:
        text += f"\nNot there yet ({len(missing)}; calls fail with a sentence): " + ", ".join(
            f"`lw_{name}`" for name in missing) + ".\n"
    for title, rows in rows_of:
        text += f"\n## {title}\n\n| PyTorch | lampwick | ONNX |\n| --- | --- | --- |\n"
        for row in rows:
            becomes = list(dict.fromkeys(op for a in row.aten for op in table.get(a, ["-"])))
            call = row.torch.replace("|", "\\|")
            text += f"| `{call}` | `lw_{row.name}` | {' '.join(becomes) or '-'} |\n"
    return text


def main():
    wanted = {HEADER: header(), MAPPING: mapping()}
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text() != text]
    for path in stale:
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is not up to date: run scripts/make_nn.py")
        else:
            path.write_text(wanted[path])
    return bool(stale) and "--check" in sys.argv


if __name__ == "__main__":
    sys.exit(main())
