/* SPDX-License-Identifier: MIT */
#include "kern/transpose_f32.inc"
