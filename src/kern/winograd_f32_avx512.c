/* SPDX-License-Identifier: MIT */
#include "kern/winograd_f32.inc"
