#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Commands for language and speech models print on a device what they print on the processor: guesses
ahead, a context that is full, adapters, models with an encoder, vectors, scores, sound.

    language_test.py lampwick TINY SPEECH DEVICE
"""
import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy as np

COMMAND, TINY, SPEECH, DEVICE = sys.argv[1], *map(pathlib.Path, sys.argv[2:4]), sys.argv[4]
passed = failed = 0


def run(*arguments):
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def compare(what, *arguments):
    global passed, failed
    here, there = run(*arguments), run(*arguments, "--device", DEVICE)
    good = here[0] == there[0] == 0 and here[1] == there[1] and here[1].strip()
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAILED {what}: {here} {there}")


def generate(what, model, prompt, *arguments):
    compare(what, "generate", TINY / f"{model}.gguf", prompt, "--temperature", 0, "--cache", "f32",
            "--ignore-end", *arguments)


def write_adapter(path):
    rng = np.random.default_rng(3)
    w = gguf.GGUFWriter(path, "llama")
    w.add_type("adapter")
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", 4.0)
    for name, n, out in (("attn_q", 32, 32), ("ffn_down", 64, 32)):
        for part, shape in (("a", (4, n)), ("b", (out, 4))):
            w.add_tensor(f"blk.0.{name}.weight.lora_{part}",
                         rng.standard_normal(shape, np.float32) * np.float32(0.3))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    prompt = "t4t5t6t7t4t5t6t7"
    generate("a plain text", "f32", prompt, "-n", 30)
    generate("guesses from the text", "f32", prompt, "-n", 30, "--lookup", 2)
    generate("guesses of a small model", "f32", prompt, "-n", 30, "--draft", TINY / "f32.gguf")
    generate("a context that is full", "f32", prompt, "-n", 60, "--context", 32, "--shift")
    generate("the same of a recurrent model", "qwen35", prompt, "-n", 60, "--context", 32, "--shift")
    generate("more than the original context", "stretched", prompt, "-n", 50)
    for model in ("t5", "t5-gated"):
        generate(f"a source, {model}", model, prompt, "-n", 20)
    with tempfile.TemporaryDirectory() as folder:
        write_adapter(f"{folder}/adapter.gguf")
        generate("an adapter", "f32", prompt, "-n", 20, "--lora", f"{folder}/adapter.gguf=0.7")
    for extra in (["--no-fallback"], ["--no-fallback", "--beam-size", 3], ["--no-fallback", "--word-times"]):
        compare(f"sound {extra}", "transcribe", SPEECH / "model", SPEECH / "sound.wav", *extra)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
