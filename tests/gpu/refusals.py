#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a device refuses, by operator and reason, must be what refusals.txt says: a node that is
said to be run by devices must not fall back to the processor, and what falls back no more must
leave the list. Runs cases without the fallback; a case ends at its first refused node.

    refusals.py LAMPWICK CASES [--write]
"""

import pathlib
import re
import subprocess
import sys

LIST = pathlib.Path(__file__).with_name("refusals.txt")
REFUSED = re.compile(r"^not ok \d+ - \S+ # (\S+) '.*': opencl:0 cannot run it: (.*)$")


def refusals(lampwick, cases):
    command = [lampwick, "test", "--no-fork", "--quiet", "--skip", "tests/skip.txt",
               "--device", "opencl", cases]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found, wrong = set(), []
    for line in output.splitlines():
        match = REFUSED.match(line)
        if match:
            found.add(f"{match[1]}: {match[2]}")
        elif line.startswith("not ok"):
            wrong.append(line)
    if not re.search(r"^[1-9]\d* passed", output, re.MULTILINE):
        wrong.append("no case passed")
    return found, wrong


def need_opencl(lampwick):
    """Ends with a sentence where no device can be asked what it refuses."""
    listed = subprocess.run([lampwick, "devices"], capture_output=True, text=True, check=True).stdout
    first = next((line for line in listed.splitlines() if line.startswith("opencl")), "opencl: not built in")
    if not first.startswith("opencl:0") or "not usable" in first:
        sys.exit(f"refusals.py needs an OpenCL device (pocl-opencl-icd and ocl-icd-libopencl1): {first}")


def main():
    need_opencl(sys.argv[1])
    found, wrong = refusals(sys.argv[1], sys.argv[2])
    if sys.argv[3:] == ["--write"]:
        LIST.write_text("\n".join(sorted(found)) + "\n")
        return 0
    known = set(LIST.read_text().split("\n")) - {""}
    wrong += [f"is refused, but not in refusals.txt: {r}" for r in sorted(found - known)]
    wrong += [f"is in refusals.txt, but not refused: {r}" for r in sorted(known - found)]
    print("\n".join(wrong) if wrong else f"{len(found)} refusals, all known")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
