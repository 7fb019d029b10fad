/* SPDX-License-Identifier: MIT */
#include "kern/blend_f32.inc"
