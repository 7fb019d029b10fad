/* SPDX-License-Identifier: MIT */
#include "kern/depthwise_i8.inc"
