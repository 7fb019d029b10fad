# SPDX-License-Identifier: MIT
"""Networks for tests of PyTorch's files: how each is made, with weights from a fixed seed.

    for entry in zoo.entries():
        network, inputs = entry.make()

Entries are of four kinds: "tiny" (written here), "program" (programs.py: what torch.jit.script's
language has), "vision" (torchvision's own architectures) and "text" (transformers' architectures with
small configurations; speech and pictures among them). A network takes and returns tensors by their places, or tuples of them.
"""
import dataclasses
import importlib
from typing import Callable

import torch

SEED = 20260


@dataclasses.dataclass
class Entry:
    name: str
    kind: str
    build: Callable  # the network
    inputs: Callable  # its inputs, a tuple of tensors
    # Of each input, {axis: name} of dimensions that may change; the first is the batch.
    free: tuple = ({0: "batch"},)
    ranges: dict = dataclasses.field(default_factory=dict)  # of names: least and most
    forms: tuple = ("export", "core", "saved", "trace", "script", "frozen")  # worth having

    def make(self):
        torch.manual_seed(SEED)
        network = self.build().eval()
        liven(network)
        torch.manual_seed(SEED + 1)
        return network, self.inputs()


@torch.no_grad()
def liven(network):
    """Statistics and scales that are all 0 or 1 at first would hide mistakes."""
    for name, tensor in network.named_buffers():
        if name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.7, 1.4)
    for name, tensor in network.named_parameters():
        if tensor.dim() == 1 and name.endswith("weight") and bool((tensor == 1).all()):
            tensor.uniform_(0.8, 1.2)
        elif bool((tensor == 0).all()):
            tensor.normal_(0, 0.02)


def picture(*size, batch=2):
    return lambda: (torch.rand(batch, 3, *size),)


def noise(*size):
    return lambda: (torch.randn(*size),)


# ------------------------------------------------------------------------ tiny


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(8, 16)
        self.second = torch.nn.Linear(16, 4)

    def forward(self, x):
        return torch.softmax(self.second(torch.relu(self.first(x))), dim=-1)


class Convolutions(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(inplace=True),
            torch.nn.MaxPool2d(2), torch.nn.Conv2d(8, 8, 3, stride=2, groups=2, bias=False),
            torch.nn.GroupNorm(2, 8), torch.nn.Hardswish(), torch.nn.AdaptiveAvgPool2d((1, 1)))
        self.head = torch.nn.Linear(8, 5)

    def forward(self, x):
        return self.head(torch.flatten(self.body(x), 1))


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = torch.nn.LayerNorm(16)
        self.qkv = torch.nn.Linear(16, 48)
        self.out = torch.nn.Linear(16, 16)

    def forward(self, x):
        batch, length, size = x.shape
        qkv = self.qkv(self.norm(x)).view(batch, length, 3, 4, size // 4).permute(2, 0, 3, 1, 4)
        y = torch.nn.functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], is_causal=True)
        return x + self.out(y.transpose(1, 2).reshape(batch, length, size))


