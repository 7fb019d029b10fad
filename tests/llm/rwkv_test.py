#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the checkpoints of make_rwkv.py as GGUF files, with the names and layouts that such files
have, and compares the logits with those of the authors' package.

    rwkv_test.py liblampwick.so FOLDER
"""
import json
import pathlib
import sys

import gguf
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
import lampwick  # noqa: E402
from decoder import Decoder, nmse  # noqa: E402

PLAIN = {"emb": "token_embd", "head": "output", "ln_out": "output_norm"}
PARTS = {"ln0": "token_embd_norm", "ln1": "attn_norm", "ln2": "attn_norm_2",
         "att.ln_x": "time_mix_ln", "att.time_decay": "time_mix_decay",
         "att.time_decay_w1": "time_mix_decay_w1", "att.time_decay_w2": "time_mix_decay_w2",
         "att.time_faaaa": "time_mix_first", "att.time_maa_w1": "time_mix_w1",
         "att.time_maa_w2": "time_mix_w2", "att.time_maa_x": "time_mix_lerp_x",
         "ffn.time_maa_k": "channel_mix_lerp_k", "ffn.time_maa_r": "channel_mix_lerp_r",
         "ffn.x_k": "channel_mix_lerp_k"}
TURNED = ("_w1", "_w2", "w1", "w2", "a1", "a2", "v1", "v2", "g1", "g2")


def rename(part):
    stem = part.removesuffix(".weight").removesuffix(".bias")
    end = ".bias" if part.endswith(".bias") else ".weight"
    kind, _, rest = stem.partition(".")
    found = PARTS.get(stem) or {"att": "time_mix_", "ffn": "channel_mix_"}[kind] + rest
    return found + end


def translate(weights, version, fused):
    """Name in GGUF -> array."""
    made, lerps = {}, {}
    for name, data in weights.items():
        pieces = name.split(".", 2)
        if pieces[0] != "blocks":
            stem, end = name.rsplit(".", 1)
            made[f"{PLAIN[stem]}.{end}"] = data
            continue
        layer, part = int(pieces[1]), pieces[2]
        if "maa_" in part and part[-1] in "wkvrg" and part.startswith("att") or "att.x_" in part:
            lerps[layer, part[-1]] = data.ravel()
        elif part.startswith("ln0"):
            made[rename(part)] = data
        else:
            turn = part.endswith(TURNED) and not part.endswith(".weight")
            made[f"blk.{layer}.{rename(part)}"] = data.swapaxes(-1, -2) if turn else data.squeeze()
    for layer in {layer for layer, _ in lerps}:
        order = "wkvrg" if version == 6 else "rwkvag"
        if fused:
            made[f"blk.{layer}.time_mix_lerp_fused.weight"] = np.stack(
                [lerps[layer, c] for c in order]).reshape(len(order), 1, 1, -1)
        else:
            made |= {f"blk.{layer}.time_mix_lerp_{c}.weight": lerps[layer, c] for c in order}
    return {n: np.ascontiguousarray(a.ravel() if n.endswith("r_k.weight") else a)
            for n, a in made.items()}


def write(path, weights, version, fused):
    architecture = f"rwkv{version}"
    heads, size = weights["blocks.0.att." + ("time_faaaa" if version == 6 else "r_k")].shape
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(1 << 20)
    writer.add_embedding_length(heads * size)
    writer.add_block_count(1 + max(int(n.split(".")[1]) for n in weights if "blocks" in n))
    writer.add_layer_norm_eps(1e-5)
    writer.add_wkv_head_size(size)
    writer.add_feed_forward_length(weights["blocks.0.ffn.key.weight"].shape[0])
    writer.add_head_count(0)
    for name, data in translate(weights, version, fused).items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check(library, folder, version, fused):
    ids = json.loads((folder / "ids.json").read_text())
    want = np.fromfile(folder / "logits.f32", np.float32).reshape(len(ids), -1)
    path = folder / f"model{'' if fused else '-apart'}.gguf"
    write(path, dict(np.load(folder / "weights.npz")), version, fused)
    got, pieces = Decoder(library, path).feed(ids), Decoder(library, path)
    same = np.array_equal(got, np.concatenate([pieces.feed(ids[:1]), pieces.feed(ids[1:9]),
                                               pieces.feed(ids[9:])]))
    error = nmse(got, want)
    good = error < 1e-9 and same
    print(f"{'ok ' if good else 'BAD'} {folder.name}/{path.name:16} nmse {error:.1e}, pieces equal "
          f"{same}")
    return good


def main():
    library, folder = lampwick.Library(sys.argv[1]), pathlib.Path(sys.argv[2])
    good = [check(library, folder / f"rwkv{v}", v, f) for v, f in ((6, True), (6, False), (7, True))]
    sys.exit(not all(good))


main()
