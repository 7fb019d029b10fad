/* SPDX-License-Identifier: MIT
 * Errors are values: a status, and one sentence kept for the thread. */
#ifndef LWI_STATUS_H
#define LWI_STATUS_H

#include "lampwick.h"

/* "Later": a shape that depends on data not yet known. Never leaves the library. */
#define LWI_LATER ((lw_status)1)

/* Records the sentence and returns the status. */
lw_status lwi_fail(lw_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "text: " before this thread's sentence and returns the status. */
lw_status lwi_fail_prefix(lw_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void lwi_set_error(const char *sentence);

#define LW_TRY(expression)                                                                         \
    do {                                                                                           \
        lw_status lwi_status_ = (expression);                                                      \
        if (lwi_status_ != LW_OK) return lwi_status_;                                              \
    } while (0)

#endif
