/* SPDX-License-Identifier: MIT
 * WebAssembly has one linear memory and nothing to map into it. */
#include "base/pages.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 64 };

static void *new_pages(size_t size) {
    const size_t whole = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    return whole < size ? NULL : aligned_alloc(PAGE, whole);
}

static bool read_all(int fd, char *to, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t n = read(fd, to + done, size - done < 1u << 30 ? size - done : 1u << 30);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO; /* it has become shorter */
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

bool lwi_pages_of_file(int fd, size_t size, void **pages) {
    void *p = new_pages(size);
    if (!p) errno = ENOMEM;
    if (!p || !read_all(fd, p, size)) {
        free(p);
        return false;
    }
    *pages = p;
    return true;
}

void *lwi_pages_of_zeros(size_t size) {
    void *p = new_pages(size);
    if (p) memset(p, 0, size);
    return p;
}

void lwi_pages_free(void *pages, size_t size) {
    (void)size;
    free(pages);
}

void lwi_pages_forget(const void *data, size_t size) { (void)data, (void)size; }

const size_t lwi_huge_page = SIZE_MAX;

void lwi_pages_make_huge(void *block, size_t size) { (void)block, (void)size; }
