/* SPDX-License-Identifier: MIT
 * torchvision's operators: boxes, regions, convolutions with offsets. */
#include "aten/lower.h"

/* dets [n, 4], scores [n], iou_threshold: places of the kept boxes, best first */
void lwi_aten_nms(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int boxes = lwi_aten_cast(a, lwi_aten_id(a, &in[0]), LW_FLOAT32);
    const int scores = lwi_aten_cast(a, lwi_aten_id(a, &in[1]), LW_FLOAT32);
    const lwi_aten_value n = lwi_aten_size(a, boxes, 0);
    const int kept = NODE(a, "NonMaxSuppression", lwi_aten_unsqueeze(a, boxes, 0),
                          NODE(a, "Unsqueeze", scores, INTS(a, 0, 1)),
                          lwi_aten_scalar(a, &n, LW_INT64), lwi_aten_scalar(a, &in[2], LW_FLOAT32));
    lwi_aten_declare(a, kept, LW_INT64, 2, (int64_t[]){-1, 3});
    const int places = NODE(a, "Gather", kept, lwi_aten_int_scalar(a, 2)); /* batch, class, box */
    lwi_build_int(&a->b, "axis", 1);
    lwi_aten_return(a, out, places);
}

/* input, rois [n, 5] with the number of the picture first, spatial_scale, pooled_height,
 * pooled_width, sampling_ratio, aligned */
void lwi_aten_roi_align(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]), rois = lwi_aten_id(a, &in[1]);
    const int64_t ratio = lwi_aten_get_int(a, &in[5]);
    const int boxes = lwi_aten_slice(a, rois, 1, 1, 5);
    const int picture = NODE(a, "Gather", rois, lwi_aten_int_scalar(a, 0));
    lwi_build_int(&a->b, "axis", 1);
    const int y = NODE(a, "RoiAlign", x, boxes, lwi_aten_cast(a, picture, LW_INT64));
    lwi_build_float(&a->b, "spatial_scale", lwi_aten_get_float(a, &in[2]));
    lwi_build_int(&a->b, "output_height", lwi_aten_get_int(a, &in[3]));
    lwi_build_int(&a->b, "output_width", lwi_aten_get_int(a, &in[4]));
    lwi_build_int(&a->b, "sampling_ratio", ratio < 0 ? 0 : ratio);
    const bool aligned = lwi_aten_get_bool(a, &in[6]);
    lwi_build_text(&a->b, "coordinate_transformation_mode",
                   aligned ? "half_pixel" : "output_half_pixel");
    lwi_aten_return(a, out, y);
}

/* input, rois, spatial_scale, pooled_height, pooled_width */
void lwi_aten_roi_pool(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    const int64_t shape[] = {lwi_aten_get_int(a, &in[3]), lwi_aten_get_int(a, &in[4])};
    const int y = NODE(a, "MaxRoiPool", lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1]));
    lwi_build_float(&a->b, "spatial_scale", lwi_aten_get_float(a, &in[2]));
    lwi_build_list(&a->b, "pooled_shape", 2, shape);
    lwi_aten_return(a, out, y);
}

/* input, weight, offset, mask, bias, stride, pad, dilation (h and w each), groups, offset_groups,
 * use_mask */
void lwi_aten_deform_conv(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    int64_t n[8];
    for (int i = 0; i < 8; i++)
        n[i] = lwi_aten_get_int(a, &in[5 + i]);
    const int mask = lwi_aten_get_bool(a, &in[13]) ? lwi_aten_id(a, &in[3]) : -1;
    const int y = NODE(a, "DeformConv", lwi_aten_id(a, &in[0]), lwi_aten_id(a, &in[1]),
                       lwi_aten_id(a, &in[2]), lwi_aten_id(a, &in[4]), mask);
    lwi_build_list(&a->b, "strides", 2, n);
    lwi_build_list(&a->b, "pads", 4, (int64_t[]){n[2], n[3], n[2], n[3]});
    lwi_build_list(&a->b, "dilations", 2, n + 4);
    lwi_build_int(&a->b, "group", n[6]);
    lwi_build_int(&a->b, "offset_group", n[7]);
    lwi_aten_return(a, out, y);
}
