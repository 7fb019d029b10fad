# SPDX-License-Identifier: MIT
"""Cases of the functions of torch.nn.functional and torchvision.ops."""
import torch
import torchvision
from aten_cases import B, F, I, P, V
from nn_cases import case, skip

f = torch.nn.functional

for n, name in ((1, "conv1d"), (2, "conv2d"), (3, "conv3d")):
    size = (5, 6, 4)[:n]
    case(name, F(2, 4, *size), F(6, 4, *(3, 2, 3)[:n]), F(6), options={"stride": [2], "padding": [1]})
    case(name, F(1, 4, *size), F(4, 2, *(3, 3, 3)[:n]), None, options={"groups": 2, "dilation": [1]})
    case(name, F(1, 3, *size), F(4, 3, *(2, 2, 2)[:n]), F(4))
    case("conv_transpose" + name[4:], F(1, 4, *size), F(4, 3, *(3, 2, 3)[:n]), F(3),
         options={"stride": [2], "padding": [1], "output_padding": [1]})
case("conv2d", F(1, 2, 5, 6), F(3, 2, 3, 3), None, options={"pad": "same"},
     torch=lambda x, w, b, pad: f.conv2d(x, w, b, padding=pad))
case("conv2d", F(1, 2, 5, 6), F(3, 2, 1, 3), None, options={"padding": [0, 1], "stride": [2, 1]})
case("unfold", F(2, 3, 5, 6), [3, 2], [1], [1], [2])
case("unfold", F(2, 3, 5, 6), [3, 2], [], [], [], torch=lambda x, k, *rest: f.unfold(x, k))
case("fold", F(2, 12, 9), [4, 4], [2], [], [], [], torch=lambda x, s, k, *rest: f.fold(x, s, 2))
case("fold", F(1, 12, 9), [5, 6], [2], [1], [1, 0], [2])

for n in (1, 2, 3):
    size = (7, 6, 5)[:n]
    case(f"avg_pool{n}d", F(1, 2, *size), [2])
    case(f"avg_pool{n}d", F(1, 2, *size), [3], options={"stride": [2], "padding": [1], "ceil_mode": True,
                                                    "count_include_pad": False})
    case(f"max_pool{n}d", P(1, 2, *size), [2])
    case(f"max_pool{n}d", P(1, 2, *size), [3], options={"stride": [2], "padding": [1], "ceil_mode": True})
    case(f"max_pool{n}d_with_indices", P(1, 2, *size), [2], options={"stride": [1]})
    case(f"lp_pool{n}d", F(1, 2, *size, low=0), 2., [2], [], False)
    case(f"adaptive_avg_pool{n}d", F(1, 2, *size), [3])
    case(f"adaptive_max_pool{n}d", P(1, 2, *size), [3])
    places = V([0, 3, 5, 7] if n == 1 else [0, 5, 10, 15], "i64", [1, 1, *((4,), (2, 2), (2, 2, 1))[n - 1]])
    case(f"max_unpool{n}d", F(1, 1, *((4,), (2, 2), (2, 2, 1))[n - 1]), places, [2], [], [], [],
         torch=lambda x, i, *rest, n=n: getattr(f, f"max_unpool{n}d")(x, i, 2))
case("avg_pool2d", F(1, 1, 4, 6), [2, 3], options={"divisor_override": 5})
case("lp_pool2d", F(1, 2, 6, 5, low=0), 3., [2, 3], [2], True)
case("max_unpool2d", F(1, 1, 2, 2), V([1, 4, 11, 18], "i64", [1, 1, 2, 2]), [2], [2], [0], [5, 5])
case("adaptive_avg_pool2d", F(1, 2, 7, 6), [1])
case("fractional_max_pool2d", P(1, 1, 6, 6), [2], [3], V([0.25, 0.5], shape=[1, 1, 2]),
     torch=lambda x, k, o, r: f.fractional_max_pool2d(x, 2, 3, return_indices=True, _random_samples=r))
case("fractional_max_pool3d", P(1, 1, 5, 5, 5), [2], [2], V([0.25, 0.5, 0.75], shape=[1, 1, 3]),
     torch=lambda x, k, o, r: f.fractional_max_pool3d(x, 2, 2, return_indices=True, _random_samples=r))

