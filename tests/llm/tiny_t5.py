# SPDX-License-Identifier: MIT
"""A small T5 (Raffel et al. 2019, arXiv 1910.10683): written as a GGUF file with llama.cpp's names,
read back, and computed with numpy."""
import gguf
import numpy as np
from gguf_file import read_gguf

WIDTH, HEADS, HEAD, INNER, LAYERS, VOCABULARY, BUCKETS, FAR = 32, 4, 6, 48, 2, 40, 8, 12
EPSILON = 1e-6


def make(rng, gated):
    w = {"token_embd": (VOCABULARY, WIDTH), "enc.output_norm": WIDTH, "dec.output_norm": WIDTH}
    for stack in ("enc", "dec"):
        for i in range(LAYERS):
            for part in ("attn", "cross_attn")[:1 + (stack == "dec")]:
                at = f"{stack}.blk.{i}.{part}_"
                w |= {at + n: (HEADS * HEAD, WIDTH) for n in "qkv"}
                w |= {at + "o": (WIDTH, HEADS * HEAD), at + "norm": WIDTH}
            at = f"{stack}.blk.{i}.ffn_"
            w |= {at + "norm": WIDTH, at + "up": (INNER, WIDTH), at + "down": (WIDTH, INNER)}
            if gated:
                w[at + "gate"] = (INNER, WIDTH)
        w[f"{stack}.blk.0.attn_rel_b"] = (BUCKETS, HEADS)
    if gated:
        w["output"] = (VOCABULARY, WIDTH)
    return {name + ".weight": (1 + 0.1 * rng.standard_normal(shape) if isinstance(shape, int)
                               else 0.3 * rng.standard_normal(shape)).astype(np.float32)
            for name, shape in w.items()}


def write(path, gated):
    w = gguf.GGUFWriter(path, "t5")
    w.add_context_length(64)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(INNER)
    w.add_block_count(LAYERS)
    w.add_head_count(HEADS)
    w.add_key_length(HEAD)
    w.add_value_length(HEAD)
    w.add_layer_norm_eps(EPSILON)
    w.add_layer_norm_rms_eps(EPSILON)
    w.add_relative_attn_buckets_count(BUCKETS)
    w.add_uint32("t5.attention.relative_max_distance", FAR)
    w.add_decoder_start_token_id(0)
    w.add_tokenizer_model("t5")
    w.add_token_list(["<pad>", "</s>", "<unk>"] + [f"\u2581t{i}" for i in range(3, VOCABULARY)])
    w.add_token_scores([0.0, 0.0, 0.0] + [-1.0] * (VOCABULARY - 3))
    w.add_token_types([3, 3, 2] + [1] * (VOCABULARY - 3))
    w.add_pad_token_id(0)
    w.add_eos_token_id(1)
    w.add_unk_token_id(2)
    w.add_add_bos_token(False)
    w.add_add_eos_token(True)
    for name, data in make(np.random.default_rng(8 + gated), gated).items():
        w.add_tensor(name, data)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def read(path):
    return {t.name: t.data for t in read_gguf(path).tensors}


# ------------------------------------------------------------------- with numpy

def norm(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON) * weight


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def bucket(ahead, causal):
    """Of a key so far ahead of its query."""
    side, n = 0, BUCKETS
    if not causal:
        n //= 2
        side = n if ahead > 0 else 0
    back = max(-ahead, 0) if causal else abs(ahead)
    if back < n // 2:
        return side + back
    ratio = np.log(np.float32(back) / np.float32(n // 2)) / np.log(np.float32(FAR) / (n // 2))
    return side + min(n - 1, n // 2 + int(ratio * (n - n // 2)))


def attend(w, at, x, memory, bias):
    q, k, v = ((y @ w[f"{at}_{n}.weight"].T).reshape(len(y), HEADS, HEAD).swapaxes(0, 1)
               for y, n in ((x, "q"), (memory, "k"), (memory, "v")))
    y = softmax(q @ k.swapaxes(1, 2) + bias) @ v
    return y.swapaxes(0, 1).reshape(len(x), -1) @ w[f"{at}_o.weight"].T


def feed(w, at, x):
    up = x @ w[at + "up.weight"].T
    if at + "gate.weight" not in w:
        return np.maximum(up, 0) @ w[at + "down.weight"].T
    gate = x @ w[at + "gate.weight"].T
    gate = 0.5 * gate * (1 + np.tanh(np.sqrt(2 / np.pi) * (gate + 0.044715 * gate ** 3)))
    return (gate * up) @ w[at + "down.weight"].T


def stack(w, name, tokens, memory=None):
    x, n, causal = w["token_embd.weight"][tokens], len(tokens), memory is not None
    table = w[f"{name}.blk.0.attn_rel_b.weight"]
    bias = np.array([[table[bucket(j - i, causal)] for j in range(n)] for i in range(n)])
    bias = bias.transpose(2, 0, 1).astype(np.float64)
    if causal:
        bias += np.triu(np.full((n, n), -np.inf), 1)
    for i in range(LAYERS):
        at = f"{name}.blk.{i}."
        h = norm(x, w[at + "attn_norm.weight"])
        x = x + attend(w, at + "attn", h, h, bias)
        if causal:
            h = norm(x, w[at + "cross_attn_norm.weight"])
            x = x + attend(w, at + "cross_attn", h, memory, 0)
        x = x + feed(w, at + "ffn_", norm(x, w[at + "ffn_norm.weight"]))
    return norm(x, w[f"{name}.output_norm.weight"])


def states(weights, source):
    return stack({k: v.astype(np.float64) for k, v in weights.items()}, "enc", source)


def logits(weights, source, tokens):
    w = {k: v.astype(np.float64) for k, v in weights.items()}
    h = stack(w, "dec", tokens, stack(w, "enc", source))
    if "output.weight" in w:
        return h @ w["output.weight"].T
    return h * WIDTH ** -0.5 @ w["token_embd.weight"].T
