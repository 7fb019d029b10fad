/* SPDX-License-Identifier: MIT */
#include "kern/codes.inc"
