/* SPDX-License-Identifier: MIT
 * WebAssembly has one linear memory and nothing to map into it: files are read. A file that is
 * there already, as that of a language model whose tokenizer is looked for in it too, is not read
 * again. */
#include "base/pages.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 64 };

typedef struct contents contents;
struct contents {
    contents *next;
    struct stat of;
    void *pages;
    size_t users;
};
static contents *all;

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

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool lwi_pages_of_file(int fd, size_t size, void **pages) {
    struct stat st;
    if (fstat(fd, &st) != 0) return false;
    for (contents *c = all; c; c = c->next)
        if (is_same(&c->of, &st) && (size_t)st.st_size == size) {
            c->users++;
            *pages = c->pages;
            return true;
        }
    contents *c = malloc(sizeof *c);
    void *p = c ? new_pages(size) : NULL;
    if (!p) errno = ENOMEM;
    if (!p || !read_all(fd, p, size)) {
        free(p);
        free(c);
        return false;
    }
    *c = (contents){all, st, p, 1};
    all = c;
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
    for (contents **c = &all; *c; c = &(*c)->next)
        if ((*c)->pages == pages) {
            contents *gone = *c;
            if (--gone->users) return;
            *c = gone->next;
            free(gone);
            break;
        }
    free(pages);
}

void lwi_pages_forget(const void *data, size_t size) { (void)data, (void)size; }

const size_t lwi_huge_page = SIZE_MAX;

void lwi_pages_make_huge(void *block, size_t size) { (void)block, (void)size; }