class Tagger(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(20, 6)
        self.lstm = torch.nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.head = torch.nn.Linear(10, 3)

    def forward(self, ids):
        y, (h, c) = self.lstm(self.embedding(ids))
        return self.head(y), h, c


class Ranged(torch.nn.Module):
    def forward(self, x, y):
        return x.sum(1) + y[:, :1].sum(1)


class Projected(torch.nn.Module):
    """An LSTM whose outputs are projected."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(4, 6, num_layers=2, bidirectional=True, proj_size=3)

    def forward(self, x):
        y, (h, c) = self.lstm(x)
        return y, h, c


class Packed(torch.nn.Module):
    """A tagger of sentences of different lengths, the longest first or not."""

    def __init__(self, kind=torch.nn.LSTM, enforce_sorted=False, **options):
        super().__init__()
        self.embedding = torch.nn.Embedding(20, 6)
        self.lstm = kind(6, 5, num_layers=2, bidirectional=True, batch_first=True, **options)
        self.head = torch.nn.Linear(2 * options.get("proj_size", 5), 3)
        self.enforce_sorted = enforce_sorted

    def forward(self, ids, lengths):
        rnn = torch.nn.utils.rnn
        packed = rnn.pack_padded_sequence(self.embedding(ids), lengths, batch_first=True,
                                          enforce_sorted=self.enforce_sorted)
        y, states = self.lstm(packed)
        padded, n = rnn.pad_packed_sequence(y, batch_first=True, padding_value=-1.0)
        return self.head(padded), n, states


class Gru(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = torch.nn.GRU(4, 6, batch_first=True)

    def forward(self, x):
        y, h = self.gru(x)
        return y, h


class Writes(torch.nn.Module):
    """Writes to parts of tensors, which PyTorch's files keep as they are."""

    def forward(self, x):
        y = torch.zeros_like(x)
        y[:, 1:3] = x[:, :2] * 2
        y[:, 0].add_(1)
        z = y.transpose(0, 1)
        z[3].fill_(7)
        y.clamp_(max=6.5)
        return y, z


class PartWrites(torch.nn.Module):
    """Writes to what split, chunk and unbind give."""

    def __init__(self):
        super().__init__()
        self.register_buffer("state", torch.ones(4))

    def forward(self, x):
        self.state.split(2)[1].add_(x[0, 0])
        y = x * self.state[3]
        a, b = torch.split(y, [1, 2], 1)
        a.add_(1)
        b[:, 0] = 5.0
        y.chunk(2, 0)[1].mul_(3)
        for row in y.unbind(0):
            row.sub_(0.5)
        c, d = y.split(2, 1)
        y.add_(1)
        torch.tensor_split(y, 3)[2].neg_()
        return y, a, b, c, d


class Pieces(torch.nn.Module):
    def forward(self, x):
        a, b, c = torch.split(x, [1, 2, 3], dim=1)
        d, e = torch.chunk(c, 2, dim=2)
        f = torch.stack([d.sum(1), e.mean(1), torch.cat([a, b], 1).amax(1)[:, :2]], dim=1)
        return torch.einsum("bij,bkj->bik", f, f), torch.where(f > 0, f, torch.exp(f))


class Sizes(torch.nn.Module):
    """Arithmetic with sizes that are not fixed."""

    def forward(self, x):
        n, c, h, w = x.shape
        y = x.reshape(n * c, h // 2, 2, w).sum(2)
        mask = torch.ones(n, c, dtype=torch.bool).unsqueeze(-1)
        z = torch.arange(n * c, dtype=torch.float32).view(n, c, 1)
        return y.view(n, c, -1) * (h * w) ** -0.5 + z.masked_fill(~mask, 0.0), x.new_full((n, 2), 3)


class Resizes(torch.nn.Module):
    def forward(self, x):
        f = torch.nn.functional
        up = f.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        near = f.interpolate(x, size=(9, 7), mode="nearest")
        padded = f.pad(x, (1, 2, 0, 1), mode="reflect")
        return up, near, f.avg_pool2d(padded, 2), f.pixel_shuffle(x.repeat(1, 4, 1, 1), 2)


class Complex(torch.nn.Module):
    """Complex numbers: a rotation of pairs, a short-time spectrum changed and turned back, weights
    for the lowest frequencies."""

    def __init__(self):
        super().__init__()
        angles = torch.outer(torch.arange(20.0), 100.0 ** -torch.arange(0, 1, 0.25))
        self.register_buffer("turns", torch.polar(torch.ones_like(angles), angles))
        self.weight = torch.nn.Parameter(torch.randn(2, 3, 4, dtype=torch.complex64))

    def forward(self, x, y):
        turned = torch.view_as_complex(x.reshape(x.shape[0], x.shape[1], 4, 2))
        turned = torch.view_as_real(turned * self.turns[:x.shape[1]]).flatten(2)
        window = torch.hann_window(8)
        spectrum = torch.stft(y, 8, 2, window=window, return_complex=True)
        spectrum = spectrum.abs() ** 0.5 * torch.exp(1j * spectrum.angle())
        moved = torch.zeros_like(spectrum)
        moved[:, 1:] = spectrum[:, :-1] / (spectrum[:, 1:] + 2.0)
        moved[:, 0].real.add_(1)
        low = torch.fft.rfft(y)
        out = torch.zeros(3, low.shape[-1], dtype=torch.complex64)
        out[:, :4] = torch.einsum("ix,iox->ox", low[:, :4], self.weight)
        return (turned, torch.istft(spectrum + moved, 8, 2, window=window),
                torch.fft.irfft(out, n=y.shape[-1]), torch.view_as_real(moved.sum(-1)))


class Branches(torch.nn.Module):
    """Data decides: torch.cond in what torch.export makes."""

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda t: t * 2 + 1, lambda t: t - 3, (x,))


class Loops(torch.nn.Module):
    def forward(self, x):
        from torch._higher_order_ops.while_loop import while_loop
        count = torch.tensor(0)
        return while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * 1.5 + 1), (count, x))


