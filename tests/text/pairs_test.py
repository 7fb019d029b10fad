#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The texts and tokens that llama.cpp keeps for its vocabularies, made with the models' own
tokenizers: NAME.gguf.inp and NAME.gguf.out beside NAME.gguf. Two vocabularies are too large for the
data and are taken from other files; four have none at all.

    python3 tests/text/pairs_test.py build/src/llm/liblampwick-llm.so build/llm-data/llm
"""
import pathlib
import sys

from lampwick_text import Text, Tokenizer

ELSEWHERE = {"llama-bpe": "tokenizers/llama3.2", "qwen2": "tokenizers/qwen/qwen.tiktoken"}
NOWHERE = {"command-r", "gemma-4", "qwen35"}


def main():
    library, data = Text(sys.argv[1]), pathlib.Path(sys.argv[2])
    failures, pairs = [], 0
    for path in sorted(data.glob("vocab-gguf/*.inp")):
        name = path.name[len("ggml-vocab-"):-len(".gguf.inp")]
        if name in NOWHERE:
            continue
        model = data / ELSEWHERE[name] if name in ELSEWHERE else path.with_suffix("")
        tokenizer = Tokenizer(library, model)
        texts = path.read_bytes().decode("utf-8").split("\n__ggml_vocab_test__\n")
        answers = path.with_suffix(".out").read_text().split("\n")
        for text, answer in zip(texts, answers):
            pairs += 1
            want = [int(word) for word in answer.split()]
            got = tokenizer.encode(text)
            if got != want:
                failures.append(f"{name}: {text!r}: {got}, expected {want}")
    print("\n".join(failures[:20]))
    print(f"{pairs} texts, {len(failures)} failures")
    sys.exit(1 if failures or not pairs else 0)


main()
