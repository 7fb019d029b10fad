#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Embeddings of an encoder: sessions against the graph's own states (which huggingface.py compares
with PyTorch), for each way of pooling; texts alone and together; the command embed.

    embed_test.py liblampwick-llm.so liblampwick.so lampwick TINY
"""
import ctypes as c
import json
import pathlib
import subprocess
import sys

import llm_library
import numpy as np
from llm_library import P, SIZE, BatchOptions, Info, SessionOptions, make

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import encode  # noqa: E402

MEAN, CLS, LAST, NONE = 1, 2, 3, 4
lib = llm_library.load(sys.argv[1])
check = llm_library.Checks()


def ok(status):
    llm_library.ok(lib, status)


class Model:
    def __init__(self, path):
        self.p, self.batch = P(), None
        ok(lib.lw_llm_load(str(path).encode(), None, c.byref(self.p)))
        self.info = make(Info)
        ok(lib.lw_llm_describe(self.p, c.byref(self.info)))

    def new_batch(self, step_tokens):
        self.batch = P()
        options = make(BatchOptions, step_tokens=step_tokens, keep_prefixes=True)
        ok(lib.lw_batch_new(self.p, c.byref(options), c.byref(self.batch)))
        return self.batch

    def session(self, tokens, pooling=0, batch=None):
        options = make(SessionOptions, pooling=pooling, batch=batch)
        session = P()
        ok(lib.lw_session_new(self.p, c.byref(options), c.byref(session)))
        feed(session, tokens)
        return session


def feed(session, tokens):
    ok(lib.lw_session_feed(session, (c.c_int32 * len(tokens))(*tokens), SIZE(len(tokens))))


def embedding(session, shape):
    state = c.POINTER(c.c_float)()
    ok(lib.lw_session_embedding(session, c.byref(state)))
    return np.ctypeslib.as_array(state, shape).copy()


def test_pooling(model, states, text):
    width = model.info.width
    mean = states.astype(np.float64).mean(axis=0).astype(np.float32)
    for name, pooling, want in (("model", 0, mean), ("mean", MEAN, mean), ("cls", CLS, states[0]),
                                ("last", LAST, states[-1]), ("none", NONE, states)):
        session = model.session(text, pooling)
        check(name, np.array_equal(embedding(session, want.shape), want))
        logits = c.POINTER(c.c_float)()
        check("no logits", lib.lw_session_logits(session, c.byref(logits)) != 0)
        check("and why", b"encoder" in lib.lw_last_error())
        lib.lw_session_free(session)
    parts = model.session(text[:4])
    first = embedding(parts, (width,))
    feed(parts, text[4:])
    check("in two parts", np.array_equal(embedding(parts, (width,)), mean))
    ok(lib.lw_session_rewind(parts, SIZE(4)))
    check("rewound", np.array_equal(embedding(parts, (width,)), first))
    check("too long", lib.lw_session_feed(parts, (c.c_int32 * 61)(), SIZE(61)) != 0)
    lib.lw_session_free(parts)


def test_batches(model, texts):
    width = (model.info.width,)
    alone = []
    for text in texts:
        session = model.session(text)
        alone.append(embedding(session, width))
        lib.lw_session_free(session)
    for step_tokens in (0, 20, 1):
        batch = model.new_batch(step_tokens)
        sessions = [model.session(t, batch=batch) for t in texts]
        got = [embedding(s, width) for s in sessions]
        check(f"together, steps of {step_tokens}", np.array_equal(got, alone))
        check("ready", all(lib.lw_session_ready(s) for s in sessions))
        for s in sessions:
            lib.lw_session_free(s)
        lib.lw_batch_free(batch)


def command(*arguments):
    return json.loads(subprocess.run([sys.argv[3], *map(str, arguments)], check=True,
                                     capture_output=True, text=True).stdout)


def test_command(path, library):
    texts = [" ".join(f"t{5 + i * j % 30}" for i in range(1, j + 2)) for j in range(1, 40)]
    ids = [[t["id"] for t in command("tokenize", path, t, "--json")] for t in texts]
    check("around a text", all(i[0] == 2 and i[-1] == 3 for i in ids))
    got = command("embed", path, *texts)
    states = encode(library.load(path, threads=1), ids)
    want = [s.astype(np.float64).mean(axis=0) for s in states]
    want = [w / np.linalg.norm(w) for w in want]
    check("command", np.allclose([g["embedding"] for g in got], want, atol=1e-6))
    check("tokens", [g["tokens"] for g in got] == [len(i) for i in ids])
    got = command("embed", path, texts[0], "--raw", "--pooling", "cls")
    check("cls", np.allclose(got[0]["embedding"], states[0][0], atol=1e-6))


def main():
    path = pathlib.Path(sys.argv[4]) / "encoder.gguf"
    library = lampwick.Library(sys.argv[2])
    model, rng = Model(path), np.random.default_rng(2)
    check("info", model.info.encoder and model.info.pooling == MEAN)
    texts = [rng.integers(5, 40, n).tolist() for n in (12, 1, 40, 7, 64, 2)]
    states = encode(library.load(path, threads=1), [texts[0]])[0]
    test_pooling(model, states, texts[0])
    test_batches(model, texts)
    lib.lw_llm_free(model.p)
    test_command(path, library)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
