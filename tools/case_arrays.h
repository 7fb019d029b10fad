/* SPDX-License-Identifier: MIT
 * Test cases whose inputs and outputs lie in npz files. */
#ifndef LWI_CASE_ARRAYS_H
#define LWI_CASE_ARRAYS_H

#include <lampwick.h>

/* One array for each of n model inputs (or outputs): the one of that name, else the one in that
 * place, as the declared type, if there is one. values[i] are new. NULL on success, else a new
 * sentence, and no values. */
char *lwi_read_case_arrays(const char *path, const lw_io_info *infos, size_t n, lw_value **values);

#endif
