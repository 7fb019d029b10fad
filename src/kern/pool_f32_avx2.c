/* SPDX-License-Identifier: MIT */
#include "kern/pool_f32.inc"