class Counter(torch.nn.Module):
    """Keeps a state: a buffer that a run changes."""

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(4))

    def forward(self, x):
        self.total.add_(x.sum(0))
        return self.total * 2


class Numbers(torch.nn.Module):
    """Tensors without dimensions that a trace makes of numbers, which keep their place in promotion."""

    def forward(self, x):
        whole = x.mul(10).long()
        return (whole + 1.5, whole[0, 0] + 1.5, whole.int()[0, 0] + 1, (x > 0) + 1, whole / 4,
                torch.div(x, whole.abs() + 1.5, rounding_mode="floor"),
                whole + torch.tensor(1.5, dtype=torch.float64))


class Reshapes(torch.nn.Module):
    """Tensors that get another shape in place, and are written to."""

    def forward(self, x):
        y = x * 2
        row = y[1]
        y.unsqueeze_(1)
        y[:, 0, 0] = 5.0
        row.add_(1)
        y.transpose_(0, 2)
        y.mul_(3)
        z = (x + 1).t_()
        z[0] = -1.0
        z.squeeze_()
        w = x.abs().resize_([2, 3])
        w.add_(0.5).pow_(x[:2, :3])
        return y, row, z, w


class Decompositions(torch.nn.Module):
    """What does not depend on the signs of vectors."""

    def forward(self, x):
        u, s, vh = torch.linalg.svd(x, full_matrices=False)
        rank_one = x[:, :1] * x[:, :, :1]
        wide, t, wh = torch.linalg.svd(rank_one, full_matrices=True)
        unit = wide @ wide.transpose(-2, -1)
        other = wh @ wh.transpose(-2, -1)
        values, vectors = torch.linalg.eigh(x @ x.transpose(-2, -1))
        scaled = vectors * torch.tanh(values).unsqueeze(-2)
        old_u, old_s, old_v = torch.svd(x)
        return ((u * (s / (1 + s)).unsqueeze(-2)) @ vh, u.abs(), vh.abs(), t + 1, unit + 1, other + 1,
                vectors.abs(), scaled @ vectors.transpose(-2, -1), old_u @ old_v.transpose(-2, -1))


SCRIPTED = ("trace", "script", "frozen")  # torch.export refuses packed sequences


def sentences(lengths):
    return lambda: (torch.randint(20, (len(lengths), max(lengths))), torch.tensor(lengths))


