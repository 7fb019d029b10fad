/* SPDX-License-Identifier: MIT */
#include "kern/block_dot.inc"
