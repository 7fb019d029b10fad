#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions of a language model on a device give the tokens that they give on the processor: alone,
side by side, after a rewind, from blocks that another session left, and over several blocks.

    sessions_test.py liblampwick-llm.so MODEL.gguf DEVICE
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "llm"))
import llm_library  # noqa: E402
from llm_library import SIZE  # noqa: E402
from llm_sessions import Batch, Session, lib, ok, open_model, sampling  # noqa: E402

check = llm_library.Checks()
PROMPTS = [[5, 9, 30, 2, 17, 8], list(range(3, 40)), [4] * 11]


def greedy():
    return sampling(temperature=0.0)


def texts(llm, device):
    """What sessions side by side say, before and after one goes back."""
    batch = Batch(llm, device=device, tokens=512, step_tokens=16, keep_prefixes=True)
    sessions = [Session(llm, batch, greedy()) for _ in PROMPTS]
    for session, prompt in zip(sessions, PROMPTS):
        ok(session.feed(prompt))
    first = list(zip(*[[s.next() for s in sessions] for _ in range(24)]))
    ok(lib.lw_session_rewind(sessions[1].p, SIZE(20)))
    ok(sessions[1].feed([7, 7, 12]))
    sessions.append(Session(llm, batch, greedy()))
    ok(sessions[-1].feed(PROMPTS[1] + [1, 2]))
    again = [[sessions[1].next(), sessions[-1].next()] for _ in range(8)]
    for session in sessions:
        session.close()
    lib.lw_batch_free(batch.p)
    return first, again


def test_memory(llm, device):
    batch = Batch(llm, device=device, tokens=64, device_memory=4096)
    session = Session(llm, batch, greedy())
    ok(session.feed([5, 9]))
    try:
        session.next()
        check("a limit of memory", False)
    except RuntimeError as error:
        check("a limit of memory", "that device_memory allows" in str(error), error)
    session.close()
    lib.lw_batch_free(batch.p)


def main():
    device = sys.argv[3].encode()
    status, llm = open_model(sys.argv[2])
    ok(status)
    here, there = texts(llm, None), texts(llm, device)
    check("side by side", here[0] == there[0], (here[0], there[0]))
    check("rewound, and from kept blocks", here[1] == there[1], (here[1], there[1]))
    check("they say something", len({t for text in here[0] for t in text}) > 3)
    test_memory(llm, device)
    lib.lw_llm_free(llm)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
