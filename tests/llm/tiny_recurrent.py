# SPDX-License-Identifier: MIT
"""Tensors and hyperparameters of small recurrent models, for make_tiny.py."""
import numpy as np

WIDTH, INNER, VOCABULARY, KERNEL = 32, 64, 40, 4
HEADS, KEY_HEADS, HEAD = 4, 2, 8  # of the delta rule; four heads of values share two of keys


def around():
    return {"token_embd.weight": (VOCABULARY, WIDTH), "output.weight": (VOCABULARY, WIDTH),
            "output_norm.weight": (WIDTH,)}


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


MODELS = {"qwen35": qwen35, "mamba": mamba, "mamba2": mamba2}


def fill(rng, name, shape):
    if name.endswith("ssm_a"):
        return -np.exp(rng.uniform(-2, 1, shape)).astype(np.float32)
    if "norm" in name:
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
