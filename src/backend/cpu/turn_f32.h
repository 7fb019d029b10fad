/* SPDX-License-Identifier: MIT */
#ifndef LWI_TURN_F32_H
#define LWI_TURN_F32_H

#include "ops/op.h"

/* to [images, columns, rows] = from [images, rows, columns]; elements of 4 bytes. */
void lwi_turn_f32(const lwi_call *call, const float *from, float *to, size_t images, size_t rows,
                  size_t columns);

#endif
