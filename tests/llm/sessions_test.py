#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions, batches and sampling of liblampwick-llm, on a small model with random weights
(make_tiny.py). Numbers are compared with numpy.

    sessions_test.py liblampwick-llm.so MODEL.gguf
"""
import ctypes as c
import sys

import llm_library
import numpy as np
from llm_library import P, SIZE, Info, Probability, make
from llm_sessions import Batch, Session, generate, lib, ok, sampling

INVALID, LIMIT, RANGE = -2, -10, -9
check = llm_library.Checks()


def test_same_everywhere(llm, vocabulary):
    prompt, choose = [5, 9, 30, 2, 17, 8], dict(seed=7, temperature=1.0, top_k=20)
    alone = Session(llm, choose=sampling(**choose))
    ok(alone.feed(prompt))
    want = generate(alone, 30)
    check("sampled, not greedy", len(set(want)) > 3, want)
    threaded = Session(llm, Batch(llm, threads=2), sampling(**choose))
    ok(threaded.feed(prompt))
    check("two threads", generate(threaded, 30) == want)
    batch = Batch(llm, tokens=512, step_tokens=7)
    many = [Session(llm, batch, sampling(**choose)) for _ in range(3)]
    others = [[4] * 11, prompt, list(range(3, 25))]
    for session, tokens in zip(many, others):
        ok(session.feed(tokens))
    got = [[s.next() for s in many][1] for _ in range(30)]
    check("beside other sessions", got == want, (got, want))
    pieces = Session(llm)
    for token in prompt:
        ok(pieces.feed([token]))
        pieces.logits(vocabulary)
    whole = Session(llm)
    ok(whole.feed(prompt))
    check("in pieces", np.array_equal(pieces.logits(vocabulary), whole.logits(vocabulary)))
    for session in [alone, threaded, pieces, whole] + many:
        session.close()


def test_rewind(llm, vocabulary):
    session, fresh = Session(llm), Session(llm)
    ok(session.feed(list(range(3, 20))))
    first = session.logits(vocabulary)
    ok(session.feed([1, 2, 3]))
    session.logits(vocabulary)
    ok(lib.lw_session_rewind(session.p, SIZE(17)))
    check("back to the same logits", np.array_equal(session.logits(vocabulary), first))
    ok(lib.lw_session_rewind(session.p, SIZE(10)))
    ok(session.feed([7, 7]))
    ok(fresh.feed(list(range(3, 13)) + [7, 7]))
    check("another way", np.array_equal(session.logits(vocabulary), fresh.logits(vocabulary)))
    check("too far", lib.lw_session_rewind(session.p, SIZE(99)) == RANGE)
    session.close()
    fresh.close()


def test_rewind_prefixes(llm, vocabulary):
    """Back to before and behind what was kept at the end of the prompt."""
    batch = Batch(llm, tokens=256, keep_prefixes=True)
    for length, to in ((50, 40), (50, 20), (33, 32), (32, 31), (58, 58)):
        tokens = [3 + (i + length) % 30 for i in range(length)]
        session, fresh = Session(llm, batch), Session(llm)
        ok(session.feed(tokens))
        session.logits(vocabulary)
        generate(session, 5)
        ok(lib.lw_session_rewind(session.p, SIZE(to)))
        ok(session.feed([7, 9]))
        ok(fresh.feed(tokens[:to] + [7, 9]))
        check(f"back from {length} to {to}",
              np.array_equal(session.logits(vocabulary), fresh.logits(vocabulary)))
        session.close()
        fresh.close()


def test_prefixes(llm, vocabulary):
    batch, tokens = Batch(llm, tokens=256, keep_prefixes=True), [3 + i % 30 for i in range(50)]
    first = Session(llm, batch)
    ok(first.feed(tokens))
    want = first.logits(vocabulary)
    check("nothing to reuse", lib.lw_session_reused(first.p) == 0)
    first.close()
    again = Session(llm, batch)
    ok(again.feed(tokens))
    check("logits from kept blocks", np.array_equal(again.logits(vocabulary), want))
    check("a block was reused", lib.lw_session_reused(again.p) == 32,
          lib.lw_session_reused(again.p))
    other = Session(llm, batch)
    ok(other.feed([9] + tokens[1:]))
    other.logits(vocabulary)
    check("another beginning is not reused", lib.lw_session_reused(other.p) == 0)
    again.close()
    other.close()


def test_narrow_cache(llm, vocabulary):
    """8 bits: near the other types, and like them the same in any batch, kept and shifted."""
    if not lib.lw_llm_cache_bytes(llm, 0):
        return  # no attention
    tokens = [3 + i * 7 % 30 for i in range(50)]
    wide, half, narrow = (Session(llm, Batch(llm, cache=kind)) for kind in (1, 0, 2))
    for session in (wide, half, narrow):
        ok(session.feed(tokens))
    want, near, got = (s.logits(vocabulary) for s in (wide, half, narrow))
    size = np.abs(want).max()  # activations are rounded to 8 bits too, so that small changes grow
    check("float16", 0 < np.abs(near - want).max() < 0.01 * size, np.abs(near - want).max() / size)
    check("8 bits", 0 < np.abs(got - want).max() < 0.05 * size, np.abs(got - want).max() / size)
    batch = Batch(llm, threads=2, cache=2, tokens=256, step_tokens=9, keep_prefixes=True)
    one, two = Session(llm, batch), Session(llm, batch)
    ok(one.feed([4] * 11))
    ok(two.feed(tokens))
    check("in a batch", np.array_equal(two.logits(vocabulary), got))
    again = Session(llm, batch)
    ok(again.feed(tokens))
    check("from kept blocks", np.array_equal(again.logits(vocabulary), got) and
          lib.lw_session_reused(again.p) == 32)
    moving = Session(llm, Batch(llm, cache=2), most_tokens=20, shift=True, keep=4)
    ok(moving.feed(tokens[:18]))
    generate(moving, 40)
    same = Session(llm, Batch(llm, cache=2))
    ok(same.feed(moving.tokens()))
    check("shifted", np.array_equal(same.logits(vocabulary), moving.logits(vocabulary)))
    sizes = [lib.lw_llm_cache_bytes(llm, kind) for kind in (0, 1, 2)]
    check("bytes", sizes == [64, 128, 40], sizes)  # 2 heads of 8 keys and 8 values
    for session in (wide, half, narrow, one, two, again, moving, same):
        session.close()


def test_limits(llm, vocabulary):
    session = Session(llm, most_tokens=20)
    ok(session.feed([5] * 18))
    check("too many", session.feed([5] * 3) == LIMIT)
    check("nothing was appended", len(session.tokens()) == 18)
    check("no such token", session.feed([vocabulary]) == RANGE)
    check("negative", session.feed([-1]) == RANGE)
    session.close()
    moving = Session(llm, most_tokens=20, shift=True, keep=4)
    start = list(range(3, 21))
    ok(moving.feed(start))
    generate(moving, 40)
    check("goes on", len(moving.tokens()) <= 20 and moving.tokens()[:4] == start[:4])
    same = Session(llm)
    ok(same.feed(moving.tokens()))
    check("as if it had begun so",
          np.array_equal(same.logits(vocabulary), moving.logits(vocabulary)))
    moving.close()
    same.close()


def test_logprobs(llm, vocabulary):
    session = Session(llm)
    ok(session.feed([3, 4, 5]))
    logits = session.logits(vocabulary).astype(np.float64)
    want = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    token, chosen, top = session.next(), Probability(), (Probability * 5)()
    ok(lib.lw_session_logprobs(session.p, c.byref(chosen), top, SIZE(5)))
    order = np.argsort(-logits, kind="stable")[:5]
    check("greedy", token == order[0])
    check("chosen", chosen.token == token and abs(chosen.logprob - want[token]) < 1e-5)
    check("top", [t.token for t in top] == order.tolist())
    check("top values", np.allclose([t.logprob for t in top], want[order], atol=1e-5))
    session.close()


def test_grammar(llm, vocabulary):
    """Token i of the model is the text "ti"."""
    grammar, text = P(), b'root ::= ("t" [468])+\n'
    ok(lib.lw_grammar_new(text, SIZE(len(text)), c.byref(grammar)))
    session = Session(llm, choose=sampling(seed=3, temperature=2), grammar=grammar.value)
    ok(session.feed([1, 5, 7]))
    tokens = generate(session, 25)
    check("what the grammar allows", set(tokens) - {2} == {4, 6, 8}, tokens)  # 2: the end
    session.close()
    lib.lw_grammar_free(grammar)


def draw(options, logits, n, before=()):
    logits = np.asarray(logits, np.float32)
    tokens = (c.c_int32 * max(1, len(before)))(*before)
    counts, token = np.zeros(len(logits)), c.c_int32()
    for i in range(n):
        ok(lib.lw_sample(c.byref(options), logits.ctypes.data_as(P), SIZE(len(logits)), tokens,
                         SIZE(len(before)), c.c_uint64(i), None, c.byref(token)))
        counts[token.value] += 1
    return counts


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def near(counts, p):
    """Within five standard deviations."""
    n = counts.sum()
    return np.all(np.abs(counts - n * p) <= 5 * np.sqrt(n * p * (1 - p)) + 1e-9)


def test_sampling():
    rng, n = np.random.default_rng(5), 6000
    logits = rng.standard_normal(30).astype(np.float32) * 2
    p, order = softmax(logits.astype(np.float64)), np.argsort(-logits, kind="stable")
    check("plain", near(draw(sampling(seed=1, temperature=1), logits, n), p))
    hot = softmax(logits.astype(np.float64) / 2)
    check("temperature", near(draw(sampling(seed=1, temperature=2), logits, n), hot))
    check("greedy", draw(sampling(), logits, 3)[order[0]] == 3)

    def kept(mask):
        q = np.where(mask, p, 0)
        return q / q.sum()

    top = np.isin(np.arange(30), order[:5])
    check("top k", near(draw(sampling(seed=2, temperature=1, top_k=5), logits, n), kept(top)))
    sums = np.cumsum(p[order])
    nucleus = np.isin(np.arange(30), order[:int(np.searchsorted(sums, 0.8)) + 1])
    check("top p", near(draw(sampling(seed=3, temperature=1, top_p=0.8), logits, n), kept(nucleus)))
    check("min p", near(draw(sampling(seed=4, temperature=1, min_p=0.1), logits, n),
                        kept(p >= 0.1 * p.max())))
    surprise = np.abs(-np.log(p) + (p * np.log(p)).sum())
    by = np.argsort(surprise, kind="stable")
    typical = np.isin(np.arange(30), by[:int(np.searchsorted(np.cumsum(p[by]), 0.5)) + 1])
    check("typical", near(draw(sampling(seed=5, temperature=1, typical=0.5), logits, n),
                          kept(typical)))
    before = [int(order[0]), int(order[0]), int(order[3])]
    changed = logits.astype(np.float64).copy()
    for t, times in ((before[0], 2), (before[2], 1)):
        changed[t] = changed[t] / 1.3 if changed[t] > 0 else changed[t] * 1.3
        changed[t] -= 0.4 * times + 0.2
    penal = sampling(seed=6, temperature=1, penalty_last=64, repetition=1.3, frequency=0.4,
                     presence=0.2)
    check("penalties", near(draw(penal, logits, n, before), softmax(changed)))
    above = p >= 0.1
    gone = above & (np.arange(30) != [t for t in order if above[t]][-1])
    check("xtc", near(draw(sampling(seed=7, temperature=1, xtc_probability=1, xtc_threshold=0.1),
                           logits, n), kept(~gone)))
    repeat = sampling(penalty_last=64, dry_multiplier=100, dry_base=1.75, dry_allowed=2)
    before = [1, 2, 3, int(order[0]), 9, 1, 2, 3]
    check("dry", draw(repeat, logits, 1, before)[order[0]] == 0)
    check("dry allows", draw(repeat, logits, 1, before[2:])[order[0]] == 1)
    for length in (2, 3, 4):  # as text-generation-webui and llama.cpp have it
        seen = list(range(1, 1 + length))
        changed = logits.astype(np.float64).copy()
        changed[order[0]] -= 0.7 * 1.5 ** (length - 2)
        dry = sampling(seed=8, temperature=1, penalty_last=64, dry_multiplier=0.7, dry_base=1.5,
                       dry_allowed=2)
        check(f"dry after {length}", near(draw(dry, logits, n, [*seen, int(order[0]), 29, *seen]),
                                          softmax(changed)))
    test_breakers(logits, n)
    test_mirostat(logits, p)
    test_ranges(logits)


def test_mirostat(logits, p):
    """A draw is among those less surprising than mu, which moves by a tenth of how far off it was."""
    options, mu, token = sampling(seed=9, temperature=1, mirostat_tau=2, mirostat_eta=0.1), c.c_float(0), c.c_int32()
    logits, want, surprises, wrong = np.asarray(logits, np.float32), 4.0, [], 0
    for i in range(3000):
        ok(lib.lw_sample(c.byref(options), logits.ctypes.data_as(P), SIZE(len(logits)), None, SIZE(0),
                         c.c_uint64(i), c.byref(mu), c.byref(token)))
        may = -np.log2(p) <= want
        may[np.argmax(p)] = True
        surprise = -np.log2(p[token.value] / p[may].sum())
        want -= 0.1 * (surprise - 2)
        wrong += not may[token.value] or abs(mu.value - want) > 1e-3
        want = mu.value
        surprises.append(surprise)
    check("mirostat", wrong == 0 and abs(np.mean(surprises[100:]) - 2) < 0.05, (wrong, np.mean(surprises)))


def test_ranges(logits):
    """Numbers that mean nothing."""
    bad = [(n, x) for n in ("temperature", "repetition", "dry_multiplier", "dry_base", "typical", "top_p", "min_p",
                            "xtc_probability", "xtc_threshold", "mirostat_tau", "mirostat_eta")
           for x in (-0.5, float("nan"), float("inf"))]
    bad += [(n, 1.5) for n in ("typical", "top_p", "min_p", "xtc_probability", "xtc_threshold")]
    bad += [(n, x) for n in ("frequency", "presence") for x in (float("nan"), float("-inf"))]
    token = c.c_int32()
    for name, value in bad:
        options = sampling(**{name: value})
        status = lib.lw_sample(c.byref(options), np.asarray(logits, np.float32).ctypes.data_as(P), SIZE(len(logits)),
                               None, SIZE(0), c.c_uint64(0), None, c.byref(token))
        check(f"{name} {value}", status == INVALID, status)


def dry_penalties(tokens, breakers, base, allowed, multiplier):
    """text-generation-webui's DRYLogitsProcessor (modules/sampler_hijack.py)."""
    if tokens[-1] in breakers:
        return {}
    lengths = {}
    for i in (i for i in range(len(tokens) - 1) if tokens[i] == tokens[-1]):
        following = tokens[i + 1]
        if following in breakers:
            continue
        length = 1
        while i - length >= 0 and tokens[i - length] == tokens[-(length + 1)] and \
                tokens[-(length + 1)] not in breakers:
            length += 1
        lengths[following] = max(length, lengths.get(following, 0))
    return {t: multiplier * base ** (n - allowed) for t, n in lengths.items() if n >= allowed}


