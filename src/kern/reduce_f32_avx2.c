/* SPDX-License-Identifier: MIT */
#include "kern/reduce_f32.inc"