case("scaled_dot_product_attention", F(2, 2, 5, 4), F(2, 2, 6, 4), F(2, 2, 6, 3))
case("scaled_dot_product_attention", F(1, 2, 4, 4), F(1, 2, 4, 4), F(1, 2, 4, 4), options={"is_causal": True})
case("scaled_dot_product_attention", F(1, 2, 4, 4), F(1, 2, 5, 4), F(1, 2, 5, 4),
     options={"attn_mask": F(1, 1, 4, 5), "scale": 0.25})
case("scaled_dot_product_attention", F(1, 4, 4, 4), F(1, 2, 4, 4), F(1, 2, 4, 4), options={"enable_gqa": True})


def mha(q, k, v, heads, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias, batch_first=False,
        each_head=False, **rest):
    if batch_first:
        q, k, v = (x.transpose(0, 1) for x in (q, k, v))
    y, w = f.multi_head_attention_forward(
        q, k, v, q.shape[-1], heads, in_proj_weight, in_proj_bias, None, None, False, 0.0,
        out_proj_weight, out_proj_bias, training=False, average_attn_weights=not each_head, **rest)
    return (y.transpose(0, 1) if batch_first else y), w


proj = {"in_proj_weight": F(24, 8, low=-1, high=1), "in_proj_bias": F(24),
        "out_proj_weight": F(8, 8, low=-1, high=1), "out_proj_bias": F(8)}
case("multi_head_attention_forward", F(3, 2, 8, low=-1, high=1), F(4, 2, 8, low=-1, high=1),
     F(4, 2, 8, low=-1, high=1), 2, options=proj, torch=mha)
case("multi_head_attention_forward", F(2, 3, 8, low=-1, high=1), F(2, 4, 8, low=-1, high=1),
     F(2, 4, 8, low=-1, high=1), 4, torch=mha,
     options=proj | {"batch_first": True, "each_head": True,
                     "key_padding_mask": V([0, 0, 1, 0, 0, 0, 0, 1], "bool", [2, 4])})

for name in ("relu", "relu6", "hardswish", "selu", "logsigmoid", "tanhshrink", "softsign",
             "hardsigmoid", "silu", "mish", "tanh", "sigmoid"):
    case(name, F(2, 5, low=-8, high=8))
case("threshold", F(9), 0.5, -1.)
case("hardtanh", F(9), -2., 1.5)
case("elu", F(9), 1.)
case("elu", F(9), 0.5)
case("celu", F(9), 2.)
case("leaky_relu", F(9), 0.01)
case("prelu", F(2, 3, 4), F(3))
case("rrelu", F(9), 1 / 8, 1 / 3, torch=lambda x, lower, upper: f.rrelu(x, lower, upper, training=False))
case("glu", F(2, 6), -1)
case("gelu", F(9), None, torch=lambda x, a: f.gelu(x))
case("gelu", F(9), "tanh")
case("hardshrink", F(9), 0.5)
case("softplus", F(9, low=-30, high=30), 1., 20.)
case("softmin", F(2, 5), 1)
case("softmax", F(2, 5), -1)
case("softmax", F(2, 5, dtype="f16"), 0, torch.float32)
case("softshrink", F(9), 0.5)
case("log_softmax", F(2, 5), 1)
skip("gumbel_softmax", "random")

norm = lambda x, m, v, w, b, e: f.batch_norm(x, m, v, w, b, False, 0.1, e)
case("batch_norm", F(2, 3, 4), F(3), F(3, low=1, high=4), F(3), F(3), 1e-5, torch=norm)
case("batch_norm", F(2, 3), F(3), F(3, low=1, high=4), None, None, 1e-3, torch=norm)
case("group_norm", F(2, 6, 4), 3, F(6), F(6), 1e-5)
case("group_norm", F(2, 6, 2, 2), 2, None, None, 1e-5)
case("instance_norm", F(2, 3, 5), None, None, F(3), F(3), 1e-5)
case("instance_norm", F(2, 3, 5), F(3), F(3, low=1, high=4), None, None, 1e-5,
     torch=lambda x, m, v, w, b, e: f.instance_norm(x, m, v, w, b, False, 0.1, e))
