/* SPDX-License-Identifier: MIT */
#include "kern/rnn_gates_f32.inc"
