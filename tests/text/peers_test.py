#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares tokenizers with the packages that they come from, on random Unicode texts: tokens, texts
decoded at once and one token at a time. Tokenizers of every kind are made here; those of the data
are compared too if there is a folder of it.

    python3 tests/text/peers_test.py build/src/llm/liblampwick-llm.so FOLDER [build/llm-data/llm]

FOLDER: where the tokenizers are written.
"""
import ast
import base64
import collections
import pathlib
import sys
import threading
import unicodedata

import sentencepiece
import tiktoken
from tokenizers import Tokenizer as Peer
from tokenizers import decoders, models, normalizers, pre_tokenizers

import made_tokenizers
import random_text
from lampwick_text import ADD_SPECIAL, PARSE_SPECIAL, SKIP_SPECIAL, Text, Tokenizer

EXTRA = ["", " ", "a", "lamp wick", " [L]  [R] x [LR]  the [RAW] themes the", "x[LR]y", "  İstanbul  ",
         "<s>a</s>", " <|im_end|> ", "the\u0301", "\U0001f468\u200d\U0001f469", "\u00df\u0130\u03a3",
         "a" * 3000, "ab " * 1500, "-" * 700, " " * 900, "\n" * 300, "中文" * 500, "é" * 257]
failures, checks = [], 0


def check(name, what, text, got, want):
    global checks
    checks += 1
    if got != want:
        at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
        failures.append(f"{name}: {what} of {text[:200]!r}: at {at} {got[at:at + 8]!r}, "
                        f"expected {want[at:at + 8]!r}")


def check_stream(name, tokenizer, text, tokens):
    """Token by token, the same text comes out; each part is valid UTF-8, or decoding it fails."""
    whole = tokenizer.decode(tokens)
    check(name, "stream", text, "".join(tokenizer.stream(tokens)), whole)


def compare(name, tokenizer, texts, encode, decode, flags=0, decode_flags=0, stream=True):
    for text in texts:
        want = encode(text)
        check(name, "tokens", text, tokenizer.encode(text, flags), want)
        if decode:
            check(name, "text", text, tokenizer.decode(want, decode_flags), decode(want))
        if stream:
            check_stream(name, tokenizer, text, want)


def compare_peer(name, library, path, texts):
    peer, tokenizer = Peer.from_file(str(path)), Tokenizer(library, path)
    peer.no_truncation()
    peer.no_padding()
    for special in (True, False):
        compare(name, tokenizer, texts, lambda t: peer.encode(t, add_special_tokens=special).ids,
                lambda ids: peer.decode(ids, skip_special_tokens=special),
                PARSE_SPECIAL | (ADD_SPECIAL if special else 0),
                SKIP_SPECIAL if special else 0, stream=special)
    peer.encode_special_tokens = True
    compare(name + ", special tokens as text", tokenizer, texts[:200],
            lambda t: peer.encode(t, add_special_tokens=False).ids, None, stream=False)


def compare_sentencepiece(name, library, path, texts, folder):
    peer, tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(path)), Tokenizer(library, path)
    compare(name, tokenizer, texts, peer.encode, peer.decode, 0, SKIP_SPECIAL)
    if name in ("unigram", "no prefix", "case folding", "BPE with bytes"):
        copy = made_tokenizers.gguf_of_sentencepiece(folder / (path.stem + ".gguf"), path)
        compare(name + " in GGUF", Tokenizer(library, copy), texts, peer.encode, None)


def compare_made(library, folder, texts):
    for number, (name, peer) in enumerate(made_tokenizers.tokenizers(7)):
        path = folder / f"made{number}.json"
        peer.save(str(path))
        compare_peer(name, library, path, texts)
    for name, path in made_tokenizers.sentencepieces(folder, 8):
        compare_sentencepiece(name, library, path, texts, folder)
        if name in ("BPE with bytes", "BPE with symbols"):
            compare_sentencepiece(name + ", unused tokens", library,
                                  made_tokenizers.with_unused(path, 9), texts, folder)


def compare_threads(library, folder, texts):
    """A tokenizer is shared: threads that use it at once get what one gets."""
    tokenizer = Tokenizer(library, folder / "made0.json")
    want = [Tokenizer(library, folder / "made0.json").encode(t) for t in texts]
    results = {}

    def work(number):
        results[number] = [tokenizer.encode(t) for t in texts]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        check("threads", "tokens", str(number), results[number], want)


def read_tiktoken(path):
    return {base64.b64decode(line.split()[0]): int(line.split()[1])
            for line in path.read_text().split("\n") if line.strip()}


def compare_tiktoken(library, data, texts):
    path = data / "openai/cl100k_base.tiktoken"
    pattern = (r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++"""
               r"""[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""")
    peer = tiktoken.Encoding("cl100k", pat_str=pattern, mergeable_ranks=read_tiktoken(path),
                             special_tokens={"<|endoftext|>": 100257})
    compare("cl100k", Tokenizer(library, path), texts, lambda t: peer.encode(t, allowed_special="all"),
            peer.decode, PARSE_SPECIAL)
    path = data / "qwen/qwen.tiktoken"
    peer = tiktoken.Encoding("qwen", pat_str=made_tokenizers.LLAMA3.replace("{1,3}", ""),
                             mergeable_ranks=read_tiktoken(path), special_tokens={})
    compare("Qwen", Tokenizer(library, path), texts,
            lambda t: peer.encode(unicodedata.normalize("NFC", t)), peer.decode)