case("layer_norm", F(2, 3, 4), [4], F(4), F(4), 1e-5)
case("layer_norm", F(2, 3, 4), [3, 4], None, None, 1e-5)
case("rms_norm", F(2, 3, 4), [4], F(4), 1e-5)
case("rms_norm", F(2, 3, 4), [4], None, None)
case("local_response_norm", F(2, 6, 3, 4), 3, 1e-4, 0.75, 1.)
case("local_response_norm", F(2, 6, 5), 4, 0.5, 0.5, 2.)
case("normalize", F(2, 3, 4), 2., 1, 1e-12)

case("linear", F(2, 3, 4), F(5, 4), F(5))
case("linear", F(4), F(5, 4), None)
case("bilinear", F(2, 3), F(2, 4), F(5, 3, 4), F(5))
case("embedding", I(2, 3, low=0, high=7), F(7, 4))
case("embedding_bag", I(2, 3, low=0, high=7), F(7, 4), None, "mean", None, False, results=1)
case("embedding_bag", I(6, low=0, high=7), F(7, 4), V([0, 2, 2], "i64"), "sum", F(6), False, results=1)
case("embedding_bag", I(6, low=0, high=7), F(7, 4), V([0, 2], "i64"), "max", None, False, results=1)
case("one_hot", I(2, 3, low=0, high=5), 5)
for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d", "dropout3d"):
    case(name, F(2, 3, 4), 0.5, torch=lambda x, p, name=name: getattr(f, name)(x, p, training=False))

case("pairwise_distance", F(3, 4), F(3, 4), 2., 1e-6, False)
case("pairwise_distance", F(3, 4), F(3, 4), 1., 1e-6, True)
case("cosine_similarity", F(3, 4), F(3, 4), 1, 1e-8)
case("pdist", F(4, 3), 2.)
for reduction in ("none", "mean", "sum"):
    case("cross_entropy", F(4, 5), I(4, low=0, high=5), None, reduction, -100, 0.)
    case("nll_loss", F(4, 5), I(4, low=0, high=5), F(5, low=0), reduction, 2)
    case("mse_loss", F(3, 4), F(3, 4), reduction)
    case("l1_loss", F(3, 4), F(3, 4), reduction)
    case("smooth_l1_loss", F(3, 4), F(3, 4), reduction, 1.)
    case("huber_loss", F(3, 4), F(3, 4), reduction, 2.)
    case("kl_div", F(3, 4, low=-4, high=0), F(3, 4, low=0, high=1), reduction, False)
    case("cosine_embedding_loss", F(3, 4), F(3, 4), V([1, -1, 1], "i64"), 0.25, reduction)
    case("triplet_margin_loss", F(3, 4), F(3, 4), F(3, 4), 1., 2., 1e-6, False, reduction)
case("cross_entropy", F(4, 5), I(4, low=0, high=5), F(5, low=0), "mean", 1, 0.1)
case("binary_cross_entropy", V([0.1, 0.9, 0.5, 0.3]), V([0., 1., 1., 0.]), F(4, low=0), "mean")
case("binary_cross_entropy_with_logits", F(3, 4), F(3, 4, low=0, high=1), None, F(4, low=0), "mean")
case("ctc_loss", F(6, 2, 5, low=-4, high=0), V([1, 2, 2, 3, 1, 4], "i64", [2, 3]), V([6, 5], "i64"),
     V([3, 2], "i64"), 0, "mean", False)
case("ctc_loss", F(6, 2, 5, low=-4, high=0), V([1, 2, 2, 3, 1, 4], "i64", [2, 3]), V([6, 5], "i64"),
     V([3, 2], "i64"), 0, "none", False)

case("ctc_loss", F(3, 2, 4, low=-4, high=0), V([1, 1, 2, 3, 0, 0], "i64", [2, 3]), V([3, 2], "i64"),
     V([3, 1], "i64"), 0, "none", False)
case("ctc_loss", F(3, 2, 4, low=-4, high=0), V([1, 1, 2, 3, 0, 0], "i64", [2, 3]), V([3, 2], "i64"),
     V([3, 1], "i64"), 0, "sum", True)
