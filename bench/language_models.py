#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tokens per second of language models (bench/make_language_models.py makes some): reading a prompt
and generating after it, the best of some rounds. With llama.cpp's llama-bench the two take turns,
and the table has ratios: above 1, lampwick is faster.

    bench/language_models.py MODEL.gguf... [--threads 1,2] [--rounds 3] [--prompt 512]
        [--generate 64] [--library LIB] [--llama-bench PATH] [--device NAME]
"""
import argparse
import ctypes as c
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/llm"))
import llm_library  # noqa: E402
from llm_library import (P, SIZE, BatchOptions, ContextOptions, SessionOptions,  # noqa: E402
                         make, ok)

LIMIT = 600  # seconds that llama-bench may take


class Lampwick:
    """Like llama-bench: the prompt is read from the start, and tokens are generated from the
    start."""

    def __init__(self, lib, llm, threads, options):
        prompt, generated = options.prompt, options.generate
        self.lib, self.prompt, self.generated = lib, prompt, generated
        context = make(ContextOptions, threads=threads, device=options.device)
        batch = make(BatchOptions, context=c.addressof(context), tokens=prompt + generated)
        options = make(SessionOptions, batch_options=c.addressof(batch))
        self.session, self.logits = P(), P()
        ok(lib, lib.lw_session_new(llm, c.byref(options), c.byref(self.session)))
        self.tokens = (c.c_int32 * prompt)(*[3 + 7 * i % 250 for i in range(prompt)])
        self.round()  # packs the weights

    def read(self, n):
        ok(self.lib, self.lib.lw_session_rewind(self.session, SIZE(0)))
        ok(self.lib, self.lib.lw_session_feed(self.session, self.tokens, SIZE(n)))
        start = time.perf_counter()
        ok(self.lib, self.lib.lw_session_logits(self.session, c.byref(self.logits)))
        return n / (time.perf_counter() - start)

    def generate(self):
        token = c.c_int32()
        self.read(1)
        start = time.perf_counter()
        for _ in range(self.generated):
            ok(self.lib, self.lib.lw_session_next(self.session, c.byref(token)))
        return self.generated / (time.perf_counter() - start)

    def round(self):
        return self.read(self.prompt), self.generate()

    def close(self):
        self.lib.lw_session_free(self.session)


def llama_round(program, path, threads, prompt, generated):
    command = [program, "-m", path, "-t", threads, "-p", prompt, "-n", generated, "-r", 1,
               "-o", "jsonl"]
    run = subprocess.run([str(x) for x in command], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, timeout=LIMIT, check=True)
    tests = [json.loads(line) for line in run.stdout.splitlines()]
    return tuple(max(t["samples_ts"]) for t in sorted(tests, key=lambda t: -t["n_prompt"]))


def measure(lib, llm, path, threads, options):
    """Pairs of prompt and generation: ours, and llama.cpp's if it is there."""
    ours = Lampwick(lib, llm, threads, options)
    rounds = [[], []]
    for _ in range(options.rounds):
        rounds[0].append(ours.round())
        if options.llama_bench:
            rounds[1].append(llama_round(options.llama_bench, path, threads, options.prompt,
                                         options.generate))
    ours.close()
    return [[max(one) for one in zip(*side)] for side in rounds if side]


def row(name, threads, results):
    cells = [name, str(threads)] + [f"{x:.1f}" for side in results for x in side]
    if len(results) == 2:
        cells += [f"{a / b:.2f}" for a, b in zip(*results)]
    return "| " + " | ".join(cells) + " |"


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="+", type=pathlib.Path)
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--prompt", type=int, default=512)
    p.add_argument("--generate", type=int, default=64)
    p.add_argument("--library", default=ROOT / "build/src/llm/liblampwick-llm.so")
    p.add_argument("--llama-bench", type=pathlib.Path, help="llama.cpp's program of that name")
    p.add_argument("--device", type=str.encode, help="cuda:0, for instance (lampwick only)")
    options = p.parse_args()
    lib = llm_library.load(options.library)
    columns = ["model", "threads", "prompt/s", "generated/s"]
    if options.llama_bench:
        columns += ["llama.cpp prompt/s", "llama.cpp generated/s", "prompt ratio",
                    "generation ratio"]
    print("| " + " | ".join(columns) + " |\n| --- |" + " ---: |" * (len(columns) - 1))
    for path in options.models:
        llm = P()
        ok(lib, lib.lw_llm_load(str(path).encode(), None, c.byref(llm)))
        for threads in map(int, options.threads.split(",")):
            print(row(path.stem, threads, measure(lib, llm, path, threads, options)), flush=True)
        lib.lw_llm_free(llm)


main()
