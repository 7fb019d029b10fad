#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small Whisper folders with random weights, and what PyTorch gives for random features:
states of the encoder, logits of the decoder and what its layers look at. Needs the packages torch and transformers.

    make_whisper.py FOLDER
"""
import json
import pathlib
import sys

import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration

# folder: configuration
MODELS = {
    "small": dict(encoder_layers=2, decoder_layers=3, num_mel_bins=80, d_model=64,
                  encoder_attention_heads=4, decoder_attention_heads=4),
    "wide-bands": dict(encoder_layers=3, decoder_layers=1, num_mel_bins=128, d_model=48,
                       encoder_attention_heads=2, decoder_attention_heads=2),
}
COMMON = dict(vocab_size=200, max_source_positions=150, max_target_positions=64,
              encoder_ffn_dim=96, decoder_ffn_dim=112, pad_token_id=2, bos_token_id=1,
              eos_token_id=2, decoder_start_token_id=3)
IDS = [(7 * i * i + 3 * i + 5) % 200 for i in range(24)]


def make(folder, options):
    torch.manual_seed(5)
    config = WhisperConfig(**COMMON, **options)
    config._attn_implementation = "eager"  # which shows what is looked at
    model = WhisperForConditionalGeneration(config).eval().float()
    with torch.no_grad():
        for parameter in model.parameters():  # norms and biases too
            parameter.mul_(1.5).add_(0.05 * torch.randn_like(parameter))
        features = torch.randn(1, config.num_mel_bins, 2 * config.max_source_positions)
        states = model.model.encoder(features).last_hidden_state
        result = model(features, decoder_input_ids=torch.tensor([IDS]), output_attentions=True)
        looks = torch.stack([x[0] for x in result.cross_attentions])
    model.save_pretrained(folder)
    (folder / "ids.json").write_text(json.dumps(IDS))
    for name, tensor in (("features", features), ("states", states), ("looks", looks),
                         ("whisper_logits", result.logits[0])):
        tensor.numpy().astype("float32").tofile(folder / f"{name}.f32")


for name, options in MODELS.items():
    make(pathlib.Path(sys.argv[1]) / name, options)
print(f"{len(MODELS)} models")
