/* SPDX-License-Identifier: MIT
 * The page for chatting: page.html as bytes, made by the build. */
#ifndef LWI_PAGE_H
#define LWI_PAGE_H

#include <stddef.h>

extern const unsigned char lwi_page[];
extern const size_t lwi_page_size;

#endif
