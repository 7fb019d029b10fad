/* SPDX-License-Identifier: MIT */
#include "base/file_writer.h"

#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static lw_status failed(const lwi_file_writer *w) {
    return lwi_fail(LW_IO, "cannot write '%s': %s", w->path, strerror(errno));
}

lw_status lwi_file_writer_open(const char *path, lwi_file_writer *w) {
    w->path = path;
    w->written = 0;
    for (int tries = 0; tries < 100; tries++) {
        const int n = snprintf(w->temporary, sizeof w->temporary, "%s.%08x", path,
                               (unsigned)(lwi_random_key() & 0xffffffff));
        if (n < 0 || (size_t)n >= sizeof w->temporary)
            return lwi_fail(LW_IO, "the path '%.60s...' is too long", path);
        w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (w->fd >= 0 || errno != EEXIST) break;
    }
    return w->fd < 0 ? failed(w) : LW_OK;
}

lw_status lwi_file_writer_add(lwi_file_writer *w, const void *data, size_t size) {
    const char *p = data;
    while (size > 0) {
        const ssize_t n = write(w->fd, p, size < (1u << 30) ? size : 1u << 30);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failed(w);
        p += n;
        size -= (size_t)n;
        w->written += (size_t)n;
    }
    return LW_OK;
}

lw_status lwi_file_writer_pad(lwi_file_writer *w, size_t align) {
    static const char zeros[64];
    size_t n = (align - w->written % align) % align;
    while (n > 0) {
        const size_t part = n < sizeof zeros ? n : sizeof zeros;
        LW_TRY(lwi_file_writer_add(w, zeros, part));
        n -= part;
    }
    return LW_OK;
}

lw_status lwi_file_writer_stamp(lwi_file_writer *w, int64_t changed) {
    const struct timespec t = {.tv_sec = changed / 1000000000, .tv_nsec = changed % 1000000000};
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, t};
    return futimens(w->fd, times) == 0 ? LW_OK : failed(w);
}

lw_status lwi_file_writer_close(lwi_file_writer *w, lw_status status) {
    if (close(w->fd) != 0 && status == LW_OK) status = failed(w);
    if (status == LW_OK && rename(w->temporary, w->path) != 0) status = failed(w);
    if (status != LW_OK) unlink(w->temporary);
    return status;
}
