# SPDX-License-Identifier: MIT
"""Small tokenizers of every kind and with every part, trained here on random texts by the packages
that they are then compared with."""
import collections
import json
import random
import struct

import sentencepiece
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

import random_text

P, N, D = pre_tokenizers, normalizers, decoders
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
KIMI = (r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
        r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+|\p{N}{1,3}|[^\s\p{L}\p{N}]+[\r\n]*|\s+")
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "<|im_end|>"]


def bytes_alphabet():
    return P.ByteLevel.alphabet()


def train_bpe(texts, pre, size=700, alphabet=(), normalizer=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    affixes = {k: options[k] for k in ("continuing_subword_prefix", "end_of_word_suffix")
               if k in options}
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, initial_alphabet=list(alphabet),
        limit_alphabet=400, show_progress=False, **affixes))
    return tokenizer


def byte_level(texts, *before, **options):
    tokenizer = train_bpe(texts, P.Sequence([*before, P.ByteLevel(**options)]),
                          alphabet=bytes_alphabet())
    tokenizer.decoder = D.ByteLevel()
    return tokenizer


def with_parts(tokenizer, normalizer=None, post=None, decoder=None, added=()):
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if post is not None:
        tokenizer.post_processor = post
    if decoder is not None:
        tokenizer.decoder = decoder
    if added:
        tokenizer.add_tokens(list(added))
    return tokenizer


def added_tokens():
    return [AddedToken("lamp wick"), AddedToken("[L]", lstrip=True), AddedToken("[R]", rstrip=True),
            AddedToken("[LR]", lstrip=True, rstrip=True), AddedToken("the", single_word=True),
            AddedToken("İstanbul", normalized=True), AddedToken("▁▁the", normalized=False),
            AddedToken("[RAW]", normalized=False, special=True), AddedToken("  ", normalized=False)]


def common(texts):
    """The texts without rare characters, as a unigram vocabulary must hold all that it is trained on;
    and without special tokens, which it would hold twice."""
    for special in SPECIAL:
        texts = [t.replace(special, "") for t in texts]
    counts = collections.Counter(c for t in texts for c in t)
    kept = {c for c, _ in counts.most_common(300)}
    return ["".join(c for c in t if c in kept) for t in texts]


def unigram(texts, pre, normalizer=None, **options):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(common(texts), trainers.UnigramTrainer(
        vocab_size=1200, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False, **options))
    return tokenizer


def word_piece(texts, normalizer, pre):
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>", max_input_chars_per_word=20))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(
        vocab_size=900, special_tokens=SPECIAL, show_progress=False))
    tokenizer.decoder = D.WordPiece()
    return tokenizer


def merges_with_fallback(texts):
    """As Llama 2: bytes for characters that are no tokens."""
    alphabet = [f"<0x{i:02X}>" for i in range(256)]
    normalizer = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
    made = train_bpe([t.replace(" ", "▁") for t in texts], P.Split("\n", "isolated"), size=900)
    document = json.loads(made.to_str())
    model = document["model"]
    for piece in alphabet:
        model["vocab"].setdefault(piece, len(model["vocab"]))
    model.update(byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.pre_tokenizer = P.Sequence([])
    tokenizer.normalizer = normalizer
    tokenizer.decoder = D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(),
                                    D.Strip(" ", 1, 0)])
    return tokenizer


def template():
    return processors.TemplateProcessing(single="<s> $A </s> <|im_end|>",
                                         special_tokens=[("<s>", 1), ("</s>", 2), ("<|im_end|>", 4)])


def whole_first(texts):
    document = json.loads(byte_level(texts, P.Split(Regex(LLAMA3), "isolated"),
                                     add_prefix_space=False, use_regex=False).to_str())
    document["model"]["ignore_merges"] = True
    document["model"]["merges"] = document["model"]["merges"][::2]
    return Tokenizer.from_str(json.dumps(document))


def splits(texts):
    """One tokenizer for each way to split at matches."""
    for behaviour in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        for invert in (False, True):
            pre = P.Split(Regex(r"\s+|[a-e]+|\w[.,]"), behaviour, invert=invert)
            yield f"split {behaviour} {invert}", train_bpe(texts, pre, unk_token="<unk>")
        yield f"punctuation {behaviour}", train_bpe(texts, P.Punctuation(behaviour),
                                                    unk_token="<unk>", fuse_unk=True)


