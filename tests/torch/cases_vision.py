# SPDX-License-Identifier: MIT
"""torchvision's operators."""
import torchvision.ops  # noqa: F401  registers them
from aten_cases import F, V, case

ROIS = V([0.0, 0.5, 0.5, 5.0, 4.0, 1.0, 1.0, 0.0, 6.5, 7.0, 0.0, 2.0, 2.0, 2.0, 2.0], shape=[3, 5])
for ratio in (2, -1):
    for aligned in (False, True):
        case("torchvision.roi_align", F(2, 2, 7, 8), ROIS, 1.0, 2, 3, ratio, aligned)
case("torchvision.roi_align", F(2, 2, 7, 8), ROIS, 0.5, 2, 2, 0, True)
case("torchvision.roi_pool", F(2, 2, 7, 8), ROIS, 1.0, 2, 3, only=1)
case("torchvision.nms", V([0.0, 0, 4, 4, 1, 1, 5, 5, 6, 6, 8, 8, 0, 0, 4, 3.5], shape=[4, 4]),
     V([0.5, 0.75, 0.25, 1.0]), 0.5)
case("torchvision.nms", V([0.0, 0, 4, 4, 1, 1, 5, 5, 6, 6, 8, 8, 0, 0, 4, 3.5], shape=[4, 4]),
     V([0.5, 0.75, 0.25, 1.0]), 0.3)
for mask in (False, True):
    case("torchvision.deform_conv2d", F(1, 2, 4, 4), F(3, 2, 2, 2), F(1, 8, 3, 3, low=-1, high=1),
         F(1, 4, 3, 3, low=0, high=1) if mask else F(1, 0), F(3), 1, 1, 0, 0, 1, 1, 1, 1, mask)
