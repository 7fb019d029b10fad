/* SPDX-License-Identifier: MIT */
#include "kern/attention_f32.inc"
