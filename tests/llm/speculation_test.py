#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions that guess ahead, on small models (make_tiny.py): whatever is guessed, tokens and their
probabilities are those of a session without guesses.

    speculation_test.py liblampwick-llm.so TINY
"""
import ctypes as c
import sys

import llm_library
import numpy as np
from llm_library import P, SIZE, Probability, Speculation, make
from llm_sessions import Batch, Session, generate, lib, ok, sampling

INVALID = -2
PROMPT = [5, 9, 30, 2, 17, 8, 5, 9]
check = llm_library.Checks()


def load(name):
    llm = P()
    ok(lib.lw_llm_load(f"{sys.argv[2]}/{name}.gguf".encode(), None, c.byref(llm)))
    return llm


class Ahead:
    """Options of speculation; the batch of the draft lives as long."""

    def __init__(self, draft=None, **options):
        self.batch = Batch(draft) if draft else None
        self.options = make(Speculation, draft=self.batch.p if draft else None, **options)

    def session(self, llm, batch=None, **options):
        return Session(llm, batch, speculation=c.addressof(self.options), **options)


def speculated(session):
    guessed, right = SIZE(), SIZE()
    lib.lw_session_speculated(session.p, c.byref(guessed), c.byref(right))
    return guessed.value, right.value


WAYS = {"greedy": {}, "sampled": dict(seed=7, temperature=1.0, top_k=20),
        "cold": dict(seed=3, temperature=0.3),
        "penalties": dict(seed=4, temperature=0.7, penalty_last=64, repetition=1.3, frequency=0.2),
        "dry": dict(penalty_last=64, dry_multiplier=2, dry_base=1.75, dry_allowed=2),
        "mirostat": dict(seed=5, temperature=1, mirostat_tau=3, mirostat_eta=0.1),
        "xtc": dict(seed=6, temperature=1, xtc_probability=0.5, xtc_threshold=0.1)}


def test_same_text(llm, draft):
    for way, options in WAYS.items():
        plain = Session(llm, choose=sampling(**options))
        ok(plain.feed(PROMPT))
        want = generate(plain, 50)
        for name, ahead in (("draft", Ahead(draft)), ("itself", Ahead(llm, tokens=5)),
                            ("look-up", Ahead(lookup=3)), ("one token", Ahead(lookup=1)),
                            ("both", Ahead(draft, lookup=2, tokens=11))):
            session = ahead.session(llm, choose=sampling(**options))
            ok(session.feed(PROMPT))
            got = generate(session, 50)
            check(f"{way}, {name}", got == want, (got, want))
            guessed, right = speculated(session)
            check(f"{way}, {name}: right ones", right <= guessed and
                  (name != "itself" or guessed - right < 5 < right), (guessed, right))
            session.close()
        plain.close()


def test_beside_others(llm, draft):
    """In one batch, with few tokens a step, a cache of 8 bits and shared prefixes."""
    options = dict(seed=7, temperature=0.8)
    plain = Session(llm, Batch(llm, cache=2), sampling(**options))
    ok(plain.feed(PROMPT * 5))
    want = generate(plain, 20)
    for name, ahead in (("draft", Ahead(draft)), ("itself", Ahead(llm)), ("look-up", Ahead(lookup=2))):
        batch = Batch(llm, threads=2, cache=2, tokens=512, step_tokens=9, keep_prefixes=True)
        many = [ahead.session(llm, batch, choose=sampling(**options)),
                Session(llm, batch, sampling(**options)),
                ahead.session(llm, batch, choose=sampling(**options))]
        for session, tokens in zip(many, (PROMPT * 5, [4] * 11, PROMPT * 5)):
            ok(session.feed(tokens))
        got = [[s.next() for s in many] for _ in range(20)]
        check(f"{name}: first", [g[0] for g in got] == want)
        check(f"{name}: third", [g[2] for g in got] == want)
        again = ahead.session(llm, batch, choose=sampling(**options))
        kept = PROMPT * 5 + want
        ok(again.feed(kept))
        fresh = Session(llm, Batch(llm, cache=2))
        ok(fresh.feed(kept))
        check(f"{name}: kept blocks have no guesses",
              np.array_equal(again.logits(40), fresh.logits(40)))
        check(f"{name}: and are used", lib.lw_session_reused(again.p) >= 32)
        for session in many + [again, fresh]:
            session.close()
    plain.close()


def logprobs(session):
    chosen, top = Probability(), (Probability * 3)()
    ok(lib.lw_session_logprobs(session.p, c.byref(chosen), top, SIZE(3)))
    return [(p.token, p.logprob) for p in (chosen, *top)]


def test_in_between(llm, draft):
    """Probabilities, rewinding, feeding and a full context while guesses are open."""
    plain, session = Session(llm), Ahead(llm, lookup=0).session(llm)
    for s in (plain, session):
        ok(s.feed(PROMPT))
    for _ in range(10):
        plain.next(), session.next()
        check("log-probabilities", logprobs(plain) == logprobs(session))
    for cut in (14, 11, 9):
        for s in (plain, session):
            ok(lib.lw_session_rewind(s.p, SIZE(cut)))
            ok(s.feed([7, 3]))
        check("rewound", generate(plain, 6) == generate(session, 6))
        check("logits", np.array_equal(plain.logits(40), session.logits(40)))
        for s in (plain, session):
            ok(s.feed([4]))
        check("fed", generate(plain, 3) == generate(session, 3))
    plain.close()
    session.close()
    moving = dict(most_tokens=24, shift=True, keep=4, choose=sampling(seed=2, temperature=0.9))
    plain, session = Session(llm, **moving), Ahead(draft, lookup=2).session(llm, **moving)
    for s in (plain, session):
        ok(s.feed(PROMPT))
    check("shifted", generate(plain, 80) == generate(session, 80))
    plain.close()
    session.close()
    full = Ahead(draft).session(llm, most_tokens=20)
    ok(full.feed(PROMPT))
    generate(full, 12)
    token = c.c_int32()
    check("full", lib.lw_session_next(full.p, c.byref(token)) != 0 and len(full.tokens()) == 20)
    full.close()


def test_grammar(llm, draft):
    grammar, text = P(), b'root ::= ("t" [468])+\n'
    ok(lib.lw_grammar_new(text, SIZE(len(text)), c.byref(grammar)))
    options = dict(choose=sampling(seed=3, temperature=2), grammar=grammar.value)
    plain, session = Session(llm, **options), Ahead(draft, lookup=2).session(llm, **options)
    for s in (plain, session):
        ok(s.feed(PROMPT))
    check("grammar", generate(plain, 30) == generate(session, 30))
    plain.close()
    session.close()
    lib.lw_grammar_free(grammar)


def test_errors(llm):
    batch, p = Batch(llm), P()
    wrong = make(Speculation, draft=batch.p)
    options = make(llm_library.SessionOptions, batch=batch.p, speculation=c.addressof(wrong))
    check("its own batch", lib.lw_session_new(llm, c.byref(options), c.byref(p)) == INVALID)
    wrong = Speculation(size=3)
    options.speculation = c.addressof(wrong)
    check("no size", lib.lw_session_new(llm, c.byref(options), c.byref(p)) == INVALID)


def main():
    llm, draft = load("q8_0"), load("q4_0")
    test_same_text(llm, draft)
    test_beside_others(llm, draft)
    test_in_between(llm, draft)
    test_grammar(llm, draft)
    test_errors(llm)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