def tiny():
    nn = torch.nn
    yield Entry("mlp", "tiny", Mlp, noise(3, 8))
    yield Entry("convolutions", "tiny", Convolutions, picture(16, 16))
    yield Entry("attention", "tiny", Attention, noise(2, 5, 16), ({0: "batch", 1: "length"},))
    yield Entry("tagger", "tiny", Tagger, lambda: (torch.randint(20, (2, 7)),))
    yield Entry("gru", "tiny", Gru, noise(3, 5, 4))
    yield Entry("projected", "tiny", Projected, noise(5, 3, 4), ({1: "batch"},))
    yield Entry("packed", "tiny", Packed, sentences([4, 7, 2]), ({}, {}), forms=SCRIPTED)
    yield Entry("packed_gru", "tiny", lambda: Packed(torch.nn.GRU, True), sentences([6, 3, 3]),
                ({}, {}), forms=SCRIPTED)
    yield Entry("packed_projected", "tiny", lambda: Packed(proj_size=3), sentences([4, 7, 2]), ({}, {}),
                forms=SCRIPTED)
    yield Entry("writes", "tiny", Writes, noise(3, 4))
    yield Entry("ranged", "tiny", Ranged, lambda: (torch.randn(4, 5), torch.randn(4, 2)),
                ({0: "rows"}, {0: "rows", 1: "columns"}), {"rows": (3, 6)})
    yield Entry("part_writes", "tiny", PartWrites, noise(4, 3), ({},))
    yield Entry("pieces", "tiny", Pieces, noise(2, 6, 4))
    yield Entry("sizes", "tiny", Sizes, noise(3, 2, 4, 5))
    yield Entry("resizes", "tiny", Resizes, noise(2, 3, 5, 6))
    yield Entry("complex", "tiny", Complex, lambda: (torch.randn(2, 5, 8), torch.randn(2, 32)),
                ({}, {}))
    yield Entry("reshapes", "tiny", Reshapes, noise(3, 4), ({},))
    yield Entry("decompositions", "tiny", Decompositions, noise(2, 3, 5))
    yield Entry("branches", "tiny", Branches, noise(3, 4))
    yield Entry("loops", "tiny", Loops, noise(3, 4))
    yield Entry("counter", "tiny", Counter, noise(3, 4))
    yield Entry("numbers", "tiny", Numbers, noise(3, 4))
    yield Entry("volumes", "tiny",
                lambda: nn.Sequential(nn.Conv3d(16, 32, (1, 3, 3), padding=(0, 1, 1), bias=False),
                                      nn.MaxPool3d(2)), noise(1, 16, 4, 14, 14), ({},))
    yield Entry("transformer_layer", "tiny",
                lambda: nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), noise(2, 5, 16))
    yield Entry("decoder_layer", "tiny",
                lambda: nn.TransformerDecoderLayer(16, 4, 32, batch_first=True),
                lambda: (torch.randn(2, 5, 16), torch.randn(2, 3, 16)),
                ({0: "batch"}, {0: "batch"}))


# ---------------------------------------------------------------------- vision


class First(torch.nn.Module):
    """The output under one key of what a network of torchvision returns."""

    def __init__(self, network, key):
        super().__init__()
        self.network = network
        self.key = key

    def forward(self, x):
        return self.network(x)[self.key]


def vision_model(name, **kwargs):
    def build():
        return importlib.import_module("torchvision.models").get_model(
            name, weights=None, **kwargs)
    return build


def segmentation(name):
    def build():
        models = importlib.import_module("torchvision.models.segmentation")
        return First(getattr(models, name)(weights=None, weights_backbone=None), "out")
    return build


class Flow(torch.nn.Module):
    """Optical flow with one round of updates less than the usual twelve would be."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, first, second):
        return self.network(first, second, 3)


class Detector(torch.nn.Module):
    """A detector of one picture; scripted ones return their losses too."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, picture):
        found = self.network([picture])
        if torch.jit.is_scripting():
            return found[1][0]
        return found[0]


def detector(name, spread=20, **kwargs):
    """Few classes and scores that are far from each other, but not all 1, so that something is
    found, in one order."""
    def build():
        models = importlib.import_module("torchvision.models.detection")
        network = getattr(models, name)(weights=None, weights_backbone=None, num_classes=4, **kwargs)
        with torch.no_grad():
            for key, tensor in network.named_parameters():
                if "cls" in key or "classification" in key:
                    tensor.mul_(spread)
                if "mask_fcn_logits" in key:  # sigmoids of hundreds show how float32 rounds
                    tensor.mul_(0.02)
        return Detector(network)
    return build


