#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tokens per second of language models (bench/make_language_models.py makes some): reading a prompt
and generating after it, the best of some rounds. With llama.cpp's llama-bench, or candle's program
(bench/candle), they take turns, and the table has ratios: above 1, lampwick is faster. How many of
candle's tokens are lampwick's, up to the first that is not, goes to stderr.

    bench/language_models.py MODEL.gguf... [--threads 1,2] [--rounds 3] [--prompt 512]
        [--generate 64] [--library LIB] [--llama-bench PATH] [--candle PATH]
        [--device NAME]
"""
import argparse
import ctypes as c
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/llm"))
import llm_library  # noqa: E402
from llm_library import (P, SIZE, BatchOptions, ContextOptions, SessionOptions,  # noqa: E402
                         make, ok)

LIMIT = 600  # seconds that a round of another program may take


class Lampwick:
    """Like llama-bench: the prompt is read from the start, and tokens are generated from the
    start."""

    def __init__(self, lib, llm, threads, options):
        prompt, generated = options.prompt, options.generate
        self.lib, self.prompt, self.generated = lib, prompt, generated
        context = make(ContextOptions, threads=threads, device=options.device)
        batch = make(BatchOptions, context=c.addressof(context), tokens=prompt + generated)
        options = make(SessionOptions, batch_options=c.addressof(batch))
        self.session, self.logits, self.made = P(), P(), []
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
        made = []
        for _ in range(self.generated):
            ok(self.lib, self.lib.lw_session_next(self.session, c.byref(token)))
            made.append(token.value)
        speed = self.generated / (time.perf_counter() - start)
        self.made = made
        return speed

    def round(self):
        return self.read(self.prompt), self.generate()

    def close(self):
        self.lib.lw_session_free(self.session)


def output_of(command, **environment):
    run = subprocess.run([str(x) for x in command], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, timeout=LIMIT, check=True,
                         env=os.environ | environment)
    return [json.loads(line) for line in run.stdout.splitlines()]


def llama_round(program, path, threads, prompt, generated):
    tests = output_of([program, "-m", path, "-t", threads, "-p", prompt, "-n", generated, "-r", 1,
                       "-o", "jsonl"])
    return tuple(max(t["samples_ts"]) for t in sorted(tests, key=lambda t: -t["n_prompt"]))


def candle_round(program, path, threads, prompt, generated):
    result, = output_of([program, path, prompt, generated], RAYON_NUM_THREADS=str(threads))
    return result["prompt"], result["generated"], result["tokens"]


def say_same(path, name, ours, theirs):
    same = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), len(ours))
    print(f"{path.stem}: the first {same} of {len(ours)} tokens are {name}'s", file=sys.stderr)


def others_of(options):
    """Name, function and program of what takes turns with lampwick."""
    known = [("llama.cpp", llama_round, options.llama_bench),
             ("candle", candle_round, options.candle)]
    return [other for other in known if other[2]]


def measure(lib, llm, path, threads, options):
    """Pairs of prompt and generation: ours, and those of each of the others."""
    ours = Lampwick(lib, llm, threads, options)
    others = others_of(options)
    rounds = [[] for _ in range(1 + len(others))]
    for _ in range(options.rounds):
        rounds[0].append(ours.round())
        for results, (name, run, program) in zip(rounds[1:], others):
            *speeds, = run(program, path, threads, options.prompt, options.generate)
            if len(speeds) > 2 and not results:
                say_same(path, name, ours.made, speeds[2])
            results.append(speeds[:2])
    ours.close()
    return [[max(one) for one in zip(*side)] for side in rounds]


def row(name, threads, results):
    ours, *others = results
    cells = [name, str(threads)] + [f"{x:.1f}" for x in ours]
    for other in others:
        cells += [f"{x:.1f}" for x in other] + [f"{a / b:.2f}" for a, b in zip(ours, other)]
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
    p.add_argument("--candle", type=pathlib.Path, help="the program of bench/candle")
    p.add_argument("--device", type=str.encode, help="cuda:0, for instance (lampwick only)")
    options = p.parse_args()
    lib = llm_library.load(options.library)
    columns = ["model", "threads", "prompt/s", "generated/s"]
    for name, _, _ in others_of(options):
        columns += [f"{name} prompt/s", f"{name} generated/s", "prompt ratio", "generation ratio"]
    print("| " + " | ".join(columns) + " |\n| --- |" + " ---: |" * (len(columns) - 1))
    for path in options.models:
        llm = P()
        ok(lib, lib.lw_llm_load(str(path).encode(), None, c.byref(llm)))
        for threads in map(int, options.threads.split(",")):
            print(row(path.stem, threads, measure(lib, llm, path, threads, options)), flush=True)
        lib.lw_llm_free(llm)


main()
