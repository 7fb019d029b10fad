/* SPDX-License-Identifier: MIT
 * A detector in the manner of YOLOv5 to v8, small: blocks of convolution, norm and SiLU,
 * cross-stage bottlenecks, features at two scales that are joined going up, boxes as distances to
 * the cell's middle, and suppression of overlapping boxes in the network itself. Parameters: stem,
 * stage.N, csp.N, lateral, join, head.N, as tests/torch/zoo_networks.py has them. */
#include "zoo.h"

/* conv.weight and norm.* */
static lw_array *block(lw_nn *nn, lw_array *x, const char *name, int64_t stride) {
    lw_nn_enter(nn, "%s", name);
    const int64_t kernel = lw_size(lw_nn_parameter(nn, "conv.weight"), 2);
    const lw_conv_options o = {.stride = LW_INTS(stride), .padding = LW_INTS(kernel / 2)};
    x = lw_silu(lw_nn_batch_norm(nn, lw_nn_conv2d(nn, x, "conv", &o), "norm", 1e-3));
    lw_nn_leave(nn);
    return x;
}

/* Half of the channels goes through a bottleneck. */
static lw_array *cross_stage(lw_nn *nn, lw_array *x, const char *name) {
    lw_array *half[2];
    lw_nn_enter(nn, "%s", name);
    lw_chunk(block(nn, x, "in", 1), 2, 1, half, 2);
    lw_array *y = block(nn, block(nn, half[1], "first", 1), "second", 1);
    y = lw_cat((lw_array *[]){half[0], half[1], lw_add(half[1], y)}, 3, 1);
    y = block(nn, y, "out", 1);
    lw_nn_leave(nn);
    return y;
}

/* The middles of an h x w map's cells, [h w, 2]. */
static lw_array *middles(lw_nn *nn, lw_array *map, double stride) {
    lw_array *grid[2];
    lw_array *sides[2] = {
        lw_cumsum(lw_ones(nn, LW_INTS(lw_size(map, 2)), LW_FLOAT32), 0, LW_DTYPE_NONE),
        lw_cumsum(lw_ones(nn, LW_INTS(lw_size(map, 3)), LW_FLOAT32), 0, LW_DTYPE_NONE)};
    lw_meshgrid(sides, 2, "ij", grid, 2);
    lw_array *xy =
        lw_stack((lw_array *[]){lw_flatten(grid[1], 0, -1), lw_flatten(grid[0], 0, -1)}, 2, -1);
    return lw_mul_scalar(lw_sub_scalar(xy, 0.5), stride);
}

/* Boxes [cells, 4] and scores of classes [cells, classes] of the one image. */
static void detect(lw_nn *nn, lw_array *map, const char *name, double stride, lw_array **boxes,
                   lw_array **scores) {
    lw_array *y =
        lw_transpose(lw_flatten(lw_select(lw_nn_conv2d(nn, map, name, NULL), 0, 0), 1, -1), 0, 1);
    lw_array *middle = middles(nn, map, stride);
    lw_array *sides = lw_mul_scalar(lw_softplus(lw_slice(y, 1, 0, 4, 1), 1, 20), stride);
    *boxes = lw_cat((lw_array *[]){lw_sub(middle, lw_slice(sides, 1, 0, 2, 1)),
                                   lw_add(middle, lw_slice(sides, 1, 2, 4, 1))},
                    2, 1);
    *scores = lw_sigmoid(lw_slice(y, 1, 4, LW_NONE, 1));
}

void zoo_yolo(lw_nn *nn) {
    lw_array *x = lw_nn_input(nn, "image", LW_FLOAT32, LW_INTS(1, 3, -1, -1),
                              (const int64_t[]){1, 3, 64, 64});
    lw_array *boxes[2], *scores[2], *classes;
    x = block(nn, block(nn, x, "stem", 2), "stage.0", 2);
    lw_array *fine = cross_stage(nn, block(nn, x, "stage.1", 2), "csp.0");
    lw_array *coarse = cross_stage(nn, block(nn, fine, "stage.2", 2), "csp.1");
    lw_array *up = lw_interpolate(block(nn, coarse, "lateral", 1),
                                  &(lw_interpolate_options){.scale_factor = {2}});
    fine = cross_stage(nn, lw_cat((lw_array *[]){up, fine}, 2, 1), "join");
    detect(nn, fine, "head.0", 8, &boxes[0], &scores[0]);
    detect(nn, coarse, "head.1", 16, &boxes[1], &scores[1]);
    lw_array *box = lw_cat(boxes, 2, 0);
    lw_array *score = lw_max_dim(lw_cat(scores, 2, 0), 1, false, &classes);
    lw_array *kept = lw_batched_nms(box, score, classes, 0.5);
    lw_nn_output(nn, lw_index_select(box, 0, kept), "boxes");
    lw_nn_output(nn, lw_index_select(score, 0, kept), "scores");
    lw_nn_output(nn, lw_index_select(classes, 0, kept), "classes");
}
