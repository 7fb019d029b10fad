#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Log-probabilities of texts, perplexity and embeddings: on a small model against numpy, and, where
the data for language models is there, against the logits that llama.cpp gives.

    score_test.py liblampwick-llm.so lampwick TINY [FOLDER]
"""
import ctypes as c
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import llm_library
import numpy as np
from llm_library import P, SIZE, BatchOptions, SessionOptions, make

lib = llm_library.load(sys.argv[1])
check = llm_library.Checks()


def ok(status):
    llm_library.ok(lib, status)


class Model:
    def __init__(self, path):
        self.p = P()
        ok(lib.lw_llm_load(str(path).encode(), None, c.byref(self.p)))

    def session(self, step_tokens=0, keep_prefixes=False):
        batch = make(BatchOptions, cache=1, step_tokens=step_tokens, keep_prefixes=keep_prefixes)
        options = make(SessionOptions, batch_options=c.addressof(batch))
        session = P()
        ok(lib.lw_session_new(self.p, c.byref(options), c.byref(session)))
        return session

    def close(self):
        lib.lw_llm_free(self.p)


def score(session, tokens):
    scores = (c.c_float * len(tokens))()
    ok(lib.lw_session_score(session, (c.c_int32 * len(tokens))(*tokens), SIZE(len(tokens)), scores))
    return np.array(scores)


def log_softmax(logits):
    x = logits.astype(np.float64)
    x -= x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def logits_after(session, token, vocabulary):
    logits = c.POINTER(c.c_float)()
    ok(lib.lw_session_feed(session, (c.c_int32 * 1)(token), SIZE(1)))
    ok(lib.lw_session_logits(session, c.byref(logits)))
    return np.ctypeslib.as_array(logits, (vocabulary,)).copy()


def state_after(session, token, width):
    state = c.POINTER(c.c_float)()
    ok(lib.lw_session_feed(session, (c.c_int32 * 1)(token), SIZE(1)))
    ok(lib.lw_session_embedding(session, c.byref(state)))
    return np.ctypeslib.as_array(state, (width,)).copy()


def test_tiny(path, vocabulary=40):
    model, tokens = Model(path), np.random.default_rng(2).integers(3, 40, 50).tolist()
    slow = model.session()
    rows = log_softmax(np.stack([logits_after(slow, t, vocabulary) for t in tokens]))
    want = np.array([math.nan] + [rows[i, t] for i, t in enumerate(tokens[1:])])
    for name, options in (("whole", {}), ("steps of 7", dict(step_tokens=7)),
                          ("steps of 1", dict(step_tokens=1))):
        session = model.session(**options)
        got = score(session, tokens)
        check(name, np.allclose(got, want, atol=1e-5, equal_nan=True), got - want)
        lib.lw_session_free(session)
    session = model.session(keep_prefixes=True)
    got = np.concatenate([score(session, tokens[:20]), score(session, tokens[20:])])
    check("two parts", np.allclose(got, want, atol=1e-5, equal_nan=True))
    ok(lib.lw_session_rewind(session, SIZE(0)))
    check("again, from a cache", np.allclose(score(session, tokens), want, atol=1e-5,
                                             equal_nan=True))
    bad = (c.c_int32 * 1)(vocabulary)
    check("no such token", lib.lw_session_score(session, bad, SIZE(1), (c.c_float * 1)()) == -9)
    for s in (slow, session):
        lib.lw_session_free(s)
    model.close()


def test_golden(path):
    golden = json.loads(path.read_text())
    tokens = golden["prompt_tokens"]
    want = np.fromfile(path.with_suffix(".prompt-logits.f32"), np.float32).reshape(len(tokens), -1)
    want = log_softmax(want)[np.arange(len(tokens) - 1), tokens[1:]]
    model = Model(path.parent.parent / "gguf" / golden["model"])
    session = model.session()
    got = score(session, tokens)[1:]
    bound = 1e-3 if "f32" in path.stem else 0.3  # llama.cpp rounds activations for other types
    check(path.stem, np.abs(got - want).max() < bound, got - want)
    lib.lw_session_free(session)
    model.close()


def command(*arguments):
    return json.loads(subprocess.run([sys.argv[2], *map(str, arguments)], check=True,
                                     capture_output=True, text=True).stdout)


def test_commands(path):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(f"t{i % 10}" for i in range(3, 80)))
        file.flush()
        tokens = [t["id"] for t in command("tokenize", path, "--json", "--file", file.name)]
        got = command("perplexity", path, file.name, "--json", "--context", 16, "--stride", 4,
                      "--cache", "f32")
    model, losses, counted = Model(path), [], 0
    session = model.session()
    for at in range(0, len(tokens), 4):
        window = [tokens[0] if tokens[0] == 1 else tokens[at], *tokens[at + 1:at + 16]]
        ok(lib.lw_session_rewind(session, SIZE(0)))
        scores = score(session, window)
        losses += [-scores[i - at] for i in range(max(counted, at + 1), at + len(window))]
        counted = max(counted, at + len(window))
        if counted == len(tokens):
            break
    losses = np.array(losses, np.float64)
    check("perplexity", math.isclose(got["perplexity"], np.exp(losses.mean()), rel_tol=1e-5), got)
    error = losses.std(ddof=1) / math.sqrt(len(losses))
    check("standard error", math.isclose(got["log_error"], error, rel_tol=1e-4), (got, error))
    check("tokens", got["tokens"] == len(losses) == len(tokens) - 1)
    for pooling in ("last", "mean"):
        vectors = command("embed", path, "t4t5", "t6", "t4t5", "--pooling", pooling)
        arrays = [np.array(v["embedding"]) for v in vectors]
        check("width", all(a.shape == (32,) for a in arrays))
        check("length 1", all(abs(np.linalg.norm(a) - 1) < 1e-5 for a in arrays))
        check("same text", np.array_equal(arrays[0], arrays[2]))
        check("another text", np.abs(arrays[0] - arrays[1]).max() > 1e-3)
    ok(lib.lw_session_rewind(session, SIZE(0)))
    states = [state_after(session, t, 32) for t in
              [x["id"] for x in command("tokenize", path, "t4t5", "--json")]]
    for pooling, want in (("last", states[-1]), ("mean", np.mean(states, axis=0)),
                          ("cls", states[0]), ("model", states[-1])):
        got = command("embed", path, "t4t5", "--raw", "--pooling", pooling, "--cache", "f32")
        check(pooling, np.allclose(got[0]["embedding"], want, atol=1e-5))
    lib.lw_session_free(session)
    model.close()


def breakers_of(llm, texts):
    given = (c.c_char_p * max(1, len(texts or [])))(*(t.encode() for t in texts or []))
    found, count = (c.c_int32 * 10000)(), SIZE()
    ok(lib.lw_llm_dry_breakers(llm, given if texts is not None else None, SIZE(len(texts or [])), found,
                               SIZE(10000), c.byref(count)))
    return set(found[:count.value])


def test_breakers(path):
    """Texts at which repetitions end, as tokens of SentencePiece."""
    model = Model(path)
    llm = model.p
    pieces = {x["id"]: x["piece"] for x in command("tokenize", path, "Once: a \"dog\".\n*", "--json")}
    usual = breakers_of(llm, None)
    check("the usual breakers", {i for i, t in pieces.items() if set(t) & set("\n:\"*") or t in ("<0x0A>", "<0x2A>")} <= usual and
          not {i for i, t in pieces.items() if t.strip() in ("a", "Once", "dog")} & usual, (pieces, usual))
    check("the same by texts", breakers_of(llm, ["\n", ":", '"', "*"]) == usual)
    the = {x["id"] for x in command("tokenize", path, "a the", "--json") if x["piece"] == "▁the"}
    check("spaces", the and the <= breakers_of(llm, [" th"]), (the, breakers_of(llm, [" th"])))
    long = breakers_of(llm, [" a very long text that no token has"])
    check("the last token of a text", len(long) == 1, long)
    check("no texts", breakers_of(llm, []) == set() == breakers_of(llm, [""]))
    model.close()
    for more in ([], ["--dry-sequence-breaker", "none"], ["--dry-sequence-breaker", " the", "--dry-base", "3"]):
        text = subprocess.run([sys.argv[2], "generate", path, "Once upon a time", "--tokens", "20", "--dry", "2",
                               "--seed", "1", *more], capture_output=True, text=True, check=False)
        check(f"generate {more}", text.returncode == 0 and len(text.stdout) > 20, text.stderr)


def main():
    tiny = pathlib.Path(sys.argv[3])
    for name in ("f32", "q8_0", "experts"):
        test_tiny(tiny / f"{name}.gguf")
    test_commands(tiny / "f32.gguf")
    data = pathlib.Path(sys.argv[4] if len(sys.argv) > 4 else "/nowhere")
    for path in sorted((data / "tinystories" / "golden").glob("stories*.json")):
        if path.with_suffix(".prompt-logits.f32").exists():
            test_golden(path)
    for path in sorted((data / "tinystories" / "gguf").glob("stories260K*.gguf"))[:1]:
        test_breakers(path)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


if __name__ == "__main__":
    main()
