/* SPDX-License-Identifier: MIT */
#include "kern/running_sums_f32.inc"
