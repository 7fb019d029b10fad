/* SPDX-License-Identifier: MIT */
#include "kern/nbits_f32.inc"
