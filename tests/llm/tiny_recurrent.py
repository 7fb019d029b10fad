# SPDX-License-Identifier: MIT
"""Tensors and hyperparameters of small recurrent models, for make_tiny.py."""
import numpy as np

WIDTH, INNER, VOCABULARY, KERNEL = 32, 64, 40, 4
HEADS, KEY_HEADS, HEAD = 4, 2, 8  # of the delta rule; four heads of values share two of keys


def around():
    return {"token_embd.weight": (VOCABULARY, WIDTH), "output.weight": (VOCABULARY, WIDTH),
            "output_norm.weight": (WIDTH,), "output_norm.bias": (WIDTH,)}


def qwen35():
    keys, values = KEY_HEADS * HEAD, HEADS * HEAD
    delta = {"attn_norm.weight": (WIDTH,), "attn_qkv.weight": (2 * keys + values, WIDTH),
             "attn_gate.weight": (values, WIDTH), "ssm_beta.weight": (HEADS, WIDTH),
             "ssm_alpha.weight": (HEADS, WIDTH), "ssm_conv1d.weight": (2 * keys + values, KERNEL),
             "ssm_a": (HEADS,), "ssm_dt.bias": (HEADS,), "ssm_norm.weight": (HEAD,),
             "ssm_out.weight": (WIDTH, values)}
    attention = {"attn_norm.weight": (WIDTH,), "attn_q.weight": (2 * WIDTH, WIDTH),
                 "attn_k.weight": (WIDTH // 2, WIDTH), "attn_v.weight": (WIDTH // 2, WIDTH),
                 "attn_q_norm.weight": (HEAD,), "attn_k_norm.weight": (HEAD,),
                 "attn_output.weight": (WIDTH, WIDTH)}
    both = {"post_attention_norm.weight": (WIDTH,), "ffn_gate.weight": (INNER, WIDTH),
            "ffn_up.weight": (INNER, WIDTH), "ffn_down.weight": (WIDTH, INNER)}
    numbers = {"attention.head_count": 4, "attention.head_count_kv": 2, "attention.key_length": HEAD,
               "attention.value_length": HEAD, "full_attention_interval": 2,
               "ssm.time_step_rank": HEADS, "ssm.group_count": KEY_HEADS, "ssm.state_size": HEAD,
               "ssm.inner_size": values, "ssm.conv_kernel": KERNEL}
    return [delta | both, attention | both], numbers


def mamba():
    inner, states, rank = 2 * WIDTH, 8, 3
    layer = {"attn_norm.weight": (WIDTH,), "ssm_in.weight": (2 * inner, WIDTH),
             "ssm_conv1d.weight": (inner, KERNEL), "ssm_conv1d.bias": (inner,),
             "ssm_x.weight": (rank + 2 * states, inner), "ssm_dt.weight": (inner, rank),
             "ssm_dt.bias": (inner,), "ssm_a": (inner, states), "ssm_d": (inner,),
             "ssm_out.weight": (WIDTH, inner)}
    return [layer, layer], {"ssm.conv_kernel": KERNEL, "ssm.inner_size": inner,
                            "ssm.state_size": states, "ssm.time_step_rank": rank}


def mamba2():
    inner, states, heads, groups = 2 * WIDTH, 8, 4, 2
    channels = inner + 2 * groups * states
    layer = {"attn_norm.weight": (WIDTH,), "ssm_in.weight": (inner + channels + heads, WIDTH),
             "ssm_conv1d.weight": (channels, KERNEL), "ssm_conv1d.bias": (channels,),
             "ssm_dt.bias": (heads,), "ssm_a": (heads, 1), "ssm_d": (heads, 1),
             "ssm_norm.weight": (groups, inner // groups), "ssm_out.weight": (WIDTH, inner)}
    return [layer, layer], {"ssm.conv_kernel": KERNEL, "ssm.inner_size": inner,
                            "ssm.state_size": states, "ssm.time_step_rank": heads,
                            "ssm.group_count": groups}


def lfm2():
    attention = {"attn_q.weight": (WIDTH, WIDTH), "attn_k.weight": (WIDTH // 2, WIDTH),
                 "attn_v.weight": (WIDTH // 2, WIDTH), "attn_q_norm.weight": (HEAD,),
                 "attn_k_norm.weight": (HEAD,), "attn_output.weight": (WIDTH, WIDTH)}
    conv = {"shortconv.in_proj.weight": (3 * WIDTH, WIDTH), "shortconv.conv.weight": (WIDTH, 3),
            "shortconv.out_proj.weight": (WIDTH, WIDTH)}
    both = {"attn_norm.weight": (WIDTH,), "ffn_norm.weight": (WIDTH,),
            "ffn_gate.weight": (INNER, WIDTH), "ffn_up.weight": (INNER, WIDTH),
            "ffn_down.weight": (WIDTH, INNER)}
    return [conv | both, attention | both], {
        "attention.head_count": 4, "attention.head_count_kv": 2, "shortconv.l_cache": 3}


def norms(*names):
    return {f"{n}.{part}": (WIDTH,) for n in names for part in ("weight", "bias")}


def thin(name, rank=4):
    """A pair of thin matrices."""
    return {f"time_mix_{name}1.weight": (rank, WIDTH), f"time_mix_{name}2.weight": (WIDTH, rank)}


def rwkv_layer(*squares):
    return norms("attn_norm", "attn_norm_2", "time_mix_ln") | {
        **{f"time_mix_{n}.weight": (WIDTH, WIDTH) for n in squares},
        "channel_mix_lerp_k.weight": (WIDTH,), "channel_mix_key.weight": (INNER, WIDTH),
        "channel_mix_value.weight": (WIDTH, INNER)}


def rwkv4():
    layer = rwkv_layer("receptance", "key", "value", "output") | {
        **{f"time_mix_{n}.weight": (WIDTH,)
           for n in ("decay", "first", "lerp_r", "lerp_k", "lerp_v")},
        "channel_mix_lerp_r.weight": (WIDTH,), "channel_mix_receptance.weight": (WIDTH, WIDTH)}
    return [layer, layer], {"rescale_every_n_layers": 1}


def rwkv6():
    rank = 4
    layer = rwkv_layer("receptance", "key", "value", "gate", "output") | {
        "time_mix_lerp_x.weight": (WIDTH,), "time_mix_lerp_fused.weight": (5, 1, 1, WIDTH),
        "time_mix_w1.weight": (5 * rank, WIDTH), "time_mix_w2.weight": (5, WIDTH, rank),
        "time_mix_decay.weight": (WIDTH,), "time_mix_first.weight": (WIDTH // HEAD, HEAD),
        **{n.replace("mix_", "mix_decay_"): s for n, s in thin("w").items()},
        "channel_mix_lerp_r.weight": (WIDTH,), "channel_mix_receptance.weight": (WIDTH, WIDTH)}
    return [layer, layer], {"wkv.head_size": HEAD, "rescale_every_n_layers": 2}


def rwkv7():
    layer = rwkv_layer("receptance", "key", "value", "output") | {
        "time_mix_lerp_fused.weight": (6, 1, 1, WIDTH), **thin("w"), **thin("a"), **thin("v"),
        **thin("g"), **{f"time_mix_{n}.weight": (WIDTH,)
                        for n in ("w0", "a0", "v0", "k_k", "k_a", "r_k")}}
    return [layer, layer], {"wkv.head_size": HEAD}


MODELS = {"qwen35": qwen35, "lfm2": lfm2, "mamba": mamba, "mamba2": mamba2, "rwkv4": rwkv4,
          "rwkv6": rwkv6, "rwkv7": rwkv7}


def fill(rng, name, shape):
    if name.endswith("ssm_a"):
        return -np.exp(rng.uniform(-2, 1, shape)).astype(np.float32)
    if "norm" in name and name.endswith("weight"):
        return np.ones(shape, np.float32)
    return rng.standard_normal(shape, np.float32) * np.float32(0.3 if "conv" in name else 0.2)


def tensors(architecture):
    """Name and array of each tensor, and the numbers of the header."""
    rng = np.random.default_rng(1)
    layers, numbers = MODELS[architecture]()
    shapes = around() | {f"blk.{i}.{n}": s for i, layer in enumerate(layers)
                         for n, s in layer.items()}
    return ({n: fill(rng, n, s) for n, s in shapes.items()},
            numbers | {"block_count": len(layers)})
