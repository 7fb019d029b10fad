#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the networks that bench/compare_libtorch runs, with seeded random weights, into
build/bench-torch (1.2 GB): NAME/model.pt2 by torch.export for lampwick, NAME/model.pt as frozen
TorchScript for libtorch, and NAME/inputs.npz.

    bench/make_torch_models.py [--folder FOLDER] [NAME...]
"""
import argparse
import pathlib

import environment

environment.enter_libtorch()

import numpy as np  # noqa: E402  (needs the environment)
import torch  # noqa: E402
import torchvision  # noqa: E402
import transformers  # noqa: E402

IMAGE = (1, 3, 224, 224)


class Bert(torch.nn.Module):
    """BERT-base as a function from ids to hidden states."""

    def __init__(self):
        super().__init__()
        config = transformers.BertConfig(attn_implementation="sdpa")
        self.bert = transformers.BertModel(config, add_pooling_layer=False)

    def forward(self, input_ids):
        return self.bert(input_ids=input_ids, return_dict=False)[0]


class Lstm(torch.nn.Module):
    """Two layers, both directions, over 100 steps."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(128, 256, 2, bidirectional=True, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0]


def image():
    return torch.rand(IMAGE)


NETWORKS = {
    "resnet50": (torchvision.models.resnet50, image),
    "mobilenet_v3_large": (torchvision.models.mobilenet_v3_large, image),
    "vit_b_16": (torchvision.models.vit_b_16, image),
    "bert-base": (Bert, lambda: torch.randint(0, 30000, (1, 128))),
    "lstm": (Lstm, lambda: torch.rand(1, 100, 128)),
}


def make(name, folder):
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]
    module, x = network().eval(), inputs()
    folder.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        traced = torch.jit.freeze(torch.jit.trace(module, x, strict=False, check_trace=False))
        torch.jit.save(traced, folder / "model.pt")
    exported = torch.export.export(module, (x,))
    torch.export.save(exported, folder / "model.pt2")
    np.savez(folder / "inputs.npz", **{exported.graph_signature.user_inputs[0]: x.numpy()})
    print(folder, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NETWORKS, []])
    parser.add_argument("--folder", type=pathlib.Path,
                        default=environment.ROOT / "build/bench-torch")
    options = parser.parse_args()
    for name in options.names or NETWORKS:
        if options.names or not (options.folder / name / "inputs.npz").exists():
            make(name, options.folder / name)


main()
