#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands generate and chat on small models (make_tiny.py).

    generate_test.py lampwick TINY
"""
import pathlib
import subprocess
import sys
import tempfile

import llm_library

check = llm_library.Checks()
COMMAND, MODEL = sys.argv[1], str(pathlib.Path(sys.argv[2]) / "q8_0.gguf")


def run(*arguments, text=None):
    done = subprocess.run([COMMAND, *arguments], input=text, capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def generate(*options, prompt="t4t5"):
    return run("generate", MODEL, prompt, "--ignore-end", *options)


def test_generate():
    code, greedy, _ = generate("-n", "20", "--temperature", "0")
    check("greedy", code == 0 and len(greedy) > 20, greedy)
    check("again", generate("-n", "20", "--temperature", "0")[1] == greedy)
    check("two threads", generate("-n", "20", "--temperature", "0", "-t", "2")[1] == greedy)
    seeded = generate("-n", "20", "--seed", "5")[1]
    check("a seed", generate("-n", "20", "--seed", "5")[1] == seeded)
    check("another seed", generate("-n", "20", "--seed", "6")[1] != seeded)
    check("echo", generate("-n", "3", "--temperature", "0", "--echo")[1].startswith("t4t5"))
    word = greedy[8:11]
    stopped = generate("-n", "20", "--temperature", "0", "--stop", word)[1].rstrip("\n")
    check("stop", stopped == greedy[:greedy.index(word)], (stopped, word))
    code, _, said = generate("-n", "200")
    check("end of the context", code == 0 and "--shift" in said, said)
    code, text, said = generate("-n", "200", "--shift", "--statistics")
    check("beyond it", code == 0 and "200 tokens" in said, said)


def test_guesses():
    draft = ("--draft", str(pathlib.Path(sys.argv[2]) / "q4_0.gguf"), "--draft-tokens", "3")
    plain = generate("-n", "30", "--seed", "5")[1]
    for options in (draft, ("--lookup", "2"), (*draft, "--lookup", "2")):
        code, text, said = generate("-n", "30", "--seed", "5", "--statistics", *options)
        check(f"guesses {options}", code == 0 and text == plain, (text, plain))
        check(f"their share {options}", "guesses" in said and " right, " in said, said)
    check("no draft", generate("--draft", "/nonexistent")[0] == 1)
    check("cache", "MiB" in generate("-n", "3", "--statistics", "--cache", "q8_0")[2])


def test_grammars(folder):
    (folder / "g.gbnf").write_text('root ::= ("t" [468])+\n')
    (folder / "s.json").write_text('{"enum": ["t4"]}')
    text = generate("-n", "12", "--seed", "1", "--grammar", str(folder / "g.gbnf"))[1].strip()
    check("grammar", text and not text.replace("t4", "").replace("t6", "").replace("t8", ""), text)
    (folder / "bad.gbnf").write_text("root ::= (")
    code, _, said = generate("--grammar", str(folder / "bad.gbnf"))
    check("a bad grammar", code == 1 and said.startswith("lampwick: "), said)
    code, _, said = generate("-n", "5", "--json-schema", str(folder / "s.json"))
    check("no token fits", code == 1 and "no token may follow" in said, said)


def test_chat():
    code, text, said = run("chat", MODEL, "--template", "chatml", "-n", "5", "--temperature", "0",
                           text="t4\nt5\n")
    check("two replies", code == 0 and text.count("\n") == 2, (text, said))
    code, _, said = run("chat", MODEL, text="t4\n")
    check("no template", code == 1 and "--template" in said, said)


def test_errors():
    for arguments in (["generate", "/nonexistent", "x"], ["generate", "demo/digits.onnx", "x"],
                      ["generate", MODEL, "--file", "/nonexistent"],
                      ["chat", MODEL, "--template", "/nonexistent"]):
        code, _, said = run(*arguments, text="")
        check(" ".join(arguments), code == 1 and said.startswith("lampwick: "), said)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_generate()
        test_grammars(pathlib.Path(folder))
    test_guesses()
    test_chat()
    test_errors()
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
