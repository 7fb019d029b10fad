#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tokens per second of language models (bench/make_language_models.py makes some): reading a prompt of
128 tokens and generating 32, the best of some rounds.

    bench/language_models.py MODEL.gguf... [--threads 1,2] [--rounds 3] [--library LIB]
"""
import argparse
import ctypes as c
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/llm"))
import llm_library  # noqa: E402
from llm_library import (P, SIZE, BatchOptions, ContextOptions, SessionOptions,  # noqa: E402
                         make, ok)


def measure(lib, llm, threads, prompt, generated, rounds):
    context = make(ContextOptions, threads=threads)
    batch = make(BatchOptions, context=c.addressof(context), tokens=512)
    options = make(SessionOptions, batch_options=c.addressof(batch))
    session, token, logits, best = P(), c.c_int32(), P(), [0, 0]
    ok(lib, lib.lw_session_new(llm, c.byref(options), c.byref(session)))
    tokens = (c.c_int32 * prompt)(*[3 + 7 * i % 250 for i in range(prompt)])
    for _ in range(rounds + 1):  # the first packs the weights
        ok(lib, lib.lw_session_rewind(session, SIZE(0)))
        ok(lib, lib.lw_session_feed(session, tokens, SIZE(prompt)))
        start = time.perf_counter()
        ok(lib, lib.lw_session_logits(session, c.byref(logits)))
        middle = time.perf_counter()
        for _ in range(generated):
            ok(lib, lib.lw_session_next(session, c.byref(token)))
        end = time.perf_counter()
        best = [max(best[0], prompt / (middle - start)), max(best[1], generated / (end - middle))]
    lib.lw_session_free(session)
    return best


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="+", type=pathlib.Path)
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--library", default=ROOT / "build/src/llm/liblampwick-llm.so")
    options = p.parse_args()
    lib = llm_library.load(options.library)
    print(f"{'model':24} threads  prompt/s  generated/s")
    for path in options.models:
        llm = P()
        ok(lib, lib.lw_llm_load(str(path).encode(), None, c.byref(llm)))
        for threads in map(int, options.threads.split(",")):
            read, write = measure(lib, llm, threads, 128, 32, options.rounds)
            print(f"{path.stem:24} {threads:7}  {read:8.1f}  {write:11.1f}", flush=True)
        lib.lw_llm_free(llm)


main()