def scene(height, width):
    """Smooth blobs of several colours: features differ from place to place."""
    def make():
        coarse = torch.rand(1, 3, 6, 7)
        x = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic")
        return (x[0].clamp(0, 1),)
    return make


def detectors():
    # Boxes that are found are few: ties of random scores would be decided by rounding.
    few = dict(box_detections_per_img=5, rpn_post_nms_top_n_test=20, rpn_pre_nms_top_n_test=40,
               min_size=96, max_size=128)
    for name in ("fasterrcnn_resnet50_fpn", "fasterrcnn_mobilenet_v3_large_fpn",
                 "maskrcnn_resnet50_fpn"):
        yield Entry(name, "vision", detector(name, **few), scene(96, 112), ({},))
    yield Entry("keypointrcnn_resnet50_fpn", "vision",
                detector("keypointrcnn_resnet50_fpn", num_keypoints=3, **few), scene(96, 112), ({},))
    single = dict(detections_per_img=5, topk_candidates=20)
    for name, spread in ("retinanet_resnet50_fpn", 0.3), ("fcos_resnet50_fpn", 20):
        yield Entry(name, "vision", detector(name, spread, min_size=96, max_size=128, **single),
                    scene(96, 112), ({},))
    for name, spread in ("ssd300_vgg16", 0.05), ("ssdlite320_mobilenet_v3_large", 2):
        yield Entry(name, "vision", detector(name, spread, **single), scene(96, 112), ({},))


def vision():
    sizes = {"alexnet": 67, "inception_v3": 96, "maxvit_t": 224, "vit_b_16": 224, "swin_t": 64,
             "vit_b_32": 224, "swin_v2_t": 64}
    names = ("alexnet convnext_tiny densenet121 densenet169 efficientnet_b0 efficientnet_b1 "
             "efficientnet_b2 efficientnet_b3 efficientnet_v2_s googlenet inception_v3 maxvit_t "
             "mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_small "
             "mobilenet_v3_large regnet_x_400mf regnet_x_800mf regnet_y_400mf regnet_y_800mf "
             "regnet_y_1_6gf resnet18 resnet34 resnet50 resnet101 resnext50_32x4d "
             "shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0 "
             "squeezenet1_0 squeezenet1_1 swin_t swin_s swin_v2_t vgg11 vgg11_bn vgg13 vgg16 "
             "vit_b_16 vit_b_32 wide_resnet50_2")
    options = {"googlenet": {"aux_logits": False, "init_weights": False},
               "inception_v3": {"aux_logits": False, "init_weights": False}}
    for name in names.split():
        size = sizes.get(name, 64)
        yield Entry(name, "vision", vision_model(name, **options.get(name, {})),
                    picture(size, size))
    for name in ("deeplabv3_mobilenet_v3_large deeplabv3_resnet50 lraspp_mobilenet_v3_large "
                 "fcn_resnet50").split():
        yield Entry(name, "vision", segmentation(name), picture(64, 64))
    for name in "r3d_18 mc3_18 r2plus1d_18 s3d mvit_v2_s swin3d_t".split():
        size = (16, 224, 224) if name in ("mvit_v2_s", "s3d") else (16, 64, 64)
        yield Entry(name, "vision", vision_model(name), picture(*size, batch=1), ({},))
    for name in "raft_small", "raft_large":
        yield Entry(name, "vision", lambda name=name: Flow(vision_model(name)()),
                    lambda: (torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128)), ({}, {}))
    yield from detectors()


# ------------------------------------------------------------------------ text


class Outputs(torch.nn.Module):
    """A network of transformers that takes tensors by their places and returns some of what it
    computes."""

    def __init__(self, network, takes, returns):
        super().__init__()
        self.network = network
        self.takes = takes
        self.returns = returns

    def forward(self, *values):
        out = self.network(**dict(zip(self.takes, values)))
        return tuple(out[key] for key in self.returns)


