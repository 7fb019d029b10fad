/* SPDX-License-Identifier: MIT */
#include "kern/softmax_f32.inc"
