/* SPDX-License-Identifier: MIT */
#include "kern/state_f32.inc"