def compare_files(library, data, texts):
    """Files that the packages do not read as they are."""
    peer = Peer(models.BPE.from_file(str(data / "gpt2/vocab.json"), str(data / "gpt2/merges.txt")))
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    peer.decoder = decoders.ByteLevel()
    compare("GPT-2 files", Tokenizer(library, data / "gpt2"), texts, lambda t: peer.encode(t).ids,
            peer.decode)
    peer = Peer(models.WordPiece.from_file(str(data / "bert-cased/vocab.txt"), unk_token="[UNK]"))
    peer.add_special_tokens(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"])
    peer.normalizer = normalizers.BertNormalizer(lowercase=False)
    peer.pre_tokenizer, peer.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    compare("BERT vocabulary", Tokenizer(library, data / "bert-cased"), texts,
            lambda t: peer.encode(t).ids, lambda i: peer.decode(i, skip_special_tokens=False),
            PARSE_SPECIAL)


def compare_rwkv(library, data, texts):
    tokens = {}
    for line in (data / "rwkv/rwkv_vocab_v20230424.txt").read_text("utf-8").split("\n"):
        if line.strip():
            literal = ast.literal_eval(line[line.index(" "):line.rindex(" ")].strip())
            piece = literal.encode("utf-8") if isinstance(literal, str) else literal
            tokens[piece] = int(line[:line.index(" ")])
    longest = max(map(len, tokens))

    def encode(text):
        left, ids = text.encode("utf-8"), []
        while left:
            n = next(n for n in range(longest, 0, -1) if left[:n] in tokens)
            ids.append(tokens[left[:n]])
            left = left[min(n, len(left)):]
        return ids

    compare("RWKV", Tokenizer(library, data / "rwkv"), texts[:300], encode, None)


def compare_data(library, data, texts):
    for path in sorted(data.glob("*/tokenizer.json")):
        if path.parent.name != "llama2":  # which the package refuses: merges with spaces
            compare_peer(path.parent.name, library, path, texts)
    for path in sorted(data.glob("*/*.model*")):
        peer = sentencepiece.SentencePieceProcessor(model_file=str(path))
        compare(path.parent.name + "/" + path.name, Tokenizer(library, path), texts, peer.encode,
                peer.decode, 0, SKIP_SPECIAL)
    compare_tiktoken(library, data, texts)
    compare_files(library, data, texts)
    compare_rwkv(library, data, texts)


def main():
    library, folder = Text(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    compare_made(library, folder, random_text.texts(1, 300) + EXTRA)
    compare_threads(library, folder, random_text.texts(3, 500))
    if len(sys.argv) > 3 and pathlib.Path(sys.argv[3]).is_dir():
        compare_data(library, pathlib.Path(sys.argv[3]) / "tokenizers",
                     random_text.texts(2, 1000) + EXTRA)
    print("\n".join(f[:400] for f in failures[:30]))
    by_name = collections.Counter(f.split(":")[0] for f in failures)
    print(", ".join(f"{name}: {n}" for name, n in by_name.items()))
    print(f"{checks} checks, {len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
