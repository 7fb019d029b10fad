/* SPDX-License-Identifier: MIT */
#include "kern/pointwise_f32.inc"
