#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Marian's tokenizers, made here: a SentencePiece model for the source and a file with other numbers
for its pieces; tokens as the package sentencepiece cuts them.

    marian_test.py liblampwick-llm.so lampwick
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import sentencepiece

COMMAND = sys.argv[2]
WORDS = ["the", "house", "houses", "water", "is", "in", "a", "small", "town", "übung", "façade", "naïve", "日本", "語",
         "translate", "translation", "never", "ever", "on", "under", "understand"]


def sentences(rng, n):
    for _ in range(n):
        yield " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 12))) + rng.choice(["", ".", " !", "  x"])


def make(folder, rng):
    """vocab.json has the pieces in another order, some of another language, and codes."""
    text = folder / "text.txt"
    text.write_text("\n".join(sentences(rng, 2000)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "made"), vocab_size=200, hard_vocab_limit=False, model_type="unigram",
        character_coverage=1.0, minloglevel=2, bos_id=-1, unk_id=1, eos_id=0)
    (folder / "made.model").rename(folder / "source.spm")
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
    others = ["▁Haus", "wasser", ">>fra<<", ">>deu<<", "<pad>"]
    rest = [p for p in pieces if p not in ("</s>", "<unk>")] + others
    rng.shuffle(rest)
    numbers = {p: i for i, p in enumerate(["</s>", "<unk>"] + rest)}
    (folder / "vocab.json").write_text(json.dumps(numbers, ensure_ascii=False))
    return model, numbers


def ids_of(folder, text):
    done = subprocess.run([COMMAND, "tokenize", str(folder), "--ids", text], capture_output=True, text=True,
                          timeout=60, check=False)
    return list(map(int, done.stdout.split())) if done.returncode == 0 else done.stderr


def main():
    rng, failed, n = random.Random(3), 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model, numbers = make(folder, rng)
        for i, text in enumerate([*sentences(rng, 60), "zqk unknown ЖЖ letters", "", "  spaces  in  it "]):
            code = [[], [">>fra<<"], [">>deu<<"]][i % 3]
            want = [numbers[c] for c in code]
            want += [numbers.get(p, numbers["<unk>"]) for p in model.encode(text, out_type=str)]
            got = ids_of(folder, "".join(code) + text) if code or text else [*want, numbers["</s>"]]
            n += 1
            if got != want + [numbers["</s>"]]:
                failed += 1
                print("BAD", repr(text), want, got)
        (folder / "vocab.json").write_text('{"a": 0}')
        n += 1
        failed += "<unk>" not in str(ids_of(folder, "a"))
    print(f"{n - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