class Outputs1(Outputs):
    def forward(self, first):
        return super().forward(first)


class Outputs2(Outputs):
    def forward(self, first, second):
        return super().forward(first, second)


class Outputs3(Outputs):
    def forward(self, first, second, third):
        return super().forward(first, second, third)


def transformer(model, config, takes, returns, **settings):
    def build():
        library = importlib.import_module("transformers")
        network = getattr(library, model)(getattr(library, config)(**settings))
        if hasattr(network.config, "use_cache"):
            network.config.use_cache = False
        wrapper = (Outputs1, Outputs2, Outputs3)[len(takes) - 1]
        return wrapper(network, takes, returns)
    return build


SMALL = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             vocab_size=99, max_position_embeddings=64, pad_token_id=0)
LLAMA = dict(SMALL, num_key_value_heads=2, bos_token_id=1, eos_token_id=2)
IMAGE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             image_size=32, patch_size=8)


def ids(length=7, vocabulary=99):
    return lambda: (torch.randint(3, vocabulary, (2, length)),)


def ids_and_mask(length=7):
    def make():
        mask = torch.ones(2, length, dtype=torch.int64)
        mask[1, -2:] = 0
        return torch.randint(3, 99, (2, length)), mask
    return make


BATCH_LENGTH = {0: "batch", 1: "length"}


