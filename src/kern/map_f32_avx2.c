/* SPDX-License-Identifier: MIT */
#define LEVEL(name) lwi_map_f32_##name##__avx2
#include "kern/map_f32.inc"
