/* SPDX-License-Identifier: MIT */
#include "kern/cast.inc"
