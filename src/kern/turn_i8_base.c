/* SPDX-License-Identifier: MIT */
#include "kern/turn_i8.inc"