def test_breakers(logits, n):
    rng = np.random.default_rng(3)
    for i in range(40):
        tokens = [int(t) for t in rng.integers(0, 4 if i % 2 else 8, 40)]
        breakers = [int(t) for t in rng.permutation(8)[:i % 4]]
        changed = logits.astype(np.float64).copy()
        for token, penalty in dry_penalties(tokens, breakers, 1.2, 2, 0.3).items():
            changed[token] -= penalty
        array = (c.c_int32 * max(1, len(breakers)))(*breakers)
        dry = sampling(seed=8, temperature=1, penalty_last=64, dry_multiplier=0.3, dry_base=1.2, dry_allowed=2,
                       dry_breakers=c.cast(array, P), n_dry_breakers=len(breakers))
        check(f"dry with {len(breakers)} breakers, {i}", near(draw(dry, logits, n, tokens), softmax(changed)))


def main():
    llm, info = P(), make(Info)
    ok(lib.lw_llm_load(sys.argv[2].encode(), None, c.byref(llm)))
    ok(lib.lw_llm_describe(llm, c.byref(info)))
    for test in (test_same_everywhere, test_rewind, test_rewind_prefixes, test_prefixes,
                 test_narrow_cache, test_limits, test_logprobs, test_grammar):
        test(llm, info.vocabulary)
    test_sampling()
    lib.lw_llm_free(llm)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
