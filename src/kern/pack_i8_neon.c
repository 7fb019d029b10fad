/* SPDX-License-Identifier: MIT */
#define A_CODE int8_t
#include "kern/pack_i8.inc"
