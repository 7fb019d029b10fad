#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks for examples/zoo with random parameters, and what PyTorch makes of an input.

    zoo_networks.py FOLDER [--full] [NETWORK...]

writes FOLDER/NETWORK.safetensors: the parameters, "in.NAME" and "out.NAME". Without --full the
networks are those of torchvision and transformers with few channels.
"""
import argparse
import pathlib

import torch
import torchvision
from safetensors.torch import save_file
from torch import nn


def thinner(module, by):
    """The module with `by` times fewer channels, all but those of the image and of answers."""
    def less(n):
        return n if n <= 3 else max(2, n // by)
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d):
            groups = less(child.groups) if child.groups > 1 else 1
            new = nn.Conv2d(less(child.in_channels), less(child.out_channels), child.kernel_size,
                            child.stride, child.padding, child.dilation, groups, child.bias is not None)
        elif isinstance(child, nn.BatchNorm2d):
            new = nn.BatchNorm2d(less(child.num_features), child.eps)
        elif isinstance(child, nn.Linear):
            new = nn.Linear(less(child.in_features), less(child.out_features))
        else:
            new = thinner(child, by)
        setattr(module, name, new)
    return module


def image(size, n=1):
    return {"image": torch.randn(n, 3, size, size)}


def torchvision_model(name, by, full):
    model = getattr(torchvision.models, name)()
    return model if full else thinner(model, by)


def resnet18(full):
    return torchvision_model("resnet18", 32, full), image(224 if full else 64, 2), ["logits"]


def resnet50(full):
    return torchvision_model("resnet50", 32, full), image(224 if full else 64), ["logits"]


def mobilenet_v3_large(full):
    return torchvision_model("mobilenet_v3_large", 16, full), image(224 if full else 64), ["logits"]


def mobilenet_v3_small(full):
    return torchvision_model("mobilenet_v3_small", 16, full), image(224 if full else 64), ["logits"]


def vit_b(full):
    model = torchvision.models.vit_b_16() if full else \
        torchvision.models.VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=10)
    model.heads.head.weight.data.normal_(0, 0.1)
    return model, image(224 if full else 32, 2), ["logits"]


def bert_base(full):
    import transformers
    config = transformers.BertConfig() if full else transformers.BertConfig(
        vocab_size=100, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=24)
    model = transformers.BertModel(config)
    mask = torch.ones(2, 12, dtype=torch.int64)
    mask[1, 7:] = 0
    inputs = {"input_ids": torch.randint(0, config.vocab_size, (2, 12)), "attention_mask": mask}
    return model, inputs, ["last_hidden_state", "pooler_output"]


class Tagger(nn.Module):
    def __init__(self, words, width, hidden, tags):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.tag = nn.Linear(2 * hidden, tags)

    def forward(self, words):
        return torch.log_softmax(self.tag(self.lstm(self.embedding(words))[0]), -1)


def lstm_tagger(full):
    words, *rest = (20000, 256, 512, 50) if full else (60, 12, 10, 7)
    return Tagger(words, *rest), {"words": torch.randint(0, words, (2, 9))}, ["scores"]


def twice(n, m):
    return nn.Sequential(nn.Conv2d(n, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU(),
                         nn.Conv2d(m, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, width, depth, classes):
        super().__init__()
        widths = [width << i for i in range(depth)]
        self.down = nn.ModuleList(twice(n, m) for n, m in zip([3] + widths, widths))
        self.rise = nn.ModuleList(nn.ConvTranspose2d(2 * n, n, 2, stride=2) for n in widths[:-1])
        self.up = nn.ModuleList(twice(2 * n, n) for n in widths[:-1])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, image):
        left, x = [], image
        for i, down in enumerate(self.down):
            x = down(x if i == 0 else nn.functional.max_pool2d(x, 2))
            left.append(x)
        for i in reversed(range(len(self.up))):
            x = self.up[i](torch.cat([left[i], self.rise[i](x)], 1))
        return self.head(x)


def unet(full):
    return UNet(*((64, 5, 21) if full else (4, 3, 5))), image(128 if full else 32), ["logits"]


class Block(nn.Module):
    def __init__(self, n, m, kernel=3, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(n, m, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(m, eps=1e-3)

    def forward(self, x):
        return nn.functional.silu(self.norm(self.conv(x)))


class CrossStage(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.add_module("in", Block(n, m, 1))
        self.first, self.second = Block(m // 2, m // 2), Block(m // 2, m // 2)
        self.out = Block(m // 2 * 3, m, 1)

    def forward(self, x):
        a, b = getattr(self, "in")(x).chunk(2, 1)
        return self.out(torch.cat([a, b, b + self.second(self.first(b))], 1))


class Yolo(nn.Module):
    def __init__(self, w, classes):
        super().__init__()
        self.stem = Block(3, w, 3, 2)
        self.stage = nn.ModuleList([Block(w, 2 * w, 3, 2), Block(2 * w, 4 * w, 3, 2), Block(4 * w, 8 * w, 3, 2)])
        self.csp = nn.ModuleList([CrossStage(4 * w, 4 * w), CrossStage(8 * w, 8 * w)])
        self.lateral = Block(8 * w, 4 * w, 1)
        self.join = CrossStage(8 * w, 4 * w)
        self.head = nn.ModuleList([nn.Conv2d(4 * w, 4 + classes, 1), nn.Conv2d(8 * w, 4 + classes, 1)])
        for head in self.head:
            head.bias.data[:4] = 2  # boxes are so large that they overlap

    def detect(self, head, x, stride):
        h, w = x.shape[2:]
        y = head(x)[0].flatten(1).t()
        rows, columns = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
        middle = torch.stack([columns.flatten(), rows.flatten()], -1) * stride
        sides = nn.functional.softplus(y[:, :4]) * stride
        return torch.cat([middle - sides[:, :2], middle + sides[:, 2:]], 1), y[:, 4:].sigmoid()

    def forward(self, image):
        x = self.stage[0](self.stem(image))
        fine = self.csp[0](self.stage[1](x))
        coarse = self.csp[1](self.stage[2](fine))
        up = nn.functional.interpolate(self.lateral(coarse), scale_factor=2)
        fine = self.join(torch.cat([up, fine], 1))
        found = [self.detect(self.head[0], fine, 8), self.detect(self.head[1], coarse, 16)]
        boxes, scores = (torch.cat(parts) for parts in zip(*found))
        score, label = scores.max(1)
        kept = torchvision.ops.batched_nms(boxes, score, label, 0.5)
        return boxes[kept], score[kept], label[kept]


def yolo(full):
    return Yolo(32 if full else 4, 20), image(320 if full else 64), ["boxes", "scores", "classes"]


NETWORKS = {f.__name__: f for f in (resnet18, resnet50, mobilenet_v3_large, mobilenet_v3_small, vit_b,
                                    bert_base, lstm_tagger, unet, yolo)}


def write(folder, name, full):
    torch.manual_seed(5)
    model, inputs, outputs = NETWORKS[name](full)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        model.eval()
        got = model(*inputs.values()) if "input_ids" not in inputs else model(**inputs)
    got = [getattr(got, key) for key in outputs] if hasattr(got, outputs[0]) else got
    got = list(got) if isinstance(got, (list, tuple)) else [got]
    tensors = {k: v.contiguous() for k, v in model.state_dict().items()
               if not k.endswith(("num_batches_tracked", "position_ids"))}
    tensors |= {f"in.{k}": v for k, v in inputs.items()}
    tensors |= {f"out.{k}": v.contiguous() for k, v in zip(outputs, got)}
    save_file(tensors, folder / f"{name}.safetensors")
    print(name, [list(v.shape) for v in got], f"{got[0].abs().max():.4g}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.networks or NETWORKS:
        write(options.folder, name, options.full)


if __name__ == "__main__":
    main()
