/* SPDX-License-Identifier: MIT
 * Memory that comes from the system in whole pages: contents of files, zeros. pages.c maps it;
 * pages_wasi.c, for systems without maps, allocates and reads it. */
#ifndef LWI_PAGES_H
#define LWI_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* The first `size` bytes of an open file, for reading only; false: see errno. */
bool lwi_pages_of_file(int fd, size_t size, void **pages);
/* Zeros, for reading only; NULL: there is no memory. */
void *lwi_pages_of_zeros(size_t size);
void lwi_pages_free(void *pages, size_t size);
/* Whole pages of a file in this part are not needed soon: they leave the process's memory and are
 * read again when they are touched. */
void lwi_pages_forget(const void *data, size_t size);

/* Blocks of so many bytes and more should begin at a multiple of it; SIZE_MAX: none should. */
extern const size_t lwi_huge_page;
/* Asks for huge pages for such a block. */
void lwi_pages_make_huge(void *block, size_t size);

#endif
