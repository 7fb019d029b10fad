/* SPDX-License-Identifier: MIT */
#include "kern/pack_i8.inc"
