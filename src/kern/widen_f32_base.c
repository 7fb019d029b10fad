/* SPDX-License-Identifier: MIT */
#include "kern/widen_f32.inc"
