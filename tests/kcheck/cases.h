/* SPDX-License-Identifier: MIT
 * What the files of kcheck itself share. */
#ifndef KCHECK_CASES_H
#define KCHECK_CASES_H

#include "kcheck.h"

/* Notes that the current case failed. */
void kc_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the program. */
void kc_stop(const char *why) __attribute__((noreturn));

#endif
