/* SPDX-License-Identifier: MIT */
#include "kern/lrn_f32.inc"
