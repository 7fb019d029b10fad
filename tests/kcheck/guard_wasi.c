/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <stdlib.h>

char *kc_guard(size_t bytes) { return aligned_alloc(64, bytes); }

void kc_when_crashed(void (*tell)(int signal)) { (void)tell; }
