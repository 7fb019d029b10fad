# SPDX-License-Identifier: MIT
"""Batches and sessions of the library that is a script's first argument."""
import ctypes as c
import sys

import llm_library
import numpy as np
from llm_library import P, SIZE, BatchOptions, ContextOptions, Sampling, SessionOptions, make

lib = llm_library.load(sys.argv[1])


def ok(status):
    llm_library.ok(lib, status)


def sampling(**options):
    return make(Sampling, **options)


class Batch:
    def __init__(self, llm, threads=1, **options):
        self.context = make(ContextOptions, threads=threads)
        self.options = make(BatchOptions, **{"cache": 1, "context": c.addressof(self.context),
                                             **options})
        self.p = P()
        ok(lib.lw_batch_new(llm, c.byref(self.options), c.byref(self.p)))

    def step(self):
        n = SIZE()
        ok(lib.lw_batch_step(self.p, c.byref(n)))
        return n.value


class Session:
    def __init__(self, llm, batch=None, choose=None, **options):
        self.choose = choose or sampling()
        self.batch = batch or Batch(llm)
        self.options = make(SessionOptions, batch=self.batch.p,
                            sampling=c.addressof(self.choose), **options)
        self.p = P()
        ok(lib.lw_session_new(llm, c.byref(self.options), c.byref(self.p)))

    def feed(self, tokens):
        return lib.lw_session_feed(self.p, (c.c_int32 * len(tokens))(*tokens), SIZE(len(tokens)))

    def logits(self, vocabulary):
        logits = c.POINTER(c.c_float)()
        ok(lib.lw_session_logits(self.p, c.byref(logits)))
        return np.ctypeslib.as_array(logits, (vocabulary,)).copy()

    def next(self):
        token = c.c_int32()
        ok(lib.lw_session_next(self.p, c.byref(token)))
        return token.value

    def tokens(self):
        n = SIZE()
        data = lib.lw_session_tokens(self.p, c.byref(n))
        return list((c.c_int32 * n.value).from_address(data)) if n.value else []

    def close(self):
        lib.lw_session_free(self.p)


def generate(session, n):
    return [session.next() for _ in range(n)]
