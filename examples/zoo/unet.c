/* SPDX-License-Identifier: MIT
 * U-Net (Ronneberger et al. 2015) with padded convolutions and batch norm: down.N and up.N are
 * nn.Sequential(Conv2d, BatchNorm2d, ReLU, Conv2d, BatchNorm2d, ReLU), rise.N is
 * nn.ConvTranspose2d(2 n, n, 2, stride=2), head nn.Conv2d(n, classes, 1). As deep as the parameters
 * say. */
#include "zoo.h"

#include <stdio.h>

enum { MOST = 8 };

static lw_array *twice(lw_nn *nn, lw_array *x, const char *name, int number) {
    const lw_conv_options o = {.padding = LW_INTS(1)};
    lw_nn_enter(nn, "%s.%d", name, number);
    x = lw_relu(lw_nn_batch_norm(nn, lw_nn_conv2d(nn, x, "0", &o), "1", 0));
    x = lw_relu(lw_nn_batch_norm(nn, lw_nn_conv2d(nn, x, "3", &o), "4", 0));
    lw_nn_leave(nn);
    return x;
}

void zoo_unet(lw_nn *nn) {
    lw_array *x = lw_nn_input(nn, "image", LW_FLOAT32, LW_INTS(-1, 3, -1, -1),
                              (const int64_t[]){1, 3, 64, 64});
    lw_array *left[MOST];
    int n = 0;
    for (; n < MOST && zoo_has(nn, "down.%d.0.weight", n); n++) {
        if (n > 0) x = lw_max_pool2d(x, LW_INTS(2), NULL);
        left[n] = x = twice(nn, x, "down", n);
    }
    for (int i = n - 2; i >= 0; i--) {
        char name[16];
        snprintf(name, sizeof name, "rise.%d", i);
        x = lw_nn_conv_transpose2d(nn, x, name, &(lw_conv_options){.stride = LW_INTS(2)});
        x = twice(nn, lw_cat((lw_array *[]){left[i], x}, 2, 1), "up", i);
    }
    lw_nn_output(nn, lw_nn_conv2d(nn, x, "head", NULL), "logits");
}
