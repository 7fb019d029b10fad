#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pairs of texts. Tokens and their types against the tokenizers package; scores of a small BERT with
one class against its graph, given those (huggingface.py compares graphs with PyTorch): by the
command rank and by the server's /v1/rerank.

    rank_test.py liblampwick-llm.so liblampwick.so lampwick FOLDER
"""
import ctypes as c
import json
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import llm_library
import numpy as np
from llm_library import P, SIZE
from make_tiny import write_safetensors
from tokenizers import Tokenizer, models, pre_tokenizers, processors

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import encode  # noqa: E402

WIDTH, INNER, PORT = 32, 48, 18993
WORDS = "the lamp burns oil a wick carries it up to flame what does bear".split()
QUERY = "what does the wick do"
TEXTS = ["the wick carries oil to the flame", "a bear", "", "the lamp burns oil", "a bear"]
PROCESSORS = {
    "bert": processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)),
    "roberta": processors.RobertaProcessing(("[SEP]", 3), ("[CLS]", 2)),
    "template": processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] [UNK] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3), ("[UNK]", 1)]),
    "plain": None,
}
lib = llm_library.load(sys.argv[1])
check = llm_library.Checks()
COMMAND, FOLDER = sys.argv[3], pathlib.Path(sys.argv[4])


class String(c.Structure):
    _fields_ = [("data", c.c_char_p), ("size", SIZE)]


def string(text):
    return String(text.encode(), len(text.encode()))


def make_tokenizer(processor):
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + WORDS
    t = Tokenizer(models.WordPiece({w: i for i, w in enumerate(names)}, unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    if processor:
        t.post_processor = processor
    return t


def check_tokens(name, processor):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    theirs = make_tokenizer(processor)
    theirs.save(str(folder / "tokenizer.json"))
    ours, room = P(), (c.c_int32 * 64)()
    llm_library.ok(lib, lib.lw_tokenizer_load(str(folder).encode(), c.byref(ours)))
    for text in TEXTS:
        n, second = SIZE(), SIZE()
        llm_library.ok(lib, lib.lw_tokenizer_encode_pair(
            ours, string(QUERY), string(text), 1, room, SIZE(64), c.byref(n), c.byref(second)))
        want = theirs.encode(QUERY, text)
        got = room[:n.value], [int(i >= second.value) for i in range(n.value)]
        check(f"{name}: '{text}'", got == (want.ids, want.type_ids), f"{got} {want.ids} {want.type_ids}")
    lib.lw_tokenizer_free(ours)


def write_model(folder):
    """BERT with one layer and one class."""
    rng, vocabulary = np.random.default_rng(4), 4 + len(WORDS)
    norm, at = "LayerNorm", "bert.encoder.layer.0."
    shapes = {"bert.embeddings.word_embeddings.weight": (vocabulary, WIDTH),
              "bert.embeddings.position_embeddings.weight": (40, WIDTH),
              "bert.embeddings.token_type_embeddings.weight": (2, WIDTH),
              at + "intermediate.dense.weight": (INNER, WIDTH),
              at + "output.dense.weight": (WIDTH, INNER),
              "bert.pooler.dense.weight": (WIDTH, WIDTH), "classifier.weight": (1, WIDTH)}
    shapes |= {f"{at}attention.{n}.weight": (WIDTH, WIDTH)
               for n in ("self.query", "self.key", "self.value", "output.dense")}
    arrays = {n: rng.standard_normal(s, np.float32) * np.float32(0.4) for n, s in shapes.items()}
    for name in (f"bert.embeddings.{norm}", f"{at}attention.output.{norm}", f"{at}output.{norm}"):
        arrays[name + ".weight"] = np.ones(WIDTH, np.float32)
    for name in list(arrays):
        if "embeddings.weight" not in name:
            arrays[name.replace("weight", "bias")] = rng.standard_normal(
                arrays[name].shape[0], np.float32) * np.float32(0.1)
    write_safetensors(folder / "model.safetensors", arrays)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "bert", "hidden_size": WIDTH, "intermediate_size": INNER,
        "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": vocabulary,
        "max_position_embeddings": 40, "type_vocab_size": 2, "hidden_act": "gelu",
        "architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}))


def reference(folder):
    """The scores of the texts."""
    model, theirs = lampwick.Library(sys.argv[2]).load(folder, threads=1), \
        make_tokenizer(PROCESSORS["bert"])
    scores = []
    for text in TEXTS:
        pair = theirs.encode(QUERY, text)
        scores.append(float(encode(model, [pair.ids], np.array(pair.type_ids, np.int32))[0][0, 0]))
    return scores


def ranked(scores):
    return sorted(range(len(scores)), key=lambda i: (-scores[i], i))


def check_command(folder, scores):
    run = subprocess.run([COMMAND, "rank", str(folder), QUERY, *TEXTS, "--json"],
                         capture_output=True, text=True)
    got = json.loads(run.stdout or "[]")
    check("command: order", [r["index"] for r in got] == ranked(scores), run.stdout + run.stderr)
    check("command: scores", all(abs(r["score"] - scores[r["index"]]) < 1e-6 for r in got))


def post(body):
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/v1/rerank",
                                     json.dumps(body).encode())
    try:
        return json.load(urllib.request.urlopen(request, timeout=20))
    except urllib.error.HTTPError as error:
        return error.code


def check_server(folder, scores):
    server = subprocess.Popen([COMMAND, "serve", str(folder), "--port", str(PORT)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        check_answers(scores)
    finally:
        server.terminate()
        server.wait()


def check_answers(scores):
    answer = post({"query": QUERY, "documents": TEXTS})["results"]
    check("server: order", [r["index"] for r in answer] == ranked(scores), str(answer))
    check("server: scores",
          all(abs(r["relevance_score"] - scores[r["index"]]) < 1e-6 for r in answer))
    answer = post({"query": QUERY, "documents": [{"text": t} for t in TEXTS], "top_n": 2,
                   "return_documents": True})
    check("server: best two", [r["document"]["text"] for r in answer["results"]]
          == [TEXTS[i] for i in ranked(scores)[:2]], str(answer))
    check("server: usage", answer["usage"]["prompt_tokens"] > 0)
    for bad in ({"query": QUERY}, {"documents": TEXTS}, {"query": 3, "documents": TEXTS},
                {"query": QUERY, "documents": [3]}, {"query": QUERY, "documents": []},
                {"query": QUERY * 30, "documents": TEXTS}):
        check("server: refuses", post(bad) == 400, str(bad))


def main():
    for name, processor in PROCESSORS.items():
        check_tokens(name, processor)
    folder = FOLDER / "bert"
    write_model(folder)
    scores = reference(folder)
    check("types matter", scores != [float(encode(
        lampwick.Library(sys.argv[2]).load(folder, threads=1),
        [make_tokenizer(PROCESSORS["bert"]).encode(QUERY, t).ids])[0][0, 0]) for t in TEXTS])
    check_command(folder, scores)
    check_server(folder, scores)
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
