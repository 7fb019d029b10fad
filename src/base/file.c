/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include "base/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static lw_status io_error(const char *doing, const char *path) {
    return lwi_fail(errno == ENOENT ? LW_NOT_FOUND : LW_IO, "cannot %s '%s': %s", doing, path,
                    strerror(errno));
}

/* Takes over fd. */
static lw_status map_fd(int fd, const char *path, bool single, lwi_file *file) {
    struct stat st;
    if (fstat(fd, &st) != 0) {
        const lw_status status = io_error("look at", path);
        close(fd);
        return status;
    }
    if (!S_ISREG(st.st_mode) || (single && st.st_nlink != 1)) {
        close(fd);
        return lwi_fail(LW_IO,
                        S_ISREG(st.st_mode) ? "'%s' is a hard link to a file that has "
                                              "another name too"
                                            : "'%s' is not a regular file",
                        path);
    }
    void *data = NULL;
    const size_t size = (size_t)st.st_size;
    if (size > 0 && !lwi_pages_of_file(fd, size, &data)) {
        const lw_status status = io_error("map", path);
        close(fd);
        return status;
    }
    close(fd);
    const int64_t changed = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    *file = (lwi_file){data, size, size > 0, changed};
    return LW_OK;
}

lw_status lwi_file_map(const char *path, lwi_file *file) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return io_error("open", path);
    return map_fd(fd, path, false, file);
}

/* The folder of the path, opened. */
static lw_status open_folder(const char *beside, int *fd) {
    char folder[4096];
    const char *slash = strrchr(beside, '/');
    const size_t n = slash ? (size_t)(slash - beside) + 1 : 0;
    if (n >= sizeof folder) return lwi_fail(LW_IO, "the path '%.60s...' is too long", beside);
    memcpy(folder, beside, n);
    folder[n] = 0;
    *fd = open(n ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd < 0 ? io_error("open the folder of", beside) : LW_OK;
}

/* Opens one component below the folder at, and closes the folder. */
static lw_status descend(int *at, const char *name, bool last, const char *path) {
    const int fd = openat(
        *at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
    const lw_status status = fd < 0 ? io_error("open", path) : LW_OK;
    close(*at);
    *at = fd;
    return status;
}

lw_status lwi_file_map_confined(const char *beside, const char *path, lwi_file *file) {
    char component[256];
    int at = -1;
    if (!*path || *path == '/')
        return lwi_fail(LW_CORRUPT, "external data: '%s' is not a relative path", path);
    LW_TRY(open_folder(beside, &at));
    for (const char *p = path; *p;) {
        const size_t n = strcspn(p, "/\\");
        const bool dots = (n == 2 && !strncmp(p, "..", 2));
        if (dots || n >= sizeof component || p[n] == '\\') {
            close(at);
            return lwi_fail(LW_CORRUPT, "external data: the path '%s' leaves the model's folder",
                            path);
        }
        memcpy(component, p, n);
        component[n] = 0;
        p += n;
        while (*p == '/')
            p++;
        if (n == 0 || !strcmp(component, ".")) continue;
        LW_TRY(descend(&at, component, !*p, path));
    }
    return map_fd(at, path, true, file);
}

void lwi_file_unmap(lwi_file *file) {
    if (file->mapped) lwi_pages_free((void *)file->data, file->size);
    *file = (lwi_file){0};
}

void lwi_file_forget(const void *data, size_t size) { lwi_pages_forget(data, size); }
