/* SPDX-License-Identifier: MIT */
#include "kern/pack_f32.inc"
