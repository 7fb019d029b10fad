/* SPDX-License-Identifier: MIT
 * ResNet (He et al. 2015) with torchvision's parameters: resnet18, resnet34 (two convolutions in a
 * block), resnet50, resnet101, resnet152 (three). How many blocks there are is seen from them. */
#include "zoo.h"

#include <stdio.h>

static lw_array *conv_norm(lw_nn *nn, lw_array *x, int i, int64_t stride, int64_t padding) {
    char name[16];
    snprintf(name, sizeof name, "conv%d", i);
    x = lw_nn_conv2d(nn, x, name,
                     &(lw_conv_options){.stride = LW_INTS(stride), .padding = LW_INTS(padding)});
    snprintf(name, sizeof name, "bn%d", i);
    return lw_nn_batch_norm(nn, x, name, 0);
}

static lw_array *block(lw_nn *nn, lw_array *x, int64_t stride) {
    lw_array *y = x;
    if (lw_nn_find(nn, "conv3.weight")) {
        y = lw_relu(conv_norm(nn, y, 1, 1, 0));
        y = lw_relu(conv_norm(nn, y, 2, stride, 1));
        y = conv_norm(nn, y, 3, 1, 0);
    } else {
        y = lw_relu(conv_norm(nn, y, 1, stride, 1));
        y = conv_norm(nn, y, 2, 1, 1);
    }
    if (lw_nn_find(nn, "downsample.0.weight")) {
        x = lw_nn_conv2d(nn, x, "downsample.0", &(lw_conv_options){.stride = LW_INTS(stride)});
        x = lw_nn_batch_norm(nn, x, "downsample.1", 0);
    }
    return lw_relu(lw_add(y, x));
}

static lw_array *layer(lw_nn *nn, lw_array *x, int number, int64_t stride) {
    for (int i = 0; zoo_has(nn, "layer%d.%d.conv1.weight", number, i); i++) {
        lw_nn_enter(nn, "layer%d.%d", number, i);
        x = block(nn, x, i == 0 ? stride : 1);
        lw_nn_leave(nn);
    }
    return x;
}

void zoo_resnet(lw_nn *nn) {
    lw_array *x = lw_nn_input(nn, "image", LW_FLOAT32, LW_INTS(-1, 3, -1, -1),
                              (const int64_t[]){1, 3, 224, 224});
    x = lw_relu(conv_norm(nn, x, 1, 2, 3));
    x = lw_max_pool2d(x, LW_INTS(3),
                      &(lw_pool_options){.stride = LW_INTS(2), .padding = LW_INTS(1)});
    for (int i = 1; i <= 4; i++)
        x = layer(nn, x, i, i == 1 ? 1 : 2);
    x = lw_flatten(lw_adaptive_avg_pool2d(x, LW_INTS(1)), 1, -1);
    lw_nn_output(nn, lw_nn_linear(nn, x, "fc"), "logits");
}