def normalized(texts):
    """One tokenizer for each normalizer."""
    parts = {"NFC": N.NFC(), "NFD": N.NFD(), "NFKC": N.NFKC(), "NFKD": N.NFKD(),
             "lowercase": N.Lowercase(), "strip": N.Strip(), "left": N.Strip(right=False),
             "accents": N.Sequence([N.NFD(), N.StripAccents()]), "NMT": N.Nmt(),
             "replace": N.Replace(Regex(r"\s{2,}|[aeiou](?=t)"), "_"),
             "BERT": N.BertNormalizer(lowercase=True),
             "BERT cased": N.BertNormalizer(lowercase=False, strip_accents=True,
                                            handle_chinese_chars=False)}
    for name, part in parts.items():
        yield f"normalizer {name}", train_bpe(texts, P.WhitespaceSplit(), normalizer=part,
                                              unk_token="<unk>")


def tokenizers(seed):
    """(name, tokenizer) of the tokenizers package."""
    texts = random_text.texts(seed, 1500)
    yield from splits(texts)
    yield from normalized(texts)
    yield "GPT-2", byte_level(texts, add_prefix_space=False)
    yield "GPT-2 with prefix", with_parts(byte_level(texts, add_prefix_space=True), post=template())
    yield "Llama 3", with_parts(byte_level(
        texts, P.Split(Regex(LLAMA3), "isolated"), add_prefix_space=False, use_regex=False),
        post=processors.Sequence([processors.ByteLevel(), template()]), added=added_tokens())
    yield "whole tokens first", whole_first(texts)
    for pattern in (BLOOM, KIMI, r"[a-c[x-z]]+|[^[:alpha:]a]", r"[^\s[0-9&&[^5]]]+",
                    r"[\w&&\S&&[^aeiou]]+", r"\h+|\H"):
        yield f"classes in {pattern}", byte_level(texts, P.Split(Regex(pattern), "isolated"),
                                                  add_prefix_space=False, use_regex=False)
    falcon = train_bpe(texts, P.Sequence([P.Punctuation("contiguous"), P.ByteLevel(False),
                                          P.Digits(False), P.Split(Regex("[0-9][0-9][0-9]"), "isolated")]),
                       alphabet=bytes_alphabet())
    yield "Falcon", with_parts(falcon, decoder=D.ByteLevel())
    yield "digits", byte_level(texts, P.Digits(True), add_prefix_space=False)
    yield "fixed length", train_bpe(texts, P.FixedLength(7), unk_token="<unk>")
    yield "delimiter", train_bpe(texts, P.CharDelimiterSplit("e"), unk_token="<unk>")
    yield "white space", train_bpe(texts, P.Whitespace(), unk_token="<unk>", fuse_unk=True)
    yield "suffix", with_parts(train_bpe(texts, P.BertPreTokenizer(), unk_token="<unk>",
                                         end_of_word_suffix="</w>"), decoder=D.BPEDecoder())
    yield "prefix", train_bpe(texts, P.Whitespace(), unk_token="<unk>",
                              continuing_subword_prefix="##")
    yield "Llama 2", with_parts(merges_with_fallback(texts), post=template(), added=added_tokens())
    for scheme in ("always", "first", "never"):
        for cut in (True, False):
            yield f"metaspace {scheme} {cut}", with_parts(
                unigram(texts, P.Metaspace(prepend_scheme=scheme, split=cut)),
                decoder=D.Metaspace(prepend_scheme=scheme), added=added_tokens())
    yield "XLM-R", with_parts(unigram(
        texts, P.Sequence([P.WhitespaceSplit(), P.Metaspace()]),
        N.Sequence([N.NFKC(), N.Replace(Regex(" {2,}"), " ")])), post=template(),
        decoder=D.Metaspace())
    yield "BERT", with_parts(
        word_piece(texts, N.BertNormalizer(), P.BertPreTokenizer()),
        post=processors.BertProcessing(("</s>", 2), ("<s>", 1)), added=added_tokens())
    yield "RoBERTa", with_parts(byte_level(texts, add_prefix_space=False),
                                post=processors.RobertaProcessing(("</s>", 2), ("<s>", 1)))
    words = Tokenizer(models.WordLevel(unk_token="<unk>"))
    words.pre_tokenizer = P.Whitespace()
    words.train_from_iterator(texts, trainers.WordLevelTrainer(
        vocab_size=500, special_tokens=SPECIAL, show_progress=False))
    yield "words", words


