/* SPDX-License-Identifier: MIT */
#include "kern/depthwise_f32.inc"
