#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Layers of torch.nn for tests/nn/nn_layers_test.c: parameters, an input and PyTorch's output.

    nn_layers.py FILE.safetensors
"""
import sys

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(3)
tensors = {}


def layer(name, module, *inputs, take=None, **named):
    module.eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)
        for key, buffer in module.named_buffers():
            if key.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
            elif key.endswith("running_mean"):
                buffer.normal_()
        out = module(*inputs, **named)
    flat = []
    for item in out if isinstance(out, tuple) else (out,):
        flat += item if isinstance(item, tuple) else [item]
    tensors.update({f"{name}.{k}": v for k, v in module.state_dict().items()
                    if not k.endswith("num_batches_tracked")})
    tensors.update({f"{name}.in{i}": v for i, v in enumerate(inputs)})
    tensors.update({f"{name}.{k}": v for k, v in named.items() if torch.is_tensor(v)})
    tensors.update({f"{name}.out{i}": v for i, v in enumerate(flat) if v is not None})


x = torch.randn
layer("linear", nn.Linear(4, 5), x(2, 4))
layer("linear_no_bias", nn.Linear(4, 5, bias=False), x(2, 4))
for n in (1, 2, 3):
    layer(f"conv{n}d", getattr(nn, f"Conv{n}d")(2, 3, 3, padding=1), x(1, 2, *(5, 4, 3)[:n]))
    layer(f"conv_transpose{n}d", getattr(nn, f"ConvTranspose{n}d")(2, 3, 2, stride=2),
          x(1, 2, *(5, 4, 3)[:n]))
layer("batch_norm", nn.BatchNorm2d(3), x(2, 3, 4, 4))
layer("layer_norm", nn.LayerNorm([3, 4]), x(2, 3, 4))
layer("rms_norm", nn.RMSNorm(4), x(2, 3, 4))
layer("group_norm", nn.GroupNorm(2, 4), x(2, 4, 3))
layer("instance_norm", nn.InstanceNorm1d(3, affine=True), x(2, 3, 5))
layer("embedding", nn.Embedding(7, 4), torch.tensor([[1, 6], [0, 3]]))
layer("prelu", nn.PReLU(3), x(2, 3, 2))
layer("lstm", nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True), x(2, 5, 3))
layer("lstm_flat", nn.LSTM(3, 4), x(5, 3))
layer("lstm_proj", nn.LSTM(3, 4, proj_size=2), x(5, 2, 3))
layer("gru", nn.GRU(3, 4, num_layers=2), x(5, 2, 3))
layer("rnn", nn.RNN(3, 4, bidirectional=True, nonlinearity="relu"), x(5, 2, 3))
layer("attention", nn.MultiheadAttention(8, 2, batch_first=True), x(2, 3, 8), x(2, 4, 8), x(2, 4, 8),
      key_padding_mask=torch.tensor([[False, False, True, True], [False] * 4]))
layer("attention_kdim", nn.MultiheadAttention(8, 2, kdim=5, vdim=6), x(3, 2, 8), x(4, 2, 5), x(4, 2, 6))
layer("encoder", nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), x(2, 3, 8))
layer("encoder_first", nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", norm_first=True), x(3, 2, 8))
layer("decoder", nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), x(2, 3, 8), x(2, 4, 8),
      tgt_mask=nn.Transformer.generate_square_subsequent_mask(3))
save_file({k: v.contiguous() for k, v in tensors.items()}, sys.argv[1])
print(len(tensors), "tensors")
