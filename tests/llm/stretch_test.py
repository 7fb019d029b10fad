#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions that grow beyond the context before it was stretched (40 tokens of the small model): what
they had computed by then must not count any more, in any order of feeding, nor must prefixes of
shorter sessions.

    stretch_test.py liblampwick-llm.so TINY
"""
import ctypes as c
import pathlib
import sys

import llm_library
import numpy as np
from llm_library import P, SIZE, BatchOptions, SessionOptions, make

lib = llm_library.load(sys.argv[1])
check = llm_library.Checks()
VOCABULARY = 40


def ok(status):
    llm_library.ok(lib, status)


class Session:
    def __init__(self, llm, batch):
        self.p = P()
        ok(lib.lw_session_new(llm, c.byref(make(SessionOptions, batch=batch)), c.byref(self.p)))

    def feed(self, tokens):
        ok(lib.lw_session_feed(self.p, (c.c_int32 * len(tokens))(*tokens), SIZE(len(tokens))))
        return self

    def logits(self):
        logits = c.POINTER(c.c_float)()
        ok(lib.lw_session_logits(self.p, c.byref(logits)))
        return np.ctypeslib.as_array(logits, (VOCABULARY,)).copy()

    def score(self, tokens):
        scores = (c.c_float * len(tokens))()
        ok(lib.lw_session_score(self.p, (c.c_int32 * len(tokens))(*tokens), SIZE(len(tokens)),
                                scores))
        return np.array(scores)

    def rewind(self, n):
        ok(lib.lw_session_rewind(self.p, SIZE(n)))
        return self

    def reused(self):
        return lib.lw_session_reused(self.p)

    def close(self):
        lib.lw_session_free(self.p)


def new_batch(llm, **options):
    batch = P()
    ok(lib.lw_batch_new(llm, c.byref(make(BatchOptions, cache=1, tokens=512, **options)),
                        c.byref(batch)))
    return batch


def main():
    llm, tokens = P(), np.random.default_rng(3).integers(3, VOCABULARY, 50).tolist()
    path = pathlib.Path(sys.argv[2]) / "stretched.gguf"
    ok(lib.lw_llm_load(str(path).encode(), None, c.byref(llm)))
    batch, kept = new_batch(llm), new_batch(llm, keep_prefixes=True)
    sessions = [Session(llm, batch) for _ in range(4)] + [Session(llm, kept) for _ in range(3)]
    whole, slow, short, scored, first, second, third = sessions
    want, want_short = whole.feed(tokens).logits(), short.feed(tokens[:40]).logits()
    for token in tokens:
        got = slow.feed([token]).logits()
    check("token by token", np.array_equal(got, want))
    check("back", np.array_equal(whole.rewind(40).logits(), want_short))
    check("and again", np.array_equal(whole.feed(tokens[40:]).logits(), want))
    scores = np.concatenate([scored.score(tokens[:45])[-3:], scored.score(tokens[45:])])
    check("scores", np.array_equal(scores, scored.rewind(0).score(tokens)[-8:]))
    check("kept", np.array_equal(first.feed(tokens[:40]).logits(), want_short))
    check("not for longer ones", np.array_equal(second.feed(tokens).logits(), want))
    check("not used", second.reused() == 0)
    check("for such as they are", np.array_equal(third.feed(tokens).logits(), want))
    check("used", third.reused() == 32)
    for session in sessions:
        session.close()
    for b in (batch, kept):
        lib.lw_batch_free(b)
    lib.lw_llm_free(llm)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
