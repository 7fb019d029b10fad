#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a small Whisper folder with random weights, and a sound.

    make_speech.py FOLDER
"""
import json
import pathlib
import sys
import wave

import numpy as np

import whisper_numpy as wn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "llm"))
from make_tiny import write_safetensors  # noqa: E402

NEVER, NOT_FIRST = [7, 35, 200], [32, wn.END]
CODES = ["en", "de", "haw"]
GENERATION = dict(is_multilingual=True, suppress_tokens=NEVER, begin_suppress_tokens=NOT_FIRST)


def byte_letters():
    """GPT-2's letters for bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in shown else chr(next(others)) for b in range(256)]


def tokenizer():
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{c}|>" for c in CODES),
               "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>",
               "<|nospeech|>", "<|notimestamps|>"]
    level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
    added = [dict(id=256 + i, content=text, special=True, single_word=False, lstrip=False,
                  rstrip=False, normalized=False) for i, text in enumerate(special)]
    return dict(version="1.0", added_tokens=added, normalizer=None, pre_tokenizer=level,
                post_processor=None, decoder=level,
                model=dict(type="BPE", merges=[], vocab={letter: i for i, letter in
                                                         enumerate(byte_letters())}))


def write_folder(folder, seed):
    s = wn.SIZES
    config = dict(model_type="whisper", d_model=s["width"], encoder_layers=s["encoder"],
                  decoder_layers=s["decoder"], encoder_attention_heads=s["heads"],
                  decoder_attention_heads=s["heads"], num_mel_bins=s["bands"],
                  max_source_positions=s["frames"], max_target_positions=s["context"],
                  vocab_size=wn.VOCABULARY, activation_function="gelu")
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps(GENERATION))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    write_safetensors(folder / "model.safetensors", wn.random_weights(seed))


def sound(seconds=3.4):
    t, rng = np.arange(int(seconds * wn.RATE)) / wn.RATE, np.random.default_rng(1)
    tones = sum(np.sin(2 * np.pi * f * t * (1 + 0.2 * t)) / (i + 1)
                for i, f in enumerate((220, 910, 2500)))
    loud = 0.1 + 0.9 * np.abs(np.sin(2 * np.pi * 0.7 * t))
    x = 0.2 * tones * loud + 0.01 * rng.standard_normal(len(t))
    return np.round(np.clip(x, -1, 1) * 32767).astype(np.int16)


def main():
    out = pathlib.Path(sys.argv[1])
    write_folder(out / "model", 11)
    with wave.open(str(out / "sound.wav"), "wb") as file:
        file.setparams((1, 2, wn.RATE, 0, "NONE", ""))
        file.writeframes(sound().tobytes())


if __name__ == "__main__":
    main()