case("pixel_shuffle", F(1, 8, 2, 3), 2)
case("pixel_unshuffle", F(1, 2, 4, 6), 2)
case("channel_shuffle", F(1, 6, 2, 2), 3)
case("pad", F(2, 3, 4), [1, 2], None, None, torch=lambda x, p, m, v: f.pad(x, p))
case("pad", F(2, 3, 4), [1, 0, 2, 1], "constant", 1.5)
case("pad", F(1, 2, 3, 4), [1, 2, 2, 1], "reflect", None)
case("pad", F(1, 2, 3, 4), [1, 2, 2, 1], "replicate", None)
case("pad", F(1, 2, 3, 4), [1, 2, 2, 1], "circular", None)


def interpolate(x, size=None, scale_factor=None, align_corners=False, mode="nearest", **rest):
    if mode in ("nearest", "nearest-exact", "area"):
        return f.interpolate(x, size, scale_factor, mode, **rest)
    return f.interpolate(x, size, scale_factor, mode, align_corners=align_corners, **rest)


for mode, shape in (("linear", (1, 2, 5)), ("bilinear", (1, 2, 4, 5)), ("bicubic", (1, 2, 4, 5)),
                    ("trilinear", (1, 2, 3, 4, 3)), ("nearest", (1, 2, 5)), ("nearest", (1, 2, 4, 5)),
                    ("nearest", (1, 1, 3, 4, 3)), ("nearest-exact", (1, 2, 4, 5)), ("area", (1, 2, 4, 6))):
    n = len(shape) - 2
    case("interpolate", F(*shape), options={"size": [7, 3, 4][:n], "mode": mode}, torch=interpolate)
    case("interpolate", F(*shape), options={"scale_factor": [2., 1.5, 2.][:n], "mode": mode}, torch=interpolate)
    if mode in ("linear", "bilinear", "bicubic", "trilinear"):
        case("interpolate", F(*shape), options={"size": [7, 3, 4][:n], "mode": mode, "align_corners": True},
             torch=interpolate)
case("interpolate", F(1, 2, 7, 8), options={"size": [3, 4], "mode": "bilinear", "antialias": True},
     torch=interpolate)
case("interpolate", F(1, 2, 7, 8), options={"size": [3, 4], "mode": "bicubic", "antialias": True},
     torch=interpolate)
case("upsample", F(1, 2, 3, 4), options={"scale_factor": [2., 2.]}, torch=interpolate)
for mode in ("bilinear", "nearest", "bicubic"):
    for padding in ("zeros", "border", "reflection"):
        case("grid_sample", F(1, 2, 4, 5), F(1, 3, 3, 2, low=-1, high=1), mode, padding, padding == "border")
case("affine_grid", F(2, 2, 3), [2, 3, 4, 5], False)
case("affine_grid", F(1, 2, 3), [1, 1, 3, 4], True)

boxes = V([0, 0, 4, 4, 1, 1, 5, 5, 8, 8, 9, 10, 0, 0, 4.5, 4], shape=[4, 4])
case("nms", boxes, V([0.5, 0.75, 0.25, 1.]), 0.5)
case("batched_nms", boxes, V([0.5, 0.75, 0.25, 1.]), V([0, 1, 0, 0], "i64"), 0.5)
case("box_iou", boxes, V([0, 0, 2, 2, 1, 1, 5, 5], "f32", [2, 4]))
rois = V([0, 0.5, 0.5, 4, 3, 0, 1, 0, 3, 4], shape=[2, 5])
case("roi_align", F(1, 2, 6, 6), rois, [2, 3], 1., -1, False, torch=lambda x, r, o, *rest:
     torchvision.ops.roi_align(x, r, o, *rest))
case("roi_align", F(1, 2, 6, 6), rois, [2], 0.5, 2, True)
case("roi_pool", P(1, 2, 6, 6), rois, [2, 2], 1.)
case("deform_conv2d", F(1, 4, 5, 6), F(1, 18, 3, 4, low=-1, high=1), F(3, 4, 3, 3), F(3),
     torch=lambda x, o, w, b: torchvision.ops.deform_conv2d(x, o, w, b))
case("deform_conv2d", F(1, 4, 5, 6), F(1, 36, 3, 3, low=-1, high=1), F(4, 2, 3, 3), None,
     options={"stride": [2], "padding": [1], "mask": F(1, 18, 3, 3, low=0, high=1)},
     torch=lambda x, o, w, b, stride, padding, mask:
     torchvision.ops.deform_conv2d(x, o, w, b, 2, 1, 1, mask))