def sentencepieces(folder, seed):
    """(name, path) of SentencePiece models of every kind."""
    corpus = folder / "corpus.txt"
    texts = [t.replace("\n", " ").replace("\r", " ").replace("\x00", " ")
             for t in common(random_text.texts(seed, 3000))]
    corpus.write_text("\n".join(t for t in texts if t.strip()), encoding="utf-8")
    kinds = {
        "unigram": dict(model_type="unigram"),
        "unigram with bytes": dict(model_type="unigram", byte_fallback=True),
        "unigram with symbols": dict(model_type="unigram", user_defined_symbols=["<sep>", "the", " the"]),
        "BPE": dict(model_type="bpe"),
        "BPE with bytes": dict(model_type="bpe", byte_fallback=True,
                               remove_extra_whitespaces=False,
                               normalization_rule_name="identity"),
        "BPE with symbols": dict(model_type="bpe", user_defined_symbols=["<sep>", "the", "▁▁"]),
        "suffix": dict(model_type="bpe", treat_whitespace_as_suffix=True),
        "no prefix": dict(model_type="unigram", add_dummy_prefix=False),
        "case folding": dict(model_type="unigram", normalization_rule_name="nmt_nfkc_cf"),
        "characters": dict(model_type="char"),
    }
    for name, options in kinds.items():
        prefix = folder / name.replace(" ", "_")
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=str(prefix), vocab_size=1200,
            hard_vocab_limit=False, character_coverage=0.999, minloglevel=2, num_threads=1, **options)
        yield name, prefix.with_suffix(".model")


def with_unused(path, seed):
    """The model with some tokens marked as unused: they are made, and taken apart again."""
    from sentencepiece import sentencepiece_model_pb2 as wire
    model, rng = wire.ModelProto(), random.Random(seed)
    model.ParseFromString(path.read_bytes())
    for piece in model.pieces:
        if piece.type == 1 and len(piece.piece) > 1 and rng.random() < 0.3:
            piece.type = 5
    copy = path.with_name(path.stem + "_unused.model")
    copy.write_bytes(model.SerializeToString())
    return copy


def gguf(path, pairs):
    """A GGUF file with nothing but key-value pairs: strings, integers, bools, lists of strings,
    floats or integers, bytes."""
    def text(value):
        data = value.encode("utf-8") if isinstance(value, str) else value
        return struct.pack("<Q", len(data)) + data

    def value(v):
        if isinstance(v, bool):
            return struct.pack("<IB", 7, v)
        if isinstance(v, int):
            return struct.pack("<Ii", 5, v)
        if isinstance(v, str):
            return struct.pack("<I", 8) + text(v)
        if isinstance(v, bytes):
            return struct.pack("<IIQ", 9, 0, len(v)) + v
        head = {str: 8, float: 6, int: 5}[type(v[0])]
        items = b"".join(text(i) if head == 8 else struct.pack("<f" if head == 6 else "<i", i)
                         for i in v)
        return struct.pack("<IIQ", 9, head, len(v)) + items

    body = b"".join(text(k) + value(v) for k, v in pairs.items())
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + body)


def gguf_of_sentencepiece(path, model_path):
    """The same tokenizer as converters write it into GGUF files."""
    from sentencepiece import sentencepiece_model_pb2 as wire
    model = wire.ModelProto()
    model.ParseFromString(model_path.read_bytes())
    unigram_model = model.trainer_spec.model_type == 1
    gguf(path, {
        "tokenizer.ggml.model": "t5" if unigram_model else "llama",
        "tokenizer.ggml.tokens": [p.piece for p in model.pieces],
        "tokenizer.ggml.scores": [float(p.score) for p in model.pieces],
        "tokenizer.ggml.token_type": [int(p.type) for p in model.pieces],
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_space_prefix": model.normalizer_spec.add_dummy_prefix,
        "tokenizer.ggml.remove_extra_whitespaces": model.normalizer_spec.remove_extra_whitespaces,
        "tokenizer.ggml.precompiled_charsmap": model.normalizer_spec.precompiled_charsmap})
    return path
