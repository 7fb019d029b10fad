/* SPDX-License-Identifier: MIT
 * Vision Transformer (Dosovitskiy et al. 2020) with torchvision's parameters: vit_b_16 (12 heads),
 * vit_l_16 (16). The size of the image is the one that the position embedding was made for. */
#include "zoo.h"

#include <math.h>

/* image [n, 3, h, w] -> [n, patches, width] */
static lw_array *patches(lw_nn *nn, lw_array *x) {
    const int64_t size = lw_size(lw_nn_parameter(nn, "conv_proj.weight"), 2);
    x = lw_nn_conv2d(nn, x, "conv_proj", &(lw_conv_options){.stride = LW_INTS(size)});
    return lw_transpose(lw_flatten(x, 2, -1), 1, 2);
}

static lw_array *layer(lw_nn *nn, lw_array *x, int64_t num_heads) {
    lw_array *y = lw_nn_layer_norm(nn, x, "ln_1", 1e-6);
    y = lw_nn_multihead_attention(nn, y, y, y, "self_attention", num_heads,
                                  &(lw_mha_options){.batch_first = true}, NULL);
    x = lw_add(x, y);
    y = lw_nn_layer_norm(nn, x, "ln_2", 1e-6);
    y = lw_gelu(lw_nn_linear(nn, y, "mlp.0"), NULL);
    return lw_add(x, lw_nn_linear(nn, y, "mlp.3"));
}

void zoo_vit(lw_nn *nn, int64_t num_heads) {
    lw_array *positions = lw_nn_parameter(nn, "encoder.pos_embedding");
    const int64_t patch = lw_size(lw_nn_parameter(nn, "conv_proj.weight"), 2);
    const int64_t side = patch * (int64_t)sqrt((double)lw_size(positions, 1) - 1);
    lw_array *x = lw_nn_input(nn, "image", LW_FLOAT32, LW_INTS(-1, 3, side, side), NULL);
    lw_array *token = lw_expand(lw_nn_parameter(nn, "class_token"), LW_INTS(lw_size(x, 0), -1, -1));
    x = lw_cat((lw_array *[]){token, patches(nn, x)}, 2, 1);
    x = lw_add(x, positions);
    for (int i = 0; zoo_has(nn, "encoder.layers.encoder_layer_%d.ln_1.weight", i); i++) {
        lw_nn_enter(nn, "encoder.layers.encoder_layer_%d", i);
        x = layer(nn, x, num_heads);
        lw_nn_leave(nn);
    }
    x = lw_select(lw_nn_layer_norm(nn, x, "encoder.ln", 1e-6), 1, 0);
    lw_nn_output(nn, lw_nn_linear(nn, x, "heads.head"), "logits");
}
