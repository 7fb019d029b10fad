/* SPDX-License-Identifier: MIT */
#include "kern/pack_bf16.inc"
