#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models with an encoder and a decoder: sessions with a source against numpy (tiny_t5.py), alone and
beside others; the encoder's vectors; the commands generate and embed. With FOLDER, against what
PyTorch made (make_huggingface.py).

    source_test.py liblampwick-llm.so lampwick TINY [FOLDER]
"""
import ctypes as c
import json
import pathlib
import subprocess
import sys

import llm_library
import numpy as np
import tiny_t5
from llm_library import P, SIZE, BatchOptions, Info, SessionOptions, Speculation, make

INVALID, UNSUPPORTED = -2, -6
lib = llm_library.load(sys.argv[1])
check = llm_library.Checks()
COMMAND, TINY = sys.argv[2], pathlib.Path(sys.argv[3])
SOURCE = [5, 9, 30, 7, 7, 12, 38, 3, 20, 21, 22, 23, 24, 11, 6, 17, 1]


def ok(status):
    llm_library.ok(lib, status)


def ids(tokens):
    return (c.c_int32 * len(tokens))(*tokens)


class Model:
    def __init__(self, path):
        self.p, self.info = P(), make(Info)
        ok(lib.lw_llm_load(str(path).encode(), None, c.byref(self.p)))
        ok(lib.lw_llm_describe(self.p, c.byref(self.info)))

    def batch(self):
        batch = P()
        options = make(BatchOptions, cache=1, tokens=256, keep_prefixes=True)
        ok(lib.lw_batch_new(self.p, c.byref(options), c.byref(batch)))
        return batch

    def session(self, source=None, batch=None, **options):
        made = P()
        batch_options = make(BatchOptions, cache=1)
        given = make(SessionOptions, batch=batch,
                     batch_options=c.cast(c.pointer(batch_options), P), **options)
        ok(lib.lw_session_new(self.p, c.byref(given), c.byref(made)))
        if source:
            ok(lib.lw_session_source(made, ids(source), SIZE(len(source))))
        return made


def logits(model, session):
    data = c.POINTER(c.c_float)()
    ok(lib.lw_session_logits(session, c.byref(data)))
    return np.ctypeslib.as_array(data, (model.info.vocabulary,)).copy()


def follow(model, session, tokens):
    """Logits after each token, of which the first is there already."""
    rows = [logits(model, session)]
    for token in tokens[1:]:
        ok(lib.lw_session_feed(session, ids([token]), SIZE(1)))
        rows.append(logits(model, session))
    return np.array(rows)


def greedy(session, n):
    made = []
    for _ in range(n):
        token = c.c_int32()
        ok(lib.lw_session_next(session, c.byref(token)))
        made.append(token.value)
    return made


def near(got, want):
    return float(((got - want) ** 2).sum() / (want ** 2).sum()) < 1e-9


def check_logits(name, model, weights):
    tokens = [0] + [(5 * i * i + 3) % 40 for i in range(40)]
    want = tiny_t5.logits(weights, SOURCE, tokens)
    session = model.session(SOURCE)
    check(f"{name}: logits", near(follow(model, session, tokens), want))
    ok(lib.lw_session_source(session, ids(SOURCE[3:9]), SIZE(6)))
    want = tiny_t5.logits(weights, SOURCE[3:9], tokens)
    check(f"{name}: another source", near(follow(model, session, tokens), want))
    ok(lib.lw_session_rewind(session, SIZE(1)))
    ok(lib.lw_session_feed(session, ids(tokens[1:]), SIZE(40)))
    check(f"{name}: all at once", near(logits(model, session), want[-1]))
    lib.lw_session_free(session)


def check_together(name, model):
    sources = [SOURCE, SOURCE[4:], [1], SOURCE[::-1]]
    alone = []
    for source in sources:
        session = model.session(source)
        alone.append(greedy(session, 12))
        lib.lw_session_free(session)
    batch = model.batch()
    sessions = [model.session(s, batch) for s in sources]
    made = [[] for _ in sources]
    for _ in range(12):
        for i, session in enumerate(sessions):
            made[i] += greedy(session, 1)
    check(f"{name}: together as alone", made == alone, f"{made} {alone}")
    for session in sessions:
        ok(lib.lw_session_feed(session, ids([7]), SIZE(1)))
    stepped = SIZE()
    ok(lib.lw_batch_step(batch, c.byref(stepped)))
    check(f"{name}: one step for all", stepped.value == 2 * len(sources), stepped.value)
    check_places(name, model, batch, sessions)
    for session in sessions:
        lib.lw_session_free(session)
    lib.lw_batch_free(batch)


def check_places(name, model, batch, sessions):
    """Sources come and go in the memory of a batch, which others must not notice."""
    rng, logits_of = np.random.default_rng(8), {}
    sources = {i: None for i in range(len(sessions))}
    for turn in range(30):
        i = int(rng.integers(len(sessions)))
        lib.lw_session_free(sessions[i])
        sources[i] = tuple(rng.integers(3, 40, int(rng.integers(1, 60))).tolist())
        sessions[i] = model.session(list(sources[i]), batch)
        for k, session in enumerate(sessions):
            if sources[k] is None:
                continue
            if sources[k] not in logits_of:
                alone = model.session(list(sources[k]))
                logits_of[sources[k]] = logits(model, alone)
                lib.lw_session_free(alone)
            ok(lib.lw_session_rewind(session, SIZE(0)))
            ok(lib.lw_session_feed(session, ids([0]), SIZE(1)))
            check(f"{name}: turn {turn}, session {k}",
                  np.array_equal(logits(model, session), logits_of[sources[k]]))


def check_vectors(name, model, weights):
    want = tiny_t5.states(weights, SOURCE)
    for pooling, vector in ((1, want.mean(0)), (2, want[0]), (3, want[-1])):
        session, state = model.session(pooling=pooling), c.POINTER(c.c_float)()
        ok(lib.lw_session_feed(session, ids(SOURCE), SIZE(len(SOURCE))))
        ok(lib.lw_session_embedding(session, c.byref(state)))
        got = np.ctypeslib.as_array(state, (tiny_t5.WIDTH,))
        check(f"{name}: vector {pooling}", near(got, vector))
        lib.lw_session_free(session)


def check_errors(name, model):
    session, data = model.session(), c.POINTER(c.c_float)()
    ok(lib.lw_session_feed(session, ids([0]), SIZE(1)))
    check(f"{name}: no source", lib.lw_session_logits(session, c.byref(data)) == INVALID)
    check(f"{name}: no such token", lib.lw_session_source(session, ids([99]), SIZE(1)) != 0)
    lib.lw_session_free(session)
    guesses = make(Speculation, lookup=3)
    options, made = make(SessionOptions, speculation=c.cast(c.pointer(guesses), P)), P()
    check(f"{name}: no guesses",
          lib.lw_session_new(model.p, c.byref(options), c.byref(made)) == UNSUPPORTED)


def run(*arguments):
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)


def check_commands(name, path, weights):
    prompt = " ".join(f"t{i}" for i in SOURCE[:-1])
    tokens = [0]
    for _ in range(8):
        tokens.append(int(tiny_t5.logits(weights, SOURCE, tokens)[-1].argmax()))
    done = run("generate", path, prompt, "-n", 8, "--temperature", 0, "--cache", "f32",
               "--ignore-end")
    want = " ".join(f"t{i}" for i in tokens[1:] if i > 2)
    check(f"{name}: generate", done.stdout.split() == want.split(), done.stdout + done.stderr)
    tokens = [0, 7]
    tokens.append(int(tiny_t5.logits(weights, SOURCE, tokens)[-1].argmax()))
    done = run("generate", path, prompt, "-n", 1, "--temperature", 0, "--cache", "f32", "--ignore-end", "--begin", "t7")
    check(f"{name}: begin", done.stdout.split() == [f"t{i}" for i in tokens[2:] if i > 2], done.stdout + done.stderr)
    done = run("embed", path, prompt, "--raw")
    got = np.array(json.loads(done.stdout)[0]["embedding"])
    check(f"{name}: embed", near(got, tiny_t5.states(weights, SOURCE).mean(0)), done.stderr)


def check_folder(folder, path):
    """What PyTorch made of a source, logits and the likeliest tokens. path: the folder, or the GGUF
    file that it became."""
    made = json.loads((folder / "made.json").read_text())
    want = np.fromfile(folder / "made.f32", np.float32).reshape(len(made["tokens"]), -1)
    model = Model(path)
    session = model.session(made["source"])
    check(f"{path}: logits", near(follow(model, session, made["tokens"]), want))
    lib.lw_session_free(session)
    session = model.session(made["source"])
    got = greedy(session, len(made["likeliest"]))
    check(f"{path}: likeliest", got == made["likeliest"], f"{got} {made['likeliest']}")
    lib.lw_session_free(session)
    lib.lw_llm_free(model.p)


def main():
    for name in ("t5", "t5-gated"):
        path = TINY / f"{name}.gguf"
        model, weights = Model(path), tiny_t5.read(path)
        check(f"{name}: reads a source", model.info.reads_source and not model.info.encoder)
        check_logits(name, model, weights)
        check_together(name, model)
        check_vectors(name, model, weights)
        check_errors(name, model)
        check_commands(name, path, weights)
        lib.lw_llm_free(model.p)
    for path in sorted(pathlib.Path(sys.argv[4]).glob("*/made.json")) if sys.argv[4:] else []:
        for model in (path.parent, path.parent / "model.gguf"):
            if model.exists():
                check_folder(path.parent, model)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
