/* SPDX-License-Identifier: MIT
 * MobileNetV3 (Howard et al. 2019) with torchvision's parameters: features.N are inverted
 * residuals, whose parts stand one behind the other in block.N; which parts there are is seen from
 * them. */
#include "zoo.h"

typedef struct setting {
    bool hardswish;
    int stride;
} setting;

static lw_array *conv_norm(lw_nn *nn, lw_array *x, int64_t stride) {
    lw_array *w = lw_nn_parameter(nn, "0.weight");
    const lw_conv_options o = {.stride = LW_INTS(stride),
                               .padding = LW_INTS((lw_size(w, 2) - 1) / 2),
                               .groups = lw_size(w, 1) == 1 ? lw_size(w, 0) : 1};
    return lw_nn_batch_norm(nn, lw_conv2d(x, w, NULL, &o), "1", 1e-3);
}

static lw_array *squeeze_excitation(lw_nn *nn, lw_array *x) {
    lw_array *scale = lw_adaptive_avg_pool2d(x, LW_INTS(1));
    scale = lw_relu(lw_nn_conv2d(nn, scale, "fc1", NULL));
    return lw_mul(x, lw_hardsigmoid(lw_nn_conv2d(nn, scale, "fc2", NULL)));
}

static lw_array *activation(lw_array *x, bool hardswish) {
    return hardswish ? lw_hardswish(x) : lw_relu(x);
}

/* A convolution that widens, one for each channel, perhaps a squeeze, one that narrows. */
static lw_array *part(lw_nn *nn, lw_array *x, const setting *s, bool last) {
    if (zoo_has(nn, "fc1.weight")) return squeeze_excitation(nn, x);
    const bool depthwise = lw_size(lw_nn_parameter(nn, "0.weight"), 1) == 1;
    x = conv_norm(nn, x, depthwise ? s->stride : 1);
    return last ? x : activation(x, s->hardswish);
}

static lw_array *inverted_residual(lw_nn *nn, lw_array *x, const setting *s) {
    lw_array *y = x;
    bool last = false;
    for (int i = 0; !last; i++) {
        last =
            !zoo_has(nn, "block.%d.0.weight", i + 1) && !zoo_has(nn, "block.%d.fc1.weight", i + 1);
        lw_nn_enter(nn, "block.%d", i);
        y = part(nn, y, s, last);
        lw_nn_leave(nn);
    }
    return s->stride == 1 && lw_size(x, 1) == lw_size(y, 1) ? lw_add(y, x) : y;
}

/* features.N, a convolution. */
static lw_array *feature(lw_nn *nn, lw_array *x, int number, int64_t stride) {
    lw_nn_enter(nn, "features.%d", number);
    x = lw_hardswish(conv_norm(nn, x, stride));
    lw_nn_leave(nn);
    return x;
}

static void mobilenet(lw_nn *nn, const setting *blocks, int n) {
    lw_array *x = lw_nn_input(nn, "image", LW_FLOAT32, LW_INTS(-1, 3, -1, -1),
                              (const int64_t[]){1, 3, 224, 224});
    x = feature(nn, x, 0, 2);
    for (int i = 0; i < n; i++) {
        lw_nn_enter(nn, "features.%d", i + 1);
        x = inverted_residual(nn, x, &blocks[i]);
        lw_nn_leave(nn);
    }
    x = feature(nn, x, n + 1, 1);
    x = lw_flatten(lw_adaptive_avg_pool2d(x, LW_INTS(1)), 1, -1);
    x = lw_hardswish(lw_nn_linear(nn, x, "classifier.0"));
    lw_nn_output(nn, lw_nn_linear(nn, x, "classifier.3"), "logits");
}

void zoo_mobilenet_v3_large(lw_nn *nn) {
    static const setting blocks[] = {{0, 1}, {0, 2}, {0, 1}, {0, 2}, {0, 1}, {0, 1}, {1, 2}, {1, 1},
                                     {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 2}, {1, 1}, {1, 1}};
    mobilenet(nn, blocks, 15);
}

void zoo_mobilenet_v3_small(lw_nn *nn) {
    static const setting blocks[] = {{0, 2}, {0, 2}, {0, 1}, {1, 2}, {1, 1}, {1, 1},
                                     {1, 1}, {1, 1}, {1, 2}, {1, 1}, {1, 1}};
    mobilenet(nn, blocks, 11);
}
