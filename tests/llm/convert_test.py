#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command convert, and quantize from folders and split files, on small models (make_tiny.py);
the package gguf reads what is written. With the tokenizers of DATA (../shared/data/llm): those in
the files give the same tokens.

    convert_test.py liblampwick-llm.so lampwick TINY [DATA]
    convert_test.py liblampwick-llm.so lampwick --folders FOLDER

The second form writes FAMILY/model.gguf for each folder that has numbers of PyTorch beside the
weights (make_huggingface.py), and of most of these FAMILY-again, for huggingface.py and open_folders.py
to compare.
Tensors must have the names that the package gguf has for them.
"""
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import gguf
import llm_library
import numpy as np
import tokenizers
from gguf_file import read_gguf
from llm_sessions import logits_of
from make_tiny import HEADS, KV, hf_name, tensors, write_folder, write_safetensors

COMMAND = sys.argv[2]
PROMPT = [5, 9, 30, 2, 17, 8, 5, 9]
# What comes back in another form: MXFP4 as bfloat16, RoBERTa as BERT, or without parts that are not used.
OTHERWISE = ("gpt_oss-mxfp4", "roberta", "roberta-classes", "camembert", "camembert-classes",
             "xlm-roberta", "xlm-roberta-classes", "bert", "bert-sigmoid", "gemma3-pictures", "qwen2_vl", "qwen2_5_vl",
             "qwen3_vl", "qwen3_vl_moe", "qwen3_vl_moe-turned", "glm4v", "opt", "mpnet", "mpnet-classes", "bart-text", "mbart-text", "llava", "mistral3", "smolvlm")
STRANGE = ("phi-rope-llama3",)  # has a tensor that llama.cpp knows of other families only
NUMBERS = ("ids.json", "types.json", "logits.f32", "states.f32", "scores.f32", "made.f32", "made.json")
TOKENIZERS = {"falcon": "falcon", "gpt2": "gpt-2", "llama2": None, "llama3.2": "llama3",
              "phi3-mini": None, "roberta-base": "gpt-2", "bert-cased": None, "t5-small": None}
OTHER_WORDS = ("bert-cased", "t5-small")  # GGUF files have other marks in their tokens
check = llm_library.Checks()


def run(*arguments):
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def far(got, want):
    return np.abs(got - want).max() / np.abs(want).max()


def test_folder(tiny, out):
    made = out / "made.gguf"
    check("convert", run("convert", tiny / "folder", made)[0] == 0)
    reader = read_gguf(made)
    numbers = {"block_count": 1, "embedding_length": 32, "attention.head_count": HEADS,
               "attention.head_count_kv": KV, "feed_forward_length": 64, "context_length": 64}
    for key, value in numbers.items():
        check(key, reader.fields["llama." + key].contents() == value)
    check("architecture", reader.fields["general.architecture"].contents() == "llama")
    weights = tensors(np.random.default_rng(1))
    check("names", {t.name for t in reader.tensors} == {n + ".weight" for n in weights})
    for t in reader.tensors:
        name, data = t.name.removesuffix(".weight"), np.array(t.data)
        heads = {"attn_q": HEADS, "attn_k": KV}.get(name.split(".")[-1])
        want = weights[name]
        if heads:  # as llama.cpp's files have them
            want = want.reshape(heads, 2, -1, want.shape[1]).swapaxes(1, 2).reshape(want.shape)
        check(name, np.array_equal(data, want))
    want = logits_of(tiny / "folder", PROMPT)
    check("the same logits", far(logits_of(made, PROMPT), want) < 1e-5)
    check("quantize", run("quantize", tiny / "folder", out / "a.gguf", "Q8_0")[0] == 0 and
          run("quantize", made, out / "b.gguf", "Q8_0")[0] == 0)
    check("quantised alike", np.array_equal(logits_of(out / "a.gguf", PROMPT),
                                            logits_of(out / "b.gguf", PROMPT)))


def test_back(tiny, out):
    """GGUF, folder, GGUF: nothing is lost."""
    for kind in ("f32", "q8_0"):
        folder, again = out / f"folder-{kind}", out / f"again-{kind}.gguf"
        check(f"{kind} to a folder", run("convert", tiny / f"{kind}.gguf", folder)[0] == 0)
        config = json.loads((folder / "config.json").read_text())
        check("config.json", config["model_type"] == "llama" and config["vocab_size"] == 40 and
              config["num_key_value_heads"] == KV and not config["tie_word_embeddings"])
        check(f"{kind} and back", run("convert", folder, again)[0] == 0)
        have = {t.name: t for t in read_gguf(again).tensors}
        for t in read_gguf(tiny / f"{kind}.gguf").tensors:
            want = gguf.quants.dequantize(t.data, t.tensor_type)
            near = 1e-3 if kind == "q8_0" else 0  # in float16
            check(t.name, np.allclose(np.array(have[t.name].data, np.float32), want, near, 0))
    want = logits_of(tiny / "f32.gguf", PROMPT)
    check("logits", far(logits_of(out / "folder-f32", PROMPT), want) < 1e-5 and
          np.array_equal(logits_of(out / "again-f32.gguf", PROMPT), want))
    check("experts", run("convert", tiny / "experts.gguf", out / "experts")[0] == 0 and
          run("convert", out / "experts", out / "experts.gguf")[0] == 0)
    want = logits_of(tiny / "experts.gguf", PROMPT)
    check("logits of experts", far(logits_of(out / "experts", PROMPT), want) < 1e-5 and
          np.array_equal(logits_of(out / "experts.gguf", PROMPT), want))
    for kind in ("mamba", "mamba2", "lfm2", "qwen35"):
        code, said = run("convert", tiny / f"{kind}.gguf", out / kind)
        check(f"{kind} to a folder", code == 0, said)
        want = logits_of(tiny / f"{kind}.gguf", PROMPT)
        check(f"{kind}: logits", code or far(logits_of(out / kind, PROMPT), want) < 1e-4)
    code, said = run("convert", tiny / "rwkv6.gguf", out / "rwkv6")
    check("rwkv6", code == 1 and "'rwkv6'" in said and not (out / "rwkv6").exists(), said)


def test_damaged(tiny, out):
    """Files with a wrong byte, or cut, become folders or errors, never anything else."""
    rng = random.Random(9)
    for kind in ("experts", "mamba2", "lfm2", "qwen35"):
        whole = (tiny / f"{kind}.gguf").read_bytes()
        for i in range(25):
            data = bytearray(whole)
            if i % 5 == 0:
                del data[rng.randrange(len(data)):]
            for _ in range(3 if i % 5 else 0):
                data[rng.randrange(8, min(len(data), 4000))] ^= 1 << rng.randrange(8)
            (out / "damaged.gguf").write_bytes(data)
            code, said = run("convert", out / "damaged.gguf", out / "damaged")
            check(f"{kind}, damaged {i}", code in (0, 1), (code, said))


def copy(model, tokenizer, w):
    """Writes what one file has of the model, another one of the tokenizer."""
    for reader, prefix in ((model, "llama."), (tokenizer, "tokenizer.")):
        for key, field in reader.fields.items():
            if key.startswith(prefix):
                kinds = field.types
                w.add_key_value(key, field.contents(), kinds[0],
                                kinds[1] if len(kinds) > 1 else None)
    for t in model.tensors:
        w.add_tensor(t.name, np.array(t.data))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def split(path, out):
    """The file in parts of three tensors."""
    reader = read_gguf(path)
    copy(reader, reader, gguf.GGUFWriter(out / "part.gguf", "llama", split_max_tensors=3))
    return sorted(out.glob("part-00001-of-*.gguf"))[0]


def test_parts(tiny, out):
    first, want = split(tiny / "f32.gguf", out), logits_of(tiny / "f32.gguf", PROMPT)
    check("parts", len(list(out.glob("part-*"))) > 2 and
          np.array_equal(logits_of(first, PROMPT), want))
    check("one file", run("convert", first, out / "one.gguf")[0] == 0 and
          np.array_equal(logits_of(out / "one.gguf", PROMPT), want))
    keys = read_gguf(out / "one.gguf").fields
    check("it is no part", not any(k.startswith("split.") for k in keys))
    run("quantize", first, out / "a.gguf", "Q8_0")
    run("quantize", tiny / "f32.gguf", out / "b.gguf", "Q8_0")
    check("quantised parts", np.array_equal(logits_of(out / "a.gguf", PROMPT),
                                            logits_of(out / "b.gguf", PROMPT)))
    second = sorted(out.glob("part-00002*"))[0]
    code, said = run("info", second)
    check("a part that is not the first", code == 1 and "00001" in said, said)
    second.unlink()
    code, said = run("convert", first, out / "gone.gguf")
    check("a part is missing", code == 1 and not (out / "gone.gguf").exists(), said)


def test_errors(tiny, out):
    def refused(name, *words, target=out / "none.gguf"):
        code, said = run("convert", out / name, target)
        check(name, code == 1 and all(w in said for w in words) and not target.exists(), said)

    refused("nothing", "nothing")
    (out / "text").write_text("no model")
    refused("text", "text")
    weights = tensors(np.random.default_rng(1))
    write_folder(out / "odd", weights)
    refused("odd", target=out / "no" / "such" / "folder.gguf")
    arrays = {hf_name(n): a for n, a in weights.items()}
    write_safetensors(out / "odd" / "model.safetensors", {**arrays, "model.layers.0.odd": arrays[
        "model.norm.weight"]})
    refused("odd", "model.layers.0.odd")
    arrays["model.layers.0.self_attn.q_proj.weight"] = np.ones((33, 32), np.float32)
    write_safetensors(out / "odd" / "model.safetensors", arrays)
    refused("odd", "attn_q", "33 rows")
    whole = (tiny / "folder" / "model.safetensors").read_bytes()
    for size in range(0, len(whole), len(whole) // 30):
        (out / "odd" / "model.safetensors").write_bytes(whole[:size])
        refused("odd")
    (out / "odd" / "model.safetensors").write_bytes(whole)
    config = json.loads((tiny / "folder" / "config.json").read_text())
    for option, value in (("alibi", True), ("scale_attn_by_inverse_layer_idx", True),
                          ("scale_attn_weights", False), ("rope_interleave", False),
                          ("time_step_limit", [0.01, 0.2]),
                          ("position_embedding_type", "relative_key_query")):
        (out / "odd" / "config.json").write_text(json.dumps(config | {option: value}))
        refused("odd", option, "not supported")


def texts(n):
    """Random text of many scripts."""
    rng = random.Random(5)
    ranges = ((32, 127), (32, 127), (97, 123), (48, 58), (0xa0, 0x250), (0x300, 0x370),
              (0x400, 0x500), (0x600, 0x700), (0x900, 0x980), (0x3040, 0x3100), (0x4e00, 0x9fff),
              (0xac00, 0xd7a3), (0x1f300, 0x1f650))
    for _ in range(n):
        words = ("".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(rng.randrange(1, 9)))
                 for _ in range(30))
        yield "".join(w + rng.choice(["", " ", "  ", "\n", "\t", "'s "]) for w in words)


def test_tokenizers(tiny, out, data):
    folder, file = out / "with", out / "with.gguf"
    text = out / "text.txt"
    for name, pre in TOKENIZERS.items():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(data / "tokenizers" / name, folder)
        shutil.copytree(tiny / "folder", folder, dirs_exist_ok=True)
        code, said = run("convert", folder, file)
        check(f"{name}: convert", code == 0, said)
        if code:
            continue
        fields = read_gguf(file).fields
        check(f"{name}: pre", not pre or fields["tokenizer.ggml.pre"].contents() == pre)
        for i, t in enumerate(texts(8)):
            text.write_text(t)
            shown = () if name not in OTHER_WORDS else ("--ids",)
            a, b = (run("tokenize", f, *shown, "--file", text) for f in (folder, file))
            check(f"{name}: text {i}", a == b and a[0] == 0, (t, a[1][:200], b[1][:200]))
        test_tokenizer_json(name, file, out)


def ids_of(model, text):
    return list(map(int, run("tokenize", model, "--ids", "--file", text)[1].split()))


def test_tokenizer_json(name, file, out):
    """What is written in a folder, read by the package tokenizers."""
    back, text = out / "back", out / "text.txt"
    shutil.rmtree(back, ignore_errors=True)
    code, said = run("convert", file, back)
    check(f"{name}: tokenizer.json", code == 0, said)
    if code:
        return
    reader = tokenizers.Tokenizer.from_file(str(back / "tokenizer.json"))
    if "bert-" in name and "roberta" not in name:
        pair = reader.encode("a", "b")
        check(f"{name}: pair", pair.tokens == ["[CLS]", "a", "[SEP]", "b", "[SEP]"] and
              pair.type_ids == [0, 0, 0, 1, 1], pair.tokens)
    for i, t in enumerate(texts(5)):
        text.write_text(t)
        want = ids_of(file, text)
        check(f"{name}: text {i} by tokenizers", reader.encode(t).ids == want, t)


def test_vocabularies(tiny, out, data):
    """Those that llama.cpp tests with."""
    for path in sorted((data / "vocab-gguf").glob("*.gguf")):
        file = out / "vocabulary.gguf"
        file.unlink(missing_ok=True)
        copy(read_gguf(tiny / "f32.gguf"), read_gguf(path),
             gguf.GGUFWriter(file, "llama"))
        test_tokenizer_json(path.stem, file, out)


def strange_names(path):
    """Of tensors that the architecture does not have, as the package gguf knows it."""
    reader = read_gguf(path)
    name = reader.fields["general.architecture"].contents()
    kind = next((k for k, n in gguf.MODEL_ARCH_NAMES.items() if n == name), None)
    if kind is None:  # RWKV-4, BART and others, for which there are no names but ours
        return set() if name in ("rwkv4", "bart", "gptneo", "mpnet", "opt") else {name}
    known = {gguf.TENSOR_NAMES[t] for t in gguf.MODEL_TENSORS[kind]}
    if name == "falcon":  # there are no names for the oldest, whose layers have their parts in turn
        known.add("blk.{bid}.ffn_norm")
    found = {re.sub(r"blk\.\d+\.", "blk.{bid}.", t.name) for t in reader.tensors}
    return {n for n in found if not {n, n.removesuffix(".weight"), n.removesuffix(".bias"), n.removesuffix(".scale")} & known}


def arrays(folder):
    data = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    kinds = {"F32": np.float32, "F16": np.float16, "U8": np.uint8}
    return {name: np.frombuffer(data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]],
                                kinds[t["dtype"]]).reshape(t["shape"])
            for name, t in json.loads(data[8:8 + size]).items() if name != "__metadata__"}


def test_same(original, back):
    """The tensors are those of the folder that it began with."""
    want, have = arrays(original), arrays(back)
    check(f"{back.name}: names", want.keys() == have.keys(), want.keys() ^ have.keys())
    for name in want.keys() & have.keys():
        check(f"{back.name}: {name}", want[name].shape == have[name].shape and
              np.allclose(want[name], have[name], 1e-6, 1e-6))


def convert_all(folder):
    paths = [p for n in ("logits", "states", "scores", "made") for p in folder.glob(f"*/{n}.f32")]
    for path in sorted(paths):
        if path.parent.name.endswith("-again"):
            continue
        code, said = run("convert", path.parent, path.parent / "model.gguf")
        check(path.parent.name, code == 0, said)
        if code == 0:
            strange = path.parent.name not in STRANGE and strange_names(path.parent / "model.gguf")
            check(f"{path.parent.name}: names", not strange, strange)
        back = folder / f"{path.parent.name}-again"
        shutil.rmtree(back, ignore_errors=True)
        code, said = run("convert", path.parent / "model.gguf", back)
        check(back.name, code == 0, said)
        if code == 0 and path.parent.name not in OTHERWISE:
            test_same(path.parent, back)
        for name in NUMBERS:
            if (path.parent / name).exists() and back.exists():
                shutil.copy(path.parent / name, back)


def main():
    if sys.argv[3] == "--folders":
        convert_all(pathlib.Path(sys.argv[4]))
    else:
        tiny = pathlib.Path(sys.argv[3])
        with tempfile.TemporaryDirectory() as name:
            out = pathlib.Path(name)
            test_folder(tiny, out)
            test_back(tiny, out)
            test_damaged(tiny, out)
            test_parts(tiny, out)
            test_errors(tiny, out)
            if len(sys.argv) > 4 and pathlib.Path(sys.argv[4]).is_dir():
                test_tokenizers(tiny, out, pathlib.Path(sys.argv[4]))
                test_vocabularies(tiny, out, pathlib.Path(sys.argv[4]))
    print(f"{check.n - check.failed} passed, {check.failed} failed")
    sys.exit(check.failed > 0)


main()
