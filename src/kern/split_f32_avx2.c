/* SPDX-License-Identifier: MIT */
#include "kern/split_f32.inc"
