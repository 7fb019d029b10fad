/* SPDX-License-Identifier: MIT
 * Known networks, written with lampwick/nn.h: each function adds inputs, layers and outputs to an
 * lw_nn that has the parameters already. zoo.c is a program that runs them. */
#ifndef ZOO_H
#define ZOO_H

#include <lampwick/nn.h>

void zoo_bert(lw_nn *nn, int64_t num_attention_heads);
void zoo_lstm_tagger(lw_nn *nn);
void zoo_mobilenet_v3_large(lw_nn *nn);
void zoo_mobilenet_v3_small(lw_nn *nn);
void zoo_resnet(lw_nn *nn);
void zoo_unet(lw_nn *nn);
void zoo_vit(lw_nn *nn, int64_t num_heads);
void zoo_yolo(lw_nn *nn);

/* There is a parameter of that name: "layer%d.%d.weight". */
bool zoo_has(lw_nn *nn, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#endif
