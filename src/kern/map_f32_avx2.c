/* SPDX-License-Identifier: MIT */
#include "kern/map_f32.inc"
