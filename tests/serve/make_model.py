#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a small language model with random weights that knows every byte, has a chat template with
tools (the form of Hermes), a long context and no wish to end; the same without a template; and an
ONNX network with inputs of several types.

    make_model.py FOLDER
"""
import pathlib
import sys

import gguf
import numpy as np
import onnx
from onnx import TensorProto, helper

WIDTH, INNER, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 1 << 18
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
WORDS = [" the", " a", "ing", "er", " lamp", " wick", "\n"]
TEMPLATE = """\
{%- if tools %}<|im_start|>system
# Tools
For each function call return JSON within <tool_call></tool_call> tags:
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}<|im_end|>
{% endif %}
{%- for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}
{%- if m.tool_calls %}{% for c in m.tool_calls %}
<tool_call>
{"name": {{ c.function.name | tojson }}, "arguments": {{ c.function.arguments | tojson }}}
</tool_call>{% endfor %}{% endif %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def vocabulary():
    """Pieces and types (gguf.TokenType)."""
    pieces = [(piece, 2 if piece == "<unk>" else 3) for piece in SPECIAL]
    pieces += [(f"<0x{i:02X}>", 6) for i in range(256)]
    pieces += [(chr(i).replace(" ", "\u2581"), 1) for i in range(32, 127)]
    pieces += [(word.replace(" ", "\u2581"), 1) for word in WORDS]
    return pieces


def write_model(path, template):
    rng, pieces = np.random.default_rng(7), vocabulary()
    w = gguf.GGUFWriter(path, "llama")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(INNER)
    w.add_block_count(LAYERS)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS // 2)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_tokenizer_model("llama")
    w.add_token_list([piece for piece, _ in pieces])
    w.add_token_scores([-float(i) for i in range(len(pieces))])
    w.add_token_types([kind for _, kind in pieces])
    w.add_bos_token_id(1)
    w.add_eos_token_id(4)
    if template:
        w.add_chat_template(template)
    half = WIDTH // 2
    shapes = {"token_embd": (len(pieces), WIDTH), "output": (len(pieces), WIDTH)}
    for i in range(LAYERS):
        shapes |= {f"blk.{i}.{name}": shape for name, shape in (
            ("attn_q", (WIDTH, WIDTH)), ("attn_k", (half, WIDTH)), ("attn_v", (half, WIDTH)),
            ("attn_output", (WIDTH, WIDTH)), ("ffn_gate", (INNER, WIDTH)),
            ("ffn_up", (INNER, WIDTH)), ("ffn_down", (WIDTH, INNER)))}
    for name, shape in shapes.items():
        data = rng.standard_normal(shape, np.float32) * np.float32(0.15)
        if name == "token_embd":  # a number that all states have and keep,
            data[:, 0] = 3
        if name.endswith(("attn_output", "ffn_down")):
            data[0] = 0
        if name == "output":      # by which special tokens are unlikely, and bytes less likely
            data[:, 0] = 0
            data[:len(SPECIAL) + 256, 0] = -1
            data[:len(SPECIAL), 0] = -40
        w.add_tensor(name + ".weight", data)
    for name in ["output_norm"] + [f"blk.{i}.{n}_norm" for i in range(LAYERS)
                                   for n in ("attn", "ffn")]:
        w.add_tensor(name + ".weight", np.ones(WIDTH, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_network(path):
    """sum = x + float(k); doubled = k * 2; said = words as they are; big: 64 bits as they are."""
    n = "n"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [n, 3]),
              helper.make_tensor_value_info("k", TensorProto.INT32, [n, 3]),
              helper.make_tensor_value_info("words", TensorProto.STRING, [n]),
              helper.make_tensor_value_info("big", TensorProto.INT64, [n])]
    outputs = [helper.make_tensor_value_info("sum", TensorProto.FLOAT, [n, 3]),
               helper.make_tensor_value_info("doubled", TensorProto.INT32, [n, 3]),
               helper.make_tensor_value_info("said", TensorProto.STRING, [n]),
               helper.make_tensor_value_info("same", TensorProto.INT64, [n]),
               helper.make_tensor_value_info("half", TensorProto.FLOAT16, [n, 3]),
               helper.make_tensor_value_info("positive", TensorProto.BOOL, [n, 3])]
    nodes = [helper.make_node("Cast", ["k"], ["kf"], to=TensorProto.FLOAT),
             helper.make_node("Add", ["x", "kf"], ["sum"]),
             helper.make_node("Add", ["k", "k"], ["doubled"]),
             helper.make_node("Identity", ["words"], ["said"]),
             helper.make_node("Identity", ["big"], ["same"]),
             helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16),
             helper.make_node("Greater", ["x", "zero"], ["positive"])]
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])
    graph = helper.make_graph(nodes, "sums", inputs, outputs, [zero])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)],
                                ir_version=9), path)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / "bytes.gguf", TEMPLATE)
    write_model(folder / "plain.gguf", None)
    write_network(folder / "sums.onnx")


main()
