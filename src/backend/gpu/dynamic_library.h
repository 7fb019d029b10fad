/* SPDX-License-Identifier: MIT
 * Libraries of drivers, opened when they are asked for and never closed: drivers do not like that.
 */
#ifndef LWI_DYNAMIC_LIBRARY_H
#define LWI_DYNAMIC_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* The first of n names that the dynamic linker finds; NULL: none. */
void *lwi_library_open(const char *const *names, size_t n);
/* Writes the address of a function to where function (a pointer to a pointer to a function)
 * points; false: the library has none of that name. */
bool lwi_library_bind(void *library, const char *name, void *function);

#endif
