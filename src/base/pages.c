/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

bool lwi_pages_of_file(int fd, size_t size, void **pages) {
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) return false;
    *pages = p;
    return true;
}

/* The system has one page of zeros for all that was never written. */
void *lwi_pages_of_zeros(size_t size) {
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void lwi_pages_free(void *pages, size_t size) { (void)munmap(pages, size); }

void lwi_pages_forget(const void *data, size_t size) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = ((uintptr_t)data + page - 1) & ~(page - 1);
    const uintptr_t end = ((uintptr_t)data + size) & ~(page - 1);
    if (end > begin) madvise((void *)begin, end - begin, MADV_DONTNEED);
}

const size_t lwi_huge_page = 2 << 20;

void lwi_pages_make_huge(void *block, size_t size) {
#if defined(MADV_HUGEPAGE)
    (void)madvise(block, size, MADV_HUGEPAGE); /* as good without */
#else
    (void)block, (void)size;
#endif
}
