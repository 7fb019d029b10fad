# SPDX-License-Identifier: MIT
"""Networks of PyTorch that are timed, with seeded random weights."""
import torch
import torchvision
import transformers


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


def image(batch):
    return torch.rand(batch, 3, 224, 224)


NETWORKS = {
    "resnet50": (torchvision.models.resnet50, image),
    "mobilenet_v3_large": (torchvision.models.mobilenet_v3_large, image),
    "vit_b_16": (torchvision.models.vit_b_16, image),
    "bert-base": (Bert, lambda batch: torch.randint(0, 30000, (batch, 128))),
    "lstm": (Lstm, lambda batch: torch.rand(batch, 100, 128)),
}


def make(name, batch=1):
    """A module and its input."""
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]
    return network().eval(), inputs(batch)


def save_program(module, x, path):
    """Writes what torch.export makes of it; returns the name of its input."""
    exported = torch.export.export(module, (x,))
    torch.export.save(exported, path)
    return exported.graph_signature.user_inputs[0]
