/* SPDX-License-Identifier: MIT */
#include "kern/top_keys.inc"
