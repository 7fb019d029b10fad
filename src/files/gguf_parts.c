/* SPDX-License-Identifier: MIT */
#include "files/gguf_parts.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PARTS = 1000 };

lw_status lwi_gguf_read_parts(lwi_gguf *gguf, const char *path, lwi_keep_file_fn *keep,
                              void *state) {
    const int64_t parts = lwi_gguf_int(gguf, "split.count", 1);
    if (parts <= 1) return LW_OK;
    if (parts > MOST_PARTS) return lwi_fail(LW_CORRUPT, "split.count is %lld", (long long)parts);
    if (!path) return lwi_fail(LW_UNSUPPORTED, "one part of a split model cannot be read alone");
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *number = strstr(name, "-00001-of-");
    if (!number) return lwi_fail(LW_CORRUPT, "a split model is opened by its part 00001");
    for (int64_t i = 1; i < parts; i++) {
        char beside[512];
        lwi_file file = {0};
        snprintf(beside, sizeof beside, "%.*s-%05d%s", (int)(number - name), name, (int)i + 1,
                 number + 6);
        LW_TRY(lwi_file_map_confined(path, beside, &file));
        const lwi_file kept = file;
        LW_TRY(keep(state, &file));
        LW_TRY(lwi_gguf_add_part(gguf, kept.data, kept.size, (size_t)i));
    }
    return LW_OK;
}