def text():
    encoder = ("input_ids", "attention_mask")
    hidden = ("last_hidden_state",)
    both = (BATCH_LENGTH, BATCH_LENGTH)

    def encoders():
        yield "bert", "BertModel", "BertConfig", SMALL
        yield ("distilbert", "DistilBertModel", "DistilBertConfig",
               dict(dim=32, n_layers=2, n_heads=4, hidden_dim=48, vocab_size=99,
                    max_position_embeddings=64))
        yield "roberta", "RobertaModel", "RobertaConfig", dict(SMALL, max_position_embeddings=66)
        yield ("modernbert", "ModernBertModel", "ModernBertConfig",
               dict(SMALL, cls_token_id=1, sep_token_id=2, bos_token_id=1, eos_token_id=2))
        yield ("deberta_v2", "DebertaV2Model", "DebertaV2Config",
               dict(SMALL, relative_attention=True, position_buckets=8,
                    pos_att_type=["p2c", "c2p"], norm_rel_ebd="layer_norm", share_att_key=True))

    def decoders():
        yield ("gpt2", "GPT2LMHeadModel", "GPT2Config",
               dict(n_embd=32, n_layer=2, n_head=4, vocab_size=99, n_positions=64,
                    bos_token_id=1, eos_token_id=2))
        yield "llama", "LlamaForCausalLM", "LlamaConfig", LLAMA
        yield "qwen3", "Qwen3ForCausalLM", "Qwen3Config", dict(LLAMA, head_dim=8)
        yield ("qwen3_moe", "Qwen3MoeForCausalLM", "Qwen3MoeConfig",
               dict(LLAMA, head_dim=8, num_experts=4, num_experts_per_tok=2,
                    moe_intermediate_size=24))
        yield "gemma2", "Gemma2ForCausalLM", "Gemma2Config", dict(LLAMA, head_dim=8)
        yield "phi", "PhiForCausalLM", "PhiConfig", dict(SMALL, bos_token_id=1, eos_token_id=2)
        yield ("opt", "OPTForCausalLM", "OPTConfig",
               dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=48,
                    vocab_size=99, max_position_embeddings=64, word_embed_proj_dim=32,
                    pad_token_id=0))
        yield ("mamba", "MambaForCausalLM", "MambaConfig",
               dict(hidden_size=32, num_hidden_layers=2, vocab_size=99, state_size=8))

    for name, model, config, settings in encoders():
        yield Entry(name, "text", transformer(model, config, encoder, hidden, **settings),
                    ids_and_mask(), both)
    for name, model, config, settings in decoders():
        yield Entry(name, "text", transformer(model, config, ("input_ids",), ("logits",), **settings),
                    ids(), (BATCH_LENGTH,) if name != "mamba" else ({0: "batch"},))
    translation = ("input_ids", "attention_mask", "decoder_input_ids")
    yield Entry("t5", "text",
                transformer("T5Model", "T5Config", translation, hidden, d_model=32, d_kv=8, d_ff=48,
                            num_layers=2, num_heads=4, vocab_size=99, pad_token_id=0,
                            decoder_start_token_id=0),
                lambda: (*ids_and_mask()(), *ids(4)()),
                ({0: "batch"}, {0: "batch"}, {0: "batch"}))
    yield Entry("bart", "text",
                transformer("BartModel", "BartConfig", translation, hidden, d_model=32,
                            encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
                            decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48,
                            vocab_size=99, max_position_embeddings=64, pad_token_id=0),
                lambda: (*ids_and_mask()(), *ids(4)()),
                ({0: "batch"}, {0: "batch"}, {0: "batch"}))
    yield Entry("whisper", "text",
                transformer("WhisperModel", "WhisperConfig",
                            ("input_features", "decoder_input_ids"), hidden, d_model=32,
                            encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
                            decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48,
                            vocab_size=99, num_mel_bins=16, max_source_positions=30,
                            max_target_positions=32, pad_token_id=0, bos_token_id=1,
                            eos_token_id=2, decoder_start_token_id=1),
                lambda: (torch.randn(2, 16, 60), *ids(4)()), ({0: "batch"}, {0: "batch"}))
    yield Entry("wav2vec2", "text",
                transformer("Wav2Vec2Model", "Wav2Vec2Config", ("input_values",), hidden,
                            hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                            intermediate_size=48, conv_dim=(16, 16), conv_stride=(5, 2),
                            conv_kernel=(10, 3), num_feat_extract_layers=2,
                            num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
                            vocab_size=32),
                noise(2, 800))
    yield Entry("vit", "text",
                transformer("ViTModel", "ViTConfig", ("pixel_values",),
                            ("last_hidden_state", "pooler_output"), **IMAGE),
                picture(32, 32))
    yield Entry("dinov2", "text",
                transformer("Dinov2Model", "Dinov2Config", ("pixel_values",), hidden,
                            hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                            image_size=32, patch_size=8),
                picture(32, 32))
    yield Entry("convnextv2", "text",
                transformer("ConvNextV2Model", "ConvNextV2Config", ("pixel_values",), hidden,
                            hidden_sizes=[8, 16, 16, 24], depths=[1, 1, 2, 1], image_size=64),
                picture(64, 64))
    yield Entry("segformer", "text",
                transformer("SegformerForSemanticSegmentation", "SegformerConfig",
                            ("pixel_values",), ("logits",), hidden_sizes=[8, 16, 16, 24],
                            depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4],
                            decoder_hidden_size=16, num_labels=5),
                picture(64, 64))
    yield Entry("clip", "text", clip, lambda: (*ids(6)(), *picture(32, 32)(), *clip_mask()),
                ({}, {}, {}))


def clip():
    library = importlib.import_module("transformers")
    words = dict(SMALL, projection_dim=16, bos_token_id=1, eos_token_id=2)
    config = library.CLIPConfig(text_config=words, vision_config=dict(IMAGE, projection_dim=16),
                                projection_dim=16)
    return Outputs3(library.CLIPModel(config), ("input_ids", "pixel_values", "attention_mask"),
                    ("logits_per_image", "text_embeds", "image_embeds"))


def clip_mask():
    return (torch.ones(2, 6, dtype=torch.int64),)


KINDS = ("tiny", "program", "vision", "text")


def programs():
    return importlib.import_module("programs").programs()


def entries(kinds=KINDS):
    for kind in kinds:
        yield from {"tiny": tiny, "program": programs, "vision": vision, "text": text}[kind]()
