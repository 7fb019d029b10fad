# SPDX-License-Identifier: MIT
"""Batches and sessions of the library that is a script's first argument."""
import ctypes as c
import sys

import llm_library
import numpy as np
from llm_library import (P, SIZE, Adapter, BatchOptions, ContextOptions, Info, LlmOptions,
                         ModelOptions, Sampling, SessionOptions, make)

lib = llm_library.load(sys.argv[1])


def ok(status):
    llm_library.ok(lib, status)


def sampling(**options):
    return make(Sampling, **options)


def open_model(path, adapters=()):
    """A model with adapters: pairs of a path and a scale. The status is 0, or there is none."""
    listed = (Adapter * len(adapters))(*[Adapter(str(p).encode(), x) for p, x in adapters])
    options = make(ModelOptions, adapters=c.addressof(listed), n_adapters=len(listed))
    llm = P()
    status = lib.lw_llm_load(str(path).encode(),
                             c.byref(make(LlmOptions, model=c.addressof(options))), c.byref(llm))
    return status, llm


def logits_of(path, tokens, adapters=()):
    """Behind the last token; with a cache in float32."""
    status, llm = open_model(path, adapters)
    ok(status)
    info = make(Info)
    ok(lib.lw_llm_describe(llm, c.byref(info)))
    session = Session(llm)
    ok(session.feed(tokens))
    found = session.logits(info.vocabulary)
    session.close()
    lib.lw_batch_free(session.batch.p)
    lib.lw_llm_free(llm)
    return found


class Batch:
    def __init__(self, llm, threads=1, device=None, device_memory=0, **options):
        self.context = make(ContextOptions, threads=threads, device=device,
                            device_memory=device_memory)
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
