# SPDX-License-Identifier: MIT
"""What scripts that test programs share: checks are counted, and what failed is told at the end."""
import sys

_done, _failures = [], []


def check(name, truth, detail=""):
    _done.append(name)
    if not truth:
        _failures.append(f"{name}: {str(detail)[:500]}")


def finish():
    """Ends the script."""
    for failure in _failures:
        print("not ok -", failure)
    print(f"{len(_done) - len(_failures)} passed, {len(_failures)} failed")
    sys.exit(bool(_failures))


def run_tests(names):
    """Calls the functions test_... among the names of a script, and ends it."""
    for name, function in list(names.items()):
        if name.startswith("test_"):
            function()
    finish()
